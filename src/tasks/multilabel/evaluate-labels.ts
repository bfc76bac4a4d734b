/** A file whose rows bear any number of labels, scored on rows with known ones. */
import { MillwrightError } from "../../core/index.ts";
import { openTable, type Reading, readingOf } from "../../data/index.ts";
import type { Model } from "../../model/index.ts";
import { featureColumns, type Schema } from "../../schema/index.ts";
import { type LabelFigure, labelFigures } from "./label-figures.ts";
import { defaultSeparator } from "./options.ts";
import { labelsIn } from "./read-labels.ts";
import { labelMetric } from "./train-labels.ts";

export interface LabelEvaluation {
  readonly name: string;
  readonly rowCount: number;
  readonly metrics: readonly LabelFigure[];
  /** Labels of the rows that the file does not know: misses that no figure counts. */
  readonly unknown: readonly string[];
}

/**
 * @param source - Needs the file's columns and the labels, written as in training.
 * @throws MillwrightError `SCHEMA_*`, `SOURCE_*`, `PARAMETER_UNKNOWN`.
 */
export async function evaluateLabels(
  model: Model,
  source: readonly string[],
  options: Reading & {
    readonly metrics?: readonly string[];
    readonly seed: number;
    readonly threads: number;
  },
): Promise<LabelEvaluation> {
  const { schema, task, classes } = model.metadata;
  const [first, ...more] = options.metrics ?? [];
  const metric = labelMetric(first);
  for (const name of more) labelMetric(name);
  const targets = task.columns ?? [task.target];
  const wanted: Schema = {
    columns: [
      ...featureColumns(schema),
      ...targets.map((name) => ({ name, kind: "category" as const, role: "ignore" as const })),
    ],
  };
  const table = await openTable(source, { schema: wanted, ...readingOf(options), threads: options.threads });
  try {
    const frame = await table.read();
    if (frame.rowCount === 0) {
      throw new MillwrightError("DATA_EMPTY", `${table.owner} has no rows.`, "Bring rows with known labels.");
    }
    const borne = labelsIn(frame, targets, task.separator ?? defaultSeparator);
    const width = classes!.length;
    const hits = new Uint8Array(frame.rowCount * width);
    classes!.forEach((label, k) => borne.get(label)?.forEach((hit, row) => (hits[row * width + k] = hit)));
    const { probabilities } = await model.predictColumns(frame.columns, frame.rowCount, {
      threads: options.threads,
    });
    const rows = { labelCount: width, hits, probabilities: probabilities!, thresholds: task.thresholds! };
    const asked = [first, ...more].filter((name) => name !== undefined);
    const place = (name: string): number => (asked.includes(name) ? asked.indexOf(name) : asked.length);
    return {
      name: model.name,
      rowCount: frame.rowCount,
      metrics: labelFigures(rows, task.constant!, metric, options.seed).sort(
        (a, b) => place(a.name) - place(b.name),
      ),
      unknown: [...borne.keys()].filter((label) => !classes!.includes(label)),
    };
  } finally {
    await table.close();
  }
}
