/**
 * Whole columns through a model, block by block.
 *
 * Every block is a run of its own on one thread (several where texts are long: text-runs.ts of runtime/), and the
 * borders depend on the rows alone, so answers are the same bits however many threads share the blocks:
 * ONNX Runtime's own threads change the last bits of tree sums. Threads take the
 * next block from a shared counter, so a slow one holds nobody up.
 */
import type { Tensor } from "../core/index.ts";
import { boundedRuns } from "../runtime/index.ts";
import { type Cells, type ColumnSchema, type InputType, inputString, inputType } from "../schema/index.ts";
import type { Beside, Outputs } from "./answers.ts";

/** Most rows of one run. Above this a row gets no cheaper, and a block's tensors leave the cache. */
export const blockSize = 1024;

/** A column of a job; its arrays may lie in shared memory. */
interface JobColumn {
  readonly name: string;
  readonly type: InputType;
  readonly cells: Cells;
}

/** Rows to predict and the place for their answers. Threads share everything but the dictionaries. */
export interface BlockJob {
  /** The model's name, as in messages. */
  readonly owner: string;
  readonly columns: readonly JobColumn[];
  readonly rowCount: number;
  /** Rows of one block: a run, or several where texts are long. */
  readonly blockRows: number;
  readonly classes: readonly string[] | undefined;
  /** The next block to take. One element. */
  readonly next: Int32Array;
  /** Regression: the answers. Classification: index of the label. */
  readonly prediction: Float64Array | Int32Array;
  readonly beside: Beside | undefined;
  /** What stands beside the label, row-major [rowCount, classes]. */
  readonly besides: Float64Array | undefined;
}

/**
 * Shared memory that job after job uses again. A thread that has seen a piece of it keeps it alive until its own
 * garbage is collected, so new memory for every chunk of a long table adds up to the whole table.
 */
export class SharedSpace {
  private readonly pieces: SharedArrayBuffer[] = [];
  private next = 0;

  get bytes(): number {
    return this.pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  }

  /** From here on all pieces are free. */
  reset(): void {
    this.next = 0;
  }

  take(bytes: number): SharedArrayBuffer {
    const at = this.next++;
    const known = this.pieces[at];
    if (known !== undefined && known.byteLength >= bytes) return known;
    const piece = new SharedArrayBuffer(bytes);
    this.pieces[at] = piece;
    return piece;
  }
}

/**
 * Prepares a job.
 *
 * @param space - Given where threads will share it: number columns, codes and answers then lie there.
 */
export function createJob(
  columns: readonly { readonly schema: ColumnSchema; readonly cells: Cells }[],
  rowCount: number,
  blockRows: number,
  { owner, classes, beside }: Pick<BlockJob, "owner" | "classes" | "beside">,
  space: SharedSpace | undefined,
): BlockJob {
  space?.reset();
  const shared = space !== undefined;
  const bytes = (length: number): ArrayBuffer | SharedArrayBuffer =>
    space === undefined ? new ArrayBuffer(length) : space.take(length);
  const doubles = (length: number): Float64Array => new Float64Array(bytes(8 * length), 0, length);
  const integers = (length: number): Int32Array => new Int32Array(bytes(4 * length), 0, length);
  const share = (cells: Cells): Cells => {
    if (cells.type === "number") {
      if (!shared) return cells;
      const values = doubles(rowCount);
      values.set(cells.values);
      return { type: "number", values };
    }
    const dictionary = cells.dictionary.map(inputString);
    if (!shared) return { ...cells, dictionary };
    const codes = integers(rowCount);
    codes.set(cells.codes);
    return { type: "string", codes, dictionary };
  };
  return {
    owner,
    columns: columns.map(({ schema, cells }) => ({
      name: schema.name,
      type: inputType(schema),
      cells: share(cells),
    })),
    rowCount,
    blockRows,
    classes,
    next: integers(1).fill(0),
    prediction: classes === undefined ? doubles(rowCount) : integers(rowCount),
    beside,
    besides: beside && doubles(rowCount * classes!.length),
  };
}

/** Takes blocks of a job until none is left. */
export async function runBlocks(
  job: BlockJob,
  run: (feeds: Record<string, Tensor>) => Promise<Outputs>,
): Promise<void> {
  const codeOf = new Map(job.classes?.map((label, code) => [label, code]));
  for (;;) {
    const start = Atomics.add(job.next, 0, 1) * job.blockRows;
    if (start >= job.rowCount) return;
    const feeds = blockFeeds(job, start, Math.min(job.blockRows, job.rowCount - start));
    for (const part of boundedRuns(feeds, job.owner)) {
      const outputs = await run(part.feeds);
      const prediction = outputs.prediction.data;
      const first = start + part.start;
      if (job.classes === undefined) {
        job.prediction.set(prediction as Float64Array, first);
        continue;
      }
      for (let i = 0; i < part.count; i++)
        job.prediction[first + i] = codeOf.get(prediction[i] as string) ?? -1;
      if (job.beside !== undefined)
        job.besides!.set(outputs[job.beside]!.data as Float64Array, first * job.classes.length);
    }
  }
}

function blockFeeds(job: BlockJob, start: number, count: number): Record<string, Tensor> {
  const shape = [count, 1];
  const feeds = job.columns.map(({ name, type, cells }): [string, Tensor] => {
    if (cells.type === "string") {
      const data = new Array<string>(count);
      for (let i = 0; i < count; i++) {
        const code = cells.codes[start + i]!;
        data[i] = code < 0 ? "" : cells.dictionary[code]!;
      }
      return [name, { dtype: "string", shape, data }];
    }
    const values = cells.values.subarray(start, start + count);
    // Shared memory is refused as a tensor, and a private part is cheap to copy.
    const data = type === "float32" ? new Float32Array(values) : new Float64Array(values);
    return [name, { dtype: type, shape, data }];
  });
  return Object.fromEntries(feeds);
}
