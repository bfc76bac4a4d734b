/**
 * All rows of a source once, in order, by a schema that is settled: for a table of any size, of which nothing is kept.
 *
 * Where a column turns out midway to be written otherwise than it began, reading begins anew, and so does whoever
 * takes the rows: most sources are read once, and none is looked through beforehand.
 */
import type { Cells, Frame } from "../schema/index.ts";
import type { FieldPlan } from "../kernels/index.ts";
import { type Finding, withoutRepeats } from "./finding.ts";
import { ColumnConverter } from "./infer/convert.ts";
import { noRows } from "./load-table.ts";
import { dictionaryLimit } from "./memory.ts";
import { type OpenOptions, openChecked } from "./open-table.ts";
import { type RawSource, ScanAgain } from "./raw-source.ts";
import { requireRunning, type Table } from "./table.ts";

export interface StreamOptions extends OpenOptions {
  readonly schema: NonNullable<OpenOptions["schema"]>;
}

export interface RowTaker {
  /** Called before the first rows, and again where all that was taken is void. */
  begin(): void;
  /** The next rows; what they hold is only good until the next are asked for. */
  take(rows: Frame): Promise<void>;
}

/**
 * Gives every row of a source to `taker`.
 *
 * @returns How many there were, and what was noticed while reading.
 * @throws MillwrightError what `openTable` throws; `DATA_EMPTY` without rows.
 */
export async function streamRows(
  source: string | readonly string[],
  options: StreamOptions,
  taker: RowTaker,
): Promise<Pick<Table, "rowCount" | "findings">> {
  const raw = await openChecked(source, options);
  try {
    const plans = [...raw.plan(options)];
    for (;;) {
      taker.begin();
      const rowCount = await readAll(raw, plans, options, taker);
      if (rowCount === undefined) continue;
      if (rowCount === 0) throw noRows(raw);
      const findings: readonly Finding[] = withoutRepeats([...raw.findings()]);
      return { rowCount, findings };
    }
  } finally {
    await raw.close();
  }
}

/** Reads once; undefined where it has to be done again, with the plans changed. */
async function readAll(
  raw: RawSource,
  plans: FieldPlan[],
  options: StreamOptions,
  taker: RowTaker,
): Promise<number | undefined> {
  const names = new Set(raw.names);
  const dictionaryBytes = dictionaryLimit(options.memory, options.schema.columns.length);
  const schema = { columns: options.schema.columns.filter((column) => names.has(column.name)) };
  const converters = schema.columns.map((column) => ({
    name: column.name,
    place: raw.names.indexOf(column.name),
    converter: new ColumnConverter(column, raw.owner, dictionaryBytes),
  }));
  let rowCount = 0;
  try {
    for await (const chunk of raw.scan(plans, { ...options, dictionaryBytes })) {
      requireRunning(options.signal);
      const odd = chunk.columns.flatMap((column, place) => (column.type === "odd" ? [place] : []));
      for (const place of odd) plans[place] = "string";
      if (odd.length > 0) return undefined;
      if (chunk.rowCount === 0) continue;
      const columns = new Map<string, Cells>();
      for (const { name, place, converter } of converters)
        columns.set(name, converter.convert(chunk.columns[place]!));
      await taker.take({ schema, rowCount: chunk.rowCount, columns });
      rowCount += chunk.rowCount;
    }
  } catch (error) {
    if (error instanceof ScanAgain) return undefined;
    throw error;
  }
  return rowCount;
}
