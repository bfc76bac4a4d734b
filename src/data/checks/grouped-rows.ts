/**
 * Columns whose rows belong together: several visits of a patient, several frames of a film. A random split
 * puts such rows on both sides, and the score is then that of an old acquaintance.
 *
 * Two rows of one value are compared with two rows of neighbouring values: how much less do they differ, in
 * the target and in the other columns? Neighbours, because rows near each other on an honest scale are alike
 * too, and then rows of one value are hardly more so. 1 − (difference within) / (difference between) estimates
 * the intraclass correlation. Source: Donner 1986, "A review of inference procedures for the intraclass
 * correlation coefficient"; comparing neighbours follows von Neumann 1941.
 */
import { mix32 } from "../../core/index.ts";
import type { Cells, Frame } from "../../schema/index.ts";
import { binRows } from "../profile/bins.ts";
import type { ProfileTarget } from "../profile/target.ts";

/** Rows looked at; whole values are taken, so that their rows stay together. */
const maxRows = 20_000;
const quickRows = 2000;
/** With fewer values a column is an ordinary category. */
const fewestValues = 30;
/** Rows of one value are seldom more: a value that covers more of the table is a property, not a unit. */
const maxShare = 0.05;
const fewestPairs = 50;
/**
 * How alike rows of one value must be: in the target, and in half of the other columns. A property that many
 * unrelated rows share, as a town, makes the target alike but not everything else.
 */
const alike = { target: 0.4, columns: 0.5 } as const;
/** Standard errors between within and between; far beyond what the best of some hundred columns reaches. */
const surely = 6;
const maxColumns = 30;

export interface GroupedRows {
  readonly column: string;
  readonly values: number;
  readonly rows: number;
  readonly targetAlike: number;
  readonly columnsAlike: number;
}

/**
 * The column that binds its rows together most.
 *
 * @param names - Columns that may.
 * @param honest - Columns in which rows of one value are compared: features, without leaks.
 */
export function groupedRows(
  frame: Frame,
  target: ProfileTarget,
  names: readonly string[],
  honest: readonly string[],
): GroupedRows | undefined {
  let best: GroupedRows | undefined;
  for (const name of names) {
    const found = boundBy(frame, target, name, honest);
    if (found === undefined) continue;
    const sum = (one: GroupedRows): number => one.targetAlike + one.columnsAlike;
    if (best === undefined || sum(found) > sum(best)) best = found;
  }
  return best;
}

function boundBy(
  frame: Frame,
  target: ProfileTarget,
  name: string,
  honest: readonly string[],
): GroupedRows | undefined {
  const column = frame.schema.columns.find((item) => item.name === name)!;
  if (column.kind === "datetime" || column.kind === "text" || column.kind === "boolean") return undefined;
  const keyOf = keysOf(frame.columns.get(name)!);
  if (!couldBind(keyOf, frame.rowCount)) return undefined;
  const rows = wholeValues(keyOf, frame, target.name);
  const pairs = pairRows(rows, keyOf);
  if (pairs === undefined) return undefined;
  const byTarget = likeness(differencesOf(frame.columns.get(target.name)!, rows), pairs);
  if (byTarget === undefined || byTarget.likeness < alike.target || byTarget.errors < surely)
    return undefined;
  const others = honest.filter((other) => other !== name).slice(0, maxColumns);
  const likenesses = others
    .flatMap((other) => {
      const found = likeness(differencesOf(frame.columns.get(other)!, rows), pairs);
      return found === undefined ? [] : [found.likeness];
    })
    .sort((a, b) => a - b);
  if (likenesses.length === 0) return undefined;
  const columnsAlike = likenesses[likenesses.length >> 1]!;
  if (columnsAlike < alike.columns) return undefined;
  const { values } = pairs;
  return { column: name, values, rows: rows.length, targetAlike: byTarget.likeness, columnsAlike };
}

/** The value of a row as a number; NaN where it is missing. */
function keysOf(cells: Cells): (row: number) => number {
  return cells.type === "number"
    ? (row) => cells.values[row]!
    : (row) => (cells.codes[row]! < 0 ? Number.NaN : cells.codes[row]!);
}

/** Whether some evenly spaced rows look like a column of units: whole numbers or words, many of them. */
function couldBind(keyOf: (row: number) => number, rowCount: number): boolean {
  const n = Math.min(rowCount, quickRows);
  const counts = new Map<number, number>();
  let present = 0;
  for (let i = 0; i < n; i++) {
    const key = keyOf(Math.floor((i * rowCount) / n));
    if (key !== key) continue;
    if (!Number.isInteger(key)) return false;
    present++;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return present >= 0.2 * n && counts.size >= fewestValues && Math.max(...counts.values()) <= maxShare * n;
}

/** Rows with a target: all of some values, chosen by hash, so that about `maxRows` are looked at. */
function wholeValues(keyOf: (row: number) => number, frame: Frame, target: string): Uint32Array {
  const known = keysOf(frame.columns.get(target)!);
  const every = Math.ceil(frame.rowCount / maxRows);
  const rows: number[] = [];
  for (let row = 0; row < frame.rowCount && rows.length < 2 * maxRows; row++) {
    const key = keyOf(row);
    if (key !== key || (every > 1 && mix32(key) % every !== 0)) continue;
    const answer = known(row);
    if (answer === answer) rows.push(row);
  }
  return Uint32Array.from(rows).sort((a, b) => keyOf(a) - keyOf(b) || a - b);
}

interface Pairs {
  /** Places of rows with one value, two by two. */
  readonly within: Uint32Array;
  /** Places of rows with neighbouring values. */
  readonly between: Uint32Array;
  readonly values: number;
}

function pairRows(rows: Uint32Array, keyOf: (row: number) => number): Pairs | undefined {
  const within: number[] = [];
  const between: number[] = [];
  let values = 1;
  let inGroups = 0;
  for (let i = 1; i < rows.length; i++) {
    const same = keyOf(rows[i]!) === keyOf(rows[i - 1]!);
    if (same) inGroups++;
    else values++;
    (same ? within : between).push(i - 1, i);
  }
  if (values < fewestValues || within.length < 2 * fewestPairs || inGroups < 0.2 * rows.length)
    return undefined;
  return { within: Uint32Array.from(within), between: Uint32Array.from(between), values };
}

/** How much two of the rows differ in a column: classes by being another, numbers by the distance of ranks. */
function differencesOf(cells: Cells, rows: Uint32Array): (a: number, b: number) => number {
  const { groups } = binRows(cells, rows, 64);
  return cells.type === "string"
    ? (a, b) => (groups[a] === groups[b] ? 0 : 1)
    : (a, b) => (groups[a]! - groups[b]!) ** 2;
}

function likeness(
  differ: (a: number, b: number) => number,
  pairs: Pairs,
): { readonly likeness: number; readonly errors: number } | undefined {
  const within = moments(differ, pairs.within);
  const between = moments(differ, pairs.between);
  if (between.mean === 0) return undefined;
  const error = Math.sqrt(within.variance / within.count + between.variance / between.count);
  return {
    likeness: 1 - within.mean / between.mean,
    errors: (between.mean - within.mean) / Math.max(error, 1e-300),
  };
}

function moments(
  differ: (a: number, b: number) => number,
  pairs: Uint32Array,
): { readonly count: number; readonly mean: number; readonly variance: number } {
  const count = pairs.length / 2;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    const difference = differ(pairs[i]!, pairs[i + 1]!);
    sum += difference;
    squares += difference * difference;
  }
  const mean = sum / count;
  return { count, mean, variance: squares / count - mean * mean };
}
