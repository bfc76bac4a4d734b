/** The networks of `architectures/text.ts` by plain float64 loops: the oracle of their graphs. */
import { runBucket, type TextInput } from "../architectures/text.ts";
import type { Weights } from "../network.ts";

const at = (weights: Weights, path: string): Float32Array => weights[path]!.data as Float32Array;

/** One text's vector by `textBag`. @param codes - Of all its places. */
export function bagReference(
  weights: Weights,
  path: string,
  { length, count, longestRun = 2, runVectors }: TextInput,
  buckets: number,
  codes: ArrayLike<number>,
): Float64Array {
  const table = weights[`${path}.vectors.weight`]!;
  const size = table.shape[1]!;
  const sum = new Float64Array(size);
  let total = 0;
  const take = (row: number): void => {
    for (let j = 0; j < size; j++) sum[j]! += (table.data as Float32Array)[row * size + j]!;
    total++;
  };
  for (let i = 0; i < length; i++) if (codes[i]! > 0) take(codes[i]!);
  for (let n = 2; n <= Math.min(longestRun, length); n++) {
    for (let i = 0; i + n <= length; i++) {
      if (codes[i + n - 1] === 0) continue;
      const bucket = runBucket(codes, i, n, buckets);
      const vector = runVectors === undefined ? bucket + 1 : runVectors[bucket]!;
      if (vector > 0) take(count + vector - 1);
    }
  }
  return sum.map((v) => v / Math.sqrt(Math.max(1, total)));
}

/** One text's vector by `textCnn`. */
export function cnnReference(
  weights: Weights,
  path: string,
  { length }: TextInput,
  widths: readonly number[],
  codes: ArrayLike<number>,
): Float64Array {
  const table = weights[`${path}.vectors.weight`]!;
  const vectors = table.data as Float32Array;
  const size = table.shape[1]!;
  const largest: number[] = [];
  for (const width of widths) {
    const weight = at(weights, `${path}.width${width}.weight`);
    at(weights, `${path}.width${width}.bias`).forEach((bias, filter) => {
      let most = 0;
      for (let start = 1 - width; start < length; start++) {
        let answer = bias;
        for (let k = 0; k < width; k++) {
          const code = codes[start + k] ?? 0;
          if (code === 0) continue;
          for (let j = 0; j < size; j++)
            answer += weight[(filter * size + j) * width + k]! * vectors[code * size + j]!;
        }
        most = Math.max(most, answer);
      }
      largest.push(most);
    });
  }
  return Float64Array.from(largest);
}

/** x·Wᵀ + b by the layer at a path. */
export function denseReference(weights: Weights, path: string, x: Float64Array): Float64Array {
  const weight = at(weights, `${path}.weight`);
  return Float64Array.from(at(weights, `${path}.bias`), (bias, unit) => {
    let sum = bias;
    for (let j = 0; j < x.length; j++) sum += weight[unit * x.length + j]! * x[j]!;
    return sum;
  });
}
