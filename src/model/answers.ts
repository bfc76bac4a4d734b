/**
 * The graph's two outputs as answers: objects for an application, arrays for a table.
 */
import type { Tensor } from "../core/index.ts";

/** One answer as an application gets it. */
export interface Answer {
  readonly prediction: string | number;
  /** Label → probability; absent for regression. */
  readonly probabilities?: Readonly<Record<string, number>>;
}

/** The outputs of one run. `prediction` is [rows, 1], `probabilities` [rows, classes]. */
export interface Outputs {
  readonly prediction: Tensor;
  readonly probabilities?: Tensor;
}

/**
 * Makes the function that turns row `row` of the outputs into an answer.
 *
 * @param classes - Labels in the order of `probabilities`; undefined for regression.
 */
export function compileAnswer(
  classes: readonly string[] | undefined,
): (outputs: Outputs, row: number) => Answer {
  if (classes === undefined) return ({ prediction }, row) => ({ prediction: prediction.data[row] as number });
  // Assigning "__proto__" would set the prototype: such a label needs the slower way.
  const odd = classes.includes("__proto__");
  const width = classes.length;
  return ({ prediction, probabilities }, row) => {
    const values = probabilities!.data as Float64Array;
    const at = row * width;
    const label = prediction.data[row] as string;
    if (odd) {
      const entries = classes.map((name, k) => [name, values[at + k]!] as const);
      return { prediction: label, probabilities: Object.fromEntries(entries) };
    }
    const record: Record<string, number> = {};
    for (let k = 0; k < width; k++) record[classes[k]!] = values[at + k]!;
    return { prediction: label, probabilities: record };
  };
}
