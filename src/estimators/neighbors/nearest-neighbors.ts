/**
 * k nearest neighbours, exact: the mean target, or the class shares, of the training rows at the least Euclidean distance.
 *
 * The model carries its rows. They are kept in an order of their own values, so that a tie goes to the
 * same row however they came; distances that agree to 30 bits of the usual one are ties. Numbers are read as they
 * come, so scale them first. Of rows that come sparse it carries what is not 0. Source: Fix & Hodges 1951; Dudani 1976 (weights by distance).
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { MillwrightError } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import {
  type Estimator,
  type Fitted,
  ownOrder,
  requireFiniteNumbers,
  requireRowLimit,
  take,
  takeRows,
  takeTarget,
  usableRows,
} from "../index.ts";
import { emitNeighbors } from "./emit.ts";
import { type NeighborModel, nearestOf, readCoordinate } from "./model.ts";
import { placesOf } from "./places.ts";

export const nearestNeighborsParameters = {
  neighbors: {
    type: "integer",
    default: 15,
    min: 1,
    max: 1000,
    scale: "log",
    search: [3, 100],
    meaning: "rows that are asked",
  },
  weighting: {
    type: "choice",
    default: "distance",
    choices: ["uniform", "distance"],
    meaning: "whether every neighbour counts alike, or by one over its distance",
  },
  maxRows: {
    type: "integer",
    default: 20_000,
    min: 1,
    max: 1e6,
    scale: "log",
    meaning: "most training rows, which the model carries",
  },
} as const satisfies ParameterTable;

type Parameters = ParameterValues<typeof nearestNeighborsParameters>;

/** Numbers of one row's candidates, neighbours × features, beyond which a prediction takes too much memory. */
const candidateLimit = 10_000;

/**
 * Nearest neighbours, for numbers and classes.
 *
 * @throws MillwrightError from `fit`: `DATA_LIMIT` for more than `maxRows` rows, `DATA_TOO_MANY_COLUMNS`,
 *   where they come dense, `DATA_ONE_CLASS`, `SCHEMA_WRONG_KIND` for a category, `DATA_BAD_VALUE` for a value that is not finite.
 */
export function nearestNeighbors(parameters: Partial<Parameters> = {}): Estimator {
  const resolved = resolveParameters("nearestNeighbors", nearestNeighborsParameters, parameters);
  return {
    family: "nearestNeighbors",
    parameters: resolved,
    tasks: ["regression", "classification"],
    sparse: true,
    async fit(rows) {
      const usable = usableRows("nearestNeighbors", rows);
      requireFiniteNumbers("nearestNeighbors", usable.x);
      requireRowLimit("nearestNeighbors", usable.x.rowCount, resolved.maxRows, "carries its training rows");
      if (usable.x.sparse === undefined) requireFewFeatures(usable.x, resolved.neighbors);
      const values = usable.y.kind === "regression" ? usable.y.values : usable.y.codes;
      const order = ownOrder(usable.x, values, usable.rowIds);
      const x = takeRows(usable.x, order);
      const y = takeTarget(usable.y, order);
      const weight = usable.weight === undefined ? undefined : take(usable.weight, order);
      return fittedNeighbors(modelOf(x, y, weight, resolved));
    },
  };
}

function requireFewFeatures({ columns }: Matrix, neighbors: number): void {
  if (neighbors * columns.length <= candidateLimit) return;
  throw new MillwrightError(
    "DATA_TOO_MANY_COLUMNS",
    `nearestNeighbors compares ${neighbors} neighbours by ${columns.length} features a row, more than its ${candidateLimit} numbers.`,
    "Keep fewer features, or ask fewer neighbours.",
  );
}

function modelOf(
  x: Matrix,
  y: ReturnType<typeof takeTarget>,
  weight: Float64Array | undefined,
  { neighbors, weighting }: Parameters,
): NeighborModel {
  const n = x.rowCount;
  const outputs = y.kind === "regression" ? 1 : y.classCount;
  const answers = new Float64Array(n * outputs);
  for (let i = 0; i < n; i++) {
    if (y.kind === "regression") answers[i] = y.values[i]!;
    else answers[i * outputs + y.codes[i]!] = 1;
  }
  const { usual, ...places } = placesOf(x);
  return {
    ...places,
    rowCount: n,
    featureCount: x.features.length,
    answers,
    outputs,
    weight: weight ?? new Float64Array(n).fill(1),
    neighbors: Math.min(neighbors, n),
    byDistance: weighting === "distance",
    // A power of two, so that the graph and the loops multiply without rounding.
    resolution: usual > 0 ? 2 ** (30 - Math.round(Math.log2(usual))) : 1,
  };
}

function fittedNeighbors(model: NeighborModel): Fitted {
  const { rows, rowCount, outputs, neighbors } = model;
  const rowBytes =
    rows instanceof Float64Array ? rows.byteLength : rows.index.byteLength + rows.values.byteLength;
  return {
    family: "nearestNeighbors",
    emit: (x) => emitNeighbors(model, x),
    reference(x) {
      const out = new Float64Array(x.rowCount * outputs);
      const zeros = model.center.map((_, j) => readCoordinate(model, j, 0));
      for (let i = 0; i < x.rowCount; i++) {
        const at = zeros.slice();
        forEachValue(x, i, (j, value) => (at[j] = readCoordinate(model, j, value)));
        out.set(nearestOf(model, at), i * outputs);
      }
      return out;
    },
    summary: {
      neighbors,
      trainingRows: rowCount,
      trainingBytes: rowBytes + 8 * (model.answers.length + rowCount),
    },
  };
}

/** The values of a row; of a sparse one those that it holds. */
function forEachValue(x: Matrix, i: number, visit: (j: number, value: number) => void): void {
  if (x.sparse === undefined) {
    x.columns.forEach((column, j) => visit(j, column[i]!));
    return;
  }
  const { starts, index, values } = x.sparse;
  for (let at = starts[i]!; at < starts[i + 1]!; at++) visit(index[at]!, values[at]!);
}
