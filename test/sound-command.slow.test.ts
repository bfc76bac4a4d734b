/**
 * `millwright train sounds/` end to end: sounds in, a file that tells their classes, through the commands that read one;
 * a voice on one side only, odd formats read, broken files counted and named, the same command the same bytes.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeSound } from "../src/data/index.ts";
import { wavFile } from "../src/data/media/wav-fixture.ts";
import { type JsonSchema, load } from "../src/model/index.ts";
import { findProblem } from "../src/model/json-schema.ts";
import type { AudioRecord } from "../src/tasks/index.ts";
import { runHere, temporaryFolder } from "./cli.ts";
import { writeSounds } from "./fixtures/sounds.ts";

const work = temporaryFolder();
const inWork = (name: string): string => join(work.path, name);
afterAll(() => work[Symbol.dispose]());

const schemaOf = (name: string): JsonSchema =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../docs/schemas/${name}.json`), "utf8")) as JsonSchema;

async function trained(source: string, out: string, ...flags: string[]): Promise<AudioRecord> {
  const ran = await runHere(["train", inWork(source), "--out", inWork(out), "--json", ...flags]);
  expect(ran.code, ran.stderr + ran.stdout).toBe(0);
  const record = JSON.parse(ran.stdout) as AudioRecord;
  expect(findProblem(schemaOf("audio"), record)).toBeUndefined();
  expect(JSON.parse(readFileSync(join(inWork(out), "run.json"), "utf8"))).toEqual(record);
  return record;
}

/** A tone as a WAV file of another form. */
function tone(rate: number, bits: number, channels: number, isFloat = false): Buffer {
  const count = Math.floor(rate / 3);
  const step = bits / 8;
  const data = Buffer.alloc(count * channels * step);
  for (let i = 0; i < count; i++)
    for (let c = 0; c < channels; c++) {
      const level = 0.5 * Math.sin((2 * Math.PI * 600 * i) / rate);
      const at = (i * channels + c) * step;
      if (isFloat) data.writeFloatLE(level, at);
      else if (bits === 8) data.writeUInt8(Math.round(128 + 127 * level), at);
      else data.writeIntLE(Math.round((2 ** (bits - 1) - 1) * level), at, step);
    }
  return wavFile(data, { rate, bits, channels, ...(isFloat && { tag: 3 }) });
}

let record: AudioRecord;
const flags = ["--group", "([a-z]+)_", "--epochs", "20", "--seed", "3"];
beforeAll(async () => {
  writeSounds(inWork("tones"), { perVoice: 8, seed: 1 });
  const odd = {
    "44100 stereo": tone(44_100, 16, 2),
    "8 bits": tone(11_025, 8, 1),
    "24 bits": tone(48_000, 24, 1),
  };
  for (const [name, bytes] of Object.entries(odd)) writeFileSync(inWork(`tones/stay/joe_${name}.wav`), bytes);
  writeFileSync(inWork("tones/stay/joe_float.wav"), tone(22_050, 32, 1, true));
  writeFileSync(
    inWork("tones/rise/joe_cut.wav"),
    readFileSync(inWork("tones/rise/joe_00.wav")).subarray(0, 4000),
  );
  writeFileSync(inWork("tones/rise/joe_empty.wav"), "");
  writeFileSync(inWork("tones/fall/ann_text.wav"), "no sound at all");
  record = await trained("tones", "out", ...flags);
}, 300_000);

describe("millwright train on a folder of sounds", () => {
  test("learns the tones, and judges the file on voices that it never heard", () => {
    const { data, test: judged, versus, leaderboard } = record;
    expect(data).toMatchObject({ sounds: 101, rate: 8000 });
    expect(data.length / data.rate).toBeCloseTo(0.5, 9);
    expect(data.trainRows + data.validationRows + data.testRows).toBe(101);
    expect(data.groups).toMatchObject({ by: "([a-z]+)_", count: 4 });
    expect(data.groups!.test).toHaveLength(1);
    expect(judged.metrics[0]).toMatchObject({ name: "accuracy", greaterIsBetter: true });
    expect(judged.metrics[0]!.value).toBeGreaterThan(0.7);
    expect(record.confusion.reduce((a, b) => a + b, 0)).toBe(data.testRows);
    expect(leaderboard.map(({ family }) => family).sort()).toEqual(["baseline", "classical", "network"]);
    expect(versus.sentence).toMatch(/ds-cnn .* (ahead of|behind|more accurate than) random forest/);
    expect(record.network.history).toHaveLength(20);
  });

  test("reads other rates, depths and channels, tells of what is cut, counts and names what is broken", () => {
    expect(record.data.bad.map(({ file }) => file)).toEqual(["fall/ann_text.wav", "rise/joe_empty.wav"]);
    const told = record.findings.map(({ evidence }) => evidence).join("\n");
    expect(told).toContain("2 sounds cannot be read and are left out: fall/ann_text.wav");
    expect(told).toContain("1 sound ends before its header says");
  });

  test("predict answers a folder, and an application gets the same answers", async () => {
    const ran = await runHere([
      "predict",
      inWork("out/model.onnx"),
      inWork("tones"),
      "-o",
      inWork("p.csv"),
      "--json",
    ]);
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    const said = JSON.parse(ran.stdout) as { rows: number; bad: { file: string }[] };
    expect(findProblem(schemaOf("predict"), said)).toBeUndefined();
    expect(said.rows).toBe(101);
    expect(said.bad).toHaveLength(2);
    const [header, ...lines] = readFileSync(inWork("p.csv"), "utf8").trimEnd().split("\n");
    expect(header).toBe("file,prediction,probability_fall,probability_rise,probability_stay");
    const right = lines.filter((line) => line.split(",")[1] === line.split("/")[0]).length;
    expect(right / 101).toBeGreaterThan(0.8);

    const model = await load(inWork("out/model.onnx"));
    const { rate, length } = record.data;
    const decoded = await decodeSound(inWork("tones/stay/joe_44100 stereo.wav"), { rate, length });
    if (!decoded.ok) throw new Error(decoded.reason);
    const answer = await model.predictOne({ sound: decoded.samples });
    await model.close();
    const line = lines.find((text) => text.startsWith("stay/joe_44100 stereo.wav"))!;
    expect(line.split(",")[1]).toBe(answer.prediction);
    expect(Number(line.split(",")[4])).toBeCloseTo(answer.probabilities!["stay"]!, 6);
  });

  test("one thread and the same command give the same file", async () => {
    const again = await trained("tones", "again", ...flags);
    expect(again.model.sha256).toBe(record.model.sha256);
  }, 300_000);

  test("several networks in one file: the first is the one alone, and the same command gives the same file", async () => {
    const words = [...flags.slice(0, 2), "--epochs", "3", "--seed", "3"];
    const alone = await trained("tones", "alone", ...words);
    expect(alone.network.others).toBeUndefined();
    const several = await trained("tones", "several", ...words, "--members", "2");
    expect(several.network.history).toEqual(alone.network.history);
    expect(several.network.others).toHaveLength(1);
    expect(several.network.others![0]!.history).toHaveLength(3);
    expect(several.network.others![0]!.history).not.toEqual(alone.network.history);
    expect(several.reproduce).toContain("--members 2");
    const again = await trained("tones", "several again", ...words, "--members", "2");
    expect(again.model.sha256).toBe(several.model.sha256);
    const page = readFileSync(join(inWork("several"), "report.html"), "utf8");
    expect(page).toContain("ds-cnn, the first of 2");
    const ran = await runHere([
      "train",
      inWork("tones"),
      "--out",
      inWork("told"),
      "--epochs",
      "1",
      "--members",
      "2",
    ]);
    expect(ran.stdout).toMatch(/2 × ds-cnn: \d+ parameters each, best after epochs 1, 1 of 1\./);
  }, 300_000);

  test("the report draws its worst and least sure sounds, small, and says so", () => {
    const page = readFileSync(join(inWork("out"), "report.html"), "utf8");
    expect(page).toContain("Sounds to look at");
    expect(page).toContain("Above the waveform, below the spectrogram");
    expect(page).toMatch(/<h3>Most unsure<\/h3>/);
    expect(page).toContain("It holds a few of the sounds themselves");
    expect(page.match(/<ul class="pictures drawn">/g)!.length).toBeGreaterThan(1);
    expect(page.length).toBeLessThan(900_000);
  });

  test("a table names sounds, labels and voices; another folder tests", async () => {
    const rows = ["fall", "rise", "stay"].flatMap((label) =>
      readdirSync(inWork(`tones/${label}`))
        .filter((name) => /_\d+\.wav$/.test(name))
        .map((name) => `tones/${label}/${name},${label},${name.split("_")[0]}`),
    );
    writeFileSync(inWork("tones.csv"), `clip,tune,who\n${rows.join("\n")}\ntones/gone.wav,rise,joe\n`);
    mkdirSync(inWork("held/rise"), { recursive: true });
    mkdirSync(inWork("held/fall"), { recursive: true });
    for (const label of ["rise", "fall"])
      for (const n of [1, 2, 3])
        copyFileSync(inWork(`tones/${label}/joe_0${n}.wav`), inWork(`held/${label}/${n}.wav`));
    const words = ["--audio", "clip", "--target", "tune", "--epochs", "1", "--augment", "none"];
    const named = await trained("tones.csv", "named", ...words, "--group", "who", "--net", "tcn");
    expect(named.task.target).toBe("tune");
    expect(named.data).toMatchObject({
      sounds: 96,
      bad: [{ file: "tones/gone.wav" }],
      groups: { by: "who" },
    });
    expect(named.network.name).toBe("tcn");
    const tested = await trained(
      "tones",
      "tested",
      "--test",
      inWork("held"),
      "--epochs",
      "1",
      "--length",
      "0.3",
    );
    expect(tested.data).toMatchObject({ testRows: 6, length: 2400 });
    expect(tested.reproduce).toContain("--test ");
  }, 300_000);
});

describe("what is refused", () => {
  const failed = async (...words: string[]): Promise<string> => {
    const ran = await runHere([...words, "--out", inWork("none")]);
    expect(ran.code).toBe(1);
    return ran.stderr;
  };

  test.each([
    [["--group", "(x+)_"], "finds no group in 103"],
    [["--group", "(["], "is no regular expression"],
    [["--group", "(\\.wav)"], "finds 1 group"],
    [["--folds", "3"], "--folds is not for a folder of sounds"],
    [["--image-size", "32"], "--image-size is not for a folder of sounds"],
    [["--net", "vit"], "--net vit is for pictures"],
    [["--augment", "flip"], "--augment flip is for pictures"],
    [["--members", "0"], "--members"],
  ])("%s", async (words, message) => {
    expect(await failed("train", inWork("tones"), ...words)).toContain(message);
  });

  test("more broken files than a tenth, one class, and no classes", async () => {
    for (const label of ["a", "b"]) mkdirSync(inWork(`broken/${label}`), { recursive: true });
    for (let i = 0; i < 8; i++)
      copyFileSync(inWork(`tones/stay/ann_0${i % 8}.wav`), inWork(`broken/a/${i}.wav`));
    for (let i = 0; i < 2; i++) writeFileSync(inWork(`broken/b/${i}.wav`), "no sound");
    expect(await failed("train", inWork("broken"))).toMatch(
      /2 of 10 sounds .* cannot be read, more than 10 %/s,
    );
    expect(await failed("train", inWork("broken/a"))).toMatch(/\[TARGET_MISSING\]/);
    mkdirSync(inWork("single/a"), { recursive: true });
    copyFileSync(inWork("tones/stay/ann_00.wav"), inWork("single/a/1.wav"));
    expect(await failed("train", inWork("single"))).toMatch(/\[TARGET_CONSTANT\]/);
  });
});
