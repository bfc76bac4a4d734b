/**
 * Sigmoid (Platt) calibration: the log-odds stretched and shifted, q = σ(a·logit p + b).
 *
 * Two numbers fit on few rows. Source: Platt 1999.
 */
import { plattScale } from "../index.ts";
import { add, clip, div, log, mul, sigmoid, sub } from "../../graph/index.ts";
import {
  type BinaryRows,
  type Calibration,
  type CalibrationRows,
  FLOOR,
  requireCalibrationRows,
} from "./calibration.ts";
import { type BinaryMap, calibrateEach } from "./one-against-rest.ts";

/**
 * Fits a sigmoid calibration; of several classes, one a class, then divided by their sum.
 *
 * @throws MillwrightError `DATA_ONE_CLASS`, `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function fitSigmoid(rows: CalibrationRows): Calibration {
  requireCalibrationRows("fitSigmoid", rows);
  return calibrateEach("sigmoid", rows, fitOne);
}

function fitOne(rows: BinaryRows): BinaryMap {
  const { slope, shift } = plattScale(rows.p.map(logit), rows.hit, rows.weight);
  return {
    emit(p) {
      const kept = clip(p, FLOOR, 1 - FLOOR);
      const odds = log(div(kept, sub(1, kept)));
      return sigmoid(add(mul(odds, slope), shift));
    },
    reference: (p) => 1 / (1 + Math.exp(-(slope * logit(p) + shift))),
    summary: { slope, shift },
  };
}

function logit(p: number): number {
  const kept = Math.min(Math.max(p, FLOOR), 1 - FLOOR);
  return Math.log(kept / (1 - kept));
}
