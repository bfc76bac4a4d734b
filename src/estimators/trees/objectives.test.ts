import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { graph, input } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import type { Target } from "../index.ts";
import { boosting, type BoostingSettings } from "./index.ts";
import { type NumberObjective, objectiveNamed, weightedQuantile } from "./objectives.ts";

const context = { random: createRandom(5), threads: 1 };
const settings = { tweediePower: 1.4, huberDelta: 1.5, quantile: 0.9 };
const n = 4000;

/** Two features, and the logarithm of the mean that they tell. */
function table(seed: number): { x: Matrix; eta: Float64Array; random: ReturnType<typeof createRandom> } {
  const random = createRandom(seed);
  const a = new Float32Array(n).map(() => random.normal());
  const b = new Float32Array(n).map(() => random.normal());
  const features = ["a", "b"].map((name) => ({ name, sources: [name], kind: "number" as const }));
  return {
    x: { rowCount: n, features, columns: [a, b] },
    eta: Float64Array.from(a, (v, i) => 0.8 * v + (b[i]! > 0 ? 0.7 : -0.4)),
    random,
  };
}

function poisson(mean: number, next: () => number): number {
  let count = 0;
  for (let p = next(); p > Math.exp(-mean); p *= next()) count++;
  return count;
}

/** Sums of `shape` exponentials over shape: mean 1. */
const gammaNoise = (shape: number, next: () => number): number =>
  Array.from({ length: shape }, () => -Math.log(1 - next())).reduce((sum, v) => sum + v, 0) / shape;

const numbers = (values: Float64Array): Target => ({ kind: "regression", values });

async function answers(
  given: BoostingSettings,
  x: Matrix,
  y: Float64Array,
  weight?: Float64Array,
): Promise<Float64Array> {
  const fitted = await boosting(given).fit({ x, y: numbers(y), ...(weight && { weight }) }, context);
  return fitted.reference(x);
}

describe("the base is the constant that minimises the loss", () => {
  test.each(["squared", "poisson", "gamma", "tweedie", "huber", "quantile"] as const)("%s", (name) => {
    const random = createRandom(3);
    const targets = new Float64Array(301).map(() => random.normal() ** 2 + 0.1);
    const weights = new Float64Array(301).map(() => random.next());
    const rows = Uint32Array.from(targets, (_, i) => i);
    const objective = objectiveNamed(name, settings);
    const [base] = objective.base(targets, weights, rows, 1);
    const at = (score: number): number =>
      objective.loss([new Float64Array(301).fill(score)], targets, weights, rows);
    const step = 1e-2;
    expect(at(base!)).toBeLessThan(Math.min(at(base! - step), at(base! + step)));
  });
});

test("derivatives of every loss are those that its kernel computes, by central differences", () => {
  const rows = Uint32Array.of(0);
  for (const name of ["poisson", "gamma", "tweedie", "huber", "quantile"] as const) {
    const objective = objectiveNamed(name, settings);
    for (const [score, target] of [
      [0.3, 2.4],
      [-0.7, 0.2],
      [1.1, 0.9],
    ] as const) {
      const at = (s: number): number =>
        objective.loss([Float64Array.of(s)], Float64Array.of(target), undefined, rows);
      const slope = (at(score + 1e-6) - at(score - 1e-6)) / 2e-6;
      const { tweediePower: p, huberDelta: delta, quantile: level } = settings;
      const expected = {
        poisson: Math.exp(score) - target,
        gamma: 1 - target * Math.exp(-score),
        tweedie: Math.exp((2 - p) * score) - target * Math.exp((1 - p) * score),
        huber: Math.max(-delta, Math.min(delta, score - target)),
        quantile: score >= target ? 1 - level : -level,
      }[name];
      expect(Math.abs(slope - expected), name).toBeLessThan(1e-6);
    }
  }
});

describe("a loss that fits the noise beats squared error on its own terms", () => {
  const { x, eta, random } = table(7);
  const next = () => random.next();
  const fresh = table(8);
  const cases: [NumberObjective, (mean: number) => number][] = [
    ["poisson", (mean) => poisson(mean, next)],
    ["gamma", (mean) => mean * gammaNoise(2, next)],
    [
      "tweedie",
      (mean) => {
        const claims = poisson(mean, next);
        return claims === 0 ? 0 : claims * gammaNoise(2 * claims, next);
      },
    ],
  ];
  test.each(cases)("%s", async (objective, draw) => {
    const y = eta.map((v) => draw(Math.exp(v)));
    const held = fresh.eta.map((v) => draw(Math.exp(v)));
    const loss = objectiveNamed(objective, { ...settings, tweediePower: 1.5 });
    const score = async (name: NumberObjective): Promise<number> => {
      const fitted = await boosting({ objective: name }).fit({ x, y: numbers(y) }, context);
      const scores = fitted.reference(fresh.x).map((mean) => Math.log(Math.max(mean, 1e-3)));
      return loss.loss(
        [scores],
        held,
        undefined,
        Uint32Array.from(held, (_, i) => i),
      );
    };
    const own = await score(objective);
    expect(own).toBeLessThan(await score("squared"));
    // And is near the truth.
    const truth = loss.loss(
      [fresh.eta],
      held,
      undefined,
      Uint32Array.from(held, (_, i) => i),
    );
    expect(own - truth).toBeLessThan(0.05);
  });
});

test.each([0.1, 0.5, 0.9])(
  "about a share of %d of fresh rows lie at or below their quantile",
  async (level) => {
    const { x, eta, random } = table(9);
    const spread = (v: number): number => 0.5 + Math.abs(v);
    const y = eta.map((v) => v + spread(v) * random.normal());
    const fitted = await boosting({ objective: "quantile", quantile: level }).fit(
      { x, y: numbers(y) },
      context,
    );
    const fresh = table(10);
    const held = fresh.eta.map((v) => v + spread(v) * random.normal());
    const below = fitted.reference(fresh.x).filter((answer, i) => held[i]! <= answer).length / n;
    expect(Math.abs(below - level)).toBeLessThan(0.03);
  },
);

test("huber is hurt less by wild targets than squared error", async () => {
  const { x, eta, random } = table(11);
  const y = eta.map((v) => v + 0.3 * random.normal() + (random.next() < 0.05 ? 200 * random.normal() : 0));
  const miss = async (objective: NumberObjective): Promise<number> => {
    const found = await answers({ objective }, x, y);
    return found.reduce((sum, v, i) => sum + Math.abs(v - eta[i]!), 0) / n;
  };
  expect(await miss("huber")).toBeLessThan(0.3 * (await miss("squared")));
});

test("a row of weight 0 counts as none, and one of weight 2 as two, at a quantile", () => {
  const values = [5, 1, 4, 2, 3];
  const rows = Uint32Array.of(0, 1, 2, 3, 4);
  expect(weightedQuantile(0.5, rows, values, undefined)).toBe(3);
  expect(weightedQuantile(0.5, rows, values, Float64Array.of(0, 1, 0, 1, 1))).toBe(2);
  expect(weightedQuantile(0.5, rows, values, Float64Array.of(2, 1, 2, 1, 1))).toBe(4);
  expect(weightedQuantile(1, rows, values, undefined)).toBe(5);
});

test.each(["poisson", "quantile"] as const)("%s: the graph answers as the reference", async (objective) => {
  const { x, eta, random } = table(12);
  const y = eta.map((v) => poisson(Math.exp(v), () => random.next()));
  const fitted = await boosting({ objective, rounds: 40 }).fit({ x, y: numbers(y) }, context);
  const rows = input("x", "float64", ["batch", 2]);
  const session = await compile(graph({ inputs: [rows], outputs: { answer: fitted.emit(rows) } }));
  const flat = new Float64Array(2 * n).map((_, i) => x.columns[i % 2]![i >> 1]!);
  const { answer } = await session.run({ x: { dtype: "float64", shape: [n, 2], data: flat } });
  const expected = fitted.reference(x);
  expect(answer!.data.length).toBe(n);
  expected.forEach((v, i) =>
    expect(Math.abs(Number(answer!.data[i]) - v)).toBeLessThan(1e-12 * Math.max(1, Math.abs(v))),
  );
  await session.release();
});

describe("targets and settings that do not go together are refused", () => {
  const { x } = table(13);
  const fit = (given: BoostingSettings, y: Target) => boosting(given).fit({ x, y }, context);
  const half = new Float64Array(n).map((_, i) => i % 2);
  test.each([
    ["gamma", half, /"gamma" needs targets above 0, and 2000 of 4000 are not.*DATA_BAD_VALUE/],
    [
      "poisson",
      half.map((v) => -v),
      /"poisson" needs targets of at least 0, and 2000 of 4000.*DATA_BAD_VALUE/,
    ],
    ["tweedie", half.map(() => 0), /All 4000 targets are 0.*TARGET_CONSTANT/],
  ] as const)("%s", async (objective, y, message) => {
    await expect(fit({ objective }, numbers(y))).rejects.toThrow(message);
  });
  test("a loss of numbers for classes, monotone quantiles", async () => {
    const classes: Target = { kind: "classification", codes: Int32Array.from(half), classCount: 2 };
    await expect(fit({ objective: "poisson" }, classes)).rejects.toThrow(/2 classes.*PARAMETER_CONFLICT/);
    await expect(fit({ objective: "quantile", monotone: { a: 1 } }, numbers(half))).rejects.toThrow(
      /PARAMETER_CONFLICT/,
    );
  });
});
