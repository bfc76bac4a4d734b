/** What every clusterer asks of its rows. */
import { MillwrightError, type ParameterTable } from "../../core/index.ts";
import { type Matrix, ownRowOrder, type Points, pointsOf, takePoints } from "../../features/index.ts";
import { requireRowLimit } from "../carried-rows.ts";
import { requireFiniteNumbers } from "../training-rows.ts";
import { coreDistances } from "./neighbor-distances.ts";

/** Of the methods that find dense regions. */
export const densityParameters = {
  maxRows: {
    type: "integer",
    default: 20_000,
    min: 1,
    max: 1_000_000,
    meaning: "most rows that it is fitted on: its cost grows with their square",
  },
} as const satisfies ParameterTable;

/** @throws MillwrightError `DATA_TOO_FEW_ROWS`. */
export function requireRows(method: string, rowCount: number, needed: number): void {
  if (rowCount >= needed) return;
  throw new MillwrightError(
    "DATA_TOO_FEW_ROWS",
    `${method} needs at least ${needed} rows, and has ${rowCount}.`,
    "Bring more rows, or ask for fewer clusters.",
  );
}

/** Rows in an order of their own, and the distance of each to its `minRows`-th nearest. */
export interface DenseRows {
  readonly rows: Points;
  /** Number in the matrix of each row. */
  readonly order: Uint32Array;
  readonly minRows: number;
  readonly near: Float64Array;
}

/** @throws MillwrightError `DATA_TOO_FEW_ROWS`, `DATA_LIMIT`, `DATA_BAD_VALUE`. */
export function denseRows(
  method: string,
  x: Matrix,
  { minRows: asked, maxRows }: { readonly minRows: number; readonly maxRows: number },
): DenseRows {
  requireFiniteNumbers(method, x);
  requireRows(method, x.rowCount, 2);
  requireRowLimit(method, x.rowCount, maxRows, "compares every row with every other");
  const points = pointsOf(x.columns, x.rowCount);
  const order = ownRowOrder(points);
  const rows = takePoints(points, order);
  const minRows = Math.min(asked, x.rowCount);
  return { rows, order, minRows, near: coreDistances(rows, minRows) };
}
