/** The two narrated runs: each step in order, with figures that the run's own record confirms. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { JsonSchema } from "../src/model/index.ts";
import { findProblem } from "../src/model/json-schema.ts";
import type { ImageRecord, RunRecord } from "../src/tasks/index.ts";
import { runBuilt, temporaryFolder } from "./cli.ts";

const work = temporaryFolder();
afterAll(() => work[Symbol.dispose]());
const inWork = (name: string): string => join(work.path, name);
const recordOf = <T>(folder: string): T =>
  JSON.parse(readFileSync(inWork(`${folder}/run.json`), "utf8")) as T;
const titlesOf = (text: string): string[] =>
  [...text.matchAll(/^(\d+)\. (.+)$/gm)].map(([, number, title]) => `${number} ${title}`);

describe("millwright demo ml", () => {
  test("tells the work in order, with the figures of its own run", async () => {
    const { code, stdout } = await runBuilt(["demo", "ml", "--out", inWork("ml")]);
    expect(code).toBe(0);
    expect(titlesOf(stdout)).toEqual([
      "1 The question",
      "2 The data",
      "3 What must not be used",
      "4 Rows that nothing looks at",
      "5 The race",
      "6 The choice",
      "7 The verdict",
      "8 What it goes by, and where it errs",
      "9 The file",
      "10 In use",
      "11 Afterwards",
    ]);
    const { test: judged, leaks, chosen } = recordOf<RunRecord>("ml");
    expect(leaks.map(({ column }) => column)).toEqual(["refund_after_leaving"]);
    expect(stdout).toContain(`chosen: ${chosen}`);
    expect(stdout).toContain(`ROC AUC ${Number(judged.metrics[0]!.value.toPrecision(4))}`);
    // The answers for the new customers, one a line.
    expect(readFileSync(inWork("ml/answers.csv"), "utf8").trimEnd().split("\n")).toHaveLength(6);
  });
});

describe("millwright demo dl", () => {
  test("tells the work in order; the network learns what a forest cannot", async () => {
    const { code, stdout } = await runBuilt(["demo", "dl", "--out", inWork("dl")]);
    expect(code).toBe(0);
    expect(titlesOf(stdout)).toEqual([
      "1 The question",
      "2 Can it learn at all?",
      "3 How fast may it learn?",
      "4 The pictures",
      "5 The training",
      "6 Is a network needed?",
      "7 The verdict",
      "8 The file",
      "9 In use",
    ]);
    const { chosen, versus, data, test: judged } = recordOf<ImageRecord>("dl");
    expect(chosen).toBe("small-cnn");
    expect(versus.low).toBeGreaterThan(0.2);
    expect(judged.metrics[0]!.value).toBeGreaterThan(0.9);
    expect(data.bad.map(({ file }) => file)).toEqual(["cross/broken.png"]);
    expect(stdout).toContain(versus.sentence);
    const [byHeart] = /loss [\d.]+ at the start, [\d.e-]+ after/.exec(stdout)!;
    const [from, to] = byHeart.match(/[\d.]+(?:e-\d+)?/g)!.map(Number) as [number, number];
    expect(to).toBeLessThan(from / 20);
  });

  test("--json prints the record alone", async () => {
    const { code, stdout } = await runBuilt(["demo", "dl", "--seed", "1", "--out", inWork("json"), "--json"]);
    expect(code).toBe(0);
    const schema = JSON.parse(
      readFileSync(join(import.meta.dirname, "../docs/schemas/image.json"), "utf8"),
    ) as JsonSchema;
    expect(findProblem(schema, JSON.parse(stdout))).toBeUndefined();
  });

  test("a note of one's own where the pictures would go stops it before anything is written", async () => {
    mkdirSync(inWork("own"));
    writeFileSync(inWork("own/pictures.txt"), "my holidays\n");
    const { code, stderr } = await runBuilt(["demo", "dl", "--out", inWork("own")]);
    expect([code, /pictures\.txt.*OUTPUT_EXISTS/.test(stderr)]).toEqual([1, true]);
    expect(existsSync(inWork("own/pictures"))).toBe(false);
  });
});
