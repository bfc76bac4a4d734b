/** The plain reference of the gradient kernels, in the textbook's form. */

/** Derivatives (g, h) by row, interleaved, of scores given class after class (one class for the single-output losses). */
export function gradientsReference(
  objective: "squared" | "logistic" | "softmax" | "poisson" | "gamma" | "tweedie" | "huber" | "quantile",
  scores: readonly Float64Array[],
  targets: Float64Array,
  weights?: Float64Array,
  parameter = 0,
): Float64Array[] {
  return scores.map((own, k) => {
    const pairs = new Float64Array(2 * own.length);
    own.forEach((score, i) => {
      const w = weights?.[i] ?? 1;
      let g = score - targets[i]!;
      let h = 1;
      if (objective === "logistic") {
        const p = 1 / (1 + Math.exp(-score));
        g = p - targets[i]!;
        h = p * (1 - p);
      } else if (objective === "softmax") {
        const p = 1 / scores.reduce((sum, other) => sum + Math.exp(other[i]! - score), 0);
        g = p - (targets[i] === k ? 1 : 0);
        h = (p * (1 - p) * scores.length) / (scores.length - 1);
      } else if (objective === "poisson") {
        g = Math.exp(score) - targets[i]!;
        h = Math.exp(score + 0.7);
      } else if (objective === "gamma") {
        g = 1 - targets[i]! / Math.exp(score);
        h = targets[i]! / Math.exp(score);
      } else if (objective === "tweedie") {
        const mean = Math.exp(score);
        g = (mean - targets[i]!) / mean ** (parameter - 1);
        h =
          (2 - parameter) * mean ** (2 - parameter) + (parameter - 1) * targets[i]! * mean ** (1 - parameter);
      } else if (objective === "huber") {
        if (Math.abs(g) > parameter) g = Math.sign(g) * parameter;
      } else if (objective === "quantile") {
        g = (score >= targets[i]! ? 1 : 0) - parameter;
      }
      pairs[2 * i] = w * g;
      pairs[2 * i + 1] = w * h;
    });
    return pairs;
  });
}
