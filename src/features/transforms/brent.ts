/**
 * The minimum of a function of one number, by Brent's method: parabolas through the
 * three best points, golden sections where a parabola would not do.
 * Source: Brent 1973, "Algorithms for Minimization without Derivatives", chapter 5.
 */

const golden = (3 - Math.sqrt(5)) / 2;
const mostSteps = 200;

/**
 * @param low - Lower end of the interval.
 * @param high - Upper end; where the function falls to an end, the answer lies within the tolerance of it.
 * @param tolerance - Largest error of the answer relative to max(1, |answer|); noise of f sets a floor near 1e-8.
 * @returns A local minimum, the only one of a function with one valley.
 */
export function minimumBetween(
  f: (x: number) => number,
  low: number,
  high: number,
  tolerance: number,
): number {
  let [a, b] = [low, high];
  let x = a + golden * (b - a);
  let [w, v] = [x, x];
  let fx = f(x);
  let [fw, fv] = [fx, fx];
  let step = 0;
  let before = 0;
  for (let i = 0; i < mostSteps; i++) {
    const middle = (a + b) / 2;
    const least = tolerance * Math.max(1, Math.abs(x));
    if (Math.abs(x - middle) <= 2 * least - (b - a) / 2) break;
    let next = Number.NaN;
    if (Math.abs(before) > least) {
      const r = (x - w) * (fx - fv);
      const q = (x - v) * (fx - fw);
      const above = (x - v) * q - (x - w) * r;
      const below = 2 * (q - r);
      const parabolic = -above / below;
      const inside = x + parabolic > a && x + parabolic < b;
      if (below !== 0 && inside && Math.abs(parabolic) < Math.abs(before / 2)) next = parabolic;
    }
    if (Number.isNaN(next)) {
      before = x < middle ? b - x : a - x;
      next = golden * before;
    } else {
      before = step;
      const u = x + next;
      if (u - a < 2 * least || b - u < 2 * least) next = x < middle ? least : -least;
    }
    step = next;
    const u = x + (Math.abs(step) >= least ? step : step > 0 ? least : -least);
    const fu = f(u);
    if (fu <= fx) {
      if (u < x) b = x;
      else a = x;
      [v, fv, w, fw, x, fx] = [w, fw, x, fx, u, fu];
    } else {
      if (u < x) a = u;
      else b = u;
      if (fu <= fw || w === x) [v, fv, w, fw] = [w, fw, u, fu];
      else if (fu <= fv || v === x || v === w) [v, fv] = [u, fu];
    }
  }
  return x;
}
