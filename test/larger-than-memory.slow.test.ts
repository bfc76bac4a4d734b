/**
 * Tables larger than `--memory`: each command takes no more than that above Node and the native libraries, all its
 * processes together. What those take, docs/cli.md tells.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BigTable, writeBigTable } from "../bench/support/big-table.ts";
import { measureCommand } from "../bench/support/peak-memory.ts";

const folder = mkdtempSync(join(tmpdir(), "millwright-larger-"));
const big = join(folder, "big.csv");
const memory = 150e6;
let table: BigTable;

beforeAll(() => {
  table = writeBigTable(big, 300e6, 1);
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** Of one process, and of training with two workers, before the first row. */
const bare = { alone: 150e6, training: 250e6 + 2 * 130e6 };

const withLimit = (words: readonly string[]) => measureCommand([...words, "--memory", `${memory / 1e6}MB`]);

const families = ["boosting", "logistic"] as const;
const train = (family: string) => [
  ...["train", big, "--target", "bought", "--families", family, "--threads", "2", "--budget", "30"],
  ...["--out", join(folder, family), "--json"],
];

describe.skipIf(process.platform !== "linux")("300 MB under --memory 150MB", () => {
  test("look", async () => {
    const { stdout, peakBytes } = await withLimit(["look", big, "--target", "bought", "--json"]);
    expect(peakBytes).toBeLessThanOrEqual(memory + bare.alone);
    const told = JSON.parse(stdout);
    expect(told.rows).toBe(table.rowCount);
    expect(told.sampledRows).toBeLessThan(table.rowCount);
  });

  test.each(families)("train --families %s", async (family) => {
    const { stdout, peakBytes } = await withLimit(train(family));
    expect(peakBytes).toBeLessThanOrEqual(memory + bare.training);
    const record = JSON.parse(stdout);
    expect(record.data).toMatchObject({ sampledFrom: table.rowCount, memory });
    expect(record.test.metrics[0].value).toBeGreaterThan(family === "boosting" ? 0.76 : 0.7);
  });

  test("predict", async () => {
    const model = join(folder, "boosting", "model.onnx");
    const out = join(folder, "answers.csv");
    const { peakBytes } = await withLimit(["predict", model, big, "-o", out, "--threads", "2"]);
    expect(peakBytes).toBeLessThanOrEqual(memory + bare.alone);
    const lines = readFileSync(out).reduce((sum, byte) => sum + (byte === 10 ? 1 : 0), 0);
    expect(lines).toBe(table.rowCount + 1);
  });
});
