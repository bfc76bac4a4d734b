/**
 * Answers for the sequences of a table: one CSV line a group, or of a forecast one line for each next value of each
 * series.
 */
import type { Finding, Reading } from "../../data/index.ts";
import type { Model } from "../../model/index.ts";
import { type ColumnSchema, targetColumn } from "../../schema/index.ts";
import type { LineTarget } from "../tabular/predict.ts";
import { readForFile } from "./file-sequences.ts";
import type { GridSeries } from "./read-sequences.ts";
import { later } from "./time-step.ts";

export interface PredictedSequences {
  /** Lines that were written. */
  readonly rowCount: number;
  readonly findings: readonly Finding[];
}

export interface PredictSequencesOptions extends Reading {
  readonly threads: number;
  readonly onProgress?: (done: number, total: number) => void;
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
  const { classes, schema } = model.metadata;
  const target = targetColumn(schema)!;
  const intervals = target.kind === "number" && target.coverage !== undefined;
  const read = await readForFile(model, source, options);
  const { input, time, group, step, horizon, series, findings } = read;
  lines.write(
    line([
      ...(group ? [group.name] : []),
      ...(horizon === undefined ? [] : [time.name]),
      "prediction",
      ...(intervals ? ["low", "high"] : []),
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
    answers.forEach(({ prediction, probabilities, low, high }, i) => {
      const { name, times } = some[i]!;
      const first = group ? [name] : [];
      if (horizon === undefined) {
        text += line([
          ...first,
          String(prediction),
          ...(classes ?? []).map((label) => String(probabilities![label]!)),
        ]);
        rowCount++;
        return;
      }
      (prediction as readonly number[]).forEach((value, k) => {
        const ends = intervals ? [String(low![k]!), String(high![k]!)] : [];
        text += line([...first, write(later(times.at(-1)!, k + 1, step)), String(value), ...ends]);
        rowCount++;
      });
    });
    lines.write(text);
    options.onProgress?.(Math.min(series.length, start + block), series.length);
  }
  return { rowCount, findings };
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

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const line = (cells: readonly string[]): string => `${cells.map(cell).join(",")}\n`;
