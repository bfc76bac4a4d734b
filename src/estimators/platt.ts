/**
 * Platt scaling: the sigmoid σ(slope · z + shift) that turns a score into a probability.
 *
 * Newton's method with step halving on the cross-entropy against softened targets, (N₊+1)/(N₊+2) and
 * 1/(N₋+2), which keeps separable rows from an endless slope. Source: Platt 1999; Lin, Lin & Weng 2007,
 * Machine Learning 68:267–276.
 */

const MAX_STEPS = 100;

/**
 * @param z - Score a row. Shape [n].
 * @param hit - 1 where the row is of the class. Shape [n].
 * @param weight - Above 0. Shape [n].
 */
export function plattScale(
  z: Float64Array,
  hit: Uint8Array,
  weight: Float64Array,
): { readonly slope: number; readonly shift: number } {
  let positives = 0;
  let total = 0;
  for (let i = 0; i < z.length; i++) {
    total += weight[i]!;
    positives += weight[i]! * hit[i]!;
  }
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (total - positives + 2);
  const target = Float64Array.from(hit, (h) => (h === 1 ? high : low));
  let slope = 1;
  let shift = 0;
  let loss = crossEntropy(z, target, weight, slope, shift);
  for (let step = 0; step < MAX_STEPS; step++) {
    // Gradient and Hessian; the ridge keeps equal scores from a singular system.
    let gSlope = 0;
    let gShift = 0;
    let hSlope = 1e-12 * total;
    let hShift = 1e-12 * total;
    let hBoth = 0;
    for (let i = 0; i < z.length; i++) {
      const q = 1 / (1 + Math.exp(-(slope * z[i]! + shift)));
      const residual = weight[i]! * (q - target[i]!);
      const curve = weight[i]! * q * (1 - q);
      gSlope += residual * z[i]!;
      gShift += residual;
      hSlope += curve * z[i]! * z[i]!;
      hBoth += curve * z[i]!;
      hShift += curve;
    }
    if (Math.abs(gSlope) + Math.abs(gShift) < 1e-10 * total) break;
    const determinant = hSlope * hShift - hBoth * hBoth;
    const stepSlope = -(hShift * gSlope - hBoth * gShift) / determinant;
    const stepShift = -(hSlope * gShift - hBoth * gSlope) / determinant;
    let size = 1;
    let next = crossEntropy(z, target, weight, slope + stepSlope, shift + stepShift);
    while (!(next <= loss) && size > 1e-10) {
      size /= 2;
      next = crossEntropy(z, target, weight, slope + size * stepSlope, shift + size * stepShift);
    }
    if (!(next <= loss)) break;
    slope += size * stepSlope;
    shift += size * stepShift;
    loss = next;
  }
  return { slope, shift };
}

/** −Σ w (t ln q + (1 − t) ln(1 − q)) with q = σ(slope·z + shift), without overflow. */
function crossEntropy(
  z: Float64Array,
  target: Float64Array,
  weight: Float64Array,
  slope: number,
  shift: number,
): number {
  let sum = 0;
  for (let i = 0; i < z.length; i++) {
    const f = slope * z[i]! + shift;
    sum += weight[i]! * (Math.max(f, 0) - target[i]! * f + Math.log1p(Math.exp(-Math.abs(f))));
  }
  return sum;
}
