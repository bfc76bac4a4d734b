/** The suite on steps that break one law each; our steps and the examples keep them elsewhere. */
import { expect, test } from "vitest";
import { logRatio } from "../../examples/own/log-ratio.ts";
import type { FittedTransform, Transform } from "../features/index.ts";
import { add, mul } from "../graph/index.ts";
import { stepConformance, type StepLaw } from "./index.ts";

const changed = (
  change: (right: FittedTransform, x: Parameters<Transform["fit"]>[0]) => Partial<FittedTransform>,
): Transform => ({
  ...logRatio(),
  fit: (x, context) => {
    const right = logRatio().fit(x, context);
    return { ...right, ...change(right, x) };
  },
});
const plus =
  (shift: number): ((right: FittedTransform) => Partial<FittedTransform>) =>
  (right) => ({
    emit: (x) => add(right.emit(x), shift),
    reference: (row) => [right.reference(row)[0]! + shift],
  });

const firstOf = (x: Parameters<Transform["fit"]>[0]): number => x.columns[0]!.find((n) => n > 0) ?? 0;

const broken: Partial<Record<StepLaw, Transform>> = {
  "the graph equals the reference": changed((right) => ({ emit: (x) => mul(right.emit(x), 1 + 1e-9) })),
  "features have names of their own and sources among the columns": changed(({ features }) => ({
    features: features.map((feature) => ({ ...feature, sources: ["elsewhere"] })),
  })),
  "the order of rows changes nothing": changed((right, x) => plus(firstOf(x))(right)),
  "same seed, same file; refit forgets": (() => {
    let fits = 0;
    return changed((right) => plus(fits++)(right));
  })(),
  "no value of fewer than 5 rows is in the file": changed((right, x) => plus(firstOf(x))(right)),
};

test.each(Object.entries(broken))("a step that breaks it is told: %s", async (law, step) => {
  const check = stepConformance(step, { columnCount: 2 }).find(({ name }) => name === law)!;
  await expect(check.run()).rejects.toThrow(/./);
});
