/**
 * Batches as a loader gives them, changed for training: rows by augmentation, then the whole by mixing.
 *
 * In threads a batch is changed while the network trains on the ones before. What it becomes follows from the seed, the
 * epoch, its rows and its place alone, so the number of threads changes no bit.
 */
import {
  type Json,
  type Lanes,
  MillwrightError,
  nearest,
  type Random,
  type Tensor,
} from "../../core/index.ts";
import {
  type Augment,
  changeRows,
  type ChangeRequest,
  epochRandom,
  memoryOf,
  openChangeLanes,
  type Recipe,
  type RowNumbers,
} from "../augment/change-rows.ts";
import { requireCount } from "../layer.ts";
import type { Batch } from "./loader.ts";
import { mapAhead } from "./map-ahead.ts";

export interface ChangeOptions {
  /** What is drawn follows from it. */
  readonly seed?: number;
  /** Changes of inputs by name, drawn anew in each epoch. Needs a seed. */
  readonly augment?: Readonly<Record<string, Augment>>;
  /** Changes a whole batch: mixing rows, say. Needs a seed. */
  readonly mix?: (batch: Batch, random: Random) => Batch;
  /** Threads that do what `augment` says, while the network trains; `close` ends them. 0, the default: the calling thread. */
  readonly threads?: number;
  /** Batches that threads make ahead. Default: two a thread. */
  readonly ahead?: number;
}

export class BatchChanges {
  readonly #seed: number;
  readonly #augment: Readonly<Record<string, Augment>>;
  readonly #mix: ChangeOptions["mix"];
  readonly #threads: number;
  readonly #ahead: number;
  readonly #sizes: Readonly<Record<string, number>>;
  #lanes: Lanes<ChangeRequest, ChangeRequest["data"]> | undefined;

  /**
   * @param owner - The loader in messages.
   * @param sizes - How many numbers a row has, by the names of the inputs.
   * @throws MillwrightError `PARAMETER_UNKNOWN` for an input that is not there, and what `requireChanges` throws.
   */
  constructor(owner: string, options: ChangeOptions, sizes: Readonly<Record<string, number>>) {
    requireChanges(owner, options);
    const { seed, augment = {}, mix, threads = 0, ahead = 2 * threads } = options;
    for (const name of Object.keys(augment))
      if (!Object.hasOwn(sizes, name)) throw unknownInput(owner, name, Object.keys(sizes));
    this.#seed = seed ?? 0;
    this.#augment = augment;
    this.#mix = mix;
    this.#threads = Object.keys(augment).length > 0 ? threads : 0;
    this.#ahead = ahead;
    this.#sizes = sizes;
  }

  /** What is changed and how, as plain data. A function of the user's own is told by its name only. */
  get description(): { readonly [key: string]: Json } {
    const told = Object.entries(this.#augment).map(([name, { recipe }]) => [
      name,
      recipe ? { steps: [...recipe.steps], shape: [...recipe.shape] } : null,
    ]);
    return { augment: Object.fromEntries(told) as Json, mix: this.#mix !== undefined };
  }

  /** Whether threads do it: `batch` of each, or else `ahead` of all. */
  get inThreads(): boolean {
    return this.#threads > 0;
  }

  /**
   * A batch changed in its place.
   *
   * @param k - Its place in the epoch.
   */
  batch(batch: Batch, epoch: number, k: number): Batch {
    for (const [name, change] of Object.entries(this.#augment)) {
      const data = batch.inputs[name]!.data as RowNumbers;
      changeRows(change, name, data, this.#sizes[name]!, batch.rows, epochRandom(this.#seed, epoch));
    }
    return this.#mixed(batch, epoch, k);
  }

  /** Batches changed by threads, some of them ahead of the reader. */
  ahead(batches: Iterable<Batch> | AsyncIterable<Batch>, epoch: number, from: number): AsyncGenerator<Batch> {
    let k = from;
    return mapAhead(batches, this.#ahead, (batch) => this.#inThread(batch, epoch, k++));
  }

  async #inThread(batch: Batch, epoch: number, k: number): Promise<Batch> {
    const names = Object.keys(this.#augment);
    const given = Object.fromEntries(names.map((name) => [name, batch.inputs[name]!.data as RowNumbers]));
    const changed = await this.#team().ask({ epoch, rows: batch.rows, data: given }, memoryOf(given));
    const inputs = Object.entries(batch.inputs).map(([name, tensor]): [string, Tensor] => [
      name,
      name in changed ? { ...tensor, data: changed[name]! } : tensor,
    ]);
    return this.#mixed({ ...batch, inputs: Object.fromEntries(inputs) }, epoch, k);
  }

  #mixed(batch: Batch, epoch: number, k: number): Batch {
    return this.#mix ? this.#mix(batch, epochRandom(this.#seed, epoch).child(`mix ${k}`)) : batch;
  }

  #team(): Lanes<ChangeRequest, ChangeRequest["data"]> {
    const recipes = Object.entries(this.#augment).map(([name, { recipe }]) => [
      name,
      { ...(recipe as Recipe), size: this.#sizes[name]! },
    ]);
    return (this.#lanes ??= openChangeLanes(
      { seed: this.#seed, recipes: Object.fromEntries(recipes) },
      this.#threads,
    ));
  }

  /** Ends the threads; they start again where more batches are asked for. */
  async close(): Promise<void> {
    const lanes = this.#lanes;
    this.#lanes = undefined;
    await lanes?.close();
  }
}

/**
 * @throws MillwrightError `PARAMETER_CONFLICT` without a seed, or for threads and a change that is no recipe;
 *   `PARAMETER_RANGE`.
 */
export function requireChanges(
  owner: string,
  { seed, augment = {}, mix, threads = 0, ahead }: ChangeOptions,
): void {
  requireCount(owner, "threads", threads, 0);
  if (ahead !== undefined) requireCount(owner, "ahead", ahead, 0);
  const own = Object.entries(augment).find(([, change]) => !change.recipe);
  if (threads > 0 && own) throw noRecipe(owner, own[0], threads);
  if ((!mix && Object.keys(augment).length === 0) || seed !== undefined) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `${owner} augments rows and has no seed.`,
    "Give { seed }, so that what is drawn can be drawn again.",
  );
}

function unknownInput(owner: string, name: string, names: readonly string[]): MillwrightError {
  const guess = nearest(name, names);
  return new MillwrightError(
    "PARAMETER_UNKNOWN",
    `${owner} augments "${name}", and its inputs are ${names.map((each) => `"${each}"`).join(", ")}${guess === undefined ? "" : `; the nearest is "${guess}"`}.`,
    "Name an input.",
  );
}

function noRecipe(owner: string, name: string, threads: number): MillwrightError {
  return new MillwrightError(
    "PARAMETER_CONFLICT",
    `${owner} has { threads: ${threads} } and changes "${name}" by a function, which cannot be sent to a thread.`,
    "Give a recipe, as inPlace(augmentation([…]), shape), or leave { threads } out.",
  );
}
