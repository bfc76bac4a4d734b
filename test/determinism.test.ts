/**
 * Same seed, same budget, same data: the same file to the last byte, at any number of
 * threads, whatever the table's format.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DuckDBInstance } from "@duckdb/node-api";
import { sha256 } from "../src/core/index.ts";
import { readOnnx, writeOnnx } from "../src/graph/index.ts";
import { decodeMetadata } from "../src/model/index.ts";
import { demoCsv, type RunRecord } from "../src/tasks/index.ts";
import { runBuilt, temporaryFolder } from "./cli.ts";

const work = temporaryFolder();
afterAll(() => work[Symbol.dispose]());
const inWork = (name: string): string => join(work.path, name);

async function train(out: string, source: string, ...flags: readonly string[]): Promise<Uint8Array> {
  const words = [
    "train",
    inWork(source),
    "--target",
    "left",
    "--budget",
    "3",
    "--out",
    inWork(out),
    ...flags,
  ];
  const { code, stderr } = await runBuilt([...words, "--families", "logistic,boosting,naiveBayes"]);
  expect(code, stderr).toBe(0);
  const bytes = new Uint8Array(readFileSync(inWork(`${out}/model.onnx`)));
  const record = JSON.parse(readFileSync(inWork(`${out}/run.json`), "utf8")) as RunRecord;
  expect(record.model).toEqual({ bytes: bytes.length, sha256: sha256(bytes) });
  return bytes;
}

let first: Uint8Array;
beforeAll(async () => {
  writeFileSync(inWork("customers.csv"), demoCsv(400, 9));
  first = await train("first", "customers.csv", "--seed", "1", "--threads", "1");
}, 120_000);

test("one thread and two give the same file, in another folder and later", async () => {
  const second = await train("second", "customers.csv", "--seed", "1", "--threads", "2");
  expect(sha256(second)).toBe(sha256(first));
}, 120_000);

test("another seed gives another file", async () => {
  const other = await train("other", "customers.csv", "--seed", "2", "--threads", "2");
  expect(sha256(other)).not.toBe(sha256(first));
}, 120_000);

test("neither a path nor a host is in the file", () => {
  const text = Buffer.from(first).toString("latin1");
  for (const word of [work.path, "customers.csv", hostname()]) expect(text, word).not.toContain(word);
});

test("CSV and Parquet of one table give the same file but for the fingerprint of the data", async () => {
  const database = await DuckDBInstance.create(":memory:");
  const connection = await database.connect();
  await connection.run(
    `COPY (FROM read_csv('${inWork("customers.csv")}', header = true, types = {'left': 'VARCHAR'})) TO '${inWork("customers.parquet")}' (FORMAT parquet)`,
  );
  connection.closeSync();
  const fromParquet = await train("parquet", "customers.parquet", "--seed", "1", "--threads", "2");
  const parts = [first, fromParquet].map((bytes) => {
    const graph = readOnnx(bytes);
    const { data, ...metadata } = decodeMetadata(graph.metadata, "model.onnx");
    return { graph: sha256(writeOnnx({ ...graph, metadata: {} })), data, metadata };
  });
  expect(parts[1]!.data).toEqual({
    ...parts[0]!.data,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
  expect(parts[1]!.metadata).toEqual(parts[0]!.metadata);
  expect(parts[1]!.graph).toBe(parts[0]!.graph);
}, 120_000);
