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

const evaluateSchema = JSON.parse(
  readFileSync(join(import.meta.dirname, "../docs/schemas/evaluate.json"), "utf8"),
) as JsonSchema;

interface Evaluated {
  readonly rows: number;
  readonly metrics: SequenceRecord["test"]["metrics"];
  readonly byHorizon?: {
    readonly file: readonly number[];
    readonly nothing: readonly number[];
    readonly held?: readonly number[];
  };
  readonly intervals?: SequenceRecord["test"]["intervals"];
  readonly confusion?: readonly number[];
  readonly classes?: readonly { readonly label: string; readonly rows: number; readonly recall: number }[];
  readonly notes?: readonly string[];
  readonly requirements?: readonly { readonly passed: boolean }[];
}

async function evaluated(out: string, file: string, ...flags: string[]): Promise<Evaluated> {
  const words = ["evaluate", inWork(`${out}/model.onnx`), inWork(file), "--json", ...flags];
  const ran = await runHere(words);
  expect([0, 3], ran.stderr + ran.stdout).toContain(ran.code);
  const said = JSON.parse(ran.stdout) as Evaluated;
  expect(findProblem(evaluateSchema, said)).toBeUndefined();
  return said;
}

async function refused(out: string, file: string, ...flags: string[]): Promise<string> {
  const ran = await runHere(["evaluate", inWork(`${out}/model.onnx`), inWork(file), ...flags]);
  expect(ran.code, ran.stdout).toBe(1);
  return ran.stderr;
}

/** Lines of a file without its header, of which some are kept or changed. */
function rewrite(from: string, to: string, change: (cells: string[]) => readonly string[] | undefined): void {
  const [header, ...lines] = readFileSync(inWork(from), "utf8").trimEnd().split("\n");
  const kept = lines.flatMap((line) => {
    const cells = change(line.split(","));
    return cells === undefined ? [] : [cells.join(",")];
  });
  writeFileSync(inWork(to), `${[header, ...kept].join("\n")}\n`);
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
    expect(header).toEqual(["shop", "time", "prediction", "low", "high"]);
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
    const { prediction, low, high } = await model.predictOne({ sequence: rows });
    await model.close();
    [prediction as readonly number[], low!, high!].forEach((values, column) =>
      values.forEach((value, k) => expect(Number(lines[6 + k]![2 + column]) / value).toBeCloseTo(1, 6)),
    );
    low!.forEach((value, k) => expect(value).toBeLessThan(high![k]!));
  });

  test("intervals are made of hours behind those that learnt and chose, and hold what they should of the untouched", async () => {
    const { cuts } = record.task;
    expect(cuts!.calibration).toBeGreaterThan(cuts!.validation);
    expect(cuts!.test).toBeGreaterThan(cuts!.calibration!);
    expect(record.data.calibrationRows).toBeGreaterThan(50);
    const { coverage, held, width } = record.test.intervals!;
    expect(coverage).toBe(0.9);
    // 192 values in windows of 6; more than a tenth beside the stated share would be no accident.
    expect(Math.abs(held - 0.9)).toBeLessThan(0.1);
    const each = record.byHorizon!.held!;
    expect(each.reduce((a, b) => a + b, 0) / 6).toBeCloseTo(held, 12);
    // North sells 100 and south 1000, with the same spread by its level: the widths tell them apart.
    const [, ...lines] = await predicted("shops", "shops.csv");
    const widths = lines.map(([, , , low, high]) => Number(high) - Number(low));
    widths.slice(0, 6).forEach((north, k) => {
      expect(widths[6 + k]! / north).toBeGreaterThan(5);
      expect(widths[6 + k]! / north).toBeLessThan(20);
    });
    expect(width).toBeGreaterThan(Math.min(...widths));
    expect(width).toBeLessThan(Math.max(...widths));
  });

  test("a wider coverage widens them and leaves the values; a series too short has none, and it is said why", async () => {
    const flags = [...shops, "--horizon", "6", "--epochs", "3", "--seed", "1", "--coverage"];
    const narrow = await trained("shops.csv", "narrow", ...flags, "0.5");
    expect(narrow.test.intervals!.coverage).toBe(0.5);
    expect(narrow.test.intervals!.width).toBeLessThan(record.test.intervals!.width / 1.5);
    expect(narrow.test.intervals!.held).toBeLessThan(record.test.intervals!.held);
    expect(narrow.test.metrics).toEqual(record.test.metrics);
    expect(narrow.reproduce).toContain("--coverage 0.5");
    rewrite("shops.csv", "few.csv", (cells) =>
      cells[0] === "north" && cells[1]! < "2024-01-05" ? cells : undefined,
    );
    const few = await trained("few.csv", "few", ...shops, "--horizon", "2", "--period", "1", "--epochs", "1");
    expect(few.noInterval).toMatch(
      /\d values could be kept back for it, and a coverage of 0.9 needs 9|too short/,
    );
    expect(few.test.intervals).toBeUndefined();
    expect(few.task.cuts!.calibration).toBeUndefined();
    expect((await predicted("few", "few.csv"))[0]).toEqual(["shop", "time", "prediction"]);
  }, 300_000);

  test("evaluate on the untouched hours, and those that they look back on, has the figures of run.json", async () => {
    const first = record.task.cuts!.test - record.input.steps * 3_600_000;
    rewrite("shops.csv", "late.csv", (cells) =>
      Date.parse(`${cells[1]!.replace(" ", "T")}Z`) < first ? undefined : cells,
    );
    const said = await evaluated("shops", "late.csv", "--seed", "1", "--require", "mae<=1");
    expect(said.rows).toBe(record.data.testRows);
    expect(said.requirements).toMatchObject([{ passed: false }]);
    const { metrics } = record.test;
    said.metrics.forEach((metric, i) => {
      const { baseline, ...figures } = metrics[i]!;
      expect(metric).toMatchObject(figures);
      expect(metric.baseline / baseline).toBeCloseTo(1, 9);
    });
    expect(said.metrics).toHaveLength(metrics.length);
    expect(said.byHorizon!.file).toEqual(record.byHorizon!.chosen);
    expect(said.byHorizon!.held).toEqual(record.byHorizon!.held);
    expect(said.intervals).toEqual(record.test.intervals);
    said.byHorizon!.nothing.forEach((value, k) =>
      expect(value / record.byHorizon!.naive[k]!).toBeCloseTo(1, 9),
    );
  });

  test("evaluate says what is missing, and what is no window", async () => {
    rewrite("shops.csv", "gap.csv", (cells) =>
      cells[0] === "south" && Number(cells[1]!.slice(8, 10)) > 2
        ? undefined
        : cells[1] === "2024-01-10 03:00:00"
          ? [...cells.slice(0, 2), "", ...cells.slice(3)]
          : cells,
    );
    const { notes, rows } = await evaluated("shops", "gap.csv");
    expect(notes!.join("\n")).toMatch(
      /1 of 2 series have fewer than \d+ rows.*at \d places no window stands/s,
    );
    expect(rows).toBeGreaterThan(60);
    const header = readFileSync(inWork("shops.csv"), "utf8").replace("sales", "sold");
    writeFileSync(inWork("sold.csv"), header);
    expect(await refused("shops", "sold.csv")).toMatch(
      /"sales".* holds the answers to judge by.*TARGET_MISSING/s,
    );
    rewrite("shops.csv", "short.csv", (cells) => (cells[1]! < "2024-01-02" ? cells : undefined));
    expect(await refused("shops", "short.csv")).toContain("the longest of 2 has 24");
    expect(await refused("shops", "shops.csv", "--metric", "accuracy")).toContain("is for classification");
    expect(await refused("shops", "shops.csv", "--group", "shop")).toContain("--group is for a file of ours");
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
    for (const id of ["by-horizon", "intervals", "forecast-1", "forecast-4", "loss"])
      expect(page).toContain(`id="${id}"`);
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

    const truth = new Map(
      readFileSync(inWork("machines.csv"), "utf8")
        .split("\n")
        .map((row) => [row.split(",")[0]!, row.split(",")[4]!]),
    );
    const counts = ["no", "yes"].flatMap((actual) =>
      ["no", "yes"].map(
        (answer) => lines.filter(([name, told]) => truth.get(name!) === actual && told === answer).length,
      ),
    );
    const said = await evaluated("fails", "machines.csv", "--metric", "accuracy,rocAuc");
    expect(said.confusion).toEqual(counts);
    expect(said.rows).toBe(160);
    expect(said.metrics[0]).toMatchObject({ name: "accuracy", value: (counts[0]! + counts[3]!) / 160 });
    expect(said.metrics[1]!.name).toBe("rocAuc");
    expect(said.classes![1]!.recall).toBeCloseTo(counts[3]! / (counts[2]! + counts[3]!), 12);
    const ran = await runHere(["evaluate", inWork("fails/model.onnx"), inWork("machines.csv")]);
    expect(ran.stdout).toMatch(/on 160 groups of .*class +groups +recall/s);

    rewrite("machines.csv", "some.csv", (cells) =>
      cells[0] === "m3" ? cells.with(4, "") : Number(cells[0]!.slice(1)) < 20 ? cells : undefined,
    );
    const some = await evaluated("fails", "some.csv");
    expect(some.rows).toBe(19);
    expect(some.notes).toEqual(['1 group has no value in "fails" and no figure counts them']);
    rewrite("machines.csv", "odd.csv", (cells) => (cells[0] === "m3" ? cells.with(4, "broken") : cells));
    expect(await refused("fails", "odd.csv")).toMatch(/group "m3" of "machine" has the label "broken"/);
    rewrite("machines.csv", "both.csv", (cells) =>
      cells[0] === "m3" ? cells.with(4, cells[1] === "0" ? "yes" : "no") : cells,
    );
    expect(await refused("fails", "both.csv")).toMatch(/changes within 1 of 160 groups.*one answer a group/s);
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

    const truth = new Map(
      readFileSync(inWork("machines.csv"), "utf8")
        .split("\n")
        .map((row) => [row.split(",")[0]!, Number(row.split(",")[5])]),
    );
    const errors = lines.map(([name, told]) => Math.abs(truth.get(name!)! - Number(told)));
    const said = await evaluated("wear", "machines.csv");
    expect(said.metrics[0]!.name).toBe("mae");
    expect(said.metrics[0]!.value).toBeCloseTo(errors.reduce((a, b) => a + b, 0) / 160, 9);
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
      "a coverage of no forecast",
      ["--target", "fails", ...machines.slice(0, 4), "--coverage", "0.8"],
      /--coverage is for a forecast/,
    ],
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
