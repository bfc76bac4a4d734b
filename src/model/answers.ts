/**
 * The graph's outputs as answers: objects for an application, arrays for a table.
 */
import type { Tensor } from "../core/index.ts";
import { featureColumns, type Schema } from "../schema/index.ts";

/** One answer as an application gets it. */
export interface Answer {
  readonly prediction: string | number | readonly string[] | readonly number[];
  /** Label → probability, where the file gives them. */
  readonly probabilities?: Readonly<Record<string, number>>;
  /** Cluster → distance to its centre, where the file gives them. */
  readonly distances?: Readonly<Record<string, number>>;
  /** Of a forecast: the ends of the interval of each value, where the file gives them. */
  readonly low?: readonly number[];
  readonly high?: readonly number[];
}

/** What stands beside the prediction. */
export type Beside = "probabilities" | "distances";

/** The outputs of one run. `prediction` is [rows, 1], [rows, horizon] of a forecast, or [rows, places] of tags; `probabilities` and `distances` [rows, classes]; `low` and `high` as a forecast. */
export interface Outputs {
  readonly prediction: Tensor;
  readonly probabilities?: Tensor;
  readonly distances?: Tensor;
  readonly low?: Tensor;
  readonly high?: Tensor;
}

/** Tokens of a sentence that a file reads; undefined where it reads no sentences. */
export function placesOf({ schema }: { readonly schema: Schema }): number | undefined {
  const column = featureColumns(schema).find(({ kind }) => kind === "tokens");
  return column?.kind === "tokens" ? column.places : undefined;
}

/** The tags of a sentence's tokens: what stands behind the last token is "". */
export function tagsAt(prediction: readonly string[], row: number, places: number): string[] {
  const tags = prediction.slice(row * places, (row + 1) * places);
  const end = tags.indexOf("");
  return end < 0 ? tags : tags.slice(0, end);
}

/**
 * Makes the function that turns row `row` of the outputs into an answer.
 *
 * @param classes - Labels in the order of what stands beside; undefined for numbers.
 * @param horizon - Of a forecast: numbers of an answer.
 * @param places - Tokens of a sentence, where each has a tag.
 */
export function compileAnswer(
  classes: readonly string[] | undefined,
  beside: Beside | undefined,
  thresholds?: readonly number[],
  horizon?: number,
  places?: number,
): (outputs: Outputs, row: number) => Answer {
  if (horizon !== undefined) {
    const valuesOf = ({ data }: Tensor, row: number): readonly number[] => [
      ...(data as Float64Array).subarray(row * horizon, (row + 1) * horizon),
    ];
    return ({ prediction, low, high }, row) => ({
      prediction: valuesOf(prediction, row),
      ...(low && { low: valuesOf(low, row) }),
      ...(high && { high: valuesOf(high, row) }),
    });
  }
  if (places !== undefined)
    return ({ prediction }, row) => ({
      prediction: tagsAt(prediction.data as readonly string[], row, places),
    });
  if (classes === undefined || beside === undefined)
    return ({ prediction }, row) => ({ prediction: prediction.data[row] as number | string });
  // Assigning "__proto__" would set the prototype: such a label needs the slower way.
  const odd = classes.includes("__proto__");
  const width = classes.length;
  return (outputs, row) => {
    const values = outputs[beside]!.data as Float64Array;
    const at = row * width;
    const label =
      thresholds === undefined
        ? (outputs.prediction.data[row] as string)
        : classes.filter((_, k) => values[at + k]! >= thresholds[k]!);
    if (odd) {
      const entries = classes.map((name, k) => [name, values[at + k]!] as const);
      return answerWith(beside, label, Object.fromEntries(entries));
    }
    const record: Record<string, number> = {};
    for (let k = 0; k < width; k++) record[classes[k]!] = values[at + k]!;
    return answerWith(beside, label, record);
  };
}

const answerWith = (
  beside: Beside,
  prediction: Answer["prediction"],
  values: Readonly<Record<string, number>>,
): Answer =>
  beside === "probabilities" ? { prediction, probabilities: values } : { prediction, distances: values };
