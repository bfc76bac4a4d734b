/**
 * Answers for the sequences of a table: one CSV line a group, or of a forecast one line for each next value of each
 * series.
 */
import type { Finding, Reading } from "../../data/index.ts";
import { readingOf, streamRows } from "../../data/index.ts";
import type { Model } from "../../model/index.ts";
import {
  type Cells,
  type ColumnSchema,
  featureColumns,
  type Frame,
  targetColumn,
  type SequenceColumnSchema,
} from "../../schema/index.ts";
import type { LineTarget } from "../tabular/predict.ts";
import { type GridSeries, numbersIn, ontoGrid, type Sequence, sequencesOf } from "./read-sequences.ts";
import { later, type TimeStep } from "./time-step.ts";

export interface PredictedSequences {
  /** Lines that were written. */
  readonly rowCount: number;
  readonly findings: readonly Finding[];
}

export interface PredictSequencesOptions extends Reading {
  readonly threads: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** The sequences that a file reads; undefined where it reads a table row by row. */
export function sequenceColumn(model: Pick<Model, "metadata">): SequenceColumnSchema | undefined {
  return featureColumns(model.metadata.schema).find((column) => column.kind === "sequence");
}

/**
 * Writes a header and the answers. The columns of group and time bear their names of the training table.
 *
 * @throws MillwrightError `SCHEMA_MISSING_COLUMN`, `DATA_BAD_VALUE` for rows without a place in a sequence, `SOURCE_*`.
 */
export async function predictSequences(
  model: Model,
  source: readonly string[],
  options: PredictSequencesOptions,
  lines: LineTarget,
): Promise<PredictedSequences> {
  const { schema, task, classes } = model.metadata;
  const input = sequenceColumn(model)!;
  const role = (wanted: ColumnSchema["role"]): ColumnSchema | undefined =>
    schema.columns.find((column) => column.role === wanted);
  const [time, group] = [role("time")!, role("group")];
  const target = targetColumn(schema)!;
  const needed = new Set([time.name, ...(group ? [group.name] : []), ...input.columns]);
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
  const ahead = target.kind === "number" ? target.horizon : undefined;
  lines.write(
    line([
      ...(group ? [group.name] : []),
      ...(ahead === undefined ? [] : [time.name]),
      "prediction",
      ...(classes ?? []).map((label) => `probability_${label}`),
    ]),
  );
  const write = timeWriter(time, series);
  let rowCount = 0;
  const block = 256;
  for (let start = 0; start < series.length; start += block) {
    const some = series.slice(start, start + block);
    const answers = await model.predict(some.map(({ values }) => ({ [input.name]: values })));
    let text = "";
    answers.forEach(({ prediction, probabilities }, i) => {
      const { name, times } = some[i]!;
      const first = group ? [name] : [];
      if (ahead === undefined) {
        text += line([
          ...first,
          String(prediction),
          ...(classes ?? []).map((label) => String(probabilities![label]!)),
        ]);
        rowCount++;
        return;
      }
      (prediction as readonly number[]).forEach((value, k) => {
        text += line([...first, write(later(times.at(-1)!, k + 1, step)), String(value)]);
        rowCount++;
      });
    });
    lines.write(text);
    options.onProgress?.(Math.min(series.length, start + block), series.length);
  }
  return { rowCount, findings };
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

/** Times as they are most plainly written. */
function timeWriter(column: ColumnSchema, series: readonly GridSeries[]): (time: number) => string {
  if (column.kind !== "datetime") return String;
  const days = series.every(({ times }) => times.every((time) => time % 86_400_000 === 0));
  return (time) => {
    const text = new Date(time).toISOString();
    if (column.clock === "instant") return text.replace(".000Z", "Z");
    return days && time % 86_400_000 === 0 ? text.slice(0, 10) : text.replace(/(\.000)?Z$/, "");
  };
}

/** All rows of a source. */
async function readFrame(
  source: readonly string[],
  columns: readonly ColumnSchema[],
  options: PredictSequencesOptions,
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

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const line = (cells: readonly string[]): string => `${cells.map(cell).join(",")}\n`;
