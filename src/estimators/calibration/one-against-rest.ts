/**
 * A calibration of several classes out of maps of one probability: each class is
 * calibrated against the rest and the results divided by their sum. Two classes
 * need one map. Source: Zadrozny & Elkan 2002, KDD; scikit-learn's `CalibratedClassifierCV`.
 */
import type { Json } from "../../core/index.ts";
import { concat, div, reduceSum, slice, sub, type Value } from "../../graph/index.ts";
import {
  type BinaryRows,
  type Calibration,
  type CalibrationKind,
  type CalibrationRows,
  oneAgainstRest,
} from "./calibration.ts";

/** A map of the probability of one class. */
export interface BinaryMap {
  /** float64 [batch, 1] to [batch, 1], in (0, 1). */
  emit(p: Value): Value;
  /** The same of one number. */
  reference(p: number): number;
  readonly summary: Json;
}

/** Fits a map a class, or one for two classes. */
export function calibrateEach(
  kind: CalibrationKind,
  rows: CalibrationRows,
  fit: (rows: BinaryRows) => BinaryMap,
): Calibration {
  const { classCount } = rows;
  if (classCount === 2) return ofTwo(kind, fit(oneAgainstRest(rows, 1)));
  const maps = Array.from({ length: classCount }, (_, c) => fit(oneAgainstRest(rows, c)));
  return {
    kind,
    emit(probabilities) {
      const each = concat(
        maps.map((map, c) => map.emit(slice(probabilities, [c], [c + 1], [1]))),
        1,
      );
      return div(each, reduceSum(each, { axes: [1], keepDims: true }));
    },
    reference(probabilities) {
      const out = new Float64Array(probabilities.length);
      for (let start = 0; start < out.length; start += classCount) {
        let sum = 0;
        for (let c = 0; c < classCount; c++)
          sum += out[start + c] = maps[c]!.reference(probabilities[start + c]!);
        for (let c = 0; c < classCount; c++) out[start + c]! /= sum;
      }
      return out;
    },
    summary: maps.map((map) => map.summary),
  };
}

function ofTwo(kind: CalibrationKind, map: BinaryMap): Calibration {
  return {
    kind,
    emit(probabilities) {
      const second = map.emit(slice(probabilities, [1], [2], [1]));
      return concat([sub(1, second), second], 1);
    },
    reference(probabilities) {
      const out = new Float64Array(probabilities.length);
      for (let start = 0; start < out.length; start += 2) {
        out[start + 1] = map.reference(probabilities[start + 1]!);
        out[start] = 1 - out[start + 1]!;
      }
      return out;
    },
    summary: map.summary,
  };
}
