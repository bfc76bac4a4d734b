/**
 * Where a model fails: segments of one or two columns whose rows have more loss than the others.
 *
 * All segments of every column, and of pairs of columns, are tried by Welch's test
 * of their mean loss against the remaining rows. Having tried many, some look bad by
 * chance: p-values are adjusted so that of the segments reported at most 5 % are
 * expected to be false. A pair must also be worse than the remaining rows of each of
 * its parts, or the part alone says as much. After the worst, a segment is reported
 * only if it is still worse without the rows already reported.
 * Source: Chung et al. 2019, Slice Finder; Benjamini & Hochberg 1995, JRSS B 57:289–300.
 */
import type { Target } from "../estimators/index.ts";
import { logLossRows, type Metric } from "../metrics/index.ts";
import type { Frame } from "../schema/index.ts";
import { bootstrapInterval, type ScoreInterval } from "./bootstrap.ts";
import { studentTwoSided } from "./distributions.ts";
import { type RowContext, scoredRows, takeScored } from "./rows.ts";
import { type Condition, type Cut, cutColumn } from "./segments.ts";

export interface SegmentOptions extends RowContext {
  /** Rows that the model has not learnt from. */
  readonly frame: Frame;
  readonly target: Target;
  /** The model's answers for the frame: numbers, or probabilities row-major. */
  readonly output: Float64Array;
  /** Scored on each segment reported. */
  readonly metric: Metric;
  readonly seed: number;
  /** Columns to cut; the frame's features unless told. */
  readonly columns?: readonly string[] | undefined;
  /** Rows that a segment needs; default 30. */
  readonly minRows?: number | undefined;
  /** Segments reported at most; default 5. */
  readonly top?: number | undefined;
  /** Share of false segments expected among those reported; default 0.05. */
  readonly falseShare?: number | undefined;
}

export interface Segment {
  /** One or two conditions that all its rows meet. */
  readonly conditions: readonly Condition[];
  /** The conditions for people, joined by "and". */
  readonly text: string;
  readonly rows: number;
  /** Mean loss of its rows over that of all rows: 2 is twice the loss. Log loss for classes, absolute error for numbers. */
  readonly lossRatio: number;
  /** p-value against the remaining rows, adjusted for the number of segments tried. */
  readonly adjustedP: number;
  /** Score with its interval; null where the metric is undefined on these rows (one class only). */
  readonly score: ScoreInterval | null;
}

export interface Segments {
  /** The worst first; empty if none is worse than chance explains. */
  readonly worst: readonly Segment[];
  /** Score of all rows. */
  readonly overall: number;
  /** Segments that were tried. */
  readonly tried: number;
}

/** Pairs are formed among so many columns, those with the clearest single segments. */
const PAIR_COLUMNS = 16;

/**
 * The segments on which the model does worst. Costs O(n × columns + n × 120 pairs).
 *
 * @throws MillwrightError `SHAPE_MISMATCH`, and what the metric throws for all rows.
 */
export function worstSegments(options: SegmentOptions): Segments {
  const { frame, target, output, metric, minRows = 30, top = 5, falseShare = 0.05 } = options;
  const scored = scoredRows(target, output, options);
  const overall = metric.score(scored);
  const loss = lossRows(target, output);
  const weight = options.weight ?? new Float64Array(frame.rowCount).fill(1);
  const whole = sumsOf(loss, weight);
  const chosen = frame.schema.columns.filter((column) =>
    options.columns === undefined ? column.role === "feature" : options.columns.includes(column.name),
  );
  const singles = chosen.flatMap((column) => {
    const cut = cutColumn(frame, column, minRows);
    return cut === undefined ? [] : [{ cut, candidates: candidatesOf([cut], loss, weight, whole, minRows) }];
  });
  const strongest = (entry: { candidates: readonly Candidate[] }): number =>
    Math.max(0, ...entry.candidates.map((candidate) => candidate.t));
  const paired = singles.toSorted((a, b) => strongest(b) - strongest(a)).slice(0, PAIR_COLUMNS);
  const all = singles.flatMap((entry) => entry.candidates);
  for (const [i, a] of paired.entries()) {
    for (const b of paired.slice(i + 1)) {
      all.push(...candidatesOf([a.cut, b.cut], loss, weight, whole, minRows, [a.candidates, b.candidates]));
    }
  }
  const adjusted = adjust(all.map((candidate) => candidate.p));
  const ranked = all
    .map((candidate, i) => ({ candidate, p: adjusted[i]! }))
    .filter(({ candidate, p }) => p <= falseShare && candidate.t > 0)
    // By the loss that the segment surely has, so that a small wild one does not come before a large sure one.
    .sort((a, b) => b.candidate.surely - a.candidate.surely);
  const left = weight.slice();
  const worst: { candidate: Candidate; p: number; rows: Uint32Array }[] = [];
  for (const entry of ranked) {
    if (worst.length === top) break;
    const rows = rowsOf(entry.candidate, weight);
    if (worst.length > 0 && !stillWorse(rows, loss, left, minRows)) continue;
    worst.push({ ...entry, rows });
    for (const row of rows) left[row] = 0;
  }
  const overallLoss = whole.sum / whole.weight;
  return {
    overall,
    tried: all.length,
    worst: worst.map(({ candidate, p, rows }) => ({
      conditions: candidate.conditions,
      text: candidate.conditions.map((condition) => condition.text).join(" and "),
      rows: rows.length,
      lossRatio: candidate.mean / overallLoss,
      adjustedP: p,
      score: intervalOrNull(metric, takeScored(scored, rows), options.seed),
    })),
  };
}

/** Log loss a row for classes, absolute error for numbers. */
function lossRows(target: Target, output: Float64Array): Float64Array {
  if (target.kind === "classification") return logLossRows(target.codes, output, target.classCount);
  return target.values.map((value, i) => Math.abs(value - output[i]!));
}

/** Weighted sums of loss over some rows. */
interface Sums {
  rows: number;
  weight: number;
  weightSquares: number;
  sum: number;
  squares: number;
}

interface Candidate {
  readonly conditions: readonly Condition[];
  readonly cuts: readonly Cut[];
  readonly parts: readonly number[];
  readonly mean: number;
  readonly sums: Sums;
  /** Welch's t against the remaining rows; positive is worse. */
  readonly t: number;
  /** Of being no worse than all remaining rows; of a pair also than those of either part, the largest of the three. */
  readonly p: number;
  /** Mean loss less two standard errors. */
  readonly surely: number;
}

const noSums = (): Sums => ({ rows: 0, weight: 0, weightSquares: 0, sum: 0, squares: 0 });

function add(sums: Sums, loss: number, weight: number): void {
  if (weight === 0) return;
  sums.rows++;
  sums.weight += weight;
  sums.weightSquares += weight * weight;
  sums.sum += weight * loss;
  sums.squares += weight * loss * loss;
}

function sumsOf(loss: Float64Array, weight: Float64Array): Sums {
  const sums = noSums();
  for (let i = 0; i < loss.length; i++) add(sums, loss[i]!, weight[i]!);
  return sums;
}

/** Every segment of one cut, or every intersection of the segments of two, that holds enough rows. */
function candidatesOf(
  cuts: readonly Cut[],
  loss: Float64Array,
  weight: Float64Array,
  whole: Sums,
  minRows: number,
  parts: readonly (readonly Candidate[])[] = [],
): Candidate[] {
  const [first, second] = [cuts[0]!, cuts[1]];
  const width = second?.conditions.length ?? 1;
  const cells = Array.from({ length: first.conditions.length * width }, noSums);
  for (let i = 0; i < loss.length; i++) {
    const a = first.part[i]!;
    const b = second === undefined ? 0 : second.part[i]!;
    if (a >= 0 && b >= 0) add(cells[a * width + b]!, loss[i]!, weight[i]!);
  }
  return cells.flatMap((cell, index) => {
    if (cell.rows < minRows || cell.rows === whole.rows) return [];
    const at = second === undefined ? [index] : [Math.floor(index / width), index % width];
    const { t, p, mean, error } = welch(cell, whole);
    const withinParts = at.map((part, k) => {
      const single = parts[k]?.find((candidate) => candidate.parts[0] === part);
      return single === undefined || single.sums.rows === cell.rows ? p : welch(cell, single.sums).p;
    });
    return [
      {
        conditions: at.map((part, k) => cuts[k]!.conditions[part]!),
        cuts,
        parts: at,
        sums: cell,
        mean,
        t,
        p: Math.max(p, ...withinParts),
        surely: mean - 2 * error,
      },
    ];
  });
}

/**
 * Welch's test of the mean loss inside against the rest of the whole, p = 1 where it is not worse.
 * Means of weighted rows, with Kish's effective counts.
 */
function welch(inside: Sums, whole: Sums): { t: number; p: number; mean: number; error: number } {
  const outside: Sums = {
    rows: whole.rows - inside.rows,
    weight: whole.weight - inside.weight,
    weightSquares: whole.weightSquares - inside.weightSquares,
    sum: whole.sum - inside.sum,
    squares: whole.squares - inside.squares,
  };
  const moments = ({ weight, weightSquares, sum, squares }: Sums) => {
    const mean = sum / weight;
    const count = (weight * weight) / weightSquares;
    const variance = Math.max(0, squares / weight - mean * mean) * (count / Math.max(1, count - 1));
    return { mean, count, square: variance / count };
  };
  const a = moments(inside);
  const b = moments(outside);
  const square = a.square + b.square;
  const gap = a.mean - b.mean;
  if (!(gap > 1e-9 * Math.abs(b.mean))) return { t: 0, p: 1, mean: a.mean, error: Math.sqrt(a.square) };
  if (square === 0) return { t: Infinity, p: 0, mean: a.mean, error: 0 };
  const t = gap / Math.sqrt(square);
  const degrees =
    square ** 2 / (a.square ** 2 / Math.max(1, a.count - 1) + b.square ** 2 / Math.max(1, b.count - 1));
  return { t, p: studentTwoSided(t, degrees), mean: a.mean, error: Math.sqrt(a.square) };
}

/** Benjamini and Hochberg's adjusted p-values. */
function adjust(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[b]! - values[a]!);
  const adjusted = new Array<number>(values.length);
  let least = 1;
  order.forEach((index, place) => {
    least = Math.min(least, (values[index]! * values.length) / (values.length - place));
    adjusted[index] = least;
  });
  return adjusted;
}

function rowsOf({ cuts, parts }: Candidate, weight: Float64Array): Uint32Array {
  const rows: number[] = [];
  for (let i = 0; i < cuts[0]!.part.length; i++) {
    if (weight[i]! > 0 && cuts.every((cut, k) => cut.part[i] === parts[k])) rows.push(i);
  }
  return Uint32Array.from(rows);
}

/** Whether rows have more loss than the others by two standard errors, leaving out those whose weight is taken. */
function stillWorse(rows: Uint32Array, loss: Float64Array, left: Float64Array, minRows: number): boolean {
  const inside = noSums();
  for (const row of rows) if (left[row]! > 0) add(inside, loss[row]!, left[row]!);
  return inside.rows >= minRows && welch(inside, sumsOf(loss, left)).t > 2;
}

function intervalOrNull(
  metric: Metric,
  rows: Parameters<Metric["score"]>[0],
  seed: number,
): ScoreInterval | null {
  const ones = rows.weight ?? new Float64Array(rows.y.length).fill(1);
  if (Number.isNaN(metric.scorer(rows)(ones))) return null;
  return bootstrapInterval(metric, rows, { seed, replicates: 400 });
}
