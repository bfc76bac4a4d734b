import { expect, test } from "vitest";
import { normalQuantile } from "./normal-quantile.ts";

// Values of scipy.stats.norm.ppf (SciPy 1.17).
test.each([
  [0.5, 0],
  [0.75, 0.6744897501960817],
  [0.975, 1.959963984540054],
  [0.0005, -3.2905267314918945],
  [1e-12, -7.034483825301131],
])("normalQuantile(%f) = %f, to 1e-12", (p, z) => {
  expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(1e-12);
});
