/** `millwright train --task sequence` end to end: both readings, the file, its answers, the report, what is refused. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type JsonSchema, load } from "../src/model/index.ts";
import { findProblem } from "../src/model/json-schema.ts";
import type { SequenceRecord } from "../src/tasks/index.ts";
import { runHere, temporaryFolder } from "./cli.ts";
import { machinesCsv, shopsCsv } from "./fixtures/sequences.ts";

const work = temporaryFolder();
const inWork = (name: string): string => join(work.path, name);
afterAll(() => work[Symbol.dispose]());

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, "../docs/schemas/sequence.json"), "utf8"),
) as JsonSchema;

async function trained(file: string, out: string, ...flags: string[]): Promise<SequenceRecord> {
  const words = ["train", inWork(file), "--task", "sequence", "--out", inWork(out), "--json", ...flags];
  const ran = await runHere(words);
  expect(ran.code, ran.stderr + ran.stdout).toBe(0);
  const record = JSON.parse(ran.stdout) as SequenceRecord;
  expect(findProblem(schema, record)).toBeUndefined();
  expect(JSON.parse(readFileSync(join(inWork(out), "run.json"), "utf8"))).toEqual(record);
  return record;
}

async function predicted(out: string, file: string): Promise<string[][]> {
  const ran = await runHere(["predict", inWork(`${out}/model.onnx`), inWork(file), "-o", inWork("p.csv")]);
  expect(ran.code, ran.stderr + ran.stdout).toBe(0);
  return readFileSync(inWork("p.csv"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
}

const shops = ["--target", "sales", "--group", "shop", "--time-column", "time"];
const machines = ["--group", "machine", "--time-column", "minute", "--drop"];
beforeAll(() => {
  writeFileSync(inWork("shops.csv"), shopsCsv(500, 1));
  writeFileSync(inWork("machines.csv"), machinesCsv(160, 2));
});

describe("a forecast", () => {
  let record: SequenceRecord;
  beforeAll(async () => {
    record = await trained("shops.csv", "shops", ...shops, "--horizon", "6", "--epochs", "3", "--seed", "1");
  }, 300_000);

  test("finds the day, reads numbers and yes and no, and beats the naive forecast on untouched hours", () => {
    expect(record.task).toMatchObject({ kind: "forecast", horizon: 6, period: 24, stepUnit: "milliseconds" });
    expect(record.input.columns).toEqual(["sales", "promotion", "time"]);
    expect(record.leftOut.map(({ column }) => column)).toEqual(["weather"]);
    expect(record.leaderboard.map(({ name }) => name).sort()).toEqual(
      [
        "boosting on lags",
        "gru",
        "last value",
        "lstm",
        "ridge on lags",
        "tcn",
        "value 24 steps before",
      ].sort(),
    );
    const [mae] = record.test.metrics;
    expect(mae).toMatchObject({ name: "mae" });
    expect(mae!.high).toBeLessThan(mae!.baseline);
    expect(record.test.mase!.value).toBeLessThan(record.test.mase!.naive);
    expect(record.byHorizon!.chosen.reduce((a, b) => a + b, 0) / 6).toBeCloseTo(mae!.value, 6);
    expect(record.versus!.sentence).toMatch(/(lstm|gru|tcn) is .* (ridge|boosting) on lags/);
  });

  test("predict gives the next hours of each shop, and an application the same from rows", async () => {
    const [header, ...lines] = await predicted("shops", "shops.csv");
    expect(header).toEqual(["shop", "time", "prediction"]);
    expect(lines).toHaveLength(12);
    expect(lines[0]!.slice(0, 2)).toEqual(["north", "2024-01-21T20:00:00"]);
    expect(lines[11]!.slice(0, 2)).toEqual(["south", "2024-01-22T01:00:00"]);
    const model = await load(inWork("shops/model.onnx"));
    const rows = readFileSync(inWork("shops.csv"), "utf8")
      .trimEnd()
      .split("\n")
      .filter((line) => line.startsWith("south"))
      .map((line) => line.split(","))
      .map(([, time, sales, promotion]) => ({
        sales: Number(sales),
        promotion: promotion === "yes",
        time: Date.parse(`${time!.replace(" ", "T")}Z`),
      }));
    const { prediction } = await model.predictOne({ sequence: rows });
    await model.close();
    (prediction as readonly number[]).forEach((value, k) =>
      expect(Number(lines[6 + k]![2]) / value).toBeCloseTo(1, 6),
    );
  });

  test("the same command gives the same file; the report draws forecasts", async () => {
    const again = await trained(
      "shops.csv",
      "again",
      ...shops,
      "--horizon",
      "6",
      "--epochs",
      "3",
      "--seed",
      "1",
    );
    expect(again.model.sha256).toBe(record.model.sha256);
    const page = readFileSync(inWork("shops/report.html"), "utf8");
    for (const id of ["by-horizon", "forecast-1", "forecast-4", "loss"]) expect(page).toContain(`id="${id}"`);
    expect(page).toContain("It holds stretches of the series themselves");
  }, 300_000);
});

describe("one answer a group", () => {
  test("labels of whole machines", async () => {
    const record = await trained(
      "machines.csv",
      "fails",
      ...machines,
      "wear",
      "--target",
      "fails",
      "--epochs",
      "12",
    );
    expect(record.task).toMatchObject({ kind: "multiclass", target: "fails" });
    expect(record.data).toMatchObject({ sequences: 160, testRows: 32 });
    const [accuracy] = record.test.metrics;
    expect(accuracy!.value).toBeGreaterThan(accuracy!.baseline + 0.15);
    expect(record.confusion!.reduce((a, b) => a + b, 0)).toBe(32);
    const [header, ...lines] = await predicted("fails", "machines.csv");
    expect(header).toEqual(["machine", "prediction", "probability_no", "probability_yes"]);
    expect(lines).toHaveLength(160);
    expect(Number(lines[0]![2]) + Number(lines[0]![3])).toBeCloseTo(1, 9);
  }, 300_000);

  test("numbers of whole machines", async () => {
    const record = await trained(
      "machines.csv",
      "wear",
      ...machines,
      "fails",
      "--target",
      "wear",
      "--epochs",
      "4",
    );
    expect(record.task.kind).toBe("regression");
    const [header, ...lines] = await predicted("wear", "machines.csv");
    expect(header).toEqual(["machine", "prediction"]);
    expect(lines).toHaveLength(160);
  }, 300_000);
});

describe("what is refused", () => {
  const failed = async (file: string, ...flags: string[]): Promise<string> => {
    const ran = await runHere([
      "train",
      inWork(file),
      "--task",
      "sequence",
      "--out",
      inWork("none"),
      ...flags,
    ]);
    expect(ran.code).toBe(1);
    return ran.stderr;
  };
  test.each([
    [
      "a table that could be either",
      ["--target", "heat", ...machines.slice(0, 4)],
      /changes within .* of 160 groups.*Give --horizon/s,
    ],
    [
      "no group and no horizon",
      ["--target", "heat", "--time-column", "minute"],
      /Neither --group nor --horizon/,
    ],
    [
      "several series without --group",
      ["--target", "heat", "--time-column", "minute", "--horizon", "2"],
      /more than one sequence.*--group/s,
    ],
    [
      "a forecast of what never changes",
      ["--target", "wear", ...machines.slice(0, 4), "--horizon", "2"],
      /never changes within a group.*Leave --horizon out/s,
    ],
    [
      "a forecast of words",
      ["--target", "fails", ...machines.slice(0, 4), "--horizon", "2"],
      /nothing to forecast|forecasts numbers/,
    ],
    ["no time column", ["--target", "heat"], /--time-column is not given/],
    [
      "a flag without a meaning",
      ["--target", "heat", "--time-column", "minute", "--folds", "3"],
      /--folds is not for sequences/,
    ],
  ])("%s", async (_, flags, words) => {
    expect(await failed("machines.csv", ...flags)).toMatch(words);
  });
  test("flags of sequences without the task", async () => {
    const ran = await runHere(["train", inWork("machines.csv"), "--target", "fails", "--horizon", "3"]);
    expect(ran.stderr).toContain("--horizon is for sequences, and --task sequence is not given");
  });
});
