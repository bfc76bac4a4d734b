/**
 * Choosing a calibration by cross-validation, with "none" as the one to beat.
 *
 * Each kind is fitted on four fifths of the out-of-fold answers and judged by log
 * loss on the rest. It is taken only if its gain over leaving the probabilities
 * alone is more than two standard errors of the paired difference: a good model
 * needs no calibration, and a needless one costs some accuracy.
 */
import { makeFolds } from "../../data/index.ts";
import { logLossRows } from "../../metrics/index.ts";
import { take } from "../index.ts";
import {
  type Calibration,
  type CalibrationKind,
  type CalibrationRows,
  noCalibration,
  requireCalibrationRows,
} from "./calibration.ts";
import { fitIsotonic } from "./isotonic.ts";
import { fitSigmoid } from "./sigmoid.ts";
import { fitTemperature } from "./temperature.ts";

interface CalibrationTrial {
  readonly kind: CalibrationKind;
  /** Mean log loss over the folds, in nats. */
  readonly logLoss: number;
  /** Log loss that it saves against leaving the probabilities alone, and its standard error. */
  readonly gain: number;
  readonly standardError: number;
}

interface CalibrationChoice {
  /** Fitted on all rows. */
  readonly chosen: Calibration;
  /** "none" first, then what was tried. */
  readonly trials: readonly CalibrationTrial[];
  /** Why, for the report. */
  readonly reason: string;
}

const ISOTONIC_ROWS = 1000;
const FOLDS = 5;

/**
 * Chooses among leaving as is, sigmoid (two classes) or temperature (more), and, from 1,000 rows on, isotonic.
 *
 * @param rows - Out-of-fold answers; calibration fitted on answers for learnt rows would believe them.
 * @param seed - Of the folds.
 * @throws MillwrightError `DATA_ONE_CLASS`, `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function chooseCalibration(rows: CalibrationRows, seed: number): CalibrationChoice {
  requireCalibrationRows("chooseCalibration", rows);
  const { codes, classCount, probabilities, weight } = rows;
  const fits: [CalibrationKind, (rows: CalibrationRows) => Calibration][] = [
    classCount === 2 ? ["sigmoid", fitSigmoid] : ["temperature", fitTemperature],
  ];
  if (codes.length >= ISOTONIC_ROWS) fits.push(["isotonic", fitIsotonic]);
  const plain = logLossRows(codes, probabilities, classCount);
  const weights = weight ?? new Float64Array(codes.length).fill(1);
  const untouched: CalibrationTrial = {
    kind: "none",
    logLoss: weightedMean(plain, weights).mean,
    gain: 0,
    standardError: 0,
  };
  const trials = [untouched];
  let best: { trial: CalibrationTrial; fit: (rows: CalibrationRows) => Calibration } | undefined;
  for (const [kind, fit] of fits) {
    const loss = lossOutOfFold(rows, plain, fit, seed);
    if (loss === undefined) continue;
    const saved = plain.map((value, i) => value - loss[i]!);
    const { mean: gain, error: standardError } = weightedMean(saved, weights);
    const trial = { kind, logLoss: untouched.logLoss - gain, gain, standardError };
    trials.push(trial);
    if (gain > 2 * standardError && (best === undefined || gain > best.trial.gain)) best = { trial, fit };
  }
  const told = trials
    .slice(1)
    .map(
      ({ kind, gain, standardError }) =>
        `${kind} saves ${gain.toPrecision(2)} ± ${standardError.toPrecision(1)}`,
    )
    .join(", ");
  const reason =
    trials.length === 1
      ? `${codes.length} rows are too few to try a calibration.`
      : `Of a log loss of ${untouched.logLoss.toPrecision(3)}, ${told}${best === undefined ? ": not enough to change the probabilities" : ""}.`;
  return { chosen: best === undefined ? noCalibration : best.fit(rows), trials, reason };
}

/**
 * Log loss of each row by a calibration that had not seen it; undefined where folds cannot be made. The only row of a
 * class is in every training part, so it keeps its `plain` loss.
 */
function lossOutOfFold(
  rows: CalibrationRows,
  plain: Float64Array,
  fit: (rows: CalibrationRows) => Calibration,
  seed: number,
): Float64Array | undefined {
  const { codes, classCount } = rows;
  const counts = new Map<number, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  if (codes.filter((code) => counts.get(code)! > 1).length < 2 * FOLDS) return undefined;
  const loss = plain.slice();
  const plan = { kind: "stratified", codes, classCount } as const;
  for (const { train, test } of makeFolds(plan, { folds: FOLDS, seed })) {
    const learnt = takeRows(rows, train);
    const present = new Set(learnt.codes.filter((_, i) => (learnt.weight?.[i] ?? 1) > 0));
    if (present.size < 2) return undefined;
    const held = takeRows(rows, test);
    const answers = fit(learnt).reference(held.probabilities);
    logLossRows(held.codes, answers, classCount).forEach((value, i) => {
      loss[test[i]!] = value;
    });
  }
  return loss;
}

function takeRows(rows: CalibrationRows, index: Uint32Array): CalibrationRows {
  const { classCount } = rows;
  const probabilities = new Float64Array(index.length * classCount);
  index.forEach((row, i) => {
    probabilities.set(rows.probabilities.subarray(row * classCount, (row + 1) * classCount), i * classCount);
  });
  const weight = rows.weight === undefined ? undefined : take(rows.weight, index);
  return { probabilities, codes: take(rows.codes, index), classCount, weight };
}

/** Mean of weighted rows with its standard error, by Kish's effective number of rows. */
function weightedMean(values: Float64Array, weight: Float64Array): { mean: number; error: number } {
  let sum = 0;
  let total = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    sum += weight[i]! * values[i]!;
    total += weight[i]!;
    squares += weight[i]! ** 2;
  }
  const mean = sum / total;
  let spread = 0;
  for (let i = 0; i < values.length; i++) spread += weight[i]! * (values[i]! - mean) ** 2;
  return { mean, error: Math.sqrt((spread / total) * (squares / (total * total))) };
}
