/**
 * Tables larger than `--memory`: each command takes no more than that above what it takes for a table of nothing, all
 * its processes together.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BigTable, writeBigTable } from "../bench/support/big-table.ts";
import { type Measured, measureCommand } from "../bench/support/peak-memory.ts";

const folder = mkdtempSync(join(tmpdir(), "millwright-larger-"));
const big = join(folder, "big.csv");
const small = join(folder, "small.csv");
const memory = 150e6;
let table: BigTable;

beforeAll(() => {
  table = writeBigTable(big, 300e6, 1);
  writeBigTable(small, 200e3, 2);
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** What a command takes above the same command on a small table. */
async function above(wordsOf: (source: string) => readonly string[]): Promise<Measured> {
  const bare = await measureCommand(wordsOf(small));
  const measured = await measureCommand([...wordsOf(big), "--memory", `${memory / 1e6}MB`]);
  return { ...measured, peakBytes: measured.peakBytes - bare.peakBytes };
}

const families = ["boosting", "logistic"] as const;
const train = (family: string) => (source: string) => [
  ...["train", source, "--target", "bought", "--families", family, "--threads", "2"],
  // A budget left over is spent on a search, so a table of nothing gets little.
  ...["--budget", source === small ? "2" : "30"],
  ...["--out", join(folder, family), "--json"],
];

describe.skipIf(process.platform !== "linux")("300 MB under --memory 150MB", () => {
  test("look", async () => {
    const { stdout, peakBytes } = await above((source) => ["look", source, "--target", "bought", "--json"]);
    expect(peakBytes).toBeLessThanOrEqual(memory);
    const told = JSON.parse(stdout);
    expect(told.rows).toBe(table.rowCount);
    expect(told.sampledRows).toBeLessThan(table.rowCount);
  });

  test.each(families)("train --families %s", async (family) => {
    const { stdout, peakBytes } = await above(train(family));
    expect(peakBytes).toBeLessThanOrEqual(memory);
    const record = JSON.parse(stdout);
    expect(record.data).toMatchObject({ sampledFrom: table.rowCount, memory });
    expect(record.test.metrics[0].value).toBeGreaterThan(family === "boosting" ? 0.76 : 0.7);
  });

  test("predict", async () => {
    const model = join(folder, "boosting", "model.onnx");
    const out = join(folder, "answers.csv");
    const words = (source: string) => ["predict", model, source, "-o", out, "--threads", "2"];
    const { peakBytes } = await above(words);
    expect(peakBytes).toBeLessThanOrEqual(memory);
    const lines = readFileSync(out).reduce((sum, byte) => sum + (byte === 10 ? 1 : 0), 0);
    expect(lines).toBe(table.rowCount + 1);
  });
});
