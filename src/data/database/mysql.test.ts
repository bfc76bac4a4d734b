import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnlessMissing, missingPackage } from "../../../test/needs.ts";
import { openTable } from "../open-table.ts";

const server = process.env["MILLWRIGHT_TEST_MYSQL"];
const missing =
  server === undefined ? "MILLWRIGHT_TEST_MYSQL names no MySQL or MariaDB server" : missingPackage("mysql2");

describeUnlessMissing("MySQL", missing, () => {
  const database = `millwright_${process.pid}`;
  let connection: import("mysql2").Connection;
  const execute = (sql: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      connection.query({ sql }, (error, rows) => (error === null ? resolve(rows) : reject(error)));
    });
  const address = (table?: string): string => {
    const url = new URL(server!);
    url.pathname = database;
    if (table !== undefined) url.searchParams.set("table", table);
    return url.href;
  };

  beforeAll(async () => {
    const { default: mysql } = (await import("mysql2")) as unknown as { default: typeof import("mysql2") };
    const url = new URL(server!);
    connection = mysql.createConnection({
      host: url.hostname,
      port: Number(url.port),
      user: url.username,
      password: url.password,
      connectTimeout: 10_000,
      charset: "utf8mb4",
      disableEval: true,
      flags: [],
    });
    await execute(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
    await execute(`USE ${database}`);
    // Dates that are none may be written, and TIMESTAMP is given in the time of another zone.
    await execute("SET sql_mode = '', time_zone = '+02:00'");
    await execute(`CREATE TABLE sales (
      name VARCHAR(40), price DOUBLE, paid BOOLEAN, units BIGINT, grade ENUM('x', 'y'), at TIMESTAMP NULL,
      noted DATETIME(3), day DATE, amount DECIMAL(30, 10), rank TINYINT(1), flag BIT(1), mask BIT(12),
      big BIGINT UNSIGNED, note TEXT, raw VARBINARY(4), data JSON, since YEAR, \`odd "\` INT, small FLOAT)`);
    await execute(`INSERT INTO sales VALUES
      ('a "quoted", name', 1.25, TRUE, 9007199254740993, 'x', '2024-03-01 12:00:00', '2024-03-01 12:00:00.250',
       '2024-03-01', 12.5, 5, b'1', b'100000000001', 18446744073709551615, 'ü€😀', x'00ff', '{"a": [1, 2]}', 2024, 1, 0.1),
      ('line\\none', NULL, FALSE, 2, NULL, '2024-07-01 00:30:00', '0000-00-00 00:00:00', '2024-00-10', -0.0000000001,
       0, b'0', b'1', 0, '', x'', NULL, NULL, 2, NULL),
      ('', 0.1, NULL, 3, 'x', NULL, NULL, '2024-02-29', NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3e8)`);
  });
  afterAll(async () => {
    await execute(`DROP DATABASE ${database}`);
    connection.destroy();
  });

  test("a table comes with typed columns and nothing lost", async () => {
    const names = ["units", "big", "amount", "raw", "data"];
    const text = Object.fromEntries(names.map((name) => [name, { kind: "id" as const }]));
    const table = await openTable(address("sales"), { columns: text });
    const { columns, rowCount } = await table.read();
    expect(rowCount).toBe(3);
    const kinds = Object.fromEntries(table.schema.columns.map(({ name, kind }) => [name, kind]));
    expect(kinds).toMatchObject({ paid: "boolean", flag: "boolean", rank: "number", mask: "number" });
    expect(columns.get("name")).toMatchObject({ dictionary: ['a "quoted", name', "line\none"] });
    expect(columns.get("price")).toMatchObject({
      values: Float64Array.of(1.25, Number.NaN, Math.fround(0.1)),
    });
    expect(columns.get("paid")).toMatchObject({
      codes: Int32Array.of(0, 1, -1),
      dictionary: ["true", "false"],
    });
    expect(columns.get("flag")).toMatchObject({
      codes: Int32Array.of(0, 1, -1),
      dictionary: ["true", "false"],
    });
    expect(columns.get("rank")).toMatchObject({ values: Float64Array.of(5, 0, 1) });
    expect(columns.get("mask")).toMatchObject({ values: Float64Array.of(2049, 1, Number.NaN) });
    expect(columns.get("since")).toMatchObject({ values: Float64Array.of(2024, Number.NaN, Number.NaN) });
    expect(columns.get('odd "')).toMatchObject({ values: Float64Array.of(1, 2, Number.NaN) });
    // As text every digit is there: of a number beyond 2^53, of 64 bits, of a decimal.
    expect(columns.get("units")).toMatchObject({ dictionary: ["9007199254740993", "2", "3"] });
    expect(columns.get("big")).toMatchObject({ dictionary: ["18446744073709551615", "0"] });
    expect(columns.get("amount")).toMatchObject({ dictionary: ["12.5000000000", "-0.0000000001"] });
    expect(columns.get("note")).toMatchObject({ dictionary: ["ü€😀"] });
    expect(columns.get("raw")).toMatchObject({ dictionary: ["00ff"] });
    expect(columns.get("data")).toMatchObject({ dictionary: ['{"a": [1, 2]}'] });
  });

  test("TIMESTAMP is an instant, DATETIME is wall-clock time, and a date that is none is missing and told", async () => {
    const table = await openTable(address("sales"));
    const { columns } = await table.read();
    const column = (name: string): unknown => table.schema.columns.find((item) => item.name === name);
    expect(column("at")).toMatchObject({ kind: "datetime", clock: "instant" });
    expect(columns.get("at")).toMatchObject({
      values: Float64Array.of(Date.UTC(2024, 2, 1, 10), Date.UTC(2024, 5, 30, 22, 30), Number.NaN),
    });
    expect(column("noted")).toMatchObject({ kind: "datetime", clock: "wall" });
    expect(columns.get("noted")).toMatchObject({
      values: Float64Array.of(Date.UTC(2024, 2, 1, 12, 0, 0, 250), Number.NaN, Number.NaN),
    });
    expect(columns.get("day")).toMatchObject({
      values: Float64Array.of(Date.UTC(2024, 2, 1), Number.NaN, Date.UTC(2024, 1, 29)),
    });
    expect(table.findings.filter(({ kind }) => kind === "missingCode")).toMatchObject([
      { column: "noted", numbers: { count: 1 } },
      { column: "day", numbers: { count: 1 } },
    ]);
  });

  test("a query keeps its order, a long one is streamed, and the fingerprint is that of the rows", async () => {
    const numbers = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 20000)";
    const sql = `${numbers} SELECT n, n * 2 AS twice FROM t ORDER BY n DESC;`;
    await execute("SET GLOBAL max_recursive_iterations = 100000").catch(() => {});
    const table = await openTable(address(), { sql });
    const cells = (await table.read()).columns.get("n");
    expect(cells).toMatchObject({ values: Float64Array.from({ length: 20_000 }, (_, i) => 20_000 - i) });
    const again = await openTable(address(), { sql });
    expect(await again.fingerprint()).toBe(await table.fingerprint());
    const other = await openTable(address(), { sql: sql.replace("n * 2", "n * 3") });
    expect(await other.fingerprint()).not.toBe(await table.fingerprint());
  });

  test.each([
    ["INSERT INTO sales (name) VALUES ('new')"],
    ["DELETE FROM sales"],
    ["DROP TABLE sales"],
    ["CREATE TABLE made (n INT)"],
    ["TRUNCATE sales"],
    ["SELECT 1; DELETE FROM sales"],
    ["COMMIT"],
    ["SELECT nonsense"],
  ])("%s is refused and changes nothing", async (sql) => {
    await expect(openTable(address(), { sql })).rejects.toMatchObject({ code: "SOURCE_SQL" });
    const table = await openTable(address(), { sql: "SELECT count(*) AS rows_now FROM sales" });
    expect((await table.read()).columns.get("rows_now")).toMatchObject({ values: Float64Array.of(3) });
  });

  test("a table that is not there, a wrong password, a wrong database", async () => {
    await expect(openTable(address("sale"))).rejects.toMatchObject({
      code: "SOURCE_NOT_FOUND",
      message: expect.stringContaining('has no table "sale" among its 1; the nearest name is "sales"'),
    });
    await expect(openTable(address())).rejects.toMatchObject({ code: "SOURCE_SQL" });
    const wrong = new URL(address("sales"));
    wrong.password = "hush";
    await expect(openTable(wrong.href)).rejects.toMatchObject({
      code: "SOURCE_UNREACHABLE",
      message: expect.not.stringContaining("hush"),
    });
    const nowhere = new URL(address("sales"));
    nowhere.pathname = "nowhere";
    await expect(openTable(nowhere.href)).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE" });
    await expect(openTable(`${address("sales")}&charset=latin1`)).rejects.toMatchObject({
      code: "PARAMETER_UNKNOWN",
    });
  });

  test("the password may stand in MYSQL_PWD", async () => {
    const url = new URL(address("sales"));
    process.env["MYSQL_PWD"] = url.password;
    url.password = "";
    try {
      expect((await openTable(url.href)).rowCount).toBe(3);
    } finally {
      delete process.env["MYSQL_PWD"];
    }
  });
});
