/**
 * What a network sees of a feature matrix: centred numbers, softly bounded, and for each number with
 * many values its place between quantiles.
 *
 * A piecewise-linear code (one ramp from 0 to 1 per bin) lets the first layer bend at
 * every quantile, which is what plain networks on tables lack most. Two-valued features
 * become 0 and 1. A missing number counts as the median. Source: Gorishniy, Rubachev &
 * Babenko 2022, "On embeddings for numerical features in tabular deep learning",
 * NeurIPS; soft bound: Holzmüller, Grinsztajn & Steinwart 2024, "Better by default", NeurIPS.
 */
import { MillwrightError, quantile } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import {
  clip,
  concat,
  constant,
  div,
  gather,
  isNaN as isMissing,
  mul,
  reshape,
  sqrt,
  sub,
  add,
  unsqueeze,
  type Value,
  where,
} from "../../graph/index.ts";

export interface Encoding {
  /** Features that vary, u of them. */
  readonly used: readonly number[];
  /** Median and spread of each; the low value and the step of a two-valued one. Shape [u]. */
  readonly center: Float64Array;
  readonly scale: Float64Array;
  /** Places in `used` of the features with ramps, r of them. */
  readonly ramped: readonly number[];
  /** Where each ramp starts, and one over its length. Shape [r, bins]. */
  readonly start: Float64Array;
  readonly slope: Float64Array;
  readonly bins: number;
  /** Columns of the code: u + r × bins. */
  readonly width: number;
}

/** Beyond this many spreads a number is read as this many; the soft bound makes it 4 anyway. */
const farthest = 1e6;
const bound = 4;
/** Values that quantiles are taken from. */
const sampleSize = 50_000;

/**
 * @param bins - Ramps per number, at most; 0 for none.
 * @throws MillwrightError `SCHEMA_WRONG_KIND` for a category.
 */
export function fitEncoding(x: Matrix, bins: number): Encoding {
  const used: number[] = [];
  const center: number[] = [];
  const scale: number[] = [];
  const ramped: number[] = [];
  const edges: number[][] = [];
  x.columns.forEach((column, j) => {
    if (x.features[j]!.kind === "category") throw categoryError(x, j);
    const sorted = finiteSample(column);
    const low = sorted[0];
    const high = sorted.at(-1);
    if (low === undefined || high === undefined || !(high > low)) return;
    const two = sorted.every((v) => v === low || v === high);
    const spread = two ? high - low : spreadOf(sorted);
    const middle = two ? low : quantile(sorted, 0.5);
    if (!two && bins > 0) {
      ramped.push(used.length);
      edges.push(
        rampEdges(
          sorted.map((v) => softBound((v - middle) / spread)),
          bins,
        ),
      );
    }
    used.push(j);
    center.push(middle);
    scale.push(spread);
  });
  const most = edges.reduce((count, list) => Math.max(count, list.length - 1), 0);
  const start = new Float64Array(ramped.length * most).fill(2 * bound);
  const slope = new Float64Array(ramped.length * most);
  edges.forEach((list, r) => {
    for (let b = 0; b + 1 < list.length; b++) {
      start[r * most + b] = list[b]!;
      slope[r * most + b] = 1 / (list[b + 1]! - list[b]!);
    }
  });
  return {
    used,
    center: Float64Array.from(center),
    scale: Float64Array.from(scale),
    ramped,
    start,
    slope,
    bins: most,
    width: used.length + ramped.length * most,
  };
}

/** Bounded numbers of every row, the part of the code that does not depend on ramps. Row-major [rowCount, u]. */
export function boundedRows<T extends Float32Array | Float64Array>(encoding: Encoding, x: Matrix, out: T): T {
  const { used, center, scale } = encoding;
  used.forEach((j, a) => {
    const column = x.columns[j]!;
    for (let i = 0; i < x.rowCount; i++) {
      const value = column[i]!;
      const z = Number.isNaN(value) ? 0 : (value - center[a]!) / scale[a]!;
      out[i * used.length + a] = softBound(Math.max(-farthest, Math.min(farthest, z)));
    }
  });
  return out;
}

/** The same in the graph: float64 [batch, features] → float64 [batch, u]. */
export function emitBounded({ used, center, scale }: Encoding, x: Value): Value {
  const row = (data: Float64Array): Value => constant({ dtype: "float64", shape: [1, used.length], data });
  const read = gather(x, used, 1);
  const known = where(isMissing(read), row(center), read);
  const z = clip(div(sub(known, row(center)), row(scale)), -farthest, farthest);
  const share = div(z, bound);
  return div(z, sqrt(add(mul(share, share), 1)));
}

/** Bounded numbers and their ramps, in the dtype of `z`: [batch, u] → [batch, width]. */
export function emitCode(encoding: Encoding, z: Value): Value {
  const { ramped, bins } = encoding;
  if (ramped.length === 0) return z;
  return concat([z, reshape(emitRamps(encoding, emitRamped(encoding, z)), [-1, ramped.length * bins])], 1);
}

/** The numbers that have ramps: [batch, u] → [batch, r]. */
export function emitRamped({ ramped }: Encoding, z: Value): Value {
  return gather(z, ramped, 1);
}

/** Their ramps: [batch, r] → [batch, r, bins]. */
export function emitRamps({ ramped, start, slope, bins }: Encoding, numbers: Value): Value {
  const shape = [1, ramped.length, bins];
  const table = (data: Float64Array): Value =>
    numbers.dtype === "float32"
      ? constant({ dtype: "float32", shape, data: Float32Array.from(data) })
      : constant({ dtype: "float64", shape, data });
  return clip(mul(sub(unsqueeze(numbers, [2]), table(start)), table(slope)), 0, 1);
}

/** The code of one row by hand. */
export function codeReference(encoding: Encoding, z: Float64Array): Float64Array {
  const { ramped, start, slope, bins, width } = encoding;
  const out = new Float64Array(width);
  out.set(z);
  ramped.forEach((a, r) => {
    for (let b = 0; b < bins; b++) {
      const at = r * bins + b;
      out[z.length + at] = Math.max(0, Math.min(1, (z[a]! - start[at]!) * slope[at]!));
    }
  });
  return out;
}

function softBound(z: number): number {
  return z / Math.sqrt(1 + (z / bound) ** 2);
}

/** Finite values in order: all of a short column, every n-th of a long one. */
function finiteSample(column: Float32Array | Float64Array): Float64Array {
  const stride = Math.ceil(column.length / sampleSize);
  const values: number[] = [];
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < column.length; i++) {
    const value = column[i]!;
    if (!Number.isFinite(value)) continue;
    if (i % stride === 0) values.push(value);
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  // The extremes of all rows tell whether the column varies at all.
  if (low <= high) values.push(low, high);
  return Float64Array.from(values).sort();
}

/** Interquartile range as a normal's deviation; the whole range in proportion where the middle half is one value. */
function spreadOf(sorted: Float64Array): number {
  const middle = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.349;
  return middle > 0 ? middle : (sorted.at(-1)! - sorted[0]!) / 2;
}

/**
 * Edges of the ramps: every value where they are few; else the ends, each value that alone fills a bin,
 * and quantiles of all the others, so that a column that is mostly 0 still has its tail resolved.
 */
function rampEdges(sorted: Float64Array, bins: number): number[] {
  const distinct = sorted.filter((v, i) => i === 0 || v > sorted[i - 1]! + 1e-9);
  if (distinct.length <= bins + 1) return [...distinct];
  const heavy: number[] = [];
  const others: number[] = [];
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    while (to < sorted.length && sorted[to] === sorted[from]) to++;
    if ((to - from) * bins >= sorted.length) heavy.push(sorted[from]!);
    else for (let i = from; i < to; i++) others.push(sorted[i]!);
  }
  const rest = Math.max(1, bins - heavy.length);
  const light = Float64Array.from(others);
  const quantiles = Array.from({ length: rest + 1 }, (_, b) => quantile(light, b / rest));
  const all = [...heavy, ...quantiles].sort((x, y) => x - y);
  return all.filter((v, i) => i === 0 || v > all[i - 1]! + 1e-6);
}

function categoryError(x: Matrix, j: number): MillwrightError {
  const { name, cardinality } = x.features[j]!;
  return new MillwrightError(
    "SCHEMA_WRONG_KIND",
    `mlp needs numbers, and the feature "${name}" holds ${cardinality ?? "unordered"} category codes.`,
    "Encode it first, for example with oneHot().",
  );
}
