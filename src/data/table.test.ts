import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import type { Cells, Frame } from "../schema/index.ts";
import { Engine } from "./duckdb/engine.ts";
import { sqlText } from "./duckdb/read-query.ts";
import { openTable } from "./open-table.ts";
import { tableFromRows } from "./table-from-rows.ts";

let folder: string;
const rowCount = 140_000;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millwright-table-"));
  const random = createRandom(1);
  const lines = ["id,x,precise,city,money,when,late,flag"];
  for (let row = 0; row < rowCount; row++) {
    const when = new Date(Date.UTC(2020, 0, 1) + row * 60_000).toISOString().slice(0, 19);
    const late = row === rowCount - 5 ? "?" : String(row % 9);
    const city = random.integer(40) === 0 ? "" : `city ${random.integer(300)}`;
    const cells = [
      row,
      (random.normal() * 10).toFixed(2),
      random.next(),
      city,
      `"$${1000 + (row % 700)},000"`,
      when,
      late,
    ];
    lines.push([...cells, row % 2 === 0 ? "yes" : "no"].join(","));
  }
  await writeFile(join(folder, "big.csv"), `${lines.join("\n")}\n`);
  const engine = await Engine.open();
  await engine.execute(
    `COPY (SELECT * FROM read_csv(${sqlText(join(folder, "big.csv"))}, header = true, types = {'late': 'VARCHAR'})) TO ${sqlText(join(folder, "big.parquet"))} (FORMAT parquet)`,
  );
  engine.close();
});
afterAll(() => rm(folder, { recursive: true }));

/** Strings by value, numbers as they are. */
function decoded(cells: Cells): readonly unknown[] {
  return cells.type === "number"
    ? [...cells.values]
    : Array.from(cells.codes, (code) => (code < 0 ? null : cells.dictionary[code]));
}

/** Equal to the last bit; comparing arrays of this length element by element would take seconds. */
function requireSame(a: Cells, b: Cells): void {
  expect(a.type).toBe(b.type);
  if (a.type === "string" && b.type === "string") expect(a.dictionary).toEqual(b.dictionary);
  const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
    Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
  const [left, right] = [a, b].map((cells) => bytes(cells.type === "number" ? cells.values : cells.codes));
  expect(left!.equals(right!)).toBe(true);
}

describe.each(["big.csv", "big.parquet"])("%s, streamed", (name) => {
  test("has the schema, findings and rows of the table in memory", async () => {
    const memory = await openTable(join(folder, name));
    const streamed = await openTable(join(folder, name), { memoryBytes: 1 });
    expect(streamed.schema).toEqual(memory.schema);
    expect(streamed.findings).toEqual(memory.findings);
    expect(streamed.rowCount).toBe(rowCount);
    expect(await streamed.fingerprint()).toBe(await memory.fingerprint());
    const whole = await memory.read();
    const gathered = await streamed.sample(rowCount);
    for (const [column, cells] of whole.columns) requireSame(gathered.columns.get(column)!, cells);
    expect(await streamed.sample(1000, ["x", "city"])).toEqual(await memory.sample(1000, ["x", "city"]));
    await expect(streamed.read()).rejects.toMatchObject({ code: "DATA_LIMIT" });
    await streamed.close();
  });

  test("gives chunks whose codes mean the same throughout", async () => {
    const streamed = await openTable(join(folder, name), { memoryBytes: 1 });
    const whole = decoded((await (await openTable(join(folder, name))).read(["city"])).columns.get("city")!);
    const chunks: Frame[] = [];
    for await (const chunk of streamed.stream(["city"])) chunks.push(chunk);
    expect(chunks.length).toBeGreaterThan(1);
    expect(chunks.flatMap((chunk) => decoded(chunk.columns.get("city")!)).join()).toBe(whole.join());
    await streamed.close();
  });

  test("stops between chunks when asked", async () => {
    const stop = new AbortController();
    const streamed = await openTable(join(folder, name), { memoryBytes: 1 });
    const read = async (): Promise<void> => {
      for await (const chunk of streamed.stream(["x"], stop.signal)) if (chunk.rowCount > 0) stop.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: "CANCELLED" });
    const opening = openTable(join(folder, name), { signal: AbortSignal.abort() });
    await expect(opening).rejects.toMatchObject({ code: "CANCELLED" });
    await streamed.close();
  });
});

test("a query over a streamed file gives what it gives over one in memory, and leaves nothing behind", async () => {
  const sql =
    "SELECT city, count(*) AS n, max(money) AS most, min(x) AS least FROM big GROUP BY city ORDER BY n, city";
  const before = (await readdir(tmpdir())).filter((name) =>
    name.startsWith(`millwright-duckdb-${process.pid}-`),
  );
  const [memory, streamed] = [
    await openTable(join(folder, "big.csv"), { sql }),
    await openTable(join(folder, "big.csv"), { sql, memoryBytes: 1 }),
  ];
  expect(memory.rowCount).toBe(301);
  expect(await streamed.sample(1000)).toEqual(await memory.read());
  await streamed.close();
  expect(
    (await readdir(tmpdir())).filter((name) => name.startsWith(`millwright-duckdb-${process.pid}-`)),
  ).toEqual(before);
});

test("bytes that are not UTF-8 are found in a streamed table too", async () => {
  const path = join(folder, "latin.csv");
  const body = Buffer.from(`a,b\n${"plain text of a row,1\n".repeat(800_000)}`);
  await writeFile(path, Buffer.concat([body, Buffer.from([0xe9, 0x2c, 0x32, 0x0a])]));
  const table = await openTable(path, { memoryBytes: 1 });
  expect(table.findings).toMatchObject([{ kind: "encoding" }]);
  const last = await table.sample(800_001, ["a"]);
  expect(decoded(last.columns.get("a")!).at(-1)).toBe("é");
  await table.close();
});

describe("rows in memory", () => {
  test("become typed columns", async () => {
    const table = tableFromRows([
      { n: 1, s: "a", b: true, d: new Date(0) },
      { n: null, s: "", b: null, d: null },
      { n: 2.5, b: false, extra: 4 },
    ]);
    expect(table.schema.columns.map(({ name, kind }) => [name, kind])).toEqual([
      ["n", "number"],
      ["s", "category"],
      ["b", "boolean"],
      ["d", "datetime"],
      ["extra", "number"],
    ]);
    const { columns } = await table.read();
    expect(columns.get("b")).toEqual({
      type: "string",
      codes: Int32Array.of(0, -1, 1),
      dictionary: ["true", "false"],
    });
    expect(await table.fingerprint()).toMatch(/^[0-9a-f]{64}$/);
    await expect(table.read(["N"])).rejects.toMatchObject({
      code: "SCHEMA_MISSING_COLUMN",
      message: expect.stringMatching(/"N".*nearest name is "n"/),
    });
  });

  test("none are refused", () => {
    expect(() => tableFromRows([])).toThrow(/DATA_EMPTY/);
  });
});
