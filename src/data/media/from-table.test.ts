import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openTable } from "../open-table.ts";
import { tableFromRows } from "../table-from-rows.ts";
import { mediaFromTable, type MediaTableOptions } from "./from-table.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "millwright-media-table-"));
  await mkdir(join(root, "photos/more"), { recursive: true });
  for (const name of ["a.jpg", "b.png", "more/c.jpg"]) await writeFile(join(root, "photos", name), "");
  await writeFile(join(root, "tone.wav"), "");
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function media(column: string, csv: string, options?: MediaTableOptions) {
  await writeFile(join(root, "rows.csv"), csv);
  const table = await openTable(join(root, "rows.csv"));
  try {
    return await mediaFromTable(table, column, options);
  } finally {
    await table.close();
  }
}

describe("mediaFromTable", () => {
  test("files in the order of the rows, one twice, relative to the table", async () => {
    const got = await media(
      "file",
      `file,price\nphotos/more/c.jpg,1\nphotos/a.jpg,2\nphotos\\b.png,3\nphotos/a.jpg,4\n${join(root, "photos/a.jpg")},5\n`,
    );
    expect(got.kind).toBe("image");
    expect(got.root).toBe(root);
    expect(got.files).toEqual([
      "photos/more/c.jpg",
      "photos/a.jpg",
      "photos/b.png",
      "photos/a.jpg",
      join(root, "photos/a.jpg"),
    ]);
    expect([...got.rows]).toEqual([0, 1, 2, 3, 4]);
    expect(got).toMatchObject({ missing: [], emptyCells: 0, findings: [] });
  });

  test("missing files and empty cells are counted and named, and their rows left out", async () => {
    const got = await media(
      "file",
      "file,y\nphotos/a.jpg,1\nphotos/z.jpg,2\n,3\nphotos/b.png,4\nhttps://example.org/x.jpg,5\nphotos,6\n",
    );
    expect(got.files).toEqual(["photos/a.jpg", "photos/b.png"]);
    expect([...got.rows]).toEqual([0, 3]);
    expect(got.emptyCells).toBe(1);
    expect(got.missing).toEqual([
      { file: "photos/z.jpg", reason: "is not there" },
      { file: "https://example.org/x.jpg", reason: "is an address, not a file" },
      { file: "photos", reason: "is no file" },
    ]);
    expect(got.findings).toHaveLength(1);
    expect(got.findings[0]).toMatchObject({ kind: "missingFiles", column: "file" });
    expect(got.findings[0]!.evidence).toContain(
      '3 of 6 images cannot be found: "photos/z.jpg" in data row 2 is not there;',
    );
    expect(got.findings[0]!.evidence).toContain("1 of 6 cells is empty.");
  });

  test("another root, and a kind that names do not tell", async () => {
    await writeFile(join(root, "photos/plain"), "");
    const got = await media("file", "file,y\na.jpg,1\nplain,2\n", { root: join(root, "photos") });
    expect(got.files).toEqual(["a.jpg", "plain"]);
    const named = await media("file", "file,y\nplain,1\nplain,2\n", {
      root: join(root, "photos"),
      kind: "audio",
    });
    expect(named).toMatchObject({ kind: "audio", files: ["plain", "plain"] });
  });

  test.each([
    ["a column that is not there", "path", "file,y\nphotos/a.jpg,1\n", "SCHEMA_MISSING_COLUMN", '"path"'],
    [
      "a mistyped column",
      "fiel",
      "file,y\nphotos/a.jpg,1\n",
      "SCHEMA_MISSING_COLUMN",
      'the nearest name is "file"',
    ],
    [
      "a column of numbers",
      "y",
      "file,y\nphotos/a.jpg,1\nphotos/b.png,2.5\n",
      "SCHEMA_WRONG_KIND",
      /"y" of .*rows\.csv holds numbers in 2 rows.* Name the column of paths; the other that holds words is "file"\./,
    ],
    [
      "a column of dates",
      "day",
      "file,day\nphotos/a.jpg,2020-01-01\nphotos/b.png,2020-01-02\n",
      "SCHEMA_WRONG_KIND",
      '"day"',
    ],
    [
      "an empty column",
      "file",
      "file,y\n,1\n,2\n",
      "DATA_ALL_MISSING",
      /"file" of .* is empty in all 2 rows\. Name the column of paths; no other of this table holds words\./,
    ],
    [
      "words",
      "answer",
      "answer,file\nyes,photos/a.jpg\nno,photos/b.png\nyes,photos/b.png\n",
      "SOURCE_FORMAT",
      /"answer" of .* holds 2 different values, none of them a file that is read: "yes" in data row 1 is neither image \(.*"file"\./,
    ],
    ["two kinds", "file", "file,y\nphotos/a.jpg,1\ntone.wav,2\n", "SOURCE_FORMAT", "1 image, 1 sound."],
    [
      "a wrong folder",
      "file",
      "file,y\n,1\npics/a.jpg,1\npics/b.jpg,2\n",
      "SOURCE_NOT_FOUND",
      /^None of the 2 files in the column "file" of .*rows\.csv is there: "pics\/a\.jpg" in data row 2 is not there below .*\. Write them relative to the folder of the table; in code, \{ root \} names another\./,
    ],
    [
      "a folder inside that paths leave out",
      "file",
      "file,y\na.jpg,1\nb.png,2\n",
      "SOURCE_NOT_FOUND",
      /"a\.jpg" in data row 1 is not there below .*, but below .*photos\. .*, or in code give \{ root: ".*photos" \}\./,
    ],
    [
      "addresses",
      "file",
      "file,y\nhttps://example.org/a.jpg,1\n",
      "SOURCE_NOT_FOUND",
      /"https:\/\/example\.org\/a\.jpg" in data row 1 is an address, not a file\. Download/,
    ],
  ])("%s", async (_, column, csv, code, words) => {
    const error = await media(column, csv).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toMatch(words);
  });

  test("a table that is no file needs a root", async () => {
    const rows = [{ file: "photos/a.jpg" }, { file: "photos/b.png" }];
    const table = tableFromRows(rows);
    await expect(mediaFromTable(table, "file")).rejects.toMatchObject({ code: "PARAMETER_MISSING" });
    expect((await mediaFromTable(table, "file", { root })).files).toEqual(["photos/a.jpg", "photos/b.png"]);
  });
});
