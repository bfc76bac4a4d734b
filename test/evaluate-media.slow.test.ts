/**
 * `millwright evaluate` of files that answer pictures, sounds and tags: the figures of the training's own test part, the
 * confusion matrix against counting, limits, broken files, and labels that the file does not know.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type JsonSchema } from "../src/model/index.ts";
import { findProblem } from "../src/model/json-schema.ts";
import { readPictures, splitPictures } from "../src/tasks/image/read-pictures.ts";
import type { AudioRecord, ImageRecord, TagRecord } from "../src/tasks/index.ts";
import { runHere, temporaryFolder } from "./cli.ts";
import { writePictures } from "./fixtures/pictures.ts";
import { conllOf, drawSentences } from "./fixtures/sentences.ts";
import { writeSounds } from "./fixtures/sounds.ts";

const work = temporaryFolder();
const at = (name: string): string => join(work.path, name);
afterAll(() => work[Symbol.dispose]());

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, "../docs/schemas/evaluate.json"), "utf8"),
) as JsonSchema;

interface Part {
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  readonly predicted: number;
}
interface Evaluated {
  readonly rows: number;
  readonly tokens?: number;
  readonly metrics: ImageRecord["test"]["metrics"];
  readonly classes: readonly (Part & { readonly label: string; readonly rows: number })[];
  readonly confusion: readonly number[];
  readonly kinds: TagRecord["kinds"];
  readonly bad: readonly { readonly file: string; readonly line?: number; readonly reason: string }[];
  readonly notes?: readonly string[];
  readonly requirements?: readonly { readonly value: number; readonly passed: boolean }[];
}

async function evaluated(model: string, source: readonly string[], ...flags: string[]): Promise<Evaluated> {
  const ran = await runHere(["evaluate", model, ...source, "--seed", "3", "--json", ...flags]);
  expect([0, 3], ran.stderr + ran.stdout).toContain(ran.code);
  const said = JSON.parse(ran.stdout) as Evaluated;
  expect(findProblem(schema, said)).toBeUndefined();
  const failed = said.requirements?.some(({ passed }) => !passed) ?? false;
  expect(ran.code).toBe(failed ? 3 : 0);
  return said;
}

const failed = async (...words: string[]): Promise<string> => {
  const ran = await runHere(words);
  expect(ran.code, ran.stdout).toBe(1);
  return ran.stderr;
};

/** As JSON holds them. */
const figures = (metrics: Evaluated["metrics"]): unknown => JSON.parse(JSON.stringify(metrics));
const byName = (metrics: Evaluated["metrics"]): unknown =>
  Object.fromEntries((figures(metrics) as Evaluated["metrics"]).map((metric) => [metric.name, metric]));

async function train<T>(...words: string[]): Promise<T> {
  const ran = await runHere(["train", ...words, "--seed", "3", "--json"]);
  expect(ran.code, ran.stderr).toBe(0);
  return JSON.parse(ran.stdout) as T;
}

/** Copies files into another folder. */
function copyFiles(from: string, to: string, files: readonly string[]): void {
  for (const file of files) {
    mkdirSync(dirname(at(`${to}/${file}`)), { recursive: true });
    copyFileSync(at(`${from}/${file}`), at(`${to}/${file}`));
  }
}

describe("pictures", () => {
  const model = at("pictures/model.onnx");
  let record: ImageRecord;
  let held: readonly string[];
  beforeAll(async () => {
    await writePictures(at("shapes"), { perClass: 40, seed: 1 });
    const [size, epochs, out] = [
      ["--image-size", "16"],
      ["--epochs", "3"],
      ["--out", at("pictures")],
    ];
    record = await train(at("shapes"), ...size, ...epochs, ...out);
    const pictures = await readPictures({ source: at("shapes") }, { height: 16, width: 16 }, { threads: 1 });
    const { test: untouched } = splitPictures(pictures, { testSize: 0.2, seed: 3 });
    held = Array.from(untouched.rows, (row) => pictures.files[row]!);
    copyFiles("shapes", "held", held);
  }, 300_000);

  test("a folder of the untouched ones has the figures of run.json", async () => {
    const said = await evaluated(model, [at("held")]);
    expect(said.rows).toBe(24);
    expect(figures(said.metrics)).toEqual(record.test.metrics);
    expect(said.confusion).toEqual(record.confusion);
    expect(said.bad).toEqual([]);
  });

  test("so has a table that names them, by its own names of columns, in any order of the classes", async () => {
    const lines = held.map((file) => `${file},${dirname(file)},x`).join("\n");
    writeFileSync(at("held/rows.csv"), `file,kind,other\n${lines}\n`);
    const words = ["--image", "file", "--target", "kind"];
    const said = await evaluated(model, [at("held/rows.csv")], ...words);
    expect(figures(said.metrics)).toEqual(record.test.metrics);
    expect(said.confusion).toEqual(record.confusion);
    writeFileSync(at("held/one.csv"), `class;picture\n${dirname(held[0]!)};${held[0]!}\n;${held[1]!}\n`);
    const one = await evaluated(model, [at("held/one.csv")], "--image", "picture", "--delimiter", ";");
    expect(one.rows).toBe(1);
    expect(one.notes!.join("\n")).toContain('1 picture has no label in "class"');
  });

  test("the classes are those of the lines that predict writes, counted", async () => {
    const said = await evaluated(model, [at("shapes")]);
    await runHere(["predict", model, at("shapes"), "-o", at("p.csv")]);
    const pairs = readFileSync(at("p.csv"), "utf8")
      .trimEnd()
      .split("\n")
      .slice(1)
      .map((line) => [dirname(line.split(",")[0]!), line.split(",")[1]!] as const);
    const names = ["bar", "cross", "disc"];
    const count = (actual: string | undefined, answer: string | undefined): number =>
      pairs.filter(
        ([a, p]) => (actual === undefined || a === actual) && (answer === undefined || p === answer),
      ).length;
    expect(said.confusion).toEqual(names.flatMap((actual) => names.map((answer) => count(actual, answer))));
    expect(said.classes.map(({ label }) => label)).toEqual(names);
    for (const { label, rows, predicted, precision, recall, f1 } of said.classes) {
      const right = count(label, label);
      expect([rows, predicted]).toEqual([count(label, undefined), count(undefined, label)]);
      expect(recall).toBeCloseTo(right / rows, 12);
      expect(precision).toBeCloseTo(right / predicted, 12);
      expect(f1).toBeCloseTo((2 * right) / (rows + predicted), 12);
    }
  });

  test("limits: exit code 3 where one is not kept, and metrics asked for first", async () => {
    const rules = [
      "--require",
      "accuracy>=0.1",
      "--require",
      "fileMb<=0.000001",
      "--require",
      "p99Ms<=100000",
    ];
    const said = await evaluated(model, [at("held")], ...rules, "--metric", "logLoss");
    expect(said.metrics[0]!.name).toBe("logLoss");
    expect(said.requirements!.map(({ passed }) => passed)).toEqual([true, false, true]);
    expect(byName(said.metrics)).toMatchObject({ accuracy: { value: record.test.metrics[0]!.value } });
    const ran = await runHere(["evaluate", model, at("held"), "--require", "accuracy>=2"]);
    expect(ran.code).toBe(3);
    expect(ran.stdout).toContain("FAIL  accuracy>=2");
    expect(ran.stdout).toMatch(/model\.onnx on 24 pictures of .*held/);
    expect(ran.stdout).toMatch(/class +pictures +recall +precision +F1 +most often taken for/);
  });

  test("one class alone: what can be told is told, and what cannot is said", async () => {
    copyFiles(
      "shapes",
      "lone",
      Array.from({ length: 12 }, (_, i) => `disc/0${10 + i}.png`),
    );
    const said = await evaluated(model, [at("lone")]);
    expect(said.rows).toBe(12);
    expect(said.classes[0]).toMatchObject({ label: "bar", rows: 0, recall: null });
    expect(said.metrics.map(({ name }) => name)).not.toContain("rocAuc");
    expect(said.notes!.join("\n")).toContain('needs rows of two labels or more, and all 12 rows are "disc"');
    expect(await failed("evaluate", model, at("lone"), "--metric", "rocAuc")).toContain(
      'rocAuc needs rows of two labels or more, and all 12 rows are "disc"',
    );
  });

  test("broken files are counted and named; more than a tenth of them is an error", async () => {
    copyFiles("held", "broken", held);
    writeFileSync(at("broken/disc/empty.png"), "");
    const said = await evaluated(model, [at("broken")]);
    expect(figures(said.metrics)).toEqual(record.test.metrics);
    expect(said.bad).toEqual([{ file: "disc/empty.png", reason: "is empty" }]);
    expect((await runHere(["evaluate", model, at("broken")])).stdout).toContain(
      "left out: disc/empty.png is empty",
    );
    for (const n of [1, 2]) writeFileSync(at(`broken/bar/none${n}.png`), "no picture");
    expect(await failed("evaluate", model, at("broken"))).toMatch(
      /of 27 images of .*broken cannot be read, more than 10 %.*\[SOURCE_UNREADABLE\]/s,
    );
  });

  test("two folders are one, and a class that the file does not know is named", async () => {
    const both = await evaluated(model, [at("held"), at("lone")]);
    expect(both.rows).toBe(36);
    copyFiles("shapes", "odd/good", ["bar/000.png", "disc/000.png"]);
    mkdirSync(at("odd/new/star"), { recursive: true });
    for (const n of [1, 2]) copyFileSync(at("shapes/disc/000.png"), at(`odd/new/star/${n}.png`));
    expect(await failed("evaluate", model, at("odd/good"), at("odd/new"))).toMatch(
      /the class "star" \(2 pictures\), and model\.onnx knows bar, cross, disc.*\[SCHEMA_WRONG_KIND\]/s,
    );
    // One folder too high.
    expect(await failed("evaluate", model, at("odd"))).toMatch(/the classes "good" .*, "new" /);
  });

  test.each([
    [["shapes"], ["--audio", "file"], "answers pictures, and --audio names sounds"],
    [["shapes"], ["--delimiter", ";"], "--delimiter has no meaning"],
    [["shapes"], ["--task", "classification"], "--task is given too"],
    [["shapes"], ["--target", "kind"], "--target is given too"],
    [["held/rows.csv"], [], "is a file"],
    [["held/rows.csv", "held/one.csv"], ["--image", "file", "--target", "kind"], "2 sources are given"],
    [["held/rows.csv"], ["--image", "fil", "--target", "kind"], "SCHEMA_MISSING_COLUMN"],
    [["shapes"], ["--metric", "rmse"], "The metric rmse is for regression"],
    [["shapes"], ["--require", "spanF1>=0.5"], "is for tags of sentences"],
    [["none"], [], "SOURCE_NOT_FOUND"],
  ])("refuses %j %j", async (source, flags, words) => {
    expect(await failed("evaluate", model, ...source.map(at), ...flags)).toContain(words);
  });

  test("it is not held against a table's file", async () => {
    writeFileSync(at("t.csv"), `a,b\n${Array.from({ length: 60 }, (_, i) => `${i},${i % 2}`).join("\n")}\n`);
    const words = ["train", at("t.csv"), "--target", "b", "--against", model, "--out", at("none")];
    expect(await failed(...words, "--budget", "1")).toContain(
      "answers pictures, and only a file that reads a table",
    );
  });
});

describe("sounds", () => {
  const model = at("sounds/model.onnx");
  let record: AudioRecord;
  beforeAll(async () => {
    writeSounds(at("tones"), { perVoice: 6, seed: 1 });
    writeSounds(at("later"), { perVoice: 2, seed: 2 });
    record = await train(at("tones"), "--test", at("later"), "--epochs", "4", "--out", at("sounds"));
  }, 300_000);

  test("the folder of --test has the figures of run.json, and so has a table of it", async () => {
    const said = await evaluated(model, [at("later")]);
    expect(figures(said.metrics)).toEqual(record.test.metrics);
    expect(said.confusion).toEqual(record.confusion);
    const files = ["fall", "rise", "stay"].flatMap((label) =>
      ["ann", "bob", "eve", "joe"].flatMap((voice) => [0, 1].map((n) => `${label}/${voice}_0${n}.wav`)),
    );
    const lines = files.map((file) => `later/${file},${dirname(file)},${file.split("/")[1]!.split("_")[0]!}`);
    writeFileSync(at("later.csv"), `clip,tune,who\n${lines.join("\n")}\nlater/gone.wav,rise,ann\n`);
    const named = ["--audio", "clip", "--target", "tune"];
    const table = await evaluated(model, [at("later.csv")], ...named);
    expect(figures(table.metrics)).toEqual(record.test.metrics);
    expect(table.bad).toEqual([{ file: "later/gone.wav", reason: "is not there" }]);
    const grouped = await evaluated(model, [at("later.csv")], ...named, "--group", "who");
    const folder = await evaluated(model, [at("later")], "--group", "/([a-z]+)_");
    expect(figures(grouped.metrics)).toEqual(figures(folder.metrics));
    const [one, other] = [grouped, table].map(
      ({ metrics }) => metrics.find(({ name }) => name === "logLoss")!,
    );
    expect(one!.value).toBe(other!.value);
    expect(one!.low).not.toBe(other!.low);
  });

  test("what groups the training kept together is said, where none are given", async () => {
    const words = ["--group", "/([a-z]+)_", "--epochs", "1", "--augment", "none", "--out", at("grouped")];
    await train(at("tones"), ...words);
    const file = at("grouped/model.onnx");
    expect((await evaluated(file, [at("later")])).notes!.join("\n")).toContain('--group "/([a-z]+)_"');
    expect((await evaluated(file, [at("later")], "--group", "/([a-z]+)_")).notes ?? []).toEqual([]);
    expect(await failed("evaluate", file, at("later"), "--group", "(x+)_")).toContain("finds no group in 24");
  }, 300_000);
});

describe("tags", () => {
  const model = at("tags/model.onnx");
  let record: TagRecord;
  beforeAll(async () => {
    writeFileSync(at("train.conll"), conllOf(drawSentences(300, 1)));
    writeFileSync(at("test.conll"), conllOf(drawSentences(60, 9)));
    const words = ["--task", "tags", "--epochs", "3", "--test", at("test.conll"), "--out", at("tags")];
    record = await train(at("train.conll"), ...words);
  }, 300_000);

  test("the file of --test has the figures of run.json, by kind too", async () => {
    const said = await evaluated(model, [at("test.conll")], "--require", "spanF1>=0.1");
    const without = (metrics: Evaluated["metrics"]): unknown =>
      (figures(metrics) as Evaluated["metrics"]).map(({ baseline, ...rest }) => {
        expect(baseline === null || baseline > 0).toBe(true);
        return rest;
      });
    expect(said.rows).toBe(60);
    expect(without(said.metrics)).toEqual(without(record.test.metrics));
    expect(said.metrics.map(({ baseline }) => baseline)).toEqual([null, null, null]);
    expect(said.kinds).toEqual(record.kinds);
    expect(said.tokens).toBe(drawSentences(60, 9).flat().length);
    const ran = await runHere(["evaluate", model, at("test.conll"), "--require", "spanF1>1"]);
    expect(ran.code).toBe(3);
    expect(ran.stdout).toMatch(/model\.onnx on 60 sentences of .*test\.conll/);
    expect(ran.stdout).toMatch(/person +\d+/);
  });

  test("several files are one; unknown kinds count as missed, and bad lines are named", async () => {
    const more = `Zorg\tB-robot\nspoke\tO\n\nlonely\n\n${conllOf(drawSentences(60, 4))}`;
    writeFileSync(at("more.conll"), more);
    const said = await evaluated(model, [at("test.conll"), at("more.conll")], "--metric", "spanRecall");
    expect(said.rows).toBe(121);
    expect(said.metrics[0]!.name).toBe("spanRecall");
    expect(said.notes!.join()).toContain(
      "1 span is of kinds that model.onnx does not know and count as missed: robot (1)",
    );
    expect(said.kinds.find(({ kind }) => kind === "robot")).toMatchObject({ spans: 1, recall: 0 });
    expect(said.bad).toEqual([{ file: at("more.conll"), line: 4, reason: 'has no tag ("lonely")' }]);
  });

  test.each([
    [["--metric", "accuracy"], "spanF1, spanPrecision, spanRecall"],
    [["--require", "accuracy>=0.5"], "is for labels of rows"],
    [["--image", "x"], "answers pictures or sounds"],
    [["--delimiter", ";"], "--delimiter has no meaning"],
    [["--target", "x"], "--target is given too"],
  ])("refuses %j", async (flags, words) => {
    expect(await failed("evaluate", model, at("test.conll"), ...flags)).toContain(words);
  });
});
