import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ErrorCode } from "../../core/index.ts";
import { listMediaFiles, type MediaFolderOptions, readMediaFolder } from "./folder.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "millwright-media-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Empty files: names alone are read. */
async function put(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), "");
  }
}

describe("readMediaFolder", () => {
  test("classes are the first folders, deeper ones only keep files apart", async () => {
    await put("tulip/b.jpg", "tulip/2020/a.JPEG", "rose/z.png", "rose/deep/er/c.webp", "rose/a.gif");
    const { kind, files, labels, missing, skipped, findings } = await readMediaFolder(root);
    expect(kind).toBe("image");
    expect(files).toEqual([
      "rose/a.gif",
      "rose/deep/er/c.webp",
      "rose/z.png",
      "tulip/2020/a.JPEG",
      "tulip/b.jpg",
    ]);
    expect(labels.dictionary).toEqual(["rose", "tulip"]);
    expect([...labels.codes]).toEqual([0, 0, 0, 1, 1]);
    expect(missing).toEqual([]);
    expect(skipped).toEqual({ hidden: 0, other: 0, unread: {}, unreachable: 0, unlabelled: 0 });
    expect(findings).toEqual([]);
  });

  test.each([
    ["audio", ["no/1.wav", "no/2.WAVE", "yes/1.wav", "yes/2.wav"]],
    ["text", ["ham/1.txt", "ham/2.txt", "spam/1.text", "spam/2.txt"]],
  ])("a folder of %s", async (kind, paths) => {
    await put(...paths);
    const read = await readMediaFolder(root);
    expect(read).toMatchObject({ kind, root, files: paths, findings: [] });
  });

  test("names are ordered by code units, folder by folder, whatever order the disk has", async () => {
    const paths = [
      "Z/1.txt",
      "Z/10.txt",
      "Z/2.txt",
      "a/x.txt",
      "a/y.txt",
      "a b/x.txt",
      "a b/y.txt",
      "é/1.txt",
      "é/2.txt",
    ];
    await put(...paths.toReversed());
    const { files, labels } = await readMediaFolder(root);
    expect(files).toEqual(paths);
    expect(labels.dictionary).toEqual(["Z", "a", "a b", "é"]);
  });

  test("one name in two Unicode forms is one class", async () => {
    await put("caf\u00e9/1.txt", "cafe\u0301/2.txt", "tea/1.txt", "tea/2.txt");
    const { labels, files } = await readMediaFolder(root);
    expect(labels.dictionary).toEqual(["caf\u00e9", "tea"]);
    expect(files.slice(0, 2)).toEqual(["caf\u00e9/1.txt", "cafe\u0301/2.txt"]);
  });

  test("hidden names, other files, unread formats and dead links are skipped and counted", async () => {
    await put("a/1.jpg", "a/2.jpg", "a/.DS_Store", "a/Thumbs.db", "b/1.jpg", "b/2.jpg", "b/model.bin");
    await put(
      ".git/c.jpg",
      "__MACOSX/a/1.jpg",
      "b/old.heic",
      "b/older.bmp",
      "b/oldest.bmp",
      "cover.jpg",
      "README.txt",
    );
    await symlink(join(root, "nowhere"), join(root, "b/dead.jpg"));
    const { files, skipped, findings } = await readMediaFolder(root);
    expect(files).toEqual(["a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg"]);
    expect(skipped).toEqual({
      hidden: 4,
      other: 2,
      unread: { bmp: 2, heic: 1 },
      unreachable: 1,
      unlabelled: 1,
    });
    expect(findings.map(({ kind, numbers }) => [kind, numbers])).toEqual([
      ["skippedFiles", { files: 3 }],
      ["skippedFiles", { files: 8 }],
    ]);
    expect(findings[0]!.evidence).toContain("2 .bmp, 1 .heic");
    expect(findings[1]!.evidence).toContain(
      "4 hidden, 2 of another kind than image, 1 that cannot be reached, 1 beside",
    );
  });

  test("links are followed, and one that leads to a folder above it ends", async () => {
    await put("a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg");
    const elsewhere = await mkdtemp(join(tmpdir(), "millwright-linked-"));
    try {
      await writeFile(join(elsewhere, "x.png"), "");
      await symlink(elsewhere, join(root, "c"));
      await symlink(join(root, "a/1.jpg"), join(root, "b/3.jpg"));
      await symlink(root, join(root, "a/loop"));
      const { files, skipped } = await readMediaFolder(root);
      expect(files).toEqual(["a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg", "b/3.jpg", "c/x.png"]);
      expect(skipped.unreachable).toBe(1);
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });

  test("a class with one example and a folder with none are findings", async () => {
    await put("a/1.wav", "a/2.wav", "lone/1.wav", "empty/notes.md");
    await mkdir(join(root, "bare"));
    const { labels, findings } = await readMediaFolder(root);
    expect(labels.dictionary).toEqual(["a", "lone"]);
    expect(findings.map(({ kind }) => kind)).toEqual(["loneLabel", "emptyClass", "skippedFiles"]);
    expect(findings[0]!.evidence).toContain('The class "lone" has one example');
    expect(findings[1]!.evidence).toContain('2 folders hold no audio: "bare", "empty"');
  });

  test("of mixed media the kind that is named is read", async () => {
    await put("a/1.jpg", "a/1.txt", "b/2.jpg", "b/2.txt", "b/3.txt");
    const { kind, files, skipped } = await readMediaFolder(root, { kind: "text" });
    expect(kind).toBe("text");
    expect(files).toEqual(["a/1.txt", "b/2.txt", "b/3.txt"]);
    expect(skipped.other).toBe(2);
  });

  const wrong: readonly [string, readonly string[], MediaFolderOptions, ErrorCode, string][] = [
    ["nothing", [], {}, "DATA_EMPTY", "holds 0 files"],
    ["no media", ["a/1.csv", "b/2.csv"], {}, "DATA_EMPTY", "holds 2 files, and none is image (.jpg"],
    [
      "none of the kind",
      ["a/1.jpg", "b/2.jpg"],
      { kind: "audio" },
      "DATA_EMPTY",
      "none is audio (.wav, .wave)",
    ],
    ["only formats that are not read", ["a/1.mp3", "b/2.mp3"], {}, "SOURCE_FORMAT", "2 files like a/1.mp3"],
    ["mixed media", ["a/1.jpg", "a/2.jpg", "b/1.wav"], {}, "SOURCE_FORMAT", "2 images, 1 sound."],
    ["no class folders", ["1.jpg", "2.jpg"], {}, "TARGET_MISSING", "2 images and no class folders"],
    [
      "no class folders, told of tables too",
      ["1.wav"],
      {},
      "TARGET_MISSING",
      "1 sound and no class folders. Put the sounds of each class into a folder with its name, or name files and classes in a table, its column of paths with --audio.",
    ],
    [
      "one class folder",
      ["a/1.jpg", "a/2.jpg", "1.jpg"],
      {},
      "TARGET_CONSTANT",
      'one class folder with images, "a"',
    ],
    [
      "a folder too high",
      ["images/a/1.jpg", "images/b/1.jpg"],
      {},
      "TARGET_CONSTANT",
      "images, if they lie there",
    ],
    [
      "parts of a split",
      ["train/a/1.jpg", "test/a/1.jpg"],
      {},
      "TARGET_MISSING",
      "parts of a split, not classes: test, train",
    ],
  ];
  test.each(wrong)("%s is an error", async (_, paths, options, code, words) => {
    await put(...paths);
    const error = await readMediaFolder(root, options).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toContain(words);
  });

  test("one class folder is enough to judge", async () => {
    await put("a/1.jpg", "a/2.jpg", "1.jpg");
    const { files, labels } = await readMediaFolder(root, { minClasses: 1 });
    expect(files).toEqual(["a/1.jpg", "a/2.jpg"]);
    expect(labels.dictionary).toEqual(["a"]);
    await expect(readMediaFolder(root)).rejects.toMatchObject({ code: "TARGET_CONSTANT" });
  });

  test("a path that leads nowhere tells the nearest name; a file is none", async () => {
    await put("flowers/a/1.jpg");
    await expect(readMediaFolder(join(root, "flower"))).rejects.toMatchObject({
      code: "SOURCE_NOT_FOUND",
      message: expect.stringContaining('the nearest name beside it is "flowers"'),
    });
    await expect(readMediaFolder(join(root, "flowers/a/1.jpg"))).rejects.toMatchObject({
      code: "SOURCE_UNREADABLE",
      message: expect.stringContaining("is a file"),
    });
  });
});

describe("listMediaFiles", () => {
  test("takes any layout, without labels", async () => {
    await put("1.jpg", "b/2.jpg", "b/c/3.png", "b/notes.bin");
    const { kind, files, findings } = await listMediaFiles(root);
    expect({ kind, files }).toEqual({ kind: "image", files: ["1.jpg", "b/2.jpg", "b/c/3.png"] });
    expect(findings.map((finding) => finding.kind)).toEqual(["skippedFiles"]);
  });

  test("no file of the kind is told without asking for classes", async () => {
    await put("a/1.wav", "b/2.wav");
    await expect(listMediaFiles(root, { kind: "image" })).rejects.toMatchObject({
      code: "DATA_EMPTY",
      fix: "Name a folder or files of images.",
    });
  });

  test("media of several kinds need the one that is meant", async () => {
    await put("1.jpg", "b/2.wav");
    await expect(listMediaFiles(root)).rejects.toMatchObject({ code: "SOURCE_FORMAT" });
    expect((await listMediaFiles(root, { kind: "audio" })).files).toEqual(["b/2.wav"]);
  });
});
