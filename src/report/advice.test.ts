import { describe, expect, test } from "vitest";
import { binaryData } from "../../test/fixtures/report-data.ts";
import { advice, lastDoubling } from "./advice.ts";
import type { BoardEntry, ReportData } from "./report-data.ts";
import { toPlain } from "./text.ts";

const base = binaryData();
const curve = (...scores: number[]) =>
  scores.map((value, i) => ({
    rows: 1000 * 2 ** i,
    score: { value, low: value - 0.01, high: value + 0.01 },
  }));
const entry = (family: string, value: number): BoardEntry => ({
  name: family,
  family,
  score: { value, low: value - 0.01, high: value + 0.01 },
});
const near = [entry("boosting", 0.86), entry("logistic", 0.855), entry("tree", 0.8)];
const alone = [entry("boosting", 0.86), entry("logistic", 0.82)];
const data = (change: Partial<ReportData>): ReportData => ({
  ...base,
  learningCurve: undefined,
  labelNoise: undefined,
  leaderboard: [],
  ...change,
});
const verdict = (change: Partial<ReportData>): string => toPlain(advice(data(change))!.verdict);

describe("the verdict follows the evidence", () => {
  test("a rising curve asks for rows", () => {
    expect(verdict({ learningCurve: curve(0.7, 0.8, 0.85), leaderboard: near })).toBe(
      "More customers would likely help.",
    );
  });
  test("contradicted labels ask for cleaning", () => {
    expect(
      verdict({ learningCurve: curve(0.8, 0.805), labelNoise: { rows: 90, share: 0.045, clear: true } }),
    ).toBe("Cleaner labels would likely help.");
  });
  test("a family far ahead asks for tuning", () => {
    expect(verdict({ leaderboard: alone })).toBe("More tuning of one family would likely help.");
  });
  test("otherwise other columns are what is left, and only what was measured is denied", () => {
    expect(verdict({ learningCurve: curve(0.8, 0.805), leaderboard: near })).toBe(
      'More customers or another model would likely help little: what is left is columns that know more about "churn".',
    );
  });
});

test("the evidence carries the numbers", () => {
  const given = advice(
    data({
      learningCurve: curve(0.7, 0.8, 0.85),
      leaderboard: near,
      labelNoise: { rows: 12, share: 0.003, clear: false },
    }),
  )!;
  expect(given.evidence.map(toPlain)).toEqual([
    "Going from 2,000 to 4,000 training customers moved ROC AUC from 0.800 to 0.850, more than its uncertainty (±0.010).",
    "In 12 training customers (0.3%) models that had not seen the customer contradict its label with confidence.",
    '2 of 3 families are within the noise of the best ("boosting" and "logistic"), so the kind of model is not what limits the score.',
  ]);
});

test("lower is better turns the gain around", () => {
  const metric = { name: "logLoss", label: "Log loss", higherIsBetter: false };
  expect(lastDoubling(data({ metric, learningCurve: curve(0.9, 0.7) }))).toMatchObject({ rising: true });
  expect(lastDoubling(data({ metric, learningCurve: curve(0.7, 0.9) }))).toMatchObject({ rising: false });
});

test("without evidence there is no advice", () => {
  expect(advice(data({}))).toBeUndefined();
  expect(advice(data({ learningCurve: curve(0.7) }))).toBeUndefined();
});
