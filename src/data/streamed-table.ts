/**
 * A table larger than memory: its schema is inferred in passes over the source, and its rows are streamed from
 * the source whenever they are asked for.
 */
import { MillwrightError } from "../core/index.ts";
import type { Cells, ColumnSchema, Frame, Schema } from "../schema/index.ts";
import type { FieldPlan } from "../kernels/index.ts";
import type { Content, ContentRead } from "./bytes.ts";
import { type Finding, shellWord, withoutRepeats } from "./finding.ts";
import { ColumnConverter } from "./infer/convert.ts";
import { ColumnSummariser } from "./infer/summarise.ts";
import { type LoadOptions, mayBecomeText, noRows, settleColumn } from "./load-table.ts";
import { type RawSource, ScanAgain } from "./raw-source.ts";
import { GatheredColumn } from "./gathered-column.ts";
import { dictionaryLimit } from "./memory.ts";
import { requireRunning, samplePlace, schemaOf, type Table } from "./table.ts";

interface Settled {
  readonly schema: Schema;
  /** Of each column of the source. */
  readonly plans: readonly FieldPlan[];
  readonly rowCount: number;
  readonly findings: readonly Finding[];
}

/** Opens a source without keeping its rows; it stays open until the table is closed. */
export async function streamTable(
  source: RawSource,
  memoryBytes: number,
  options: LoadOptions & { readonly memory?: number | undefined },
): Promise<Table> {
  const distinctBytes = dictionaryLimit(options.memory, source.names.length);
  const settled = await settle(source, options, distinctBytes).catch((error: unknown) => {
    if (error instanceof ScanAgain) return settle(source, options, distinctBytes);
    throw error;
  });
  return new StreamedTable(source, { memoryBytes, distinctBytes }, settled);
}

/** Passes over the source until every column's way of reading fits, and its kind is known. */
async function settle(source: RawSource, options: LoadOptions, distinctBytes: number): Promise<Settled> {
  const plans = [...source.plan(options)];
  const summariserOf = (name: string): ColumnSummariser => new ColumnSummariser(name, distinctBytes);
  const summarisers = source.names.map(summariserOf);
  let rowCount = 0;
  let pass: readonly FieldPlan[] = plans;
  while (pass.some((plan) => plan !== "skip")) {
    rowCount = 0;
    for await (const chunk of source.scan(pass, { ...options, dictionaryBytes: distinctBytes })) {
      rowCount += chunk.rowCount;
      for (const [index, column] of chunk.columns.entries()) summarisers[index]!.add(column);
    }
    const again = plans.map((plan, index): FieldPlan => {
      const { odd, longId } = summarisers[index]!;
      const free = plan !== "string" && mayBecomeText(source.names[index]!, options);
      return odd || (longId && free) ? "string" : "skip";
    });
    for (const [index, plan] of again.entries()) {
      if (plan === "skip") continue;
      plans[index] = plan;
      summarisers[index] = summariserOf(source.names[index]!);
    }
    pass = again;
  }
  if (rowCount === 0) throw noRows(source);
  if (options.schema === undefined) await decideRounding(source, plans, summarisers, options);
  const findings: Finding[] = [...source.findings()];
  const columns: ColumnSchema[] = [];
  for (const index of plans.keys()) {
    if (plans[index] === "skip") continue;
    const summariser = summarisers[index]!;
    const found: Finding[] = [];
    const column = settleColumn(source, index, summariser, options, found);
    // Texts are read row by row; of anything else so many distinct strings name the rows.
    const declared = options.schema !== undefined || options.columns?.[column.name]?.kind !== undefined;
    if (!summariser.crowded || declared || column.kind === "text" || column.kind === "number") {
      columns.push(column);
      findings.push(...found);
    } else {
      columns.push({ name: column.name, kind: "id", role: "ignore" });
      findings.push(crowdedFinding(column.name, summariser.distinctStrings));
    }
  }
  return { schema: { columns }, plans, rowCount, findings: withoutRepeats(findings) };
}

/** One more pass for the columns that only all their values together decide. */
async function decideRounding(
  source: RawSource,
  plans: readonly FieldPlan[],
  summarisers: readonly ColumnSummariser[],
  options: LoadOptions,
): Promise<void> {
  const open = plans.map((plan, index): FieldPlan => (summarisers[index]!.undecided ? plan : "skip"));
  if (open.every((plan) => plan === "skip")) return;
  for await (const chunk of source.scan(open, options)) {
    for (const [index, column] of chunk.columns.entries()) {
      if (column.type === "number") summarisers[index]!.addRounded(column);
    }
  }
}

function crowdedFinding(name: string, distinct: number): Finding {
  return {
    kind: "identifier",
    column: name,
    evidence: `It has more than ${distinct} different values, as many as the memory holds.`,
    effect: "leftOut",
    undo: `--column ${shellWord(`${name}=category`)}`,
    numbers: { distinct },
  };
}

class StreamedTable implements Table {
  readonly owner: string;
  readonly schema: Schema;
  readonly rowCount: number;
  readonly streamedBytes: number;
  readonly findings: readonly Finding[];
  private readonly source: RawSource;
  private readonly plans: readonly FieldPlan[];
  private readonly memoryBytes: number;
  private readonly dictionaryBytes: number;
  private known: Promise<Content> | undefined;

  constructor(
    source: RawSource,
    { memoryBytes, distinctBytes }: { readonly memoryBytes: number; readonly distinctBytes: number },
    settled: Settled,
  ) {
    this.dictionaryBytes = distinctBytes;
    this.owner = source.owner;
    this.source = source;
    this.memoryBytes = memoryBytes;
    this.schema = settled.schema;
    this.plans = settled.plans;
    this.rowCount = settled.rowCount;
    this.streamedBytes = Math.max(source.expectedBytes, 8 * settled.rowCount * settled.schema.columns.length);
    this.findings = settled.findings;
  }

  async *stream(names?: readonly string[], signal?: AbortSignal): AsyncGenerator<Frame> {
    const schema = schemaOf(this.owner, this.schema, names);
    const converters = new Map(
      schema.columns.map((column) => [
        column.name,
        new ColumnConverter(column, this.owner, this.dictionaryBytes),
      ]),
    );
    const plans = this.plans.map(
      (plan, index): FieldPlan => (converters.has(this.source.names[index]!) ? plan : "skip"),
    );
    for await (const { rowCount, columns } of this.source.scan(plans, {
      signal,
      dictionaryBytes: this.dictionaryBytes,
    })) {
      requireRunning(signal);
      const cells = new Map<string, Cells>();
      for (const [index, raw] of columns.entries()) {
        const name = this.source.names[index]!;
        const converter = converters.get(name);
        if (converter !== undefined) cells.set(name, converter.convert(raw));
      }
      yield { schema, rowCount, columns: cells };
    }
  }

  /** @throws MillwrightError `DATA_LIMIT` when the columns do not fit into the memory that the table may use. */
  async read(names?: readonly string[]): Promise<Frame> {
    const schema = schemaOf(this.owner, this.schema, names);
    const needed = this.rowCount * schema.columns.length * 8;
    if (needed > this.memoryBytes) {
      throw new MillwrightError(
        "DATA_LIMIT",
        `${schema.columns.length} columns of ${this.rowCount} rows of ${this.owner} take about ${megabytes(needed)} MB, and ${megabytes(this.memoryBytes)} MB may be used.`,
        "Read fewer columns, or raise { memoryBytes }.",
      );
    }
    const all = Float64Array.from({ length: this.rowCount }, (_, row) => row);
    return this.gather(schema, all);
  }

  async sample(rowCount: number, names?: readonly string[]): Promise<Frame> {
    const schema = schemaOf(this.owner, this.schema, names);
    const count = Math.min(rowCount, this.rowCount);
    const rows = Float64Array.from({ length: count }, (_, i) => samplePlace(i, count, this.rowCount));
    return this.gather(schema, rows);
  }

  async fingerprint(): Promise<string> {
    this.known ??= this.source.content();
    return (await this.known).sha256;
  }

  async reads(): Promise<readonly ContentRead[]> {
    this.known ??= this.source.content();
    return (await this.known).reads;
  }

  close(): Promise<void> {
    return this.source.close();
  }

  /** The rows at ascending places, in memory: each column is filled in place, so that none is held twice. */
  private async gather(schema: Schema, rows: Float64Array): Promise<Frame> {
    const names = schema.columns.map((column) => column.name);
    const columns = new Map<string, GatheredColumn>();
    let before = 0;
    let at = 0;
    for await (const frame of this.stream(names)) {
      const start = at;
      while (at < rows.length && rows[at]! < before + frame.rowCount) at++;
      const places = rows.subarray(start, at);
      for (const [name, cells] of frame.columns) {
        const column = columns.get(name) ?? new GatheredColumn(cells, rows.length);
        columns.set(name, column);
        column.add(cells, places, start, before);
      }
      before += frame.rowCount;
    }
    return {
      schema,
      rowCount: rows.length,
      columns: new Map(names.map((name) => [name, columns.get(name)!.cells])),
    };
  }
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}
