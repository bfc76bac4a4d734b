/**
 * A loader of rows that are read when they are wanted: files, a database, a generator.
 *
 * Some batches are read ahead while the network trains on the ones before. What is read depends on the rows and the
 * epoch only, and batches come in order, so reading ahead changes nothing but the time.
 */
import { createRandom, type Json, MillwrightError, type Random, type Tensor } from "../../core/index.ts";
import { requireCount } from "../layer.ts";
import type { Batch, Loader } from "./loader.ts";
import { mapAhead } from "./map-ahead.ts";

/** What a source gives for some rows. */
export interface RowsRead {
  /** By name, [rows, ..]. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** [rows, ..]. */
  readonly target: Tensor;
  /** Weight of each row, or of each position of each row. Default 1 a row. */
  readonly weight?: Float32Array;
}

export interface RowSource {
  readonly rowCount: number;
  /** What it is, as plain data: a checkpoint goes on with the same only. */
  readonly description: Json;
  /**
   * Reads rows by their numbers, in the order given.
   *
   * @param epoch - For what is drawn anew in each: augmentation.
   * @param random - Of this batch in this epoch.
   */
  read(rows: Uint32Array, epoch: number, random: Random): Promise<RowsRead> | RowsRead;
  /** Length of each row. With it, rows of like length share a batch (bucketing). */
  readonly lengths?: Uint32Array;
}

export interface SourceLoaderOptions {
  readonly batchSize: number;
  /** Shuffles by this seed; in the order of the rows when absent. */
  readonly seed?: number;
  /** Batches read ahead. Default 2. */
  readonly ahead?: number;
  /** Leaves the last batch out where it is not full. Default false. */
  readonly dropLast?: boolean;
}

/** Batches that are sorted by length together: enough to make their rows alike, few enough to keep them mixed. */
const bucketBatches = 16;

/**
 * Batches of a source, the last one filled up with its first row at weight 0.
 *
 * @throws MillwrightError `DATA_EMPTY`, `PARAMETER_RANGE`; `SHAPE_MISMATCH` where a read gives another number of rows.
 */
export function sourceLoader(source: RowSource, options: SourceLoaderOptions): Loader {
  const { batchSize, seed, ahead = 2, dropLast = false } = options;
  const { rowCount, lengths } = source;
  requireCount("sourceLoader", "batchSize", batchSize);
  requireCount("sourceLoader", "ahead", ahead, 0);
  if (rowCount === 0)
    throw new MillwrightError("DATA_EMPTY", "sourceLoader has no rows.", "Give at least one.");
  if (lengths && lengths.length !== rowCount) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `The source has ${rowCount} rows and ${lengths.length} lengths.`,
      "Give one length a row.",
    );
  }
  const batchCount = dropLast
    ? Math.max(1, Math.floor(rowCount / batchSize))
    : Math.ceil(rowCount / batchSize);
  const random = createRandom(seed ?? 0).child("loader");
  return {
    rowCount,
    batchSize,
    batchCount,
    description: { source: source.description, rows: rowCount, batchSize, seed: seed ?? null, dropLast },
    batches(epoch, from = 0) {
      const drawn = random.child(`epoch ${epoch}`);
      const batches = batchesOf(source, batchSize, batchCount, seed === undefined ? undefined : drawn);
      const places = batches.map((_, k) => k).slice(from);
      return mapAhead(places, ahead, async (k) => {
        const rows = batches[k]!;
        return filledUp(await source.read(rows, epoch, drawn.child(`batch ${k}`)), rows, batchSize);
      });
    },
  };
}

/** Rows of each batch: shuffled, and with lengths, alike in length within a batch. */
function batchesOf(
  { rowCount, lengths }: RowSource,
  batchSize: number,
  batchCount: number,
  random: Random | undefined,
): Uint32Array[] {
  const order = Uint32Array.from({ length: rowCount }, (_, i) => i);
  random?.child("order").shuffle(order);
  if (lengths) {
    const bucket = bucketBatches * batchSize;
    for (let at = 0; at < rowCount; at += bucket) {
      order.subarray(at, at + bucket).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
    }
  }
  const batches = Array.from({ length: batchCount }, (_, k) =>
    order.slice(k * batchSize, (k + 1) * batchSize),
  );
  // The one that is not full stays last, so that its place does not depend on the draw.
  const full = batches.filter((rows) => rows.length === batchSize);
  if (lengths) random?.child("batches").shuffle(full);
  return [...full, ...batches.filter((rows) => rows.length < batchSize)];
}

function filledUp({ inputs, target, weight }: RowsRead, rows: Uint32Array, batchSize: number): Batch {
  const fill = (name: string, tensor: Tensor): Tensor => {
    const { dtype, shape, data } = tensor;
    if (shape[0] !== rows.length || dtype === "string") {
      throw new MillwrightError(
        "SHAPE_MISMATCH",
        `The source reads "${name}" as ${dtype} [${shape.join(", ")}] for ${rows.length} rows.`,
        "Give numbers, one row for each row asked for.",
      );
    }
    if (rows.length === batchSize) return tensor;
    const size = data.length / rows.length;
    const wide = new (data.constructor as new (length: number) => Float32Array)(batchSize * size);
    wide.set(data as Float32Array);
    for (let i = rows.length; i < batchSize; i++)
      wide.set((data as Float32Array).subarray(0, size), i * size);
    return { dtype, shape: [batchSize, ...shape.slice(1)], data: wide } as Tensor;
  };
  const given = weight ?? new Float32Array(rows.length).fill(1);
  if (given.length % rows.length !== 0 || given.length === 0) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `The source gives ${given.length} weights for ${rows.length} rows.`,
      "Give one a row, or one for each position of each row.",
    );
  }
  const weights = new Float32Array((given.length / rows.length) * batchSize);
  weights.set(given);
  return {
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, fill(name, tensor)])),
    target: fill("target", target),
    weight: weights,
    rows,
  };
}
