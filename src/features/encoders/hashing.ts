/**
 * Categories in a fixed number of 0/1 columns by their hash, with no dictionary:
 * nothing of the values is stored, and an unseen value lands in a bucket like any
 * other. Values that share a bucket cannot be told apart. Missing is all zeros.
 * Source: Weinberger et al. 2009, "Feature hashing for large scale multitask learning".
 */
import { assert, type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { cast, equal, mod, murmurHash3, scalar, type Value, where } from "../../graph/index.ts";
import { type ColumnsThen, encoderChain } from "../columns.ts";
import type { Feature } from "../matrix.ts";
import { bucketOf } from "../murmur3.ts";
import type { Chain, Encoder } from "../step.ts";
import { indicators, indicatorsOf } from "./one-hot.ts";

export const hashingParameters = {
  buckets: {
    type: "integer",
    default: 64,
    min: 2,
    max: 4096,
    scale: "log",
    meaning: "columns that the values are spread over",
  },
} as const satisfies ParameterTable;
export type HashingOptions = Partial<ParameterValues<typeof hashingParameters>>;

/** Buckets 0 … count − 1 of strings, int64 of the same shape. */
export function hashBuckets(text: Value, count: number): Value {
  return mod(cast(murmurHash3(text), "int64"), scalar("int64", count));
}

export function hashingEncoder(options: HashingOptions = {}): Encoder {
  const parameters = resolveParameters("hashing", hashingParameters, options);
  const { buckets } = parameters;
  return {
    kind: "hashing",
    parameters,
    accepts: ["category", "boolean"],
    fit({ schema, cells }) {
      assert(cells.type === "string", "hashing reads strings");
      const features = Array.from(
        { length: buckets },
        (_, bucket): Feature => ({
          name: `${schema.name}#${bucket}`,
          sources: [schema.name],
          kind: "number",
        }),
      );
      return {
        features,
        float32: true,
        sparse: true,
        emit(input) {
          const missing = equal(input, scalar("string", ""));
          return indicators(where(missing, scalar("int64", -1), hashBuckets(input, buckets)), buckets);
        },
        reference: (cell) => indicatorsOf(cell === "" ? -1 : bucketOf(cell as string, buckets), buckets),
      };
    },
  };
}

/** Category columns spread over columns of 0 and 1 by their hash. */
export function hashing(...columns: ColumnsThen<"category" | "boolean", HashingOptions>): Chain {
  return encoderChain(columns, hashingEncoder);
}
