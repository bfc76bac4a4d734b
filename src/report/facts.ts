/**
 * Small facts that several parts of the report draw from the same data: the noun
 * of a row, units, rates at a threshold, the shape of a confusion matrix.
 */
import { amount, estimate, estimateDecimals, fixed } from "./format.ts";
import type {
  Confusion,
  Estimate,
  MetricInfo,
  Operating,
  ReportData,
  ThresholdPoint,
} from "./report-data.ts";
import { name, type Sentence, say, visible } from "./text.ts";

export function noun(data: ReportData): { one: string; many: string } {
  if (data.noun === undefined) return { one: "row", many: "rows" };
  return { one: visible(data.noun.one, 40), many: visible(data.noun.many, 40) };
}

/** `12,304 rows`, in the data's noun. */
export function rowsOf(data: ReportData, rows: number): string {
  const { one, many } = noun(data);
  return `${fixed(Math.round(rows), 0)} ${Math.round(rows) === 1 ? one : many}`;
}

/** A value of the target with its unit. */
export function inUnit(data: ReportData, value: number): string {
  return withUnit(amount(value), data.target.unit);
}

/** A number with a unit after it, where there is one. */
export function withUnit(text: string, unit: string | undefined): string {
  return unit === undefined || unit === "" ? text : `${text}\u00a0${visible(unit, 20)}`;
}

/** Title of an axis or column with its unit: `predicted (€)`. */
export function titleWithUnit(title: string, unit: string | undefined): string {
  return unit === undefined || unit === "" ? title : `${title} (${visible(unit, 20)})`;
}

/** A score as printed: errors of the target carry its unit. */
export function scoreText(data: ReportData, metric: MetricInfo, score: Estimate): string {
  const text = estimate(score, estimateDecimals([score]));
  return metric.inTargetUnits ? withUnit(text, data.target.unit) : text;
}

/** `rows where churn is yes`. */
export function rowsWithLabel(data: ReportData, label: string): Sentence {
  return say`${noun(data).many} where ${name(data.target.column)} is ${name(label)}`;
}

/** The positive label of a binary target; the last class where none was named. */
export function positiveLabel(data: ReportData): string {
  return data.target.positive ?? data.target.classes?.at(-1)?.label ?? "1";
}

/** Rates of a threshold; a rate without rows is undefined. */
export interface Rates {
  readonly rows: number;
  readonly positives: number;
  readonly negatives: number;
  readonly alarms: number;
  /** Found among the positives. */
  readonly recall: number | undefined;
  /** Right among the alarms. */
  readonly precision: number | undefined;
  /** Wrongly alarmed among the negatives. */
  readonly falseAlarmRate: number | undefined;
  /** Alarms among all rows. */
  readonly alarmRate: number;
}

export function ratesAt(point: ThresholdPoint): Rates {
  const positives = point.truePositives + point.falseNegatives;
  const negatives = point.trueNegatives + point.falsePositives;
  const alarms = point.truePositives + point.falsePositives;
  const rows = positives + negatives;
  return {
    rows,
    positives,
    negatives,
    alarms,
    recall: ratio(point.truePositives, positives),
    precision: ratio(point.truePositives, alarms),
    falseAlarmRate: ratio(point.falsePositives, negatives),
    alarmRate: ratio(alarms, rows) ?? 0,
  };
}

function ratio(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}

/** Cost a row at a threshold, and of never and always raising the alarm. */
export function costsAt(
  point: ThresholdPoint,
  costs: NonNullable<Operating["costs"]>,
): { model: number; never: number; always: number } {
  const { rows, positives, negatives } = ratesAt(point);
  const total = costs.falseAlarm * point.falsePositives + costs.miss * point.falseNegatives;
  const per = (cost: number): number => (rows > 0 ? cost / rows : 0);
  return { model: per(total), never: per(costs.miss * positives), always: per(costs.falseAlarm * negatives) };
}

/** A class as the confusion matrix shows it. */
export interface ClassRow {
  readonly label: string;
  readonly rows: number;
  readonly recall: number | undefined;
  readonly precision: number | undefined;
  /** The label that it is most often taken for, and how often. */
  readonly mistakenFor: { readonly label: string; readonly rows: number } | undefined;
}

/** Every class of a confusion matrix, in its order. */
export function classRows(confusion: Confusion): ClassRow[] {
  const n = confusion.labels.length;
  const cell = (actual: number, predicted: number): number => confusion.counts[actual * n + predicted] ?? 0;
  return confusion.labels.map((label, i) => {
    let rows = 0;
    let predicted = 0;
    let mistakenFor: ClassRow["mistakenFor"];
    for (let j = 0; j < n; j++) {
      rows += cell(i, j);
      predicted += cell(j, i);
      if (j !== i && cell(i, j) > (mistakenFor?.rows ?? 0)) {
        mistakenFor = { label: confusion.labels[j]!, rows: cell(i, j) };
      }
    }
    return {
      label,
      rows,
      recall: ratio(cell(i, i), rows),
      precision: ratio(cell(i, i), predicted),
      mistakenFor,
    };
  });
}

/** Share of right answers, and of the most frequent class. */
export function accuracyOf(
  confusion: Confusion,
): { accuracy: number; majority: ClassRow; rows: number } | undefined {
  const classes = classRows(confusion);
  const rows = classes.reduce((sum, c) => sum + c.rows, 0);
  const majority = classes.reduce((best, c) => (c.rows > best.rows ? c : best), classes[0]!);
  if (rows === 0) return undefined;
  const right = classes.reduce((sum, c, i) => sum + (confusion.counts[i * classes.length + i] ?? 0), 0);
  return { accuracy: right / rows, majority, rows };
}

/** Whether the interval of the primary test score lies on the good side of doing nothing. */
export function beatsNothing(data: ReportData): boolean | undefined {
  const first = data.test[0];
  if (first?.baseline === undefined) return undefined;
  return first.metric.higherIsBetter
    ? (first.score.low ?? first.score.value) > first.baseline
    : (first.score.high ?? first.score.value) < first.baseline;
}

/** The interval's half width; undefined without borders. */
export function halfWidth(e: Estimate): number | undefined {
  return e.low === undefined || e.high === undefined ? undefined : (e.high - e.low) / 2;
}

/** Linear interpolation of y at x over ascending xs; the ends are held. */
export function interpolate(xs: readonly number[], ys: readonly number[], x: number): number {
  if (xs.length === 0) return Number.NaN;
  let i = 0;
  while (i < xs.length - 1 && xs[i + 1]! < x) i++;
  if (i === xs.length - 1 || x <= xs[0]!) return ys[i]!;
  const width = xs[i + 1]! - xs[i]!;
  const weight = width > 0 ? (x - xs[i]!) / width : 1;
  return ys[i]! + weight * (ys[i + 1]! - ys[i]!);
}
