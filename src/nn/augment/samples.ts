/** Changes of samples of sound, in place: rows [samples]. What makes an unseen microphone and speaker work. */
import { MillwrightError } from "../../core/index.ts";
import { requireCount } from "../layer.ts";
import type { Augment, RowData } from "../training/loader.ts";
import { draw, type Range, requireRange } from "./sequence.ts";

/** Moves the sound by up to `most` samples either way; silence comes in. */
export function shiftTime(most: number): Augment {
  requireCount("shiftTime", "most", most, 0);
  return (row, random) => {
    const samples = floats(row);
    const by = random.integer(2 * most + 1) - most;
    samples.copyWithin(Math.max(0, by), Math.max(0, -by), samples.length - Math.max(0, by));
    if (by > 0) samples.fill(0, 0, by);
    else samples.fill(0, Math.max(0, samples.length + by));
  };
}

/** Louder or softer by decibels drawn from the range. */
export function gain(decibels: Range): Augment {
  requireRange("gain", decibels, -Infinity);
  return (row, random) => {
    const samples = floats(row);
    const factor = 10 ** (draw(decibels, random) / 20);
    for (let i = 0; i < samples.length; i++) samples[i]! *= factor;
  };
}

/**
 * Adds white noise.
 *
 * @param ratio - Decibels of the sound's mean power over that of the noise. Silence stays as it is.
 */
export function addNoise(ratio: Range): Augment {
  requireRange("addNoise", ratio, -Infinity);
  return (row, random) => {
    const samples = floats(row);
    let power = 0;
    for (const sample of samples) power += sample * sample;
    const deviation = Math.sqrt(power / samples.length) * 10 ** (-draw(ratio, random) / 20);
    for (let i = 0; i < samples.length; i++) samples[i]! += deviation * random.normal();
  };
}

/**
 * Plays the row faster or slower about its middle, as a tape does: pitch and formants move with the speed.
 *
 * Samples between two are on the line between them; silence comes in behind the ends.
 *
 * @param factor - Above 1 is faster and higher.
 */
export function changeSpeed(factor: Range): Augment {
  requireRange("changeSpeed", factor, 0.01);
  return (row, random) => {
    const samples = floats(row);
    const before = samples.slice();
    const speed = draw(factor, random);
    const middle = (samples.length - 1) / 2;
    for (let i = 0; i < samples.length; i++) {
      const place = middle + (i - middle) * speed;
      const left = Math.floor(place);
      const share = place - left;
      samples[i] = (before[left] ?? 0) * (1 - share) + (before[left + 1] ?? 0) * share;
    }
  };
}

/** The loader's rows as floats: integer rows hold no sound that these changes know. */
export function floats(row: RowData["data"]): Float32Array | Float64Array {
  if (row instanceof Float32Array || row instanceof Float64Array) return row;
  throw new MillwrightError(
    "DTYPE_MISMATCH",
    `Changes of sound take rows of float32 or float64, and are given ${row.constructor.name}.`,
    "Divide whole-number samples by their largest value first.",
  );
}
