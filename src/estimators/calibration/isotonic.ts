/**
 * Isotonic calibration: the rising function of the probability that fits best.
 *
 * Pool-adjacent-violators gives blocks of rows with one rate each; between blocks
 * the rate goes in a straight line. Rates stay within 1/(n+2) of 0 and 1: no number
 * of rows proves certainty. In the graph it is a sum of ramps,
 * r₀ + Σ Δⱼ · clip((p − xⱼ)/widthⱼ, 0, 1): each is exact in float64 and rising.
 * Source: Zadrozny & Elkan 2002; scikit-learn's `IsotonicRegression` (without the softened ends).
 */
import { add, clip, constant, matMul, mul, sub } from "../../graph/index.ts";
import { poolAdjacentViolators, type PooledBlock } from "../index.ts";
import {
  type BinaryRows,
  type Calibration,
  type CalibrationRows,
  requireCalibrationRows,
} from "./calibration.ts";
import { type BinaryMap, calibrateEach } from "./one-against-rest.ts";

/**
 * Fits an isotonic calibration; of several classes, one a class, then divided by their sum.
 * It needs some 1,000 rows to beat a sigmoid.
 *
 * @throws MillwrightError `DATA_ONE_CLASS`, `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function fitIsotonic(rows: CalibrationRows): Calibration {
  requireCalibrationRows("fitIsotonic", rows);
  return calibrateEach("isotonic", rows, fitOne);
}

/** A rise of `height` from the probability `start` on, over 1 / `slope`. */
interface Ramps {
  readonly start: Float64Array;
  readonly slope: Float64Array;
  readonly height: Float64Array;
}

/** Steeper ramps would turn the last bits of a probability into visible differences. */
const STEEPEST = 1e6;

function fitOne(rows: BinaryRows): BinaryMap {
  const blocks = softenedBlocks(rows);
  const base = blocks[0]!.value;
  const ramps = rampsOf(blocks);
  const { start, slope, height } = ramps;
  const count = start.length;
  return {
    emit(p) {
      const floor = constant({ dtype: "float64", shape: [1, 1], data: Float64Array.of(base) });
      if (count === 0) return add(mul(p, 0), floor);
      const row = (data: Float64Array) => constant({ dtype: "float64", shape: [1, count], data });
      const column = constant({ dtype: "float64", shape: [count, 1], data: height });
      return add(matMul(clip(mul(sub(p, row(start)), row(slope)), 0, 1), column), floor);
    },
    reference(p) {
      let sum = 0;
      for (let j = 0; j < count; j++) {
        sum += height[j]! * Math.min(Math.max((p - start[j]!) * slope[j]!, 0), 1);
      }
      return sum + base;
    },
    summary: {
      base,
      start: Array.from(start),
      slope: Array.from(slope),
      height: Array.from(height),
    },
  };
}

function rampsOf(blocks: readonly PooledBlock[]): Ramps {
  const count = blocks.length - 1;
  const ramps = {
    start: new Float64Array(count),
    slope: new Float64Array(count),
    height: new Float64Array(count),
  };
  for (let j = 0; j < count; j++) {
    const [from, to] = [blocks[j]!.high, blocks[j + 1]!.low];
    const width = Math.max(to - from, 1 / STEEPEST);
    ramps.start[j] = (from + to - width) / 2;
    ramps.slope[j] = 1 / width;
    ramps.height[j] = blocks[j + 1]!.value - blocks[j]!.value;
  }
  return ramps;
}

/** Rows of neighbouring probabilities that share a rate, kept off 0 and 1. */
function softenedBlocks({ p, hit, weight }: BinaryRows): PooledBlock[] {
  const blocks = poolAdjacentViolators(p, hit, weight);
  const end = 1 / (blocks.reduce((sum, block) => sum + block.weight, 0) + 2);
  return blocks.map((block) => ({ ...block, value: Math.min(Math.max(block.value, end), 1 - end) }));
}
