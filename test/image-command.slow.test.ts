/**
 * `millwright train photos/` end to end: pictures in, a file that tells their classes, through the commands that read
 * one; broken files counted and named, the same command the same bytes.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeImage } from "../src/data/index.ts";
import { type JsonSchema, load } from "../src/model/index.ts";
import { findProblem } from "../src/model/json-schema.ts";
import { compile } from "../src/runtime/index.ts";
import type { ImageRecord } from "../src/tasks/index.ts";
import { runHere, temporaryFolder } from "./cli.ts";
import { writePictures } from "./fixtures/pictures.ts";

const work = temporaryFolder();
const inWork = (name: string): string => join(work.path, name);
afterAll(() => work[Symbol.dispose]());

const schemaOf = (name: string): JsonSchema =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../docs/schemas/${name}.json`), "utf8")) as JsonSchema;

async function trained(folder: string, out: string, ...flags: string[]): Promise<ImageRecord> {
  const words = [
    "train",
    inWork(folder),
    "--image-size",
    "16",
    "--epochs",
    "8",
    "--out",
    inWork(out),
    "--json",
  ];
  const ran = await runHere([...words, ...flags]);
  expect(ran.code, ran.stderr + ran.stdout).toBe(0);
  const record = JSON.parse(ran.stdout) as ImageRecord;
  expect(findProblem(schemaOf("image"), record)).toBeUndefined();
  expect(JSON.parse(readFileSync(join(inWork(out), "run.json"), "utf8"))).toEqual(record);
  return record;
}

let record: ImageRecord;
beforeAll(async () => {
  await writePictures(inWork("shapes"), { perClass: 40, seed: 1 });
  writeFileSync(inWork("shapes/disc/cut.png"), readFileSync(inWork("shapes/disc/000.png")).subarray(0, 200));
  writeFileSync(inWork("shapes/bar/empty.jpg"), "");
  record = await trained("shapes", "out", "--seed", "3");
}, 300_000);

describe("millwright train on a folder of pictures", () => {
  test("learns the shapes, and judges the file on untouched pictures", () => {
    const { data, test: judged, versus, leaderboard } = record;
    expect(data).toMatchObject({ pictures: 120, testRows: 24, height: 16, width: 16, channels: 3 });
    expect(data.trainRows + data.validationRows + data.testRows).toBe(120);
    const [accuracy] = judged.metrics;
    expect(accuracy).toMatchObject({ name: "accuracy", greaterIsBetter: true });
    expect(accuracy!.value).toBeGreaterThan(0.8);
    expect(accuracy!.baseline).toBeCloseTo(1 / 3, 1);
    expect(record.confusion.reduce((a, b) => a + b, 0)).toBe(24);
    const right = [0, 4, 8].reduce((sum, at) => sum + record.confusion[at]!, 0);
    expect(right / 24).toBeCloseTo(accuracy!.value, 12);
    expect(leaderboard.map(({ family }) => family).sort()).toEqual(["baseline", "classical", "network"]);
    expect(versus.sentence).toMatch(/small-cnn .* (ahead of|behind|more accurate than) random forest/);
    expect(record.network.history).toHaveLength(8);
  });

  test("counts and names broken files", () => {
    expect(record.data.bad.map(({ file }) => file)).toEqual(["bar/empty.jpg", "disc/cut.png"]);
    expect(record.data.bad[0]!.reason).toBe("is empty");
    expect(record.findings.map(({ evidence }) => evidence).join()).toContain("2 pictures cannot be read");
  });

  test("predict answers a folder: a line a file in the order of names, the label, its probabilities", async () => {
    const ran = await runHere([
      "predict",
      inWork("out/model.onnx"),
      inWork("shapes"),
      "-o",
      inWork("p.csv"),
      "--json",
    ]);
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    const said = JSON.parse(ran.stdout) as { rows: number; bad: { file: string }[] };
    expect(findProblem(schemaOf("predict"), said)).toBeUndefined();
    expect(said.rows).toBe(120);
    expect(said.bad.map(({ file }) => file)).toEqual(["bar/empty.jpg", "disc/cut.png"]);
    const [header, ...lines] = readFileSync(inWork("p.csv"), "utf8").trimEnd().split("\n");
    expect(header).toBe("file,prediction,probability_bar,probability_cross,probability_disc");
    expect(lines.map((line) => line.split(",")[0]!)).toEqual(
      [...lines.map((line) => line.split(",")[0]!)].sort(),
    );
    const right = lines.filter((line) => line.split(",")[1] === line.split("/")[0]).length;
    expect(right / 120).toBeGreaterThan(0.85);
    for (const line of lines.slice(0, 5)) {
      const shares = line.split(",").slice(2).map(Number);
      expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    }
  });

  test("an application hands over bytes and gets the same answer", async () => {
    const model = await load(inWork("out/model.onnx"));
    const decoded = await decodeImage(inWork("shapes/disc/007.png"), { width: 16, height: 16 });
    if (!decoded.ok) throw new Error(decoded.reason);
    const answer = await model.predictOne({ image: decoded.pixels });
    await model.close();
    const line = readFileSync(inWork("p.csv"), "utf8")
      .split("\n")
      .find((text) => text.startsWith("disc/007.png"))!;
    expect(line.split(",")[1]).toBe(answer.prediction);
    expect(Number(line.split(",")[4])).toBeCloseTo(answer.probabilities!["disc"]!, 6);
  });

  test("the graph brings pictures of another size to its own", async () => {
    const session = await compile(readFileSync(inWork("out/model.onnx")));
    try {
      for (const kind of ["disc", "bar"]) {
        const large = await decodeImage(inWork(`shapes/${kind}/007.png`), { width: 40, height: 56 });
        if (!large.ok) throw new Error(large.reason);
        const image = { dtype: "uint8", shape: [1, 56, 40, 3], data: Uint8Array.from(large.pixels) } as const;
        const { prediction } = await session.run({ image });
        expect(prediction!.data).toEqual([kind]);
      }
    } finally {
      await session.release();
    }
  });

  test("inspect proves the golden pictures and tells what the file takes", async () => {
    const ran = await runHere(["inspect", inWork("out/model.onnx")]);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain("takes   image  image (16 × 16 × 3)");
    expect(ran.stdout).toContain("answers probabilities  float64 [batch, 3]");
    const trainable = await runHere(["inspect", inWork("out/model.onnx"), "--trainable"]);
    expect(trainable.stdout).toMatch(/trains {2}\d+ tensors/);
  });

  test("one thread and the same command give the same file", async () => {
    const again = await trained("shapes", "again", "--seed", "3");
    expect(again.model.sha256).toBe(record.model.sha256);
  }, 300_000);

  test("two threads share each batch, and two give the same file again", async () => {
    const words = ["--seed", "3", "--threads", "2", "--epochs", "4", "--net", "resnet-8"];
    const two = await trained("shapes", "two threads", ...words);
    const again = await trained("shapes", "two threads again", ...words);
    expect(again.model.sha256).toBe(two.model.sha256);
    expect(two.model.sha256).not.toBe(record.model.sha256);
    const model = await load(inWork("two threads/model.onnx"));
    expect(model.metadata.card!.notes!.join()).toContain("2 threads, which share each batch");
    await model.close();
  });

  test("several networks in one file answer their mean, to the same bytes again", async () => {
    const words = ["--seed", "3", "--epochs", "2", "--members", "3", "--time", "10m"];
    const several = await trained("shapes", "several", ...words);
    expect(several.network.others!.map(({ history }) => history.length)).toEqual([2, 2]);
    expect(several.reproduce).toContain("--members 3");
    const again = await trained("shapes", "several again", ...words);
    expect(again.model.sha256).toBe(several.model.sha256);
    const model = await load(inWork("several/model.onnx"));
    const options = model.metadata.recipe!.options as Record<string, unknown>;
    expect(options["members"]).toBe(3);
    await model.close();
    const from = await runHere([
      "train",
      inWork("shapes"),
      "--from",
      inWork("out/model.onnx"),
      "--members",
      "2",
      "--out",
      inWork("none"),
    ]);
    expect(from.stderr).toContain("--members is 2, and --from begins with one network");
    writeFileSync(inWork("rows.csv"), "a,y\n1,2\n2,3\n");
    const table = await runHere(["train", inWork("rows.csv"), "--target", "y", "--members", "2"]);
    expect(table.stderr).toContain("--members is for a folder of pictures or sounds");
  }, 300_000);

  test("the report shows its worst and least sure pictures, small, and says that it does", () => {
    const page = readFileSync(join(inWork("out"), "report.html"), "utf8");
    expect(page).toMatch(/<h3>Most unsure<\/h3>/);
    expect(page).toContain("img-src data:;");
    expect(page).toContain("It holds a few of the pictures themselves");
    expect(page).toMatch(/id="loss"/);
    const shown = [...page.matchAll(/src="data:image\/png;base64,([^"]+)"/g)].map((match) => match[1]!);
    expect(shown.length).toBeGreaterThan(20);
    expect(shown.length).toBeLessThan(60);
    expect(page).toContain("what the answer rests on");
    expect(page.length).toBeLessThan(400_000);
  });

  test("grey pictures get one channel", async () => {
    await writePictures(inWork("grey"), { perClass: 12, seed: 2, grey: true });
    const grey = await trained("grey", "grey-out", "--epochs", "1", "--augment", "none");
    expect(grey.data.channels).toBe(1);
    expect(grey.reproduce).toContain("--augment none --epochs 1");
    expect(readFileSync(inWork("grey-out/report.html"), "utf8")).not.toContain("As the network sees them");
  }, 300_000);
});

describe("millwright train --from", () => {
  const run = (out: string, ...flags: string[]): Promise<ImageRecord> => trained("shapes", out, ...flags);

  test("begins with a file of ours, whose head it replaces", async () => {
    await run("known", "--families", "network");
    const words = ["train", inWork("shapes"), "--from", inWork("known/model.onnx"), "--epochs", "20"];
    const ran = await runHere([...words, "--families", "network", "--out", inWork("tuned"), "--json"]);
    expect(ran.code, ran.stderr).toBe(0);
    const tuned = JSON.parse(ran.stdout) as ImageRecord;
    expect(findProblem(schemaOf("image"), tuned)).toBeUndefined();
    expect(tuned.network).toMatchObject({ name: "known/model", from: { freeze: ["backbone.**"] } });
    expect(tuned.data).toMatchObject({ width: 16, height: 16, channels: 3 });
    expect(tuned.test.metrics[0]!.value).toBeGreaterThan(0.6);
    const model = await load(inWork("tuned/model.onnx"));
    expect(model.metadata.classes).toEqual(["bar", "cross", "disc"]);
    await model.close();
  }, 300_000);

  test("begins with a file of another tool, all of it trained, and scales its pixels inside the file", async () => {
    const file = join(import.meta.dirname, "fixtures/exports/mobilenet-v2.torchscript.onnx");
    const words = ["train", inWork("shapes"), "--from", file, "--freeze", "none", "--epochs", "2"];
    const scale = ["--pixel-mean", "0.5", "--pixel-deviation", "0.25,0.25,0.25"];
    const rest = ["--families", "network", "--out", inWork("mobile"), "--json"];
    const ran = await runHere([...words, ...scale, ...rest]);
    expect(ran.code, ran.stderr).toBe(0);
    const record = JSON.parse(ran.stdout) as ImageRecord;
    expect(record.network.from).toMatchObject({ freeze: [], rate: 0.1 });
    expect(record.reproduce).toContain("--pixel-mean 0.5 --pixel-deviation 0.25,0.25,0.25 --freeze none");
    const answered = await runHere([
      "predict",
      inWork("mobile/model.onnx"),
      inWork("shapes"),
      "-o",
      inWork("m.csv"),
    ]);
    expect(answered.code, answered.stderr).toBe(0);
  }, 300_000);

  test.each([
    [["--freeze", "none"], "--from names none"],
    [["--from", "x.onnx", "--net", "vit"], "--net and --from both say"],
    [["--from", "absent.onnx"], "SOURCE_NOT_FOUND"],
    [["--families", "boosting"], "there are a network and a forest"],
    [["--from", "known/model.onnx", "--pixel-mean", "0.5"], "brings pixels to scale itself"],
    [["--from", "known/model.onnx", "--augment", "flip"], "runs once over each picture"],
    [["--from", "known/model.onnx", "--image-size", "32"], "takes pictures of 16 × 16"],
    [["--from", "forest/model.onnx"], "train again with --families network"],
    [["--pixel-deviation", "0"], "above 0"],
  ])(
    "refuses %j",
    async (flags, words) => {
      if (flags.includes("forest/model.onnx")) await run("forest", "--epochs", "1", "--families", "forest");
      const given = flags.map((word) => (word.endsWith(".onnx") ? inWork(word) : word));
      const ran = await runHere(["train", inWork("shapes"), "--out", inWork("none"), ...given]);
      expect(ran.code).toBe(1);
      expect(ran.stderr).toContain(words);
    },
    300_000,
  );
});

describe("millwright train --image", () => {
  const table = (
    name: string,
    header: string,
    line: (file: string, label: string, i: number) => string,
  ): string => {
    const lines = ["bar", "cross", "disc"].flatMap((label) =>
      Array.from({ length: 30 }, (_, i) => line(`shapes/${label}/${`${i}`.padStart(3, "0")}.png`, label, i)),
    );
    writeFileSync(inWork(name), `${header}\n${lines.join("\n")}\n`);
    return inWork(name);
  };
  const short = (out: string): string[] => [
    "--image-size",
    "16",
    "--epochs",
    "4",
    "--out",
    inWork(out),
    "--json",
  ];

  test("learns the pictures that a table names, and says what it left out", async () => {
    const file = table("rows.csv", "file,kind", (path, label, i) =>
      i === 29 ? `${path},` : i === 28 && label === "bar" ? `shapes/gone.png,${label}` : `${path},${label}`,
    );
    const ran = await runHere(["train", file, "--image", "file", "--target", "kind", ...short("rows")]);
    expect(ran.code, ran.stderr).toBe(0);
    const found = JSON.parse(ran.stdout) as ImageRecord;
    expect(findProblem(schemaOf("image"), found)).toBeUndefined();
    expect(found.data.pictures).toBe(86);
    expect(found.data.bad).toEqual([{ file: "shapes/gone.png", reason: "is not there" }]);
    expect(found.task.target).toBe("kind");
    expect(found.task.classes.map(({ label }) => label)).toEqual(["bar", "cross", "disc"]);
    expect(found.findings.map(({ evidence }) => evidence).join()).toMatch(/3 pictures have no kind/);
    expect(found.reproduce).toContain("--target kind --image file");
    expect(found.test.metrics[0]!.value).toBeGreaterThan(0.6);
  }, 300_000);

  test("the command that it ends with answers the table, a line a row with a picture, in their order", async () => {
    const file = table("asked.csv", "file;kind", (path, label, i) =>
      i === 7 ? `shapes/gone.png;${label}` : `${path};${label}`,
    );
    const how = ["--image-size", "16", "--epochs", "1", "--delimiter", ";", "--out", inWork("asked")];
    const ran = await runHere(["train", file, "--image", "file", "--target", "kind", ...how]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).not.toContain("undefined");
    const next = /^next: npx millwright (predict .*)$/m.exec(ran.stdout)![1]!.split(" ");
    expect(next).toEqual([
      ...["predict", inWork("asked/model.onnx"), file, "--image", "file", "--delimiter", "';'"],
      ...["-o", "predictions.csv"],
    ]);
    const words = next.map((word) => (word === "';'" ? ";" : word));
    const told = await runHere([...words.slice(0, -1), inWork("asked.out.csv")]);
    expect(told.code, told.stderr).toBe(0);
    expect(told.stdout).toContain("3 of 90 images cannot be found");
    const lines = readFileSync(inWork("asked.out.csv"), "utf8").trim().split("\n");
    expect(lines[0]).toBe("file,prediction,probability_bar,probability_cross,probability_disc");
    const asked = readFileSync(file, "utf8").trim().split("\n").slice(1);
    expect(lines.slice(1).map((line) => line.split(",")[0])).toEqual(
      asked.map((line) => line.split(";")[0]).filter((name) => name !== "shapes/gone.png"),
    );
    const bare = await runHere(["predict", inWork("asked/model.onnx"), file, "-o", inWork("none.csv")]);
    expect(bare.stderr).toMatch(/answers pictures, and .*asked\.csv is a table.*--image.*PARAMETER_MISSING/);
    const sounds = await runHere([
      "predict",
      inWork("asked/model.onnx"),
      file,
      "--audio",
      "file",
      "-o",
      inWork("none.csv"),
    ]);
    expect(sounds.stderr).toMatch(
      /--audio names a column of sounds, and .* answers pictures.*PARAMETER_CONFLICT/,
    );
  }, 300_000);

  test("other columns are left out by name only", async () => {
    const file = table("more.csv", "file,kind,size", (path, label, i) => `${path},${label},${i * i}`);
    const words = ["train", file, "--image", "file", "--target", "kind"];
    const refused = await runHere([...words, ...short("none")]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/has other columns too: size.*--drop size.*--drop file/s);
    const ran = await runHere([...words, "--drop", "size", ...short("more")]);
    expect(ran.code, ran.stderr).toBe(0);
    expect((JSON.parse(ran.stdout) as ImageRecord).reproduce).toContain("--drop size");
  }, 300_000);

  test("a column of pictures is not left out in silence", async () => {
    const file = table("unsaid.csv", "file,kind,size", (path, label, i) => `${path},${label},${i * i}`);
    const ran = await runHere(["train", file, "--target", "kind", "--out", inWork("none")]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/"file" names pictures.*--image file.*--drop file.*--keep file/s);
  });

  test.each([
    [["--image", "file"], "--target names none"],
    [["--image", "file", "--target", "file"], "both name the column"],
    [["--image", "fil", "--target", "kind"], "SCHEMA_MISSING_COLUMN"],
    [["--image", "file", "--target", "size"], "told apart by classes"],
    [["--image", "file", "--target", "kind", "--folds", "3"], "--folds is not for a table of pictures"],
  ])("refuses %j", async (flags, words) => {
    const file = table(
      "odd.csv",
      "file,kind,size",
      (path, label, i) => `${path},${label},${i * i + label.length * 1000}`,
    );
    const drop = flags.includes("size") ? "kind" : "size";
    const ran = await runHere(["train", file, ...flags, "--drop", drop, "--out", inWork("none")]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(words);
  });
});

describe("odd and broken pictures", () => {
  test("each is read or named, and the run goes on", async () => {
    await writePictures(inWork("odd"), { perClass: 30, seed: 5 });
    const { default: sharp } = await import("sharp");
    const at = (name: string): string => inWork(`odd/${name}`);
    const source = sharp(inWork("odd/disc/000.png"));
    await source.clone().toColourspace("cmyk").jpeg().toFile(at("disc/cmyk.jpg"));
    await source.clone().toColourspace("rgb16").png().toFile(at("disc/deep.png"));
    await source.clone().ensureAlpha(0.5).png().toFile(at("disc/alpha.png"));
    await source.clone().withMetadata({ orientation: 6 }).jpeg().toFile(at("disc/turned.jpg"));
    const frames = await source.clone().extend({ bottom: 24 }).raw().toBuffer();
    await sharp(frames, { raw: { width: 24, height: 48, channels: 3, pageHeight: 24 } })
      .gif()
      .toFile(at("disc/moving.gif"));
    await sharp({ create: { width: 20_000, height: 12, channels: 3, background: "grey" } })
      .png()
      .toFile(at("bar/wide.png"));
    writeFileSync(at("bar/empty.png"), "");
    writeFileSync(at("bar/noise.jpg"), "this is no picture");
    writeFileSync(at("bar/half.png"), readFileSync(at("bar/000.png")).subarray(0, 150));
    mkdirSync(at("star"));
    copyFileSync(at("disc/001.png"), at("star/only.png"));
    mkdirSync(at("none"));
    const found = await trained("odd", "odd-out", "--epochs", "1");
    expect(found.data.pictures).toBe(90 + 6 + 1);
    expect(found.data.bad.map(({ file }) => file)).toEqual([
      "bar/empty.png",
      "bar/half.png",
      "bar/noise.jpg",
    ]);
    const told = found.findings.map(({ kind, evidence }) => `${kind}: ${evidence}`).join("\n");
    expect(told).toMatch(/loneLabel: .*star/);
    expect(told).toMatch(/emptyClass: .*none/);
    expect(found.task.classes.map(({ label }) => label)).toEqual(["bar", "cross", "disc", "star"]);
  }, 300_000);

  test("a folder without classes is told what is missing", async () => {
    mkdirSync(inWork("flat"));
    copyFileSync(inWork("shapes/disc/001.png"), inWork("flat/1.png"));
    const ran = await runHere(["train", inWork("flat"), "--out", inWork("none")]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("TARGET_MISSING");
  });
});

describe("what is refused", () => {
  const failed = async (...words: string[]): Promise<string> => {
    const ran = await runHere(words);
    expect(ran.code).toBe(1);
    return ran.stderr;
  };

  test("more broken files than a tenth", async () => {
    for (const label of ["a", "b"]) mkdirSync(inWork(`broken/${label}`), { recursive: true });
    for (let i = 0; i < 8; i++) copyFileSync(inWork(`shapes/disc/00${i}.png`), inWork(`broken/a/${i}.png`));
    for (let i = 0; i < 2; i++) writeFileSync(inWork(`broken/b/${i}.png`), "no picture");
    expect(await failed("train", inWork("broken"), "--out", inWork("none"))).toMatch(
      /2 of 10 images .* cannot be read, more than 10 %.*b\/0\.png is no image.*\[SOURCE_UNREADABLE\]/s,
    );
  });

  test("flags that have no meaning there", async () => {
    expect(await failed("train", inWork("shapes"), "--folds", "3", "--out", inWork("none"))).toContain(
      "--folds is not for a folder of pictures",
    );
    writeFileSync(inWork("t.csv"), "a,b\n1,2\n");
    expect(await failed("train", inWork("t.csv"), "--target", "b", "--net", "vit")).toContain(
      "--net is for a folder of pictures or sounds",
    );
    expect(await failed("train", inWork("shapes"), "--augment", "twist", "--out", inWork("none"))).toContain(
      "Choose from flip, move, light, erase, speed",
    );
    expect(await failed("train", inWork("shapes"), "--image-size", "20", "--out", inWork("none"))).toContain(
      "needs a multiple of 8",
    );
    expect(
      await failed(
        "predict",
        inWork("out/model.onnx"),
        inWork("shapes"),
        "-o",
        inWork("q.csv"),
        "--sample",
        "s.csv",
      ),
    ).toContain("for which --sample has no meaning");
  });

  test("a model of pictures on a table, by evaluate", async () => {
    expect(await failed("evaluate", inWork("out/model.onnx"), inWork("t.csv"))).toMatch(/picture/);
  });
});
