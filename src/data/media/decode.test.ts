import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeUnlessMissing, missingPackage } from "../../../test/needs.ts";
import { resample } from "../../core/index.ts";
import { openTable } from "../open-table.ts";
import { decodeImages, type DecodedFiles, type DecodeOptions, decodeSounds, decodeTexts } from "./decode.ts";
import { openLanes } from "./decode-lanes.ts";
import { listMediaFiles, readMediaFolder } from "./folder.ts";
import { mediaFromTable } from "./from-table.ts";
import type { Media } from "./media.ts";
import { loadSharp } from "./sharp.ts";
import { int16, wavFile } from "./wav-fixture.ts";
import { parseWav } from "./wav.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "millwright-decode-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

const name = (i: number): string => `${String(i).padStart(3, "0")}.wav`;
/** A sound whose first sample tells its number. */
const sound = (i: number): Buffer =>
  wavFile(int16([i / 1000, ...new Array<number>(400).fill(0.25)]), { rate: 8000 });

async function sounds(count: number, broken: readonly number[] = []): Promise<Media> {
  for (let i = 0; i < count; i++) await put(name(i), broken.includes(i) ? "broken" : sound(i));
  return listMediaFiles(root, { kind: "audio" });
}

async function all<T>(files: DecodedFiles<T>) {
  const got = [];
  for await (const file of files) got.push(file);
  return got;
}

async function failure(
  files: DecodedFiles<unknown>,
): Promise<{ code?: string; message: string; read: number }> {
  let read = 0;
  try {
    for await (const _ of files) read++;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { ...(code !== undefined && { code }), message, read };
  }
  throw new Error("it did not fail");
}

const manyFiles = 70;

describe("in order, whatever the number of threads", () => {
  test("two threads give the same files, sounds and list of bad ones as none", async () => {
    const media = await sounds(manyFiles, [3, 40]);
    const rows = media.files.map((_, row) => row);
    const runs = [];
    // Parts of few files are decoded in this thread, all of them in two.
    for (const part of [rows, rows.slice(0, 30), rows.slice(30, 50), rows.slice(50)]) {
      const files = decodeSounds(media, { threads: 2, rate: 16_000, rows: part });
      runs.push({ got: await all(files), bad: files.bad });
    }
    const parts = runs.slice(1);
    expect(runs[0]).toEqual({ got: parts.flatMap(({ got }) => got), bad: parts.flatMap(({ bad }) => bad) });
    const { got, bad } = runs[0]!;
    expect(bad).toEqual([
      { file: "003.wav", reason: "is no sound file, not WAV" },
      { file: "040.wav", reason: "is no sound file, not WAV" },
    ]);
    expect(got.map(({ row }) => row)).toEqual(
      Array.from({ length: manyFiles }, (_, i) => i).filter((i) => i !== 3 && i !== 40),
    );
    const seventh = parseWav(sound(7));
    if (!seventh.ok) throw new Error("unread");
    const there = got.find(({ row }) => row === 7)!;
    expect(there).toMatchObject({ file: "007.wav", rate: 16_000, channels: 1, cutShort: false });
    expect(there.samples).toEqual(resample(seventh.samples, 8000, 16_000));
  });

  test("few files need no thread, and come the same", async () => {
    const got = await all(decodeSounds(await sounds(3)));
    expect(got.map(({ file, samples }) => [file, Math.round(samples[0]! * 1000)])).toEqual([
      ["000.wav", 0],
      ["001.wav", 1],
      ["002.wav", 2],
    ]);
  });

  test("rows choose files and their order, one twice", async () => {
    const media = await sounds(5);
    const got = await all(decodeSounds(media, { rows: [4, 0, 4, 2] }));
    expect(got.map(({ row, samples }) => [row, Math.round(samples[0]! * 1000)])).toEqual([
      [4, 4],
      [0, 0],
      [4, 4],
      [2, 2],
    ]);
    expect(await all(decodeSounds(media, { rows: [] }))).toEqual([]);
    expect(() => decodeSounds(media, { rows: [5] })).toThrow("rows holds 5, and there are 5 files");
  });

  test("a rate too far from the one wanted makes a bad file, not a failed run", async () => {
    await put("a.wav", sound(1));
    await put("b.wav", wavFile(int16([0.5, 0.5]), { rate: 3 }));
    const media = await listMediaFiles(root);
    const files = decodeSounds(media, { rate: 16_000, maxBad: 0.5 });
    expect((await all(files)).length).toBe(1);
    expect(files.bad).toEqual([
      { file: "b.wav", reason: "has a rate of 3 samples a second, too far from 16000" },
    ]);
  });

  test("texts, an empty one among them", async () => {
    await put("ham/a.txt", "good");
    await put("ham/b.txt", "");
    await put("spam/a.txt", Buffer.from("b\u00e4d", "latin1"));
    const media = await readMediaFolder(root);
    const got = await all(decodeTexts(media));
    expect(
      got.map(({ text, encoding, row }) => [
        media.labels.dictionary[media.labels.codes[row]!],
        text,
        encoding,
      ]),
    ).toEqual([
      ["ham", "good", "utf-8"],
      ["ham", "", "utf-8"],
      ["spam", "b\u00e4d", "windows-1252"],
    ]);
  });
});

describe("bad files", () => {
  test("above the share it fails where the next bad one comes, and names the first ones", async () => {
    const broken = [5, 6, 20, 29];
    const media = await sounds(30, broken);
    const failed = await failure(decodeSounds(media, { maxBad: 0.08 }));
    // 2 of 30 are within 8 %, the third is not.
    expect(failed).toMatchObject({ code: "SOURCE_UNREADABLE", read: 18 });
    expect(failed.message).toContain("3 of 30 sounds of ");
    expect(failed.message).toContain("more than 8 %");
    expect(failed.message).toContain("005.wav is no sound file, not WAV; 006.wav is no sound");
    const allowed = decodeSounds(media, { maxBad: 0.14 });
    expect((await all(allowed)).length).toBe(26);
    expect(allowed.bad.map(({ file }) => file)).toEqual(broken.map(name));
  });

  test("maxBad 0 allows none, maxBad 1 all but every one", async () => {
    const media = await sounds(4, [2]);
    expect(await failure(decodeSounds(media, { maxBad: 0 }))).toMatchObject({
      code: "SOURCE_UNREADABLE",
      read: 2,
    });
    expect((await all(decodeSounds(media, { maxBad: 1 }))).length).toBe(3);
    const none = await sounds(4, [0, 1, 2, 3]);
    const { message } = await failure(decodeSounds(none, { maxBad: 1 }));
    expect(message).toContain("None of the 4 sounds");
  });

  test("more than five are counted, the first five named", async () => {
    const media = await sounds(10, [0, 1, 2, 3, 4, 5, 6]);
    const { message } = await failure(decodeSounds(media, { maxBad: 0.6 }));
    expect(message).toContain("7 of 10 sounds");
    expect(message).toMatch(/004\.wav is no sound file, not WAV; and 2 more\./);
  });

  test("files that a table names and that are missing count", async () => {
    await sounds(3);
    await put("rows.csv", `file,y\n${[0, 1, 2, 7].map((i) => `${name(i)},${i}`).join("\n")}\n`);
    const table = await openTable(join(root, "rows.csv"));
    const media = await mediaFromTable(table, "file");
    await table.close();
    expect(await failure(decodeSounds(media))).toMatchObject({
      read: 0,
      message: expect.stringContaining("1 of 4 sounds") as string,
    });
    const files = decodeSounds(media, { maxBad: 0.25 });
    expect((await all(files)).map(({ row }) => media.rows[row])).toEqual([0, 1, 2]);
    expect(files.bad).toEqual([{ file: "007.wav", reason: "is not there" }]);
  });

  test("a file that went away meanwhile is a bad one", async () => {
    const media = await sounds(3);
    await rm(join(root, name(1)));
    const files = decodeSounds(media, { maxBad: 0.5 });
    expect((await all(files)).length).toBe(2);
    expect(files.bad).toEqual([{ file: "001.wav", reason: "is not there" }]);
  });
});

describe("memory and stopping", () => {
  test("a slow reader is run ahead of by the bytes that are allowed", async () => {
    const media = await sounds(manyFiles);
    const bytes = 401 * 4;
    const files = decodeSounds(media, { threads: 2, aheadBytes: 10 * bytes });
    let most = 0;
    for await (const _ of files) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      most = Math.max(most, files.heldBytes);
    }
    expect(most).toBeGreaterThan(3 * bytes);
    expect(most).toBeLessThanOrEqual(10 * bytes);
    expect(files.heldBytes).toBe(0);
  });

  test("without memory ahead one file at a time is decoded", async () => {
    const media = await sounds(30);
    const files = decodeSounds(media, { aheadBytes: 0 });
    let [most, read] = [0, 0];
    for await (const _ of files) {
      read++;
      // The first ones were asked for before their size was known.
      if (read > 6) most = Math.max(most, files.heldBytes);
    }
    expect(read).toBe(30);
    expect(most).toBeLessThanOrEqual(401 * 4);
  });

  test("an abort stops the threads between two files", async () => {
    const media = await sounds(manyFiles);
    const controller = new AbortController();
    const files = decodeSounds(media, { threads: 2, signal: controller.signal });
    let read = 0;
    const reading = (async () => {
      for await (const _ of files) if (++read === 20) controller.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: "CANCELLED" });
    expect(read).toBe(20);
  });

  test("an abort before the start decodes nothing", async () => {
    const media = await sounds(2);
    const files = decodeSounds(media, { signal: AbortSignal.abort() });
    expect(await failure(files)).toMatchObject({ code: "CANCELLED", read: 0 });
  });

  test("a reader that leaves early leaves no thread behind", async () => {
    const media = await sounds(manyFiles);
    for await (const file of decodeSounds(media, { threads: 2 })) if (file.row === 3) break;
    const open = process.getActiveResourcesInfo().filter((kind) => kind === "MessagePort");
    expect(open.length).toBeLessThanOrEqual(idlePorts);
  });

  test("they can be gone through once", async () => {
    const files = decodeSounds(await sounds(2));
    await all(files);
    expect(await failure(files)).toMatchObject({ code: "PARAMETER_CONFLICT" });
  });
});

/** Ports that the test runner itself holds. */
const idlePorts = process.getActiveResourcesInfo().filter((kind) => kind === "MessagePort").length;

test("a share that is just reached is allowed, though 1 − 0.9 is less than a tenth; it is told rounded", async () => {
  const media = await sounds(10, [4]);
  expect((await all(decodeSounds(media, { maxBad: 1 - 0.9 }))).length).toBe(9);
  const { message } = await failure(decodeSounds(media, { maxBad: 0.07 }));
  expect(message).toContain("more than 7 %");
});

test("a thread tells why the work itself cannot be done", async () => {
  const lanes = openLanes({ kind: "image", options: { width: 5 } }, 1);
  try {
    await put("a.png", "");
    await expect(lanes.decode(join(root, "a.png"))).rejects.toMatchObject({ code: "PARAMETER_CONFLICT" });
  } finally {
    await lanes.close();
  }
});

test("without the package there is one error with one command", async () => {
  const hook = `export async function resolve(name, context, next) {
    if (name === "sharp") throw new Error("not installed");
    return next(name, context);
  }`;
  const main = `
    import { register } from "node:module";
    register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hook)}));
    const { decodeImage } = await import(${JSON.stringify(new URL("./image.ts", import.meta.url).href)});
    await decodeImage(new Uint8Array(9)).then(() => console.log("ran"), (error) => console.log(error.message));`;
  const { stdout } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", main], {
    encoding: "utf8",
  });
  expect(stdout.trim()).toBe(
    "Reading images needs the package sharp, which is not installed for this machine. Install it: npm install sharp [RUNTIME_MISSING]",
  );
});

describe("options", () => {
  const wrong: readonly [string, DecodeOptions & Record<string, unknown>, string, string][] = [
    ["no threads", { threads: 0 }, "PARAMETER_RANGE", "decodeSounds.threads is 0"],
    ["half a thread", { threads: 1.5 }, "PARAMETER_RANGE", "whole number"],
    ["a share above one", { maxBad: 5 }, "PARAMETER_RANGE", "decodeSounds.maxBad is 5"],
    ["a rate of nothing", { rate: 0 }, "PARAMETER_RANGE", "decodeSounds.rate is 0"],
  ];
  test.each(wrong)("%s", async (_, options, code, words) => {
    const media = await sounds(1);
    expect(() => decodeSounds(media, options)).toThrow(words);
    expect(() => decodeSounds(media, options)).toThrow(`[${code}]`);
  });

  test("media of another kind", async () => {
    const media = await sounds(1);
    expect(() => decodeImages(media)).toThrow(
      "decodeImages was given sounds. Use decodeSounds. [SCHEMA_WRONG_KIND]",
    );
    expect(() => decodeTexts(media)).toThrow("[SCHEMA_WRONG_KIND]");
  });
});

describeUnlessMissing("images in threads", missingPackage("sharp"), () => {
  test("a folder of odd and broken pictures: the run goes on, every bad one has its reason", async () => {
    const sharp = await loadSharp();
    const plain = (width: number) =>
      sharp({ create: { width, height: 30, channels: 3, background: "#4080c0" } });
    for (let i = 0; i < 36; i++)
      await put(
        `a/${String(i).padStart(2, "0")}.jpg`,
        await plain(20 + i)
          .jpeg()
          .toBuffer(),
      );
    const jpeg = await plain(400).jpeg().toBuffer();
    await put("b/cmyk.jpg", await plain(40).toColourspace("cmyk").jpeg().toBuffer());
    await put("b/cut.jpg", jpeg.subarray(0, jpeg.length / 2));
    await put("b/empty.jpg", "");
    await put("b/page.jpg", "<!doctype html>");
    await put("b/really-a-png.jpg", await plain(40).ensureAlpha(1).png().toBuffer());
    await put("b/wide.png", await plain(20_000).png().toBuffer());
    const media = await readMediaFolder(root);
    const options = { width: 16, height: 12 };
    const runs = [];
    const rows = media.files.map((_, row) => row);
    for (const part of [rows.slice(0, 21), rows.slice(21), rows]) {
      const files = decodeImages(media, { ...options, rows: part, threads: 2, maxBad: 0.2 });
      runs.push({ got: await all(files), bad: files.bad });
    }
    // Parts of few files are decoded in this thread, all of them in two.
    const { got, bad } = runs[2]!;
    expect({ got: [...runs[0]!.got, ...runs[1]!.got], bad: [...runs[0]!.bad, ...runs[1]!.bad] }).toEqual({
      got,
      bad,
    });
    expect(got.length).toBe(39);
    for (const { pixels, width, height, channels } of got) {
      expect([pixels.length, width, height, channels]).toEqual([16 * 12 * 3, 16, 12, 3]);
    }
    expect(bad.map(({ file }) => file)).toEqual(["b/cut.jpg", "b/empty.jpg", "b/page.jpg"]);
    expect(bad[0]!.reason).toBe("is a broken or cut-off JPEG");
    expect(bad[1]!.reason).toBe("is empty");
    expect(bad[2]!.reason).toContain("is a web page");
    expect(() => decodeImages(media, { width: 5 })).toThrow("[PARAMETER_CONFLICT]");
    expect(() => decodeImages(media, { widht: 5 } as DecodeOptions)).toThrow('the nearest name is "width"');
  });
});
