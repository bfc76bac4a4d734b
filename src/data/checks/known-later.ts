/**
 * Columns that are filled only after the answer: a closing date, an amount recovered, a reason for leaving.
 *
 * Their value hardly matters, their presence does. A cell counts as filled where it is not the column's usual
 * blank: missing, or a word or a zero that most rows share. The finding is made where almost no row
 * without the event is filled, and at least half of the rows with it are. A numeric target is cut where that
 * fits best. Source of the idea: Kaufman et al. 2012, "Leakage in data mining", ACM TKDD 6(4).
 */
import type { Cells } from "../../schema/index.ts";
import { commonClasses } from "../profile/relation.ts";
import type { ProfileTarget } from "../profile/target.ts";

/** Filled cells among rows without the event, at most: an honest early sign is nearly never this clean. */
const falseAlarms = 0.01;
/** Filled cells among rows with the event, at least. */
const recall = 0.5;
/** Share of a blank that is not missing: below it, the other value is as usual, and no event. */
const usualShare = 0.6;
const blankWord = /^(|-+|0|no|none|not? .*|never|nil|null|n\/?a|false|unknown|unset|missing|empty)$/i;
/** Filled rows that a finding stands on. With fewer, one percent of false alarms cannot be told from none. */
const fewest = 20;

export interface KnownLater {
  readonly event: string;
  /** Share of the rows with the event that are filled, and of those without. */
  readonly filledWith: number;
  readonly filledWithout: number;
  readonly blank: string;
}

/** @returns Undefined where filled cells do not follow the answer. */
export function knownLater(cells: Cells, target: ProfileTarget): KnownLater | undefined {
  const filled = filledCells(cells, target.rows);
  if (filled === undefined) return undefined;
  const found =
    target.task === "regression"
      ? byThreshold(filled.rows, target.values)
      : byClass(filled.rows, target.codes, target.labels);
  return found === undefined ? undefined : { ...found, blank: filled.blank };
}

/** Which rows hold more than the usual blank; undefined for columns without one. */
function filledCells(
  cells: Cells,
  rows: Uint32Array,
): { readonly rows: Uint8Array; readonly blank: string } | undefined {
  const n = rows.length;
  const keys = new Float64Array(n);
  let missing = 0;
  for (let i = 0; i < n; i++) {
    const row = rows[i]!;
    const code = cells.type === "string" ? cells.codes[row]! : cells.values[row]!;
    keys[i] = cells.type === "string" && code < 0 ? Number.NaN : code;
    if (keys[i] !== keys[i]) missing++;
  }
  if (missing >= fewest && n - missing >= fewest) {
    const present = new Uint8Array(n);
    for (let i = 0; i < n; i++) present[i] = keys[i] === keys[i] ? 1 : 0;
    return { rows: present, blank: "missing" };
  }
  const usual = majority(keys);
  const out = new Uint8Array(n);
  let filled = 0;
  for (let i = 0; i < n; i++) {
    if (keys[i] !== keys[i] || keys[i] === usual) continue;
    out[i] = 1;
    filled++;
  }
  if (filled < fewest || filled > (1 - usualShare) * n) return undefined;
  if (cells.type === "number" ? usual !== 0 : !blankWord.test(cells.dictionary[usual]!.trim()))
    return undefined;
  const name = cells.type === "string" ? JSON.stringify(cells.dictionary[usual]) : String(usual);
  return { rows: out, blank: name };
}

/** The one value that can have more than half of the cells. Source: Boyer & Moore 1981, majority vote. */
function majority(keys: Float64Array): number {
  let candidate = Number.NaN;
  let lead = 0;
  for (const key of keys) {
    if (lead === 0) candidate = key;
    lead += key === candidate ? 1 : -1;
  }
  return candidate;
}

type Split = Omit<KnownLater, "blank">;

function byClass(filled: Uint8Array, codes: Int32Array, labels: readonly string[]): Split | undefined {
  for (const label of commonClasses(codes, labels.length)) {
    let event = 0;
    let both = 0;
    let without = 0;
    for (let i = 0; i < codes.length; i++) {
      if (codes[i] === label) {
        event++;
        both += filled[i]!;
      } else without += filled[i]!;
    }
    const others = codes.length - event;
    if (both < fewest || others < fewest || both < recall * event || without > falseAlarms * others) continue;
    const name = JSON.stringify(labels[label]);
    return { event: `is ${name}`, filledWith: both / event, filledWithout: without / others };
  }
  return undefined;
}

/** The cut with the highest recall among those with few enough false alarms, for either side of it. */
function byThreshold(filled: Uint8Array, values: Float64Array): Split | undefined {
  const n = values.length;
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  let total = 0;
  for (const one of filled) total += one;
  let below = 0;
  let best: Split | undefined;
  for (let at = 1; at < n; at++) {
    below += filled[order[at - 1]!]!;
    if (values[order[at]!] === values[order[at - 1]!]) continue;
    const above = total - below;
    const cut = Number(values[order[at]!]!.toPrecision(4));
    const sides: readonly (readonly [number, number, number, number, string])[] = [
      [above, n - at, below, at, `is ${cut} or more`],
      [below, at, above, n - at, `is below ${cut}`],
    ];
    for (const [both, event, without, others, text] of sides) {
      if (both < fewest || others < fewest || both < recall * event || without > falseAlarms * others)
        continue;
      // A cut that leaves only a sliver outside the event would make any usual value look like a consequence.
      if (others < 0.1 * n || event < 0.01 * n) continue;
      if (best === undefined || both / event > best.filledWith)
        best = { event: text, filledWith: both / event, filledWithout: without / others };
    }
  }
  return best;
}
