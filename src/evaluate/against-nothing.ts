/**
 * How good a model is against doing nothing, in figures that a manager can repeat.
 *
 * Doing nothing has a plain meaning for each task: calling every row the same class
 * (the cheaper of none and all where mistakes have a price), or predicting the same
 * number, the median of the training rows, which no other constant beats by mean
 * absolute error.
 */
import { MillwrightError } from "../core/index.ts";
import {
  accuracy,
  type ClassificationRows,
  confusionMatrix,
  mae,
  mostProbable,
  type RegressionRows,
} from "../metrics/index.ts";
import { type Costs, costAt } from "./operating-threshold.ts";

/** Two classes: what the model finds and misses, per 1,000 rows. */
export interface BinaryFigures {
  readonly kind: "binary";
  /** Rows per 1,000, rounded to a tenth. */
  readonly per1000: {
    readonly positives: number;
    readonly flagged: number;
    readonly found: number;
    readonly missed: number;
    readonly falseAlarms: number;
    /** Rows that doing nothing gets wrong: the rarer class. */
    readonly wrongWithoutModel: number;
  };
  /** Costs per row, where prices were given. */
  readonly cost?: {
    readonly model: number;
    /** The cheaper of calling no row and calling every row positive. */
    readonly nothing: number;
    readonly saved: number;
    /** saved / nothing, where doing nothing costs something. */
    readonly savedShare?: number;
  };
  readonly sentence: string;
}

/** Several classes: rows in error, per 1,000. */
export interface ClassFigures {
  readonly kind: "classes";
  readonly wrongPer1000: { readonly model: number; readonly nothing: number };
  /** Code of the class that doing nothing always says. */
  readonly commonest: number;
  /** Share of the errors that the model avoids; negative if it makes more. */
  readonly avoidedShare: number;
  readonly sentence: string;
}

/** Numbers: the size of a typical error. */
export interface NumberFigures {
  readonly kind: "numbers";
  /** Mean absolute error, in the unit of the target. */
  readonly error: { readonly model: number; readonly nothing: number };
  readonly avoidedShare: number;
  readonly sentence: string;
}

export interface BinaryOptions {
  /** A row is called positive from this probability on; default 0.5. */
  readonly threshold?: number | undefined;
  readonly costs?: Costs | undefined;
  /** Names of the classes for the sentence; their codes when absent. */
  readonly labels?: readonly string[] | undefined;
}

/**
 * Figures of a model of two classes.
 *
 * @throws MillwrightError as `costAt`.
 */
export function binaryAgainstNothing(rows: ClassificationRows, options: BinaryOptions = {}): BinaryFigures {
  const { threshold = 0.5, costs, labels } = options;
  const { positive = 1 } = rows;
  const errors: Costs = { falsePositive: 1, falseNegative: 1 };
  const { flagged, found } = costAt(rows, errors, threshold);
  const positives = costAt(rows, errors, 0).found;
  const per1000 = {
    positives: tenths(positives),
    flagged: tenths(flagged),
    found: tenths(found),
    missed: tenths(positives - found),
    falseAlarms: tenths(flagged - found),
    wrongWithoutModel: tenths(Math.min(positives, 1 - positives)),
  };
  const name = labels?.[positive] ?? `class ${positive}`;
  let sentence =
    `Of 1,000 rows ${count(per1000.positives)} are "${name}": the model flags ${count(per1000.flagged)} ` +
    `and finds ${count(per1000.found)} of them${positives > 0 ? ` (${percent(found / positives)})` : ""}, ` +
    `with ${count(per1000.falseAlarms)} false alarms; without it, all ${count(per1000.positives)} go unnoticed.`;
  if (costs === undefined) return { kind: "binary", per1000, sentence };

  const model = costAt(rows, costs, threshold).costPerRow;
  const none = costAt(rows, costs, Infinity).costPerRow;
  const all = costAt(rows, costs, 0).costPerRow;
  const nothing = Math.min(none, all);
  const saved = nothing - model;
  const cost =
    nothing > 0 ? { model, nothing, saved, savedShare: saved / nothing } : { model, nothing, saved };
  sentence +=
    ` It costs ${number(1000 * model)} per 1,000 rows, against ${number(1000 * nothing)} for calling ${none <= all ? "none" : "all"} of them "${name}"` +
    (cost.savedShare === undefined
      ? "."
      : ` (${percent(Math.abs(saved / nothing))} ${saved < 0 ? "more" : "less"}).`);
  return { kind: "binary", per1000, cost, sentence };
}

/**
 * Figures of a model of any number of classes.
 *
 * @param commonest - Code of the most frequent class of the training rows.
 * @param labels - Names of the classes for the sentence; their codes when absent.
 * @throws MillwrightError `PARAMETER_CONFLICT` if the rows hold neither classes nor probabilities, and as `accuracy`.
 */
export function classesAgainstNothing(
  rows: ClassificationRows,
  commonest: number,
  labels?: readonly string[],
): ClassFigures {
  const { y, classCount, weight } = rows;
  if (rows.predicted === undefined && rows.probabilities === undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      "classesAgainstNothing needs predicted classes or probabilities, and the rows have none.",
      "Pass the model's answers.",
    );
  }
  const predicted = rows.predicted ?? mostProbable(rows.probabilities!, classCount);
  const model = 1 - accuracy(y, predicted, { weight, classCount });
  const constant = new Int32Array(y.length).fill(commonest);
  const nothing = 1 - accuracy(y, constant, { weight, classCount });
  const avoidedShare = nothing === 0 ? 0 : 1 - model / nothing;
  const name = labels?.[commonest] ?? `class ${commonest}`;
  return {
    kind: "classes",
    wrongPer1000: { model: tenths(model), nothing: tenths(nothing) },
    commonest,
    avoidedShare,
    sentence:
      `Of 1,000 rows the model gets ${count(tenths(model))} wrong; always saying "${name}" gets ${count(tenths(nothing))} wrong` +
      `${nothing === 0 ? "." : ` (${percent(Math.abs(avoidedShare))} ${avoidedShare < 0 ? "more" : "fewer"} mistakes).`}`,
  };
}

/**
 * Figures of a model of numbers.
 *
 * @param constant - The median of the training targets.
 * @param unit - Of the target, for the sentence: "€".
 * @throws MillwrightError as `mae`.
 */
export function numbersAgainstNothing(rows: RegressionRows, constant: number, unit = ""): NumberFigures {
  const { y, predicted, weight } = rows;
  const model = mae(y, predicted, { weight });
  const nothing = mae(y, new Float64Array(y.length).fill(constant), { weight });
  const avoidedShare = nothing === 0 ? 0 : 1 - model / nothing;
  const sized = (value: number): string => `${number(value)}${unit === "" ? "" : ` ${unit}`}`;
  return {
    kind: "numbers",
    error: { model, nothing },
    avoidedShare,
    sentence:
      `The model is off by ${sized(model)} on average; always saying ${sized(constant)} is off by ${sized(nothing)}` +
      `${nothing === 0 ? "." : ` (${percent(Math.abs(avoidedShare))} ${avoidedShare < 0 ? "more" : "less"}).`}`,
  };
}

/** The most frequent class by weight, the lowest code of equals. */
export function commonestClass(codes: Int32Array, classCount: number, weight?: Float64Array): number {
  const matrix = confusionMatrix(codes, codes, { classCount, weight });
  let best = 0;
  for (let c = 1; c < classCount; c++) {
    if (matrix[c * classCount + c]! > matrix[best * classCount + best]!) best = c;
  }
  return best;
}

function tenths(share: number): number {
  return Math.round(share * 10_000) / 10;
}

/** Rows per 1,000 in a sentence: whole from 10 on. */
function count(value: number): string {
  return String(value >= 10 ? Math.round(value) : value);
}

function percent(share: number): string {
  const points = share * 100;
  return `${points > 0 && points < 10 ? points.toFixed(1) : points.toFixed(0)} %`;
}

/** Three significant digits, thousands separated. */
export function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : 3;
  return digits === 0 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(digits)));
}
