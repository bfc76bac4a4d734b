import { execFileSync } from "node:child_process";
import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { filesBehind } from "./open-source.ts";
import { prepareFile, writeGrowing, writeWhole } from "./write-whole.ts";

const folder = mkdtempSync(join(tmpdir(), "millwright-write-whole-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);
const grow = (path: string, text: string): Promise<void> =>
  writeGrowing(path, async (growing) => {
    growing.write("wrong and longer than what follows");
    growing.restart();
    growing.write(text);
  });

const ways: readonly (readonly [string, (path: string, text: string) => void | Promise<void>])[] = [
  ["at once", (path, text) => writeWhole({ [path]: text })],
  ["piece by piece", grow],
];

describe.each(ways)("a result written %s", (way, write) => {
  test("follows a link to its file, and the link stays", async () => {
    const far = file(`far ${way}`);
    mkdirSync(far);
    writeFileSync(join(far, "real.csv"), "old");
    const link = file(`link ${way}.csv`);
    symlinkSync(join(far, "real.csv"), link);
    prepareFile(link);
    await write(link, "new");
    expect(readFileSync(join(far, "real.csv"), "utf8")).toBe("new");
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readdirSync(far)).toEqual(["real.csv"]);
  });

  test("goes into a pipe, which stays one", async () => {
    const pipe = file(`pipe ${way}`);
    execFileSync("mkfifo", [pipe]);
    const reader = readFile(pipe, "utf8");
    prepareFile(pipe);
    await write(pipe, "rows\n");
    expect(await reader).toBe("rows\n");
    expect(lstatSync(pipe).isFIFO()).toBe(true);
  });
});

test("the name - is refused, and not a file of that name written", () => {
  expect(() => prepareFile("-", "--out")).toThrow(/--out is "-".*OUTPUT_UNWRITABLE/);
  expect(prepareFile(file("-"), "--out")).toBe(file("-"));
});

describe("a result in the place of what it is made from", () => {
  const table = file("table.csv");
  writeFileSync(table, "a,b\n1,2\n");
  symlinkSync(table, file("by link.csv"));
  linkSync(table, file("hard link.csv"));

  test.each([["table.csv"], ["by link.csv"], ["hard link.csv"], [`../${basename(folder)}/table.csv`]])(
    "is refused: %s",
    (name) => {
      expect(() => prepareFile(join(folder, name), "--out", ["https://example.com/x.csv", table])).toThrow(
        /read here, and the result would take its place\. Choose another place with --out\./,
      );
    },
  );

  test("is refused where a pattern or a database's address names it", async () => {
    const database = file("rows.sqlite");
    writeFileSync(database, "");
    writeFileSync(`${database}-wal`, "");
    for (const [source, place] of [
      [file("tab*.csv"), table],
      [join(folder, "**", "t?ble.csv"), file("by link.csv")],
      [`sqlite:${database}?table=rows`, database],
      [`sqlite://${database}`, `${database}-wal`],
      [database, database],
    ] as const) {
      const read = await filesBehind(["https://example.com/x.csv", "postgres://[", source]);
      expect(() => prepareFile(place, "--out", read), source).toThrow(/the result would take its place/);
      expect(prepareFile(file("new.csv"), "--out", read)).toBe(file("new.csv"));
    }
    expect(await filesBehind(["s3://bucket/*.csv", "mysql://host/db", file("none*.csv")])).toEqual([]);
  });

  test("other files may be replaced, and new ones made", () => {
    writeFileSync(file("other.csv"), "");
    expect(prepareFile(file("other.csv"), "--out", [table])).toBe(file("other.csv"));
    expect(prepareFile(file("new.csv"), "--out", [table, folder])).toBe(file("new.csv"));
  });
});
