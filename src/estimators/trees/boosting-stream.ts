/**
 * Boosting on rows that are never all in memory as numbers: bins are learnt from a sample, every row is kept as one
 * byte a feature, and trees grow on those as ever.
 *
 * How many rounds are best is known by then from the folds of the sample, so no rows are held out for it.
 */
import { Kernels } from "../../kernels/index.ts";
import { type FitContext, type Fitted, type Target, type TrainingSet, usableRows } from "../index.ts";
import { defaultBinOptions, learnBins } from "./bin-matrix.ts";
import { BinnedDataset } from "./binned-dataset.ts";
import { type BoostingSettings, fittedBoosting, resolvedBoosting } from "./boosting.ts";
import { fitBoosted } from "./fit-boosted.ts";
import { appendStatistics, learnTargetStatistics } from "./target-statistics.ts";

/** Rows that come block by block, by the same features as the sample. */
export interface StreamedRows {
  /** No more rows than this will come. */
  readonly rowCount: number;
  readonly weighted: boolean;
  /**
   * Gives every row once, in order.
   *
   * @param begin - Called first, and again where all rows before are void.
   */
  each(begin: () => void, take: (rows: TrainingSet) => void): Promise<void>;
}

/** Bytes that one row takes while boosting, without its cells as numbers. */
export function boostedRowBytes(featureCount: number, y: Target, weighted: boolean): number {
  const outputs = y.kind === "classification" && y.classCount > 2 ? y.classCount : 1;
  // Targets and weights stand here and in the kernels; scores and derivatives an output; lists of rows.
  const numbers = 2 * 8 + (weighted ? 2 * 8 : 0) + 16 * outputs + 4;
  return 4 * Math.ceil(featureCount / 4) + numbers + 4 * 6;
}

/**
 * Boosts on streamed rows.
 *
 * @param settings - As for `boosting`; `monotone` and a loss of one's own are not taken here. Early stopping is off.
 * @param sample - What bins, and the numbers of categories with many values, are learnt from.
 * @param rounds - Rounds to boost.
 */
export async function fitBoostingStreamed(
  settings: Omit<BoostingSettings, "monotone" | "loss">,
  sample: TrainingSet,
  rows: StreamedRows,
  rounds: number,
  context: FitContext,
): Promise<Fitted> {
  const resolved = { ...resolvedBoosting(settings), rounds, earlyStoppingRounds: 0 };
  const usable = usableRows("boosting", sample);
  const seed = context.random.child("boosting").integer(2 ** 31);
  const { maxBins, minRowsInBin, maxNativeCategories } = resolved;
  const { x, y, weight, rowIds } = usable;
  const learnt = learnTargetStatistics(x, y, weight, rowIds, maxNativeCategories, seed);
  const wide = appendStatistics(x, learnt.statistics, learnt.columns);
  const features = learnBins(wide, { ...defaultBinOptions, maxBins, minRowsInBin, seed }, rowIds);
  const kernels = new Kernels(context.threads);
  try {
    const data = new BinnedDataset(kernels, features, rows.rowCount, 0);
    const values = y.kind === "regression" ? new Float64Array(rows.rowCount) : new Int32Array(rows.rowCount);
    const weights = rows.weighted ? new Float64Array(rows.rowCount) : undefined;
    await rows.each(
      () => data.clear(),
      (block) => {
        const at = data.rowCount;
        values.set(block.y.kind === "regression" ? block.y.values : block.y.codes, at);
        weights?.set(block.weight!, at);
        data.append(appendStatistics(block.x, learnt.statistics).columns);
      },
    );
    const count = data.rowCount;
    const target: Target =
      y.kind === "regression"
        ? { kind: "regression", values: values.subarray(0, count) as Float64Array }
        : { ...y, codes: values.subarray(0, count) as Int32Array };
    const targets = { y: target, weight: weights?.subarray(0, count) };
    const model = await fitBoosted(data, targets, resolved, seed, context);
    return fittedBoosting("boosting", model, learnt.statistics, x.features.length);
  } finally {
    await kernels.close();
  }
}
