/** The command line that gives the same file again: the options of the run with the work units that it spent. */
import { type ColumnOverride, readingFlags, shellWord, withoutPassword } from "../../data/index.ts";
import type { ClassWeightOption } from "./class-weights.ts";
import type { TrainOptions } from "./options.ts";

export function reproduceCommand(options: TrainOptions, unitsUsed: number): string {
  const sources = options.source.map((source) => shellWord(withoutPassword(source)));
  const words = ["npx millwright train", ...sources];
  const flag = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) words.push(name, shellWord(String(value)));
  };
  if (options.like === undefined) flag("--target", options.target);
  words.push(...readingFlags(options).map(shellWord));
  if (options.like !== undefined) {
    flag("--like", options.like);
    flag("--test", options.testSource);
    return words.join(" ");
  }
  flag("--task", options.task);
  flag("--metric", options.metric);
  flag("--positive", options.positive);
  flag("--families", namesOf(options.families));
  flag("--folds", options.folds);
  flag("--test-size", options.testSize);
  flag("--test", options.testSource === undefined ? undefined : withoutPassword(options.testSource));
  for (const [name, declared] of Object.entries(options.columns ?? {}))
    flag("--column", columnFlag(name, declared));
  flag("--keep", namesOf(options.keep));
  flag("--drop", namesOf(options.drop));
  flag("--weight", options.weight);
  flag("--group", options.group);
  flag("--time-column", options.timeColumn);
  flag("--id", options.id);
  if (options.cost) flag("--cost", `fp=${options.cost.falsePositive},fn=${options.cost.falseNegative}`);
  if (options.classWeight) flag("--class-weight", classWeightFlag(options.classWeight));
  flag("--budget", unitsUsed);
  flag("--seed", options.seed);
  return words.join(" ");
}

/** What a list of names is written as: a comma inside a name is escaped. */
function namesOf(names: readonly string[] | undefined): string | undefined {
  return names?.map((name) => name.replaceAll(",", "\\,")).join(",");
}

/** What the flag is written as: commas and equal signs inside a label are escaped. */
function classWeightFlag(option: ClassWeightOption): string {
  if (option === "balanced") return option;
  return Object.entries(option)
    .map(([label, weight]) => `${label.replaceAll(/[,=]/g, "\\$&")}=${weight}`)
    .join(",");
}

/** What `parseColumnFlag` reads back. */
function columnFlag(name: string, { kind, missing, order, role }: ColumnOverride): string {
  const parts = [
    missing && `missing=${missing.join("|")}`,
    order && `order=${order}`,
    role && `role=${role}`,
  ];
  return [`${name}=${kind ?? ""}`, ...parts.filter((part) => part !== undefined)].join(",");
}
