// First and second derivatives of the loss by row, then their quantisation to integers.
// Derivatives lie as pairs of floats (g, h) of 8 bytes a row; quantising turns each pair, in place, into one
// 64-bit integer: g in the high half (signed), h in the low half (unsigned).

/** Rows of one partial sum: fixed, so that sums do not depend on the number of threads. */
const CHUNK: u32 = 4096;

// @ts-ignore: decorator
@inline
function put(out: usize, row: u32, g: f64, h: f64): void {
  store<f32>(out + (<usize>row << 3), <f32>g);
  store<f32>(out + (<usize>row << 3), <f32>h, 4);
}

// @ts-ignore: decorator
@inline
function read(array: usize, row: u32): f64 {
  return load<f64>(array + (<usize>row << 3));
}

/** Half the squared error: g = w (score − y), h = w. `weights` 0 means all 1. */
export function squaredGradients(
  scores: usize, targets: usize, weights: usize, out: usize, begin: u32, end: u32,
): void {
  for (let i = begin; i < end; i++) {
    const w = weights == 0 ? 1.0 : read(weights, i);
    put(out, i, w * (read(scores, i) - read(targets, i)), w);
  }
}

/** Log loss of a logit: g = w (p − y), h = w p (1 − p). */
export function logisticGradients(
  scores: usize, targets: usize, weights: usize, out: usize, begin: u32, end: u32,
): void {
  for (let i = begin; i < end; i++) {
    const w = weights == 0 ? 1.0 : read(weights, i);
    const p = 1 / (1 + Math.exp(-read(scores, i)));
    put(out, i, w * (p - read(targets, i)), w * p * (1 - p));
  }
}

/**
 * Log loss of class logits, all classes at once: g = w (p − [y = class]), h = w p (1 − p) K / (K − 1).
 *
 * @param scores - f64, class after class, `stride` rows each.
 * @param targets - f64 class code by row.
 * @param out - Pairs, class after class, `stride` rows each.
 */
export function softmaxGradients(
  scores: usize, targets: usize, weights: usize, out: usize, begin: u32, end: u32, classes: u32, stride: u32,
): void {
  const factor = <f64>classes / <f64>(classes - 1);
  const step = <usize>stride << 3;
  for (let i = begin; i < end; i++) {
    const w = weights == 0 ? 1.0 : read(weights, i);
    const y = <u32>read(targets, i);
    let highest = -Infinity;
    for (let k: usize = 0; k < <usize>classes; k++) highest = max(highest, read(scores + k * step, i));
    let sum = 0.0;
    for (let k: usize = 0; k < <usize>classes; k++) sum += Math.exp(read(scores + k * step, i) - highest);
    for (let k: usize = 0; k < <usize>classes; k++) {
      const p = Math.exp(read(scores + k * step, i) - highest) / sum;
      put(out + k * step, i, w * (p - (<u32>k == y ? 1.0 : 0.0)), w * factor * p * (1 - p));
    }
  }
}

/** Poisson deviance of a logarithm: g = w (e^s − y), h = w e^(s + 0.7), which holds steps back where counts are high. */
export function poissonGradients(
  scores: usize, targets: usize, weights: usize, out: usize, begin: u32, end: u32,
): void {
  for (let i = begin; i < end; i++) {
    const w = weights == 0 ? 1.0 : read(weights, i);
    const mean = Math.exp(read(scores, i));
    put(out, i, w * (mean - read(targets, i)), w * mean * 2.0137527074704766);
  }
}

/** Gamma deviance of a logarithm: g = w (1 − y e^−s), h = w y e^−s. */
export function gammaGradients(
  scores: usize, targets: usize, weights: usize, out: usize, begin: u32, end: u32,
): void {
  for (let i = begin; i < end; i++) {
    const w = weights == 0 ? 1.0 : read(weights, i);
    const ratio = read(targets, i) * Math.exp(-read(scores, i));
    put(out, i, w * (1 - ratio), w * ratio);
  }
}

/**
 * Tweedie deviance of a logarithm: g = w (e^((2 − p) s) − y e^((1 − p) s)), h its derivative.
 *
 * @param power - p, between 1 and 2.
 */
export function tweedieGradients(
  scores: usize, targets: usize, weights: usize, out: usize, begin: u32, end: u32, power: f64,
): void {
  for (let i = begin; i < end; i++) {
    const w = weights == 0 ? 1.0 : read(weights, i);
    const s = read(scores, i);
    const low = read(targets, i) * Math.exp((1 - power) * s);
    const high = Math.exp((2 - power) * s);
    put(out, i, w * (high - low), w * ((2 - power) * high + (power - 1) * low));
  }
}

/**
 * Huber's loss: g = w (score − y), held within ± delta; h = w.
 *
 * @param delta - Errors beyond it count by their size.
 */
export function huberGradients(
  scores: usize, targets: usize, weights: usize, out: usize, begin: u32, end: u32, delta: f64,
): void {
  for (let i = begin; i < end; i++) {
    const w = weights == 0 ? 1.0 : read(weights, i);
    put(out, i, w * max(-delta, min(delta, read(scores, i) - read(targets, i))), w);
  }
}

/**
 * Pinball loss: g = w (1 − level) where the score is not below the target, else −w level; h = w.
 *
 * @param level - Between 0 and 1.
 */
export function quantileGradients(
  scores: usize, targets: usize, weights: usize, out: usize, begin: u32, end: u32, level: f64,
): void {
  for (let i = begin; i < end; i++) {
    const w = weights == 0 ? 1.0 : read(weights, i);
    put(out, i, read(scores, i) >= read(targets, i) ? w * (1 - level) : -w * level, w);
  }
}

/**
 * Sums of |g| and h over whole chunks of 4096 rows.
 *
 * @param sums - f64 pairs, one a chunk.
 * @param begin - First row, a multiple of 4096.
 */
export function gradientSums(pairs: usize, begin: u32, end: u32, sums: usize): void {
  for (let chunk = begin; chunk < end; chunk += CHUNK) {
    let g = 0.0;
    let h = 0.0;
    const last = min(end, chunk + CHUNK);
    for (let i = chunk; i < last; i++) {
      g += <f64>abs(load<f32>(pairs + (<usize>i << 3)));
      h += <f64>load<f32>(pairs + (<usize>i << 3), 4);
    }
    const at = sums + ((<usize>chunk / CHUNK) << 4);
    store<f64>(at, g);
    store<f64>(at, h, 8);
  }
}

/** Turns float pairs into packed integers, in place: (round(g × gScale) << 32) + round(h × hScale). */
export function quantise(pairs: usize, begin: u32, end: u32, gScale: f64, hScale: f64): void {
  for (let i = begin; i < end; i++) {
    const at = pairs + (<usize>i << 3);
    const g = <i64>nearest(<f64>load<f32>(at) * gScale);
    const h = <i64>nearest(<f64>load<f32>(at, 4) * hScale);
    store<i64>(at, (g << 32) + h);
  }
}
