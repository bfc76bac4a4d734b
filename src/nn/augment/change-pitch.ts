/**
 * The pitch of sounds moved without their length: made longer or shorter by overlapping windows (WSOLA), then resampled
 * back. Each window is taken from where it continues the one before best, so that waves are not cut. Source: Verhelst &
 * Roelands 1993, "An overlap-add technique based on waveform similarity".
 */
import { resample } from "../../core/index.ts";
import { ofLength } from "./sound-steps.ts";
import { defineStep, probability, uniform } from "./step.ts";

/** Samples of a window, of which the half overlaps: 32 ms at 16,000 a second. */
const windowLength = 512;
const hop = windowLength / 2;
/** How far from its place a window may be taken. */
const search = 128;

/** The sound longer (factor above 1) or shorter at the same pitch. Shape [⌈n · factor⌉]. */
export function stretched(sound: Float32Array, factor: number): Float32Array {
  const length = Math.ceil(sound.length * factor);
  const out = new Float32Array(length);
  if (sound.length < windowLength + search) {
    // Too short to find waves in: nearest samples, which a listener could not tell apart either.
    for (let i = 0; i < length; i++) out[i] = sound[Math.min(sound.length - 1, Math.floor(i / factor))]!;
    return out;
  }
  const last = sound.length - windowLength;
  let previous = 0;
  for (let start = 0; start < length; start += hop) {
    const wanted = Math.min(last, Math.round(start / factor));
    const from = start === 0 ? 0 : bestPlace(sound, Math.min(last, previous + hop), wanted, last);
    for (let i = 0; i < windowLength && start + i < length; i++) {
      // Two halves of a Hann window add up to one; the first window has no half before it.
      const weight = start === 0 && i < hop ? 1 : 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / windowLength);
      out[start + i]! += weight * sound[from + i]!;
    }
    previous = from;
  }
  return out;
}

/** The place near the wanted one whose first half is most like what would come next. */
function bestPlace(sound: Float32Array, next: number, wanted: number, last: number): number {
  let [best, most] = [wanted, Number.NEGATIVE_INFINITY];
  for (let place = Math.max(0, wanted - search); place <= Math.min(last, wanted + search); place++) {
    let [product, energy] = [0, 1e-12];
    for (let i = 0; i < hop; i += 2) {
      product += sound[place + i]! * sound[next + i]!;
      energy += sound[place + i]! ** 2;
    }
    const likeness = product / Math.sqrt(energy);
    if (likeness > most) [best, most] = [place, likeness];
  }
  return best;
}

/** The sound at another pitch, as long as before. @param semitones - Twelve are an octave. */
export function atPitch(sound: Float32Array, semitones: number): Float32Array {
  const up = Math.max(1, Math.round(100 * 2 ** (semitones / 12)));
  return ofLength(resample(stretched(sound, up / 100), up, 100), sound.length);
}

/** Moves the pitch of sounds up or down. */
export const changePitch = defineStep({
  kind: "changePitch",
  medium: "sound",
  parameters: {
    semitones: { type: "number", default: 2, min: 0, max: 12, meaning: "greatest change to either side" },
    probability: probability(0.5),
  },
  apply(sample, { semitones, probability: share }, random) {
    if (random.next() >= share || sample.data.length === 0) return sample;
    const by = uniform(random, -semitones, semitones);
    return { data: atPitch(sample.data as Float32Array, by), shape: sample.shape };
  },
});
