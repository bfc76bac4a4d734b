import { describe, expect, test } from "vitest";
import type { Random } from "../../core/index.ts";
import * as nn from "../index.ts";

const rowCount = 70;
const reads: { rows: Uint32Array; done: boolean }[] = [];

/** Row i is [i, i + noise]; reading takes a turn of the event loop. */
function source(more: Partial<nn.RowSource> = {}): nn.RowSource {
  return {
    rowCount,
    description: "numbers",
    async read(rows: Uint32Array, _epoch: number, random: Random) {
      const note = { rows, done: false };
      reads.push(note);
      await new Promise((resolve) => setTimeout(resolve, 1));
      note.done = true;
      const data = Float32Array.from(
        { length: 2 * rows.length },
        (_, i) => rows[i >> 1]! + (i % 2) * random.next(),
      );
      return {
        inputs: { x: { dtype: "float32", shape: [rows.length, 2], data } },
        target: { dtype: "float32", shape: [rows.length, 1], data: Float32Array.from(rows) },
      };
    },
    ...more,
  };
}

async function all(loader: nn.Loader, epoch: number, from = 0): Promise<nn.Batch[]> {
  const batches: nn.Batch[] = [];
  for await (const batch of loader.batches(epoch, from)) batches.push(batch);
  return batches;
}

describe("sourceLoader", () => {
  test("each epoch has every row once; from a batch on, and with other numbers read ahead, it is the same", async () => {
    const options = { batchSize: 16, seed: 2 };
    const whole = await all(nn.sourceLoader(source(), options), 1);
    expect(whole.flatMap(({ rows }) => [...rows]).sort((a, b) => a - b)).toEqual(
      Array.from({ length: rowCount }, (_, i) => i),
    );
    expect(await all(nn.sourceLoader(source(), { ...options, ahead: 0 }), 1)).toEqual(whole);
    expect(await all(nn.sourceLoader(source(), { ...options, ahead: 9 }), 1, 2)).toEqual(whole.slice(2));
    expect(await all(nn.sourceLoader(source(), options), 2)).not.toEqual(whole);
  });

  test("the last batch is filled up with its first row at weight 0, or left out", async () => {
    const last = (await all(nn.sourceLoader(source(), { batchSize: 16 }), 0)).at(-1)!;
    expect([...last.rows]).toEqual([64, 65, 66, 67, 68, 69]);
    expect(last.inputs["x"]!.shape).toEqual([16, 2]);
    expect((last.inputs["x"]!.data as Float32Array)[2 * 6]).toBe(64);
    expect([...last.weight]).toEqual([1, 1, 1, 1, 1, 1, ...new Array<number>(10).fill(0)]);
    expect(await all(nn.sourceLoader(source(), { batchSize: 16, dropLast: true }), 0)).toHaveLength(4);
  });

  test("reads no further ahead than it is told", async () => {
    reads.length = 0;
    const batches = nn
      .sourceLoader(source(), { batchSize: 8, ahead: 2 })
      .batches(0) as AsyncGenerator<nn.Batch>;
    await batches.next();
    expect(reads).toHaveLength(3);
    await batches.next();
    expect(reads).toHaveLength(4);
    await batches.return(undefined);
  });

  test("rows of like length share a batch, and the batches are mixed", async () => {
    const lengths = Uint32Array.from({ length: rowCount }, (_, i) => (i * 37) % 61);
    const batches = await all(nn.sourceLoader(source({ lengths }), { batchSize: 10, seed: 1 }), 0);
    const spread = batches.map(({ rows }) => {
      const found = [...rows].map((row) => lengths[row]!);
      return Math.max(...found) - Math.min(...found);
    });
    expect(Math.max(...spread)).toBeLessThanOrEqual(12);
    const first = batches.map(({ rows }) => lengths[rows[0]!]!);
    expect(first).not.toEqual([...first].sort((a, b) => a - b));
  });

  test("a network trains on it", async () => {
    const net = nn.network({ dtype: "float32", shape: [2] }, nn.dense(1));
    const { history } = await nn.fit(net, nn.initialise(net, { seed: 1 }), {
      train: nn.sourceLoader(source(), { batchSize: 16, seed: 1 }),
      loss: nn.meanAbsoluteError(),
      optimiser: nn.adam({ learningRate: 0.05 }),
      epochs: 20,
      seed: 1,
    });
    expect(history.at(-1)!.loss).toBeLessThan(0.2 * history[0]!.loss);
  });

  test("what a source throws comes out where its batch is wanted", async () => {
    const broken = source({
      read() {
        throw new Error("the disk is gone");
      },
    });
    await expect(all(nn.sourceLoader(broken, { batchSize: 8, ahead: 5 }), 0)).rejects.toThrow(
      "the disk is gone",
    );
  });

  test.each([
    ["no row", () => nn.sourceLoader(source({ rowCount: 0 }), { batchSize: 8 }), /no rows.*DATA_EMPTY/],
    [
      "fewer lengths",
      () => nn.sourceLoader(source({ lengths: new Uint32Array(3) }), { batchSize: 8 }),
      /70 rows and 3 lengths/,
    ],
    ["no batch", () => nn.sourceLoader(source(), { batchSize: 0 }), /batchSize: 0/],
  ])("%s: a clear error", (_name, run, message) => {
    expect(run).toThrow(message);
  });

  test("a read of another number of rows is an error that names the input", async () => {
    const short = source({
      read: () => ({
        inputs: { x: { dtype: "float32", shape: [1, 2], data: new Float32Array(2) } },
        target: { dtype: "float32", shape: [8, 1], data: new Float32Array(8) },
      }),
    });
    await expect(all(nn.sourceLoader(short, { batchSize: 8 }), 0)).rejects.toThrow(
      /"x" as float32 \[1, 2\] for 8 rows.*SHAPE_MISMATCH/,
    );
  });
});
