/**
 * Partial dependence: the mean answer if every row had this value in one column.
 *
 * A picture of what the model does with a column, the others as they are; where
 * columns go together it also asks about rows that never occur. Grid values are
 * rounded quantiles and values held by enough rows, so that no row's own value is
 * shown. Source: Friedman 2001, Annals of Statistics 29(5), section 8.2.
 */
import { createRandom, MillwrightError, quantile } from "../core/index.ts";
import { ascendingOrder } from "../metrics/index.ts";
import { type Cells, type Frame, takeRows } from "../schema/index.ts";
import { cellsOf } from "./permutation-importance.ts";
import { type Predict, sampleRows, takeWeight } from "./rows.ts";

export interface DependenceOptions {
  readonly predict: Predict;
  readonly frame: Frame;
  /** A number, datetime, category or boolean column. */
  readonly column: string;
  readonly seed: number;
  /** Values at most; default 20. */
  readonly gridSize?: number | undefined;
  /** Rows averaged at most, drawn at random; default 500. */
  readonly maxRows?: number | undefined;
  /** A value, or being missing, is shown only if so many rows hold it; default 5. */
  readonly minRows?: number | undefined;
  /** Non-negative weight a row. Shape [n]. */
  readonly weight?: Float64Array | undefined;
}

export interface DependencePoint {
  /** A number (epoch milliseconds for a datetime), a category, or null for missing. */
  readonly value: number | string | null;
  /** Mean answer: one number, or one probability a class. */
  readonly mean: readonly number[];
  /** Share of the rows that hold this value; of a number, those nearer to it than to the other points. */
  readonly share: number;
}

export interface Dependence {
  readonly column: string;
  readonly kind: "number" | "datetime" | "category" | "boolean";
  /** Numbers rising, categories from the most frequent down, missing last. */
  readonly points: readonly DependencePoint[];
}

/**
 * Partial dependence on one column, in one prediction of `points × rows` rows.
 *
 * @throws MillwrightError `SCHEMA_MISSING_COLUMN`, `SCHEMA_WRONG_KIND` for text and ids, `DATA_ALL_MISSING`.
 */
export async function partialDependence(options: DependenceOptions): Promise<Dependence> {
  const { predict, frame, column, gridSize = 20, maxRows = 500, minRows = 5 } = options;
  const cells = cellsOf(frame, column);
  const kind = frame.schema.columns.find((entry) => entry.name === column)?.kind;
  if (kind !== "number" && kind !== "datetime" && kind !== "category" && kind !== "boolean") {
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `Partial dependence needs a column of numbers, datetimes, categories or booleans, and "${column}" is ${kind}.`,
      "Choose another column.",
    );
  }
  const grid = (cells.type === "number" ? numberGrid : categoryGrid)(cells as never, gridSize, minRows);
  if (grid.length === 0) {
    throw new MillwrightError(
      "DATA_ALL_MISSING",
      `Partial dependence needs values held by ${minRows} rows, and "${column}" has none.`,
      "Choose another column, or more rows.",
    );
  }
  const random = createRandom(options.seed).child("dependence");
  const rows = sampleRows(frame.rowCount, maxRows, random);
  const asked = takeRows(
    frame,
    Uint32Array.from({ length: grid.length * rows.length }, (_, i) => rows[i % rows.length]!),
  );
  const columns = new Map(asked.columns).set(column, gridCells(cells, grid, rows.length));
  const output = await predict({ ...asked, columns });
  const width = output.length / (grid.length * rows.length);
  const weight = takeWeight(options.weight, rows);
  return {
    column,
    kind,
    points: grid.map(({ value, share }, g) => ({
      value,
      share,
      mean: Array.from({ length: width }, (_, c) =>
        meanOf(output, weight, g * rows.length, rows.length, width, c),
      ),
    })),
  };
}

/** One point of the grid; `code` in the column's dictionary where it has one. */
interface GridValue {
  readonly value: number | string | null;
  readonly code: number;
  readonly share: number;
}

function numberGrid(
  cells: Extract<Cells, { type: "number" }>,
  gridSize: number,
  minRows: number,
): GridValue[] {
  const present = cells.values.filter((value) => !Number.isNaN(value)).sort();
  const grid: GridValue[] = [];
  if (present.length >= minRows) {
    const low = quantile(present, 0.05);
    const high = quantile(present, 0.95);
    const values = new Set<number>();
    for (let i = 0; i < gridSize; i++) {
      const at = gridSize === 1 ? 0.5 : 0.05 + (0.9 * i) / (gridSize - 1);
      values.add(rounded(quantile(present, at), high - low));
    }
    const sorted = [...values].sort((a, b) => a - b);
    const counts = new Array<number>(sorted.length).fill(0);
    let nearest = 0;
    for (const value of present) {
      while (nearest + 1 < sorted.length && sorted[nearest + 1]! - value < value - sorted[nearest]!)
        nearest++;
      counts[nearest]!++;
    }
    sorted.forEach((value, i) => {
      grid.push({ value, code: -1, share: counts[i]! / cells.values.length });
    });
  }
  return withMissing(grid, cells.values.length - present.length, cells.values.length, minRows);
}

function categoryGrid(
  cells: Extract<Cells, { type: "string" }>,
  gridSize: number,
  minRows: number,
): GridValue[] {
  const counts = new Float64Array(cells.dictionary.length);
  let missing = 0;
  for (const code of cells.codes) {
    if (code < 0) missing++;
    else counts[code]!++;
  }
  const grid = Array.from(ascendingOrder(counts).reverse())
    .filter((code) => counts[code]! >= minRows)
    .slice(0, gridSize)
    .map((code) => ({
      value: cells.dictionary[code]!,
      code,
      share: counts[code]! / cells.codes.length,
    }));
  return withMissing(grid, missing, cells.codes.length, minRows);
}

function withMissing(grid: GridValue[], missing: number, rowCount: number, minRows: number): GridValue[] {
  if (missing >= minRows) grid.push({ value: null, code: -1, share: missing / rowCount });
  return grid;
}

/** The value to one part in 50 to 100 of the span, in steps of 1, 2 or 5: a neighbourhood, not somebody's number. */
export function rounded(value: number, span: number): number {
  if (!(span > 0)) return value;
  const raw = span / 50;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [5, 2, 1].find((factor) => factor * power <= raw * 1.0000001)! * power;
  // By way of decimal text, so that 0.30000000000000004 is 0.3.
  return Number((Math.round(value / step) * step).toPrecision(12)) + 0;
}

/** The column with each grid value `rowCount` times over. */
function gridCells(cells: Cells, grid: readonly GridValue[], rowCount: number): Cells {
  const at = (i: number): GridValue => grid[Math.floor(i / rowCount)]!;
  const length = grid.length * rowCount;
  if (cells.type === "number") {
    return {
      type: "number",
      values: Float64Array.from({ length }, (_, i) => (at(i).value as number | null) ?? Number.NaN),
    };
  }
  return { ...cells, codes: Int32Array.from({ length }, (_, i) => at(i).code) };
}

function meanOf(
  output: Float64Array,
  weight: Float64Array | undefined,
  start: number,
  rowCount: number,
  width: number,
  c: number,
): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < rowCount; i++) {
    const w = weight?.[i] ?? 1;
    sum += w * output[(start + i) * width + c]!;
    total += w;
  }
  return sum / total;
}
