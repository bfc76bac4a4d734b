/** The flags of `millwright train`, and those that a task does not take. */
import { MillwrightError } from "../../core/index.ts";
import type { Reading } from "../../data/index.ts";
import type { ModelRecipe } from "../../model/index.ts";
import type { ChangeName, NetName, SoundChange, SoundNet } from "../../tasks/index.ts";
import { flagOf } from "../options.ts";
import type { RunContext } from "../run-and-save.ts";

export interface TrainFlags extends Reading {
  readonly target?: string;
  readonly like?: string;
  readonly task?: "classification" | "regression" | "ordinal" | "multilabel" | "tags" | "sequence";
  readonly labelsBy?: string;
  readonly order?: readonly string[];
  readonly metric?: string;
  readonly positive?: string;
  readonly time?: number;
  readonly budget?: number;
  readonly families?: readonly string[];
  readonly folds?: number;
  readonly testSize?: number;
  readonly test?: string;
  readonly validation?: string;
  readonly column?: readonly string[];
  readonly keep?: readonly string[];
  readonly drop?: readonly string[];
  readonly weight?: string;
  readonly group?: string;
  readonly timeColumn?: string;
  readonly id?: string;
  readonly maxLatency?: number;
  readonly maxSize?: number;
  readonly require?: readonly string[];
  readonly against?: readonly string[];
  readonly inputs?: readonly string[];
  readonly classWeight?: "balanced" | Readonly<Record<string, number>>;
  readonly cost?: { readonly falsePositive: number; readonly falseNegative: number };
  readonly image?: string;
  readonly net?: NetName | SoundNet;
  readonly members?: number;
  readonly from?: string;
  readonly freeze?: readonly string[];
  readonly backboneRate?: number;
  readonly pixelMean?: readonly number[];
  readonly pixelDeviation?: readonly number[];
  readonly pixelLayout?: "nchw" | "nhwc";
  readonly imageSize?: number;
  readonly audio?: string;
  readonly rate?: number;
  readonly length?: number;
  readonly epochs?: number;
  readonly horizon?: number;
  readonly coverage?: number;
  readonly steps?: number;
  readonly period?: number;
  readonly augment?: readonly (ChangeName | SoundChange)[];
  readonly seed?: number;
  readonly threads?: number;
  readonly out: string;
  readonly json?: boolean;
}

/** What every race of networks takes. */
export const raceFlags = ["epochs", "time", "testSize", "seed", "threads", "out", "json"] as const;

/** What a race of networks is asked for, whatever it learns from. */
export function raceSettings(
  { epochs, time, testSize, seed = 0, threads = 1 }: TrainFlags,
  context: RunContext,
) {
  return {
    ...(epochs !== undefined && { epochs }),
    ...(time !== undefined && { time }),
    ...(testSize !== undefined && { testSize }),
    seed,
    // Threads share each batch, which changes what is learnt: only where they are asked for.
    threads,
    ...context,
  };
}

/** @throws MillwrightError `PARAMETER_CONFLICT` for a flag that is not taken. */
export function refuseOtherFlags(flags: TrainFlags, taken: readonly string[], what: string): void {
  const given = Object.entries(flags).find(([name, value]) => value !== undefined && !taken.includes(name));
  if (given === undefined) return;
  const flag = flagOf(given[0]);
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `${flag} is not for ${what}.`,
    `Leave ${flag} out${insteadOf(given[0], what)}.`,
  );
}

/** What does the same elsewhere. */
function insteadOf(name: string, what: string): string {
  if (name === "budget") return ": --epochs or --time bounds the work";
  if (name === "target" && what.startsWith("a folder")) return ": the names of its folders are the classes";
  return "";
}

/**
 * A word of a flag that pictures and sounds both have, with words of their own.
 *
 * @param other - What its other words are for.
 * @throws MillwrightError `PARAMETER_CONFLICT` for one of those.
 */
export function mediaWord<T extends string>(
  flag: "--net" | "--augment",
  word: string,
  words: readonly T[],
  other: "pictures" | "sounds",
): T {
  const found = words.find((own) => own === word);
  if (found !== undefined) return found;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `${flag} ${word} is for ${other}.`,
    `Choose from ${words.join(", ")}${flag === "--augment" ? ", or none" : ""}.`,
  );
}

/** What a recipe settles; giving it again would be a question without an answer. */
const settledByRecipe = [
  "target",
  "task",
  "labelsBy",
  "order",
  "metric",
  "positive",
  "time",
  "budget",
  "families",
  "folds",
  "testSize",
  "column",
  "keep",
  "drop",
  "weight",
  "group",
  "timeColumn",
  "id",
  "cost",
  "classWeight",
  "maxLatency",
  "maxSize",
  "seed",
] as const satisfies readonly (keyof TrainFlags)[];

/** @throws MillwrightError `PARAMETER_CONFLICT` for a flag that the recipe of a file settles. */
export function refuseSettledFlags(flags: TrainFlags, like: string): void {
  const given = settledByRecipe.find((name) => flags[name] !== undefined);
  if (given === undefined) return;
  const flag = flagOf(given);
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `--like ${like} settles what ${flag} is given for too.`,
    `Leave ${flag} out, or train anew without --like.`,
  );
}

/** @throws MillwrightError `MODEL_INVALID` for a file that does not say how it was made. */
export function requireRecipe(recipe: ModelRecipe | undefined, like: string): asserts recipe is ModelRecipe {
  if (recipe !== undefined) return;
  throw new MillwrightError(
    "MODEL_INVALID",
    `${like} does not say how it was made, so that it cannot be fitted anew.`,
    "Train with --target.",
  );
}
