/** What is broken, or looks it: the error with its code and the words that help, or the table that is read all the same. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OpenOptions, openTable } from "./open-table.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millwright-broken-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function open(name: string, content: string | Uint8Array, options?: OpenOptions) {
  await writeFile(join(folder, name), content);
  return openTable(join(folder, name), options);
}

const many = (line: string, count: number): string => `${line}\n`.repeat(count);

describe("refused", () => {
  test.each<[string, string, string | Uint8Array, OpenOptions, string, RegExp]>([
    ["an empty file", "e.csv", "", {}, "DATA_EMPTY", /e\.csv is empty/],
    ["a file of blank lines", "b.csv", "\n \n\n", {}, "DATA_EMPTY", /b\.csv is empty/],
    ["an empty gzip", "g.csv.gz", gzipSync(""), {}, "DATA_EMPTY", /is empty/],
    ["a header alone", "h.csv", "a,b\n", {}, "DATA_EMPTY", /2 columns and no rows/],
    ["two columns of one name", "d.csv", "a,b,a\n1,2,3\n", {}, "SCHEMA_DUPLICATE_COLUMN", /"a" among its 3/],
    [
      "two columns that SQL takes for one",
      "lc.csv",
      "size,Size\n1,2\n",
      { sql: "SELECT * FROM lc" },
      "SCHEMA_DUPLICATE_COLUMN",
      /"size" and "Size" of lc are one to SQL.*without --sql/s,
    ],
    [
      "ragged rows",
      "r.csv",
      `a,b\n${many("1,2", 40)}3\n4,5,6\n`,
      {},
      "DATA_RAGGED_ROWS",
      /2 of 42 rows.*line 42 \(1 fields\), line 43 \(3 fields\)/,
    ],
    [
      "a quote that never closes",
      "q.csv",
      `a,b\n${many("1,x", 30)}2,"y\n${many("3,z", 30)}`,
      {},
      "DATA_RAGGED_ROWS",
      /line 32 .* a quote is not closed/,
    ],
    [
      "bytes that are not the encoding told",
      "u.csv",
      Uint8Array.of(0x61, 10, 0xe9, 10),
      { encoding: "utf-8" },
      "DATA_ENCODING",
      /not UTF-8/,
    ],
    [
      "half a character of UTF-16",
      "w.csv",
      Buffer.from("\ufeffa\n1\n", "utf16le").subarray(0, -1),
      {},
      "DATA_ENCODING",
      /utf-16le/,
    ],
    [
      "a torn gzip",
      "t.csv.gz",
      gzipSync(many("a,b,c,d", 9999)).subarray(0, 60),
      {},
      "SOURCE_UNREADABLE",
      /unexpected end of file/,
    ],
    [
      "10,000 columns",
      "c.csv",
      `${Array.from({ length: 10_000 }, (_, i) => `c${i}`).join()}\n${many("1,".repeat(9999) + "1", 2)}`,
      {},
      "DATA_TOO_MANY_COLUMNS",
      /10000 columns.*9999/,
    ],
    [
      "a picture",
      "p.csv",
      Uint8Array.from({ length: 5000 }, (_, i) => (i * 37) % 32),
      {},
      "SOURCE_FORMAT",
      /not text/,
    ],
    [
      "Parquet that is none",
      "x.parquet",
      "PAR1 no",
      {},
      "SOURCE_FORMAT",
      /x\.parquet cannot be read as parquet/,
    ],
    [
      "JSON that is none",
      "x.json",
      '[{"a": 1}, {"a": ',
      {},
      "SOURCE_FORMAT",
      /x\.json cannot be read as json/,
    ],
    [
      "JSON without a row",
      "x.json",
      " [ ]",
      {},
      "DATA_EMPTY",
      /x\.json holds no objects, so that it has neither columns nor rows/,
    ],
    ["NDJSON without a line", "x.ndjson", "\n", {}, "DATA_EMPTY", /x\.ndjson holds no objects/],
    [
      "a key twice in an object",
      "x.ndjson",
      '{"a":1,"b":2}\n{"a":1,"b":2,"a":3}\n',
      {},
      "SOURCE_FORMAT",
      /x\.ndjson has an object with the key "a" twice \(line 2\), so that it is open which of its values counts\. Keep one of them/,
    ],
    [
      "a key twice in an object inside a cell",
      "x.json",
      '[{"o":{"k k":1,"k k":2},"b":1}]',
      {},
      "SOURCE_FORMAT",
      /has an object with the key "k k" twice \(row 1\)/,
    ],
    [
      "keys inside a cell that differ by letter case alone",
      "x.json",
      '[{"o":{"k":1,"K":2},"b":1}]',
      {},
      "SOURCE_FORMAT",
      /keys that differ by letter case alone, "K" and another one/,
    ],
    [
      "keys that differ by letter case alone, and the name that one of them would get",
      "x.json",
      '[{"a":1,"A":2,"A_1":3}]',
      {},
      "SCHEMA_DUPLICATE_COLUMN",
      /the keys "a" and "A", which differ by letter case alone, and "A_1" beside them/,
    ],
    ["an unknown extension", "x.docx", "a", {}, "SOURCE_FORMAT", /"\.docx".*--format/],
    [
      "a delimiter of two characters",
      "y.csv",
      "a,b\n1,2\n",
      { delimiter: "||" },
      "PARAMETER_RANGE",
      /one ASCII character/,
    ],
    [
      "a declared column that is absent",
      "z.csv",
      "price,b\n1,2\n",
      { columns: { prize: { kind: "number" } } },
      "SCHEMA_MISSING_COLUMN",
      /nearest name is "price"/,
    ],
    [
      "a number column with words",
      "n.csv",
      "a,b\n1,2\nx,3\n",
      { columns: { a: { kind: "number" } } },
      "SCHEMA_BAD_CELL",
      /"x" in data row 2/,
    ],
    [
      "a SQLite file that is none",
      "s.db",
      many("no database here, whatever its name says", 50),
      {},
      "SOURCE_UNREADABLE",
      /as SQLite/,
    ],
  ])("%s", async (_what, name, content, options, code, message) => {
    const opened = open(name, content, options);
    await expect(opened).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await expect(opened).rejects.toMatchObject({ fix: expect.stringMatching(/^[A-Z].*\.$|^[A-Z].*\w$/s) });
  });

  test.each([
    ["a name mistyped", "sale.csv", "SOURCE_NOT_FOUND", /nearest name in its folder is "sales\.csv"/],
    ["a folder that is not there", "nowhere/sales.csv", "SOURCE_NOT_FOUND", /no folder/],
    ["a folder", ".", "SOURCE_UNREADABLE", /is a folder\. Name a file in it, or several: '.*\*\.csv'/],
    ["a folder of other tables", "parts", "SOURCE_UNREADABLE", /parts is a folder\. .*\*\.parquet'/],
    [
      "a folder of pictures",
      "photos",
      "SOURCE_UNREADABLE",
      /photos is a folder of 2 images, and a table is needed\. Learn .* `millwright train .*photos`/,
    ],
    ["a pattern without files", "*.tsv", "SOURCE_NOT_FOUND", /No file matches/],
  ])("%s", async (_what, name, code, message) => {
    await writeFile(join(folder, "sales.csv"), "a\n1\n");
    await mkdir(join(folder, "parts"), { recursive: true });
    await writeFile(join(folder, "parts/1.parquet"), "");
    for (const kind of ["a", "b"]) {
      await mkdir(join(folder, "photos", kind), { recursive: true });
      await writeFile(join(folder, "photos", kind, "1.jpg"), "");
    }
    await expect(openTable(join(folder, name))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test("a file without permission", async () => {
    const path = join(folder, "locked.csv");
    await writeFile(path, "a\n1\n");
    await chmod(path, 0);
    await chmod(folder, 0o755);
    // Root may read everything, and is nobody meanwhile.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid!(65534);
    try {
      const opened = openTable(path);
      await expect(opened).rejects.toMatchObject({
        code: "SOURCE_UNREADABLE",
        message: expect.stringContaining("locked.csv"),
      });
    } finally {
      if (isRoot) process.seteuid!(0);
    }
  });
});

describe("read all the same", () => {
  test.each<[string, string, readonly string[], readonly unknown[]]>([
    ["one row", "a,b\n1,x\n", [], [1]],
    ["no newline at the end", "a,b\n1,x\n2,y", [], [1, 2]],
    [
      "NaN and infinities among numbers",
      "a,b\n1,x\nNaN,y\ninf,z\n-Infinity,z\n",
      ["missingCode a", "infinite a"],
      [1, Number.NaN, Number.NaN, Number.NaN],
    ],
    ["numbers beyond float64", "a,b\n1,x\n1e999,y\n", ["infinite a"], [1, Number.NaN]],
    ["a column of nothing", "a,b\n1,\n2,\n", ["allMissing b"], [1, 2]],
    ["a column of words for nothing", "a,b\n1,NA\n2,?\n", ["allMissing b"], [1, 2]],
    ["blank lines between rows", "a,b\n1,x\n\n\n2,y\n", [], [1, 2]],
    ["a delimiter at the end of every row", "a,b,\n1,x,\n2,y,\n", [], [1, 2]],
    [
      "a few ragged rows",
      `a,b\n${many("1,x", 400)}2\n`,
      ["raggedRows null"],
      Array.from({ length: 400 }, () => 1),
    ],
    ["a NUL in a cell", `a,b\n1,x\0y\n2,${"z".repeat(99)}\n`, [], [1, 2]],
    ["names with spaces around", " a , b \n1,x\n", [], [1]],
    ["names that are empty", "a,,\n1,x,2\n", [], [1]],
  ])("%s", async (_what, content, findings, expected) => {
    const table = await open("read.csv", content);
    const kinds = ["identifier", "format", "constant"];
    expect(
      table.findings
        .filter(({ kind }) => !kinds.includes(kind))
        .map(({ kind, column }) => `${kind} ${column}`),
    ).toEqual(findings);
    const cells = (await table.read(["a"])).columns.get("a")!;
    expect(cells.type === "number" ? [...cells.values] : cells).toEqual(expected);
  });

  test("a cell of 1 MB, and 9,999 columns", async () => {
    const long = "w ".repeat(500_000);
    const table = await open("long.csv", `a,b\n1,${long}\n2,"${long},"\n`);
    expect((await table.read(["b"])).columns.get("b")).toMatchObject({ dictionary: [long, `${long},`] });
    const names = Array.from({ length: 9999 }, (_, i) => `c${i}`);
    const wide = await open("wide.csv", `${names.join()}\n${many("1,".repeat(9998) + "1", 3)}`);
    expect([wide.rowCount, wide.schema.columns.length]).toEqual([3, 9999]);
  });
});
