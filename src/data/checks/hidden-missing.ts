/**
 * Numbers that may stand for "missing" without saying so: zeros far below all other values, and a 999 far
 * above them. Only hints: a zero can be real, and then it must not be lost.
 */
import { type Finding, shellWord } from "../finding.ts";
import { thin } from "../profile/target.ts";

const highCodes = [99, 999, 9999, 99999, 999999, 9999999];

/** Values looked at for the usual distances between them. */
const sampleSize = 50_000;

/**
 * Whether most number columns run from exactly 0 to exactly 1: somebody scaled the table by its extremes, and
 * a zero is the smallest value of its column and nothing else.
 */
export function isScaled(columns: readonly Float64Array[]): boolean {
  let scaled = 0;
  let others = 0;
  for (const values of columns) {
    const within = scaledColumn(values);
    if (within === true) scaled++;
    else if (within === false) others++;
  }
  return scaled >= 3 && scaled > others;
}

/** Undefined for columns of zeros and ones alone, which say nothing about it. */
function scaledColumn(values: Float64Array): boolean | undefined {
  let zero = false;
  let one = false;
  let between = false;
  for (const value of values) {
    if (value < 0 || value > 1) return false;
    if (value === 0) zero = true;
    else if (value === 1) one = true;
    else if (value === value) between = true;
  }
  return between ? zero && one : undefined;
}

/**
 * @param values - A number column; NaN is missing.
 * @param scaled - Its table is: then zeros mean nothing.
 */
export function hiddenMissing(name: string, values: Float64Array, scaled = false): Finding | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let present = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value !== value) continue;
    present++;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (present < 50) return undefined;
  if (low === 0 && !scaled) {
    const found = hiddenZeros(name, values, present, high);
    if (found !== undefined) return found;
  }
  return highCodes.includes(high) ? hiddenHigh(name, values, present, high) : undefined;
}

function hint(name: string, code: number, count: number, evidence: string): Finding {
  return {
    kind: "missingCode",
    column: name,
    evidence,
    effect: "hint",
    undo: `--column ${shellWord(`${name}=number,missing=${code}`)}`,
    numbers: { code, count },
  };
}

function hiddenZeros(name: string, values: Float64Array, present: number, high: number): Finding | undefined {
  let zeros = 0;
  let next = Number.POSITIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 0) zeros++;
    else if (values[i]! < next) next = values[i]!;
  }
  const others = present - zeros;
  // More zeros than that are the usual value, as of an ingredient that most mixtures do without.
  if (zeros < 2 || zeros > 0.5 * present || others < 20 || next === high) return undefined;
  const places = thin(Uint32Array.from(values.keys()), sampleSize * 2);
  const sample = Float64Array.from(places, (place) => values[place]!)
    .filter((value) => value > 0)
    .sort();
  // The usual step between neighbouring values, so that a count that starts at 1 is no gap.
  const step = smallSteps(sample);
  if (next < 0.1 * sample[sample.length >> 1]! || next <= 5 * step) return undefined;
  const rounded = Number(next.toPrecision(2));
  return hint(
    name,
    0,
    zeros,
    `${zeros} cells are 0, and no other value is below ${rounded}: they may mean missing.`,
  );
}

function hiddenHigh(name: string, values: Float64Array, present: number, code: number): Finding | undefined {
  let count = 0;
  let below = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === code) count++;
    else if (values[i]! > below) below = values[i]!;
  }
  if (count < 2 || count >= 0.9 * present || below >= 0.6 * code) return undefined;
  const rounded = Number(below.toPrecision(2));
  return hint(
    name,
    code,
    count,
    `${count} cells are ${code}, and the next lower value is about ${rounded}: they may mean missing.`,
  );
}

/** Median distance between the distinct values of the lower half. */
function smallSteps(sorted: Float64Array): number {
  const steps: number[] = [];
  for (let i = 1; i < sorted.length / 2 && steps.length < 200; i++) {
    if (sorted[i] !== sorted[i - 1]) steps.push(sorted[i]! - sorted[i - 1]!);
  }
  if (steps.length < 3) return Number.POSITIVE_INFINITY;
  return steps.sort((a, b) => a - b)[steps.length >> 1]!;
}
