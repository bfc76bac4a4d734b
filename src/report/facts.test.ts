import { describe, expect, test } from "vitest";
import { accuracyOf, classRows, costsAt, interpolate, ratesAt } from "./facts.ts";

const point = {
  threshold: 0.5,
  truePositives: 30,
  falsePositives: 10,
  trueNegatives: 50,
  falseNegatives: 10,
};

test("rates of a threshold", () => {
  expect(ratesAt(point)).toEqual({
    rows: 100,
    positives: 40,
    negatives: 60,
    alarms: 40,
    recall: 0.75,
    precision: 0.75,
    falseAlarmRate: 1 / 6,
    alarmRate: 0.4,
  });
});

test("a rate without rows is undefined, not zero", () => {
  const empty = { threshold: 1, truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };
  expect(ratesAt(empty)).toMatchObject({ recall: undefined, precision: undefined, alarmRate: 0 });
});

test("costs a row of the model, of never and of always", () => {
  expect(costsAt(point, { falseAlarm: 2, miss: 5 })).toEqual({ model: 0.7, never: 2, always: 1.2 });
});

describe("confusion of three classes, one never seen", () => {
  const confusion = { labels: ["a", "b", "c"], counts: [6, 2, 1, 3, 8, 0, 0, 0, 0] };
  test("class by class", () => {
    expect(classRows(confusion)).toEqual([
      { label: "a", rows: 9, recall: 6 / 9, precision: 6 / 9, mistakenFor: { label: "b", rows: 2 } },
      { label: "b", rows: 11, recall: 8 / 11, precision: 8 / 10, mistakenFor: { label: "a", rows: 3 } },
      { label: "c", rows: 0, recall: undefined, precision: 0, mistakenFor: undefined },
    ]);
  });
  test("accuracy and majority", () => {
    expect(accuracyOf(confusion)).toMatchObject({ accuracy: 0.7, rows: 20, majority: { label: "b" } });
    expect(accuracyOf({ labels: ["a"], counts: [0] })).toBeUndefined();
  });
});

test("interpolation holds the ends and survives equal positions", () => {
  expect([-1, 0, 0.5, 1, 3, 9].map((x) => interpolate([0, 1, 1, 4], [10, 20, 30, 60], x))).toEqual([
    10, 10, 15, 20, 50, 60,
  ]);
});
