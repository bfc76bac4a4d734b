/**
 * A private DuckDB in memory, and its chunks as typed arrays.
 *
 * Extensions are never fetched. A query is never killed: a signal is looked at between chunks, since
 * stopping native code inside a query aborts the process. The vectors' own bytes are read, never row objects.
 */
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection, DataChunk, Database, Result, Vector } from "@duckdb/node-bindings";
import { MillwrightError } from "../../core/index.ts";
import type { Frame } from "../../schema/index.ts";
import { StringImages } from "./string-images.ts";

type Bindings = typeof import("@duckdb/node-bindings");

export interface EngineOptions {
  readonly threads?: number;
  /** DuckDB keeps its own working memory below this, in bytes, and spills to a temporary folder. */
  readonly memoryBytes?: number;
}

let loaded: Promise<Bindings> | undefined;
/** Engines opened so far, each with a temporary folder of its own. */
let opened = 0;

/** @throws MillwrightError `RUNTIME_MISSING` where the optional package is not installed. */
async function loadBindings(): Promise<Bindings> {
  loaded ??= import("@duckdb/node-bindings").then(
    (module) => (module as { default?: Bindings }).default ?? module,
  );
  try {
    return await loaded;
  } catch (cause) {
    loaded = undefined;
    throw new MillwrightError(
      "RUNTIME_MISSING",
      "Reading Parquet, JSON and SQL needs the package @duckdb/node-bindings, which is not installed.",
      "Install it: npm install @duckdb/node-bindings @duckdb/node-api",
      { cause },
    );
  }
}

/** What an engine works on, for messages: a file of a format, or a query of the user's. */
export type Subject =
  | { readonly kind: "file"; readonly path: string; readonly format: string }
  | { readonly kind: "query"; readonly sql: string };

/** One database with one connection. */
export class Engine {
  /** What messages speak of; the statement itself where it is not told. */
  subject: Subject | undefined;
  readonly bindings: Bindings;
  private readonly database: Database;
  private readonly connection: Connection;
  private readonly folder: string;
  private readonly images = new WeakMap<readonly string[], StringImages>();
  private readonly staged = new Uint32Array(4 * vectorRows);

  private constructor(bindings: Bindings, database: Database, connection: Connection, folder: string) {
    this.folder = folder;
    this.bindings = bindings;
    this.database = database;
    this.connection = connection;
  }

  static async open(options: EngineOptions = {}): Promise<Engine> {
    const bindings = await loadBindings();
    const config = bindings.create_config();
    const folder = join(tmpdir(), `millwright-duckdb-${process.pid}-${++opened}`);
    const settings: Record<string, string> = {
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
      ...(options.memoryBytes === undefined
        ? {}
        : { memory_limit: `${Math.max(64, Math.floor(options.memoryBytes / 1048576))}MiB` }),
      // DuckDB makes it when it needs it; left to itself it would lie in the working folder.
      temp_directory: folder,
    };
    for (const [name, value] of Object.entries(settings)) {
      bindings.set_config(config, name, value);
    }
    const database = await bindings.open(":memory:", config);
    const connection = await bindings.connect(database);
    const engine = new Engine(bindings, database, connection, folder);
    await engine.execute("SET TimeZone = 'UTC'");
    return engine;
  }

  /** Runs a statement for its effect. @throws MillwrightError `SOURCE_SQL` */
  async execute(sql: string): Promise<void> {
    await this.guard(sql, () => this.bindings.query(this.connection, sql));
  }

  /** The one number that a query gives. @throws MillwrightError `SOURCE_SQL` */
  async number(sql: string): Promise<number> {
    let value = Number.NaN;
    for await (const chunk of this.stream(sql)) value = chunk.doubles(0)[0]!;
    return value;
  }

  /** Names and DuckDB types of a query's columns. @throws MillwrightError `SOURCE_SQL` */
  async describe(sql: string): Promise<readonly { readonly name: string; readonly type: string }[]> {
    const columns: { name: string; type: string }[] = [];
    for await (const chunk of this.stream(`SELECT column_name, column_type FROM (DESCRIBE ${sql})`)) {
      for (let row = 0; row < chunk.rowCount; row++) {
        columns.push({ name: chunk.string(0, row) ?? "", type: chunk.string(1, row) ?? "" });
      }
    }
    return columns;
  }

  /** Chunks of a query, in the order of its rows. @throws MillwrightError `SOURCE_SQL`, `CANCELLED` */
  async *stream(sql: string, signal?: AbortSignal): AsyncGenerator<Chunk> {
    const { bindings } = this;
    const result: Result = await this.guard(sql, async () => {
      const statement = await bindings.prepare(this.connection, sql);
      return bindings.execute_pending(bindings.pending_prepared_streaming(statement));
    });
    for (;;) {
      const chunk = await this.guard(sql, () => bindings.fetch_chunk(result));
      if (chunk === null) return;
      const rowCount = bindings.data_chunk_get_size(chunk);
      if (rowCount === 0) return;
      yield new Chunk(bindings, chunk, rowCount);
      if (signal?.aborted === true) {
        throw new MillwrightError(
          "CANCELLED",
          "Reading was stopped.",
          "Start it again to read the whole table.",
        );
      }
    }
  }

  /** Appends columns in memory to a table of DOUBLE and VARCHAR columns; "" stands for a missing string. */
  append(table: string, frame: Frame): void {
    const { bindings } = this;
    const columns = [...frame.columns.values()];
    const types = columns.map((cells) =>
      bindings.create_logical_type(cells.type === "number" ? bindings.Type.DOUBLE : bindings.Type.VARCHAR),
    );
    const chunk = bindings.create_data_chunk(types);
    const appender = bindings.appender_create(this.connection, null, table);
    for (let start = 0; start < frame.rowCount; start += vectorRows) {
      const end = Math.min(frame.rowCount, start + vectorRows);
      bindings.data_chunk_reset(chunk);
      for (const [index, cells] of columns.entries()) {
        const vector = bindings.data_chunk_get_vector(chunk, index);
        if (cells.type === "number") {
          const { buffer, byteOffset } = cells.values;
          const bytes = (end - start) * 8;
          bindings.copy_data_to_vector(vector, 0, buffer as ArrayBuffer, byteOffset + start * 8, bytes);
        } else this.appendStrings(vector, cells.codes.subarray(start, end), cells.dictionary);
      }
      bindings.data_chunk_set_size(chunk, end - start);
      bindings.append_data_chunk(appender, chunk);
    }
    bindings.appender_close_sync(appender);
  }

  /** Short strings as DuckDB keeps them, a whole vector at a time; long ones by a call each, some 0.3 µs. */
  private appendStrings(vector: Vector, codes: Int32Array, dictionary: readonly string[]): void {
    const { bindings, staged } = this;
    const images = this.imagesOf(dictionary);
    const long: number[] = [];
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row]!;
      if (code >= 0 && images.isLong(code)) long.push(row);
      images.copy(code, staged, row);
    }
    bindings.copy_data_to_vector(vector, 0, staged.buffer as ArrayBuffer, 0, 16 * codes.length);
    for (const row of long)
      bindings.vector_assign_string_element_len(vector, row, encoder.encode(dictionary[codes[row]!]!));
  }

  private imagesOf(dictionary: readonly string[]): StringImages {
    const known = this.images.get(dictionary) ?? new StringImages();
    this.images.set(dictionary, known);
    known.add(dictionary);
    return known;
  }

  close(): void {
    this.bindings.disconnect_sync(this.connection);
    this.bindings.close_sync(this.database);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async guard<T>(sql: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (cause) {
      if (cause instanceof MillwrightError) throw cause;
      const [said] = (cause instanceof Error ? cause.message : String(cause)).split(
        /Possible solutions:|LINE \d+:/,
      );
      const message = said!.replace(/\s+/g, " ").trim();
      throw failure(this.subject ?? { kind: "query", sql }, message, cause);
    }
  }
}

function failure(subject: Subject, said: string, cause: unknown): MillwrightError {
  // Its advice is about options that nobody here can set.
  const reason = said.replace(/[.,]? try (increasing '|ignore_errors=).*$/is, "").replace(/[.?!]$/, "");
  if (subject.kind === "file") {
    const twice = repeatedKey(subject.path, said);
    if (twice !== undefined) return new MillwrightError("SOURCE_FORMAT", ...twice, { cause });
    const plain = reason.replace(/^(Invalid Input|IO|Conversion|Binder|Serialization|Parser) Error: /, "");
    return new MillwrightError(
      "SOURCE_FORMAT",
      `${subject.path} cannot be read as ${subject.format}: ${plain}.`,
      "Check that the file is whole, or tell what it is with --format.",
      { cause },
    );
  }
  const sql = subject.sql.replace(/\s+/g, " ").trim();
  return new MillwrightError(
    "SOURCE_SQL",
    `The query ${sql.length > 120 ? `${sql.slice(0, 117)}...` : sql} failed: ${reason}.`,
    "Correct the query, or the file that it reads.",
    { cause },
  );
}

/** What is wrong with an object of JSON in which one name stands twice, and how it is mended. */
function repeatedKey(path: string, said: string): [what: string, fix: string] | undefined {
  const key = /has duplicate key "(.*?)"(?: |$)/s.exec(said)?.[1];
  if (key !== undefined) {
    const place = /in (?:line|record\/value) (\d+)/.exec(said);
    const where = place === null ? "" : ` (${place[0].includes("line") ? "line" : "row"} ${place[1]})`;
    return [
      `${path} has an object with the key "${key}" twice${where}, so that it is open which of its values counts.`,
      "Keep one of them, or rename the other.",
    ];
  }
  const name = /Duplicate name "(.*?)" in struct/s.exec(said)?.[1];
  if (name === undefined) return undefined;
  return [
    `${path} has objects inside its cells with keys that differ by letter case alone, "${name}" and another one, which cannot be columns beside each other.`,
    "Rename one of them.",
  ];
}

/** Rows in one of DuckDB's vectors. */
const vectorRows = 2048;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Some rows of a result: bytes of the vectors, valid until the next chunk is asked for. */
export class Chunk {
  readonly rowCount: number;
  private readonly bindings: Bindings;
  private readonly chunk: DataChunk;

  constructor(bindings: Bindings, chunk: DataChunk, rowCount: number) {
    this.bindings = bindings;
    this.chunk = chunk;
    this.rowCount = rowCount;
  }

  /** A DOUBLE column; what stands where the column is NULL is undefined. */
  doubles(column: number): Float64Array {
    const bytes = this.bindings.vector_get_data(this.vector(column), this.rowCount * 8);
    return new Float64Array(bytes.buffer, bytes.byteOffset, this.rowCount);
  }

  /** The 16-byte string records of a VARCHAR column. */
  records(column: number): Uint8Array {
    return this.bindings.vector_get_data(this.vector(column), this.rowCount * 16);
  }

  /** One bit a row, 1 where there is a value; null when all rows have one. */
  validity(column: number): Uint8Array | null {
    const bytes = Math.ceil(this.rowCount / 64) * 8;
    return this.bindings.vector_get_validity(this.vector(column), bytes) as Uint8Array | null;
  }

  /** Bytes of a string of more than 12 bytes, from its record. */
  longBytes(records: Uint8Array, row: number, length: number): Uint8Array {
    return this.bindings.get_data_from_pointer(
      records.buffer as ArrayBuffer,
      records.byteOffset + row * 16 + 8,
      length,
    );
  }

  /** One string, for small results. */
  string(column: number, row: number): string | null {
    const validity = this.validity(column);
    if (validity !== null && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) return null;
    const records = this.records(column);
    const length = new DataView(records.buffer, records.byteOffset).getUint32(row * 16, true);
    if (length <= 12) return decoder.decode(records.subarray(row * 16 + 4, row * 16 + 4 + length));
    return decoder.decode(this.longBytes(records, row, length));
  }

  private vector(column: number): ReturnType<Bindings["data_chunk_get_vector"]> {
    return this.bindings.data_chunk_get_vector(this.chunk, column);
  }
}
