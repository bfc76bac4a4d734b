/**
 * Sounds shifted, louder or softer, with noise, and faster or slower: what makes an unseen microphone and speaker work.
 * Speed is band-limited, so that what a faster sound cannot hold does not come back as other tones.
 */
import { resample } from "../../core/index.ts";
import { defineStep, probability, uniform } from "./step.ts";

/** Moves sounds to either side; silence comes in. */
export const shiftTime = defineStep({
  kind: "shiftTime",
  medium: "sound",
  parameters: {
    share: {
      type: "number",
      default: 0.1,
      min: 0,
      max: 1,
      meaning: "greatest shift as a share of the length",
    },
  },
  apply(sample, { share }, random) {
    const data = sample.data.slice();
    const most = Math.floor(share * data.length);
    const by = random.integer(2 * most + 1) - most;
    data.copyWithin(Math.max(0, by), Math.max(0, -by), data.length - Math.max(0, by));
    if (by > 0) data.fill(0, 0, by);
    else data.fill(0, Math.max(0, data.length + by));
    return { data, shape: sample.shape };
  },
});

/** Makes sounds louder or softer; floats may leave [−1, 1]. */
export const gain = defineStep({
  kind: "gain",
  medium: "sound",
  parameters: {
    decibels: { type: "number", default: 6, min: 0, max: 60, meaning: "greatest change to either side" },
  },
  apply(sample, { decibels }, random) {
    const data = sample.data.slice();
    const factor = 10 ** (uniform(random, -decibels, decibels) / 20);
    for (let i = 0; i < data.length; i++) data[i]! *= factor;
    return { data, shape: sample.shape };
  },
});

/** Adds white noise at a ratio drawn in decibels. Silence stays as it is. */
export const addNoise = defineStep({
  kind: "addNoise",
  medium: "sound",
  parameters: {
    minSnr: {
      type: "number",
      default: 10,
      min: -30,
      max: 120,
      meaning: "least ratio of sound to noise in decibels",
    },
    maxSnr: {
      type: "number",
      default: 40,
      min: -30,
      max: 120,
      meaning: "greatest ratio of sound to noise in decibels",
    },
    probability: probability(0.5),
  },
  ordered: [["minSnr", "maxSnr"]],
  apply(sample, { minSnr, maxSnr, probability: share }, random) {
    if (random.next() >= share) return sample;
    const data = sample.data.slice();
    let power = 0;
    for (const value of data) power += value * value;
    const deviation = Math.sqrt(power / data.length) * 10 ** (-uniform(random, minSnr, maxSnr) / 20);
    for (let i = 0; i < data.length; i++) data[i]! += deviation * random.normal();
    return { data, shape: sample.shape };
  },
});

/** Speeds are hundredths, so that the filters that change them can be kept. */
const hundred = 100;

/** Plays sounds faster or slower, which moves their pitch too. */
export const changeSpeed = defineStep({
  kind: "changeSpeed",
  medium: "sound",
  parameters: {
    min: { type: "number", default: 0.9, min: 0.25, max: 4, meaning: "least speed, in steps of 0.01" },
    max: { type: "number", default: 1.1, min: 0.25, max: 4, meaning: "greatest speed, in steps of 0.01" },
    keepLength: {
      type: "boolean",
      default: true,
      meaning: "cut the end off, or add silence, to the length before",
    },
  },
  ordered: [["min", "max"]],
  apply({ data, shape }, { min, max, keepLength }, random) {
    const [slowest, fastest] = [Math.round(min * hundred), Math.round(max * hundred)];
    const faster = resample(data as Float32Array, slowest + random.integer(fastest - slowest + 1), hundred);
    return keepLength
      ? { data: ofLength(faster, data.length), shape }
      : { data: faster, shape: [faster.length] };
  },
});

/** The first samples, with silence behind them where there are too few. */
export function ofLength(data: Float32Array, length: number): Float32Array {
  const out = new Float32Array(length);
  out.set(data.subarray(0, length));
  return out;
}
