/**
 * A category as the mean target of its rows, shrunk towards the overall mean.
 *
 * A category of weight W with mean m becomes (W·m + k·prior) / (W + k). By
 * empirical Bayes k is the variance within categories over the variance between
 * them (one-way random effects, by moments): noisy differences vanish, clear
 * ones stay. Training rows get their value from the other folds, else the model
 * would read its own targets. Values of fewer than `minRows` rows share one
 * statistic, which an unseen value takes too. With more than two classes there is
 * one column a class. Source: Micci-Barreca 2001, SIGKDD Explorations 3(1):27–32.
 */
import {
  assert,
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
  rowUniform,
} from "../../core/index.ts";
import { constant, gather, labelEncoder, squeeze } from "../../graph/index.ts";
import type { StringCells } from "../../schema/index.ts";
import { countCategories, keptCategories } from "../categories.ts";
import { type ColumnsThen, encoderChain } from "../columns.ts";
import type { Feature } from "../matrix.ts";
import type { Chain, Encoder, StepContext, StepTarget } from "../step.ts";

export const targetEncodeParameters = {
  smoothing: {
    type: "choice",
    default: "empiricalBayes",
    choices: ["empiricalBayes", "fixed"],
    meaning: "whether the pull towards the overall mean is estimated or given",
  },
  strength: {
    type: "number",
    default: 10,
    min: 0,
    max: 1e9,
    meaning: "rows that the overall mean counts for, with fixed smoothing",
  },
  folds: { type: "integer", default: 5, min: 2, max: 50, meaning: "folds of the training values" },
} as const satisfies ParameterTable;
export type TargetEncodeOptions = Partial<ParameterValues<typeof targetEncodeParameters>>;
type Parameters = ParameterValues<typeof targetEncodeParameters>;

export function targetEncoder(options: TargetEncodeOptions = {}): Encoder {
  const parameters = resolveParameters("targetEncode", targetEncodeParameters, options);
  return {
    kind: "targetEncode",
    parameters,
    accepts: ["category", "boolean"],
    fit({ schema, cells }, context) {
      assert(cells.type === "string", "targetEncode reads strings");
      const { target } = context;
      if (target === undefined) {
        throw new MillwrightError(
          "TARGET_MISSING",
          `targetEncode of "${schema.name}" has no target to average.`,
          "Fit the features with the target of the training rows.",
        );
      }
      const { keys, groups } = groupRows(cells, context);
      const sums = sumByGroup(groups, keys.length + 1, target, context, parameters.folds);
      const table = tableOf(sums, undefined, parameters, context.minRows);
      const { width } = sums;
      const features = Array.from(
        { length: width },
        (_, c): Feature => ({
          name: width === 1 ? `${schema.name}:target` : `${schema.name}:target=${c}`,
          sources: [schema.name],
          kind: "number",
        }),
      );
      const indexOf = new Map(keys.map((key, group) => [key, group]));
      const rowOf = (group: number): Float64Array => table.slice(group * width, (group + 1) * width);
      return {
        features,
        training: outOfFold(groups, sums, parameters, context.minRows),
        emit(input) {
          // The key that can't occur keeps the dictionary from being empty, which the op does not allow.
          const known = keys.length > 0 ? keys : [""];
          if (width === 1) {
            const values = Float64Array.from(known, (_, group) => table[group]!);
            return labelEncoder(input, { keys: known, values, otherwise: table[keys.length]! });
          }
          const groupIndex = labelEncoder(input, {
            keys: known,
            values: BigInt64Array.from(known.keys(), BigInt),
            otherwise: BigInt(keys.length),
          });
          const statistics = constant({ dtype: "float64", shape: [keys.length + 1, width], data: table });
          return squeeze(gather(statistics, groupIndex, 0), [1]);
        },
        reference: (cell) => rowOf(indexOf.get(cell as string) ?? keys.length),
      };
    },
  };
}

/** Shared values (with "" for missing where enough rows miss it) and each row's group; the last group is the rest. */
function groupRows(cells: StringCells, { minRows }: StepContext): { keys: string[]; groups: Int32Array } {
  const categories = countCategories(cells);
  const kept = keptCategories(categories, minRows);
  const keys = kept.map((i) => categories.values[i]!);
  if (categories.missing >= minRows) keys.push("");
  const rest = keys.length;
  const groupOfValue = new Int32Array(categories.values.length).fill(rest);
  kept.forEach((i, group) => {
    groupOfValue[i] = group;
  });
  const ofMissing = categories.missing >= minRows ? rest - 1 : rest;
  const groups = Int32Array.from(cells.codes, (code) => {
    const i = code < 0 ? -1 : categories.indexOfCode[code]!;
    return i < 0 ? ofMissing : groupOfValue[i]!;
  });
  return { keys, groups };
}

/** Weights, weighted sums and squares of the centred target, by fold and group. */
interface Sums {
  readonly groupCount: number;
  readonly folds: number;
  /** Columns: 1, or one a class. */
  readonly width: number;
  readonly foldOfRow: Uint8Array;
  /** Mean of each column over all rows, taken off before summing. */
  readonly centre: Float64Array;
  /** [fold, group]. */
  readonly rows: Float64Array;
  readonly weight: Float64Array;
  /** [fold, group, column]. */
  readonly sum: Float64Array;
  /** [fold, column]. */
  readonly squares: Float64Array;
}

function sumByGroup(
  groups: Int32Array,
  groupCount: number,
  target: StepTarget,
  context: StepContext,
  folds: number,
): Sums {
  const width = target.kind === "regression" || target.classCount === 2 ? 1 : target.classCount;
  const valueOf = (row: number, c: number): number =>
    target.kind === "regression" ? target.values[row]! : Number(target.codes[row] === (width === 1 ? 1 : c));
  const count = groups.length;
  const total = context.weight?.reduce((sum, w) => sum + w, 0) ?? count;
  const weightOf = (row: number): number => (context.weight ? (context.weight[row]! * count) / total : 1);
  const seed = context.random.child("folds").integer(4294967296);
  const foldOfRow = Uint8Array.from({ length: count }, (_, row) =>
    Math.floor(rowUniform(seed, context.rowIds?.[row] ?? row) * folds),
  );
  const centre = new Float64Array(width);
  for (let row = 0; row < count; row++) {
    for (let c = 0; c < width; c++) centre[c]! += (weightOf(row) * valueOf(row, c)) / count;
  }
  const sums: Sums = {
    groupCount,
    folds,
    width,
    foldOfRow,
    centre,
    rows: new Float64Array(folds * groupCount),
    weight: new Float64Array(folds * groupCount),
    sum: new Float64Array(folds * groupCount * width),
    squares: new Float64Array(folds * width),
  };
  for (let row = 0; row < count; row++) {
    const fold = foldOfRow[row]!;
    const cell = fold * groupCount + groups[row]!;
    const w = weightOf(row);
    sums.rows[cell]!++;
    sums.weight[cell]! += w;
    for (let c = 0; c < width; c++) {
      const value = valueOf(row, c) - centre[c]!;
      sums.sum[cell * width + c]! += w * value;
      sums.squares[fold * width + c]! += w * value * value;
    }
  }
  return sums;
}

/** Smoothed statistics [group, column] from all folds but one. */
function tableOf(
  sums: Sums,
  without: number | undefined,
  parameters: Parameters,
  minRows: number,
): Float64Array {
  const { groupCount, folds, width, centre } = sums;
  const rows = new Float64Array(groupCount);
  const weight = new Float64Array(groupCount);
  const sum = new Float64Array(groupCount * width);
  const squares = new Float64Array(width);
  for (let fold = 0; fold < folds; fold++) {
    if (fold === without) continue;
    for (let g = 0; g < groupCount; g++) {
      rows[g]! += sums.rows[fold * groupCount + g]!;
      weight[g]! += sums.weight[fold * groupCount + g]!;
    }
    for (let i = 0; i < sum.length; i++) sum[i]! += sums.sum[fold * groupCount * width + i]!;
    for (let c = 0; c < width; c++) squares[c]! += sums.squares[fold * width + c]!;
  }
  const total = weight.reduce((all, w) => all + w, 0);
  const table = new Float64Array(groupCount * width);
  for (let c = 0; c < width; c++) {
    let all = 0;
    for (let g = 0; g < groupCount; g++) all += sum[g * width + c]!;
    // Of rows that all lie in the fold left out nothing is known: the prior is then the mean of all rows.
    const prior = total > 0 ? all / total : 0;
    const strength =
      parameters.smoothing === "fixed"
        ? parameters.strength
        : bayesStrength(weight, (g) => sum[g * width + c]!, squares[c]!, prior);
    for (let g = 0; g < groupCount; g++) {
      // A statistic of a few rows would name them: the rest group is shared by enough rows, or is the prior.
      const told = weight[g]! > 0 && (without !== undefined || rows[g]! >= minRows);
      const share = !told || strength === Infinity ? 0 : weight[g]! / (weight[g]! + strength);
      const mean = told ? sum[g * width + c]! / weight[g]! : prior;
      table[g * width + c] = centre[c]! + prior + share * (mean - prior);
    }
  }
  return table;
}

/** Variance within groups over variance between groups; Infinity where groups do not differ beyond noise. */
function bayesStrength(
  weight: Float64Array,
  sumOf: (group: number) => number,
  squares: number,
  mean: number,
): number {
  let total = 0;
  let weightSquares = 0;
  let groups = 0;
  let between = 0;
  let explained = 0;
  for (let g = 0; g < weight.length; g++) {
    const w = weight[g]!;
    if (w === 0) continue;
    groups++;
    total += w;
    weightSquares += w * w;
    between += w * (sumOf(g) / w - mean) ** 2;
    explained += sumOf(g) ** 2 / w;
  }
  if (groups < 2 || total <= groups) return Infinity;
  const within = Math.max(0, squares - explained) / (total - groups);
  const size = (total - weightSquares / total) / (groups - 1);
  const variance = (between / (groups - 1) - within) / size;
  return variance > 0 ? within / variance : Infinity;
}

function outOfFold(groups: Int32Array, sums: Sums, parameters: Parameters, minRows: number): Float64Array[] {
  const { width, folds, foldOfRow } = sums;
  const tables = Array.from({ length: folds }, (_, fold) => tableOf(sums, fold, parameters, minRows));
  return Array.from({ length: width }, (_, c) =>
    Float64Array.from(groups, (group, row) => tables[foldOfRow[row]!]![group * width + c]!),
  );
}

/** Category columns as the smoothed mean target of their values; out of fold in training. */
export function targetEncode(...columns: ColumnsThen<"category" | "boolean", TargetEncodeOptions>): Chain {
  return encoderChain(columns, targetEncoder);
}
