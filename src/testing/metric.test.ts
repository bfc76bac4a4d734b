/** The laws of metrics on ours, and on metrics that break one. */
import { describe, expect, test } from "vitest";
import { defineMetric, type Metric, metric, metricTable, type NumberRows } from "../metrics/index.ts";
import { metricConformance, type MetricLaw } from "./index.ts";

const members: readonly Metric[] = [...Object.values(metricTable), metric("pinball@0.9")];

describe.each(members.map((member) => [member.name, member] as const))("%s", (_, member) => {
  for (const check of metricConformance(member)) test(check.name, check.run);
});

const sumOf = ({ y, predicted, weight }: NumberRows): number =>
  y.reduce((sum, value, i) => sum + weight[i]! * Math.abs(value - predicted[i]!), 0);
const broken: Partial<Record<MetricLaw, (rows: NumberRows) => number>> = {
  "the order of rows does not matter": (rows) => Math.abs(rows.y[0]! - rows.predicted[0]!),
  "weight 0 is as if the row were absent": (rows) => sumOf({ ...rows, weight: rows.weight.map(() => 1) }),
  "a row of weight 2 counts as two": (rows) =>
    sumOf({ ...rows, weight: rows.weight.map((w) => Math.min(1, w)) }),
  "the truth scores at least as well as any answer": (rows) => 1 / (1 + sumOf(rows)),
};

test.each(Object.entries(broken))("a metric that breaks it is told: %s", async (law, score) => {
  const wrong = defineMetric({ name: "wrong", task: "regression", greaterIsBetter: false, score });
  const check = metricConformance(wrong).find(({ name }) => name === law)!;
  await expect(check.run()).rejects.toThrow(/./);
});
