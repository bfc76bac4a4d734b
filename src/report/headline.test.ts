import { describe, expect, test } from "vitest";
import { binaryData, multiclassData, regressionData } from "../../test/fixtures/report-data.ts";
import { summaryLines } from "./headline.ts";
import type { ReportData } from "./report-data.ts";

/** 1,000 rows, 270 positive: at 0.4 it finds 71 of 100 with 300 alarms. */
const at = {
  threshold: 0.4,
  truePositives: 191.7,
  falsePositives: 108.3,
  trueNegatives: 621.7,
  falseNegatives: 78.3,
};
const auc = { name: "rocAuc", label: "ROC AUC", higherIsBetter: true };
const binary: ReportData = {
  ...binaryData(),
  operating: { at, why: "best F1", points: [at] },
  test: [{ metric: auc, score: { value: 0.86, low: 0.84, high: 0.88 }, baseline: 0.5 }],
};

describe("binary", () => {
  test("finds so many of 100, and the same effort at random finds so many", () => {
    expect(summaryLines(binary)[0]).toBe(
      'Of 100 customers where "churn" is "yes", it finds 71; picking as many customers at random finds 30.',
    );
  });

  test("without costs, the second line counts both mistakes", () => {
    expect(summaryLines(binary)[1]).toBe(
      'It raises an alarm from a probability of 0.400: of 100 alarms 36 are false, and of 100 customers where "churn" is "yes" 29 are missed.',
    );
  });

  test("with costs, it compares with never and always", () => {
    const costs = { falseAlarm: 10, miss: 100, unit: "€" };
    // 108.3 × 10 + 78.3 × 100 = 8,913; never 270 × 100; always 730 × 10
    expect(summaryLines({ ...binary, operating: { ...binary.operating!, costs } })[1]).toBe(
      "A false alarm costs 10\u00a0€ and a miss 100\u00a0€. It raises an alarm from a probability of 0.400, which costs 8.91\u00a0€ a customer; never raising one costs 27\u00a0€, always raising one 7.30\u00a0€. At these costs the model does not pay.",
    );
  });

  test("says so when it is not clearly better than nothing", () => {
    const test = [{ metric: auc, score: { value: 0.52, low: 0.48, high: 0.56 }, baseline: 0.5 }];
    expect(summaryLines({ ...binary, test })[0]).toContain(
      "That is not clearly better than doing nothing: ROC AUC 0.520 (0.480–0.560) against 0.500.",
    );
  });

  test("says so when it is worse than nothing", () => {
    const test = [{ metric: auc, score: { value: 0.42, low: 0.38, high: 0.46 }, baseline: 0.5 }];
    expect(summaryLines({ ...binary, test })[0]).toContain(
      "That is worse than doing nothing: ROC AUC 0.420 (0.380–0.460) against 0.500.",
    );
  });

  test("says so when it never raises an alarm", () => {
    const silent = {
      threshold: 1,
      truePositives: 0,
      falsePositives: 0,
      trueNegatives: 730,
      falseNegatives: 270,
    };
    const lines = summaryLines({ ...binary, operating: { at: silent, why: "cost", points: [silent] } });
    expect(lines[0]).toMatch(/^It never raises an alarm/);
  });

  test("falls back to the score without an operating point", () => {
    const { operating: _, confusion: __, ...rest } = binary;
    expect(summaryLines(rest)[0]).toBe(
      "On 1,409 untouched customers its ROC AUC is 0.860 (0.840–0.880); doing nothing has 0.500.",
    );
  });
});

test("multiclass: right labels against the most frequent one, and the most frequent mistake", () => {
  const confusion = { labels: ["sun", "rain", "fog"], counts: [50, 5, 0, 10, 20, 0, 0, 12, 3] };
  const lines = summaryLines({ ...multiclassData(), confusion });
  expect(lines[0]).toBe(
    'Of 100 days, it gives 73 the right "weather"; always answering "sun" is right for 55.',
  );
  expect(lines[1]).toBe(
    'Of 100 days, 27 get a wrong label; the most frequent mistake takes "fog" for "rain" (12 of 15).',
  );
});

test("regression: average error against the constant answer", () => {
  const base = regressionData();
  const errors = {
    ...base.errors!,
    model: { mean: 2.1, median: 1.2, p90: 6.3 },
    baseline: { mean: 5.4, median: 4, p90: 11 },
  };
  const lines = summaryLines({ ...base, errors });
  expect(lines[0]).toBe(
    'Its predictions of "price" are off by 2.10\u00a0€ on average; always giving the same answer is off by 5.40\u00a0€, so the error is 61.1% smaller.',
  );
  expect(lines[1]).toBe(
    "Half of the predictions miss by less than 1.20\u00a0€, and one in ten by more than 6.30\u00a0€.",
  );
});

describe("was a simple model enough", () => {
  const simple = binaryData().simpler!;
  test.each([
    [
      "within the noise",
      {},
      /^Yes: "logistic" reaches ROC AUC 0\.\d+ against 0\.\d+, a difference of .* within the noise\.$/,
    ],
    ["beyond it", { simpler: { ...simple, withinNoise: false } }, /^No: the best simple model, "logistic"/],
    [
      "the chosen one is simple",
      { simpler: { ...simple, name: "ensemble" } },
      /^Yes: the chosen model, "ensemble", is itself/,
    ],
    [
      "nothing beat the baseline",
      { chosen: { name: "baseline", family: "baseline", description: "" } },
      /^No model was needed/,
    ],
    [
      "the chosen one is behind on the test",
      { simpler: { ...simple, difference: { value: -0.02, low: -0.05, high: 0.01 } } },
      /^Yes: "logistic" is ahead by ROC AUC 0\.020 \(−0\.010 to 0\.050\) on the test customers; the customers that chose the model had "ensemble" ahead\.$/,
    ],
    ["nothing to compare", { simpler: undefined }, /^No simpler model was compared/],
  ])("%s", (_, change, pattern) => {
    expect(summaryLines({ ...binaryData(), ...change })[2]).toMatch(pattern);
  });
});

test("no control character of a name reaches the terminal", () => {
  const data = binaryData({ target: "\u001b]0;owned\u0007", classes: ["no", "y\u001b[2Jes"] });
  // oxlint-disable-next-line no-control-regex
  expect(summaryLines(data).join("\n")).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});
