/** `train --like` and `eject`: what a file records is fitted anew, on the same rows to the same bytes. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demoCsv, type RunRecord } from "../src/tasks/index.ts";
import { runHere } from "./cli.ts";

// Inside the repository, so that a program there finds the package by its name.
const folder = mkdtempSync(join(import.meta.dirname, "tmp-refit-"));
afterAll(() => rmSync(folder, { recursive: true }));
const inWork = (name: string): string => join(folder, name);
const record = (out: string): RunRecord =>
  JSON.parse(readFileSync(join(inWork(out), "run.json"), "utf8")) as RunRecord;
const train = async (...words: string[]) => {
  const result = await runHere(["train", ...words]);
  expect(result.code, result.stderr).toBe(0);
  return result;
};

beforeAll(async () => {
  writeFileSync(inWork("old.csv"), demoCsv(500));
  const [header, ...rows] = demoCsv(1100).trimEnd().split("\n");
  writeFileSync(inWork("new.csv"), `${[header, ...rows.slice(500)].join("\n")}\n`);
  const settings = ["--cost", "fp=1,fn=4", "--test-size", "0.25", "--seed", "7", "--drop", "plan"];
  await train(inWork("old.csv"), "--target", "left", "--budget", "2", ...settings, "--out", inWork("old"));
}, 120_000);

describe("train --like", () => {
  test("on the same rows gives the same bytes, and says that nothing changed", async () => {
    const { stdout } = await train(
      inWork("old.csv"),
      "--like",
      inWork("old/model.onnx"),
      "--out",
      inWork("same"),
    );
    expect(record("same").model.sha256).toBe(record("old").model.sha256);
    expect(record("same").against).toMatchObject([{ gain: 0, notes: [] }]);
    expect(stdout).toContain("the same within the noise");
    expect(record("same").reproduce).toContain(`--like ${inWork("old/model.onnx")}`);
  });

  test("on new rows fits the same models with the same shares, and tells how the old file does there", async () => {
    await train(inWork("new.csv"), "--like", inWork("old/model.onnx"), "--out", inWork("new"));
    const [old, fresh] = [record("old"), record("new")];
    const shares = ({ leaderboard }: RunRecord): (readonly [string, number])[] =>
      leaderboard
        .filter(({ family, weight }) => weight > 0 && family !== "ensemble")
        .map(({ name, weight }) => [name, weight] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1));
    expect(shares(fresh)).toEqual(shares(old));
    expect(fresh.model.sha256).not.toBe(old.model.sha256);
    expect(fresh.data.testRows).toBe(150);
    expect(fresh.columns.find(({ name }) => name === "plan")!.role).toBe("ignore");
    expect(fresh.against).toHaveLength(1);
    expect(fresh.against![0]!.notes).toEqual(["whether it learnt from these rows is not known"]);
  });

  test.each([
    [["--target", "left"], "PARAMETER_CONFLICT", "--target"],
    [["--time-column", "since"], "PARAMETER_CONFLICT", "--time-column"],
    [["--seed", "0"], "PARAMETER_CONFLICT", "--seed"],
  ])("refuses %j, which the recipe settles", async (flags, code, says) => {
    const command = ["train", inWork("new.csv"), "--like", inWork("old/model.onnx"), ...flags];
    const { code: exit, stderr } = await runHere([...command, "--out", inWork("refused")]);
    expect(exit).toBe(1);
    expect(stderr).toContain(`[${code}]`);
    expect(stderr).toContain(says);
  });
});

describe("eject", () => {
  test("writes at most 100 lines that make the same bytes", async () => {
    const program = inWork("recipe.ts");
    const { stdout, code, stderr } = await runHere([
      "eject",
      inWork("old/model.onnx"),
      "-o",
      program,
      "--json",
    ]);
    expect(code, stderr).toBe(0);
    const text = readFileSync(program, "utf8");
    expect((JSON.parse(stdout) as { lines: number }).lines).toBe(text.split("\n").length - 1);
    expect(text.split("\n").length - 1).toBeLessThanOrEqual(100);
    const ran = spawnSync(process.execPath, ["--import", "tsx", program, inWork("old.csv")], { cwd: folder });
    expect(ran.status, String(ran.stderr)).toBe(0);
    expect(String(ran.stdout)).toContain("the same table\nthe same file\n");
    expect(readFileSync(inWork("model.onnx"))).toEqual(readFileSync(inWork("old/model.onnx")));
    // As in a package that does not say "type": "module", where a program cannot wait outside of functions.
    const common = inWork("recipe.cts");
    writeFileSync(common, text);
    const checked = spawnSync(
      process.execPath,
      [
        join(import.meta.dirname, "../node_modules/typescript/bin/tsc"),
        "--noEmit",
        "--strict",
        "--target",
        "es2024",
        "--module",
        "nodenext",
        "--types",
        "node",
        "--ignoreConfig",
        program,
        common,
      ],
      { cwd: folder },
    );
    expect(String(checked.stdout) + String(checked.stderr)).toBe("");
    expect(checked.status).toBe(0);
  });

  test("a file that does not say how it was made is refused", async () => {
    const path = join(import.meta.dirname, "golden/onnx/matrix.onnx");
    const { code, stderr } = await runHere(["eject", path, "-o", inWork("none.ts")]);
    expect(code).toBe(1);
    expect(stderr).toContain("[MODEL_INVALID]");
  });
});
