/**
 * What one column holds, in figures that name nobody: no value held by fewer than five rows is shown, and
 * figures are rounded, so that none repeats one row's own number.
 *
 * Sums run in row order, so the figures are the same on every run.
 */
import { quantile } from "../../core/index.ts";
import type { Cells, ColumnSchema, Kind, NumberCells, Role, StringCells } from "../../schema/index.ts";
import type { Sorter } from "./sorted.ts";

/** A value may be named from this many rows on. */
export const fewestRows = 5;
const topValues = 10;
const histogramBins = 20;

export interface NumberProfile {
  readonly mean: number;
  readonly standardDeviation: number;
  /** About the smallest and the largest value: the fifth from each end. */
  readonly low: number;
  readonly high: number;
  /** At 1, 5, 25, 50, 75, 95 and 99 %. */
  readonly quantiles: readonly number[];
  /** Equal steps from `low` to `high`; values beyond count in the first and last. */
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] };
  readonly zeros: number;
  readonly negatives: number;
  /** Values more than three interquartile ranges outside the quartiles. */
  readonly outliers: number;
}

export interface WordProfile {
  readonly meanLength: number;
  /** Values held by fewer than five rows: how many, and in how many rows. */
  readonly rareValues: number;
  readonly rareRows: number;
}

export interface ColumnProfile {
  readonly name: string;
  readonly kind: Kind;
  readonly role: Role;
  /** Rows with a value, rows without, and how many different values there are. */
  readonly present: number;
  readonly missing: number;
  readonly distinct: number;
  /** The commonest values, the most frequent first; datetimes as ISO text. */
  readonly top: readonly { readonly value: string; readonly rows: number }[];
  /** Numbers; datetimes as epoch milliseconds. */
  readonly number?: NumberProfile;
  readonly words?: WordProfile;
  /** How well this column alone predicts the target, 0 … 1; see `relation`. */
  readonly relation?: number;
}

/** @param sorter - Its buffers serve one column after the other. */
export function profileColumn(column: ColumnSchema, cells: Cells, sorter: Sorter): ColumnProfile {
  const { name, kind, role } = column;
  const figures = cells.type === "number" ? profileNumbers(cells, kind, sorter) : profileWords(cells);
  return { name, kind, role, ...figures };
}

type Figures = Omit<ColumnProfile, "name" | "kind" | "role">;

function profileNumbers(cells: NumberCells, kind: Kind, sorter: Sorter): Figures {
  const { values } = cells;
  const sorted = sorter.sort(values);
  const present = sorted.length;
  const runs = runsOf(sorted);
  const round = kind === "datetime" ? roundToDay : roundFigure;
  const top = runs.top.map(({ value, rows }) => ({
    value: kind === "datetime" ? new Date(value).toISOString() : String(value),
    rows,
  }));
  const base = { present, missing: values.length - present, distinct: runs.distinct, top };
  if (present === 0) return base;
  let sum = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === values[i]) sum += values[i]!;
  const mean = sum / present;
  let squares = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === values[i]) squares += (values[i]! - mean) ** 2;
  const inward = Math.min(fewestRows - 1, (present - 1) >> 1);
  const low = sorted[inward]!;
  const high = sorted[present - 1 - inward]!;
  const at = (share: number): number => quantile(sorted, share);
  const [lower, upper] = [at(0.25), at(0.75)];
  const fence = 3 * (upper - lower);
  let outliers = 0;
  let zeros = 0;
  let negatives = 0;
  for (let i = 0; i < present; i++) {
    const value = sorted[i]!;
    if (fence > 0 && (value < lower - fence || value > upper + fence)) outliers++;
    if (value === 0) zeros++;
    if (value < 0) negatives++;
  }
  return {
    ...base,
    number: {
      mean: round(mean),
      standardDeviation: roundFigure(Math.sqrt(squares / Math.max(1, present - 1))),
      low: round(low),
      high: round(high),
      quantiles: [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99].map((share) => round(at(share))),
      histogram: histogramOf(sorted, round(low), round(high)),
      zeros,
      negatives,
      outliers,
    },
  };
}

/** Four significant digits. */
function roundFigure(value: number): number {
  return Number(value.toPrecision(4));
}

function roundToDay(value: number): number {
  return Math.floor(value / 86_400_000) * 86_400_000;
}

/** Number of distinct values, and the commonest of those held by enough rows. */
function runsOf(sorted: Float64Array): {
  readonly distinct: number;
  readonly top: readonly { readonly value: number; readonly rows: number }[];
} {
  let distinct = 0;
  let top: { value: number; rows: number }[] = [];
  for (let start = 0; start < sorted.length; ) {
    let end = start + 1;
    while (end < sorted.length && sorted[end] === sorted[start]) end++;
    distinct++;
    const rows = end - start;
    if (rows >= fewestRows && (top.length < topValues || rows > top[top.length - 1]!.rows)) {
      top.push({ value: sorted[start]!, rows });
      top = top.sort((a, b) => b.rows - a.rows || a.value - b.value).slice(0, topValues);
    }
    start = end;
  }
  return { distinct, top };
}

function histogramOf(sorted: Float64Array, low: number, high: number): NumberProfile["histogram"] {
  if (!(high > low)) return { edges: [low, high], counts: [sorted.length] };
  const edges = Array.from({ length: histogramBins + 1 }, (_, i) => low + ((high - low) * i) / histogramBins);
  const counts = new Array<number>(histogramBins).fill(0);
  const scale = histogramBins / (high - low);
  for (let i = 0; i < sorted.length; i++) {
    const bin = Math.floor((sorted[i]! - low) * scale);
    counts[Math.max(0, Math.min(histogramBins - 1, bin))]!++;
  }
  return { edges, counts };
}

function profileWords(cells: StringCells): Figures {
  const { codes, dictionary } = cells;
  const counts = new Int32Array(dictionary.length);
  let present = 0;
  for (const code of codes) {
    if (code < 0) continue;
    counts[code]!++;
    present++;
  }
  let length = 0;
  let distinct = 0;
  let rareValues = 0;
  let rareRows = 0;
  const often: number[] = [];
  for (const [code, rows] of counts.entries()) {
    if (rows === 0) continue;
    distinct++;
    length += rows * dictionary[code]!.length;
    if (rows >= fewestRows) often.push(code);
    else {
      rareValues++;
      rareRows += rows;
    }
  }
  const top = often
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, topValues)
    .map((code) => ({ value: dictionary[code]!, rows: counts[code]! }));
  const words = { meanLength: present === 0 ? 0 : roundFigure(length / present), rareValues, rareRows };
  return { present, missing: codes.length - present, distinct, top, words };
}
