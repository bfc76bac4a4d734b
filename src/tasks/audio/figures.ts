/**
 * A few plain figures of each sound, for the forest that a network is held against.
 *
 * They are made by graph nodes, in training and in a file: 13 mel-frequency cepstral coefficients (the cosine transform
 * of the decibels over the bands; Davis & Mermelstein 1980), their mean, spread and spread of change over the frames,
 * and their means in five parts of the sound.
 */
import * as ops from "../../graph/index.ts";
import type { Value } from "../../graph/index.ts";
import { decibelsOf, framesOf, frontOf, type SoundSize } from "./nets.ts";

const coefficients = 13;
const parts = 5;

/** The figures of each sound, float64 [batch, figures]. */
export function soundFigures(sound: Value, size: SoundSize): Value {
  const frames = framesOf(size);
  const { mels } = frontOf(size);
  const cosines = Float32Array.from({ length: coefficients * mels }, (_, i) => {
    const [k, band] = [Math.floor(i / mels), i % mels];
    return Math.sqrt(2 / mels) * Math.cos((Math.PI * k * (band + 0.5)) / mels);
  });
  const transform = ops.constant({ dtype: "float32", shape: [coefficients, mels], data: cosines });
  const cepstrum = ops.matMul(transform, decibelsOf(sound, size));
  const mean = (x: Value): Value => ops.reduceMean(x, { axes: [2] });
  const spread = (x: Value): Value => {
    const off = ops.sub(x, ops.reduceMean(x, { axes: [2], keepDims: true }));
    return ops.sqrt(mean(ops.mul(off, off)));
  };
  const stretch = (from: number, to: number): Value => ops.slice(cepstrum, [from], [to], [2]);
  const change = ops.sub(stretch(1, frames), stretch(0, frames - 1));
  const means = Array.from({ length: parts }, (_, i) =>
    mean(stretch(Math.floor((i * frames) / parts), Math.floor(((i + 1) * frames) / parts))),
  );
  const all = ops.concat([mean(cepstrum), spread(cepstrum), spread(change), ...means], 1);
  return ops.cast(all, "float64");
}
