/**
 * What a finished file must reach, as `rocAuc>=0.84`: figures on the untouched rows, the size of the file, and
 * the time of one row. The file is judged as it is shipped; nothing is chosen by these.
 */
import { MillwrightError, nearest } from "../../core/index.ts";
import {
  type LabelMetric,
  labelMetrics,
  type Metric,
  metric as metricByName,
  metricTable,
  misfit,
  type SpanMetric,
  spanMetrics,
} from "../../metrics/index.ts";
import { isOrdered, type Task } from "../../pipeline/index.ts";
import type { Frame } from "../../schema/index.ts";
import type { MetricFigure, UndefinedMetric } from "./judge.ts";
import { rowTimes, type SingleRow, singleRows } from "./row-times.ts";

const comparisons = {
  ">=": (value: number, bound: number) => value >= bound,
  "<=": (value: number, bound: number) => value <= bound,
  ">": (value: number, bound: number) => value > bound,
  "<": (value: number, bound: number) => value < bound,
};

export interface Requirement {
  /** As it was written. */
  readonly text: string;
  /** A metric's name, `p99Ms` or `fileMb`. */
  readonly figure: string;
  /** The metric that is meant, of one answer a row; absent for `p99Ms` and `fileMb`. */
  readonly metric?: Metric;
  /** The same of several labels a row. */
  readonly labels?: LabelMetric;
  /** The same of tagged sentences. */
  readonly spans?: SpanMetric;
  readonly comparison: keyof typeof comparisons;
  readonly bound: number;
}

export interface RequirementResult {
  readonly requirement: string;
  readonly value: number;
  /** 95 % interval of a metric over the rows. */
  readonly low?: number;
  readonly high?: number;
  readonly passed: boolean;
}

/** Figures of the file itself: the 99th percentile of one row's milliseconds, and megabytes. */
const fileFigures = ["p99Ms", "fileMb"] as const;

/**
 * Reads `rocAuc>=0.84`.
 *
 * @throws MillwrightError `PARAMETER_UNKNOWN` for a figure that does not exist, `PARAMETER_RANGE` for what is no comparison.
 */
export function parseRequirement(text: string): Requirement {
  const parts = /^\s*([A-Za-z][\w@.-]*)\s*(>=|<=|>|<)\s*(\S+)\s*$/.exec(text);
  const bound = Number(parts?.[3] ?? Number.NaN);
  if (parts === null || !Number.isFinite(bound)) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `--require "${text}" is no comparison of a figure with a number.`,
      "Write rocAuc>=0.84, p99Ms<=5 or fileMb<=10, in quotes.",
    );
  }
  const comparison = parts[2] as Requirement["comparison"];
  const name = parts[1]!;
  const figure = fileFigures.find((known) => known.toLowerCase() === name.toLowerCase());
  if (figure !== undefined) return { text: text.trim(), figure, comparison, bound };
  const labels = Object.values(labelMetrics).find((known) => known.name.toLowerCase() === name.toLowerCase());
  const spans = Object.values(spanMetrics).find((known) => known.name.toLowerCase() === name.toLowerCase());
  const metric = metricNamed(name, labels !== undefined || spans !== undefined);
  return {
    text: text.trim(),
    figure: (metric ?? labels ?? spans)!.name,
    ...(metric && { metric }),
    ...(labels && { labels }),
    ...(spans && { spans }),
    comparison,
    bound,
  };
}

/** Undefined where there is none and `known` says that there is another. */
function metricNamed(name: string, known: boolean): Metric | undefined {
  try {
    return metricByName(name);
  } catch (error) {
    if ((error as MillwrightError).code !== "PARAMETER_UNKNOWN") throw error;
    if (known) return undefined;
    const tables = [metricTable, labelMetrics, spanMetrics];
    const names = [...new Set(tables.flatMap((table) => Object.keys(table))), ...fileFigures];
    const guess = nearest(name, names);
    throw new MillwrightError(
      "PARAMETER_UNKNOWN",
      `--require knows no figure "${name}"${guess === undefined ? "" : `; the nearest name is "${guess}"`}.`,
      `Choose from ${names.join(", ")}.`,
    );
  }
}

/**
 * Whether every metric fits the task, before any work is done.
 *
 * @throws MillwrightError `PARAMETER_CONFLICT`.
 */
export function requireFitting(requirements: readonly Requirement[], task: Task): void {
  for (const { text, metric, labels, spans } of requirements) {
    if ((metric ?? labels ?? spans) === undefined) continue;
    const classCount = task.kind === "classification" ? task.classes.length : 0;
    const found =
      metric === undefined
        ? labels === undefined
          ? "tags of sentences"
          : "several labels a row"
        : misfit(metric, { task: task.kind, classCount, ordered: isOrdered(task) });
    if (found === undefined) continue;
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `--require "${text}" is for ${found}, and "${task.target}" ${task.kind === "regression" ? "is a number" : `has ${classCount} classes`}.`,
      "Require another figure.",
    );
  }
}

/** The same where rows bear several labels. @throws MillwrightError `PARAMETER_CONFLICT`. */
export function requireFittingLabels(requirements: readonly Requirement[], target: string): void {
  const wrong = requirements.find(
    ({ metric, labels, spans }) => labels === undefined && (metric ?? spans) !== undefined,
  );
  if (wrong === undefined) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `--require "${wrong.text}" is for ${wrong.spans ? "tags of sentences" : "one answer a row"}, and "${target}" holds several labels.`,
    `Require one of ${[...Object.keys(labelMetrics), ...fileFigures].join(", ")}.`,
  );
}

/** The same where tokens of sentences are tagged. @throws MillwrightError `PARAMETER_CONFLICT`. */
export function requireFittingSpans(requirements: readonly Requirement[], name: string): void {
  const wrong = requirements.find(
    ({ metric, labels, spans }) => spans === undefined && (metric ?? labels) !== undefined,
  );
  if (wrong === undefined) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `--require "${wrong.text}" is for labels of rows, and ${name} tags tokens of sentences.`,
    `Require one of ${[...Object.keys(spanMetrics), ...fileFigures].join(", ")}.`,
  );
}

/** Metrics that are asked for. */
export function requiredMetrics(requirements: readonly Requirement[] = []): Metric[] {
  return requirements.flatMap(({ metric }) => (metric === undefined ? [] : [metric]));
}

/** A file that was judged on rows that nothing has looked at. */
export interface RequiredFile {
  readonly bytes: number;
  readonly metrics: readonly Pick<MetricFigure, "name" | "value" | "low" | "high">[];
  /** Why metrics have no figure. */
  readonly undefinedMetrics?: readonly UndefinedMetric[] | undefined;
  readonly rowCount: number;
  /** At most so many rows, at least one, for the time of a row. */
  readonly single: (most: number) => readonly SingleRow[];
  /** How many are timed; 2000 unless told. */
  readonly timedRows?: number;
}

/** A file that answers rows of a frame. */
export function requiredOfFrame(
  frame: Frame,
  answer: (row: Frame) => Promise<unknown>,
): Pick<RequiredFile, "rowCount" | "single"> {
  return { rowCount: frame.rowCount, single: (most) => singleRows(answer, frame, most) };
}

/**
 * Holds the file against what was required.
 *
 * @throws MillwrightError `PARAMETER_CONFLICT` for a metric that these rows do not define.
 */
export async function checkRequirements(
  requirements: readonly Requirement[],
  file: RequiredFile,
): Promise<RequirementResult[]> {
  const results: RequirementResult[] = [];
  let p99: number | undefined;
  for (const { text, figure, metric, labels, spans, comparison, bound } of requirements) {
    if (figure === "p99Ms") p99 ??= await rowTime(file);
    const found = file.metrics.find((item) => item.name === figure);
    if ((metric ?? labels ?? spans) !== undefined && found === undefined) {
      const reason = file.undefinedMetrics?.find(({ name }) => name === figure)?.reason;
      throw new MillwrightError(
        "PARAMETER_CONFLICT",
        `--require "${text}" asks for ${figure}, which ${file.rowCount} rows of this target do not define${reason === undefined ? "" : `: it ${reason}`}.`,
        "Require another figure.",
      );
    }
    const value = figure === "p99Ms" ? p99! : figure === "fileMb" ? file.bytes / 1e6 : found!.value;
    results.push({
      requirement: text,
      value,
      ...(found && { low: found.low, high: found.high }),
      passed: comparisons[comparison](value, bound),
    });
  }
  return results;
}

/** Rows timed for `p99Ms`, one by one, after some that warm up. */
const usualRows = 2000;
/** Of those timed, how many go before them untimed. */
const warmShare = 0.05;

/** 99th percentile of the milliseconds of one row. */
async function rowTime({ single, timedRows: rows = usualRows }: RequiredFile): Promise<number> {
  const times = await rowTimes(single(rows), { rows, warm: warmShare * rows });
  return times[Math.floor(0.99 * rows)]!;
}
