/** Between a model's answers on a frame and the rows that metrics score. */
import { MillwrightError } from "../core/index.ts";
import { take, type Target } from "../estimators/index.ts";
import { medianLevels, type ScoredRows } from "../metrics/index.ts";
import type { Frame } from "../schema/index.ts";

/**
 * A model as evaluation sees it: the answers for some rows of a table.
 *
 * @returns One number a row, or the class probabilities row-major [rowCount × classCount].
 */
export type Predict = (frame: Frame) => Promise<Float64Array>;

/** What evaluation knows about rows besides the answers. */
export interface RowContext {
  /** Non-negative weight a row, default 1. Shape [n]. */
  readonly weight?: Float64Array | undefined;
  /** With two classes, the one that counts as positive; default 1. */
  readonly positive?: number | undefined;
}

/**
 * Joins the truth and a model's answers.
 *
 * @param output - As `Predict` gives it.
 * @throws MillwrightError `SHAPE_MISMATCH` if there are not as many answers as the target needs.
 */
export function scoredRows(target: Target, output: Float64Array, context: RowContext = {}): ScoredRows {
  const { weight, positive } = context;
  const rowCount = target.kind === "regression" ? target.values.length : target.codes.length;
  const width = target.kind === "regression" ? 1 : target.classCount;
  if (output.length !== rowCount * width) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `${rowCount} rows need ${rowCount * width} answers, and the model gave ${output.length}.`,
      "Pass the answers of the same rows, all classes of each.",
    );
  }
  return target.kind === "regression"
    ? { y: target.values, predicted: output, weight }
    : {
        y: target.codes,
        classCount: target.classCount,
        probabilities: output,
        // As the file answers: of levels the median.
        predicted: target.ordered === true ? medianLevels(output, target.classCount) : undefined,
        positive,
        weight,
      };
}

/** The weights of some rows, if there are any. */
export function takeWeight(weight: Float64Array | undefined, rows: Uint32Array): Float64Array | undefined {
  return weight === undefined ? undefined : take(weight, rows);
}

/** Some of `scored`, in the order of `rows`. */
export function takeScored(scored: ScoredRows, rows: Uint32Array): ScoredRows {
  const weight = takeWeight(scored.weight, rows);
  if (!("classCount" in scored)) {
    return { y: take(scored.y, rows), predicted: take(scored.predicted, rows), weight };
  }
  const { classCount, probabilities, predicted, positive } = scored;
  let taken: Float64Array | undefined;
  if (probabilities !== undefined) {
    taken = new Float64Array(rows.length * classCount);
    rows.forEach((row, i) => {
      taken!.set(probabilities.subarray(row * classCount, (row + 1) * classCount), i * classCount);
    });
  }
  return {
    y: take(scored.y, rows),
    classCount,
    probabilities: taken,
    predicted: predicted === undefined ? undefined : take(predicted, rows),
    positive,
    weight,
  };
}

/** At most `count` of the rows 0 … rowCount − 1, drawn at random, in rising order. */
export function sampleRows(
  rowCount: number,
  count: number,
  random: { shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T },
): Uint32Array {
  const rows = Uint32Array.from({ length: rowCount }, (_, i) => i);
  return rowCount <= count ? rows : random.shuffle(rows).slice(0, count).sort();
}
