/** Files that other tools wrote, judged by `evaluate`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openTable } from "../src/data/index.ts";
import { metric } from "../src/metrics/index.ts";
import { encodeTarget, readTask } from "../src/pipeline/index.ts";
import { foreignAnswers } from "../src/tasks/tabular/contender/contender.ts";
import { openForeign } from "../src/tasks/tabular/contender/foreign-file.ts";
import { readOnnx, writeOnnx, graph } from "../src/graph/index.ts";
import { runHere, temporaryFolder } from "./cli.ts";
import { makeChurnModel } from "./fixtures/churn-model.ts";

const work = temporaryFolder();
afterAll(() => work[Symbol.dispose]());
const folder = join(import.meta.dirname, "golden/onnx");
const rows = join(folder, "rows.csv");
const golden = JSON.parse(readFileSync(join(import.meta.dirname, "golden/contenders.json"), "utf8")) as {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly target: string;
        readonly inputs?: readonly string[];
        readonly classes?: readonly string[];
        readonly answers: readonly (number | readonly number[])[];
      }
    >
  >;
};

describe.each(Object.entries(golden.files))("%s.onnx", (name, { target, inputs, classes, answers }) => {
  const path = join(folder, `${name}.onnx`);

  test("answers as in Python", async () => {
    const table = await openTable(rows, { columns: { [target]: { role: "target" } } });
    const frame = await table.read();
    await table.close();
    const task = readTask(frame, frame.schema.columns.find((column) => column.name === target)!);
    const file = await openForeign(path, readFileSync(path));
    const got = await foreignAnswers(file, task, frame, inputs);
    await file.session.release();
    if (task.kind === "classification") expect(task.classes).toEqual(classes);
    const expected = Float64Array.from(answers.flat());
    expect(got.answers.length).toBe(expected.length);
    const scale = task.kind === "regression" ? Math.max(...expected) : 1;
    expect(worst(got.answers, expected) / scale).toBeLessThan(1e-5);
  });

  test("is scored by evaluate", async () => {
    const command = ["evaluate", path, rows, "--target", target, "--json"];
    const { code, stdout, stderr } = await runHere(
      inputs === undefined ? command : [...command, "--inputs", inputs.join(",")],
    );
    expect(code, stderr).toBe(0);
    const { metrics } = JSON.parse(stdout) as { metrics: { name: string; value: number }[] };
    const table = await openTable(rows);
    const frame = await table.read();
    await table.close();
    const task = readTask(frame, frame.schema.columns.find((column) => column.name === target)!);
    const y = encodeTarget(frame, task);
    const flat = Float64Array.from(answers.flat());
    const chosen = task.kind === "regression" ? "rmse" : "logLoss";
    const scored =
      y.kind === "regression"
        ? { y: y.values, predicted: flat }
        : {
            y: y.codes,
            classCount: y.classCount,
            probabilities: flat,
            predicted: new Int32Array(y.codes.length),
          };
    const expected = metric(chosen).score(scored as never);
    expect(metrics.find((item) => item.name === chosen)!.value / expected).toBeCloseTo(1, 4);
  });
});

function worst(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

test("a file that gives labels only is judged by them, and says so", async () => {
  const whole = readOnnx(readFileSync(join(folder, "columns.onnx")));
  const { inputs, metadata, name, carried } = whole;
  const label = new Map([["label", whole.outputs.get("label")!]]);
  const path = join(work.path, "labels.onnx");
  writeFileSync(path, writeOnnx(graph({ inputs, outputs: label, metadata, name, carried })));
  const judged = async (file: string) => {
    const { code, stdout, stderr } = await runHere(["evaluate", file, rows, "--target", "buys", "--json"]);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout) as { notes?: string[]; metrics: { name: string; value: number }[] };
  };
  const [labels, full] = [await judged(path), await judged(join(folder, "columns.onnx"))];
  expect(labels.notes).toEqual(["it gives labels without probabilities, so that each counts as certain"]);
  expect(full.notes).toBeUndefined();
  const accuracy = ({ metrics }: typeof full): number =>
    metrics.find(({ name: n }) => n === "accuracy")!.value;
  expect(accuracy(labels)).toBe(accuracy(full));
});

describe("train --against a file of another table", () => {
  const at = (name: string): string => join(work.path, name);
  const lines = Array.from({ length: 40 }, (_, i) => `${i % 7},${i},${i % 3 === 0 ? "Yes" : "No"},${i}`);
  const failed = async (header: string, target: string): Promise<string> => {
    writeFileSync(at("other.csv"), `${header}\n${lines.join("\n")}\n`);
    writeFileSync(at("churn.onnx"), (await makeChurnModel()).bytes);
    const flags = ["--target", target, "--budget", "1", "--out", at("none")];
    const ran = await runHere(["train", at("other.csv"), "--against", at("churn.onnx"), ...flags]);
    expect(ran.code).toBe(1);
    return ran.stderr;
  };

  test("names the file that asks for a column", async () => {
    expect(await failed("tenure,age,churned,rooms", "churned")).toMatch(
      /churn\.onnx asks for what the table does not have: .*other\.csv has no column "charges" among its 4.*SCHEMA_MISSING_COLUMN/s,
    );
  });

  test("says first that it predicts something else", async () => {
    expect(await failed("tenure,age,churned,rooms", "rooms")).toMatch(
      /churn\.onnx predicts "churned" with the labels No, Yes, and the table is asked for the number "rooms"/,
    );
  });
});
