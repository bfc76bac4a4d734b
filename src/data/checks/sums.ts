/**
 * Arithmetic that gives a numeric target away: it is another column times a constant, a sum or difference of
 * columns, or such a sum up to a few fixed amounts (a bill's total is fare + tip + tolls + a surcharge).
 */
import type { Frame } from "../../schema/index.ts";

/** A relation that yields the target. */
export interface SumRelation {
  readonly columns: readonly string[];
  /** As a formula: "casual + registered". */
  readonly formula: string;
  /** Share of rows in which it holds, 0 … 1. */
  readonly share: number;
}

const exactness = 1e-6;
const needed = 0.995;
const maxTerms = 6;

interface Numeric {
  readonly name: string;
  readonly values: Float64Array;
  readonly datetime: boolean;
}

/**
 * Finds an arithmetic relation of up to six of the columns that gives the target.
 *
 * @param rows - Rows to look at.
 * @param y - Target of these rows.
 * @param names - Columns that may take part.
 */
export function findSum(
  frame: Frame,
  names: readonly string[],
  rows: Uint32Array,
  y: Float64Array,
): SumRelation | undefined {
  if (rows.length < 20) return undefined;
  const numeric = names.flatMap((name): Numeric[] => {
    const cells = frame.columns.get(name);
    if (cells?.type !== "number") return [];
    const datetime = frame.schema.columns.find((column) => column.name === name)?.kind === "datetime";
    const values = Float64Array.from(rows, (row) => cells.values[row]!);
    return [{ name, datetime, values }];
  });
  const range = rangeOf(y);
  const plain = numeric.filter((column) => !column.datetime);
  return (
    findLine(plain, y, range) ??
    findPair(plain, y, range) ??
    findDuration(
      numeric.filter((column) => column.datetime),
      y,
      range,
    ) ??
    findLongSum(plain, y, range)
  );
}

function rangeOf(values: Float64Array): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high - low;
}

/** The target is one column times a constant plus a constant. */
function findLine(columns: readonly Numeric[], y: Float64Array, range: number): SumRelation | undefined {
  const probes = spread(y.length, 200);
  for (const { name, values } of columns) {
    // Through the two probes whose values lie farthest apart.
    let low = probes[0]!;
    let high = probes[0]!;
    for (const i of probes) {
      if (values[i]! < values[low]! || Number.isNaN(values[low]!)) low = i;
      if (values[i]! > values[high]! || Number.isNaN(values[high]!)) high = i;
    }
    const width = values[high]! - values[low]!;
    const slope = (y[high]! - y[low]!) / width;
    if (!(width > 0) || slope === 0) continue;
    const start = y[low]! - slope * values[low]!;
    const holds = (i: number): boolean => Math.abs(y[i]! - slope * values[i]! - start) <= exactness * range;
    let misses = 0;
    for (const i of probes) if (!holds(i)) misses++;
    if (misses > 2) continue;
    let count = 0;
    for (let i = 0; i < y.length; i++) if (holds(i)) count++;
    if (count < needed * y.length || distinctOf(values, 3) < 3) continue;
    const times = Math.abs(slope - 1) < 1e-9 ? "" : `${figure(slope)} × `;
    const plus = Math.abs(start) <= exactness * range ? "" : ` + ${figure(start)}`;
    return { columns: [name], formula: `${times}${name}${plus}`, share: count / y.length };
  }
  return undefined;
}

function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function distinctOf(values: Float64Array, enough: number): number {
  const seen = new Set<number>();
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    seen.add(value);
    if (seen.size >= enough) break;
  }
  return seen.size;
}

/** Columns that may be the first of a pair: one of two that give the target varies with it. */
const maxFirst = 300;

/** The target is the sum or difference of two columns, plus a constant. */
function findPair(all: readonly Numeric[], y: Float64Array, range: number): SumRelation | undefined {
  const probes = spread(y.length, 24);
  const columns = byCorrelation(all, y);
  for (let a = 0; a < Math.min(maxFirst, columns.length); a++) {
    for (let b = a + 1; b < columns.length; b++) {
      for (const [signA, signB] of [
        [1, 1],
        [1, -1],
        [-1, 1],
      ] as const) {
        const share = shareOf(columns[a]!.values, signA, columns[b]!.values, signB, y, range, probes);
        if (share === undefined) continue;
        const parts = [
          { name: columns[a]!.name, sign: signA },
          { name: columns[b]!.name, sign: signB },
        ];
        return { columns: parts.map((part) => part.name), formula: written(parts), share };
      }
    }
  }
  return undefined;
}

/** The target is the time between two datetimes. */
function findDuration(columns: readonly Numeric[], y: Float64Array, range: number): SumRelation | undefined {
  const probes = spread(y.length, 24);
  for (const end of columns) {
    for (const start of columns) {
      if (start === end) continue;
      for (const unit of [1, 1000, 60_000, 3_600_000, 86_400_000]) {
        const share = shareOf(end.values, 1 / unit, start.values, -1 / unit, y, range, probes);
        if (share === undefined) continue;
        return { columns: [end.name, start.name], formula: `${end.name} − ${start.name}`, share };
      }
    }
  }
  return undefined;
}

/** Some places spread over 0 … count − 1. */
function spread(count: number, wanted: number): Uint32Array {
  const n = Math.min(count, wanted);
  return Uint32Array.from({ length: n }, (_, i) => Math.floor(((i + 0.5) * count) / n));
}

/** Share of rows with y = p·a + q·b + constant; undefined when too few, which the probes mostly show at once. */
function shareOf(
  a: Float64Array,
  p: number,
  b: Float64Array,
  q: number,
  y: Float64Array,
  range: number,
  probes: Uint32Array,
): number | undefined {
  const offset = (i: number): number => y[i]! - p * a[i]! - q * b[i]!;
  const tolerance = exactness * range;
  // Three offsets that all differ are two misses already: most pairs end here.
  const [first, second, third] = [offset(probes[0]!), offset(probes[1]!), offset(probes[2]!)];
  if (
    !(Math.abs(first - second) <= 2 * tolerance) &&
    !(Math.abs(first - third) <= 2 * tolerance) &&
    !(Math.abs(second - third) <= 2 * tolerance)
  ) {
    return undefined;
  }
  const offsets = Float64Array.from(probes, offset).sort();
  const constant = offsets[offsets.length >> 1]!;
  if (Number.isNaN(constant)) return undefined;
  let misses = 0;
  for (const other of offsets) if (!(Math.abs(other - constant) <= tolerance)) misses++;
  if (misses > 1) return undefined;
  let holds = 0;
  for (let i = 0; i < y.length; i++) {
    if (Math.abs(offset(i) - constant) <= tolerance) holds++;
  }
  return holds >= needed * y.length ? holds / y.length : undefined;
}

function written(parts: readonly { readonly name: string; readonly sign: number }[]): string {
  const sorted = [...parts].sort((a, b) => b.sign - a.sign);
  return sorted
    .map(({ name, sign }, index) =>
      index === 0 ? (sign < 0 ? `−${name}` : name) : `${sign < 0 ? "−" : "+"} ${name}`,
    )
    .join(" ");
}

/** Rows on which sums are searched; what is found is then checked on all. */
const searchRows = 2000;
/** Columns of the largest variance that are tried as the whole of a sum. */
const maxWholes = 12;
/** Of more columns, those that vary most with the target take part. */
const maxParts = 200;

interface Term {
  readonly name: string;
  readonly sign: number;
  readonly values: Float64Array;
}

/**
 * Longer sums, term by term: from a whole, always that column is taken away (or added) which leaves the least
 * variance. What is left in the end must take so few values that they are fixed amounts. The whole is the
 * target itself, or a column of which the target is a part.
 */
function findLongSum(columns: readonly Numeric[], y: Float64Array, range: number): SumRelation | undefined {
  const places = spread(y.length, searchRows);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(places, (place) => values[place]!);
  const target = { name: "", values: pick(y) };
  const whole = columns.filter(({ values }) => !values.some(Number.isNaN));
  const free = byCorrelation(whole, y).slice(0, maxParts);
  const probes = free.map(({ name, values }) => ({ name, values: pick(values) }));
  const ranked = probes
    .map((column) => ({ column, variance: varianceOf(column.values) }))
    .sort((a, b) => b.variance - a.variance);
  const wholes = ranked.filter(({ variance }) => variance >= varianceOf(target.values)).slice(0, maxWholes);
  for (const sum of [target, ...wholes.map(({ column }) => column)]) {
    const terms = takeAway(
      sum,
      [target, ...probes].filter((column) => column !== sum),
    );
    const parts = solveForTarget(sum.name, terms);
    if (parts === undefined) continue;
    const rest = y.slice();
    for (const { name, sign } of parts) {
      const { values } = free.find((column) => column.name === name)!;
      for (let i = 0; i < rest.length; i++) rest[i]! -= sign * values[i]!;
    }
    const left = levels(rest, range);
    if (left.count > 25 || left.count * 5 > levels(y, range).count) continue;
    const amounts = left.count === 1 ? "" : ` + one of ${left.count} fixed amounts`;
    return { columns: parts.map((part) => part.name), formula: written(parts) + amounts, share: left.share };
  }
  return undefined;
}

function takeAway(
  whole: { readonly name: string; readonly values: Float64Array },
  columns: readonly { readonly name: string; readonly values: Float64Array }[],
): readonly Term[] {
  const rest = whole.values.slice();
  const terms: Term[] = [];
  let variance = varianceOf(rest);
  while (terms.length < maxTerms && variance > 0) {
    let best: { term: Term; variance: number } | undefined;
    for (const { name, values } of columns) {
      if (terms.some((term) => term.name === name)) continue;
      for (const sign of [1, -1]) {
        const left = varianceOf(rest, values, sign);
        if (best === undefined || left < best.variance)
          best = { term: { name, sign, values }, variance: left };
      }
    }
    if (best === undefined || best.variance > 0.7 * variance) break;
    for (let i = 0; i < rest.length; i++) rest[i]! -= best.term.sign * best.term.values[i]!;
    terms.push(best.term);
    variance = best.variance;
  }
  return terms;
}

/** whole = Σ sign · term, turned into target = …; undefined where the target has no part in it. */
function solveForTarget(
  whole: string,
  terms: readonly Term[],
): readonly { readonly name: string; readonly sign: number }[] | undefined {
  if (whole === "") return terms.length < 2 ? undefined : terms;
  const own = terms.find((term) => term.name === "");
  if (own === undefined || terms.length < 2) return undefined;
  const others = terms
    .filter((term) => term !== own)
    .map(({ name, sign }) => ({ name, sign: -sign * own.sign }));
  return [{ name: whole, sign: own.sign }, ...others];
}

/** Columns in the order of how much they vary with the target, on some of the rows. */
function byCorrelation(columns: readonly Numeric[], y: Float64Array): readonly Numeric[] {
  const places = spread(y.length, searchRows);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(places, (place) => values[place]!);
  const target = pick(y);
  return columns
    .map((column) => ({ column, together: Math.abs(correlation(pick(column.values), target)) }))
    .sort((a, b) => b.together - a.together)
    .map(({ column }) => column);
}

function correlation(a: Float64Array, b: Float64Array): number {
  const both = varianceOf(a, b, -1) - varianceOf(a) - varianceOf(b);
  return both / 2 / Math.sqrt(varianceOf(a) * varianceOf(b)) || 0;
}

function varianceOf(values: Float64Array, other?: Float64Array, sign = 0): number {
  let mean = 0;
  for (let i = 0; i < values.length; i++)
    mean += other === undefined ? values[i]! : values[i]! - sign * other[i]!;
  mean /= values.length;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const value = other === undefined ? values[i]! : values[i]! - sign * other[i]!;
    sum += (value - mean) ** 2;
  }
  return sum / values.length;
}

/** How many different values, the commonest first, cover 95 % of the rows, and what share they cover. */
function levels(values: Float64Array, range: number): { readonly count: number; readonly share: number } {
  const step = range * exactness;
  const counts = new Map<number, number>();
  for (const value of values) {
    const level = Math.round(value / step);
    counts.set(level, (counts.get(level) ?? 0) + 1);
  }
  let covered = 0;
  let count = 0;
  for (const rows of [...counts.values()].sort((a, b) => b - a)) {
    if (covered >= 0.95 * values.length) break;
    covered += rows;
    count++;
  }
  return { count, share: covered / values.length };
}
