/**
 * Twelve kinds of defect, each a function that plants one into a clean table and says what has to be found.
 *
 * Planted columns have names that tell nothing. Each kind has variants, chosen by the seed.
 */
import { createRandom, type Random } from "../../src/core/index.ts";
import type { FindingKind } from "../../src/data/index.ts";
import { type Columns, rowCountOf, rowsAt, shuffled } from "./csv-columns.ts";

export interface Planted {
  readonly columns: Columns;
  readonly kind: FindingKind;
  /** Every column that has to be named; null is the table as a whole. */
  readonly named: readonly (string | null)[];
  /** Figures that the finding has to hold. */
  readonly numbers?: Readonly<Record<string, number>>;
}

/** @param target - Its cells are classes, or numbers with more than twenty different values. */
type Plant = (table: Columns, target: string, random: Random, variant: number) => Planted;

export const defects: Readonly<Record<string, Plant>> = {
  "copy of the target": (table, target) => leak(table, { c1: [...table.get(target)!] }),

  "one-to-one code": (table, target, random) => {
    const cells = table.get(target)!;
    const values = [...new Set(cells)];
    // Values that hardly repeat can only be coded in an order: any two such columns are one to one.
    if (values.length > cells.length / 4) {
      values.sort((a, b) => Number(a) - Number(b));
      return leak(table, { c1: cells.map((cell) => String(7 + 3 * values.indexOf(cell))) });
    }
    const codes = shuffled(values.length, random);
    return leak(table, { c1: cells.map((cell) => `K${codes[values.indexOf(cell)]}`) });
  },

  "two columns adding up to it": (table, target, random) => {
    const y = numbersOf(table, target);
    const spread = Math.max(...y) - Math.min(...y);
    const part = y.map(() => Math.round(100 * (4 + 4 * random.next()) * spread) / 100);
    const rest = y.map((value, row) => value - part[row]!);
    return leak(table, { c1: part.map(String), c2: rest.map((value) => String(Number(value.toFixed(6)))) });
  },

  "a column known only later": (table, target, random, variant) => {
    const event = eventOf(table, target);
    const blank = ["", "0", "none"][variant % 3]!;
    const filled = (): string =>
      blank === "none"
        ? ["moved", "price", "other"][random.integer(3)]!
        : (20 + 80 * random.next()).toFixed(2);
    const cells = event.map((happened) => (random.next() < (happened ? 0.85 : 0.001) ? filled() : blank));
    return leak(table, { c1: cells });
  },

  "target in an id": (table, target, random, variant) => {
    const y = numbersOf(table, target);
    const order = [...y.keys()].sort((a, b) => y[a]! - y[b]!);
    const rank = new Map(order.map((row, place) => [row, place]));
    const names = shuffled(90_000, random);
    const cells = y.map((value, row) => {
      const part = isClasses(table, target) ? value : Math.floor((8 * rank.get(row)!) / y.length);
      const number = 10_000 + names[row]!;
      if (variant % 3 === 0) return `R-${number}-${"ABCDEFGHKLMNPQRST"[part]}`;
      if (variant % 3 === 1) return `${"QWXYZVJU"[part % 8]}${number}`;
      return `B${100_000 + 3 * rank.get(row)!}`;
    });
    return { columns: added(table, { c1: cells }), kind: "targetInId", named: ["c1"] };
  },

  "time order": (table, target, random, variant) => {
    const y = numbersOf(table, target);
    const places = ranksOf(y).map((rank) => rank + 0.3 * y.length * random.normal());
    const order = [...y.keys()].sort((a, b) => places[a]! - places[b]!);
    const start = Date.UTC(2023, 4, 2);
    const times = order.map((_, at) => new Date(start + 7_300_000 * at).toISOString().slice(0, 19));
    const timed = added(rowsAt(table, order), { c1: times });
    const columns = variant % 2 === 0 ? timed : rowsAt(timed, shuffled(y.length, random));
    return { columns, kind: "timeOrder", named: ["c1"] };
  },

  "a group across the split": (table, target, random, variant) => {
    const visits = 4;
    const rowCount = rowCountOf(table);
    const units = Math.max(40, Math.floor(rowCount / visits));
    const names = shuffled(90_000, random);
    const rows = shuffled(rowCount, random).slice(0, units);
    const places = shuffled(units * visits, random);
    const repeated = rowsAt(
      table,
      places.map((place) => rows[place % units]!),
    );
    const columns = new Map(
      [...repeated].map(([name, cells]) => [name, name === target ? cells : measuredAgain(cells, random)]),
    );
    const unit = places.map((place) => `${variant % 2 === 0 ? "U" : ""}${10_000 + names[place % units]!}`);
    return { columns: added(columns, { c1: unit }), kind: "groupedRows", named: ["c1"] };
  },

  "duplicate rows across the split": (table, _target, random) => {
    const rowCount = rowCountOf(table);
    const again = shuffled(rowCount, random).slice(0, Math.ceil(0.05 * rowCount));
    const order = shuffled(rowCount + again.length, random);
    const columns = rowsAt(
      table,
      order.map((at) => (at < rowCount ? at : again[at - rowCount]!)),
    );
    return { columns, kind: "duplicateRows", named: [null], numbers: { count: again.length } };
  },

  "missing code": (table, target, random, variant) => {
    const { name, values } = numberColumn(table, target, (all) => Math.min(...all) !== 0);
    const above = [999, 9999, 99_999, 999_999, 9_999_999].find((code) => code > 2 * Math.max(...values))!;
    // Below zero only what is never negative can be told from a value.
    const below = Math.min(...values) > 0 ? "-999" : String(above);
    const code = [String(above), below, "N/A"][variant % 3]!;
    const columns = replaced(table, name, random, 0.04, () => code);
    const numbers = variant % 3 === 2 ? {} : { code: Number(code) };
    return { columns, kind: "missingCode", named: [name], numbers };
  },

  "mixed type": (table, target, random) => {
    const { name } = numberColumn(table, target, () => true);
    const words = ["unknown", "see note"];
    const columns = replaced(table, name, random, 0.03, () => words[random.integer(2)]!);
    return { columns, kind: "mixedTypes", named: [name] };
  },

  "change of unit": (table, target, random, variant) => {
    const { name, values } = numberColumn(table, target, (all) => Math.min(...all) > 0 && reach(all) < 100);
    const factor = reach(values) < 1.6 && variant % 2 === 1 ? 2.54 : 1000;
    const convert = (cell: string): string => String(Number((factor * Number(cell)).toPrecision(6)));
    // Half of the seeds: from some row on, as when a supplier changed; else here and there.
    const from = variant % 4 < 2 ? undefined : Math.floor(0.8 * rowCountOf(table));
    const columns =
      from === undefined
        ? replaced(table, name, random, 0.2, convert)
        : new Map(table).set(
            name,
            table.get(name)!.map((cell, row) => (row < from || cell === "" ? cell : convert(cell))),
          );
    return { columns, kind: "mixedUnits", named: [name], numbers: { factor } };
  },

  "shifted label": (table, target, _random, variant) => {
    const cells = table.get(target)!;
    const by = variant % 2 === 0 ? 1 : cells.length - 1;
    const columns = new Map(table).set(
      target,
      cells.map((_, row) => cells[(row + by) % cells.length]!),
    );
    const numbers = { shift: variant % 2 === 0 ? -1 : 1 };
    return { columns, kind: "shiftedTarget", named: [target], numbers };
  },
};

/** Plants one kind of defect; the seed gives its chances and its variant. */
export function plant(kind: string, table: Columns, target: string, seed: number): Planted {
  return defects[kind]!(table, target, createRandom(1000 + seed), seed);
}

function leak(table: Columns, extra: Readonly<Record<string, readonly string[]>>): Planted {
  return { columns: added(table, extra), kind: "leak", named: Object.keys(extra) };
}

function added(table: Columns, extra: Readonly<Record<string, readonly string[]>>): Columns {
  return new Map([...table, ...Object.entries(extra)]);
}

function isClasses(table: Columns, target: string): boolean {
  return new Set(table.get(target)).size <= 5;
}

/** The target as numbers: classes by their place in alphabetical order. */
function numbersOf(table: Columns, target: string): number[] {
  const cells = table.get(target)!;
  if (!isClasses(table, target)) return cells.map(Number);
  const classes = [...new Set(cells)].sort();
  return cells.map((cell) => classes.indexOf(cell));
}

/** Places in ascending order, equal values in the middle of theirs. */
function ranksOf(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = new Map<number, number>();
  for (const [place, value] of sorted.entries())
    if (!middle.has(value)) middle.set(value, (place + sorted.lastIndexOf(value)) / 2);
  return values.map((value) => middle.get(value)!);
}

/** Rows in which something happened: the rarest class, or the upper quarter. */
function eventOf(table: Columns, target: string): boolean[] {
  const cells = table.get(target)!;
  if (!isClasses(table, target)) {
    const y = cells.map(Number);
    const from = [...y].sort((a, b) => a - b)[Math.floor(0.75 * y.length)]!;
    return y.map((value) => value >= from);
  }
  const counts = new Map<string, number>();
  for (const cell of cells) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  const rarest = [...counts].sort((a, b) => a[1] - b[1])[0]![0];
  return cells.map((cell) => cell === rarest);
}

/** The cells once more: a number with an error of two percent of its scatter, a word rarely another one. */
function measuredAgain(cells: readonly string[], random: Random): readonly string[] {
  const present = cells.filter((cell) => cell !== "");
  const values = present.map(Number);
  if (values.some(Number.isNaN)) {
    return cells.map((cell) => (random.next() < 0.02 ? present[random.integer(present.length)]! : cell));
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const scatter = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  const whole = values.every(Number.isInteger);
  return cells.map((cell) => {
    if (cell === "") return cell;
    const again = Number(cell) + 0.02 * scatter * random.normal();
    return String(whole ? Math.round(again) : Number(again.toPrecision(6)));
  });
}

/** The first number column with many values of which `fits` is true. */
function numberColumn(
  table: Columns,
  target: string,
  fits: (values: readonly number[]) => boolean,
): { readonly name: string; readonly values: readonly number[] } {
  for (const [name, cells] of table) {
    if (name === target) continue;
    const values = cells.filter((cell) => cell !== "").map(Number);
    if (values.length < 0.7 * cells.length || values.some(Number.isNaN)) continue;
    if (new Set(values).size >= 9 && fits(values)) return { name, values };
  }
  throw new Error("The table has no number column to plant into.");
}

/** How far the middle 98 % of positive values reach, as a ratio. */
function reach(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(0.99 * sorted.length)]! / sorted[Math.floor(0.01 * sorted.length)]!;
}

function replaced(
  table: Columns,
  name: string,
  random: Random,
  share: number,
  make: (cell: string) => string,
): Columns {
  const all = table.get(name)!;
  const places = shuffled(all.length, random).filter((row) => all[row] !== "");
  const chosen = new Set(places.slice(0, Math.ceil(share * places.length)));
  const cells = all.map((cell, row) => (chosen.has(row) ? make(cell) : cell));
  return new Map(table).set(name, cells);
}
