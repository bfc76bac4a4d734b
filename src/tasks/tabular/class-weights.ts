/**
 * Weights by class: what `--class-weight` asks for becomes weights of the training rows, so that every family
 * learns by them in the same way. Choosing and judging do not: figures stay those of the rows as they are.
 */
import { MillwrightError, nearest } from "../../core/index.ts";
import type { Target } from "../../estimators/index.ts";
import type { Task } from "../../pipeline/index.ts";
import type { LabelledFrame } from "./labelled.ts";

/** All classes to the same total weight; or the weight of rows by label, 1 where a label is not named. */
export type ClassWeightOption = "balanced" | Readonly<Record<string, number>>;

/**
 * The weight of a row of each class, in the order of the classes.
 *
 * @throws MillwrightError `PARAMETER_CONFLICT` for a number as target, `PARAMETER_UNKNOWN` for a label that the
 *   target does not have, with the nearest one.
 */
export function classWeightsOf(
  option: ClassWeightOption | undefined,
  task: Task,
  { y, weight }: Omit<LabelledFrame, "frame">,
): Float64Array | undefined {
  if (option === undefined) return undefined;
  if (task.kind === "regression" || y.kind === "regression") {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `--class-weight weighs the rows of labels, and "${task.target}" is a number.`,
      "Leave it out, or use --weight with a column of weights.",
    );
  }
  const { classes } = task;
  if (option !== "balanced") {
    for (const label of Object.keys(option)) {
      if (classes.includes(label)) continue;
      const guess = nearest(label, classes);
      throw new MillwrightError(
        "PARAMETER_UNKNOWN",
        `--class-weight names ${JSON.stringify(label)}, and the labels of "${task.target}" are ${classes.slice(0, 10).join(", ")}${guess === undefined ? "" : `; the nearest is ${JSON.stringify(guess)}`}.`,
        "Name labels of the target, or write balanced.",
      );
    }
    return Float64Array.from(classes, (label) => (Object.hasOwn(option, label) ? option[label]! : 1));
  }
  const totals = new Float64Array(classes.length);
  for (let i = 0; i < y.codes.length; i++) totals[y.codes[i]!]! += weight?.[i] ?? 1;
  const present = totals.reduce((count, total) => count + (total > 0 ? 1 : 0), 0);
  const all = totals.reduce((sum, total) => sum + total, 0);
  return totals.map((total) => (total > 0 ? all / (present * total) : 1));
}

/** Rows with their weights times those of their classes. */
export function weighClasses<T extends { readonly y: Target; readonly weight?: Float64Array | undefined }>(
  rows: T,
  classWeights: Float64Array | undefined,
): T {
  if (classWeights === undefined || rows.y.kind === "regression") return rows;
  const { codes } = rows.y;
  return {
    ...rows,
    weight: Float64Array.from(codes, (code, i) => classWeights[code]! * (rows.weight?.[i] ?? 1)),
  };
}
