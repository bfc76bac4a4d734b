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
import { type LoadOptions, noRows, settleColumn } from "./load-table.ts";
import { type RawSource, ScanAgain } from "./raw-source.ts";
import { requireRunning, schemaOf, type Table } from "./table.ts";

/** A column of more distinct strings than this is left out: its dictionary alone would fill the memory. */
const maxDictionary = 5_000_000;

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
  options: LoadOptions,
): Promise<Table> {
  const settled = await settle(source, options).catch((error: unknown) => {
    if (error instanceof ScanAgain) return settle(source, options);
    throw error;
  });
  return new StreamedTable(source, memoryBytes, settled);
}

/** Passes over the source until every column's way of reading fits, and its kind is known. */
async function settle(source: RawSource, options: LoadOptions): Promise<Settled> {
  const plans = [...source.plan(options)];
  const summarisers = source.names.map((name) => new ColumnSummariser(name));
  const crowded = new Set<number>();
  let rowCount = 0;
  let pass: readonly FieldPlan[] = plans;
  while (pass.some((plan) => plan !== "skip")) {
    rowCount = 0;
    for await (const chunk of source.scan(pass, options)) {
      rowCount += chunk.rowCount;
      for (const [index, column] of chunk.columns.entries()) {
        if (crowded.has(index)) continue;
        summarisers[index]!.add(column);
        if (summarisers[index]!.distinctStrings > maxDictionary) crowded.add(index);
      }
    }
    const again = plans.map((_, index): FieldPlan => (summarisers[index]!.odd ? "string" : "skip"));
    for (const [index, plan] of again.entries()) {
      if (plan === "skip") continue;
      plans[index] = plan;
      summarisers[index] = new ColumnSummariser(source.names[index]!);
    }
    pass = again;
  }
  if (rowCount === 0) throw noRows(source);
  if (options.schema === undefined) await decideRounding(source, plans, summarisers, options);
  const findings: Finding[] = [...source.findings()];
  const columns: ColumnSchema[] = [];
  for (const index of plans.keys()) {
    if (plans[index] === "skip") continue;
    if (crowded.has(index)) {
      columns.push({ name: source.names[index]!, kind: "id", role: "ignore" });
      findings.push(crowdedFinding(source.names[index]!));
    } else columns.push(settleColumn(source, index, summarisers[index]!, options, findings));
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

function crowdedFinding(name: string): Finding {
  return {
    kind: "identifier",
    column: name,
    evidence: `It has more than ${maxDictionary} different values.`,
    effect: "leftOut",
    undo: `--keep ${shellWord(name)}`,
    numbers: { distinct: maxDictionary },
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
  private known: Promise<Content> | undefined;

  constructor(source: RawSource, memoryBytes: number, settled: Settled) {
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
      schema.columns.map((column) => [column.name, new ColumnConverter(column, this.owner)]),
    );
    const plans = this.plans.map(
      (plan, index): FieldPlan => (converters.has(this.source.names[index]!) ? plan : "skip"),
    );
    for await (const { rowCount, columns } of this.source.scan(plans, { signal })) {
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
    const rows = Float64Array.from({ length: count }, (_, i) => Math.floor((i * this.rowCount) / count));
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
    const columns = new Map<string, Cells>();
    let before = 0;
    let at = 0;
    for await (const frame of this.stream(schema.columns.map((column) => column.name))) {
      const start = at;
      while (at < rows.length && rows[at]! < before + frame.rowCount) at++;
      for (const [name, cells] of frame.columns) {
        const all = columns.get(name) ?? emptyLike(cells, rows.length);
        columns.set(name, all);
        if (all.type === "number" && cells.type === "number")
          for (let i = start; i < at; i++) all.values[i] = cells.values[rows[i]! - before]!;
        else if (all.type === "string" && cells.type === "string")
          for (let i = start; i < at; i++) all.codes[i] = cells.codes[rows[i]! - before]!;
      }
      before += frame.rowCount;
    }
    return { schema, rowCount: rows.length, columns };
  }
}

/** A column to be filled; its dictionary is that of the chunk, which grows with the chunks to come. */
function emptyLike(cells: Cells, rowCount: number): Cells {
  return cells.type === "number"
    ? { type: "number", values: new Float64Array(rowCount) }
    : { type: "string", codes: new Int32Array(rowCount), dictionary: cells.dictionary };
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}
