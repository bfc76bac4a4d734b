import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import * as nn from "../index.ts";

const folder = mkdtempSync(join(tmpdir(), "millwright-stream-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Bytes of a row of `part`: two floats, a code, and a weight. */
const rowBytes = 2 * 4 + 8 + 4;

/** Row i is [i, −i] with the target i and the weight 1 + i % 3. */
function part(first: number, count: number): nn.RowsRead {
  const rows = Array.from({ length: count }, (_, i) => first + i);
  return {
    inputs: {
      x: { dtype: "float32", shape: [count, 2], data: Float32Array.from(rows.flatMap((row) => [row, -row])) },
    },
    target: { dtype: "int64", shape: [count], data: BigInt64Array.from(rows, BigInt) },
    weight: Float32Array.from(rows, (row) => 1 + (row % 3)),
  };
}

/** Parts of changing lengths, empty ones among them. */
function* stream(rowCount: number): Generator<nn.RowsRead> {
  for (let first = 0, k = 0; first < rowCount; k++) {
    const count = Math.min((k * 7) % 13, rowCount - first);
    yield part(first, count);
    first += count;
  }
}

async function all(loader: nn.Loader, epoch: number, from = 0): Promise<nn.Batch[]> {
  const batches: nn.Batch[] = [];
  for await (const batch of loader.batches(epoch, from)) batches.push(batch);
  return batches;
}
const rowsOf = (batches: readonly nn.Batch[]): number[] => batches.flatMap(({ rows }) => [...rows]);
const counted = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const sorted = (rows: readonly number[]): number[] => [...rows].sort((a, b) => a - b);

/** The rule in the plainest words: blocks shuffled, and the rows of each window of blocks. */
function orderOf(rowCount: number, windowRows: number, seed: number, epoch: number): number[] {
  const random = createRandom(seed).child("loader").child(`epoch ${epoch}`);
  const blockRows = Math.max(1, Math.floor(windowRows / 64));
  const blocks: number[][] = [];
  for (let first = 0; first < rowCount; first += blockRows)
    blocks.push(counted(Math.min(blockRows, rowCount - first)).map((i) => first + i));
  random.child("blocks").shuffle(blocks);
  const each = Math.floor(windowRows / blockRows);
  const order: number[] = [];
  for (let window = 0; window * each < blocks.length; window++) {
    const rows = blocks.slice(window * each, (window + 1) * each).flat();
    order.push(...random.child("windows").child(window).shuffle(rows));
  }
  return order;
}

const loaderOf = (
  rowCount: number,
  windowRows: number,
  options: Partial<nn.StreamLoaderOptions> = {},
): Promise<nn.OpenLoader> =>
  nn.streamLoader(stream(rowCount), {
    ...{ batchSize: 32, seed: 5, folder, memoryBytes: 2 * windowRows * rowBytes },
    ...options,
  });

describe("streamLoader", () => {
  test.each([
    [1, 32],
    [31, 32],
    [1000, 40],
    [1000, 200],
    [1024, 128],
    [1000, 5000],
  ])(
    "%i rows through windows of %i: every row once an epoch, by the plain rule",
    async (rowCount, windowRows) => {
      const loader = await loaderOf(rowCount, windowRows);
      for (const epoch of [0, 1]) {
        const batches = await all(loader, epoch);
        const rows = rowsOf(batches);
        expect(sorted(rows)).toEqual(counted(rowCount));
        expect(rows).toEqual(orderOf(rowCount, windowRows, 5, epoch));
        expect(batches).toHaveLength(loader.batchCount);
        for (const { inputs, target, weight, rows: numbers } of batches) {
          // What a batch lacks is its first row at weight 0.
          const held = Array.from({ length: 32 }, (_, i) => numbers[i] ?? numbers[0]!);
          expect(inputs["x"]).toEqual({
            ...{ dtype: "float32", shape: [32, 2] },
            data: Float32Array.from(held.flatMap((row) => [row, -row])),
          });
          expect(target).toEqual({ dtype: "int64", shape: [32], data: BigInt64Array.from(held, BigInt) });
          expect([...weight]).toEqual(held.map((row, i) => (i < numbers.length ? 1 + (row % 3) : 0)));
        }
      }
      await loader.close();
    },
  );

  test("the same seed gives the same order, another epoch or seed another; without one it is the stream's", async () => {
    const [first, again, other, plain] = await Promise.all([
      loaderOf(500, 64),
      loaderOf(500, 64),
      loaderOf(500, 64, { seed: 6 }),
      nn.streamLoader(stream(500), { batchSize: 32, folder, memoryBytes: 64 * 2 * rowBytes }),
    ]);
    const order = rowsOf(await all(first, 3));
    expect(rowsOf(await all(again, 3))).toEqual(order);
    expect(rowsOf(await all(first, 4))).not.toEqual(order);
    expect(rowsOf(await all(other, 3))).not.toEqual(order);
    expect(rowsOf(await all(plain, 3))).toEqual(counted(500));
    expect(again.description).toEqual(first.description);
    expect(other.description).not.toEqual(first.description);
    await Promise.all([first, again, other, plain].map((loader) => loader.close()));
  });

  test("from any batch on it is the rest of the epoch, also where two epochs are gone through at once", async () => {
    const loader = await loaderOf(500, 70);
    const whole = await all(loader, 1);
    const rests = await Promise.all(counted(loader.batchCount + 1).map((from) => all(loader, 1, from)));
    for (const [from, rest] of rests.entries()) expect(rest).toEqual(whole.slice(from));
    await loader.close();
  });

  test("a row meets rows of the whole stream: a stream in the order of its classes comes mixed", async () => {
    const loader = await loaderOf(20_000, 2_000, { batchSize: 100 });
    const means = (await all(loader, 0)).map(({ rows }) => rows.reduce((a, b) => a + b, 0) / rows.length);
    // Of 100 rows drawn from all, the deviation of a mean would be 577; 64 blocks a window add 722.
    for (const mean of means) expect(Math.abs(mean - 10_000)).toBeLessThan(4 * Math.hypot(577, 722));
    await loader.close();
  });

  test("the last batch is left out where it is asked for, but not the only one", async () => {
    const loader = await loaderOf(70, 40, { dropLast: true });
    expect((await all(loader, 0)).map(({ rows }) => rows.length)).toEqual([32, 32]);
    const small = await loaderOf(5, 40, { dropLast: true });
    expect((await all(small, 0)).map(({ rows }) => rows.length)).toEqual([5]);
    await Promise.all([loader.close(), small.close()]);
  });

  test("memory stays flat: 64 MB of rows pass through windows of 2 MB", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const held = (): number => {
      // A thread of V8 gives the arrays back that a collection found; the next collection waits for it.
      collect();
      collect();
      return process.memoryUsage().arrayBuffers;
    };
    const [rows, width] = [4096, 4096];
    let peak = 0;
    const before = held();
    function* wide(): Generator<nn.RowsRead> {
      for (let first = 0; first < rows; first += 64) {
        if (first % 1024 === 0) peak = Math.max(peak, held());
        yield {
          inputs: {
            x: { dtype: "float32", shape: [64, width], data: new Float32Array(64 * width).fill(first) },
          },
          target: { dtype: "float32", shape: [64, 1], data: new Float32Array(64) },
        };
      }
    }
    const loader = await nn.streamLoader(wide(), { batchSize: 16, seed: 1, memoryBytes: 4e6, folder });
    let seen = 0;
    for await (const { rows: numbers, inputs } of loader.batches(0)) {
      seen += numbers.length;
      expect((inputs["x"]!.data as Float32Array)[0]).toBe(numbers[0]! - (numbers[0]! % 64));
      if (seen % 512 === 0) peak = Math.max(peak, held());
    }
    await loader.close();
    expect(seen).toBe(rows);
    // Two windows, what is written at a time, one part of the stream, and batches that are being made.
    expect(peak - before).toBeLessThan(4e6 + 4e6 + 1.1e6 + 1e6);
  });

  test("a training that stops in mid-epoch goes on with a loader made anew, to the same bits", async () => {
    const net = nn.network({ dtype: "float32", shape: [2] }, nn.dense(1));
    const weights = nn.initialise(net, { seed: 1 });
    const rows = function* (changed = 0): Generator<nn.RowsRead> {
      const random = createRandom(3);
      for (let k = 0; k < 10; k++) {
        const data = Float32Array.from({ length: 60 }, () => random.normal());
        const target = Float32Array.from({ length: 30 }, (_, i) => data[2 * i]! - data[2 * i + 1]! + changed);
        yield {
          inputs: { x: { dtype: "float32", shape: [30, 2], data } },
          target: { dtype: "float32", shape: [30, 1], data: target },
        };
      }
    };
    const options = async (path: string, given: Iterable<nn.RowsRead> = rows()) => ({
      train: await nn.streamLoader(given, { batchSize: 16, seed: 2, memoryBytes: 2 * 16 * 64, folder }),
      loss: nn.meanSquaredError(),
      optimiser: nn.adam({ learningRate: 0.02 }),
      epochs: 3,
      seed: 4,
      checkpoint: { path: join(folder, path), everySteps: 4, resume: true },
    });
    const unstopped = await options("whole.safetensors");
    const whole = await nn.fit(net, weights, unstopped);
    await unstopped.train.close();
    for (const stopAt of [9, 23]) {
      const path = `stopped-${stopAt}.safetensors`;
      const stopped = await options(path);
      for await (const event of nn.trainEvents(net, weights, stopped))
        if (event.type === "step" && event.step === stopAt) break;
      await stopped.train.close();
      const resumed = await options(path);
      expect(await nn.fit(net, weights, resumed)).toEqual(whole);
      await resumed.train.close();
    }
    const other = await options("stopped-9.safetensors", rows(1e-6));
    await expect(nn.fit(net, weights, other)).rejects.toThrow(/differs in data.*MODEL_CHANGED/);
    await other.train.close();
  });

  test.skipIf(process.platform === "win32")(
    "nothing of the rows has a name, even while they are read",
    async () => {
      const own = mkdtempSync(join(folder, "empty-"));
      const loader = await loaderOf(100, 40, { folder: own });
      expect(readdirSync(own)).toEqual([]);
      await loader.close();
    },
  );

  test("leaving an epoch early and closing while a window is read do no harm; then it is closed", async () => {
    const loader = await loaderOf(5000, 40);
    const batches = loader.batches(0) as AsyncGenerator<nn.Batch>;
    await batches.next();
    await batches.return(undefined);
    const going = loader.batches(0) as AsyncGenerator<nn.Batch>;
    await going.next();
    await loader.close();
    await loader.close();
    await expect(all(loader, 0)).rejects.toThrow(/the loader is closed.*SOURCE_UNREADABLE/);
    await going.return(undefined);
  });

  const wrong: readonly [string, () => Promise<unknown>, RegExp][] = [
    ["no rows", () => nn.streamLoader([], { batchSize: 8 }), /no rows.*DATA_EMPTY/],
    ["empty parts only", () => nn.streamLoader([part(0, 0)], { batchSize: 8 }), /no rows.*DATA_EMPTY/],
    ["no batch", () => loaderOf(10, 40, { batchSize: 0 }), /batchSize: 0.*PARAMETER_RANGE/],
    [
      "a window smaller than a batch",
      () => loaderOf(10, 31),
      /memoryBytes: 1240.*two batches of 32 rows of 20 bytes take 1280.*PARAMETER_RANGE/,
    ],
    [
      "an input of other rows",
      () => nn.streamLoader([{ ...part(0, 4), target: part(0, 3).target }], { batchSize: 2 }),
      /"x" as 8 float32 in the shape \[4, 2\].*a target of 3 rows.*SHAPE_MISMATCH/,
    ],
    [
      "an array of another class",
      () => {
        const { inputs, ...rest } = part(0, 4);
        const doubles = { ...inputs["x"]!, data: new Float64Array(8) } as const;
        return nn.streamLoader([{ ...rest, inputs: { x: doubles } }], { batchSize: 2 });
      },
      /"x" is to be float32, and its data is Float64Array.*DTYPE_MISMATCH/,
    ],
    [
      "weights of other rows",
      () => nn.streamLoader([{ ...part(0, 4), weight: new Float32Array(6) }], { batchSize: 2 }),
      /6 weights for 4 rows.*SHAPE_MISMATCH/,
    ],
    [
      "rows that change",
      () => nn.streamLoader([part(0, 4), { ...part(4, 4), inputs: {} }], { batchSize: 2 }),
      /from row 4 on as \{"inputs":\{\}.*SHAPE_MISMATCH/,
    ],
    [
      "a folder that is not there",
      () => loaderOf(10, 40, { folder: join(folder, "none") }),
      /none cannot hold the rows.*ENOENT.*OUTPUT_UNWRITABLE/,
    ],
    [
      "a signal",
      () => loaderOf(10, 40, { signal: AbortSignal.abort() }),
      /Reading rows for training was stopped.*CANCELLED/,
    ],
    [
      "a stream that throws",
      () =>
        loaderOf(10, 40).then(() =>
          nn.streamLoader(
            (function* () {
              yield part(0, 4);
              throw new Error("the camera is off");
            })(),
            { batchSize: 2 },
          ),
        ),
      /the camera is off/,
    ],
  ];
  test.each(wrong)("%s: a clear error", async (_name, run, message) => {
    await expect(run()).rejects.toThrow(message);
  });
});
