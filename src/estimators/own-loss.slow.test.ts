/**
 * Losses of the user's own. The oracle is our own family by the same loss: boosting gives the same trees to the last
 * bit, linear models the same answers.
 */
import { describe, expect, test } from "vitest";
import { expectile } from "../../examples/own/expectile.ts";
import { createRandom } from "../core/index.ts";
import { familyConformance, lossConformance } from "../testing/index.ts";
import { table } from "../testing/family-data.ts";
import { type Estimator, type FitContext, type Loss, bestScore } from "./index.ts";
import { linearByLoss, logistic, poisson, ridge } from "./linear/index.ts";
import { boosting } from "./trees/index.ts";

const sigmoid = (s: number): number => 1 / (1 + Math.exp(-s));
const squared: Loss = {
  name: "squared",
  loss: (s, y) => (s - y) ** 2 / 2,
  gradient: (s, y) => s - y,
  hessian: () => 1,
};
const logLoss: Loss = {
  name: "log",
  answer: "probability",
  loss: (s, y) => Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))) - s * y,
  gradient: (s, y) => sigmoid(s) - y,
  hessian: (s) => sigmoid(s) * (1 - sigmoid(s)),
};
const counts: Loss = {
  name: "counts",
  answer: "exponential",
  loss: (s, y) => Math.exp(s) - y * s,
  gradient: (s, y) => Math.exp(s) - y,
  hessian: (s) => Math.exp(s),
};
/** Lin et al. 2017: rows that are told apart already count less. Its hessian is that of the log loss. */
const focal: Loss = {
  name: "focal",
  answer: "probability",
  loss: (s, y) => -((1 - right(s, y)) ** 2) * Math.log(right(s, y)),
  gradient: (s, y) => {
    const p = right(s, y);
    return (y === 1 ? 1 : -1) * (1 - p) ** 2 * (2 * p * Math.log(p) - (1 - p));
  },
  hessian: (s) => sigmoid(s) * (1 - sigmoid(s)),
};
const right = (s: number, y: number): number => sigmoid(y === 1 ? s : -s);

describe.each([
  ["squared", squared, {}],
  ["log loss", logLoss, {}],
  ["counts", counts, {}],
  ["expectile of the examples", expectile(0.8), {}],
  [
    "focal loss",
    focal,
    { exceptions: { "the hessian is the slope of the gradient": "it stands in for it" } },
  ],
] as const)("%s", (_, loss, options) => {
  for (const check of lossConformance(loss, options)) test(check.name, check.run);
});

test.each([
  ["the gradient is the slope of the loss", { gradient: (s: number, y: number) => y - s }],
  ["the hessian is the slope of the gradient", { hessian: () => 2 }],
  ["the hessian is at least 0", { hessian: () => -1 }],
  ["it is a finite number with finite derivatives", { loss: () => Number.NaN }],
])("a loss that breaks it is told: %s", async (law, wrong) => {
  const check = lossConformance({ ...squared, ...wrong }).find(({ name }) => name === law)!;
  await expect(check.run()).rejects.toThrow(/at the score/);
});

const context = (): FitContext => ({ random: createRandom(11), threads: 1 });

test.each([
  ["squared", squared, {}, "number", false],
  ["log loss", logLoss, {}, "two classes", false],
  // The kernel of counts takes a longer curvature, e^(s + 0.7).
  [
    "counts",
    { ...counts, hessian: (s: number) => Math.exp(s + 0.7) },
    { objective: "poisson" },
    "number",
    true,
  ],
] as const)(
  "boosting by an own %s grows the trees of ours",
  async (_, loss, settings, kind, positiveTarget) => {
    const rows = table(kind, 400, { missing: true, categories: true, positiveTarget });
    const weight = Float64Array.from({ length: 400 }, (_, i) => 1 + (i % 3));
    const ours = await boosting({ rounds: 60, ...settings }).fit({ ...rows, weight }, context());
    const own = await boosting({ rounds: 60, loss }).fit({ ...rows, weight }, context());
    expect(own.reference(rows.x)).toEqual(ours.reference(rows.x));
    expect(own.summary).toMatchObject({ objective: loss.name });
  },
);

test.each([
  ["squared", squared, ridge({ l2: 3 }), "number", false],
  ["log loss", logLoss, logistic({ l2: 3 }), "two classes", false],
  ["counts", counts, poisson({ l2: 3 }), "number", true],
] as const)(
  "a linear model by an own %s answers as ours, within 1e-7",
  async (_, loss, ours, kind, positiveTarget) => {
    const rows = table(kind, 200, { positiveTarget });
    const weight = Float64Array.from({ length: 200 }, (_, i) => 1 + (i % 3));
    const expected = (await ours.fit({ ...rows, weight }, context())).reference(rows.x);
    const own = (await linearByLoss(loss, { l2: 3 }).fit({ ...rows, weight }, context())).reference(rows.x);
    own.forEach((value, i) =>
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-7 * Math.max(1, Math.abs(expected[i]!))),
    );
  },
);

test("the best score of an expectile balances the sums of both sides, within 1e-9", () => {
  const random = createRandom(1);
  const y = Float64Array.from({ length: 300 }, () => Math.exp(random.normal()));
  const best = bestScore(expectile(0.8), y, undefined, Uint32Array.from(y.keys()));
  const above = y.reduce((sum, v) => sum + Math.max(0, v - best), 0);
  const below = y.reduce((sum, v) => sum + Math.max(0, best - v), 0);
  expect(0.8 * above).toBeCloseTo(0.2 * below, 6);
});

const byRows = "leaves and bins have a least number of rows, whatever their weight";
const tree = {
  takes: { missing: true, categories: true, infinity: true },
  exceptions: { "a row of weight 2 counts as two": byRows },
};
describe.each([
  ["boosting by an expectile", () => boosting({ loss: expectile(0.8) }), tree],
  [
    "boosting by the focal loss",
    () => boosting({ loss: focal }),
    { ...tree, takes: { ...tree.takes, twoClasses: true } },
  ],
  ["a linear model by an expectile", () => linearByLoss(expectile(0.6)), {}],
  ["a linear model by log loss", () => linearByLoss(logLoss), { takes: { twoClasses: true } }],
])("%s keeps the laws of a family", (_, make, options) => {
  for (const check of familyConformance(make, options)) test(check.name, check.run);
});

describe("a loss that is wrong is told by its name and the numbers", () => {
  const families: [string, (loss: Loss) => Estimator][] = [
    ["boosting", (loss) => boosting({ loss })],
    ["a linear model", (loss) => linearByLoss(loss)],
  ];
  const losses: [string, Partial<Loss>, RegExp][] = [
    [
      "throws",
      {
        gradient: () => {
          throw new Error("no slope");
        },
      },
      /"squared" at the score .* threw Error: no slope.*OWN_CODE_FAILED/,
    ],
    [
      "has no number as gradient",
      { gradient: () => Number.NaN },
      /"squared" at the score .* has the gradient NaN and the hessian 1, and needs/,
    ],
    [
      "has a hessian below 0",
      { hessian: () => -1 },
      /has the gradient .* and the hessian -1, and needs numbers, the hessian at least 0/,
    ],
    ["is no number", { loss: () => Infinity }, /"squared" at the score .* is Infinity, and needs a number/],
  ];
  test.each(
    families.flatMap(([who, make]) =>
      losses.map(([what, wrong, message]) => [who, what, make, wrong, message] as const),
    ),
  )("%s by a loss that %s", async (_who, _what, make, wrong, message) => {
    await expect(make({ ...squared, ...wrong }).fit(table("number", 60, {}), context())).rejects.toThrow(
      message,
    );
  });

  test("of another task, of three classes, beside an objective", async () => {
    await expect(boosting({ loss: squared }).fit(table("two classes", 60, {}), context())).rejects.toThrow(
      /PARAMETER_CONFLICT/,
    );
    await expect(linearByLoss(logLoss).fit(table("three classes", 60, {}), context())).rejects.toThrow(
      /has 3 classes/,
    );
    expect(() => boosting({ loss: squared, objective: "huber" })).toThrow(/PARAMETER_CONFLICT/);
  });
});
