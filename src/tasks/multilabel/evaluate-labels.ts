/** A file whose rows bear any number of labels, scored on rows with known ones. */
import { MillwrightError } from "../../core/index.ts";
import { type Finding, openTable, type Reading, readingOf, readWithin } from "../../data/index.ts";
import type { Model } from "../../model/index.ts";
import { featureColumns, type Frame, type Schema } from "../../schema/index.ts";
import { groupsOf, judgedCopies, weightOf } from "../tabular/labelled.ts";
import {
  checkRequirements,
  requiredOfFrame,
  type Requirement,
  type RequirementResult,
  requireFittingLabels,
} from "../tabular/requirements.ts";
import { type LabelFigure, labelFigures } from "./label-figures.ts";
import { defaultSeparator } from "./options.ts";
import { labelsIn } from "./read-labels.ts";
import { labelMetric } from "./train-labels.ts";

export interface LabelEvaluation {
  readonly name: string;
  readonly rowCount: number;
  readonly metrics: readonly LabelFigure[];
  /** The column that rows count by. */
  readonly weight?: string;
  readonly requirements?: readonly RequirementResult[];
  /** Which rows they are, where they did not all fit into memory. */
  readonly findings: readonly Finding[];
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
    readonly require?: readonly Requirement[];
    /** Size of the file. */
    readonly bytes: number;
    readonly seed: number;
    readonly threads: number;
  },
): Promise<LabelEvaluation> {
  const { schema, task, classes } = model.metadata;
  const [first, ...more] = options.metrics ?? [];
  const metric = labelMetric(first);
  for (const name of more) labelMetric(name);
  requireFittingLabels(options.require ?? [], task.target);
  const targets = task.columns ?? [task.target];
  const weightColumn = schema.columns.find(({ role }) => role === "weight");
  const groupColumn = schema.columns.find(({ role }) => role === "group");
  const wanted: Schema = {
    columns: [
      ...featureColumns(schema),
      ...(weightColumn ? [weightColumn] : []),
      ...(groupColumn ? [groupColumn] : []),
      ...targets.map((name) => ({ name, kind: "category" as const, role: "ignore" as const })),
    ],
  };
  const table = await openTable(source, {
    schema: wanted,
    ...readingOf(options),
    copies: judgedCopies,
    // Without its weights every row counts alike, and without its groups it is drawn alone.
    optional: [weightColumn, groupColumn].flatMap((column) => (column ? [column.name] : [])),
    threads: options.threads,
  });
  try {
    const within = { memory: options.memory, copies: judgedCopies };
    const { frame, findings } = await readWithin(table, within);
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
    const weight =
      weightColumn !== undefined && frame.columns.has(weightColumn.name)
        ? weightOf(frame, weightColumn.name)
        : undefined;
    const rows = {
      labelCount: width,
      hits,
      probabilities: probabilities!,
      thresholds: task.thresholds!,
      ...(weight && { weight }),
    };
    const asked = [first, ...more].filter((name) => name !== undefined);
    const place = (name: string): number => (asked.includes(name) ? asked.indexOf(name) : asked.length);
    const metrics = labelFigures(rows, task.constant!, metric, options.seed, groupsOf(frame)).sort(
      (a, b) => place(a.name) - place(b.name),
    );
    const answer = (row: Frame): Promise<unknown> => model.predictColumns(row.columns, 1);
    const file = { ...requiredOfFrame(frame, answer), bytes: options.bytes, metrics };
    return {
      name: model.name,
      rowCount: frame.rowCount,
      metrics,
      ...(weight && { weight: weightColumn!.name }),
      ...(options.require && { requirements: await checkRequirements(options.require, file) }),
      findings,
      unknown: [...borne.keys()].filter((label) => !classes!.includes(label)),
    };
  } finally {
    await table.close();
  }
}
