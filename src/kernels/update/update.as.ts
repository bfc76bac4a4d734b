// An optimiser's step over one parameter in a single pass, in place, four floats at a time.
//
// Each operation is rounded to float32 in the order of the optimiser's graph, so that both give the same bits.
// A graph reads and writes every array once a node: ten passes for Adam, where this is one. Compiled apart from the
// other kernels, on a memory that is not shared: ONNX Runtime refuses shared ones, and it reads the parameters and
// writes the gradients right here. Counts are multiples of four; the room behind an array is the caller's.

// @ts-ignore: decorator
@inline
function penalised(gradient: v128, parameter: v128, decay: f32): v128 {
  return decay == 0 ? gradient : f32x4.add(gradient, f32x4.mul(parameter, f32x4.splat(decay)));
}

/**
 * Adam and AdamW, their moments kept as sums (see `adam` in nn/optimisers.ts).
 *
 * @param scale - Rate times the bias correction.
 * @param decay - Penalty on the squared weights; 0 for none.
 * @param kept - What is kept of the parameter: 1, or 1 − rate · decay of AdamW.
 */
export function adamStep(
  parameter: usize, gradient: usize, first: usize, second: usize, count: u32,
  beta1: f32, beta2: f32, scale: f32, epsilon: f32, decay: f32, kept: f32,
): void {
  const end = <usize>count << 2;
  const b1 = f32x4.splat(beta1), b2 = f32x4.splat(beta2);
  const s = f32x4.splat(scale), e = f32x4.splat(epsilon), k = f32x4.splat(kept);
  for (let i: usize = 0; i < end; i += 16) {
    const p = v128.load(parameter + i);
    const g = penalised(v128.load(gradient + i), p, decay);
    const m = f32x4.add(f32x4.mul(v128.load(first + i), b1), g);
    const v = f32x4.add(f32x4.mul(v128.load(second + i), b2), f32x4.mul(g, g));
    v128.store(first + i, m);
    v128.store(second + i, v);
    const change = f32x4.div(f32x4.mul(m, s), f32x4.add(f32x4.sqrt(v), e));
    v128.store(parameter + i, f32x4.sub(f32x4.mul(p, k), change));
  }
}

/**
 * Stochastic gradient descent with momentum.
 *
 * @param nesterov - 1 to look ahead along the direction, else 0.
 */
export function momentumStep(
  parameter: usize, gradient: usize, velocity: usize, count: u32,
  momentum: f32, rate: f32, decay: f32, nesterov: u32,
): void {
  const end = <usize>count << 2;
  const m = f32x4.splat(momentum), r = f32x4.splat(rate);
  for (let i: usize = 0; i < end; i += 16) {
    const p = v128.load(parameter + i);
    const g = penalised(v128.load(gradient + i), p, decay);
    const v = f32x4.add(f32x4.mul(v128.load(velocity + i), m), g);
    v128.store(velocity + i, v);
    const direction = nesterov ? f32x4.add(g, f32x4.mul(v, m)) : v;
    v128.store(parameter + i, f32x4.sub(p, f32x4.mul(direction, r)));
  }
}

/** Adds one array to another. */
export function addArray(to: usize, from: usize, count: u32): void {
  const end = <usize>count << 2;
  for (let i: usize = 0; i < end; i += 16) {
    v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)));
  }
}

/** Multiplies an array by a number. */
export function scaleArray(array: usize, factor: f32, count: u32): void {
  const end = <usize>count << 2;
  const f = f32x4.splat(factor);
  for (let i: usize = 0; i < end; i += 16) v128.store(array + i, f32x4.mul(v128.load(array + i), f));
}

/** The sum of squares, in float64. */
export function squareSum(array: usize, count: u32): f64 {
  const end = <usize>count << 2;
  let sum: v128 = f64x2.splat(0);
  for (let i: usize = 0; i < end; i += 8) {
    const pair = f64x2.promote_low_f32x4(v128.load64_zero(array + i));
    sum = f64x2.add(sum, f64x2.mul(pair, pair));
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}
