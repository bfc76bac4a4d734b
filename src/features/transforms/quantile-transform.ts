/**
 * Maps each feature to its rank: uniform on [0, 1], or the normal score of the rank.
 *
 * The map is linear between the training quantiles at the levels (i + ½) / count
 * and flat beyond the outermost two, so ±Infinity is bounded; equal quantiles
 * share the middle of their levels. Normal scores are in the table (the graph
 * needs no inverse error function, which has no float64 kernel). The graph finds
 * the interval in two steps of √count comparisons, which keeps a large batch
 * small in memory. NaN stays NaN. Source: scikit-learn's QuantileTransformer.
 */
import {
  normalQuantile,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
} from "../../core/index.ts";
import {
  add,
  cast,
  constant,
  gather,
  greater,
  greaterOrEqual,
  less,
  max,
  mul,
  reduceSum,
  sub,
  unsqueeze,
  type Value,
  where,
} from "../../graph/index.ts";
import { type ColumnRef, transformOrChain } from "../columns.ts";
import { numbersEncoder } from "../encoders/numbers.ts";
import { sharedQuantile, sortedFinite } from "../statistics.ts";
import { type Chain, chainOf, type StepContext, type Transform } from "../step.ts";
import { eachFeature } from "./each-feature.ts";
import { requireNumbers, rowConstant } from "./row-constant.ts";

export const quantileTransformParameters = {
  quantiles: {
    type: "integer",
    default: 100,
    min: 2,
    max: 1000,
    scale: "log",
    meaning: "points of the map; never more than there are rows",
  },
  distribution: {
    type: "choice",
    default: "uniform",
    choices: ["uniform", "normal"],
    meaning: "what the mapped feature follows",
  },
} as const satisfies ParameterTable;
export type QuantileTransformOptions = Partial<ParameterValues<typeof quantileTransformParameters>>;

/** The map of one feature: from `x` ascending to `y`, linear with `slope` up to the next point. */
interface Table {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly slope: readonly number[];
}

function quantileTransformTransform(options: QuantileTransformOptions = {}): Transform {
  const parameters = resolveParameters("quantileTransform", quantileTransformParameters, options);
  return {
    kind: "quantileTransform",
    parameters,
    fit(x, context) {
      requireNumbers("quantileTransform", x.features);
      const tables = x.columns.map((column) => tableOf(column, parameters, context));
      return eachFeature(x.features, tables, (some) => ({
        emit: (value) => emitTables(value, some),
        reference: (row) => some.map((table, j) => lookUp(table, row[j]!)),
      }));
    },
  };
}

function tableOf(
  column: Float32Array | Float64Array,
  { quantiles, distribution }: ParameterValues<typeof quantileTransformParameters>,
  context: StepContext,
): Table {
  const sorted = sortedFinite(column, context);
  const count = Math.min(quantiles, sorted.length);
  const x: number[] = [];
  const levels: [first: number, last: number][] = [];
  for (let i = 0; i < count; i++) {
    const level = (i + 0.5) / count;
    const value = sharedQuantile(sorted, level, context.minRows);
    if (x.length > 0 && value <= x.at(-1)!) levels.at(-1)![1] = level;
    else {
      x.push(value);
      levels.push([level, level]);
    }
  }
  if (x.length === 0) {
    x.push(0);
    levels.push([0.5, 0.5]);
  }
  const y = levels.map(([first, last]) => {
    const middle = (first + last) / 2;
    return distribution === "uniform" ? middle : normalQuantile(middle);
  });
  const slope = y.map((value, i) => {
    const rise = (y[i + 1]! - value) / (x[i + 1]! - x[i]!);
    return i + 1 < y.length && Number.isFinite(rise) ? rise : 0;
  });
  return { x, y, slope };
}

function lookUp({ x, y, slope }: Table, value: number): number {
  if (Number.isNaN(value)) return value;
  const bounded = Math.min(Math.max(value, x[0]!), x.at(-1)!);
  let i = 0;
  while (i + 1 < x.length && x[i + 1]! <= bounded) i++;
  return y[i]! + (bounded - x[i]!) * slope[i]!;
}

function emitTables(value: Value, tables: readonly Table[]): Value {
  const k = tables.length;
  const longest = Math.max(...tables.map((table) => table.x.length));
  const fine = Math.ceil(Math.sqrt(longest));
  const coarse = Math.ceil(longest / fine);
  const size = coarse * fine;
  // [feature, point], each padded at its end with points that nothing reaches.
  const flat = (part: (table: Table) => readonly number[], padding: number): Float64Array => {
    const all = new Float64Array(k * size).fill(padding);
    tables.forEach((table, j) => all.set(part(table), j * size));
    return all;
  };
  const points = flat((table) => table.x, Infinity);
  const column = (data: Float64Array): Value => constant({ dtype: "float64", shape: [data.length], data });
  const int64Row = (of: (feature: number) => number): Value =>
    constant({ dtype: "int64", shape: [1, k], data: BigInt64Array.from(tables, (_, j) => BigInt(of(j))) });

  const low = rowConstant(Float64Array.from(tables, ({ x }) => x[0]!));
  const high = rowConstant(Float64Array.from(tables, ({ x }) => x.at(-1)!));
  const raised = where(less(value, low), low, value);
  const bounded = where(greater(raised, high), high, raised);
  const wide = unsqueeze(bounded, [2]);
  const countUpTo = (thresholds: Value): Value =>
    reduceSum(cast(greaterOrEqual(wide, thresholds), "int64"), { axes: [2] });

  const starts = constant({
    dtype: "float64",
    shape: [1, k, coarse],
    data: Float64Array.from({ length: k * coarse }, (_, i) => points[i * fine]!),
  });
  // NaN is at or above nothing: it takes the first interval and stays NaN by arithmetic.
  const block = add(
    max(sub(countUpTo(starts), 1), 0),
    int64Row((j) => j * coarse),
  );
  const blocks = constant({ dtype: "float64", shape: [k * coarse, fine], data: points });
  const within = max(sub(countUpTo(gather(blocks, block, 0)), 1), 0);
  const index = add(mul(block, fine), within);
  const from = gather(column(flat((table) => table.x, 0)), index, 0);
  const start = gather(column(flat((table) => table.y, 0)), index, 0);
  const slope = gather(column(flat((table) => table.slope, 0)), index, 0);
  return add(start, mul(sub(bounded, from), slope));
}

/** Maps features to their ranks or normal scores. Given columns, it is their chain. */
export function quantileTransform(options?: QuantileTransformOptions): Transform;
export function quantileTransform(
  ...columns: readonly [ColumnRef<"number">, ...ColumnRef<"number">[]]
): Chain;
export function quantileTransform(
  ...args: readonly (ColumnRef | QuantileTransformOptions | undefined)[]
): Transform | Chain {
  return transformOrChain(args, quantileTransformTransform, (names) => chainOf(names, numbersEncoder));
}
