/**
 * A target that stands one row off its features, as after a join by position or a column pasted one cell low.
 *
 * The best column's score is measured with the target of the same row, of the rows beside it, and of rows
 * farther away, which say what chance and the order of the rows give. Source of comparing with shifted copies:
 * Harris 2020, "A shift test for independence in generic time series".
 */
import type { Frame } from "../../schema/index.ts";
import { binRows, type Bins } from "../profile/bins.ts";
import { relationOfBins } from "../profile/relation.ts";
import type { ProfileTarget } from "../profile/target.ts";

const maxRows = 10_000;
const maxColumns = 100;
/** Far shifts are no neighbours: what they reach, rows reach that have nothing to do with each other. */
const farShifts = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14].flatMap((shift) => [shift, -shift]);
/**
 * The neighbours' target must be told twice as well as the own one and as any of the twenty far ones. A series
 * whose rows resemble their neighbours never shows this: its own rows are told at least about as well.
 */
const times = 2;
const lowest = 0.1;
const fewest = 100;

export interface ShiftedTarget {
  /** 1: the features of a row tell the next row's target. */
  readonly shift: 1 | -1;
  readonly column: string;
  readonly score: number;
  readonly own: number;
  readonly far: number;
}

/** @param names - Columns to look at: features, without leaks. */
export function shiftedTarget(
  frame: Frame,
  target: ProfileTarget,
  names: readonly string[],
): ShiftedTarget | undefined {
  const margin = Math.max(...farShifts);
  if (target.rows.length < fewest || frame.rowCount < fewest) return undefined;
  const inside = frame.rowCount - 2 * margin;
  const count = Math.min(inside, maxRows);
  const rows = Uint32Array.from({ length: count }, (_, i) => margin + Math.floor((i * inside) / count));
  const columns = names.slice(0, maxColumns).map((name) => ({
    name,
    bins: binRows(frame.columns.get(name)!, rows, 32),
  }));
  const best = (shift: number): { readonly name: string; readonly score: number } => {
    const shifted = targetAt(frame, target, rows, shift);
    let found = { name: "", score: 0 };
    if (shifted === undefined) return found;
    for (const { name, bins } of columns) {
      const score = relationOfBins(shifted.places === undefined ? bins : taken(bins, shifted.places), {
        ...shifted.target,
      });
      if (score > found.score) found = { name, score };
    }
    return found;
  };
  const own = best(0).score;
  const next = best(1);
  const previous = best(-1);
  const [shift, beside] = next.score >= previous.score ? ([1, next] as const) : ([-1, previous] as const);
  if (beside.score < lowest || beside.score < times * own) return undefined;
  let far = 0;
  for (const other of farShifts) {
    far = Math.max(far, best(other).score);
    if (beside.score < times * far) return undefined;
  }
  return { shift, column: beside.name, score: beside.score, own, far };
}

/** The target of the rows that stand `shift` after `rows`; `places` where some of them have none. */
function targetAt(
  frame: Frame,
  target: ProfileTarget,
  rows: Uint32Array,
  shift: number,
): { readonly target: ProfileTarget; readonly places?: Uint32Array } | undefined {
  const cells = frame.columns.get(target.name)!;
  const known = (i: number): boolean =>
    cells.type === "number"
      ? !Number.isNaN(cells.values[rows[i]! + shift]!)
      : cells.codes[rows[i]! + shift]! >= 0;
  let places: Uint32Array | undefined = Uint32Array.from(rows.keys()).filter(known);
  if (places.length < fewest / 2) return undefined;
  const at = places;
  if (places.length === rows.length) places = undefined;
  const base = { name: target.name, rows: Uint32Array.from(at, (i) => rows[i]!) };
  const rest = places === undefined ? {} : { places };
  if (target.task === "regression") {
    if (cells.type !== "number") return undefined;
    const values = Float64Array.from(base.rows, (row) => cells.values[row + shift]!);
    return { target: { ...base, task: "regression", values }, ...rest };
  }
  const codes =
    cells.type === "string"
      ? Int32Array.from(base.rows, (row) => cells.codes[row + shift]!)
      : Int32Array.from(base.rows, (row) => target.labels.indexOf(String(cells.values[row + shift]!)));
  return { target: { ...base, task: "classification", labels: target.labels, codes }, ...rest };
}

function taken(bins: Bins, places: Uint32Array): Bins {
  return { groups: Int32Array.from(places, (place) => bins.groups[place]!), count: bins.count };
}
