/** What a file of several labels says of how it was made, fitted again without a search. */
import { availableParallelism } from "node:os";
import type { ModelRecipe } from "../../model/index.ts";
import type { Schema } from "../../schema/index.ts";
import { requireMembers } from "../tabular/recorded.ts";
import { pinnedColumns } from "../tabular/refit.ts";
import type { LabelOptions } from "./options.ts";
import { type LabelResult, trainLabels } from "./train-labels.ts";

/** The options of a run that a recipe does not settle. */
export type RefitLabelOptions = Omit<
  LabelOptions,
  | "targets"
  | "labelsBy"
  | "metric"
  | "time"
  | "budget"
  | "families"
  | "folds"
  | "testSize"
  | "columns"
  | "keep"
  | "drop"
  | "weight"
  | "group"
  | "timeColumn"
  | "id"
  | "seed"
  | "recipe"
  | "software"
  | "threads"
> & {
  /** Cores to use; all unless told. */
  readonly threads?: number;
  /** Name and version of the program, for the file; that of the recipe unless told. */
  readonly software?: string;
  /** Columns of the file that the recipe comes from: they keep their kinds, whatever the new rows look like. */
  readonly schema?: Schema;
};

/**
 * Fits what the recipe of a file of several labels records: the same options, the same models with the same shares,
 * no search. Labels and their thresholds are those of the new rows. On the same table it gives the same bytes.
 *
 * @throws MillwrightError `MODEL_INVALID` for a recipe without models; as `trainLabels`.
 */
export async function refitLabels(recipe: ModelRecipe, options: RefitLabelOptions): Promise<LabelResult> {
  const { schema, software = recipe.software, threads = availableParallelism(), ...rest } = options;
  requireMembers(recipe);
  const { task: _, ...recorded } = recipe.options as unknown as LabelOptions & {
    readonly task: "multilabel";
  };
  const columns = pinnedColumns(schema, recorded.columns);
  return await trainLabels({
    ...recorded,
    ...(Object.keys(columns).length > 0 && { columns }),
    ...rest,
    threads,
    seed: recipe.seed,
    recipe,
    software,
  });
}
