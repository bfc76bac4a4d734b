/**
 * Where batches come from.
 *
 * The order of an epoch depends on the seed and the epoch alone, so a training that stopped in its
 * middle takes up the next batch again. Every batch has the same number of rows: the last one is
 * filled up with rows of weight 0.
 */
import { arrayClass, type DType, type Json, MillwrightError, type Tensor } from "../../core/index.ts";
import type { RowNumbers } from "../augment/change-rows.ts";

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

/** A loader that may hold threads or a file. */
export interface OpenLoader extends Loader {
  /** Gives them back. */
  close(): Promise<void>;
}

/** Numeric rows in memory: `data` holds rowCount × shape elements, row by row. */
export interface RowData {
  readonly dtype: Exclude<DType, "string">;
  /** Shape of a row; [] for one number. */
  readonly shape: readonly number[];
  readonly data: RowNumbers;
}

/**
 * The bytes of another class would be read as other numbers.
 *
 * @throws MillwrightError `DTYPE_MISMATCH` unless the array is of the class that holds its dtype.
 */
export function requireArray(name: string, dtype: RowData["dtype"], data: object): void {
  const wanted = arrayClass[dtype];
  if (data instanceof wanted) return;
  throw new MillwrightError(
    "DTYPE_MISMATCH",
    `"${name}" is to be ${dtype}, and its data is ${data.constructor.name}.`,
    `Give a ${wanted.name}.`,
  );
}
