/**
 * Tables larger than `--memory`: each command takes no more than that above Node and the native libraries, all its
 * processes together. What those take, docs/cli.md tells.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BigTable, writeBigTable } from "../bench/support/big-table.ts";
import { measureCommand } from "../bench/support/peak-memory.ts";
import { textNet } from "../src/nn/index.ts";
import { pipeline } from "../src/pipeline/index.ts";
import type { StringCells } from "../src/schema/index.ts";
import { topicFrame, topicSchema } from "./fixtures/topics.ts";

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

test.skipIf(process.platform !== "linux")(
  "one text of 0.9 MB among 300 short ones under 400 MB",
  async () => {
    const model = join(folder, "notes.onnx");
    const fitted = await pipeline({
      schema: topicSchema,
      features: "tokens",
      estimator: textNet({ epochs: 1, size: 8, buckets: 256 }),
    }).fit(topicFrame(300));
    writeFileSync(model, fitted.bytes);
    await fitted.model.close();
    const notes = topicFrame(300, new Map([[150, 900_000]])).columns.get("note") as StringCells;
    const source = join(folder, "notes.csv");
    writeFileSync(source, ["note", ...notes.dictionary].join("\n"));
    const { peakBytes } = await measureCommand(["predict", model, source, "-o", join(folder, "topics.csv")]);
    expect(peakBytes).toBeLessThan(400e6);
  },
);

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
