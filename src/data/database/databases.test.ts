import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeUnlessMissing } from "../../../test/needs.ts";
import { openTable } from "../open-table.ts";

/** The same rows in every server, with what is easily lost: quotes, newlines, nulls, large numbers, zones. */
const inserts = (yes: string, no: string): readonly string[] => [
  `('a "quoted", name', 1.25, ${yes}, 9007199254740991, 'x'`,
  `('line\none', NULL, ${no}, 2, NULL`,
  `('', 0.1, NULL, 3, 'x'`,
];
const largest = Math.fround(9007199254740991);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millwright-databases-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("SQLite", () => {
  const path = (): string => join(folder, "shop.db");
  beforeAll(() => {
    const database = new Database(path());
    database.exec("CREATE TABLE sales (name TEXT, price REAL, paid BOOLEAN, units INTEGER, grade TEXT)");
    for (const values of inserts("1", "0")) database.exec(`INSERT INTO sales VALUES ${values})`);
    database.exec("CREATE TABLE other (n INTEGER)");
    database.close();
  });

  test("a table comes with typed columns and nothing lost", async () => {
    const table = await openTable(`sqlite:${path()}?table=sales`);
    expect(table.schema.columns.map(({ name, kind }) => [name, kind])).toEqual([
      ["name", "category"],
      ["price", "number"],
      ["paid", "boolean"],
      ["units", "number"],
      ["grade", "category"],
    ]);
    const { columns } = await table.read();
    expect(columns.get("name")).toMatchObject({ dictionary: ['a "quoted", name', "line\none"] });
    expect(columns.get("price")).toMatchObject({
      values: Float64Array.of(1.25, Number.NaN, Math.fround(0.1)),
    });
    expect(columns.get("paid")).toMatchObject({
      codes: Int32Array.of(0, 1, -1),
      dictionary: ["true", "false"],
    });
    expect(columns.get("units")).toMatchObject({ values: Float64Array.of(largest, 2, 3) });
    expect(await table.fingerprint()).toMatch(/^[0-9a-f]{64}$/);
  });

  test("a query by file name, with the extension alone", async () => {
    const table = await openTable(path(), {
      sql: "SELECT price, units * 2 AS twice FROM sales WHERE units < 10",
    });
    const { columns, rowCount } = await table.read();
    expect(rowCount).toBe(2);
    expect(columns.get("twice")).toMatchObject({ values: Float64Array.of(4, 6) });
  });

  test.each([
    ["no table named", "", undefined, "SOURCE_NOT_FOUND", /has 2 tables: other, sales/],
    ["a mistyped table", "?table=sale", undefined, "SOURCE_NOT_FOUND", /nearest name is "sales"/],
    ["broken SQL", "", "SELEC 1", "SOURCE_SQL", /syntax error/],
    ["a statement that writes", "", "DELETE FROM sales", "SOURCE_SQL", /gives no rows/],
  ] as const)("%s is an error", async (_what, table, sql, code, message) => {
    const opened = openTable(`sqlite:${path()}${table}`, sql === undefined ? {} : { sql });
    await expect(opened).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("a file that is not there is not created", async () => {
    const absent = join(folder, "absent.db");
    await expect(openTable(absent)).rejects.toMatchObject({ code: "SOURCE_NOT_FOUND" });
    await expect(openTable(absent)).rejects.toMatchObject({ code: "SOURCE_NOT_FOUND" });
  });
});

const server = process.env["MILLWRIGHT_TEST_POSTGRES"];
const missing = server === undefined ? "MILLWRIGHT_TEST_POSTGRES names no PostgreSQL server" : undefined;

describeUnlessMissing("PostgreSQL", missing, () => {
  const schema = `millwright_${process.pid}`;
  const address = (table: string): string => {
    const url = new URL(server!);
    url.searchParams.set("table", `${schema}.${table}`);
    return url.href;
  };
  let client: import("postgres").Sql;
  beforeAll(async () => {
    const { default: postgres } = await import("postgres");
    client = postgres(server!, { max: 1, onnotice: () => {} });
    await client.unsafe(`CREATE SCHEMA ${schema}`);
    await client.unsafe(
      `CREATE TABLE ${schema}.sales (name text, price double precision, paid boolean, units bigint, grade text, at timestamptz, day date, amount numeric)`,
    );
    const more = "'2024-03-01 12:00:00+02', '2024-03-01', 12.50";
    for (const values of inserts("true", "false")) {
      await client.unsafe(`INSERT INTO ${schema}.sales VALUES ${values}, ${more})`);
    }
  });
  afterAll(async () => {
    await client.unsafe(`DROP SCHEMA ${schema} CASCADE`);
    await client.end();
  });

  test("a table comes with typed columns and nothing lost", async () => {
    const table = await openTable(address("sales"));
    const { columns } = await table.read();
    expect(columns.get("name")).toMatchObject({ dictionary: ['a "quoted", name', "line\none"] });
    expect(columns.get("price")).toMatchObject({
      values: Float64Array.of(1.25, Number.NaN, Math.fround(0.1)),
    });
    expect(columns.get("paid")).toMatchObject({
      codes: Int32Array.of(0, 1, -1),
      dictionary: ["true", "false"],
    });
    expect(columns.get("units")).toMatchObject({ values: Float64Array.of(largest, 2, 3) });
    expect(columns.get("at")).toMatchObject({ values: new Float64Array(3).fill(Date.UTC(2024, 2, 1, 10)) });
    expect(table.schema.columns.find(({ name }) => name === "at")).toMatchObject({ clock: "instant" });
    expect(columns.get("day")).toMatchObject({ values: new Float64Array(3).fill(Date.UTC(2024, 2, 1)) });
    expect(columns.get("amount")).toMatchObject({ values: new Float64Array(3).fill(12.5) });
  });

  test("a query, and errors that name the server without its password", async () => {
    const url = new URL(server!);
    const table = await openTable(url.href, { sql: `SELECT count(*) AS n, 'a' AS b FROM ${schema}.sales;` });
    expect((await table.read()).columns.get("n")).toMatchObject({ values: Float64Array.of(3) });
    await expect(openTable(url.href, { sql: "SELECT nonsense" })).rejects.toMatchObject({
      code: "SOURCE_SQL",
    });
    await expect(openTable(url.href)).rejects.toMatchObject({ code: "SOURCE_SQL" });
    await expect(openTable(url.href, { sql: `DROP TABLE ${schema}.sales` })).rejects.toMatchObject({
      code: "SOURCE_SQL",
    });
  });
});

test("a PostgreSQL server that does not answer is SOURCE_UNREACHABLE, without its password", async () => {
  const opened = openTable("postgres://someone:secret@127.0.0.1:1/db?table=t");
  await expect(opened).rejects.toMatchObject({
    code: "SOURCE_UNREACHABLE",
    message: expect.not.stringContaining("secret"),
  });
});
