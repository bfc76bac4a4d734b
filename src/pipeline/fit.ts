/**
 * A recipe fitted on rows: feature steps, then a model family, as one thing.
 *
 * The features see only the rows given here, so a fold's preprocessing never
 * sees the rows that judge it. The result is a graph fragment from raw columns
 * to the raw answer; several of them are blended into one file by `compose`.
 */
import type { ProgressListener, Random } from "../core/index.ts";
import { type Estimator, type Fitted, type Target, withUnseenClasses } from "../estimators/index.ts";
import { type Chain, type FittedFeatures, fitFeatures, type Union } from "../features/index.ts";
import type { Value } from "../graph/index.ts";
import type { Frame } from "../schema/index.ts";

/** How columns become features, and the family that learns from them. */
export interface Recipe {
  readonly chains: readonly (Chain | Union)[];
  readonly estimator: Estimator;
}

/** Rows with what goes with each of them. */
export interface LabelledRows {
  readonly frame: Frame;
  readonly y: Target;
  readonly weight?: Float64Array;
  /** Stable identity a row; the row's index when absent. */
  readonly rowIds?: Uint32Array;
}

export interface PipelineContext {
  readonly random: Random;
  readonly threads: number;
  /** Rows for early stopping; a family that needs some and gets none holds out its own. */
  readonly validation?: LabelledRows;
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

export interface FittedPipeline {
  readonly features: FittedFeatures;
  readonly model: Fitted;
  /**
   * @param inputs - Graph inputs by column name, [batch, 1] each.
   * @returns float64 [batch, 1] for a number, [batch, classes] probabilities for classes.
   */
  emit(inputs: ReadonlyMap<string, Value>): Value;
}

/** Fits the features, then the model, on the same rows. */
export async function fitRecipe(
  recipe: Recipe,
  rows: LabelledRows,
  context: PipelineContext,
): Promise<FittedPipeline> {
  const features = await fitFeatures(recipe.chains, rows.frame, {
    random: context.random.child("features"),
    target: rows.y,
    sparse: recipe.estimator.sparse === true,
    ...(rows.weight && { weight: rows.weight }),
    ...(rows.rowIds && { rowIds: rows.rowIds }),
  });
  const held = context.validation;
  const fitted = await recipe.estimator.fit(
    {
      x: features.matrix,
      y: rows.y,
      ...(rows.weight && { weight: rows.weight }),
      ...(rows.rowIds && { rowIds: rows.rowIds }),
    },
    {
      random: context.random.child("model"),
      threads: context.threads,
      ...(held && {
        validation: {
          x: await features.transform(held.frame),
          y: held.y,
          ...(held.weight && { weight: held.weight }),
        },
      }),
      ...(context.signal && { signal: context.signal }),
      ...(context.onProgress && { onProgress: context.onProgress }),
    },
  );
  const model = withUnseenClasses(fitted, rows.y, rows.weight);
  return { features, model, emit: (inputs) => model.emit(features.emit(inputs)) };
}
