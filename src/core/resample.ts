/**
 * Sound at another rate, by a band-limited filter: what the new rate cannot hold is removed, the rest stays.
 *
 * Each new sample is a weighted sum of the old ones around its moment. The weights are a sinc under a Kaiser window, 64
 * zero crossings to each side, the window's stopband at −90 dB, the cut-off at 0.955 of the lower rate's half: what lies
 * below 0.91 of it passes within 0.01 dB, what lies above it stays under −85 dB. Weights of a moment add up to one, so
 * that a constant stays itself. Sources: Smith 1984, "The digital audio resampling problem"; Kaiser 1974 for the window.
 */
import { MillwrightError } from "./errors.ts";

const crossings = 64;
const attenuation = 90;
const rollOff = 0.955;
/** Places of the table to one zero crossing; between them a straight line is off by at most 3e-8. */
const resolution = 4096;
/** Rates above this are a mistake. */
const maxRate = 1_000_000;
/** Rates further apart are a broken header, and would take memory without measure. */
export const maxResampleFactor = 256;
/** Weights kept for moments that come again, of one pair of rates (8 MB) and of all (32 MB). */
const maxKept = 1 << 20;
const maxKeptOfAll = 1 << 22;
const banks = new Map<string, Float64Array[]>();
let keptOfAll = 0;

/** Where weights of a pair of rates are kept, by the part of a sample that a moment lies behind one. */
function bankOf(up: number, down: number, width: number): Float64Array[] {
  const name = `${up}/${down}`;
  const known = banks.get(name);
  if (known !== undefined) return known;
  if (keptOfAll + up * width > maxKeptOfAll) {
    banks.clear();
    keptOfAll = 0;
  }
  keptOfAll += up * width;
  const bank: Float64Array[] = [];
  banks.set(name, bank);
  return bank;
}

/** Modified Bessel function of order zero, by its series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

let made: Float64Array | undefined;

/** The windowed sinc from its middle outwards. */
function table(): Float64Array {
  if (made !== undefined) return made;
  const beta = 0.1102 * (attenuation - 8.7);
  const whole = besselI0(beta);
  const length = crossings * resolution;
  made = new Float64Array(length + 2);
  for (let i = 0; i <= length; i++) {
    const t = i / resolution;
    const window = besselI0(beta * Math.sqrt(1 - (t / crossings) ** 2)) / whole;
    const x = Math.PI * rollOff * t;
    made[i] = (i === 0 ? 1 : Math.sin(x) / x) * window;
  }
  return made;
}

/**
 * Resamples one channel.
 *
 * @param samples - Shape [n].
 * @param from - Samples a second of what is given; a whole number.
 * @param to - Samples a second of what is wanted; a whole number.
 * @returns Shape [⌈n · to / from⌉]; the first sample stays where it is. Cost: samples × 130 × the larger rate / the new one.
 * @throws MillwrightError `PARAMETER_RANGE` for rates that are not whole numbers from 1 to 1,000,000, or differ by
 *   more than a factor of 256.
 */
export function resample(samples: Float32Array, from: number, to: number): Float32Array<ArrayBuffer> {
  for (const rate of [from, to]) {
    if (!Number.isInteger(rate) || rate < 1 || rate > maxRate) {
      throw new MillwrightError(
        "PARAMETER_RANGE",
        `resample was given the rates ${from} and ${to}, and takes whole numbers from 1 to ${maxRate}.`,
        "Give rates in samples a second.",
      );
    }
  }
  if (Math.max(from / to, to / from) > maxResampleFactor) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `resample was given the rates ${from} and ${to}, and takes rates that differ by a factor of at most ${maxResampleFactor}.`,
      "Check the rate in the file.",
    );
  }
  if (from === to) return Float32Array.from(samples);
  const divisor = greatestCommonDivisor(from, to);
  const [up, down] = [to / divisor, from / divisor];
  /** Zero crossings in an old sample. */
  const scale = Math.min(1, up / down);
  const reach = Math.floor(crossings / scale);
  const width = 2 * reach + 2;
  const kept = up * width <= maxKept ? bankOf(up, down, width) : undefined;
  const scratch = new Float64Array(width);
  const out = new Float32Array(Math.ceil((samples.length * up) / down));
  for (let n = 0; n < out.length; n++) {
    const phase = (n * down) % up;
    const middle = (n * down - phase) / up;
    let weights = kept?.[phase];
    if (weights === undefined) {
      weights = kept === undefined ? scratch : new Float64Array(width);
      fillWeights(weights, phase / up, reach, scale);
      if (kept !== undefined) kept[phase] = weights;
    }
    const start = Math.max(0, middle - reach);
    const end = Math.min(samples.length, middle + reach + 2);
    let sum = 0;
    for (let j = start, k = start - middle + reach; j < end; j++, k++) sum += weights[k]! * samples[j]!;
    out[n] = sum;
  }
  return out;
}

/** Weights of the old samples around a moment that lies `phase` of a sample behind the middle one. */
function fillWeights(weights: Float64Array, phase: number, reach: number, scale: number): void {
  const values = table();
  const last = crossings * resolution;
  let total = 0;
  for (let k = -reach; k <= reach + 1; k++) {
    const at = Math.abs(phase - k) * scale * resolution;
    const below = Math.floor(at);
    const value = at >= last + 1 ? 0 : values[below]! + (at - below) * (values[below + 1]! - values[below]!);
    weights[k + reach] = value;
    total += value;
  }
  for (let k = 0; k < weights.length; k++) weights[k]! /= total;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
