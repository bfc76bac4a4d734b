/** What every metric asks of its rows before it counts: equal lengths, finite numbers, codes in range, usable weights. */
import { MillwrightError } from "../core/index.ts";

/** @throws MillwrightError `SHAPE_MISMATCH` if the lengths differ, `DATA_EMPTY` if there is no row. */
export function requireSameLength(
  owner: string,
  arrays: Readonly<Record<string, { readonly length: number } | undefined>>,
): void {
  const given = Object.entries(arrays).filter((entry) => entry[1] !== undefined) as [
    string,
    { readonly length: number },
  ][];
  const length = given[0]![1].length;
  if (given.some(([, array]) => array.length !== length)) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `${owner} needs one entry a row in each array, and got ${given.map(([name, array]) => `${array.length} ${name}`).join(", ")}.`,
      "Pass arrays of the same rows.",
    );
  }
  if (length === 0) {
    throw new MillwrightError("DATA_EMPTY", `${owner} needs at least one row and got 0.`, "Pass some rows.");
  }
}

/** @throws MillwrightError `DATA_BAD_VALUE` with the first row that is NaN or infinite. */
export function requireFinite(owner: string, name: string, values: Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) {
      let count = 0;
      for (let j = i; j < values.length; j++) if (!Number.isFinite(values[j]!)) count++;
      throw new MillwrightError(
        "DATA_BAD_VALUE",
        `${owner} needs finite ${name}, and ${count} of ${values.length} are not; the first is ${values[i]} at ${i}.`,
        `Look for what made ${name} missing or infinite, or leave those rows out.`,
      );
    }
  }
}

/** @throws MillwrightError `DATA_BAD_VALUE` with the first code outside 0 … classCount − 1. */
export function requireCodes(owner: string, name: string, codes: Int32Array, classCount: number): void {
  for (let i = 0; i < codes.length; i++) {
    if (codes[i]! < 0 || codes[i]! >= classCount) {
      throw new MillwrightError(
        "DATA_BAD_VALUE",
        `${owner} needs ${name} from 0 to ${classCount - 1}, and row ${i} has ${codes[i]}.`,
        "Leave out rows without a label, and code the others by the classes of the model.",
      );
    }
  }
}

/**
 * Probabilities row-major [n × classCount], each in [0, 1] up to rounding.
 *
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`.
 */
export function requireProbabilities(
  owner: string,
  probabilities: Float64Array,
  rowCount: number,
  classCount: number,
): void {
  if (probabilities.length !== rowCount * classCount) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `${owner} needs probabilities [${rowCount}, ${classCount}], that is ${rowCount * classCount} numbers, and got ${probabilities.length}.`,
      "Pass one row of class probabilities per label, row-major.",
    );
  }
  for (let i = 0; i < probabilities.length; i++) {
    const p = probabilities[i]!;
    if (!(p >= -1e-9 && p <= 1 + 1e-9)) {
      throw new MillwrightError(
        "DATA_BAD_VALUE",
        `${owner} needs probabilities from 0 to 1, and row ${Math.floor(i / classCount)}, class ${i % classCount} has ${p}.`,
        "Pass the model's probabilities, not raw scores.",
      );
    }
  }
}

/**
 * The weights given, or 1 a row.
 *
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE` for negative, infinite or all-zero weights.
 */
export function checkedWeight(owner: string, rowCount: number, weight?: Float64Array): Float64Array {
  if (weight === undefined) return new Float64Array(rowCount).fill(1);
  requireSameLength(owner, { labels: { length: rowCount }, weights: weight });
  let sum = 0;
  for (let i = 0; i < rowCount; i++) {
    if (!(weight[i]! >= 0 && weight[i]! < Infinity)) {
      throw new MillwrightError(
        "DATA_BAD_VALUE",
        `${owner} needs weights of at least 0, and row ${i} has ${weight[i]}.`,
        "Correct the weight column.",
      );
    }
    sum += weight[i]!;
  }
  if (!(sum > 0)) {
    throw new MillwrightError(
      "DATA_BAD_VALUE",
      `${owner} needs a positive weight somewhere, and all ${rowCount} are 0.`,
      "Give at least one row a weight.",
    );
  }
  return weight;
}

/** Largest code + 1, at least 2: the number of classes where the caller did not say. */
export function countClasses(...codes: readonly Int32Array[]): number {
  let largest = 1;
  for (const array of codes)
    for (let i = 0; i < array.length; i++) if (array[i]! > largest) largest = array[i]!;
  return largest + 1;
}
