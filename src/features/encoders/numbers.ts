/** A number column as it is: one float64 feature, NaN for missing, no fitting. */
import { cast } from "../../graph/index.ts";
import { type ColumnRef, encoderChain } from "../columns.ts";
import type { Chain, Encoder } from "../step.ts";

export const numbersEncoder: Encoder = {
  kind: "numbers",
  parameters: {},
  accepts: ["number"],
  fit: ({ schema }) => ({
    features: [{ name: schema.name, sources: [schema.name], kind: "number" }],
    identity: true,
    emit: (input) => cast(input, "float64"),
    reference: (cell) => [cell as number],
  }),
};

/** Number columns as they are; missing stays NaN. */
export function numbers(...columns: readonly [ColumnRef<"number">, ...ColumnRef<"number">[]]): Chain {
  return encoderChain(columns, () => numbersEncoder);
}
