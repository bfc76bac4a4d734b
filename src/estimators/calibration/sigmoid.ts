/**
 * Sigmoid (Platt) calibration: the log-odds stretched and shifted, q = σ(a·logit p + b).
 *
 * Two numbers fit on few rows. Newton's method with step halving on the
 * cross-entropy against softened targets, (N₊+1)/(N₊+2) and 1/(N₋+2), which keeps
 * separable rows from an endless slope. Source: Platt 1999; Lin, Lin & Weng 2007,
 * Machine Learning 68:267–276.
 */
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
  const { slope, shift } = newton(rows);
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

const MAX_STEPS = 100;

function newton({ p, hit, weight }: BinaryRows): { slope: number; shift: number } {
  const z = p.map(logit);
  let positives = 0;
  let total = 0;
  for (let i = 0; i < z.length; i++) {
    total += weight[i]!;
    positives += weight[i]! * hit[i]!;
  }
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (total - positives + 2);
  const target = Float64Array.from(hit, (h) => (h === 1 ? high : low));
  let slope = 1;
  let shift = 0;
  let loss = crossEntropy(z, target, weight, slope, shift);
  for (let step = 0; step < MAX_STEPS; step++) {
    // Gradient and Hessian; the ridge keeps equal scores from a singular system.
    let gSlope = 0;
    let gShift = 0;
    let hSlope = 1e-12 * total;
    let hShift = 1e-12 * total;
    let hBoth = 0;
    for (let i = 0; i < z.length; i++) {
      const q = 1 / (1 + Math.exp(-(slope * z[i]! + shift)));
      const residual = weight[i]! * (q - target[i]!);
      const curve = weight[i]! * q * (1 - q);
      gSlope += residual * z[i]!;
      gShift += residual;
      hSlope += curve * z[i]! * z[i]!;
      hBoth += curve * z[i]!;
      hShift += curve;
    }
    if (Math.abs(gSlope) + Math.abs(gShift) < 1e-10 * total) break;
    const determinant = hSlope * hShift - hBoth * hBoth;
    const stepSlope = -(hShift * gSlope - hBoth * gShift) / determinant;
    const stepShift = -(hSlope * gShift - hBoth * gSlope) / determinant;
    let size = 1;
    let next = crossEntropy(z, target, weight, slope + stepSlope, shift + stepShift);
    while (!(next <= loss) && size > 1e-10) {
      size /= 2;
      next = crossEntropy(z, target, weight, slope + size * stepSlope, shift + size * stepShift);
    }
    if (!(next <= loss)) break;
    slope += size * stepSlope;
    shift += size * stepShift;
    loss = next;
  }
  return { slope, shift };
}

/** −Σ w (t ln q + (1 − t) ln(1 − q)) with q = σ(slope·z + shift), without overflow. */
function crossEntropy(
  z: Float64Array,
  target: Float64Array,
  weight: Float64Array,
  slope: number,
  shift: number,
): number {
  let sum = 0;
  for (let i = 0; i < z.length; i++) {
    const f = slope * z[i]! + shift;
    sum += weight[i]! * (Math.max(f, 0) - target[i]! * f + Math.log1p(Math.exp(-Math.abs(f))));
  }
  return sum;
}
