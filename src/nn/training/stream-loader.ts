/**
 * A loader of rows that come once, in any number: a table larger than memory, decoded files, a generator.
 *
 * The rows are written to a file as they come, and each epoch reads them in an order of its own. Runs of neighbouring rows,
 * the blocks, are shuffled; a window of so many blocks as the memory holds is read, and its rows are shuffled. So a row
 * meets the rows of 64 places of the stream or more, reading stays sequential, and where all rows fit into one window the
 * shuffle is that of `arrayLoader`. The next window is read while the network trains on the one before.
 */
import { type Json, MillwrightError, type Random } from "../../core/index.ts";
import { epochRandom } from "../augment/change-rows.ts";
import { requireCount } from "../layer.ts";
import { BatchChanges, type ChangeOptions, requireChanges } from "./batch-changes.ts";
import type { Batch, OpenLoader } from "./loader.ts";
import { RowStore } from "./row-store.ts";
import type { RowsRead } from "./source-loader.ts";

export interface StreamLoaderOptions extends ChangeOptions {
  readonly batchSize: number;
  /** Shuffles and changes by this seed; in the order of the stream when absent. */
  readonly seed?: number;
  /** Leaves the last batch out where it is not full. Default false. */
  readonly dropLast?: boolean;
  /** Bytes of rows held while training: two windows. The order of the rows depends on it. Default 256e6. */
  readonly memoryBytes?: number;
  /** Where the rows are kept until `close`. Default: the system's folder for temporary files, which may be memory. */
  readonly folder?: string;
  /** Ends the reading of the stream. */
  readonly signal?: AbortSignal;
}

/** Blocks of a window: enough places of the stream to mix, and few enough to be read in long runs. */
const windowBlocks = 64;

/**
 * Writes the rows of a stream to a file and makes batches of them, the last one filled up with its first row at weight 0.
 *
 * The loader holds the file, and threads where they are asked for, until `close`; batches are an error after that.
 *
 * @param rows - Parts of any number of rows, all with the same inputs, element types and shapes of a row.
 * @throws MillwrightError `DATA_EMPTY`, `DATA_LIMIT`, `DTYPE_MISMATCH`, `SHAPE_MISMATCH`, `PARAMETER_*`, `OUTPUT_UNWRITABLE` where the
 *   folder cannot hold the rows, `CANCELLED`; what the stream throws.
 */
export async function streamLoader(
  rows: AsyncIterable<RowsRead> | Iterable<RowsRead>,
  options: StreamLoaderOptions,
): Promise<OpenLoader> {
  const { batchSize, seed, dropLast = false, memoryBytes = 256e6 } = options;
  requireCount("streamLoader", "batchSize", batchSize);
  requireCount("streamLoader", "memoryBytes", memoryBytes);
  requireChanges("streamLoader", options);
  const rowsHeld = (rowBytes: number): number => Math.floor(memoryBytes / 2 / rowBytes);
  const store = await RowStore.write(rows, options, (rowBytes) => {
    if (rowsHeld(rowBytes) >= batchSize) return;
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `streamLoader has { memoryBytes: ${memoryBytes} }, and two batches of ${batchSize} rows of ${rowBytes} bytes take ${2 * batchSize * rowBytes}.`,
      "Give more memory, or smaller batches.",
    );
  });
  const { rowCount, rowBytes } = store;
  const changes = await changesOf(store, options);
  const windowRows = rowsHeld(rowBytes);
  const batchCount = dropLast
    ? Math.max(1, Math.floor(rowCount / batchSize))
    : Math.ceil(rowCount / batchSize);
  const blockRows = Math.max(1, Math.floor(windowRows / windowBlocks));
  const reading: Reading = { store, blockRows, windowRows };
  const description: Json = {
    ...{ rows: rowCount, batchSize, seed: seed ?? null, dropLast, stream: store.description },
    ...changes.description,
    ...(seed !== undefined && { blockRows, windowRows }),
  };
  async function* plain(epoch: number, from: number): AsyncGenerator<Batch> {
    const drawn = seed === undefined ? undefined : epochRandom(seed, epoch);
    let batch = store.batch(batchSize);
    let k = from;
    for await (const { records, numbers, order } of windows(reading, from * batchSize, drawn)) {
      for (const at of order) {
        batch.add(records, at * rowBytes, numbers[at]!);
        if (batch.count < batchSize) continue;
        yield batch.finish();
        if (++k === batchCount) return;
        batch = store.batch(batchSize);
      }
    }
    if (batch.count > 0) yield batch.finish();
  }
  async function* changed(epoch: number, from: number): AsyncGenerator<Batch> {
    let k = from;
    for await (const batch of plain(epoch, from)) yield changes.batch(batch, epoch, k++);
  }
  return {
    ...{ rowCount, batchSize, batchCount, description },
    batches: (epoch, from = 0) =>
      changes.inThreads ? changes.ahead(plain(epoch, from), epoch, from) : changed(epoch, from),
    async close() {
      await changes.close();
      await store.close();
    },
  };
}

/** Changes of a stream's rows, which are known once it is read. */
async function changesOf(store: RowStore, options: StreamLoaderOptions): Promise<BatchChanges> {
  try {
    return new BatchChanges("streamLoader", options, store.sizes);
  } catch (error) {
    await store.close();
    throw error;
  }
}

interface Reading {
  readonly store: RowStore;
  /** Rows of a block, but for the last one. */
  readonly blockRows: number;
  /** Rows that a window may have. */
  readonly windowRows: number;
}

interface Window {
  /** Records of its rows. */
  readonly records: Uint8Array;
  /** Number of each row. */
  readonly numbers: Uint32Array;
  /** Which record comes when. */
  readonly order: Uint32Array;
}

/**
 * The windows of an epoch, the next one being read while one is used. A window is good until the next is asked for.
 *
 * @param done - Rows of the epoch that are left out.
 */
async function* windows(
  { store, blockRows, windowRows }: Reading,
  done: number,
  random: Random | undefined,
): AsyncGenerator<Window> {
  const { rowCount, rowBytes } = store;
  const blocks = Uint32Array.from({ length: Math.ceil(rowCount / blockRows) }, (_, block) => block);
  random?.child("blocks").shuffle(blocks);
  const each = Math.floor(windowRows / blockRows);
  const sizeOf = (block: number): number => Math.min(blockRows, rowCount - block * blockRows);
  const blocksOf = (window: number): Uint32Array => blocks.subarray(window * each, (window + 1) * each);
  const rowsOf = (window: number): number => blocksOf(window).reduce((sum, block) => sum + sizeOf(block), 0);
  const windowCount = Math.ceil(blocks.length / each);
  const rooms = Array.from(
    { length: Math.min(2, windowCount) },
    () => new Uint8Array(Math.min(windowRows, rowCount) * rowBytes),
  );
  const read = async (window: number): Promise<Window> => {
    const records = rooms[window % rooms.length]!;
    const numbers = new Uint32Array(rowsOf(window));
    let at = 0;
    for (const block of blocksOf(window)) {
      const first = block * blockRows;
      const count = sizeOf(block);
      await store.read(first, count, records, at * rowBytes);
      for (let i = 0; i < count; i++) numbers[at++] = first + i;
    }
    const order = numbers.map((_, i) => i);
    random?.child("windows").child(window).shuffle(order);
    return { records, numbers, order };
  };
  if (done >= rowCount) return;
  let window = 0;
  for (let rows = rowsOf(0); rows <= done; rows = rowsOf(window)) {
    done -= rows;
    window++;
  }
  let next = read(window);
  try {
    for (; window < windowCount; window++) {
      const { order, ...rest } = await next;
      if (window + 1 < windowCount) next = read(window + 1);
      // It is thrown where it is awaited; until then it must not end the process.
      next.catch(() => undefined);
      yield { ...rest, order: order.subarray(done) };
      done = 0;
    }
  } finally {
    // What is being read into must not be given up before.
    await next.catch(() => undefined);
  }
}
