/** What a file says of how it was made, fitted again without a search. */
import { MillwrightError } from "../../core/index.ts";
import type { ColumnOverride } from "../../data/index.ts";
import type { ModelRecipe } from "../../model/index.ts";
import type { Schema } from "../../schema/index.ts";
import type { OwnStep, RacedFamily } from "../../select/index.ts";
import type { Metric } from "../../metrics/index.ts";
import type { TrainOptions } from "./options.ts";
import type { RecordedOwn } from "./own.ts";
import { requireMembers } from "./recorded.ts";
import { trainTable, type TrainResult } from "./train.ts";

/** The options of a run that a recipe does not settle. */
export type RefitOptions = Omit<
  TrainOptions,
  | "target"
  | "task"
  | "order"
  | "metric"
  | "positive"
  | "time"
  | "budget"
  | "families"
  | "steps"
  | "folds"
  | "testSize"
  | "columns"
  | "keep"
  | "drop"
  | "weight"
  | "group"
  | "timeColumn"
  | "id"
  | "cost"
  | "classWeight"
  | "seed"
  | "recipe"
  | "software"
  | "threads"
> & {
  /** Cores to use; all unless told. */
  readonly threads?: number;
  /** Code of the user's own that the recipe was made with: a file holds its names alone. */
  readonly families?: readonly Exclude<RacedFamily, string>[];
  readonly steps?: readonly OwnStep[];
  readonly metric?: Metric;
  /** Name and version of the program, for the file; that of the recipe unless told. */
  readonly software?: string;
  /** Columns of the file that the recipe comes from: they keep their kinds, whatever the new rows look like. */
  readonly schema?: Schema;
};

/**
 * Fits what a recipe records: the same options, the same models with the same shares, no search. On the same table
 * it gives the same bytes.
 *
 * @param recipe - `metadata.recipe` of a file, or what `millwright eject` wrote.
 * @throws MillwrightError `MODEL_INVALID` for a recipe without models; `PARAMETER_CONFLICT` for one of several labels;
 *   as `trainTable`.
 */
export async function refit(recipe: ModelRecipe, options: RefitOptions): Promise<TrainResult> {
  const { schema, software = recipe.software, ...rest } = options;
  const {
    budget: _,
    judgedElsewhere: __,
    own: ___,
    ...recorded
  } = recipe.options as unknown as TrainOptions & {
    readonly judgedElsewhere?: true;
    readonly own?: RecordedOwn;
  };
  requireOneAnswer(recipe);
  requireMembers(recipe);
  const columns = pinnedColumns(schema, recorded.columns);
  // Other rows judge, or the same share of these.
  const { testSize, ...settled } = recorded;
  return await trainTable({
    ...settled,
    ...(testSize !== undefined && options.testSource === undefined && { testSize }),
    ...(Object.keys(columns).length > 0 && { columns }),
    ...rest,
    ...(options.families && { families: [...(recorded.families ?? []), ...options.families] }),
    seed: recipe.seed,
    recipe,
    software,
  });
}

/** What is declared of columns when a recipe is fitted anew: the kinds of those that the model reads, then what the recipe says. */
export function pinnedColumns(
  schema: Schema | undefined,
  recorded: Readonly<Record<string, ColumnOverride>> = {},
): Record<string, ColumnOverride> {
  const pinned = schema === undefined ? {} : kindsOf(schema);
  return Object.fromEntries(
    [...new Set([...Object.keys(pinned), ...Object.keys(recorded)])].map((name) => [
      name,
      { ...pinned[name], ...recorded[name] },
    ]),
  );
}

/** Kinds of the columns that a model reads. */
function kindsOf(schema: Schema): Record<string, ColumnOverride> {
  const read = schema.columns.filter(({ role }) => role === "feature");
  return Object.fromEntries(read.map(({ name, kind }) => [name, { kind }]));
}

function requireOneAnswer({ options }: ModelRecipe): void {
  if ((options as { readonly task?: unknown }).task !== "multilabel") return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    "The recipe is of a file that answers several labels a row.",
    "Fit it anew with refitLabels of millwright/tasks, or with `millwright train --like`.",
  );
}
