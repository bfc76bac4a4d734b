/** Families whose model carries rows it learnt from: how many are allowed, and how a model says so. */
import { MillwrightError } from "../core/index.ts";

/** What a family that carries rows adds to its summary. */
export interface CarriedRows {
  /** Training rows inside the model, as prepared numbers. */
  readonly trainingRows: number;
  /** Their size in bytes. */
  readonly trainingBytes: number;
}

/** @throws MillwrightError `DATA_LIMIT` for more rows than `maxRows`. */
export function requireRowLimit(family: string, rowCount: number, maxRows: number, why: string): void {
  if (rowCount <= maxRows) return;
  throw new MillwrightError(
    "DATA_LIMIT",
    `${family} ${why}, and ${rowCount} rows are more than its maxRows of ${maxRows}.`,
    "Train on fewer rows, raise maxRows in code, or choose boosting.",
  );
}

/** The rows that a summary says are carried; undefined where it says nothing. */
export function carriedRows(summary: unknown): CarriedRows | undefined {
  const { trainingRows, trainingBytes } = (summary ?? {}) as Partial<CarriedRows>;
  return typeof trainingRows === "number" && typeof trainingBytes === "number"
    ? { trainingRows, trainingBytes }
    : undefined;
}
