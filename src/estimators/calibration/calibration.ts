/**
 * The contract of probability calibration: a monotone map of a model's
 * probabilities, fitted on answers for rows that the model had not seen, that
 * becomes part of the model's graph.
 */
import { type Json, MillwrightError } from "../../core/index.ts";
import type { Value } from "../../graph/index.ts";
import { metric } from "../../metrics/index.ts";

export type CalibrationKind = "none" | "sigmoid" | "isotonic" | "temperature";

/** Out-of-fold answers and what was true. */
export interface CalibrationRows {
  /** Row-major [n × classCount], out of fold. */
  readonly probabilities: Float64Array;
  /** True class code a row. Shape [n]. */
  readonly codes: Int32Array;
  readonly classCount: number;
  /** Non-negative weight a row, default 1. Shape [n]. */
  readonly weight?: Float64Array | undefined;
}

export interface Calibration {
  readonly kind: CalibrationKind;
  /**
   * Emits the map.
   *
   * @param probabilities - float64 [batch, classCount].
   * @returns float64 [batch, classCount]; rows add up to 1.
   */
  emit(probabilities: Value): Value;
  /**
   * The same by plain float64 loops: the oracle of the emitted graph.
   *
   * @param probabilities - Row-major [n × classCount].
   */
  reference(probabilities: Float64Array): Float64Array;
  /** Its numbers, for the card. */
  readonly summary: Json;
}

/** Leaves probabilities as they are. */
export const noCalibration: Calibration = {
  kind: "none",
  emit: (probabilities) => probabilities,
  reference: (probabilities) => probabilities,
  summary: {},
};

/** Probabilities are kept this far from 0 before their logarithm is taken. */
export const FLOOR = 1e-12;

/** Rows of one class against the rest, those of weight 0 left out. */
export interface BinaryRows {
  /** Probability of the class. Shape [m]. */
  readonly p: Float64Array;
  /** 1 where the row is of the class. Shape [m]. */
  readonly hit: Uint8Array;
  /** Positive weight. Shape [m]. */
  readonly weight: Float64Array;
}

/**
 * Checks rows for a calibration.
 *
 * @throws MillwrightError `DATA_ONE_CLASS` if fewer than two classes have rows.
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`, `DATA_EMPTY`.
 */
export function requireCalibrationRows(owner: string, rows: CalibrationRows): void {
  const { probabilities, codes, classCount, weight } = rows;
  metric("logLoss").score({ y: codes, probabilities, classCount, weight }); // checks the rows
  const present = new Set<number>();
  for (let i = 0; i < codes.length; i++) if (weight === undefined || weight[i]! > 0) present.add(codes[i]!);
  if (present.size < 2) {
    throw new MillwrightError(
      "DATA_ONE_CLASS",
      `${owner} needs rows of two classes, and all ${codes.length} are of one.`,
      "Calibrate on more rows, or leave the probabilities as they are.",
    );
  }
}

/** The rows of class `c` against the rest. */
export function oneAgainstRest(rows: CalibrationRows, c: number): BinaryRows {
  const { probabilities, codes, classCount, weight } = rows;
  const kept: number[] = [];
  for (let i = 0; i < codes.length; i++) if (weight === undefined || weight[i]! > 0) kept.push(i);
  return {
    p: Float64Array.from(kept, (i) => probabilities[i * classCount + c]!),
    hit: Uint8Array.from(kept, (i) => (codes[i] === c ? 1 : 0)),
    weight: Float64Array.from(kept, (i) => weight?.[i] ?? 1),
  };
}
