/**
 * Categories of many values as one number: the mean target of the rows with the same code.
 *
 * A row's own target must not be in its number, so in training each row sees only the rows before it in a random
 * order, shrunk towards the overall mean; the model keeps the mean over all rows, one table entry a code, which the
 * graph looks up. Source: Prokhorenkova et al. 2018, CatBoost, section 3.2.
 */
import { rowUniform } from "../../core/index.ts";
import { type Feature, featureColumn, joinRows, type Matrix, sparseMatrix } from "../../features/index.ts";
import { cast, concat, constant, gather, int64s, isNaN, type Value, where } from "../../graph/index.ts";
import type { Target } from "../index.ts";

/** Rows that the overall mean counts as. */
const PRIOR_ROWS = 10;

/** A category feature that became numbers, one a target column, appended to the matrix. */
export interface TargetStatistic {
  readonly feature: number;
  /** By code; the last entry is for missing codes. */
  readonly table: Float64Array;
}

/** Category features with more codes in use than `most`, each with the numbers that stand for it in training. */
export function learnTargetStatistics(
  x: Matrix,
  y: Target,
  weight: Float64Array | undefined,
  rowIds: Uint32Array,
  most: number,
  seed: number,
): { statistics: TargetStatistic[]; columns: Float64Array[] } {
  const statistics: TargetStatistic[] = [];
  const columns: Float64Array[] = [];
  const wide = x.features.flatMap((feature, j) =>
    feature.kind === "category" && codesInUse(featureColumn(x, j), feature) > most ? [j] : [],
  );
  if (wide.length === 0) return { statistics, columns };
  const draws = new Float64Array(x.rowCount).map((_, i) => rowUniform(seed ^ 0x3c6ef372, rowIds[i]!));
  const order = new Uint32Array(x.rowCount).map((_, i) => i);
  order.sort((a, b) => draws[a]! - draws[b]! || rowIds[a]! - rowIds[b]!);
  // Two classes need one number; more need one a class.
  const outputs = y.kind === "classification" && y.classCount > 2 ? y.classCount : 1;
  for (const j of wide) {
    const cardinality = x.features[j]!.cardinality ?? 0;
    const codes = featureColumn(x, j);
    for (let k = 0; k < outputs; k++) {
      const target = (row: number): number =>
        y.kind === "regression" ? y.values[row]! : y.codes[row] === (outputs === 1 ? 1 : k) ? 1 : 0;
      const { table, column } = orderedMeans(codes, cardinality, target, weight, order);
      statistics.push({ feature: j, table });
      columns.push(column);
    }
  }
  return { statistics, columns };
}

function codesInUse(column: Float32Array | Float64Array, feature: Feature): number {
  const seen = new Uint8Array((feature.cardinality ?? 0) + 1);
  let count = 0;
  for (const code of column) {
    if (seen[code] === 0) {
      seen[code] = 1;
      count++;
    }
  }
  return count;
}

function orderedMeans(
  codes: Float32Array | Float64Array,
  cardinality: number,
  target: (row: number) => number,
  weight: Float64Array | undefined,
  order: Uint32Array,
): { table: Float64Array; column: Float64Array } {
  let total = 0;
  let rows = 0;
  for (const row of order) {
    const w = weight?.[row] ?? 1;
    total += w * target(row);
    rows += w;
  }
  const prior = Math.fround(total / rows);
  const sums = new Float64Array(cardinality + 1);
  const counts = new Float64Array(cardinality + 1);
  const column = new Float64Array(codes.length);
  for (const row of order) {
    const code = codes[row]!;
    const place = code < cardinality ? code : cardinality;
    column[row] = (sums[place]! + PRIOR_ROWS * prior) / (counts[place]! + PRIOR_ROWS);
    const w = weight?.[row] ?? 1;
    sums[place]! += w * target(row);
    counts[place]! += w;
  }
  return {
    table: sums.map((sum, code) => (sum + PRIOR_ROWS * prior) / (counts[code]! + PRIOR_ROWS)),
    column,
  };
}

/** A matrix with the numbers appended: those given for training rows, else the tables' entries. */
export function appendStatistics(
  x: Matrix,
  statistics: readonly TargetStatistic[],
  columns = statistics.map((statistic) => lookUp(statistic, featureColumn(x, statistic.feature))),
): Matrix {
  if (statistics.length === 0) return x;
  const features = [
    ...x.features,
    ...statistics.map(({ feature }, s): Feature => {
      const { name, sources } = x.features[feature]!;
      return { name: `${name}:mean${s}`, sources, kind: "number" };
    }),
  ];
  const { rowCount } = x;
  if (x.sparse !== undefined) return sparseMatrix(features, joinRows([x.sparse, columns], rowCount));
  return { rowCount, features, columns: [...x.columns, ...columns] };
}

function lookUp({ table }: TargetStatistic, codes: Float32Array | Float64Array): Float64Array {
  const last = table.length - 1;
  return Float64Array.from(codes, (code) => table[code < last ? code : last]!);
}

/** The same in the graph: float64 [batch, features] to [batch, features + statistics]. */
export function emitStatistics(statistics: readonly TargetStatistic[], x: Value): Value {
  if (statistics.length === 0) return x;
  const looked = statistics.map(({ feature, table }) => {
    const code = gather(x, int64s([feature]), 1);
    const place = cast(where(isNaN(code), table.length - 1, code), "int64");
    return gather(constant({ dtype: "float64", shape: [table.length], data: table }), place, 0);
  });
  return concat([x, ...looked], 1);
}
