/** `train --against`: other files beside ours on the same untouched rows. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { RunRecord } from "../src/tasks/index.ts";
import { runHere, temporaryFolder } from "./cli.ts";

const work = temporaryFolder();
afterAll(() => work[Symbol.dispose]());
const folder = join(import.meta.dirname, "golden/onnx");
const rows = join(folder, "rows.csv");

describe("train --against", () => {
  const train = async (out: string, ...flags: string[]) => {
    const command = [
      "train",
      join(folder, "train.csv"),
      "--target",
      "buys",
      "--drop",
      "size",
      "--budget",
      "1",
    ];
    const result = await runHere([...command, "--out", join(work.path, out), ...flags]);
    expect(result.code, result.stderr).toBe(0);
    const record = JSON.parse(readFileSync(join(work.path, out, "run.json"), "utf8")) as RunRecord;
    return {
      record,
      stdout: result.stdout,
      report: readFileSync(join(work.path, out, "report.html"), "utf8"),
    };
  };

  test("tells scores and paired differences on the untouched rows, and leaves the same file", async () => {
    const flags = ["--test", rows, "--against", join(folder, "columns.onnx")];
    const { record, stdout, report } = await train("beside", ...flags);
    const [other] = record.against!;
    const judged = await runHere([
      "evaluate",
      join(folder, "columns.onnx"),
      rows,
      "--target",
      "buys",
      "--json",
    ]);
    const { metrics } = JSON.parse(judged.stdout) as { metrics: { name: string; value: number }[] };
    expect(other!.score).toBe(metrics.find(({ name }) => name === "rocAuc")!.value);
    expect(other!.gain).toBeCloseTo(record.test.metrics[0]!.value - other!.score, 12);
    expect(other!.gainLow).toBeLessThan(other!.gain);
    expect(other!.gainHigh).toBeGreaterThan(other!.gain);
    expect(stdout).toContain("columns.onnx on the same rows: ROC AUC");
    expect(report).toContain("Other files on the same rows");
    const alone = await train("alone", "--test", rows);
    expect(alone.record.model.sha256).toBe(record.model.sha256);
    expect(alone.record.against).toBeUndefined();
  });

  test("evaluate says of a file of ours what its run said, doing nothing included", async () => {
    const { record } = await train("judged", "--test", rows);
    const path = join(work.path, "judged", "model.onnx");
    const { stdout, stderr } = await runHere(["evaluate", path, rows, "--json"]);
    expect((JSON.parse(stdout) as { metrics: unknown }).metrics, stderr).toEqual(record.test.metrics);
  });

  test("a file of ours is equal to itself, and is known to have kept the same rows untouched", async () => {
    const first = await train("first");
    const { record } = await train("again", "--against", join(work.path, "first", "model.onnx"));
    const [other] = record.against!;
    expect(other).toMatchObject({ gain: 0, gainLow: 0, gainHigh: 0, notes: [] });
    expect(other!.score).toBe(first.record.test.metrics[0]!.value);
    const { record: moved } = await train(
      "moved",
      "--seed",
      "1",
      "--against",
      join(work.path, "first", "model.onnx"),
    );
    expect(moved.against![0]!.notes).toEqual(["whether it learnt from these rows is not known"]);
  });

  test("a file of ours that learnt from all rows is not held to have kept any", async () => {
    await train("all", "--test", rows);
    const { record } = await train("later", "--against", join(work.path, "all", "model.onnx"));
    expect(record.against![0]!.notes).toEqual(["whether it learnt from these rows is not known"]);
  });
});
