/** Transforms that map each feature by itself: one set of learned numbers a feature. */
import type { Feature } from "../matrix.ts";
import type { FittedTransform } from "../step.ts";

/**
 * @param learned - What was learned of each feature.
 * @param build - The map of some features, made of what was learned of them.
 */
export function eachFeature<L>(
  features: readonly Feature[],
  learned: readonly L[],
  build: (learned: readonly L[]) => Pick<FittedTransform, "emit" | "reference">,
): FittedTransform {
  return {
    features,
    ...build(learned),
    narrow: (places) => ({
      inputs: places,
      transform: eachFeature(
        places.map((j) => features[j]!),
        places.map((j) => learned[j]!),
        build,
      ),
    }),
  };
}
