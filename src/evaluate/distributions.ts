/**
 * The normal and Student's t distribution: chances and quantiles.
 *
 * The normal through the incomplete gamma function (series and continued
 * fraction), t through the incomplete beta function (continued fraction), quantiles
 * by halving: they are needed a few times a report. Source: Press et al., Numerical
 * Recipes, sections 6.2 and 6.4; Lanczos 1964 for ln Γ.
 */

/** Chance that a standard normal is at most `z`. */
export function normalCdf(z: number): number {
  const x = (z * z) / 2;
  const half = 0.5 * lowerGammaHalf(x);
  if (x < 1.5) return z < 0 ? 0.5 - half : 0.5 + half;
  const tail = 0.5 * upperGammaHalf(x);
  return z < 0 ? tail : 1 - tail;
}

/** Chance that a standard normal is further from 0 than `z`, on either side: the two-sided p-value. */
export function normalTwoSided(z: number): number {
  const x = (z * z) / 2;
  return x < 1.5 ? 1 - lowerGammaHalf(x) : upperGammaHalf(x);
}

/** Regularised lower incomplete gamma function P(1/2, x), by its series; for x below 1.5. */
function lowerGammaHalf(x: number): number {
  if (x >= 1.5) return 1 - upperGammaHalf(x);
  let term = 2;
  let sum = 2;
  for (let k = 1.5; term > sum * 1e-17; k++) {
    term *= x / k;
    sum += term;
  }
  return sum * Math.sqrt(x / Math.PI) * Math.exp(-x);
}

/** Its complement Q(1/2, x), by Lentz's continued fraction; for x of at least 1.5. */
function upperGammaHalf(x: number): number {
  if (x > 745) return 0;
  let b = x + 0.5;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < 500; i++) {
    const a = -i * (i - 0.5);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return Math.exp(-x) * Math.sqrt(x / Math.PI) * h;
}

/** The x of at least 0 at which a falling chance comes down to `chance`, by halving. */
function exceededWith(falling: (x: number) => number, chance: number): number {
  let low = 0;
  let high = 1;
  while (falling(high) > chance) high *= 2;
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (falling(middle) > chance) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Chance that Student's t is further from 0 than `t`, on either side.
 *
 * @param degrees - Degrees of freedom, positive.
 */
export function studentTwoSided(t: number, degrees: number): number {
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/**
 * The t that is exceeded in absolute value with the chance `1 − confidence`: 2.776 for 0.95 and 4 degrees.
 *
 * @param degrees - Degrees of freedom, positive.
 */
export function studentQuantile(confidence: number, degrees: number): number {
  return exceededWith((t) => studentTwoSided(t, degrees), 1 - confidence);
}

/** Regularised incomplete beta function Iₓ(a, b). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const guarded = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / guarded(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m < 1000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guarded(1 + even * d);
    c = guarded(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guarded(1 + odd * d);
    c = guarded(1 + odd / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return h;
}

/** ln Γ(x) for positive x, by Lanczos' approximation (g = 7, 9 terms). */
function logGamma(x: number): number {
  const terms = [
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
    -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ];
  const z = x - 1;
  let sum = 0.9999999999998099;
  for (let i = 0; i < terms.length; i++) sum += terms[i]! / (z + i + 1);
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}
