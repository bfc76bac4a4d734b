/** The network of a table by hand, one row at a time in float64: what the graph is held against. */
import type { Weights } from "../network.ts";
import { denseReference } from "../text/reference.ts";
import { codeReference, type Encoding } from "./encoding.ts";

export interface ReferenceOptions {
  readonly layers: number;
  readonly members: number;
  readonly waves: number;
  readonly embeddingSize: number;
}

/** Scores of bounded numbers [u], one member after the other. */
export function scoresReference(
  encoding: Encoding,
  weights: Weights,
  options: ReferenceOptions,
  z: Float64Array,
): Float64Array {
  const { layers, members } = options;
  const x = codedReference(encoding, weights, options, z);
  if (members === 1) {
    let h = x;
    for (let k = 0; k < layers; k++) {
      h = denseReference(weights, `net.layers.${k}.dense`, h).map((v) => Math.max(0, v));
    }
    return denseReference(weights, "net.head", h);
  }
  const scores: number[] = [];
  for (let m = 0; m < members; m++) {
    let h = x;
    for (let k = 0; k < layers; k++) {
      const at = (name: string): ArrayLike<number> => numbersAt(weights, `net.layers.${k}.shared.${name}`);
      const [weight, before, after, bias] = [at("weight"), at("before"), at("after"), at("bias")];
      const inputs = h.length;
      const units = weight.length / inputs;
      h = Float64Array.from({ length: units }, (_, unit) => {
        let sum = 0;
        for (let j = 0; j < inputs; j++) sum += weight[unit * inputs + j]! * before[m * inputs + j]! * h[j]!;
        return Math.max(0, sum * after[m * units + unit]! + bias[m * units + unit]!);
      });
    }
    scores.push(...placeReference(weights, "net.heads", m, h));
  }
  return Float64Array.from(scores);
}

/** Bounded numbers, and their codes beside them. */
function codedReference(
  encoding: Encoding,
  weights: Weights,
  { waves, embeddingSize }: ReferenceOptions,
  z: Float64Array,
): Float64Array {
  const { ramped, bins } = encoding;
  const code = codeReference(encoding, z).subarray(z.length);
  const frequency = waves > 0 && ramped.length > 0 ? numbersAt(weights, "code.embedding.code.frequency") : [];
  const parts = ramped.map((a, r) => {
    let own = code.subarray(r * bins, (r + 1) * bins);
    if (waves > 0) {
      const angles = Array.from({ length: waves }, (_, k) => 2 * Math.PI * frequency[r * waves + k]! * z[a]!);
      own = Float64Array.from([...angles.map(Math.sin), ...angles.map(Math.cos)]);
    }
    if (embeddingSize === 0 || own.length === 0) return own;
    return placeReference(weights, "code.embedding.each", r, own).map((v) => Math.max(0, v));
  });
  return Float64Array.from([...z, ...parts.flatMap((part) => [...part])]);
}

/** The dense layer of one place. */
function placeReference(weights: Weights, path: string, place: number, x: Float64Array): Float64Array {
  const weight = numbersAt(weights, `${path}.weight`);
  const bias = numbersAt(weights, `${path}.bias`);
  const units = weights[`${path}.bias`]!.shape[1]!;
  return Float64Array.from({ length: units }, (_, unit) => {
    let sum = bias[place * units + unit]!;
    for (let j = 0; j < x.length; j++) sum += weight[(place * x.length + j) * units + unit]! * x[j]!;
    return sum;
  });
}

const numbersAt = (weights: Weights, path: string): ArrayLike<number> => weights[path]!.data as Float32Array;
