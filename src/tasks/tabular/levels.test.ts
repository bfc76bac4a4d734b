/** Levels in their order, from a table to a file: what is judged is what the file answers. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { quadraticKappa } from "../../metrics/index.ts";
import { load, type Model, typesModule } from "../../model/index.ts";
import { evaluateFile, refit, trainTable, type TrainResult } from "../index.ts";

const folder = mkdtempSync(join(tmpdir(), "levels-"));
const source = join(folder, "grades.csv");
const path = join(folder, "model.onnx");
const levels = ["poor", "fair", "good"];
let result: TrainResult;
let model: Model;

beforeAll(async () => {
  const random = createRandom(3);
  const lines = Array.from({ length: 300 }, () => {
    const [a, b] = [random.normal(), random.next() * 50 + 20];
    const score = a + 0.04 * (b - 45) + 0.7 * random.normal();
    return `${a.toFixed(3)},${b.toFixed(1)},${levels[[-0.6, 0.8].filter((cut) => score > cut).length]}`;
  });
  writeFileSync(source, `size,age,grade\n${lines.join("\n")}\n`);
  result = await trainTable({
    source: [source],
    target: "grade",
    task: "ordinal",
    families: ["ordinalLogistic", "tree"],
    folds: 3,
    seed: 0,
    threads: 1,
    software: "test",
  });
  writeFileSync(path, result.model);
  model = await load(result.model);
}, 120_000);
afterAll(async () => {
  await model.close();
  rmSync(folder, { recursive: true });
});

describe("train --task ordinal", () => {
  test("keeps the order, ranks by kappa, and both families beat doing nothing", () => {
    const { record } = result;
    expect(record.task).toMatchObject({ kind: "ordinal", classes: levels });
    expect(record.task).not.toHaveProperty("positive");
    expect(record.metric).toMatchObject({ name: "quadraticKappa", greaterIsBetter: true });
    expect(record.test.metrics.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["quadraticKappa", "levelError", "accuracy", "logLoss"]),
    );
    const board = new Map(record.leaderboard.map(({ name, score }) => [name, score]));
    expect(board.get("baseline")).toBe(0);
    for (const name of ["ordinal logistic", "tree"]) expect(board.get(name)).toBeGreaterThan(0.3);
    expect(model.metadata.task).toMatchObject({ kind: "ordinal", target: "grade" });
    expect(model.metadata.classes).toEqual(levels);
    expect(record.reproduce).toContain("--task ordinal");
  });

  test("the report's matrix stands in the order of the levels", () => {
    expect(result.report.confusion?.labels).toEqual(levels);
    expect(result.report.task).toBe("ordinal");
  });

  test("the file answers the median level, and its kappa is the one that evaluate prints", async () => {
    const { readFileSync } = await import("node:fs");
    const rows = readFileSync(source, "utf8").trimEnd().split("\n").slice(1);
    const cells = rows.map((row) => row.split(","));
    const answers = (await model.predict(
      cells.map(([size, age]) => ({ size: Number(size), age: Number(age) })),
    )) as unknown as { prediction: string; probabilities: Record<string, number> }[];
    for (const { prediction, probabilities } of answers) {
      const [low, middle] = levels.map((level) => probabilities[level]!);
      expect(prediction).toBe(levels[low! >= 0.5 ? 0 : low! + middle! >= 0.5 ? 1 : 2]);
    }
    const code = (label: string): number => levels.indexOf(label);
    const kappa = quadraticKappa(
      Int32Array.from(cells, (row) => code(row[2]!)),
      Int32Array.from(answers, ({ prediction }) => code(prediction)),
    );
    const { metrics } = await evaluateFile(path, [source], { seed: 0, threads: 1 });
    expect(metrics[0]).toMatchObject({ name: "quadraticKappa" });
    expect(Math.abs(metrics[0]!.value - kappa)).toBeLessThan(1e-12);
  });

  test("its recipe makes the same bytes again, and its types name the levels in their order", async () => {
    const again = await refit(model.metadata.recipe!, { source: [source], threads: 1 });
    expect(Buffer.from(again.model).equals(Buffer.from(result.model))).toBe(true);
    expect(typesModule(model.metadata, "grades")).toContain('labels: ["poor", "fair", "good"]');
  });

  test("metrics of levels are refused for other targets, and costs for levels", async () => {
    const how = { source: [source], seed: 0, threads: 1, software: "test", target: "grade" };
    await expect(trainTable({ ...how, task: "classification", metric: "quadraticKappa" })).rejects.toThrow(
      /quadraticKappa is for levels in their order.*PARAMETER_CONFLICT/s,
    );
    await expect(
      trainTable({ ...how, task: "ordinal", cost: { falsePositive: 1, falseNegative: 2 } }),
    ).rejects.toThrow(/PARAMETER_CONFLICT/);
  });
});
