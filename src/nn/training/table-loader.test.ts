import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTable, type Table } from "../../data/index.ts";
import { Engine } from "../../data/duckdb/engine.ts";
import { sqlText } from "../../data/duckdb/read-query.ts";
import { createRandom } from "../../core/index.ts";
import * as nn from "../index.ts";

const folder = mkdtempSync(join(tmpdir(), "millwright-table-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

interface Row {
  readonly size: number;
  readonly age: number | null;
  readonly city: string | null;
  readonly kind: string;
  readonly share: number;
}
const random = createRandom(8);
const cities = ["Rome", "Oslo", "Bonn", "Kyiv"];
const rows: readonly Row[] = Array.from({ length: 30_000 }, (_, i) => ({
  size: i,
  age: i % 11 === 3 ? null : Math.round(1000 * random.normal()) / 8 || 0,
  city: i % 7 === 5 ? null : cities[random.integer(4)]!,
  kind: random.next() < 0.3 ? "flat" : "house",
  share: 0.25 + random.integer(4),
}));

beforeAll(async () => {
  const lines = rows.map(({ size, age, city, kind, share }) =>
    [size, age ?? "", city ?? "", kind, share].join(),
  );
  writeFileSync(at("homes.csv"), `size,age,city,kind,share\n${lines.join("\n")}\n`);
  const engine = await Engine.open();
  const types = "{size: 'DOUBLE', age: 'DOUBLE', city: 'VARCHAR', kind: 'VARCHAR', share: 'DOUBLE'}";
  const source = `SELECT * FROM read_csv(${sqlText(at("homes.csv"))}, header = true, columns = ${types})`;
  await engine.execute(
    `COPY (${source}) TO ${sqlText(at("homes.parquet"))} (FORMAT parquet, ROW_GROUP_SIZE 4096)`,
  );
  engine.close();
});

/** Told, since so few rows of these would all fit into memory. */
const open = (name: string): Promise<Table> => openTable(at(name), { memoryBytes: 1000 });
/** Two windows of some 2,000 rows. */
const memoryBytes = 140_000;
const options: nn.TableLoaderOptions = {
  inputs: { x: { numbers: ["size", "age"] }, city: { words: ["city"], values: ["Oslo", "Rome", "Bonn"] } },
  target: { column: "kind", classes: ["house", "flat"] },
  weight: "share",
  ...{ batchSize: 128, seed: 1, memoryBytes, folder },
};

async function all(loader: nn.Loader, epoch: number): Promise<nn.Batch[]> {
  const batches: nn.Batch[] = [];
  for await (const batch of loader.batches(epoch)) batches.push(batch);
  return batches;
}

describe("tableLoader", () => {
  test.each(["homes.csv", "homes.parquet"])(
    "%s, larger than the memory: each row once an epoch, its cells as they stand in the table",
    async (name) => {
      const table = await open(name);
      expect(table.streamedBytes).toBeGreaterThan(memoryBytes);
      const loader = await nn.tableLoader(table, options);
      await table.close();
      expect([loader.rowCount, loader.batchCount]).toEqual([30_000, 235]);
      const orders: number[][] = [];
      for (const epoch of [0, 1]) {
        const order: number[] = [];
        for (const { inputs, target, weight, rows: numbers } of await all(loader, epoch)) {
          expect([inputs["x"]!.shape, inputs["city"]!.shape, target.shape]).toEqual([
            [128, 2],
            [128, 1],
            [128],
          ]);
          const held = [...numbers].map((row) => rows[row]!);
          const cells = held.flatMap(({ size, age }) => [size, age ?? Number.NaN]);
          expect([...(inputs["x"]!.data as Float32Array)].slice(0, cells.length)).toEqual(cells);
          expect([...(inputs["city"]!.data as BigInt64Array)].slice(0, held.length)).toEqual(
            held.map(({ city }) => ({ Oslo: 0n, Rome: 1n, Bonn: 2n })[city ?? ""] ?? 3n),
          );
          expect([...(target.data as BigInt64Array)].slice(0, held.length)).toEqual(
            held.map(({ kind }) => (kind === "flat" ? 1n : 0n)),
          );
          const filling = new Array<number>(128 - held.length).fill(0);
          expect([...weight]).toEqual([...held.map(({ share }) => share), ...filling]);
          order.push(...numbers);
        }
        expect([...order].sort((a, b) => a - b)).toEqual(rows.map((_, i) => i));
        orders.push(order);
      }
      expect(orders[0]).not.toEqual(orders[1]);
      await loader.close();
    },
  );

  test("CSV and Parquet of the same rows are the same training", async () => {
    const tables = await Promise.all([open("homes.csv"), open("homes.parquet")]);
    const loaders = await Promise.all(tables.map((table) => nn.tableLoader(table, options)));
    expect(loaders[0]!.description).toEqual(loaders[1]!.description);
    await Promise.all([...tables, ...loaders].map((each) => each.close()));
  });

  test("a network learns from it", async () => {
    const table = await openTable(at("homes.csv"), {
      sql: "SELECT size / 30000 AS size, coalesce(age, 0) AS age, size / 10000 - coalesce(age, 0) / 100 AS price FROM homes",
      memoryBytes: 1000,
    });
    const train = await nn.tableLoader(table, {
      inputs: { x: { numbers: ["size", "age"] } },
      target: { column: "price" },
      ...{ batchSize: 500, seed: 1, memoryBytes, folder },
    });
    const net = nn.network({ x: { dtype: "float32", shape: [2] } }, nn.dense(1));
    const { history } = await nn.fit(net, nn.initialise(net, { seed: 1 }), {
      ...{ train, epochs: 6, seed: 1 },
      loss: nn.meanSquaredError(),
      optimiser: nn.adam({ learningRate: 0.05 }),
    });
    expect(history.at(-1)!.loss).toBeLessThan(0.01 * history[0]!.loss);
    await Promise.all([table.close(), train.close()]);
  });

  test("numbers of 64 bits, and times in them", async () => {
    writeFileSync(at("times.csv"), "when,y\n2024-01-02 03:04:05,1.1\n2024-01-02 03:04:06,2.2\n");
    const table = await openTable(at("times.csv"), { exactNumbers: true });
    const target = { column: "y", dtype: "float64" } as const;
    const loader = await nn.tableLoader(table, {
      ...{ inputs: { t: { numbers: ["when"], dtype: "float64" } }, target, batchSize: 2, folder },
    });
    const [batch] = await all(loader, 0);
    const first = Date.UTC(2024, 0, 2, 3, 4, 5);
    expect(batch!.inputs["t"]).toEqual({
      ...{ dtype: "float64", shape: [2, 1], data: Float64Array.of(first, first + 1000) },
    });
    expect(batch!.target).toEqual({ dtype: "float64", shape: [2, 1], data: Float64Array.of(1.1, 2.2) });
    const short = { inputs: { t: { numbers: ["when"] } }, target, batchSize: 2, folder };
    await expect(nn.tableLoader(table, short)).rejects.toThrow(/"when".*float32.*SCHEMA_WRONG_KIND/);
    await Promise.all([table.close(), loader.close()]);
  });

  const wrong: readonly [string, Partial<nn.TableLoaderOptions>, RegExp][] = [
    ["a column that is not there", { weight: "shares" }, /nearest name is "share".*SCHEMA_MISSING_COLUMN/],
    [
      "words as numbers",
      { inputs: { x: { numbers: ["city"] } } },
      /"city" of .* holds words, and numbers are needed.*SCHEMA_WRONG_KIND/,
    ],
    [
      "numbers as words",
      { inputs: { x: { words: ["size"], values: ["1"] } } },
      /"size" of .* holds numbers, and words are needed.*SCHEMA_WRONG_KIND/,
    ],
    [
      "a class that is not named",
      { target: { column: "kind", classes: ["house"] } },
      /"kind" of .* has "flat", which is none of the 1 classes in row \d+.*DATA_BAD_VALUE/,
    ],
    [
      "a missing class",
      { target: { column: "city", classes: cities } },
      /"city" of .* has no value in row 5, counted from 0.*DATA_BAD_VALUE/,
    ],
    ["a missing number", { target: { column: "age" } }, /"age" of .* has no value in row 3,.*DATA_BAD_VALUE/],
    ["a weight that is none", { weight: "age" }, /The weight "age" of .* is .* in row \d+.*DATA_BAD_VALUE/],
    [
      "a class twice",
      { target: { column: "kind", classes: ["flat", "flat"] } },
      /list of 2 words .* only 1 different.*PARAMETER_CONFLICT/,
    ],
  ];
  test.each(wrong)("%s: a clear error", async (_name, given, message) => {
    const table = await open("homes.csv");
    await expect(nn.tableLoader(table, { ...options, ...given })).rejects.toThrow(message);
    await table.close();
  });
});
