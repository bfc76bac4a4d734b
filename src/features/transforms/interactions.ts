/**
 * Products, ratios and powers of features, for families that add features up.
 *
 * Every pair of features gives its product, and its ratio in the order of the features
 * if asked for; every feature its powers. A ratio over 0 is missing. Missing stays NaN;
 * a number too large becomes ±Infinity, which `clipOutliers` bounds.
 */
import {
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
} from "../../core/index.ts";
import { concat, div, equal, gather, mul, scalar, type Value, where } from "../../graph/index.ts";
import { type ColumnRef, type ColumnsThen, transformOrChain } from "../columns.ts";
import { numbersEncoder } from "../encoders/numbers.ts";
import type { Feature } from "../matrix.ts";
import { type Chain, chainOf, type FittedTransform, type Transform } from "../step.ts";
import { requireNumbers } from "./row-constant.ts";

export const interactionsParameters = {
  products: { type: "boolean", default: true, meaning: "the product of each pair" },
  ratios: {
    type: "boolean",
    default: false,
    meaning: "the ratio of each pair, the earlier feature over the later",
  },
  powers: {
    type: "integer",
    default: 1,
    min: 1,
    max: 6,
    meaning: "highest power of each feature; 1 is none but itself",
  },
  maxPairs: {
    type: "integer",
    default: 200,
    min: 1,
    max: 100_000,
    scale: "log",
    meaning: "most pairs; more of them are an error",
  },
  keep: { type: "boolean", default: true, meaning: "whether the features themselves stay" },
} as const satisfies ParameterTable;
export type InteractionsOptions = Partial<ParameterValues<typeof interactionsParameters>>;

/** One number made of features, by their places. */
type Term =
  | { readonly kind: "feature"; readonly of: number }
  | { readonly kind: "power"; readonly of: number; readonly power: number }
  | { readonly kind: "product"; readonly of: number; readonly by: number }
  | { readonly kind: "ratio"; readonly of: number; readonly by: number };

function interactionsTransform(options: InteractionsOptions = {}): Transform {
  const parameters = resolveParameters("interactions", interactionsParameters, options);
  const { products, ratios, powers, maxPairs, keep } = parameters;
  if (!products && !ratios && powers === 1) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      "interactions has products, ratios and powers switched off.",
      "Leave one of them on.",
    );
  }
  return {
    kind: "interactions",
    parameters,
    fit({ features }) {
      requireNumbers("interactions", features);
      const k = features.length;
      const pairCount = products || ratios ? (k * (k - 1)) / 2 : 0;
      if (pairCount > maxPairs) {
        throw new MillwrightError(
          "PARAMETER_CONFLICT",
          `interactions of ${k} features are ${pairCount} pairs, and maxPairs is ${maxPairs}.`,
          "Name fewer columns, or raise maxPairs.",
        );
      }
      const places = features.map((_, of) => of);
      const pairs =
        pairCount === 0 ? [] : places.flatMap((of) => places.slice(of + 1).map((by) => ({ of, by })));
      const terms: readonly Term[] = [
        ...(keep ? places.map((of): Term => ({ kind: "feature", of })) : []),
        ...Array.from({ length: powers - 1 }, (_, i) => i + 2).flatMap((power) =>
          places.map((of): Term => ({ kind: "power", of, power })),
        ),
        ...(products ? pairs.map((pair): Term => ({ kind: "product", ...pair })) : []),
        ...(ratios ? pairs.map((pair): Term => ({ kind: "ratio", ...pair })) : []),
      ];
      if (terms.length === 0) {
        throw new MillwrightError(
          "PARAMETER_CONFLICT",
          `interactions makes pairs, and "${features[0]!.name}" stands alone.`,
          "Give two features, or powers.",
        );
      }
      return fitted(features, terms);
    },
  };
}

function fitted(features: readonly Feature[], terms: readonly Term[]): FittedTransform {
  return {
    features: terms.map((term) => featureOf(features, term)),
    emit: (x) => emit(x, terms),
    reference: (row) => terms.map((term) => valueOf(row, term)),
    narrow(places) {
      const wanted = places.map((place) => terms[place]!);
      const used = wanted.flatMap((term) => ("by" in term ? [term.of, term.by] : [term.of]));
      const inputs = [...new Set(used)].sort((a, b) => a - b);
      const placeOf = new Map(inputs.map((j, place) => [j, place]));
      const moved = wanted.map((term): Term => {
        const of = placeOf.get(term.of)!;
        return "by" in term ? { ...term, of, by: placeOf.get(term.by)! } : { ...term, of };
      });
      return {
        inputs,
        transform: fitted(
          inputs.map((j) => features[j]!),
          moved,
        ),
      };
    },
  };
}

function featureOf(features: readonly Feature[], term: Term): Feature {
  const { name, sources } = features[term.of]!;
  if (term.kind === "feature") return features[term.of]!;
  if (term.kind === "power") return { name: `${name}^${term.power}`, sources, kind: "number" };
  const other = features[term.by]!;
  const sign = term.kind === "product" ? "×" : "/";
  return {
    name: `${name} ${sign} ${other.name}`,
    sources: [...new Set([...sources, ...other.sources])],
    kind: "number",
  };
}

function valueOf(row: ArrayLike<number>, term: Term): number {
  const value = row[term.of]!;
  if (term.kind === "feature") return value;
  if (term.kind === "product") return value * row[term.by]!;
  if (term.kind === "ratio") return row[term.by] === 0 ? Number.NaN : value / row[term.by]!;
  let power = value;
  for (let i = 1; i < term.power; i++) power *= value;
  return power;
}

/** Terms of one kind stand together, and share their nodes. */
function emit(x: Value, terms: readonly Term[]): Value {
  const parts: Value[] = [];
  for (let from = 0; from < terms.length; ) {
    const first = terms[from]!;
    let to = from + 1;
    while (to < terms.length && alike(first, terms[to]!)) to++;
    const block = terms.slice(from, to);
    const left = pick(
      x,
      block.map(({ of }) => of),
    );
    if (first.kind === "feature") {
      parts.push(left);
    } else if (first.kind === "power") {
      let power = left;
      for (let i = 1; i < first.power; i++) power = mul(power, left);
      parts.push(power);
    } else {
      const right = pick(
        x,
        block.map((term) => ("by" in term ? term.by : 0)),
      );
      parts.push(
        first.kind === "product"
          ? mul(left, right)
          : where(equal(right, 0), scalar("float64", Number.NaN), div(left, right)),
      );
    }
    from = to;
  }
  return parts.length === 1 ? parts[0]! : concat(parts, 1);
}

/** Some columns; x itself where they are all of them. */
function pick(x: Value, places: readonly number[]): Value {
  return places.length === x.shape[1] && places.every((place, i) => place === i) ? x : gather(x, places, 1);
}

function alike(a: Term, b: Term): boolean {
  return a.kind === b.kind && (a.kind !== "power" || b.kind !== "power" || a.power === b.power);
}

/**
 * Products of all pairs of features; ratios and powers where asked for.
 *
 * Given columns, it is their chain: numbers as they are, then these. Missing stays missing.
 */
export function interactions(options?: InteractionsOptions): Transform;
export function interactions(...columns: ColumnsThen<"number", InteractionsOptions>): Chain;
export function interactions(
  ...args: readonly (ColumnRef | InteractionsOptions | undefined)[]
): Transform | Chain {
  return transformOrChain(args, interactionsTransform, (names) => chainOf(names, numbersEncoder));
}
