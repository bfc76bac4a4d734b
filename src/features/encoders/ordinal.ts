/**
 * Categories as codes 0 … K − 1, for families that split them natively.
 *
 * Codes follow the order of the strings, so they do not depend on the order of
 * rows. A value of fewer than `minRows` rows is not stored: like a missing or
 * an unseen one it is NaN.
 */
import { assert, type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { labelEncoder } from "../../graph/index.ts";
import { countCategories, keptCategories } from "../categories.ts";
import { type ColumnsThen, encoderChain } from "../columns.ts";
import type { Chain, Encoder } from "../step.ts";

export const ordinalParameters = {
  maxCategories: {
    type: "integer",
    default: 100_000,
    min: 1,
    max: 1_000_000,
    scale: "log",
    meaning: "most codes; the most frequent values keep theirs, the rest is missing",
  },
} as const satisfies ParameterTable;
export type OrdinalOptions = Partial<ParameterValues<typeof ordinalParameters>>;

export function ordinalEncoder(options: OrdinalOptions = {}): Encoder {
  const parameters = resolveParameters("ordinal", ordinalParameters, options);
  return {
    kind: "ordinal",
    parameters,
    accepts: ["category", "boolean"],
    fit({ schema, cells }, { minRows }) {
      assert(cells.type === "string", "ordinal reads strings");
      const categories = countCategories(cells);
      const kept = keptCategories(categories, minRows, parameters.maxCategories).map(
        (i) => categories.values[i]!,
      );
      const codes = new Map(kept.map((value, code) => [value, code]));
      return {
        features: [
          // One code at least, so that a column without a shared value is a constant and no special case.
          {
            name: schema.name,
            sources: [schema.name],
            kind: "category",
            cardinality: Math.max(1, kept.length),
          },
        ],
        float32: true,
        // The key "" keeps the dictionary from being empty, which the op does not allow.
        emit: (input) =>
          labelEncoder(input, {
            keys: ["", ...kept],
            values: Float64Array.of(Number.NaN, ...kept.keys()),
            otherwise: Number.NaN,
          }),
        reference: (cell) => [codes.get(cell as string) ?? Number.NaN],
      };
    },
  };
}

/** Category or boolean columns as codes; missing, rare and unseen values are NaN. */
export function ordinal(...columns: ColumnsThen<"category" | "boolean", OrdinalOptions>): Chain {
  return encoderChain(columns, ordinalEncoder);
}
