/**
 * Rows of a batch changed in their place: in the calling thread, or by the threads of `augment.worker.ts`.
 *
 * A row's random numbers are named by the seed, the epoch, the input and the row's number, so both come to the same bits.
 */
import {
  createRandom,
  type Lanes,
  openLanes,
  type Random,
  startWorker,
  type TensorData,
} from "../../core/index.ts";
import type { Step } from "./step.ts";

/** Numbers of rows, row by row. */
export type RowNumbers = Exclude<TensorData, readonly string[]>;

/** A row's own numbers, changed in place. `random` belongs to this row in this epoch. */
export interface Augment {
  (row: RowNumbers, random: Random): void;
  /** The same as plain data, for threads: what `inPlace` makes has it. */
  readonly recipe?: Recipe;
}

/** Steps, and the shape of the rows that they change. */
export interface Recipe {
  readonly steps: readonly Step[];
  readonly shape: readonly number[];
}

/** What threads change. */
export interface ChangeWork {
  readonly seed: number;
  /** By the names of the inputs; `size` is how many numbers a row has. */
  readonly recipes: Readonly<Record<string, Recipe & { readonly size: number }>>;
}

/** Rows of one batch. */
export interface ChangeRequest {
  readonly epoch: number;
  /** Of each row that is changed; the rows behind them fill the batch up. */
  readonly rows: Uint32Array;
  /** By the names of the inputs. */
  readonly data: Readonly<Record<string, RowNumbers>>;
}

/** What belongs to an epoch of a loader. */
export function epochRandom(seed: number, epoch: number): Random {
  return createRandom(seed).child("loader").child(`epoch ${epoch}`);
}

/**
 * Changes the rows of an input.
 *
 * @param data - Of the batch, with rows of `size` numbers.
 * @param drawn - Of the epoch.
 */
export function changeRows(
  change: Augment,
  name: string,
  data: RowNumbers,
  size: number,
  rows: Uint32Array,
  drawn: Random,
): void {
  for (const [i, row] of rows.entries())
    change(data.subarray(i * size, (i + 1) * size) as RowNumbers, drawn.child(`${name} ${row}`));
}

/** Threads that change rows; memory goes to them and comes back. */
export function openChangeLanes(
  work: ChangeWork,
  threads: number,
): Lanes<ChangeRequest, ChangeRequest["data"]> {
  return openLanes(() => startWorker("augment.worker", import.meta.url, work), threads, "changes rows");
}

/** The memory behind arrays, each once. */
export function memoryOf(data: ChangeRequest["data"]): ArrayBuffer[] {
  return [...new Set(Object.values(data).map(({ buffer }) => buffer as ArrayBuffer))];
}
