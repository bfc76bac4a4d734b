/**
 * A category as how often its value occurs in the training rows.
 *
 * It needs no target, and says whether a value is usual, which a code or a hash does
 * not. Values that are equally frequent can't be told apart. Missing counts as a value.
 * A value of fewer than `minRows` rows is not stored: like an unseen one it is 0, in training too.
 */
import { assert, type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { labelEncoder } from "../../graph/index.ts";
import { countCategories, keptCategories } from "../categories.ts";
import { type ColumnsThen, encoderChain } from "../columns.ts";
import type { Chain, Encoder } from "../step.ts";

export const frequencyEncodeParameters = {
  measure: {
    type: "choice",
    default: "share",
    choices: ["share", "count"],
    meaning: "the share of the training rows that hold the value, or their number",
  },
} as const satisfies ParameterTable;
export type FrequencyEncodeOptions = Partial<ParameterValues<typeof frequencyEncodeParameters>>;

export function frequencyEncoder(options: FrequencyEncodeOptions = {}): Encoder {
  const parameters = resolveParameters("frequencyEncode", frequencyEncodeParameters, options);
  const { measure } = parameters;
  return {
    kind: "frequencyEncode",
    parameters,
    accepts: ["category", "boolean"],
    fit({ schema, cells }, { minRows, rowCount }) {
      assert(cells.type === "string", "frequencyEncode reads strings");
      const categories = countCategories(cells);
      const unit = measure === "share" ? rowCount : 1;
      // The key "" keeps the dictionary from being empty, which the op does not allow.
      const frequencies = new Map([["", categories.missing >= minRows ? categories.missing / unit : 0]]);
      for (const i of keptCategories(categories, minRows))
        frequencies.set(categories.values[i]!, categories.counts[i]! / unit);
      return {
        features: [{ name: `${schema.name}:${measure}`, sources: [schema.name], kind: "number" }],
        emit: (input) =>
          labelEncoder(input, {
            keys: [...frequencies.keys()],
            values: Float64Array.from(frequencies.values()),
            otherwise: 0,
          }),
        reference: (cell) => [frequencies.get(cell as string) ?? 0],
      };
    },
  };
}

/** Category or boolean columns as how often their values occur; rare and unseen values are 0. */
export function frequencyEncode(
  ...columns: ColumnsThen<"category" | "boolean", FrequencyEncodeOptions>
): Chain {
  return encoderChain(columns, frequencyEncoder);
}
