import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import type { SplitPlan } from "../data/index.ts";
import { metric } from "../metrics/index.ts";
import {
  growingParts,
  labelNoise,
  learningCurve,
  learningSizes,
  learningTrend,
  verdict,
  type VerdictInput,
} from "./index.ts";

describe("learning curve", () => {
  test.each([
    [1000, [62, 125, 250, 500, 1000]],
    [1_000_000, [31250, 62500, 125000, 250000, 500000, 1000000]],
    [60, [60]],
  ])("sizes of %d rows", (rowCount, sizes) => {
    expect(learningSizes(rowCount)).toEqual(sizes);
  });

  test("parts grow inside each other and end with all rows", () => {
    const codes = Int32Array.from({ length: 200 }, (_, i) => (i % 10 === 0 ? 1 : 0));
    const groups = Int32Array.from({ length: 200 }, (_, i) => (i % 50 === 0 ? -1 : Math.floor(i / 7)));
    const times = Float64Array.from({ length: 200 }, (_, i) => (i * 37) % 200);
    const plans: SplitPlan[] = [
      { kind: "random", rowCount: 200 },
      { kind: "stratified", codes, classCount: 2 },
      { kind: "grouped", groups },
      { kind: "time", times },
    ];
    const rows = Uint32Array.from({ length: 160 }, (_, i) => i + 20);
    fc.assert(
      fc.property(fc.constantFrom(...plans), fc.integer(), (plan, seed) => {
        const parts = growingParts(plan, rows, [20, 40, 80, 160], seed);
        expect(parts.at(-1)).toEqual(rows);
        parts.forEach((part, i) => {
          expect([...part]).toEqual([...part].sort((a, b) => a - b));
          expect(part.length).toBeGreaterThan(0);
          const next = new Set(parts[i + 1] ?? rows);
          expect(part.every((row) => next.has(row))).toBe(true);
          if (plan.kind !== "grouped") expect(part.length).toBe([20, 40, 80, 160][i]);
          if (plan.kind === "stratified") {
            const rare = part.filter((row) => codes[row] === 1).length;
            expect(Math.abs(rare - part.length / 10)).toBeLessThanOrEqual(1);
          }
          if (plan.kind === "time" && i < 3) {
            const earliest = Math.min(...[...part].map((row) => times[row]!));
            const later = rows.filter((row) => times[row]! > earliest && !part.includes(row));
            expect(later.length).toBe(0);
          }
          if (plan.kind === "grouped") {
            const inside = new Set([...part].map((row) => groups[row]!).filter((group) => group >= 0));
            const outside = rows.filter((row) => !part.includes(row));
            expect(outside.some((row) => inside.has(groups[row]!))).toBe(false);
          }
        });
      }),
      { numRuns: 60 },
    );
  });

  test("every size is scored once a repeat, all rows once, and a stop is an error", async () => {
    const plan: SplitPlan = { kind: "random", rowCount: 100 };
    const train = Uint32Array.from({ length: 100 }, (_, i) => i);
    const asked: number[] = [];
    const common = { plan, train, sizes: [25, 50, 100], seed: 1 };
    const curve = await learningCurve({
      ...common,
      score: async (rows) => {
        asked.push(rows.length);
        return Math.log2(rows.length);
      },
    });
    expect(asked).toEqual([25, 50, 100, 25, 50, 25, 50]);
    expect(curve.map((point) => [point.rows, point.scores.length])).toEqual([
      [25, 3],
      [50, 3],
      [100, 1],
    ]);
    expect(learningTrend(curve, true)!.gainPerDoubling).toBeCloseTo(1, 12);
    expect(learningTrend(curve, false)!.gainPerDoubling).toBeCloseTo(-1, 12);
    await expect(
      learningCurve({ ...common, score: async () => 0, signal: AbortSignal.abort() }),
    ).rejects.toThrow(/CANCELLED/);
  });

  test("the interval of the trend holds the true slope in 92 to 98 % of 300 noisy curves", () => {
    const random = createRandom(6);
    let held = 0;
    for (let k = 0; k < 300; k++) {
      const curve = [100, 200, 400, 800].map((rows) => {
        const scores = [0, 1, 2].map(() => 0.02 * Math.log2(rows) + 0.01 * random.normal());
        return { rows, scores, score: scores.reduce((a, b) => a + b) / 3 };
      });
      const trend = learningTrend(curve, true)!;
      expect(trend.points).toBe(3);
      if (trend.low <= 0.02 && 0.02 <= trend.high) held++;
    }
    expect(held).toBeGreaterThanOrEqual(276);
    expect(held).toBeLessThanOrEqual(294);
  });

  test("two sizes have no trend", () => {
    const point = (rows: number) => ({ rows, score: 1, scores: [1, 1] });
    expect(learningTrend([point(10), point(20)], true)).toBeUndefined();
  });
});

/** Calibrated probabilities of two classes that lie `distance` apart, with a share of the labels turned. */
function labelled(distance: number, turned: number, seed: number) {
  const random = createRandom(seed);
  const n = 4000;
  const codes = new Int32Array(n);
  const wrong = new Uint8Array(n);
  const probabilities = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    const truth = random.next() < 0.4 ? 1 : 0;
    const x = random.normal() + distance * truth;
    // What a good model says of the labels as they are written.
    const odds = (0.4 / 0.6) * Math.exp(distance * x - (distance * distance) / 2);
    const clean = odds / (1 + odds);
    const p = clean * (1 - turned) + (1 - clean) * turned;
    wrong[i] = random.next() < turned ? 1 : 0;
    codes[i] = wrong[i] === 1 ? 1 - truth : truth;
    probabilities[2 * i] = 1 - p;
    probabilities[2 * i + 1] = p;
  }
  return { codes, wrong, probabilities };
}

describe("labelNoise", () => {
  test("finds at least 90 % of the turned labels of separable classes, and 90 % of what it finds is turned", () => {
    const { codes, wrong, probabilities } = labelled(5, 0.1, 1);
    const noise = labelNoise(codes, probabilities, 2);
    const right = noise.rows.filter((row) => wrong[row] === 1).length;
    expect(right / noise.rows.length).toBeGreaterThan(0.9);
    expect(right / wrong.reduce((a, b) => a + b)).toBeGreaterThan(0.9);
    expect(Math.abs(noise.share - 0.1)).toBeLessThan(0.02);
    expect(Math.abs(noise.surest.contradicted - 0.1)).toBeLessThan(0.03);
    noise.rows.forEach((row, i) => {
      expect(noise.suggested[i]).toBe(1 - codes[row]!);
    });
    expect(noise.confusion[1]! + noise.confusion[2]!).toBe(noise.rows.length);
  });

  test("hard classes with right labels contradict only where the model is unsure", () => {
    const { codes, probabilities } = labelled(1.5, 0, 2);
    const noise = labelNoise(codes, probabilities, 2);
    expect(noise.error).toBeGreaterThan(0.15);
    expect(noise.surest.contradicted).toBeLessThan(noise.error / 4);
  });

  test("rows without weight do not count; one class is refused", () => {
    const { codes, wrong, probabilities } = labelled(5, 0.1, 3);
    const noise = labelNoise(
      codes,
      probabilities,
      2,
      Float64Array.from(wrong, (w) => 1 - w),
    );
    expect(noise.share).toBeLessThan(0.01);
    expect(() => labelNoise(new Int32Array(2), Float64Array.from([1, 0, 1, 0]), 2)).toThrow(/DATA_ONE_CLASS/);
  });
});

describe("verdict", () => {
  const auc = metric("rocAuc");
  const base: VerdictInput = { metric: auc, score: 0.8, baseline: 0.5 };
  const trend = (gainPerDoubling: number, reach: number) => ({
    gainPerDoubling,
    low: gainPerDoubling - reach,
    high: gainPerDoubling + reach,
    points: 3,
  });
  const noise = (distance: number, turned: number) => {
    const { codes, probabilities } = labelled(distance, turned, 4);
    return labelNoise(codes, probabilities, 2);
  };
  const board = (lead: number, standardError: number) => [
    { family: "boosting", score: 0.8, standardError: 0 },
    { family: "linear", score: 0.8 - lead, standardError },
    { family: "forest", score: 0.8 - 2 * lead, standardError },
  ];

  test.each<[string, Partial<VerdictInput>, "rows" | "labels" | "model", string]>([
    ["a curve that rises", { learning: trend(0.02, 0.005) }, "rows", "yes"],
    ["a curve that is flat", { learning: trend(0.001, 0.002) }, "rows", "no"],
    ["a curve that is noisy", { learning: trend(0.01, 0.02) }, "rows", "unsure"],
    ["a curve of one size", {}, "rows", "unknown"],
    ["a tenth of wrong labels", { labels: noise(5, 0.1) }, "labels", "yes"],
    ["right labels of hard classes", { labels: noise(1.5, 0) }, "labels", "no"],
    ["right labels of easy classes", { labels: noise(5, 0) }, "labels", "no"],
    ["labels that nobody can predict", { labels: noise(0, 0) }, "labels", "unsure"],
    ["numbers", {}, "labels", "unknown"],
    ["families that agree", { board: board(0.001, 0.002) }, "model", "no"],
    ["a family ahead", { board: board(0.01, 0.002) }, "model", "unsure"],
    ["a family far ahead", { board: board(0.06, 0.01) }, "model", "yes"],
    ["no family above the baseline", { score: 0.5, board: board(0.001, 0.002) }, "model", "unsure"],
    ["one family", { board: board(0.1, 0.1).slice(0, 1) }, "model", "unknown"],
  ])("%s", (_, input, question, helps) => {
    const result = verdict({ ...base, ...input });
    expect(result[question].helps).toBe(helps);
    expect(result.sentence).toContain(result[question].because);
  });

  test("a loss counts downwards", () => {
    const loss = { metric: metric("rmse"), score: 10, baseline: 20 };
    expect(verdict({ ...loss, learning: trend(0.5, 0.1) }).rows.helps).toBe("yes");
    const families = [
      { family: "a", score: 14, standardError: 0.1 },
      { family: "b", score: 10, standardError: 0 },
    ];
    expect(verdict({ ...loss, board: families }).model).toMatchObject({ helps: "yes", numbers: { lead: 4 } });
  });

  test("reads as one sentence", () => {
    const result = verdict({ ...base, learning: trend(0.02, 0.005), board: board(0.001, 0.002) });
    expect(result.sentence).toBe(
      "Most likely to help: more rows (each doubling of the rows lately brought 0.02 ROC AUC (95 % interval 0.015 to 0.025)); " +
        "unlikely to help: another kind of model or more tuning (the best family (boosting) leads the next (linear) by 0.001 ROC AUC, with a standard error of 0.002); " +
        "not measured: cleaner labels (label errors are estimated for classes only).",
    );
  });
});
