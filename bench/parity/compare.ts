/** How far two sets of answers to the same rows are apart. */
import type { ColumnAnswers } from "../../src/model/index.ts";

export interface Difference {
  /** Largest difference of a probability; of a regression relative to max(1, |expected|). */
  readonly largest: number;
  readonly row: number;
  /** Rows with another label although the two best probabilities are more than the tolerance apart. */
  readonly labels: number;
}

/** @param threshold - Of a binary task: where its label changes; absent for the largest probability. */
export function difference(
  got: ColumnAnswers,
  expected: ColumnAnswers,
  tolerance: number,
  threshold?: { readonly positive: number; readonly at: number },
): Difference {
  const a = (got.probabilities ?? got.prediction) as Float64Array;
  const b = (expected.probabilities ?? expected.prediction) as Float64Array;
  if (a.length !== b.length) throw new Error(`${a.length} answers against ${b.length}`);
  const rowCount = expected.prediction.length;
  const width = a.length / rowCount;
  let largest = 0;
  let row = -1;
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue;
    const scale = got.probabilities ? 1 : Math.max(1, Math.abs(b[i]!));
    const gap = Math.abs(a[i]! - b[i]!) / scale;
    if (!(gap <= largest)) {
      largest = Number.isNaN(gap) ? Infinity : gap;
      row = Math.floor(i / width);
    }
  }
  let labels = 0;
  if (expected.probabilities) {
    for (let i = 0; i < rowCount; i++) {
      if (got.prediction[i] === expected.prediction[i]) continue;
      const shares = [...b.subarray(i * width, (i + 1) * width)];
      const [first, second = 0] = [...shares].sort((x, y) => y - x);
      const margin = threshold ? Math.abs(shares[threshold.positive]! - threshold.at) : first! - second;
      if (margin > tolerance) labels++;
    }
  }
  return { largest, row, labels };
}
