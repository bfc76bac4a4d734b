/**
 * Bootstrap resamples as weights: how often each row is drawn.
 *
 * Rows are drawn with replacement, from all rows, within strata (so that every
 * class keeps its number), or whole groups at a time (rows of one customer are not
 * independent). Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap,
 * chapters 6 and 8; Davison & Hinkley 1997, section 3.8 for groups.
 */
import type { Random } from "../core/index.ts";

/** Rows that are drawn among themselves. */
export interface ResampleScheme {
  readonly rowCount: number;
  /** Code a row, at least 0; draws stay within it. Shape [n]. */
  readonly strata?: Int32Array | undefined;
  /** Group a row, −1 for a group of its own; whole groups are drawn, and strata do not count. Shape [n]. */
  readonly groups?: Int32Array | undefined;
}

/** Writes into `weight` how often each row is drawn, times its own weight. */
export type Resampler = (random: Random, weight: Float64Array) => void;

/**
 * Prepares the draws of a scheme.
 *
 * @param own - The rows' own weights, if any: drawn rows keep them. Shape [n].
 */
export function resampler(scheme: ResampleScheme, own?: Float64Array): Resampler {
  const draw = scheme.groups === undefined ? rowDraws(scheme) : groupDraws(scheme.groups);
  return (random, weight) => {
    weight.fill(0);
    draw(random, weight);
    if (own !== undefined) for (let i = 0; i < weight.length; i++) weight[i]! *= own[i]!;
  };
}

function rowDraws({ rowCount, strata }: ResampleScheme): Resampler {
  const members = strata === undefined ? [allRows(rowCount)] : rowsByCode(strata);
  return (random, weight) => {
    for (const rows of members) {
      const size = rows.length;
      for (let k = 0; k < size; k++) weight[rows[Math.floor(random.next() * size)]!]!++;
    }
  };
}

function groupDraws(groups: Int32Array): Resampler {
  const numbers = new Map<number, number>();
  let count = 0;
  const groupOf = groups.map((group) => {
    if (group < 0) return count++;
    let number = numbers.get(group);
    if (number === undefined) {
      number = count++;
      numbers.set(group, number);
    }
    return number;
  });
  const drawn = new Uint32Array(count);
  return (random, weight) => {
    drawn.fill(0);
    for (let k = 0; k < count; k++) drawn[Math.floor(random.next() * count)]!++;
    for (let i = 0; i < weight.length; i++) weight[i] = drawn[groupOf[i]!]!;
  };
}

function allRows(rowCount: number): Uint32Array {
  return Uint32Array.from({ length: rowCount }, (_, i) => i);
}

/** Rows of each code, codes in rising order, none empty. */
function rowsByCode(codes: Int32Array): Uint32Array[] {
  const lists = new Map<number, number[]>();
  codes.forEach((code, i) => {
    const list = lists.get(code);
    if (list === undefined) lists.set(code, [i]);
    else list.push(i);
  });
  return [...lists].sort(([a], [b]) => a - b).map(([, rows]) => Uint32Array.from(rows));
}
