import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterAll, describe, expect, test } from "vitest";
import { describeWithSharedData } from "../../../test/shared-data.ts";
import { createRandom, type Random } from "../../core/index.ts";
import { Engine } from "../duckdb/engine.ts";
import { sqlText } from "../duckdb/read-query.ts";
import { openTable } from "../open-table.ts";
import { type Difference, type DiffOptions, diffTables } from "./diff.ts";
import { heldTo } from "./limits.ts";

const folder = mkdtempSync(join(tmpdir(), "millwright-diff-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fileOf = (text: string, extension = "csv"): string => {
  const path = join(folder, `t${++files}.${extension}`);
  writeFileSync(path, text);
  return path;
};

test("rows are told apart by ids beyond 2^53", async () => {
  const rows = (from: number): string =>
    Array.from({ length: 30 }, (_, row) => `${1234567890123456789n + BigInt(from + row)},5\n`).join("");
  const [before, after] = [fileOf(`id,v\n${rows(0)}`), fileOf(`id,v\n${rows(1)}`)];
  const { rows: found } = await diffTables(before, after, { id: ["id"] });
  expect(found).toMatchObject({ added: 1, removed: 1, changed: 0, matched: 29 });
});

interface Row {
  readonly shop: string;
  readonly no: number;
  readonly price: number | null;
  readonly town: string | null;
  readonly day: string | null;
  readonly open: boolean | null;
}
const names = ["shop", "no", "price", "town", "day", "open"] as const;
const values = ["price", "town", "day", "open"] as const;

function randomRow(random: Random, shop: string, no: number): Row {
  const orNull = <T>(value: T): T | null => (random.next() < 0.06 ? null : value);
  return {
    shop,
    no,
    price: orNull(random.integer(40) / 4),
    town: orNull(["Oslo", "Bern", "Zürich, Nord"][random.integer(3)]!),
    day: orNull(new Date(Date.UTC(2025, 0, 1 + random.integer(20))).toISOString().slice(0, 10)),
    open: orNull(random.next() < 0.5),
  };
}

/** Two versions of a table with the key (shop, no); the second shuffled, with rows lost, added and changed. */
function versions(seed: number, rowCount: number): readonly [Row[], Row[]] {
  const random = createRandom(seed);
  const before = Array.from({ length: rowCount }, (_, row) =>
    randomRow(random, `s${row % 7}`, Math.floor(row / 7)),
  );
  const after = before
    .filter(() => random.next() > 0.08)
    .map((row) => (random.next() < 0.15 ? randomRow(random, row.shop, row.no) : row));
  for (let row = 0; row < rowCount / 12; row++) after.push(randomRow(random, "new", row));
  for (let row = after.length - 1; row > 0; row--) {
    const other = random.integer(row + 1);
    [after[row], after[other]] = [after[other]!, after[row]!];
  }
  return [before, after];
}

const csvOf = (rows: readonly Row[], order: readonly (keyof Row)[] = names): string =>
  `${[order.join(","), ...rows.map((row) => order.map((name) => (row[name] === null ? "" : JSON.stringify(row[name]))).join(","))].join("\n")}\n`;
const linesOf = (rows: readonly Row[]): string => rows.map((row) => JSON.stringify(row)).join("\n");

const keyOf = ({ shop, no }: Row): string => `${shop} ${no}`;
const whole = (row: Row): string => JSON.stringify(names.map((name) => row[name]));

/** The slow plain reference of rows by id. */
function referenceById([before, after]: readonly [Row[], Row[]]) {
  const old = new Map(before.map((row) => [keyOf(row), row]));
  const fresh = new Set(after.map(keyOf));
  const now = new Map(after.map((row) => [keyOf(row), row]));
  const numbers = (rows: readonly Row[], take: (row: Row) => boolean): number[] =>
    rows.flatMap((row, index) => (take(row) ? [index + 1] : []));
  const changes = (row: Row, name: keyof Row): boolean =>
    now.has(keyOf(row)) && now.get(keyOf(row))![name] !== row[name];
  return {
    added: numbers(after, (row) => !old.has(keyOf(row))),
    removed: numbers(before, (row) => !fresh.has(keyOf(row))),
    changed: numbers(before, (row) => values.some((name) => changes(row, name))),
    changedBy: Object.fromEntries(
      values.map((name) => [name, before.filter((row) => changes(row, name)).length]),
    ) as Record<string, number>,
  };
}

/** The slow plain reference of rows as multisets: how many of each content are too many on either side. */
function referenceByContent([before, after]: readonly [Row[], Row[]]) {
  const surplus = (rows: readonly Row[], others: readonly Row[]): number[] => {
    const left = new Map<string, number>();
    for (const row of others) left.set(whole(row), (left.get(whole(row)) ?? 0) + 1);
    return rows.flatMap((row, index) => {
      const count = left.get(whole(row)) ?? 0;
      left.set(whole(row), count - 1);
      return count > 0 ? [] : [index + 1];
    });
  };
  return { added: surplus(after, before), removed: surplus(before, after) };
}

/** The distances by their definitions. */
function referenceDistance([before, after]: readonly [Row[], Row[]], name: (typeof values)[number]): number {
  const of = (rows: readonly Row[]): (string | number | boolean)[] =>
    rows.flatMap((row) => (row[name] === null ? [] : [row[name]!]));
  const [one, two] = [of(before), of(after)];
  const all = [...new Set([...one, ...two])];
  type Value = string | number | boolean;
  const share = (cells: readonly Value[], take: (cell: Value) => boolean): number =>
    cells.filter(take).length / cells.length;
  if (name === "price" || name === "day")
    return Math.max(
      ...all.map((at) => Math.abs(share(one, (cell) => cell <= at) - share(two, (cell) => cell <= at))),
    );
  return (
    all.reduce<number>(
      (sum, at) => sum + Math.abs(share(one, (cell) => cell === at) - share(two, (cell) => cell === at)),
      0,
    ) / 2
  );
}

function lowerMedian(cells: readonly number[]): number {
  return [...cells].sort((a, b) => a - b)[Math.ceil(cells.length / 2) - 1]!;
}

function expectById(difference: Difference, pair: readonly [Row[], Row[]]): void {
  const reference = referenceById(pair);
  const { rows } = difference;
  expect([rows.added, rows.removed, rows.changed]).toEqual([
    reference.added.length,
    reference.removed.length,
    reference.changed.length,
  ]);
  expect(rows.matched).toBe(pair[0].length - reference.removed.length);
  expect(rows.examples).toEqual({
    added: reference.added.slice(0, 5),
    removed: reference.removed.slice(0, 5),
    changed: reference.changed.slice(0, 5),
  });
  for (const name of values) {
    const column = difference.columns.find((item) => item.name === name)!;
    expect(column.changed, name).toBe(reference.changedBy[name]);
    expect(column.distance, name).toBeCloseTo(referenceDistance(pair, name), 12);
    expect(column.missingBefore).toBe(pair[0].filter((row) => row[name] === null).length / pair[0].length);
    expect(column.missingAfter).toBe(pair[1].filter((row) => row[name] === null).length / pair[1].length);
  }
}

describe("a random table", () => {
  const id = ["shop", "no"];

  test.each([1, 2, 3])(
    "rows by id and distances are those of the plain reference (1e-12), seed %d",
    async (seed) => {
      const pair = versions(seed, 500);
      const difference = await diffTables(fileOf(csvOf(pair[0])), fileOf(csvOf(pair[1])), { id });
      expectById(difference, pair);
      const price = difference.columns.find(({ name }) => name === "price")!;
      const prices = pair.map((rows) =>
        lowerMedian(rows.flatMap(({ price: cell }) => (cell === null ? [] : [cell]))),
      );
      expect(price.median).toEqual({ before: prices[0], after: prices[1] });
      const { moved } = difference.columns.find(({ name }) => name === "town")!;
      const towns = pair.map((rows) => rows.flatMap(({ town }) => (town === null ? [] : [town])));
      const gaps = ["Oslo", "Bern", "Zürich, Nord"].map((town) => {
        const [before, after] = towns.map(
          (cells) => cells.filter((cell) => cell === town).length / cells.length,
        );
        return { value: town, before: before!, after: after! };
      });
      const farthest = Math.max(...gaps.map(({ before, after }) => Math.abs(before - after)));
      expect(Math.abs(moved!.before - moved!.after)).toBe(farthest);
      expect(gaps).toContainEqual(moved);
    },
  );

  test.each([4, 5])("rows by content are multisets, seed %d", async (seed) => {
    const random = createRandom(seed);
    const [one, two] = versions(seed, 200);
    const twice = (rows: readonly Row[]): Row[] =>
      rows.flatMap((row) => (random.next() < 0.3 ? [row, row] : [row]));
    const pair = [twice(one), twice(two)] as const;
    const { rows } = await diffTables(fileOf(csvOf(pair[0])), fileOf(csvOf(pair[1])));
    const reference = referenceByContent([pair[0], pair[1]]);
    expect([rows.added, rows.removed, rows.changed]).toEqual([
      reference.added.length,
      reference.removed.length,
      null,
    ]);
    expect(rows.examples.removed).toEqual(reference.removed.slice(0, 5));
    expect(rows.examples.added).toEqual(reference.added.slice(0, 5));
    expect(rows.matched).toBe(pair[0].length - reference.removed.length);
  });

  test("the same through Parquet, NDJSON, a query and another order of columns, streamed, and again", async () => {
    const pair = versions(6, 400);
    const [one, two] = [
      fileOf(csvOf(pair[0])),
      fileOf(csvOf(pair[1], ["day", "open", "no", "town", "price", "shop"])),
    ];
    const lines = fileOf(linesOf(pair[1]), "ndjson");
    const parquet = join(folder, "after.parquet");
    const engine = await Engine.open();
    await engine.execute(
      `COPY (SELECT * FROM read_json(${sqlText(lines)})) TO ${sqlText(parquet)} (FORMAT parquet)`,
    );
    engine.close();
    const first = await diffTables(one, two, { id });
    expectById(first, pair);
    for (const other of [lines, parquet]) expectById(await diffTables(one, other, { id }), pair);
    for (const options of [{ threads: 1 }, { memoryBytes: 2000 }])
      expect(await diffTables(one, two, { id, ...options })).toEqual(first);
    const view = (path: string): string => path.replace(/^.*\/|\.csv$/g, "");
    const same: DiffOptions = { id, sql: `SELECT * FROM ${view(one)}` };
    expect((await diffTables(one, one, same)).rows).toMatchObject({
      added: 0,
      removed: 0,
      changed: 0,
      matched: 400,
    });
  });
});

describe("reading", () => {
  const diff = (one: string, two: string, options: DiffOptions = {}) =>
    diffTables(fileOf(one), fileOf(two), options);

  test("columns that came, went, or are of another kind", async () => {
    const numbers = Array.from({ length: 30 }, (_, row) => row);
    const before = `id,gone,n\n${numbers.map((row) => `k${row},x,${row}`).join("\n")}\n`;
    const after = `id,n,new\n${numbers.map((row) => `k${row},${row % 2 === 0 ? row : `x${row}`},1`).join("\n")}\n`;
    const { schema, rows, columns } = await diff(before, after, { id: ["id"] });
    expect(schema.added.map(({ name }) => name)).toEqual(["new"]);
    expect(schema.removed.map(({ name }) => name)).toEqual(["gone"]);
    expect(schema.changed).toEqual([{ name: "n", from: "number", to: "id" }]);
    expect(rows.changed).toBe(15);
    expect(columns.map(({ name }) => name)).toEqual(["id", "n"]);
  });

  test("a missing code of one version means missing in the other", async () => {
    const rows = Array.from({ length: 20 }, (_, row) => `${row},${row}`);
    const { columns } = await diff(`id,n\n${rows.join("\n")}\n20,?\n`, `id,n\n${rows.join("\n")}\n20,\n`, {
      id: ["id"],
    });
    expect(columns[1]).toMatchObject({
      changed: 0,
      missingBefore: 1 / 21,
      missingAfter: 1 / 21,
      distance: 0,
      drift: 0,
    });
  });

  test("dates that can be read both ways are read as in the version that tells which", async () => {
    const both = "id,day\na,03/02/2024\nb,04/02/2024\nc,?\nd,05/02/2024\n";
    const dayFirst = "id,day\na,03/02/2024\nb,04/02/2024\nc,\nd,13/02/2024\n";
    const monthFirst = "id,day\na,03/02/2024\nb,04/02/2024\nc,\nd,02/13/2024\n";
    for (const other of [dayFirst, monthFirst])
      for (const [one, two] of [
        [both, other],
        [other, both],
      ] as const)
        expect((await diff(one, two, { id: ["id"] })).rows.changed).toBe(1);
    expect((await diff(dayFirst, monthFirst, { id: ["id"] })).rows.changed).toBe(2);
  });

  test("two tables of one database, and a file against one of them", async () => {
    const path = join(folder, "shop.db");
    const database = new Database(path);
    for (const [table, last] of [
      ["old", 3],
      ["new", 4],
    ] as const) {
      database.exec(`CREATE TABLE ${table} (id INTEGER, price REAL)`);
      database.exec(`INSERT INTO ${table} VALUES (1, 1.5), (2, NULL), (3, ${last})`);
    }
    database.close();
    const [old, now] = [`sqlite:${path}?table=old`, `sqlite:${path}?table=new`] as const;
    const { rows, before, after } = await diffTables(old, now, { id: ["id"] });
    expect(rows).toMatchObject({ added: 0, removed: 0, changed: 1, examples: { changed: [3] } });
    expect(before.sha256).not.toBe(after.sha256);
    const file = fileOf("id,price\n1,1.5\n2,\n3,4\n");
    expect((await diffTables(now, file, { id: ["id"] })).rows).toMatchObject({ changed: 0, matched: 3 });
  });

  test("1 and 1.0, quoted or not, are the same", async () => {
    const { rows } = await diff("id,n\na,1\nb,2\n", 'id,n\n"a",1.0\n"b",2.00\n', { id: ["id"] });
    expect(rows).toMatchObject({ added: 0, removed: 0, changed: 0 });
  });

  test("a column without a value in one of them has no distance, and drifts as its share goes", async () => {
    const { columns } = await diff("id,n\na,1\nb,2\n", "id,n\na,\nb,\n", { id: ["id"] });
    expect(columns[1]).toMatchObject({ changed: 2, distance: null, median: null, drift: 1 });
  });

  test("columns that differ by case only", async () => {
    const { rows, columns } = await diff("A,a\n1,2\n3,4\n", "A,a\n1,2\n3,5\n", { id: ["A"] });
    expect(rows).toMatchObject({ changed: 1 });
    expect(columns.map(({ changed }) => changed)).toEqual([null, 1]);
  });

  test("a fingerprint is that of the file, and the same as a table's", async () => {
    const path = fileOf("a,b\n1,2\n");
    const { before, after } = await diffTables(path, fileOf("a,b\n1,3\n"));
    const table = await openTable(path);
    expect(before.sha256).toBe(await table.fingerprint());
    expect(after.sha256).not.toBe(before.sha256);
    await table.close();
  });

  test.each([
    ["id,n\na,1\na,2\n", "id,n\na,1\n", ["id"], "DATA_BAD_VALUE", "2 rows of"],
    ["id,n\na,1\nb,2\n", "id,n\na,1\n,2\n", ["id"], "DATA_BAD_VALUE", 'no "id": 2'],
    ["id,n\na,1\n", "id,n\na,1\n", ["idd"], "SCHEMA_MISSING_COLUMN", 'nearest name is "id"'],
    ["id,n\na,1\n", "other\na\n", ["id"], "SCHEMA_MISMATCH", "no column in common"],
  ])("%j and %j by %j: %s", async (one, two, id, code, said) => {
    await expect(diff(one, two, { id })).rejects.toMatchObject({ code, what: expect.stringContaining(said) });
  });
});

describe("limits", () => {
  const pair = [
    "id,n,c\na,1,x\nb,2,x\nc,3,y\nd,4,y\n",
    "id,n,c\na,1,x\nb,9,x\nc,3,y\ne,4,y\nf,5,x\n",
  ] as const;
  const compare = (options: DiffOptions = {}) => diffTables(fileOf(pair[0]), fileOf(pair[1]), options);

  test("are kept up to what they state, in rows and in shares", async () => {
    const difference = await compare({ id: ["id"] });
    const exceeded = (limits: Parameters<typeof heldTo>[1]) =>
      heldTo(difference, limits).map((item) => item.exceeded);
    expect(exceeded({ added: { rows: 2 }, removed: { rows: 1 }, changed: { rows: 1 } })).toEqual([
      false,
      false,
      false,
    ]);
    expect(exceeded({ added: { rows: 1 }, removed: { rows: 0 }, changed: { rows: 0 } })).toEqual([
      true,
      true,
      true,
    ]);
    expect(exceeded({ added: { share: 0.5 }, removed: { share: 0.25 }, changed: { share: 1 / 3 } })).toEqual([
      false,
      false,
      false,
    ]);
    expect(exceeded({ added: { share: 0.49 } })).toEqual([true]);
    expect(heldTo(difference, { drift: 0.1 })).toEqual([
      { limit: "drift", atMost: 0.1, observed: 0.4, unit: "share", exceeded: true, columns: ["n"] },
    ]);
    expect(exceeded({ drift: 0.4 })).toEqual([false]);
    expect(heldTo(difference, {})).toEqual([]);
  });

  test("changed rows need an id", async () => {
    const difference = await compare();
    expect(() => heldTo(difference, { changed: { rows: 1 } })).toThrow("--id");
  });
});

describeWithSharedData("real tables", (data) => {
  test("penguins are the same as CSV and as Parquet", async () => {
    const difference = await diffTables(`${data}tabular/penguins.csv.gz`, `${data}tabular/penguins.parquet`);
    expect(difference.rows).toMatchObject({ added: 0, removed: 0, matched: 344 });
    expect(difference.columns.every(({ drift }) => drift === 0)).toBe(true);
  });

  test("three changed, two lost and one new customer of telco-churn are found", async () => {
    const path = `${data}tabular/telco-churn.csv.gz`;
    const sql = `COPY (SELECT * REPLACE (CASE WHEN customerID IN ('7590-VHVEG', '5575-GNVDE', '3668-QPYBK') THEN '73' ELSE tenure END AS tenure, CASE WHEN customerID = '7795-CFOCW' THEN '0000-NEW00' ELSE customerID END AS customerID) FROM read_csv(${sqlText(path)}, all_varchar = true) WHERE customerID <> '9237-HQITU') TO ${sqlText(join(folder, "telco.csv"))}`;
    const engine = await Engine.open();
    await engine.execute(sql);
    engine.close();
    const { rows, columns } = await diffTables(path, join(folder, "telco.csv"), { id: ["customerID"] });
    expect(rows).toMatchObject({
      added: 1,
      removed: 2,
      changed: 3,
      matched: 7041,
      examples: { changed: [1, 2, 3], removed: [4, 5] },
    });
    expect(
      columns
        .filter(({ changed }) => changed !== null && changed > 0)
        .map(({ name, changed }) => [name, changed]),
    ).toEqual([["tenure", 3]]);
  });
});
