/** Sounds of one length: the stretch around the centre of the energy, with silence beyond the ends. */
import { MillwrightError } from "../../core/index.ts";
import { decodeFile } from "./decode-file.ts";
import type { Decoded } from "./media.ts";
import type { Sound } from "./wav.ts";

/**
 * The stretch of a sound that holds the centre of its energy in the middle.
 *
 * Silence before and behind moves nothing, so that what is heard stands at one place however it was cut.
 *
 * @param samples - Shape [any]. A silent sound's centre is its middle.
 * @param length - Samples wanted.
 * @returns Shape [length].
 */
export function fitSound(samples: Float32Array, length: number): Float32Array<ArrayBuffer> {
  let energy = 0;
  let moment = 0;
  for (let i = 0; i < samples.length; i++) {
    const power = samples[i]! ** 2;
    energy += power;
    moment += i * power;
  }
  const start = Math.round((energy > 0 ? moment / energy : samples.length / 2) - length / 2);
  const row = new Float32Array(length);
  const from = Math.max(0, start);
  const to = Math.min(samples.length, start + length);
  if (to > from) row.set(samples.subarray(from, to), from - start);
  return row;
}

/**
 * One WAV file as a model takes it: the mean of its channels, at a rate, of a length.
 *
 * @param source - A path, or the bytes of a file.
 * @returns Its samples, [length] where a length is given, or why there are none: a broken file is no exception.
 * @throws MillwrightError `PARAMETER_RANGE`.
 */
export async function decodeSound(
  source: string | Uint8Array,
  { rate, length }: { readonly rate?: number; readonly length?: number } = {},
): Promise<Decoded<Sound>> {
  for (const [name, value] of Object.entries({ rate, length })) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) continue;
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `decodeSound.${name} is ${value}, and needs a whole number from 1.`,
      name === "rate" ? "Give samples a second, as 16000." : "Give samples.",
    );
  }
  const sound = (await decodeFile({ kind: "audio", rate }, source)) as Decoded<Sound>;
  return !sound.ok || length === undefined ? sound : { ...sound, samples: fitSound(sound.samples, length) };
}
