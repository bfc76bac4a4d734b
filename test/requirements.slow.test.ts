/** `--require`: read, judged by the figures of the run, told, and given to the shell as exit code 3. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { demoCsv, parseRequirement, type RunRecord } from "../src/tasks/index.ts";
import { runHere, temporaryFolder } from "./cli.ts";

const work = temporaryFolder();
afterAll(() => work[Symbol.dispose]());
const table = join(work.path, "customers.csv");
writeFileSync(table, demoCsv(400));

interface Told {
  readonly requirement: string;
  readonly value: number;
  readonly low?: number;
  readonly passed: boolean;
}

test.each([
  ["rocAuc>=0.84", "rocAuc", ">=", 0.84],
  [" log_loss < .5 ", "logLoss", "<", 0.5],
  ["pinball@0.9<=1e3", "pinball@0.9", "<=", 1000],
  ["P99ms<=5", "p99Ms", "<=", 5],
  ["fileMb>0", "fileMb", ">", 0],
])("%s is read", (text, figure, comparison, bound) => {
  expect(parseRequirement(text)).toMatchObject({ text: text.trim(), figure, comparison, bound });
});

test.each([
  ["rocAuc", "PARAMETER_RANGE"],
  ["rocAuc=0.8", "PARAMETER_RANGE"],
  ["rocAuc>=high", "PARAMETER_RANGE"],
  ["rocAux>=0.8", "PARAMETER_UNKNOWN"],
  ["fileKb<=10", "PARAMETER_UNKNOWN"],
])("%s is refused", (text, code) => {
  expect(() => parseRequirement(text)).toThrow(code);
});

describe("a run with requirements", () => {
  const train = (out: string, ...rules: string[]) =>
    runHere(
      ["train", table, "--target", "left", "--budget", "2", "--out", join(work.path, out)].concat(
        rules.flatMap((rule) => ["--require", rule]),
      ),
    );

  test("ends with 0 when all are met and with 3 when one is not, and leaves the same file", async () => {
    const met = await train("met", "rocAuc>=0.5", "fileMb<=50", "p99Ms<=10000");
    expect(met.code, met.stderr).toBe(0);
    const missed = await train("missed", "rocAuc>=0.5", "rocAuc>0.9999", "fileMb<=0.000001");
    expect(missed.code, missed.stderr).toBe(3);
    expect(missed.stdout.match(/^pass /gm)).toHaveLength(1);
    expect(missed.stdout.match(/^FAIL /gm)).toHaveLength(2);
    const plain = await train("plain");
    expect(plain.code, plain.stderr).toBe(0);
    const [one, two, three] = ["met", "missed", "plain"].map((name) => recordOf(name));
    expect(two!.model.sha256).toBe(one!.model.sha256);
    expect(three!.model.sha256).toBe(one!.model.sha256);
    expect(three!.requirements).toBeUndefined();
    const told = two!.requirements as readonly Told[];
    const auc = two!.test.metrics.find(({ name }) => name === "rocAuc")!;
    expect(told.map(({ value, low, passed }) => [value, low, passed])).toEqual([
      [auc.value, auc.low, true],
      [auc.value, auc.low, false],
      [statSync(join(work.path, "missed/model.onnx")).size / 1e6, undefined, false],
    ]);
    const time = (one!.requirements as readonly Told[])[2]!.value;
    expect(time).toBeGreaterThan(0);
    expect(time).toBeLessThan(1000);
  }, 180_000);

  test("evaluate holds the file against them on other rows", async () => {
    const model = join(work.path, "met/model.onnx");
    const judge = (...rules: string[]) => runHere(["evaluate", model, table, "--json", ...rules]);
    const missed = await judge("--require", "brier<=0");
    expect(missed.code).toBe(3);
    const { metrics, requirements } = JSON.parse(missed.stdout) as {
      metrics: { name: string; value: number }[];
      requirements: Told[];
    };
    expect(requirements).toHaveLength(1);
    expect(requirements[0]!.value).toBe(metrics.find(({ name }) => name === "brier")!.value);
    expect((await judge("--require", "brier<=1")).code).toBe(0);
    const wrong = await judge("--require", "rmse<=1");
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain("PARAMETER_CONFLICT");
  });
});

function recordOf(folder: string): RunRecord {
  return JSON.parse(readFileSync(join(work.path, folder, "run.json"), "utf8")) as RunRecord;
}
