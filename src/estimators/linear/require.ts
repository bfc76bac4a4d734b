/** Refusals of a target that a family cannot learn. */
import { MillwrightError } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import type { Target } from "../index.ts";

/** The values of a regression target. @throws MillwrightError `SCHEMA_WRONG_KIND` for classes. */
export function requireRegression(family: string, y: Target): Float64Array {
  if (y.kind === "regression") return y.values;
  throw new MillwrightError(
    "SCHEMA_WRONG_KIND",
    `${family} predicts a number, and the target has ${y.classCount} classes.`,
    "Choose logistic, or declare the target a number.",
  );
}

/** The codes of a class target. @throws MillwrightError `SCHEMA_WRONG_KIND` for numbers. */
export function requireClasses(
  family: string,
  y: Target,
): { readonly classCount: number; readonly codes: Int32Array } {
  if (y.kind === "classification") return y;
  throw new MillwrightError(
    "SCHEMA_WRONG_KIND",
    `${family} predicts classes, and the target is a number in ${y.values.length} rows.`,
    "Choose linear or ridge, or declare the target a category.",
  );
}

/** Features beyond which a system of all pairs, solved anew in every step, takes too long. */
const pairLimit = 1500;

/** @throws MillwrightError `DATA_TOO_MANY_COLUMNS`. */
export function requirePairs(family: string, x: Matrix): void {
  const p = x.columns.length;
  if (p <= pairLimit) return;
  throw new MillwrightError(
    "DATA_TOO_MANY_COLUMNS",
    `${family} solves a system of all pairs of features in every step, and ${p} features are more than its ${pairLimit}.`,
    "Keep fewer features, or choose boosting with the same objective.",
  );
}
