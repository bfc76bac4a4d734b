/**
 * Isotonic regression: the function of one number that rises (or falls) and is nearest to the targets in squares.
 *
 * Blocks from pooling adjacent violators, straight lines between them, constant beyond the ends: scikit-learn's
 * `IsotonicRegression` with out_of_bounds "clip". In the graph it is a sum of ramps,
 * r₀ + Σ Δⱼ · clip((x − xⱼ)/widthⱼ, 0, 1), each exact in float64. A missing number gets the mean of the rows
 * where it was missing, or of all where none was.
 */
import {
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
} from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { add, clip, constant, gather, isNaN, matMul, mul, sub, where } from "../../graph/index.ts";
import {
  type Estimator,
  type Fitted,
  poolAdjacentViolators,
  type PooledBlock,
  usableRows,
  type UsableRows,
} from "../index.ts";

export const isotonicParameters = {
  direction: {
    type: "choice",
    default: "auto",
    choices: ["auto", "rising", "falling"],
    meaning: "whether the answer rises or falls with the number; auto takes what is nearer to the targets",
  },
} as const satisfies ParameterTable;

/**
 * Isotonic regression on the one feature of the matrix.
 *
 * @throws MillwrightError from `fit`: `DATA_TOO_MANY_COLUMNS` for more than one feature, `SCHEMA_WRONG_KIND` for
 *   a category or classes, `DATA_ALL_MISSING`.
 */
export function isotonic(parameters: Partial<ParameterValues<typeof isotonicParameters>> = {}): Estimator {
  const resolved = resolveParameters("isotonic", isotonicParameters, parameters);
  return {
    family: "isotonic",
    parameters: resolved,
    tasks: ["regression"],
    fit: async (rows) => fitIsotonic(usableRows("isotonic", rows), resolved.direction),
  };
}

/** Values at ascending places, straight between them. */
interface Ramps {
  readonly base: number;
  readonly start: Float64Array;
  readonly slope: Float64Array;
  readonly height: Float64Array;
}

function fitIsotonic({ x, y, weight }: UsableRows, direction: "auto" | "rising" | "falling"): Fitted {
  const feature = requireOneNumber(x);
  if (y.kind === "classification") {
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `isotonic predicts a number, and the target has ${y.classCount} classes.`,
      "Choose logistic, or declare the target a number.",
    );
  }
  const column = x.columns[0]!;
  const present = Uint32Array.from(column.keys()).filter((i) => Number.isFinite(column[i]));
  if (present.length === 0) {
    throw new MillwrightError(
      "DATA_ALL_MISSING",
      `isotonic needs numbers, and "${feature}" has none in ${x.rowCount} rows.`,
      "Choose another column.",
    );
  }
  const places = Float64Array.from(present, (i) => column[i]!);
  const values = Float64Array.from(present, (i) => y.values[i]!);
  const weights = Float64Array.from(present, (i) => weight?.[i] ?? 1);
  const rising = direction === "falling" ? undefined : poolAdjacentViolators(places, values, weights);
  const turned =
    direction === "rising"
      ? undefined
      : poolAdjacentViolators(
          places,
          values.map((v) => -v),
          weights,
        );
  const falling = turned?.map((block) => ({ ...block, value: -block.value }));
  // Squares that blocks explain: the more, the nearer.
  const explained = (blocks: readonly PooledBlock[]): number =>
    blocks.reduce((sum, block) => sum + block.weight * block.value ** 2, 0);
  const blocks =
    rising === undefined || (falling !== undefined && explained(falling) > explained(rising))
      ? falling!
      : rising;
  const ramps = rampsOf(blocks);
  const missing = meanWhere(x, y.values, weight);
  return {
    family: "isotonic",
    emit(input) {
      const { base, start, slope, height } = ramps;
      const count = start.length;
      const one = gather(input, [0], 1);
      const floor = constant({ dtype: "float64", shape: [1, 1], data: Float64Array.of(base) });
      const learned = constant({ dtype: "float64", shape: [1, 1], data: Float64Array.of(missing) });
      if (count === 0) return where(isNaN(one), learned, floor);
      const row = (data: Float64Array) => constant({ dtype: "float64", shape: [1, count], data });
      const steps = clip(mul(sub(one, row(start)), row(slope)), 0, 1);
      const sum = matMul(steps, constant({ dtype: "float64", shape: [count, 1], data: height }));
      return where(isNaN(one), learned, add(sum, floor));
    },
    reference(rows) {
      return Float64Array.from(rows.columns[0]!, (place) => {
        if (Number.isNaN(place)) return missing;
        let sum = 0;
        for (let j = 0; j < ramps.start.length; j++) {
          const at = (place - ramps.start[j]!) * ramps.slope[j]!;
          sum += ramps.height[j]! * Math.min(1, Math.max(0, at));
        }
        return sum + ramps.base;
      });
    },
    summary: { blocks: blocks.length, rising: blocks === rising },
  };
}

/** Name of the one feature. */
function requireOneNumber(x: Matrix): string {
  if (x.features.length !== 1) {
    throw new MillwrightError(
      "DATA_TOO_MANY_COLUMNS",
      `isotonic is a function of one number, and ${x.features.length} features came.`,
      "Give it one column, or choose another family.",
    );
  }
  const [feature] = x.features;
  if (feature!.kind === "number") return feature!.name;
  throw new MillwrightError(
    "SCHEMA_WRONG_KIND",
    `isotonic needs a number, and the feature "${feature!.name}" is a category, which has no order.`,
    "Give it a number.",
  );
}

function rampsOf(blocks: readonly PooledBlock[]): Ramps {
  const between = blocks.slice(1).map((block, j) => ({ from: blocks[j]!, to: block }));
  return {
    base: blocks[0]!.value,
    start: Float64Array.from(between, ({ from }) => from.high),
    slope: Float64Array.from(between, ({ from, to }) => Math.min(Number.MAX_VALUE, 1 / (to.low - from.high))),
    height: Float64Array.from(between, ({ from, to }) => to.value - from.value),
  };
}

/** Mean target of the rows without a number, or of all rows. */
function meanWhere(x: Matrix, values: Float64Array, weight: Float64Array | undefined): number {
  const column = x.columns[0]!;
  const meanOf = (counts: (i: number) => boolean): number => {
    let sum = 0;
    let total = 0;
    for (let i = 0; i < values.length; i++) {
      if (!counts(i)) continue;
      sum += (weight?.[i] ?? 1) * values[i]!;
      total += weight?.[i] ?? 1;
    }
    return sum / total;
  };
  const own = meanOf((i) => Number.isNaN(column[i]));
  return Number.isNaN(own) ? meanOf(() => true) : own;
}
