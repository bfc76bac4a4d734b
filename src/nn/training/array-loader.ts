/**
 * A loader of rows that lie in memory. The order of an epoch depends on the seed and the epoch alone.
 */
import { MillwrightError, sha256, type Tensor } from "../../core/index.ts";
import { epochRandom } from "../augment/change-rows.ts";
import { requireCount } from "../layer.ts";
import { BatchChanges, type ChangeOptions } from "./batch-changes.ts";
import { type Batch, type OpenLoader, requireArray, type RowData } from "./loader.ts";

export interface ArrayLoaderOptions extends ChangeOptions {
  readonly batchSize: number;
  /** Shuffles by this seed; in the order of the rows when absent. */
  readonly seed?: number;
  /** Weight of each row. Default 1. */
  readonly weights?: Float32Array;
  /** Leaves the last batch out where it is not full. Default false. */
  readonly dropLast?: boolean;
}

/**
 * A loader of rows that lie in memory. With `threads`, `close` ends them; they start again where batches are asked for.
 *
 * @throws MillwrightError `SHAPE_MISMATCH` where lengths differ, `DTYPE_MISMATCH` where an array is not of its dtype, `DATA_EMPTY`, `PARAMETER_RANGE`; `PARAMETER_CONFLICT` for
 *   changes without a seed, or changes by a function and `threads`; `PARAMETER_UNKNOWN` for changes of no input.
 */
export function arrayLoader(
  inputs: Readonly<Record<string, RowData>>,
  target: RowData,
  options: ArrayLoaderOptions,
): OpenLoader {
  const { batchSize, seed, weights, dropLast = false } = options;
  requireCount("arrayLoader", "batchSize", batchSize);
  const rowCount = rowsOf("target", target);
  for (const [name, data] of Object.entries(inputs)) {
    // Of rows without elements there are as many as one likes.
    if (data.shape.includes(0) && data.data.length === 0) continue;
    const count = rowsOf(name, data);
    if (count !== rowCount) throw unequal(`the input "${name}" has ${count} rows`, rowCount);
  }
  if (weights && weights.length !== rowCount) throw unequal(`there are ${weights.length} weights`, rowCount);
  if (rowCount === 0) {
    throw new MillwrightError("DATA_EMPTY", "arrayLoader has no rows.", "Give at least one.");
  }
  const sizes = Object.entries(inputs).map(([name, { shape }]) => [name, sizeOf(shape)]);
  const changes = new BatchChanges("arrayLoader", options, Object.fromEntries(sizes));
  const batchCount = dropLast
    ? Math.max(1, Math.floor(rowCount / batchSize))
    : Math.ceil(rowCount / batchSize);
  function* plain(epoch: number, from: number): Generator<Batch> {
    const order = Uint32Array.from({ length: rowCount }, (_, i) => i);
    if (seed !== undefined) epochRandom(seed, epoch).child("order").shuffle(order);
    for (let k = from; k < batchCount; k++) {
      const rows = order.slice(k * batchSize, (k + 1) * batchSize);
      const weight = new Float32Array(batchSize);
      rows.forEach((row, i) => {
        weight[i] = weights ? weights[row]! : 1;
      });
      const taken = Object.entries(inputs).map(([name, data]) => [name, gatherRows(data, rows, batchSize)]);
      yield {
        inputs: Object.fromEntries(taken),
        target: gatherRows(target, rows, batchSize),
        ...{ weight, rows },
      };
    }
  }
  function* changed(epoch: number, from: number): Generator<Batch> {
    let k = from;
    for (const batch of plain(epoch, from)) yield changes.batch(batch, epoch, k++);
  }
  return {
    rowCount,
    batchSize,
    batchCount,
    get description() {
      return {
        rows: rowCount,
        batchSize,
        seed: seed ?? null,
        dropLast,
        ...changes.description,
        weights: weights ? contentOf(weights) : null,
        target: contentOf(target.data),
        inputs: Object.fromEntries(
          Object.entries(inputs).map(([name, { dtype, shape, data }]) => [
            name,
            [dtype, ...shape, contentOf(data)],
          ]),
        ),
      };
    },
    batches: (epoch, from = 0) =>
      changes.inThreads ? changes.ahead(plain(epoch, from), epoch, from) : changed(epoch, from),
    close: () => changes.close(),
  };
}

function contentOf({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return sha256(new Uint8Array(buffer, byteOffset, byteLength));
}

/** Some rows as a tensor [batchSize, ..]; what is left over repeats the first row, which is a valid one. */
function gatherRows({ dtype, shape, data }: RowData, rows: Uint32Array, batchSize: number): Tensor {
  const size = sizeOf(shape);
  const taken = new (data.constructor as new (length: number) => Float32Array)(batchSize * size);
  const source = data as Float32Array;
  for (let i = 0; i < batchSize; i++) {
    const row = rows[i] ?? rows[0]!;
    taken.set(source.subarray(row * size, (row + 1) * size), i * size);
  }
  return { dtype, shape: [batchSize, ...shape], data: taken };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function rowsOf(name: string, { dtype, shape, data }: RowData): number {
  requireArray(name, dtype, data);
  const size = sizeOf(shape);
  if (size > 0 && data.length % size === 0) return data.length / size;
  throw new MillwrightError(
    "SHAPE_MISMATCH",
    `"${name}" has ${data.length} elements, which are no whole number of rows [${shape.join(", ")}].`,
    "Make the shape of a row fit the data.",
  );
}

function unequal(what: string, rowCount: number): MillwrightError {
  return new MillwrightError(
    "SHAPE_MISMATCH",
    `arrayLoader needs one target per row: ${what}, and the target has ${rowCount}.`,
    "Give every input, the target and the weights the same rows.",
  );
}
