/**
 * A source into memory: its columns are read, their schema is inferred or obeyed, and they are converted.
 *
 * Columns are read as plain numbers, ISO datetimes or strings, as a sample suggests; a column that turns out
 * to be something else, or an id of more digits than float64 holds, is read a second time as strings, and the parsers
 * of `schema/` decide.
 */
import { MillwrightError } from "../core/index.ts";
import type { Cells, ColumnSchema } from "../schema/index.ts";
import type { FieldPlan } from "../kernels/index.ts";
import { type Finding, withoutRepeats } from "./finding.ts";
import { ColumnConverter } from "./infer/convert.ts";
import { inferColumn } from "./infer/infer-column.ts";
import { isLongId, mayBeLongId } from "./infer/infer-numbers.ts";
import { NumberSummary } from "./infer/number-summary.ts";
import { ColumnSummariser } from "./infer/summarise.ts";
import type { RawColumn } from "./raw-column.ts";
import type { Declared, RawSource, ScanOptions } from "./raw-source.ts";
import { MemoryTable, type Table } from "./table.ts";

export interface LoadOptions extends Declared {
  readonly signal?: AbortSignal | undefined;
  /** Bytes read and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Reads all columns and decides what each is.
 *
 * @throws MillwrightError `DATA_EMPTY` without rows; with a given schema `SCHEMA_BAD_CELL`, `SCHEMA_WRONG_KIND`.
 */
export async function loadTable(source: RawSource, options: LoadOptions): Promise<Table> {
  const plans = source.plan(options);
  const { rowCount, columns } = await scanWhole(source, plans, options);
  const odd = columns.map((column, index): FieldPlan => {
    const name = source.names[index]!;
    const long = plans[index] !== "string" && mayBecomeText(name, options) && holdsLongIds(name, column);
    return column.type === "odd" || long ? "string" : "skip";
  });
  if (odd.includes("string")) {
    const again = await scanWhole(source, odd, options);
    for (const [index, column] of again.columns.entries())
      if (column.type !== "skip") columns[index] = column;
  }
  if (rowCount === 0) throw noRows(source);
  const findings: Finding[] = [...source.findings()];
  const settled = settleColumns(source, columns, options, findings);
  return new MemoryTable({
    owner: source.owner,
    schema: { columns: settled.map(({ column }) => column) },
    rowCount,
    cells: new Map(settled.map(({ column, cells }) => [column.name, cells])),
    findings: withoutRepeats(findings),
    content: () => source.content(),
  });
}

/** Whether nobody says what a column is. */
function isInferred(name: string, { schema, columns }: Declared): boolean {
  return schema === undefined && columns?.[name]?.kind === undefined;
}

/** Whether numbers may turn out to be names: not where they are counted on. */
export function mayBecomeText(name: string, declared: Declared): boolean {
  const role = declared.columns?.[name]?.role;
  return isInferred(name, declared) && role !== "target" && role !== "weight" && role !== "time";
}

function holdsLongIds(name: string, column: RawColumn): boolean {
  if (column.type !== "number" || !mayBeLongId(name)) return false;
  const summary = new NumberSummary(false);
  summary.add(column.values, undefined, column.seen);
  return isLongId(name, summary);
}

export function noRows(source: Pick<RawSource, "owner" | "names">): MillwrightError {
  return new MillwrightError(
    "DATA_EMPTY",
    `${source.owner} has ${source.names.length} columns and no rows.`,
    "Give a source with rows.",
  );
}

async function scanWhole(
  source: RawSource,
  plans: readonly FieldPlan[],
  options: LoadOptions,
): Promise<{ readonly rowCount: number; readonly columns: RawColumn[] }> {
  const request: ScanOptions = { whole: true, signal: options.signal, onProgress: options.onProgress };
  let read: { rowCount: number; columns: RawColumn[] } | undefined;
  // Runs to the end, where the source checks how many rows it had to leave out.
  for await (const chunk of source.scan(plans, request)) read = { ...chunk, columns: [...chunk.columns] };
  return read ?? { rowCount: 0, columns: plans.map(() => ({ type: "skip" })) };
}

/** Schema and cells of every column that is wanted; raw columns are let go one by one. */
export function settleColumns(
  source: Pick<RawSource, "owner" | "names" | "preferDecimalComma">,
  raw: RawColumn[],
  declared: Declared,
  findings: Finding[],
): readonly { readonly column: ColumnSchema; readonly cells: Cells }[] {
  const settled: { column: ColumnSchema; cells: Cells }[] = [];
  for (const index of source.names.keys()) {
    const values = raw[index]!;
    raw[index] = { type: "skip" };
    if (values.type === "skip") continue;
    const summariser = new ColumnSummariser(source.names[index]!);
    if (declared.schema === undefined) {
      summariser.add(values);
      if (summariser.undecided) summariser.addRounded(values);
    }
    const column = settleColumn(source, index, summariser, declared, findings);
    settled.push({ column, cells: new ColumnConverter(column, source.owner).convert(values) });
  }
  return settled;
}

/** The schema of one column: given, or inferred from its summary with findings. */
export function settleColumn(
  source: Pick<RawSource, "names" | "preferDecimalComma">,
  index: number,
  summariser: ColumnSummariser,
  declared: Declared,
  findings: Finding[],
): ColumnSchema {
  const name = source.names[index]!;
  const given = declared.schema?.columns.find((other) => other.name === name);
  if (given !== undefined) return given;
  const place = { index, count: source.names.length, preferDecimalComma: source.preferDecimalComma };
  const { column, findings: found } = inferColumn(
    name,
    summariser.summary(),
    place,
    declared.columns?.[name],
  );
  findings.push(...found);
  return declared.exactNumbers === true && column.kind === "number"
    ? { ...column, dtype: "float64" }
    : column;
}
