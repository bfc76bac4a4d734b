/** The rows of another table as a file of sequences takes them: by group, in the order of their time, on its grid. */
import { type Finding, type Reading, readingOf, streamRows } from "../../data/index.ts";
import type { Model } from "../../model/index.ts";
import {
  type Cells,
  type ColumnSchema,
  featureColumns,
  type Frame,
  type SequenceColumnSchema,
  targetColumn,
} from "../../schema/index.ts";
import { type GridSeries, numbersIn, ontoGrid, type Sequence, sequencesOf } from "./read-sequences.ts";
import type { TimeStep } from "./time-step.ts";

export interface FileSequences {
  /** What the file takes. */
  readonly input: SequenceColumnSchema;
  readonly time: ColumnSchema;
  readonly group: ColumnSchema | undefined;
  readonly step: TimeStep;
  /** Of a forecast: values of an answer. */
  readonly horizon: number | undefined;
  readonly frame: Frame;
  /** Rows by group. */
  readonly sequences: readonly Sequence[];
  /** The same as numbers of the file's columns; of a forecast with a place for each step. */
  readonly series: readonly GridSeries[];
  readonly findings: readonly Finding[];
}

/** The sequences that a file reads; undefined where it reads a table row by row. */
export function sequenceColumn(model: Pick<Model, "metadata">): SequenceColumnSchema | undefined {
  return featureColumns(model.metadata.schema).find((column) => column.kind === "sequence");
}

/**
 * @param also - Columns that are read besides those of the file's input.
 * @throws MillwrightError `SCHEMA_MISSING_COLUMN`, `DATA_BAD_VALUE` for rows without a place in a sequence, `SOURCE_*`.
 */
export async function readForFile(
  model: Model,
  source: readonly string[],
  options: Reading & { readonly threads: number },
  also: readonly string[] = [],
): Promise<FileSequences> {
  const { schema, task } = model.metadata;
  const input = sequenceColumn(model)!;
  const role = (wanted: ColumnSchema["role"]): ColumnSchema | undefined =>
    schema.columns.find((column) => column.role === wanted);
  const [time, group] = [role("time")!, role("group")];
  const needed = new Set([time.name, ...(group ? [group.name] : []), ...input.columns, ...also]);
  const { frame, findings } = await readFrame(
    source,
    schema.columns
      .filter(({ name }) => needed.has(name))
      // Groups are named as they stand, whatever their kind in training.
      .map((column) =>
        column.name === group?.name ? { name: column.name, kind: "text", role: "group" } : column,
      ),
    options,
  );
  const sequences = sequencesOf(frame, {
    timeColumn: time.name,
    ...(group && { group: group.name }),
  });
  const numbers = new Map(
    input.columns.map((name) => [name, numbersOf(frame, schema.columns, name, time.name)] as const),
  );
  const step: TimeStep = {
    size: task.step ?? 1,
    unit: task.stepUnit ?? "number",
    even: task.kind === "forecast",
  };
  const series =
    task.kind === "forecast"
      ? withTimes(ontoGrid(sequences, numbers, gridOf(sequences, step)), input.columns.indexOf(time.name))
      : ontoGrid(sequences, numbers, { ...step, even: false });
  const target = targetColumn(schema)!;
  const horizon = target.kind === "number" ? target.horizon : undefined;
  return { input, time, group, step, horizon, frame, sequences, series, findings };
}

/** Series that keep to no grid of the step count row by row. */
function gridOf(sequences: readonly Sequence[], step: TimeStep): TimeStep {
  const even = sequences.every(({ times }) =>
    times.every((time, i) => {
      if (i === 0 || step.unit === "months") return true;
      const steps = (time - times[i - 1]!) / step.size;
      return Math.round(steps) >= 1 && Math.abs(steps - Math.round(steps)) < 1e-3;
    }),
  );
  return { ...step, even };
}

function withTimes(series: readonly GridSeries[], at: number): GridSeries[] {
  if (at < 0) return [...series];
  return series.map((each) => {
    const values = each.values.slice();
    const width = values.length / each.times.length;
    each.times.forEach((time, i) => (values[i * width + at] = time));
    return { ...each, values };
  });
}

function numbersOf(
  frame: Frame,
  columns: readonly ColumnSchema[],
  name: string,
  timeName: string,
): Float64Array {
  const cells = frame.columns.get(name)!;
  if (name === timeName && cells.type === "number") return cells.values;
  const column = columns.find((each) => each.name === name)!;
  return numbersIn(column, cells) ?? new Float64Array(frame.rowCount).fill(Number.NaN);
}

/** All rows of a source. */
async function readFrame(
  source: readonly string[],
  columns: readonly ColumnSchema[],
  options: Reading & { readonly threads: number },
): Promise<{ readonly frame: Frame; readonly findings: readonly Finding[] }> {
  let parts: Frame[] = [];
  const schema = { columns };
  const { findings, rowCount } = await streamRows(
    source,
    { schema, ...readingOf(options), threads: options.threads },
    {
      begin() {
        parts = [];
      },
      async take(rows) {
        parts.push({
          ...rows,
          columns: new Map([...rows.columns].map(([name, cells]) => [name, copyOf(cells)])),
        });
      },
    },
  );
  const joined = columns.map(({ name }): [string, Cells] => [
    name,
    joinedCells(parts.map((part) => part.columns.get(name)!)),
  ]);
  return { frame: { schema, rowCount, columns: new Map(joined) }, findings };
}

const copyOf = (cells: Cells): Cells =>
  cells.type === "number"
    ? { type: "number", values: cells.values.slice() }
    : { type: "string", codes: cells.codes.slice(), dictionary: [...cells.dictionary] };

function joinedCells(parts: readonly Cells[]): Cells {
  const count = parts.reduce(
    (sum, cells) => sum + (cells.type === "number" ? cells.values.length : cells.codes.length),
    0,
  );
  if (parts[0]?.type !== "string") {
    const values = new Float64Array(count);
    let at = 0;
    for (const cells of parts) {
      if (cells.type !== "number") continue;
      values.set(cells.values, at);
      at += cells.values.length;
    }
    return { type: "number", values };
  }
  const codeOf = new Map<string, number>();
  const codes = new Int32Array(count);
  let at = 0;
  for (const cells of parts) {
    if (cells.type !== "string") continue;
    for (const code of cells.codes) {
      const text = code < 0 ? undefined : cells.dictionary[code]!;
      if (text !== undefined && !codeOf.has(text)) codeOf.set(text, codeOf.size);
      codes[at++] = text === undefined ? -1 : codeOf.get(text)!;
    }
  }
  return { type: "string", codes, dictionary: [...codeOf.keys()] };
}
