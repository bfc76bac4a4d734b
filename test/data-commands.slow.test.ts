/** `check` and `data diff` end to end: what they print, their documents and their exit codes. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonSchema } from "../src/model/index.ts";
import { findProblem } from "../src/model/json-schema.ts";
import { demoCsv } from "../src/tasks/index.ts";
import { runHere, temporaryFolder } from "./cli.ts";

const root = join(import.meta.dirname, "..");
const work = temporaryFolder();
const inWork = (name: string): string => join(work.path, name);
afterAll(() => work[Symbol.dispose]());

const table = inWork("customers.csv");
const later = inWork("later.csv");
const expectations = inWork("expect.json");

function documentOf(stdout: string, schema: string): Record<string, unknown> {
  const document = JSON.parse(stdout) as Record<string, unknown>;
  const text = readFileSync(join(root, `docs/schemas/${schema}.json`), "utf8");
  expect(findProblem(JSON.parse(text) as JsonSchema, document, schema)).toBeUndefined();
  return document;
}

beforeAll(async () => {
  const lines = demoCsv(300).trimEnd().split("\n");
  const text = (rows: readonly string[]): string =>
    `${rows.map((line, row) => `${row === 0 ? "customer" : `C-${row}`},${line}`).join("\n")}\n`;
  writeFileSync(table, text(lines));
  // Ten rows lost, one changed in its last column, the label of another misspelt.
  const rows = text(lines).trimEnd().split("\n");
  const other = (line: string): string =>
    line.replace(/(yes|no)$/, (word) => (word === "yes" ? "no" : "yes"));
  rows[5] = other(rows[5]!);
  rows[9] = rows[9]!.replace(/(yes|no)$/, "perhaps");
  writeFileSync(later, `${rows.slice(0, -10).join("\n")}\n`);
  const { code, stderr } = await runHere(["check", table, "--write", expectations]);
  expect(code, stderr).toBe(0);
});

describe("check", () => {
  test("--write writes a document of the schema, and says what to type next", async () => {
    const { stdout } = await runHere(["check", table, "--write", inWork("again.json")]);
    const text = readFileSync(inWork("again.json"), "utf8");
    expect(text).toBe(readFileSync(expectations, "utf8"));
    documentOf(text, "expectations");
    const next = /^npx millwright (.*)$/m.exec(stdout)![1]!.split(" ");
    expect(next).toEqual(["check", table, "--expect", inWork("again.json")]);
    const { code, stdout: held } = await runHere(next);
    expect(code).toBe(0);
    expect(held).toMatch(/^\d+ expectations: all hold$/m);
    expect(held).not.toContain("FAIL");
  });

  test("--write --json holds what is in the file", async () => {
    const { stdout, stderr, code } = await runHere([
      "check",
      table,
      "--write",
      inWork("third.json"),
      "--json",
    ]);
    expect([code, stderr]).toEqual([0, ""]);
    const document = documentOf(stdout, "check");
    expect(document["expectations"]).toEqual(JSON.parse(readFileSync(inWork("third.json"), "utf8")));
  });

  test("failing rows are told by number and cell, and the exit code is 1", async () => {
    const { code, stdout } = await runHere(["check", later, "--expect", expectations]);
    expect(code).toBe(1);
    expect(stdout.match(/^FAIL /gm)).toHaveLength(1);
    expect(stdout).toMatch(/^FAIL {2}left .*1 row \(0\.345 %\): 9 \(perhaps\)$/m);
  });

  test("--json is a document of the schema, with the same rows", async () => {
    const { code, stdout, stderr } = await runHere(["check", later, "--expect", expectations, "--json"]);
    expect([code, stderr]).toEqual([1, ""]);
    const document = documentOf(stdout, "check") as { passed: boolean; checks: { passed: boolean }[] };
    expect(document.passed).toBe(false);
    expect(document.checks.filter(({ passed }) => !passed)).toMatchObject([
      { expectation: "values", columns: ["left"], failing: 1, examples: [{ row: 9, value: "perhaps" }] },
    ]);
  });

  test("a lost column, an old date and a rule, as text and as a document", async () => {
    writeFileSync(inWork("days.csv"), "day,a,b\n2025-01-01,1,2\n2025-01-03,3,2\n");
    const file = {
      format: 1,
      columns: { day: { kind: "datetime", newest: "2d" }, gone: { maxMissing: 0 } },
      rules: [{ name: "order", sql: "a < b" }],
    };
    writeFileSync(inWork("days.json"), JSON.stringify(file));
    const words = ["check", inWork("days.csv"), "--expect", inWork("days.json"), "--now"];
    const old = await runHere([...words, "2025-02-01"]);
    expect(old.code).toBe(1);
    expect(old.stdout).toMatch(/^FAIL {2}day +newest at most 2d old +2025-01-03T00:00:00\.000Z$/m);
    expect(old.stdout).toMatch(/^FAIL {2}gone +a column of the table +gone is not there$/m);
    expect(old.stdout).toMatch(/^FAIL {2}rule +order: a < b +1 row \(50 %\): 2$/m);
    const fresh = await runHere([...words, "2025-01-04T12:00Z", "--json"]);
    const { checks } = documentOf(fresh.stdout, "check") as { checks: { passed: boolean }[] };
    expect(checks.map(({ passed }) => passed)).toEqual([true, true, false, false]);
  });
});

describe("data diff", () => {
  test("shows rows by id and ends with 0 without limits", async () => {
    const { code, stdout } = await runHere(["data", "diff", table, later, "--id", "customer"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^removed rows {4}10 \(3\.33 %\) {2}rows 291, 292, 293, 294, 295, … of before$/m);
    expect(stdout).toMatch(/^changed rows {4}2 \(0\.69 %\) {2}rows 5, 9 of before$/m);
    expect(stdout).toMatch(/^rows in both {4}290, by customer$/m);
  });

  test("without an id names the column that could be one", async () => {
    const { stdout } = await runHere(["data", "diff", table, later]);
    expect(stdout).toContain("to see which rows changed: --id customer");
  });

  test.each([
    [["--max-changed", "2", "--max-removed", "4%", "--max-added", "0", "--max-drift", "0.2"], 0],
    [["--max-changed", "1"], 3],
    [["--max-removed", "3%"], 3],
    [["--max-drift", "0"], 3],
  ])("%j ends with %d", async (limits, exit) => {
    const words = ["data", "diff", table, later, "--id", "customer", ...limits];
    const { code, stdout } = await runHere(words);
    expect(code).toBe(exit);
    expect(stdout.match(/^(?:pass|FAIL) {2}/gm)).toHaveLength(limits.length / 2);
    expect(stdout.includes("FAIL")).toBe(exit === 3);
    const json = await runHere([...words, "--json"]);
    expect([json.code, json.stderr]).toEqual([exit, ""]);
    const document = documentOf(json.stdout, "data") as { limits: { exceeded: boolean }[]; rows: object };
    expect(document.limits.some(({ exceeded }) => exceeded)).toBe(exit === 3);
    expect(document.rows).toMatchObject({
      id: ["customer"],
      added: 0,
      removed: 10,
      changed: 2,
      matched: 290,
    });
  });

  test("a table and itself are the same", async () => {
    const { code, stdout } = await runHere([
      "data",
      "diff",
      table,
      table,
      "--max-drift",
      "0",
      "--max-added",
      "0",
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain("none added, removed or changed");
  });
});

test("look, check and data diff tell the fingerprint of the version that a run used", async () => {
  const { code, stderr } = await runHere([
    "train",
    table,
    "--target",
    "left",
    "--budget",
    "1",
    "--out",
    inWork("out"),
  ]);
  expect(code, stderr).toBe(0);
  const run = JSON.parse(readFileSync(inWork("out/run.json"), "utf8")) as { data: { sha256: string } };
  const json = async (...words: string[]) => JSON.parse((await runHere([...words, "--json"])).stdout);
  expect((await json("look", table)).sha256).toBe(run.data.sha256);
  expect((await json("check", table, "--expect", expectations)).sha256).toBe(run.data.sha256);
  const { before, after } = await json("data", "diff", table, later);
  expect(before.sha256).toBe(run.data.sha256);
  expect(after.sha256).not.toBe(run.data.sha256);
  expect((await runHere(["look", table])).stdout).toContain(`sha256 ${run.data.sha256.slice(0, 12)}`);
}, 60_000);
