/**
 * Permutation importance of table columns: how much worse the score gets when a
 * column is shuffled, so that it says nothing about its row any more.
 *
 * It is measured through the whole pipeline, so a column counts as the user knows
 * it, however many features it became. Columns that say the same thing cover for
 * each other; shuffle them together to see them. Source: Breiman 2001, Machine
 * Learning 45:5–32; Fisher, Rudin & Dominici 2019, JMLR 20(177).
 */
import { createRandom, MillwrightError, type ProgressListener, type Random } from "../core/index.ts";
import { take, takeTarget, type Target } from "../estimators/index.ts";
import type { Metric } from "../metrics/index.ts";
import { type Cells, type Frame, takeRows } from "../schema/index.ts";
import { standardDeviation } from "./bootstrap.ts";
import { type Predict, type RowContext, sampleRows, scoredRows, takeWeight } from "./rows.ts";

export interface ImportanceOptions extends RowContext {
  readonly predict: Predict;
  /** Rows that the model has not learnt from. */
  readonly frame: Frame;
  readonly target: Target;
  readonly metric: Metric;
  readonly seed: number;
  /** Columns, or groups of them to shuffle together; the frame's features unless told. */
  readonly columns?: readonly (string | readonly string[])[] | undefined;
  /** Shuffles a column; default 5. */
  readonly repeats?: number | undefined;
  /** Rows at most, drawn at random; default 10,000. */
  readonly maxRows?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

export interface ColumnImportance {
  readonly columns: readonly string[];
  /** Mean loss of score, positive where the column helps whatever the metric's direction, in the metric's unit. */
  readonly drop: number;
  /** Standard deviation of the drop over the shuffles. */
  readonly spread: number;
  /** Each shuffle's drop. Shape [repeats]. */
  readonly drops: readonly number[];
}

export interface Importance {
  /** Score with all columns in place. */
  readonly score: number;
  readonly rows: number;
  /** The most important first. */
  readonly columns: readonly ColumnImportance[];
}

/**
 * Importance of each column. Costs `columns × repeats + 1` predictions of the rows.
 *
 * @throws MillwrightError `SCHEMA_MISSING_COLUMN` for a column that the frame has not.
 * @throws MillwrightError `CANCELLED`, and what the metric throws for these rows.
 */
export async function permutationImportance(options: ImportanceOptions): Promise<Importance> {
  const { predict, metric, positive, repeats = 5, maxRows = 10_000, signal, onProgress } = options;
  const random = createRandom(options.seed).child("importance");
  const rows = sampleRows(options.frame.rowCount, maxRows, random.child("rows"));
  const whole = rows.length === options.frame.rowCount;
  const frame = whole ? options.frame : takeRows(options.frame, rows);
  const target = whole ? options.target : takeTarget(options.target, rows);
  const weight = whole ? options.weight : takeWeight(options.weight, rows);
  const groups = options.columns ?? featureNames(frame);
  const sign = metric.greaterIsBetter ? 1 : -1;
  const scoreOf = async (some: Frame): Promise<number> =>
    metric.score(scoredRows(target, await predict(some), { weight, positive }));

  const score = await scoreOf(frame);
  const columns: ColumnImportance[] = [];
  for (const [done, group] of groups.entries()) {
    const names = typeof group === "string" ? [group] : group;
    onProgress?.({ stage: "importance", done, total: groups.length, note: names.join(" + ") });
    const drops: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      if (signal?.aborted) {
        throw new MillwrightError(
          "CANCELLED",
          `Permutation importance was stopped after ${done} of ${groups.length} columns.`,
          "Start it again for the rest.",
        );
      }
      const shuffled = shuffleColumns(frame, names, random.child(names.join("\0")).child(repeat));
      drops.push(sign * (score - (await scoreOf(shuffled))));
    }
    const drop = drops.reduce((sum, value) => sum + value, 0) / repeats;
    columns.push({ columns: names, drop, spread: standardDeviation(drops), drops });
  }
  columns.sort((a, b) => b.drop - a.drop);
  return { score, rows: rows.length, columns };
}

/** The columns that models read. */
function featureNames(frame: Frame): string[] {
  return frame.schema.columns.filter((column) => column.role === "feature").map((column) => column.name);
}

/** The frame with some columns in another order of rows, the same order for all of them. */
function shuffleColumns(frame: Frame, names: readonly string[], random: Random): Frame {
  const order = random.shuffle(Uint32Array.from({ length: frame.rowCount }, (_, i) => i));
  const columns = new Map(frame.columns);
  for (const name of names) columns.set(name, takeCells(cellsOf(frame, name), order));
  return { ...frame, columns };
}

/** Cells of a column. @throws MillwrightError `SCHEMA_MISSING_COLUMN`. */
export function cellsOf(frame: Frame, name: string): Cells {
  const cells = frame.columns.get(name);
  if (cells !== undefined) return cells;
  throw new MillwrightError(
    "SCHEMA_MISSING_COLUMN",
    `There is no column "${name}" among the ${frame.columns.size} of these rows.`,
    `Choose from ${[...frame.columns.keys()].join(", ")}.`,
  );
}

function takeCells(cells: Cells, order: Uint32Array): Cells {
  if (cells.type === "number") {
    return { type: "number", values: take(cells.values, order) };
  }
  return { ...cells, codes: take(cells.codes, order) };
}
