/** The suite on families that break one law each: a law that cannot fail is none. Our families and the examples keep them elsewhere. */
import { expect, test } from "vitest";
import { nearestCentroid } from "../../examples/own/nearest-centroid.ts";
import type { Estimator, Fitted } from "../estimators/index.ts";
import { add, concat, mul } from "../graph/index.ts";
import { familyConformance, type FamilyLaw } from "./index.ts";

/** The family with its fit, or what it fitted, changed. */
function changed(change: (right: Fitted, fits: number) => Partial<Fitted>): () => Estimator {
  let fits = 0;
  return () => {
    const right = nearestCentroid();
    return {
      ...right,
      fit: async (...args) => {
        const fitted = await right.fit(...args);
        return { ...fitted, ...change(fitted, fits++) };
      },
    };
  };
}

const broken: Partial<Record<FamilyLaw, () => Estimator>> = {
  "the graph equals the reference": changed((right) => ({
    emit: (x) => {
      const p = right.emit(x);
      return mul(add(p, 1e-7), 1 / (1 + 1e-7 * Number(p.shape[1])));
    },
  })),
  "refit forgets": changed((right, fits) => ({ summary: { classes: 2, fits }, emit: (x) => right.emit(x) })),
  "weight 0 is as if the row were absent": () => ({
    ...nearestCentroid(),
    fit: ({ x, y }, context) => nearestCentroid().fit({ x, y }, context),
  }),
  "one class is an error": () => ({
    ...nearestCentroid(),
    fit: async ({ x, y }, context) => {
      if (y.kind === "regression") throw new TypeError("classes");
      const codes = y.codes.map((code, i) => (y.codes.every((other) => other === code) ? i % 2 : code));
      return await nearestCentroid().fit({ x, y: { ...y, codes } }, context);
    },
  }),
  "learns something": changed((right) => ({
    emit: (x) => {
      const p = right.emit(x);
      return p.shape[1] === 2 ? concat([mul(p, 0), mul(p, 0)], 1) : mul(p, 0);
    },
    reference: (m) => right.reference(m).map((_, i, all) => m.rowCount / all.length),
  })),
};

test.each(Object.entries(broken))("a family that breaks it is told: %s", async (law, make) => {
  const check = familyConformance(make).find(({ name }) => name === law)!;
  await expect(check.run()).rejects.toThrow(/./);
  const excused = familyConformance(make, { exceptions: { [law]: "it is broken" } });
  await excused.find(({ name }) => name === `not so: ${law}, because it is broken`)!.run();
});

test("an exception that is not needed is told", async () => {
  const law: FamilyLaw = "refit forgets";
  const checks = familyConformance(nearestCentroid, { exceptions: { [law]: "nothing" } });
  await expect(checks.find(({ name }) => name.startsWith("not so"))!.run()).rejects.toThrow(/kept after all/);
});
