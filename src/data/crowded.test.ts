/** Columns of more distinct strings than the memory holds: read in order, with dictionaries that begin anew. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Cells, Frame, Schema } from "../schema/index.ts";
import { openCsvFiles } from "./csv-source.ts";
import { Engine } from "./duckdb/engine.ts";
import { expectationsOf } from "./expectations/index.ts";
import { loadTable } from "./load-table.ts";
import { QuerySource } from "./query-source.ts";
import type { RawSource } from "./raw-source.ts";
import { openTable } from "./open-table.ts";
import { findFiles } from "./source.ts";
import { streamTable } from "./streamed-table.ts";
import type { Table } from "./table.ts";

const folder = mkdtempSync(join(tmpdir(), "millwright-crowded-"));
afterAll(() => rmSync(folder, { recursive: true }));
// Wide, so that a chunk has few rows, and long enough to be cut for two threads.
const rowCount = 60_000;
const fillers = Array.from({ length: 60 }, (_, i) => `f${i}`);
const path = join(folder, "wide.csv");
const words = (row: number): string => `the ${row % 977} words of row ${row} are of ${row % 13} and ${row}`;
writeFileSync(
  path,
  `${["note", "code", "amount", "shop", ...fillers].join(",")}\n${Array.from({ length: rowCount }, (_, row) =>
    [words(row), `K${row}x`, `€${row}.5`, `shop ${row % 9}`, ...fillers.map((_, i) => (row * i) % 1013)].join(
      ",",
    ),
  ).join("\n")}\n`,
);
const schema: Schema = {
  columns: [
    { name: "note", kind: "text", role: "feature" },
    { name: "code", kind: "category", role: "feature" },
    { name: "shop", kind: "category", role: "feature" },
  ],
};

const wide: Schema = {
  columns: [
    ...schema.columns,
    ...fillers.map((name) => ({ name, kind: "number", role: "feature", dtype: "float64" }) as const),
  ],
};

/** A column as it reads, row by row. */
function texts(frames: readonly Frame[], name: string): (string | number | null)[] {
  return frames.flatMap((frame): (string | number | null)[] => {
    const cells: Cells = frame.columns.get(name)!;
    if (cells.type === "number") return [...cells.values];
    return Array.from(cells.codes, (code) => (code < 0 ? null : cells.dictionary[code]!));
  });
}

/** Frames whose dictionaries stand as they were when the chunk came, and how many there were. */
async function streamed(table: Table): Promise<{ frames: Frame[]; dictionaries: Set<unknown> }> {
  const frames: Frame[] = [];
  const dictionaries = new Set<unknown>();
  for await (const frame of table.stream()) {
    frames.push(frame);
    const cells = frame.columns.get("note")!;
    if (cells.type === "string") dictionaries.add(cells.dictionary);
  }
  return { frames, dictionaries };
}

async function parquet(): Promise<RawSource> {
  const file = join(folder, "wide.parquet");
  const engine = await Engine.open();
  await engine.execute(`COPY (SELECT * FROM read_csv('${path}')) TO '${file}' (FORMAT parquet)`);
  return QuerySource.open({
    owner: file,
    engine,
    sql: `SELECT * FROM read_parquet('${file}')`,
    content: async () => ({ sha256: "", reads: [] }),
  });
}

describe.each([
  ["CSV on one thread", async () => openCsvFiles(await findFiles(path), { threads: 1 })],
  ["CSV on two threads", async () => openCsvFiles(await findFiles(path), { threads: 2 })],
  ["Parquet", parquet],
])("%s", (_, open) => {
  test("gives the rows that it gives with all strings in memory", async () => {
    const whole = await loadTable(await open(), { schema: wide });
    const table = await streamTable(await open(), 1, { schema: wide, memory: 128e6 / 40 });
    const { frames, dictionaries } = await streamed(table);
    expect(dictionaries.size).toBeGreaterThan(2);
    const expected = [await whole.read()];
    for (const name of ["note", "code", "shop"])
      expect(texts(frames, name), name).toEqual(texts(expected, name));
    const [sample, all] = [await table.sample(777), await whole.sample(777)];
    for (const name of ["note", "code", "shop"])
      expect(texts([sample], name), name).toEqual(texts([all], name));
    // Few strings keep one dictionary.
    const shops = frames.map((frame) => frame.columns.get("shop")!);
    expect(new Set(shops.map((cells) => cells.type === "string" && cells.dictionary)).size).toBe(1);
    await table.close();
  });
});

test("texts stay a feature, and so many codes are left out with a finding that says how to keep them", async () => {
  const source = await openCsvFiles(await findFiles(path), {});
  const table = await streamTable(source, 1, { memory: 128e6 / 40 });
  const kind = (name: string) => table.schema.columns.find((column) => column.name === name);
  expect(kind("note")).toMatchObject({ kind: "text", role: "feature" });
  expect(kind("code")).toMatchObject({ kind: "id", role: "ignore" });
  expect(kind("amount")).toMatchObject({ kind: "number" });
  expect(table.findings.find(({ column }) => column === "code")).toMatchObject({
    kind: "identifier",
    effect: "leftOut",
    undo: "--column code=category",
  });
  const expectations = await expectationsOf(table);
  expect(expectations.columns["code"]).not.toHaveProperty("values");
  const amounts = texts((await streamed(table)).frames, "amount");
  expect(amounts).toEqual(Array.from({ length: rowCount }, (_, row) => row + 0.5));
});

test("a column declared a category stays one", async () => {
  const table = await openTable(path, { memoryBytes: 1, columns: { code: { kind: "category" } } });
  expect(table.schema.columns[1]).toMatchObject({ kind: "category" });
  await table.close();
});
