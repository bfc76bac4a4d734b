/**
 * Where batches come from.
 *
 * The order of an epoch depends on the seed and the epoch alone, so a training that stopped in its
 * middle takes up the next batch again. Every batch has the same number of rows: the last one is
 * filled up with rows of weight 0.
 */
import {
  createRandom,
  type DType,
  type Json,
  MillwrightError,
  type Random,
  sha256,
  type Tensor,
} from "../../core/index.ts";
import { requireCount } from "../layer.ts";

export interface Batch {
  /** The network's inputs by name, [batchSize, ..]. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** [batchSize, ..], of the dtype that the loss asks for. */
  readonly target: Tensor;
  /** Weight of each row, or of each position of a row; 0 for filling. */
  readonly weight: Float32Array;
  /** Numbers of the rows, for messages; without the filling. */
  readonly rows: Uint32Array;
}

export interface Loader {
  readonly rowCount: number;
  readonly batchSize: number;
  readonly batchCount: number;
  /** What it reads and how, as plain data: a checkpoint resumes on the same only. */
  readonly description: Json;
  /**
   * Batches of an epoch.
   *
   * @param epoch - 0, 1, ….
   * @param from - First batch wanted: 0 … batchCount − 1.
   */
  batches(epoch: number, from?: number): Iterable<Batch> | AsyncIterable<Batch>;
}

/** Numeric rows in memory: `data` holds rowCount × shape elements, row by row. */
export interface RowData {
  readonly dtype: Exclude<DType, "string">;
  /** Shape of a row; [] for one number. */
  readonly shape: readonly number[];
  readonly data: Exclude<Tensor["data"], readonly string[]>;
}

/** A row's own numbers, changed in place. `random` belongs to this row in this epoch. */
export type Augment = (row: RowData["data"], random: Random) => void;

export interface ArrayLoaderOptions {
  readonly batchSize: number;
  /** Shuffles by this seed; in the order of the rows when absent. */
  readonly seed?: number;
  /** Weight of each row. Default 1. */
  readonly weights?: Float32Array;
  /** Changes of inputs by name, drawn anew in each epoch. Needs a seed. */
  readonly augment?: Readonly<Record<string, Augment>>;
  /** Changes a whole batch: mixing rows, say. Needs a seed. */
  readonly mix?: (batch: Batch, random: Random) => Batch;
  /** Leaves the last batch out where it is not full. Default false. */
  readonly dropLast?: boolean;
}

/**
 * A loader of rows that lie in memory.
 *
 * @throws MillwrightError `SHAPE_MISMATCH` where lengths differ, `DATA_EMPTY`, `PARAMETER_RANGE`.
 */
export function arrayLoader(
  inputs: Readonly<Record<string, RowData>>,
  target: RowData,
  options: ArrayLoaderOptions,
): Loader {
  const { batchSize, seed, weights, augment = {}, mix, dropLast = false } = options;
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
  if ((mix || Object.keys(augment).length > 0) && seed === undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      "arrayLoader augments rows and has no seed.",
      "Give { seed }, so that what is drawn can be drawn again.",
    );
  }
  const batchCount = dropLast
    ? Math.max(1, Math.floor(rowCount / batchSize))
    : Math.ceil(rowCount / batchSize);
  const random = seed === undefined ? undefined : createRandom(seed).child("loader");
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
        augment: Object.keys(augment).sort(),
        mix: mix !== undefined,
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
    *batches(epoch, from = 0) {
      const order = Uint32Array.from({ length: rowCount }, (_, i) => i);
      const drawn = random?.child(`epoch ${epoch}`);
      drawn?.child("order").shuffle(order);
      for (let k = from; k < batchCount; k++) {
        const rows = order.slice(k * batchSize, (k + 1) * batchSize);
        const weight = new Float32Array(batchSize);
        rows.forEach((row, i) => {
          weight[i] = weights ? weights[row]! : 1;
        });
        const taken = Object.fromEntries(
          Object.entries(inputs).map(([name, data]) => {
            const change = augment[name];
            const each =
              change &&
              ((part: RowData["data"], row: number) => change(part, drawn!.child(`${name} ${row}`)));
            return [name, gatherRows(data, rows, batchSize, each)];
          }),
        );
        const batch = { inputs: taken, target: gatherRows(target, rows, batchSize), weight, rows };
        yield mix ? mix(batch, drawn!.child(`mix ${k}`)) : batch;
      }
    },
  };
}

function contentOf({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return sha256(new Uint8Array(buffer, byteOffset, byteLength));
}

/** Some rows as a tensor [batchSize, ..]; what is left over repeats the first row, which is a valid one. */
function gatherRows(
  { dtype, shape, data }: RowData,
  rows: Uint32Array,
  batchSize: number,
  change?: (row: RowData["data"], number: number) => void,
): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const taken = new (data.constructor as new (length: number) => Float32Array)(batchSize * size);
  const source = data as Float32Array;
  for (let i = 0; i < batchSize; i++) {
    const row = rows[i] ?? rows[0]!;
    taken.set(source.subarray(row * size, (row + 1) * size), i * size);
    if (change && i < rows.length) change(taken.subarray(i * size, (i + 1) * size), row);
  }
  return { dtype, shape: [batchSize, ...shape], data: taken };
}

function rowsOf(name: string, { shape, data }: RowData): number {
  const size = shape.reduce((a, b) => a * b, 1);
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
