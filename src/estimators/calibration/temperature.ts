/**
 * Temperature: all log-probabilities divided by one number, q ∝ p^(1/T).
 *
 * T above 1 makes an overconfident model humbler, and never changes which class is
 * the most probable. The log loss is convex in 1/T, so its slope is brought to 0 by
 * halving. Source: Guo et al. 2017, On Calibration of Modern Neural Networks.
 */
import { clip, log, mul, softmax } from "../../graph/index.ts";
import { type Calibration, type CalibrationRows, FLOOR, requireCalibrationRows } from "./calibration.ts";

/** 1/T is looked for between these. */
const COLDEST = 100;
const HOTTEST = 0.01;

/**
 * Fits a temperature; for two classes it is a sigmoid without shift.
 *
 * @throws MillwrightError `DATA_ONE_CLASS`, `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function fitTemperature(rows: CalibrationRows): Calibration {
  requireCalibrationRows("fitTemperature", rows);
  const { classCount } = rows;
  let low = Math.log(HOTTEST);
  let high = Math.log(COLDEST);
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (lossSlope(rows, Math.exp(middle)) < 0) low = middle;
    else high = middle;
  }
  const inverse = Math.exp((low + high) / 2);
  return {
    kind: "temperature",
    emit: (probabilities) => softmax(mul(log(clip(probabilities, FLOOR, 1)), inverse)),
    reference(probabilities) {
      const out = new Float64Array(probabilities.length);
      for (let start = 0; start < out.length; start += classCount)
        sharpen(probabilities, out, start, classCount, inverse);
      return out;
    },
    summary: { temperature: 1 / inverse },
  };
}

/** Writes one row of p^inverse, divided by its sum. */
function sharpen(
  p: Float64Array,
  out: Float64Array,
  start: number,
  classCount: number,
  inverse: number,
): void {
  let most = -Infinity;
  for (let c = start; c < start + classCount; c++) {
    out[c] = inverse * Math.log(Math.min(Math.max(p[c]!, FLOOR), 1));
    most = Math.max(most, out[c]!);
  }
  let sum = 0;
  for (let c = start; c < start + classCount; c++) sum += out[c] = Math.exp(out[c]! - most);
  for (let c = start; c < start + classCount; c++) out[c]! /= sum;
}

/** Derivative of the log loss by 1/T: Σ w (E_q[ln p] − ln p of the true class). */
function lossSlope({ probabilities, codes, classCount, weight }: CalibrationRows, inverse: number): number {
  const row = new Float64Array(classCount);
  let slope = 0;
  for (let i = 0; i < codes.length; i++) {
    const w = weight?.[i] ?? 1;
    const p = probabilities.subarray(i * classCount, (i + 1) * classCount);
    sharpen(p, row, 0, classCount, inverse);
    const kept = (c: number): number => Math.log(Math.min(Math.max(p[c]!, FLOOR), 1));
    let mean = -kept(codes[i]!);
    for (let c = 0; c < classCount; c++) mean += row[c]! * kept(c);
    slope += w * mean;
  }
  return slope;
}
