/** What a user may ask of a training run on a table; every field is a flag of `millwright train`. */
import type { Json } from "../../core/index.ts";
import type { ModelRecipe } from "../../model/index.ts";
import type { Metric } from "../../metrics/index.ts";
import type { Choice, OwnStep, RacedFamily } from "../../select/index.ts";
import type { RunOptions } from "../run-options.ts";
import type { ClassWeightOption } from "./class-weights.ts";
import { type OwnParts, recordedOwn } from "./own.ts";
import type { Requirement } from "./requirements.ts";

export interface TrainOptions extends RunOptions {
  readonly target: string;
  readonly task?: "classification" | "regression" | "ordinal";
  /** Levels of the target from the least to the most; as numbers ascend, or as known words stand, unless told. */
  readonly order?: readonly string[];
  /** Metric to choose by; rocAuc for two classes, logLoss for more, quadraticKappa for levels, rmse for numbers. */
  readonly metric?: string | Metric;
  readonly positive?: string;
  /** Seconds for the whole run; exclusive with `budget`. */
  readonly time?: number;
  /** Work units, reproducible; about seconds of one core. */
  readonly budget?: number;
  /** Names, `usual` for those tried unless told, and families of the user's own: objects, or modules that hold them. */
  readonly families?: readonly RacedFamily[];
  /** Feature steps of the user's own, which every family gets beside the usual features. */
  readonly steps?: readonly OwnStep[];
  /** 2 … 20; from the row count unless told. */
  readonly folds?: number;
  /** Share of rows kept untouched, in (0, 1); default 0.2. */
  readonly testSize?: number;
  /** Untouched rows from another source instead. */
  readonly testSource?: string;
  readonly weight?: string;
  readonly group?: string;
  readonly timeColumn?: string;
  /** Cost of a false alarm and of a miss, in any unit; sets the threshold. */
  readonly cost?: { readonly falsePositive: number; readonly falseNegative: number };
  /** Weight of training rows by their label; figures are of the rows as they are. */
  readonly classWeight?: ClassWeightOption;
  /** Most milliseconds of one row, its median on this machine: what is shipped is chosen among what keeps to it. */
  readonly maxLatency?: number;
  /** Most bytes of the file, in the same way. */
  readonly maxSize?: number;
  /** What the file must reach on the untouched rows; told in the record, and changes nothing else. */
  readonly require?: readonly Requirement[];
  /** Other model files, of any tool, to be judged on the same untouched rows. */
  readonly against?: readonly string[];
  /** Columns in the order of the one matrix that such a file takes; by name unless told. */
  readonly inputs?: readonly string[];
  /** What to fit, with which shares, instead of a race; kept in the file as it is. */
  readonly recipe?: ModelRecipe;
  /** The file that `recipe` comes from, for the command that makes the same again. */
  readonly like?: string;
}

/** The same as a caller in code writes it: seed 0, all cores, and no name for the program unless told. */
export type TrainRequest = Omit<TrainOptions, "seed" | "threads" | "software"> &
  Partial<Pick<TrainOptions, "seed" | "threads" | "software">>;

/**
 * What the file says of how it was made: enough to make it again from the same table, and nothing
 * about where or when: no path, no clock, no thread count.
 */
export function recipeOf(
  options: TrainOptions,
  unitsUsed: number,
  choice: Choice,
  own: OwnParts,
): ModelRecipe {
  if (options.recipe !== undefined) return { ...options.recipe, software: options.software };
  const {
    target,
    task,
    order,
    metric,
    positive,
    folds,
    testSize,
    columns,
    keep,
    drop,
    weight,
    group,
    timeColumn,
    id,
    cost,
    classWeight,
  } = options;
  const families = options.families?.filter((item) => typeof item === "string");
  const chosen = {
    target,
    task,
    order,
    metric: typeof metric === "object" ? metric.name : metric,
    positive,
    families,
    folds,
    testSize,
    columns,
    keep,
    drop,
    weight,
    group,
    timeColumn,
    id,
    cost,
    classWeight,
    own: recordedOwn(own, choice),
  };
  // That all rows were learnt from, and others judged; which ones is not said.
  const judgedElsewhere = options.testSource === undefined ? undefined : true;
  const given = Object.fromEntries(
    Object.entries({ ...chosen, judgedElsewhere }).filter(([, value]) => value !== undefined),
  );
  const members = choice.members.map(({ entry, weight }) => {
    const { name, family, parameters } = entry.candidate;
    return { name, family, parameters: parameters as Json, weight };
  });
  return {
    seed: options.seed,
    options: { ...given, budget: unitsUsed } as Json,
    members,
    software: options.software,
  };
}
