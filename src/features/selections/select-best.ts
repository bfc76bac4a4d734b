/**
 * Lets the features through that tell most about the target: those of greatest mutual information.
 *
 * Each feature is judged by itself, so that two that say the same both stay, and one
 * that tells something only beside another may go. Of equals the first stays. The
 * target is that of the training rows, as for every step: judge the model on others.
 */
import {
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
  rowUniform,
} from "../../core/index.ts";
import type { Feature, Matrix } from "../matrix.ts";
import { columnsInTurn } from "../sparse.ts";
import type { Selection, StepContext, StepTarget } from "../step.ts";
import {
  atomsOf,
  betweenCategories,
  betweenNumbers,
  betweenNumbersAndCategories,
  type Codes,
  type Spread,
  spreadOf,
} from "./mutual-information.ts";

const mostFeatures = 1_000_000;

export const selectBestParameters = {
  count: {
    type: "integer",
    default: mostFeatures,
    min: 1,
    max: mostFeatures,
    scale: "log",
    meaning: "most features that stay",
  },
  share: {
    type: "number",
    default: 1,
    min: 0,
    max: 1,
    meaning: "largest share of the features that stays; one always does",
  },
  neighbors: {
    type: "integer",
    default: 3,
    min: 1,
    max: 100,
    meaning: "neighbours that the estimate for numbers counts from: more are smoother",
  },
  maxRows: {
    type: "integer",
    default: 10_000,
    min: 10,
    max: 1_000_000,
    scale: "log",
    meaning: "about as many rows are looked at, drawn by seed from more",
  },
} as const satisfies ParameterTable;
type Parameters = ParameterValues<typeof selectBestParameters>;
/** How many stay must be told: by `count`, by `share`, or by both, and then the smaller holds. */
export type SelectBestOptions = Partial<Parameters> &
  ({ readonly count: number } | { readonly share: number });

/**
 * Keeps the features of greatest mutual information with the target.
 *
 * Rows × features × the logarithm of rows; for a target that is a number, and numbers, times the root of the rows.
 *
 * @throws MillwrightError `PARAMETER_MISSING` without `count` and `share`; in a fit `TARGET_MISSING`.
 */
export function selectBest(options: SelectBestOptions): Selection {
  const parameters = resolveParameters("selectBest", selectBestParameters, options);
  if (options.count === undefined && options.share === undefined) {
    throw new MillwrightError(
      "PARAMETER_MISSING",
      "selectBest is not told how many features stay.",
      "Give count, such as 20, or share, such as 0.5.",
    );
  }
  return {
    kind: "selectBest",
    parameters,
    select(x, context) {
      const scores = informationOf(x, context, parameters);
      const most = Math.max(1, Math.min(parameters.count, Math.floor(parameters.share * scores.length)));
      return [...scores.keys()]
        .sort((a, b) => scores[b]! - scores[a]! || a - b)
        .slice(0, most)
        .sort((a, b) => a - b);
    },
  };
}

/** What is told about the target, by rows. */
type Told =
  | { readonly kind: "codes"; readonly codes: Codes }
  | { readonly kind: "numbers"; readonly numbers: Spread };

/** Mutual information of each feature with the target, in nats, to 10 digits. */
export function informationOf(
  x: Matrix,
  context: StepContext,
  { neighbors, maxRows }: Pick<Parameters, "neighbors" | "maxRows">,
): number[] {
  const { target } = context;
  if (target === undefined) {
    throw new MillwrightError(
      "TARGET_MISSING",
      `selectBest has no target to choose among ${x.features.length} features by.`,
      "Fit the features with the target of the training rows.",
    );
  }
  const rows = rowsOf(x.rowCount, maxRows, context);
  const ids = Uint32Array.from(rows, (row) => context.rowIds?.[row] ?? row);
  const seed = (name: string): number => context.random.child(name).integer(4294967296);
  const told = toldOf(target, rows, seed("target"), ids);
  const noise = seed("feature");
  const scores: number[] = [];
  for (const column of columnsInTurn(x)) {
    const feature = x.features[scores.length]!;
    const values = Float64Array.from(rows, (row) => column[row]!);
    // The last digits depend on the order of rows.
    scores.push(Number(information(feature, values, told, neighbors, noise, ids).toFixed(10)));
  }
  return scores;
}

/** All rows, or about `maxRows` of them, which do not depend on their order. */
function rowsOf(rowCount: number, maxRows: number, context: StepContext): Uint32Array {
  const all = Uint32Array.from({ length: rowCount }, (_, row) => row);
  if (rowCount <= maxRows) return all;
  const seed = context.random.child("rows").integer(4294967296);
  return all.filter((row) => rowUniform(seed, context.rowIds?.[row] ?? row) < maxRows / rowCount);
}

function toldOf(target: StepTarget, rows: Uint32Array, seed: number, ids: Uint32Array): Told {
  if (target.kind === "regression") {
    const values = Float64Array.from(rows, (row) => target.values[row]!);
    return { kind: "numbers", numbers: spreadOf(values, seed, ids) };
  }
  const codes = Int32Array.from(rows, (row) => target.codes[row]!);
  return { kind: "codes", codes: { count: target.classCount, codes } };
}

function information(
  feature: Feature,
  values: Float64Array,
  told: Told,
  neighbors: number,
  noise: number,
  ids: Uint32Array,
): number {
  const atoms = feature.kind === "category" ? codesOf(values) : atomsOf(values);
  const rest = Uint32Array.from(values.keys()).filter((i) => atoms.codes[i]! < 0);
  const outer: Codes = {
    count: atoms.count + 1,
    codes: atoms.codes.map((code) => (code < 0 ? atoms.count : code)),
  };
  let sum = 0;
  if (atoms.count > 0) {
    sum =
      told.kind === "codes"
        ? betweenCategories(outer, told.codes)
        : betweenNumbersAndCategories(told.numbers, outer, neighbors);
  }
  if (rest.length < 2) return sum;
  const numbers = spreadOf(
    Float64Array.from(rest, (i) => values[i]!),
    noise,
    Uint32Array.from(rest, (i) => ids[i]!),
  );
  const share = rest.length / values.length;
  if (told.kind === "numbers") {
    const others = { values: Float64Array.from(rest, (i) => told.numbers.values[i]!) };
    return sum + share * betweenNumbers(numbers, others, neighbors);
  }
  const codes = { ...told.codes, codes: Int32Array.from(rest, (i) => told.codes.codes[i]!) };
  return sum + share * betweenNumbersAndCategories(numbers, codes, neighbors);
}

/** Codes of a category as they are, missing behind the last. */
function codesOf(values: Float64Array): Codes {
  let count = 0;
  for (const value of values) if (value >= count) count = value + 1;
  return {
    count: count + 1,
    codes: Int32Array.from(values, (value) => (Number.isNaN(value) ? count : value)),
  };
}
