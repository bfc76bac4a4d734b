/**
 * One column of 0 and 1 a category.
 *
 * Missing cells have their own column when enough training rows miss the value.
 * Values of fewer than `minRows` rows, and those beyond `maxCategories`, share
 * the column `(other)`, which an unseen value takes too: it is the learned
 * unknown. Without that column an unseen value is all zeros.
 */
import { assert, type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { cast, constant, equal, labelEncoder, type Value } from "../../graph/index.ts";
import { type Categories, countCategories, keptCategories } from "../categories.ts";
import { type ColumnsThen, encoderChain } from "../columns.ts";
import type { Feature } from "../matrix.ts";
import type { Chain, Encoder } from "../step.ts";

export const oneHotParameters = {
  maxCategories: {
    type: "integer",
    default: 100,
    min: 1,
    max: 10_000,
    scale: "log",
    meaning: "most columns of values; the most frequent values keep theirs",
  },
  rare: {
    type: "choice",
    default: "column",
    choices: ["column", "drop"],
    meaning: "whether rare values share a column of their own or are all zeros",
  },
  drop: {
    type: "choice",
    default: "none",
    choices: ["none", "first", "binary"],
    meaning:
      "whether the most frequent value is left out as the base: never, always, or when only two are there",
  },
} as const satisfies ParameterTable;
export type OneHotOptions = Partial<ParameterValues<typeof oneHotParameters>>;

/** float64 [batch, count]: 1 where the index of the row is the column's, else 0. */
export function indicators(index: Value, count: number): Value {
  const range = constant({
    dtype: "int64",
    shape: [1, count],
    data: BigInt64Array.from({ length: count }, (_, i) => BigInt(i)),
  });
  return cast(equal(index, range), "float64");
}

/** The same in plain numbers. */
export function indicatorsOf(index: number, count: number): Float64Array {
  const row = new Float64Array(count);
  if (index >= 0 && index < count) row[index] = 1;
  return row;
}

export function oneHotEncoder(options: OneHotOptions = {}): Encoder {
  const parameters = resolveParameters("oneHot", oneHotParameters, options);
  return {
    kind: "oneHot",
    parameters,
    accepts: ["category", "boolean"],
    fit({ schema, cells }, { minRows }) {
      assert(cells.type === "string", "oneHot reads strings");
      const { labels, indexOf, otherwise } = layout(countCategories(cells), parameters, minRows);
      const features = labels.map(
        (label): Feature => ({ name: `${schema.name}=${label}`, sources: [schema.name], kind: "number" }),
      );
      const keys = [...indexOf.keys()];
      const indices = BigInt64Array.from(indexOf.values(), BigInt);
      return {
        features,
        float32: true,
        sparse: true,
        emit: (input) =>
          indicators(
            labelEncoder(input, { keys, values: indices, otherwise: BigInt(otherwise) }),
            labels.length,
          ),
        reference: (cell) => indicatorsOf(indexOf.get(cell as string) ?? otherwise, labels.length),
      };
    },
  };
}

/** Which column each string switches on: −1 for none. */
function layout(
  categories: Categories,
  { maxCategories, rare, drop }: ParameterValues<typeof oneHotParameters>,
  minRows: number,
): { labels: string[]; indexOf: Map<string, number>; otherwise: number } {
  const kept = keptCategories(categories, minRows, maxCategories);
  const total = categories.counts.reduce((sum, count) => sum + count, 0);
  const rareRows = total - kept.reduce((sum, i) => sum + categories.counts[i]!, 0);
  const labels: string[] = [];
  const indexOf = new Map<string, number>();
  const base =
    drop === "first" || (drop === "binary" && kept.length === 2) ? mostFrequent(categories, kept) : -1;
  for (const i of kept) {
    const value = categories.values[i]!;
    indexOf.set(value, i === base ? -1 : labels.length);
    if (i !== base) labels.push(value);
  }
  if (categories.missing >= minRows) {
    indexOf.set("", labels.length);
    labels.push("(missing)");
  }
  let otherwise = -1;
  if ((rare === "column" && rareRows > 0) || labels.length === 0) {
    otherwise = labels.length;
    labels.push("(other)");
  }
  // A missing cell that was too rare to learn from is no other value: it is all zeros.
  if (!indexOf.has("")) indexOf.set("", -1);
  return { labels, indexOf, otherwise };
}

function mostFrequent({ counts }: Categories, kept: readonly number[]): number {
  return kept.length < 2 ? -1 : kept.reduce((best, i) => (counts[i]! > counts[best]! ? i : best));
}

/** Category or boolean columns as columns of 0 and 1. */
export function oneHot(...columns: ColumnsThen<"category" | "boolean", OneHotOptions>): Chain {
  return encoderChain(columns, oneHotEncoder);
}
