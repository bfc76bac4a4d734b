/** A DuckDB query as a source: Parquet, JSON, and SQL over any files. */
import { MillwrightError } from "../core/index.ts";
import type { FieldPlan } from "../kernels/index.ts";
import type { Engine } from "./duckdb/engine.ts";
import { flattened } from "./duckdb/nested.ts";
import {
  type Collector,
  collectorOf,
  type QueryColumn,
  queryColumns,
  shapedQuery,
  sqlName,
} from "./duckdb/read-query.ts";
import type { Content } from "./bytes.ts";
import type { Finding } from "./finding.ts";
import { namesRows } from "./infer/infer-numbers.ts";
import type { Ragged } from "./raw-column.ts";
import type { Declared, RawChunk, RawSource, ScanOptions } from "./raw-source.ts";

/** Rows in one chunk of a scan, and cells where there are many columns. */
const chunkRows = 65_536;
const chunkCells = 1 << 20;
/** A typed column takes at most this many bytes a row. */
const cellBytes = 8;

export interface QuerySourceOptions {
  readonly owner: string;
  readonly engine: Engine;
  readonly sql: string;
  /** Fingerprints of what the query reads. */
  readonly content: () => Promise<Content>;
  /** Findings of what the query reads. */
  readonly findings?: readonly Finding[];
  /** Runs after the engine is closed. */
  readonly onClose?: () => Promise<void>;
}

export class QuerySource implements RawSource {
  readonly owner: string;
  readonly names: readonly string[];
  readonly preferDecimalComma = false;
  readonly expectedBytes: number;
  readonly ragged: Ragged = { count: 0, examples: [] };
  private readonly options: QuerySourceOptions;
  private readonly columns: readonly QueryColumn[];

  private nested: readonly Finding[];

  private constructor(
    options: QuerySourceOptions,
    columns: readonly QueryColumn[],
    rowCount: number,
    nested: readonly Finding[],
  ) {
    this.options = options;
    this.nested = nested;
    this.owner = options.owner;
    this.columns = columns;
    this.names = columns.map((column) => column.name);
    this.expectedBytes = rowCount * columns.length * cellBytes;
  }

  /** @throws MillwrightError `SOURCE_SQL`, `DATA_EMPTY` for a query without columns. */
  static async open(options: QuerySourceOptions): Promise<QuerySource> {
    const given = await queryColumns(options.engine, options.sql);
    const { sql, findings: nested } = flattened(options.sql, given);
    const columns = sql === options.sql ? given : await queryColumns(options.engine, sql);
    if (columns.length === 0) {
      throw new MillwrightError(
        "DATA_EMPTY",
        `${options.owner} has no columns.`,
        "Give a source with columns and rows.",
      );
    }
    const { rowCount, long } = await counted(options.engine, sql, columns);
    const shaped = columns.map(
      (column): QueryColumn => (long.has(column.name) ? { ...column, shape: "string" } : column),
    );
    return new QuerySource({ ...options, sql }, shaped, rowCount, nested);
  }

  plan(declared: Declared): readonly FieldPlan[] {
    const { schema } = declared;
    if (schema === undefined) return this.columns.map(() => "string");
    // Whoever reads by a schema has decided what to do with each column.
    this.nested = [];
    const wanted = new Set(schema.columns.map((column) => column.name));
    return this.names.map((name) => (wanted.has(name) ? "string" : "skip"));
  }

  /** A plan other than "skip" means the shape that the query's own type has. */
  async *scan(plans: readonly FieldPlan[], options: ScanOptions): AsyncGenerator<RawChunk> {
    const { engine, sql } = this.options;
    const places = plans.flatMap((plan, place) => (plan === "skip" ? [] : [place]));
    const used = places.map((place) => this.columns[place]!);
    const enough = Math.min(chunkRows, Math.ceil(chunkCells / Math.max(1, used.length)));
    const collectors = used.map((column) => collectorOf(column, options.dictionaryBytes));
    let rowCount = 0;
    let done = 0;
    const take = (): RawChunk => {
      const chunk = { rowCount, columns: spread(plans.length, places, collectors) };
      rowCount = 0;
      return chunk;
    };
    for await (const chunk of engine.stream(shapedQuery(sql, used), options.signal)) {
      for (let column = 0; column < collectors.length; column++) collectors[column]!.add(chunk, column);
      rowCount += chunk.rowCount;
      done += chunk.rowCount * used.length * cellBytes;
      options.onProgress?.(done, Math.max(done, this.expectedBytes));
      if (options.whole !== true && rowCount >= enough) yield take();
    }
    if (rowCount > 0 || options.whole === true) yield take();
  }

  findings(): readonly Finding[] {
    return [...(this.options.findings ?? []), ...this.nested];
  }

  content(): Promise<Content> {
    return this.options.content();
  }

  async close(): Promise<void> {
    this.options.engine.close();
    await this.options.onClose?.();
  }
}

/** How many rows there are, and which ids are whole numbers of more digits than float64 holds. */
async function counted(
  engine: Engine,
  sql: string,
  columns: readonly QueryColumn[],
): Promise<{ readonly rowCount: number; readonly long: ReadonlySet<string> }> {
  const ids = columns.filter(({ name, type }) => namesRows(name) && longTypes.test(type));
  const most = ids.map(({ name }) => {
    const column = sqlName(name);
    return `, coalesce(greatest(max(${column})::DOUBLE, -(min(${column})::DOUBLE)), 0)`;
  });
  const long = new Set<string>();
  let rowCount = 0;
  for await (const chunk of engine.stream(`SELECT count(*)::DOUBLE${most.join("")} FROM (${sql})`)) {
    rowCount = chunk.doubles(0)[0]!;
    for (const [at, { name }] of ids.entries())
      if (chunk.doubles(at + 1)[0]! > Number.MAX_SAFE_INTEGER) long.add(name);
  }
  return { rowCount, long };
}

/** DuckDB's whole numbers that float64 does not hold all of. */
const longTypes = /^(U?(BIG|HUGE)INT|DECIMAL\((1[6-9]|[23]\d),0\))$/;

function spread(
  count: number,
  places: readonly number[],
  collectors: readonly Collector[],
): RawChunk["columns"] {
  const columns: RawChunk["columns"][number][] = Array.from(
    { length: count },
    () => ({ type: "skip" }) as const,
  );
  for (const [index, place] of places.entries()) columns[place] = collectors[index]!.take();
  return columns;
}
