/**
 * `millwright train train.conll --task tags` end to end: tagged sentences in, a file that tags tokens, through the
 * commands that read one; the same command the same bytes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { spanScores } from "../src/metrics/index.ts";
import { type JsonSchema, load } from "../src/model/index.ts";
import { findProblem } from "../src/model/json-schema.ts";
import type { TagRecord } from "../src/tasks/index.ts";
import { runHere, temporaryFolder } from "./cli.ts";
import { conllOf, drawSentences } from "./fixtures/sentences.ts";

const work = temporaryFolder();
const inWork = (name: string): string => join(work.path, name);
afterAll(() => work[Symbol.dispose]());

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, "../docs/schemas/tags.json"), "utf8"),
) as JsonSchema;
const fresh = drawSentences(60, 9);

async function trained(out: string, ...flags: string[]): Promise<TagRecord> {
  const words = ["train", inWork("train.conll"), "--task", "tags", "--epochs", "5", "--out", inWork(out)];
  const ran = await runHere([...words, "--json", ...flags]);
  expect(ran.code, ran.stderr + ran.stdout).toBe(0);
  const record = JSON.parse(ran.stdout) as TagRecord;
  expect(findProblem(schema, record)).toBeUndefined();
  expect(JSON.parse(readFileSync(join(inWork(out), "run.json"), "utf8"))).toEqual(record);
  return record;
}

let record: TagRecord;
beforeAll(async () => {
  writeFileSync(inWork("train.conll"), `${conllOf(drawSentences(400, 1))}\nlonely\nword\tO\n`);
  writeFileSync(inWork("test.conll"), conllOf(fresh));
  record = await trained("out", "--seed", "3");
}, 300_000);

describe("millwright train --task tags", () => {
  test("learns the names, and judges the file on untouched sentences", () => {
    const { data, test: judged, versus, leaderboard } = record;
    expect(data).toMatchObject({ sentences: 400, testRows: 80, validationRows: 48, trainRows: 272 });
    expect(data.bad).toMatchObject([{ reason: 'has no tag ("lonely")' }]);
    expect(judged.metrics.map(({ name }) => name)).toEqual(["spanF1", "spanPrecision", "spanRecall"]);
    const [f1] = judged.metrics;
    expect(f1!.value).toBeGreaterThan(0.9);
    expect(leaderboard.map(({ family }) => family).sort()).toEqual([
      "baseline",
      "classical",
      "ensemble",
      "network",
    ]);
    expect(versus.sentence).toMatch(/^(The network pays|Classical (is|may be) enough): .* span F1 .*\.$/);
    expect(record.kinds.map(({ kind }) => kind)).toEqual(["person", "place"]);
  });

  test("predict writes a line a token, of CoNLL files and of texts, as the file answers in code", async () => {
    const out = inWork("tags.csv");
    const ran = await runHere(["predict", inWork("out/model.onnx"), inWork("test.conll"), "-o", out]);
    expect(ran.code, ran.stderr).toBe(0);
    const lines = readFileSync(out, "utf8").trimEnd().split("\n");
    expect(lines[0]).toBe("sentence,token,prediction");
    const said = fresh.map((): string[] => []);
    for (const line of lines.slice(1)) {
      const cells = line.split(",");
      said[Number(cells[0]) - 1]!.push(cells.at(-1)!);
    }
    const actual = fresh.map((tokens) => tokens.map(([, tag]) => tag));
    expect(spanScores(actual, said).f1).toBeGreaterThan(0.9);
    const model = await load(inWork("out/model.onnx"));
    const tokens = fresh[0]!.map(([token]) => token);
    expect((await model.predictOne({ tokens })).prediction).toEqual(said[0]);
    const long = Array.from({ length: record.data.places + 3 }, () => "word");
    await expect(model.predictOne({ tokens: long })).rejects.toMatchObject({ code: "SCHEMA_WRONG_KIND" });
    await model.close();
    writeFileSync(inWork("new.txt"), `${long.join(" ")}\n\nAda went to Oslo .\n`);
    const text = await runHere(["predict", inWork("out/model.onnx"), inWork("new.txt"), "-o", out]);
    expect(text.stdout).toContain(`${long.length + 5} tags of 2 sentences`);
    expect(readFileSync(out, "utf8").trimEnd().split("\n")).toHaveLength(1 + long.length + 5);
  });

  test("the report and inspect tell what it is", async () => {
    const page = readFileSync(inWork("out/report.html"), "utf8");
    expect(page).toContain("span F1 of person");
    expect(page).toContain("tag look-up");
    const ran = await runHere(["inspect", inWork("out/model.onnx")]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toContain(`tokens (at most ${record.data.places})`);
  });

  test("the same command gives the same bytes, and files of their own are taken", async () => {
    const again = await trained("again", "--seed", "3");
    expect(again.model.sha256).toBe(record.model.sha256);
    const other = await trained(
      "other",
      "--test",
      inWork("test.conll"),
      "--validation",
      inWork("test.conll"),
      "--epochs",
      "1",
    );
    expect(other.data).toMatchObject({ trainRows: 400, validationRows: 60, testRows: 60 });
  }, 300_000);
});

test("a training that the clock ends says that no command gives its file again", async () => {
  // The clock of a run starts with the process, and training ends when nine tenths of the time are gone.
  const time = `${Math.ceil(performance.now() / 900) + 20}s`;
  const words = ["train", inWork("test.conll"), "--task", "tags", "--epochs", "10000", "--time", time];
  const ran = await runHere([...words, "--out", inWork("cut")]);
  expect(ran.code, ran.stderr).toBe(0);
  expect(ran.stdout).toContain("stopped early");
  expect(ran.stdout).toContain("no command stops at the same step again");
  expect(ran.stdout).toContain("again, to the end: npx millwright train");
  expect(ran.stdout).not.toContain("same file");
  expect(readFileSync(inWork("cut/report.html"), "utf8")).toContain(
    "no command stops at the same step again",
  );
}, 300_000);

describe("mistakes", () => {
  const failed = async (...words: string[]): Promise<string> => {
    const ran = await runHere(words);
    expect(ran.code).toBe(1);
    return ran.stderr;
  };
  test("flags of tables, no tags, and commands that want tables", async () => {
    const train = ["train", inWork("train.conll"), "--task", "tags", "--out", inWork("none")];
    expect(await failed(...train, "--target", "x")).toContain("--target is not for --task tags");
    expect(await failed(...train, "--test", inWork("test.conll"), "--test-size", "0.3")).toContain(
      "PARAMETER_CONFLICT",
    );
    writeFileSync(inWork("plain.conll"), "a\tO\nb\tO\n\n".repeat(20));
    expect(await failed("train", inWork("plain.conll"), "--task", "tags", "--out", inWork("none"))).toContain(
      "DATA_ONE_CLASS",
    );
    expect(await failed("eject", inWork("out/model.onnx"), "-o", inWork("e.ts"))).toContain(
      "tags tokens of sentences",
    );
    expect(
      await failed(
        "predict",
        inWork("out/model.onnx"),
        inWork("test.conll"),
        "--sample",
        "x.csv",
        "-o",
        inWork("y"),
      ),
    ).toContain("--sample has no meaning");
  });
});
