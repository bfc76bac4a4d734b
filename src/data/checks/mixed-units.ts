/**
 * A number column whose rows are not all in one unit: grams among kilograms, inches among centimetres,
 * Fahrenheit among Celsius.
 *
 * The values fall into two clusters with a gap between them, the upper cluster is the lower one converted by a
 * known factor, and once converted the two have the same distribution (Smirnov's two-sample test does not tell
 * them apart). Cut, factor and shape must all agree, so two honest clusters seldom pass.
 */
import type { Frame } from "../../schema/index.ts";
import { binRows } from "../profile/bins.ts";
import { relationOfBins } from "../profile/relation.ts";
import { type ProfileTarget, thin } from "../profile/target.ts";

interface Conversion {
  readonly text: string;
  readonly factor: number;
  readonly offset: number;
}

const conversions: readonly Conversion[] = [
  ["1000", 1000],
  ["1000000", 1e6],
  ["100", 100],
  ["10", 10],
  ["3600", 3600],
  ["60", 60],
  ["24", 24],
  ["12", 12],
  ["25.4 (inches to millimetres)", 25.4],
  ["2.54 (inches to centimetres)", 2.54],
  ["3.28084 (metres to feet)", 3.28084],
  ["2.20462 (kilograms to pounds)", 2.20462],
  ["1.60934 (miles to kilometres)", 1.60934],
  ["28.3495 (ounces to grams)", 28.3495],
  ["3.78541 (gallons to litres)", 3.78541],
  ["4.184 (calories to joules)", 4.184],
].map(([text, factor]) => ({ text: text as string, factor: factor as number, offset: 0 }));
const fahrenheit: Conversion = { text: "1.8 plus 32 (Celsius to Fahrenheit)", factor: 1.8, offset: 32 };

const maxRows = 20_000;
/** Rows of the rarer unit: with fewer the shape cannot be compared. */
const fewest = 20;
/** How far the medians' ratio may be from the factor, as a logarithm: few rows have no exact median. */
const medianTolerance = 0.3;
/** The gap's share of the conversion, both as logarithms: less is no gap but a thin place. */
const gapShare = 0.15;
/** Below this factor two honest groups (two species, two models) lie as far apart: then nothing may explain them. */
const smallFactor = 10;
/** Score from which another number column explains the clusters. */
const explains = 0.4;

export interface MixedUnits {
  readonly factor: number;
  readonly text: string;
  /** Share of the rows in the larger numbers. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** @param others - Names the columns that could explain two clusters; asked for only where there are two. */
export function mixedUnits(
  frame: Frame,
  name: string,
  others: () => readonly string[],
): MixedUnits | undefined {
  const cells = frame.columns.get(name)!;
  if (cells.type !== "number") return undefined;
  const rows = thinRows(frame.rowCount).filter((row) => !Number.isNaN(cells.values[row]!));
  const sorted = Float64Array.from(rows, (row) => cells.values[row]!).sort();
  const cut = sorted.length < 3 * fewest || sorted[0]! < 0 ? undefined : widestGap(sorted);
  if (cut === undefined) return undefined;
  const start = sorted.findIndex((value) => value > 0);
  const lower = sorted.subarray(start, cut);
  const upper = sorted.subarray(cut);
  if (lower.length < fewest || upper.length < fewest) return undefined;
  if (distinct(lower) < 8 || distinct(upper) < 8) return undefined;
  const gap = Math.log(upper[0]! / lower[lower.length - 1]!);
  const low = median(lower);
  const high = median(upper);
  if (gap < gapShare * Math.log(high / low)) return undefined;
  const off = ({ factor, offset }: Conversion): number => Math.abs(Math.log(high / (factor * low + offset)));
  const [nearest] = [...conversions, fahrenheit].sort((a, b) => off(a) - off(b));
  const { factor, offset, text } = nearest!;
  if (off(nearest!) > medianTolerance) return undefined;
  if (
    !sameShape(
      lower.map((value) => factor * value + offset),
      upper,
    )
  )
    return undefined;
  if (factor < smallFactor && explained(frame, others(), rows, cells.values, upper[0]!)) return undefined;
  return { factor, text, share: upper.length / sorted.length, low, high };
}

function thinRows(rowCount: number): Uint32Array {
  const n = Math.min(rowCount, maxRows);
  return Uint32Array.from({ length: n }, (_, i) => Math.floor((i * rowCount) / n));
}

/** Where the upper cluster starts: after the widest step between positive neighbours, as a logarithm. */
function widestGap(sorted: Float64Array): number | undefined {
  let widest = 0;
  let cut: number | undefined;
  for (let i = fewest; i <= sorted.length - fewest; i++) {
    if (sorted[i - 1]! <= 0) continue;
    const ratio = sorted[i]! / sorted[i - 1]!;
    if (ratio > widest) {
      widest = ratio;
      cut = i;
    }
  }
  return widest > 1.05 ? cut : undefined;
}

function median(sorted: Float64Array): number {
  return sorted[sorted.length >> 1]!;
}

function distinct(sorted: Float64Array): number {
  let count = 1;
  for (let i = 1; i < sorted.length; i++) if (sorted[i] !== sorted[i - 1]) count++;
  return count;
}

/**
 * Whether Smirnov's test keeps two samples together at the level 0.001. Numbers that were rounded after the
 * conversion differ a little, so distances below 0.05 always pass; above 0.4 they never do, however few rows.
 */
function sameShape(a: Float64Array, b: Float64Array): boolean {
  let i = 0;
  let j = 0;
  let distance = 0;
  while (i < a.length && j < b.length) {
    // Rounding moves equal values apart in their last digits.
    const value = Math.min(a[i]!, b[j]!) * (1 + 1e-3);
    while (i < a.length && a[i]! <= value) i++;
    while (j < b.length && b[j]! <= value) j++;
    distance = Math.max(distance, Math.abs(i / a.length - j / b.length));
  }
  const critical = 1.95 * Math.sqrt(1 / a.length + 1 / b.length);
  return distance <= Math.min(0.4, Math.max(0.05, critical));
}

/** Whether another number column tells the two clusters apart: then they are two kinds of rows. */
function explained(
  frame: Frame,
  others: readonly string[],
  rows: Uint32Array,
  values: Float64Array,
  from: number,
): boolean {
  const some = thin(rows, 5000);
  const clusters: ProfileTarget = {
    name: "unit",
    rows: some,
    task: "classification",
    labels: ["low", "high"],
    codes: Int32Array.from(some, (row) => (values[row]! >= from ? 1 : 0)),
  };
  return others.some((other) => {
    const cells = frame.columns.get(other)!;
    return relationOfBins(binRows(cells, some, 16), clusters) >= explains;
  });
}
