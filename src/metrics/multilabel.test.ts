/** Metrics of rows with any number of labels: scikit-learn's figures, weights as repetitions, thresholds by trial. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { labelMetrics, type LabelRows, thresholdOfBestF1 } from "./index.ts";

interface Case {
  readonly rows: number;
  readonly labels: number;
  readonly weight: "equal" | "unequal";
  readonly scores: Readonly<Record<string, number>>;
}
const golden = JSON.parse(
  readFileSync(new URL("../../test/golden/multilabel.json", import.meta.url), "utf8"),
) as { cases: Case[] };

/** The formulas of multilabel.py. */
function rowsOf({ rows, labels, weight }: Case): LabelRows {
  const cell = (at: number): [number, number] => [Math.floor(at / labels), at % labels];
  const hits = Uint8Array.from({ length: rows * labels }, (_, at) => {
    const [i, k] = cell(at);
    return i === 0 ? 0 : i === 1 ? 1 : Number((i * 7 + k * 5 + i * k) % 4 === 0);
  });
  return {
    labelCount: labels,
    hits,
    probabilities: Float64Array.from(hits, (hit, at) => {
      const [i, k] = cell(at);
      return ((i * 11 + k * 13 + 5 * hit * (i % 3)) % 20) / 20;
    }),
    thresholds: Array.from({ length: labels }, (_, k) => 0.3 + 0.1 * k),
    ...(weight === "unequal" && { weight: Array.from({ length: rows }, (_, i) => i % 3) }),
  };
}

test.each(
  golden.cases.flatMap((c) =>
    Object.keys(c.scores).map((name): [string, number, number, string, Case] => [
      name,
      c.rows,
      c.labels,
      c.weight,
      c,
    ]),
  ),
)("%s of %i rows and %i labels, %s weights, is scikit-learn's within 1e-12", (name, _, __, ___, c) => {
  expect(Math.abs(labelMetrics[name]!.score(rowsOf(c)) - c.scores[name]!)).toBeLessThan(1e-12);
});

test("the golden figures cover every metric", () => {
  expect(Object.keys(golden.cases[0]!.scores).sort()).toEqual(Object.keys(labelMetrics).sort());
});

test("the chosen threshold has the best F1 of all, tried one by one", () => {
  const cells = fc.array(
    fc.record({ hit: fc.integer({ min: 0, max: 1 }), p: fc.integer({ min: 0, max: 8 }).map((n) => n / 8) }),
    { minLength: 1, maxLength: 30 },
  );
  fc.assert(
    fc.property(cells, (rows) => {
      const hits = Uint8Array.from(rows, ({ hit }) => hit);
      const probabilities = Float64Array.from(rows, ({ p }) => p);
      const f1 = (threshold: number): number =>
        labelMetrics["microF1"]!.score({ labelCount: 1, hits, probabilities, thresholds: [threshold] });
      const best = Math.max(...[0, ...probabilities].map(f1));
      expect(f1(thresholdOfBestF1(hits, probabilities))).toBeGreaterThanOrEqual(best - 1e-12);
      // A row of weight 2 is the row twice, one of weight 0 is none.
      const times = Array.from(hits, (_, i) => i % 3);
      const repeated = <T>(values: ArrayLike<T>): T[] =>
        times.flatMap((count, i) => new Array<T>(count).fill(values[i]!));
      expect(thresholdOfBestF1(hits, probabilities, times)).toBe(
        thresholdOfBestF1(repeated(hits), repeated(probabilities)),
      );
    }),
  );
});

test("cells that do not fit together, and no rows, are refused", () => {
  const rows = {
    labelCount: 2,
    hits: new Uint8Array(4),
    probabilities: new Float64Array(4),
    thresholds: [0.5],
  };
  expect(() => labelMetrics["microF1"]!.score(rows)).toThrow(/SHAPE_MISMATCH/);
  const none = {
    labelCount: 1,
    hits: new Uint8Array(0),
    probabilities: new Float64Array(0),
    thresholds: [0.5],
  };
  expect(() => labelMetrics["hammingLoss"]!.score(none)).toThrow(/DATA_EMPTY/);
});
