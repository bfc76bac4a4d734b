/**
 * Histogram gradient boosting: the strongest single family on most tables.
 *
 * Values become at most 255 bins, trees grow best leaf first on quantised derivatives, and rounds stop when rows held
 * out for it (given, or drawn by identity, stratified by class) get no better. Sparse rows give the trees that their
 * dense columns would give, and those are never made. Source: Ke et al. 2017, LightGBM.
 */
import { type Json, MillwrightError, nearest, resolveParameters } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { Kernels } from "../../kernels/index.ts";
import { type Estimator, type Fitted, type Loss, targetsOfLoss, taskOfLoss, usableRows } from "../index.ts";
import { binMatrix, defaultBinOptions, usefulThreads } from "./bin-matrix.ts";
import { emitTrees } from "./emit.ts";
import { type BoostedTrees, fitBoosted } from "./fit-boosted.ts";
import { type BoostingParameters, boostingParameters } from "./parameters.ts";
import {
  appendStatistics,
  emitStatistics,
  learnTargetStatistics,
  type TargetStatistic,
} from "./target-statistics.ts";
import { importanceOf, sumTrees } from "./tree.ts";

/** Parameters of `boosting`: those of the table, and constraints by feature name. */
export type BoostingSettings = Partial<BoostingParameters> & {
  /** 1 where the answer (the score of class 1) must not fall as the feature rises, −1 where it must not rise. */
  readonly monotone?: Readonly<Record<string, 1 | -1>>;
  /** A loss of the user's own, in place of `objective`. */
  readonly loss?: Loss;
};

/**
 * Gradient boosting of trees.
 *
 * @throws MillwrightError `PARAMETER_UNKNOWN`, `PARAMETER_RANGE` for settings that the table refuses; when fitting,
 * `PARAMETER_UNKNOWN` for a constraint on a feature that is not there, and `PARAMETER_CONFLICT` for one on a category
 * or with more than two classes.
 */
export function boosting(settings: BoostingSettings = {}): Estimator {
  const { monotone, loss, ...given } = settings;
  const resolved = resolvedBoosting(given);
  if (loss !== undefined && resolved.objective !== "auto") {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `boosting is given the loss "${loss.name}" and the objective "${resolved.objective}".`,
      "Leave one of them out.",
    );
  }
  const family = loss === undefined ? "boosting" : `boosting, ${loss.name}`;
  return {
    family,
    parameters: {
      ...resolved,
      ...(monotone !== undefined && { monotone }),
      ...(loss && { loss: loss.name }),
    },
    tasks: loss ? [taskOfLoss(loss)] : ["regression", "classification"],
    sparse: true,
    ...(loss && { plan: "trees", title: `gradient boosting by the loss ${loss.name}` }),
    async fit(rows, context) {
      const usable = usableRows("boosting", rows);
      const watched =
        context.validation === undefined ? undefined : usableRows("boosting", context.validation, true);
      const { y, weight, rowIds } = usable;
      if (loss !== undefined) targetsOfLoss(loss, y);
      if (monotone !== undefined && y.kind === "classification" && y.classCount > 2) {
        throw new MillwrightError(
          "PARAMETER_CONFLICT",
          `boosting.monotone needs one answer that rises or falls, and the target has ${y.classCount} classes.`,
          "Leave it out.",
        );
      }
      if (monotone !== undefined && resolved.objective === "quantile") {
        throw new MillwrightError(
          "PARAMETER_CONFLICT",
          'boosting.monotone does not hold under objective "quantile", whose leaves are set to quantiles afterwards.',
          "Leave one of them out.",
        );
      }
      const seed = context.random.child("boosting").integer(2 ** 31);
      const { statistics, columns } = learnTargetStatistics(
        usable.x,
        y,
        weight,
        rowIds,
        resolved.maxNativeCategories,
        seed,
      );
      const x = appendStatistics(usable.x, statistics, columns);
      const directions = monotone === undefined ? undefined : directionsOf(monotone, x);
      const kernels = new Kernels(usefulThreads(x, context.threads));
      try {
        const { maxBins, minRowsInBin } = resolved;
        const bins = { ...defaultBinOptions, maxBins, minRowsInBin, seed };
        const more = watched && appendStatistics(watched.x, statistics);
        const data = binMatrix(kernels, x, bins, rowIds, more);
        const targets = { y, weight, rowIds, validation: watched, monotone: directions, loss };
        const model = await fitBoosted(data, targets, resolved, seed, context);
        return fittedBoosting(family, model, statistics, usable.x.features.length);
      } finally {
        await kernels.close();
      }
    },
  };
}

/** All parameters, checked. @throws MillwrightError `PARAMETER_UNKNOWN`, `PARAMETER_RANGE`. */
export function resolvedBoosting(given: Partial<BoostingParameters>): BoostingParameters {
  return resolveParameters("boosting", boostingParameters, given);
}

function directionsOf(monotone: Readonly<Record<string, 1 | -1>>, x: Matrix): Int8Array {
  const directions = new Int8Array(x.features.length);
  for (const [name, direction] of Object.entries(monotone)) {
    const j = x.features.findIndex((feature) => feature.name === name);
    if (j < 0) {
      const guess = nearest(
        name,
        x.features.map((feature) => feature.name),
      );
      throw new MillwrightError(
        "PARAMETER_UNKNOWN",
        `boosting.monotone names "${name}", and the ${x.features.length} features have no such name${guess === undefined ? "" : `; the nearest is "${guess}"`}.`,
        "Name a feature of the matrix.",
      );
    }
    if (x.features[j]!.kind === "category") {
      throw new MillwrightError(
        "PARAMETER_CONFLICT",
        `boosting.monotone names "${name}", a category, which has no order.`,
        "Constrain numbers only.",
      );
    }
    directions[j] = direction;
  }
  return directions;
}

/** The model that boosted trees make. */
export function fittedBoosting(
  family: string,
  model: BoostedTrees,
  statistics: readonly TargetStatistic[],
  featureCount: number,
): Fitted {
  const { trees, base } = model;
  const { objective } = model;
  const gains = importanceOf(trees, featureCount + statistics.length);
  const importance = gains.slice(0, featureCount);
  // What a statistic earned belongs to its category.
  statistics.forEach(({ feature }, s) => {
    importance[feature]! += gains[featureCount + s]!;
  });
  const summary: Json = {
    trees: trees.length,
    objective: model.objectiveName,
    rounds: trees.length / base.length,
  };
  return {
    family,
    emit: (x) => objective.emit(emitTrees(trees, base, emitStatistics(statistics, x))),
    reference: (x: Matrix) =>
      objective.reference(sumTrees(trees, base, appendStatistics(x, statistics)), base.length),
    importance,
    summary,
    ...(model.chosenRounds !== undefined && {
      settled: { rounds: model.chosenRounds, earlyStoppingRounds: 0 },
    }),
  };
}
