/**
 * The exponent that makes a column most like a normal one: the λ of greatest
 * likelihood, by Brent's method around the best of a few starting points.
 *
 * λ is held where float64 keeps the values apart: no transformed value overflows,
 * and none lies so close to its limit −1/λ that most digits are lost. Values far from 0
 * for their spread, such as years, can ask for more than that.
 * Sources: Box & Cox 1964, J. R. Stat. Soc. B 26(2); Yeo & Johnson 2000, Biometrika 87(4).
 */
import { minimumBetween } from "./brent.ts";

/** Logarithms of a column as its transformation takes them: (e^{m·L} − 1) / m, with its sign, where m is λ or 2 − λ. */
export interface PowerPoints {
  /** Distinct. */
  readonly logs: Float64Array;
  /** Whether the exponent is 2 − λ and the sign is −. */
  readonly mirrored: Uint8Array;
  /** Rows that hold each. */
  readonly counts: Float64Array;
}

/** Largest e-logarithm of a transformed value. */
const largestLog = 700;
/** Smallest e-logarithm of a difference to a limit, about eps^0.45. */
const smallestLog = -16;
const tolerance = 1e-9;

/** (e^{m·L} − 1) / m, which is L where m is 0. */
export function powerOf(log: number, m: number): number {
  return m === 0 ? log : Math.expm1(m * log) / m;
}

/** @returns 1 where there are fewer than two distinct values, or no exponent keeps them all in float64. */
export function powerLambda(points: PowerPoints): number {
  const [low, high] = exponents(points);
  if (points.logs.length < 2 || low >= high) return 1;
  const cost = (lambda: number): number => negativeLogLikelihood(points, lambda);
  const within = (lambda: number): number => Math.min(high, Math.max(low, lambda));
  const starts = [...new Set([-2, -1, 0, 1, 2].map(within))];
  const costs = starts.map(cost);
  const best = costs.indexOf(Math.min(...costs));
  let [a, b] = [starts[best - 1] ?? starts[best]!, starts[best + 1] ?? starts[best]!];
  // The valley lies beyond the first or the last of them: go on in growing strides while it falls.
  for (const side of [-1, 1]) {
    if (best !== (side < 0 ? 0 : starts.length - 1)) continue;
    let [at, value] = [starts[best]!, costs[best]!];
    for (let stride = 2; ; stride *= 2) {
      const next = within(at + side * stride);
      if (side < 0) a = next;
      else b = next;
      if (next === at) break;
      const there = cost(next);
      if (there >= value) break;
      if (side < 0) b = at;
      else a = at;
      [at, value] = [next, there];
    }
  }
  return a < b ? minimumBetween(cost, a, b, tolerance) : a;
}

/** The exponents that float64 bears. */
function exponents({ logs, mirrored }: PowerPoints): [low: number, high: number] {
  let low = -Infinity;
  let high = Infinity;
  for (const side of [0, 1]) {
    let [least, most] = [Infinity, -Infinity];
    for (let i = 0; i < logs.length; i++) {
      if (mirrored[i] !== side) continue;
      least = Math.min(least, logs[i]!);
      most = Math.max(most, logs[i]!);
    }
    if (least > most) continue;
    // m·L ≤ 700 for all L; and where all L have one sign, m·L of the one nearest to 0 is not below −16.
    const floor = Math.max(
      least < 0 ? largestLog / least : -Infinity,
      least > 0 ? smallestLog / least : -Infinity,
    );
    const ceiling = Math.min(
      most > 0 ? largestLog / most : Infinity,
      most < 0 ? smallestLog / most : Infinity,
    );
    low = Math.max(low, side === 0 ? floor : 2 - ceiling);
    high = Math.min(high, side === 0 ? ceiling : 2 - floor);
  }
  return [low, high];
}

/** A row's share of it, up to a constant: ½ ln variance − (λ − 1)·mean of the signed logarithms. */
function negativeLogLikelihood({ logs, mirrored, counts }: PowerPoints, lambda: number): number {
  const values = new Float64Array(logs.length);
  let largest = 0;
  let total = 0;
  let slope = 0;
  for (let i = 0; i < logs.length; i++) {
    const mirror = mirrored[i] === 1;
    const size = powerOf(logs[i]!, mirror ? 2 - lambda : lambda);
    values[i] = mirror ? -size : size;
    largest = Math.max(largest, Math.abs(size));
    total += counts[i]!;
    slope += counts[i]! * (mirror ? -logs[i]! : logs[i]!);
  }
  // In units of the largest, so that squares neither overflow nor vanish.
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += (counts[i]! * (values[i]! / largest)) / total;
  let variance = 0;
  for (let i = 0; i < values.length; i++)
    variance += (counts[i]! * (values[i]! / largest - mean) ** 2) / total;
  if (!(variance > 0)) return Infinity;
  return Math.log(largest) + Math.log(variance) / 2 - ((lambda - 1) * slope) / total;
}
