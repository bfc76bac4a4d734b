/** Rows of one label: what can be told of them, and the label's own name where a metric needs another one too. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeChurnModel } from "../../test/fixtures/churn-model.ts";
import { metric as metricByName } from "../metrics/index.ts";
import { evaluateFile, parseRequirement } from "./index.ts";
import { classFigures } from "./media/class-figures.ts";
import { requireJudgeable } from "./tabular/require.ts";

const folder = mkdtempSync(join(tmpdir(), "millwright-evaluate-"));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const how = { seed: 0, threads: 1 } as const;

/** Rows whose first has a label of its own. */
function table(name: string, first: string, others: string): string {
  const lines = Array.from({ length: 8 }, (_, i) =>
    [
      5 * i,
      30 + i,
      "basic",
      "yes",
      "2021-04-01T00:00:00Z",
      "2024-05-31T14:30:00",
      "",
      i < 3 ? first : others,
    ].join(","),
  );
  writeFileSync(
    at(name),
    `tenure,charges,plan,paperless,signup,lastCall,note,churned\n${lines.join("\n")}\n`,
  );
  return at(name);
}

describe("rows of one label", () => {
  const model = at("churn.onnx");
  beforeAll(async () => writeFileSync(model, (await makeChurnModel()).bytes));

  test("the metrics that they define have figures, and a note says which have none and why", async () => {
    const both = await evaluateFile(model, [table("both.csv", "No", "Yes")], how);
    expect(both.metrics[0]!.name).toBe("rocAuc");
    expect(both.notes).toEqual([]);
    const one = await evaluateFile(model, [table("one.csv", "Yes", "Yes")], how);
    const names = one.metrics.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["logLoss", "brier", "accuracy"]));
    expect(names).not.toContain("rocAuc");
    expect(one.notes).toHaveLength(1);
    expect(one.notes[0]).toMatch(
      /^no figure of ROC AUC.*: each needs rows of both labels, and all 8 rows are "Yes"$/,
    );
    const none = await evaluateFile(model, [table("none.csv", "No", "No")], how);
    expect(none.notes.join()).toContain('all 8 rows are "No"');
    expect(none.notes.join()).not.toMatch(/is of class|labels are [01]/);
  });

  test.each([[["rocAuc"]], [["accuracy", "rocAuc"]]])(
    "%j is asked for and has no figure",
    async (metrics) => {
      const source = [table("one.csv", "Yes", "Yes")];
      await expect(evaluateFile(model, source, { ...how, metrics })).rejects.toMatchObject({
        code: "DATA_ONE_CLASS",
        what: 'rocAuc needs rows of both labels, and all 8 rows are "Yes".',
      });
    },
  );

  test("a limit on such a metric says why it cannot be held", async () => {
    const require = [parseRequirement("rocAuc>=0.5")];
    const source = [table("one.csv", "Yes", "Yes")];
    await expect(evaluateFile(model, source, { ...how, require })).rejects.toThrow(
      /asks for rocAuc, which 8 rows .* do not define: it needs rows of both labels, and all 8 rows are "Yes"/,
    );
  });

  test("before a training too", () => {
    const y = { kind: "classification", classCount: 2, codes: new Int32Array(4).fill(1) } as const;
    const task = {
      kind: "classification",
      target: "churned",
      classes: ["No", "Yes"],
      positive: "Yes",
    } as const;
    expect(() => requireJudgeable(metricByName("rocAuc"), { y }, task, "The untouched rows")).toThrow(
      'The untouched rows cannot be judged. rocAuc needs rows of both labels, and all 4 rows are "Yes".',
    );
  });
});

test("figures of a class that no file has, and of one that was never answered, are not made up", () => {
  const figures = classFigures(["a", "b", "c"], [2, 1, 0, 0, 0, 0, 1, 0, 0]);
  expect(figures).toEqual([
    { label: "a", rows: 3, predicted: 3, precision: 2 / 3, recall: 2 / 3, f1: 2 / 3 },
    { label: "b", rows: 0, predicted: 1, precision: 0, recall: Number.NaN, f1: 0 },
    { label: "c", rows: 1, predicted: 0, precision: Number.NaN, recall: 0, f1: 0 },
  ]);
  expect(classFigures(["a", "b"], [1, 0, 0, 0])[1]!.f1).toBeNaN();
});
