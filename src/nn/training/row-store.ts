/**
 * Rows of a stream in a file of their own, so that any of them can be read again: more than the memory holds.
 *
 * A row is a record of fixed length, the bytes of its inputs, its target and its weight one after the other: row i begins
 * at i × the length of a record. The file has no name once it is open, where the system allows that, so that nothing
 * of it is left behind however the process ends.
 */
import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { arrayClass, canonicalJson, type Json, MillwrightError, type Tensor } from "../../core/index.ts";
import { type Batch, requireArray, type RowData } from "./loader.ts";
import type { RowsRead } from "./source-loader.ts";

/** What of a row lies where in its record. */
interface Field {
  readonly part: "input" | "target" | "weight";
  readonly name: string;
  readonly dtype: RowData["dtype"];
  /** Of a row. */
  readonly shape: readonly number[];
  /** In the record. */
  readonly offset: number;
  readonly bytes: number;
}

interface Layout {
  readonly inputs: readonly Field[];
  readonly target: Field;
  readonly weight: Field;
  readonly rowBytes: number;
}

export interface StoreOptions {
  /** Where the file lies. Default: the system's folder for temporary files. */
  readonly folder?: string;
  /** Ends the writing between two parts of the stream. */
  readonly signal?: AbortSignal;
}

/** Bytes that are written at a time. */
const stagedBytes = 4e6;
/** Numbers of rows are 32 bits. */
const mostRows = 2 ** 32 - 1;

export class RowStore {
  readonly rowCount: number;
  readonly rowBytes: number;
  /** Of all records. */
  readonly #sha256: string;
  readonly #file: ScratchFile;
  readonly #layout: Layout;

  private constructor(file: ScratchFile, layout: Layout, rowCount: number, sha256: string) {
    this.#file = file;
    this.#layout = layout;
    this.rowCount = rowCount;
    this.rowBytes = layout.rowBytes;
    this.#sha256 = sha256;
  }

  /**
   * Writes every row of a stream, which is gone through once.
   *
   * @param requireRoom - Told how long a record is before the first is written; may refuse it.
   * @throws MillwrightError `DATA_EMPTY`, `DATA_LIMIT`, `DTYPE_MISMATCH`, `SHAPE_MISMATCH` where a part's rows are others than
   *   the first part's, `OUTPUT_UNWRITABLE`, `CANCELLED`, and what the stream throws.
   */
  static async write(
    parts: AsyncIterable<RowsRead> | Iterable<RowsRead>,
    { folder = tmpdir(), signal }: StoreOptions,
    requireRoom: (rowBytes: number) => void,
  ): Promise<RowStore> {
    const file = await ScratchFile.create(folder);
    try {
      const hash = createHash("sha256");
      let layout: Layout | undefined;
      let staged = Buffer.alloc(0);
      let used = 0;
      let rowCount = 0;
      const flush = async (): Promise<void> => {
        const full = staged.subarray(0, used);
        hash.update(full);
        await file.append(full);
        used = 0;
      };
      for await (const part of parts) {
        requireGoing(signal);
        const count = part.target.shape[0] ?? 0;
        if (count === 0) continue;
        const found = layoutOf(part, count);
        if (layout === undefined) {
          requireRoom(found.rowBytes);
          layout = found;
          staged = Buffer.alloc(Math.max(1, Math.floor(stagedBytes / layout.rowBytes)) * layout.rowBytes);
        } else requireSameRows(layout, found, rowCount);
        const sources = fieldsOf(layout).map((field) => ({
          field,
          data: bytesOf(dataOf(part, field, count)),
        }));
        for (let row = 0; row < count; row++) {
          for (const { field, data } of sources)
            staged.set(data.subarray(row * field.bytes, (row + 1) * field.bytes), used + field.offset);
          used += layout.rowBytes;
          if (used === staged.length) await flush();
        }
        rowCount += count;
        if (rowCount > mostRows) {
          throw new MillwrightError(
            "DATA_LIMIT",
            `The stream has more than ${mostRows} rows.`,
            "Train on a sample of them.",
          );
        }
      }
      requireGoing(signal);
      if (layout === undefined)
        throw new MillwrightError("DATA_EMPTY", "The stream has no rows.", "Give at least one.");
      await flush();
      return new RowStore(file, layout, rowCount, hash.digest("hex"));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** How many numbers a row has, by the names of the inputs. */
  get sizes(): Readonly<Record<string, number>> {
    const { inputs } = this.#layout;
    return Object.fromEntries(
      inputs.map(({ name, shape }) => [name, shape.reduce((product, size) => product * size, 1)]),
    );
  }

  /** Dtype and shape of a row by name, as plain data. */
  get description(): Json {
    return { ...rowsOf(this.#layout), content: this.#sha256 };
  }

  /**
   * Reads the records of the rows `first` … `first + count − 1`.
   *
   * @param into - Room for them from byte `at`.
   * @throws MillwrightError `SOURCE_UNREADABLE` where the disk fails, or the store is closed.
   */
  read(first: number, count: number, into: Uint8Array, at: number): Promise<void> {
    const { rowBytes } = this;
    return this.#file.read(into, at, count * rowBytes, first * rowBytes);
  }

  /** An empty batch, to be filled row by row. */
  batch(batchSize: number): BatchMaker {
    return new BatchMaker(this.#layout, batchSize);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** A batch that is being made: records go in, tensors come out, what is left over is its first row at weight 0. */
class BatchMaker {
  readonly #layout: Layout;
  readonly #batchSize: number;
  readonly #tensors: ReadonlyMap<Field, Tensor>;
  readonly #bytes: readonly { readonly field: Field; readonly into: Uint8Array }[];
  readonly #rows: Uint32Array;
  #count = 0;

  constructor(layout: Layout, batchSize: number) {
    this.#layout = layout;
    this.#batchSize = batchSize;
    this.#tensors = new Map(
      fieldsOf(layout).map((field) => {
        const { dtype, shape } = field;
        const size = shape.reduce((a, b) => a * b, batchSize);
        return [field, { dtype, shape: [batchSize, ...shape], data: new arrayClass[dtype](size) }];
      }),
    );
    this.#bytes = [...this.#tensors].map(([field, { data }]) => ({ field, into: bytesOf(data) }));
    this.#rows = new Uint32Array(batchSize);
  }

  get count(): number {
    return this.#count;
  }

  /** @param at - Where the record begins. */
  add(records: Uint8Array, at: number, row: number): void {
    const count = this.#count++;
    this.#rows[count] = row;
    for (const { field, into } of this.#bytes) {
      const start = at + field.offset;
      into.set(records.subarray(start, start + field.bytes), count * field.bytes);
    }
  }

  finish(): Batch {
    const { inputs, target, weight } = this.#layout;
    for (const { field, into } of this.#bytes) {
      if (field === weight) continue;
      for (let i = this.#count; i < this.#batchSize; i++) into.copyWithin(i * field.bytes, 0, field.bytes);
    }
    const tensor = (field: Field): Tensor => this.#tensors.get(field)!;
    return {
      inputs: Object.fromEntries(inputs.map((field) => [field.name, tensor(field)])),
      target: tensor(target),
      weight: tensor(weight).data as Float32Array,
      rows: this.#rows.slice(0, this.#count),
    };
  }
}

/** A file that nobody else knows of, written from its start to its end and then read anywhere. */
class ScratchFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  #length = 0;
  #named: boolean;
  #closed: Promise<void> | undefined;

  private constructor(path: string, handle: FileHandle, named: boolean) {
    this.#path = path;
    this.#handle = handle;
    this.#named = named;
  }

  static async create(folder: string): Promise<ScratchFile> {
    const path = join(folder, `millwright-rows-${randomUUID()}`);
    const handle = await open(path, "wx+", 0o600).catch((cause: unknown) => {
      throw unwritable(folder, 0, cause);
    });
    const named = await rm(path).then(
      () => false,
      () => true,
    );
    return new ScratchFile(path, handle, named);
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#handle
        .write(bytes, at, bytes.length - at, this.#length)
        .catch((cause: unknown) => {
          throw unwritable(this.#path, this.#length + bytes.length - at, cause);
        });
      at += bytesWritten;
      this.#length += bytesWritten;
    }
  }

  async read(into: Uint8Array, at: number, length: number, position: number): Promise<void> {
    for (let done = 0; done < length; ) {
      if (this.#closed) throw unreadable("the loader is closed");
      const { bytesRead } = await this.#handle
        .read(into, at + done, length - done, position + done)
        .catch((cause: unknown) => {
          throw unreadable((cause as Error).message, cause);
        });
      if (bytesRead === 0) throw unreadable(`it ends after ${position + done} bytes`);
      done += bytesRead;
    }
  }

  close(): Promise<void> {
    return (this.#closed ??= (async () => {
      await this.#handle.close();
      if (this.#named) await rm(this.#path, { force: true });
    })());
  }
}

function layoutOf(part: RowsRead, count: number): Layout {
  let offset = 0;
  const fieldOf = (kind: Field["part"], name: string, { dtype, shape, data }: Tensor): Field => {
    const size = shape.slice(1).reduce((a, b) => a * b, 1);
    if (dtype === "string" || shape[0] !== count || size * count !== data.length) {
      throw new MillwrightError(
        "SHAPE_MISMATCH",
        `The stream gives "${name}" as ${data.length} ${dtype} in the shape [${shape.join(", ")}], and a target of ${count} rows.`,
        "Give numbers, one row of each input for each row of the target.",
      );
    }
    requireArray(name, dtype, data);
    const bytes = size * arrayClass[dtype].BYTES_PER_ELEMENT;
    offset += bytes;
    return { part: kind, name, dtype, shape: shape.slice(1), offset: offset - bytes, bytes };
  };
  const inputs = Object.entries(part.inputs).map(([name, tensor]) => fieldOf("input", name, tensor));
  const target = fieldOf("target", "target", part.target);
  const weights = part.weight?.length ?? count;
  const each = weights / count;
  if (!Number.isInteger(each) || each === 0) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `The stream gives ${weights} weights for ${count} rows.`,
      "Give one a row, or one for each position of each row.",
    );
  }
  const weight: Field = {
    ...{ part: "weight", name: "weight", dtype: "float32" },
    ...{ shape: each === 1 ? [] : [each], offset, bytes: 4 * each },
  };
  return { inputs, target, weight, rowBytes: offset + weight.bytes };
}

const fieldsOf = ({ inputs, target, weight }: Layout): readonly Field[] => [...inputs, target, weight];

/** Dtype and shape of a row by name, as plain data. */
function rowsOf({ inputs, target, weight }: Layout): { readonly [key: string]: Json } {
  const told = ({ dtype, shape }: Field): Json => [dtype, ...shape];
  return {
    inputs: Object.fromEntries(inputs.map((field) => [field.name, told(field)])),
    target: told(target),
    weight: told(weight),
  };
}

function requireSameRows(first: Layout, other: Layout, row: number): void {
  const [had, has] = [first, other].map((layout) => canonicalJson(rowsOf(layout)));
  if (had === has) return;
  throw new MillwrightError(
    "SHAPE_MISMATCH",
    `The stream gives rows as ${had}, and from row ${row} on as ${has}.`,
    "Give all rows the same inputs, element types and shapes.",
  );
}

function dataOf(part: RowsRead, field: Field, count: number): Tensor["data"] {
  if (field.part === "input") return part.inputs[field.name]!.data;
  if (field.part === "target") return part.target.data;
  return part.weight ?? new Float32Array(count).fill(1);
}

function bytesOf(data: Tensor["data"]): Uint8Array {
  const { buffer, byteOffset, byteLength } = data as Uint8Array;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function requireGoing(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new MillwrightError("CANCELLED", "Reading rows for training was stopped.", "Start it again.");
}

function unwritable(path: string, bytes: number, cause: unknown): MillwrightError {
  return new MillwrightError(
    "OUTPUT_UNWRITABLE",
    `${path} cannot hold the rows of a stream${bytes > 0 ? `, ${bytes} bytes so far` : ""}: ${(cause as Error).message}.`,
    "Free space there, or name a folder with more as { folder }.",
    { cause },
  );
}

function unreadable(why: string, cause?: unknown): MillwrightError {
  return new MillwrightError(
    "SOURCE_UNREADABLE",
    `Rows that were written for training cannot be read again: ${why}.`,
    "Make the loader anew.",
    { cause },
  );
}
