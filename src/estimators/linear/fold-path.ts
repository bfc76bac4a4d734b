/**
 * Choosing the strength of a penalty by folds, for fits that hold their rows in one piece: folds are
 * weights, 0 for the rows left out, and which fold a row is in depends on its identity only.
 */
import { rowUniform } from "../../core/index.ts";
import { take, takeRows, takeTarget, type UsableRows } from "../index.ts";
import { sampleRows } from "./ridge-path.ts";

export interface SampledFolds {
  readonly rows: UsableRows;
  /** Weights of the rows inside and outside each fold. */
  readonly folds: readonly { readonly inside: Float64Array; readonly outside: Float64Array }[];
}

const foldCount = 5;
/** Multiplications of one Gram matrix of the sample. */
const sampleWork = 8e6;

/** At most 5,000 rows in 5 folds; undefined where rows are fewer than 10. */
export function foldsOfSample(all: UsableRows, seed: number): SampledFolds | undefined {
  const q = all.x.columns.length + 1;
  const most = Math.round(Math.min(5000, Math.max(1000, sampleWork / q ** 2)));
  const index = sampleRows(all.rowIds, most, seed);
  if (index.length < 2 * foldCount) return undefined;
  const whole = index.length === all.rowIds.length;
  const weight = whole || all.weight === undefined ? all.weight : take(all.weight, index);
  const rows: UsableRows = whole
    ? all
    : {
        x: takeRows(all.x, index),
        y: takeTarget(all.y, index),
        weight,
        rowIds: take(all.rowIds, index),
        totalWeight: weight?.reduce((sum, w) => sum + w, 0) ?? index.length,
      };
  const fold = Uint8Array.from(rows.rowIds, (id) =>
    Math.floor(rowUniform(seed ^ 0x5bd1e995, id) * foldCount),
  );
  const folds = Array.from({ length: foldCount }, (_, f) => ({
    inside: Float64Array.from(fold, (at, i) => (at === f ? 0 : (weight?.[i] ?? 1))),
    outside: Float64Array.from(fold, (at, i) => (at === f ? (weight?.[i] ?? 1) : 0)),
  }));
  return {
    rows,
    folds: folds.filter(({ inside, outside }) => inside.some(positive) && outside.some(positive)),
  };
}

const positive = (w: number): boolean => w > 0;

/** The strength of least loss, in the order given; three in a row without a gain end the path. */
export async function leastLoss(
  strengths: readonly number[],
  lossOf: (strength: number) => Promise<number>,
  signal: AbortSignal | undefined,
): Promise<number> {
  let best = strengths[0]!;
  let least = Infinity;
  for (let k = 0, worse = 0; k < strengths.length && worse < 3 && !signal?.aborted; k++) {
    const loss = await lossOf(strengths[k]!);
    worse = loss < least ? 0 : worse + 1;
    if (loss < least) {
      least = loss;
      best = strengths[k]!;
    }
  }
  return best;
}
