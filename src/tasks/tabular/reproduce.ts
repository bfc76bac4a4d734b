/**
 * What gives the same file again: the options of the run with the work units that it spent, as a command line; as a
 * call in code where code of the user's own took part.
 */
import type { Json } from "../../core/index.ts";
import { type ColumnOverride, readingFlags, withoutPassword } from "../../data/index.ts";
import { commandLine, type CommandPart } from "../command-line.ts";
import type { ClassWeightOption } from "./class-weights.ts";
import { literal } from "./literal.ts";
import type { TrainOptions } from "./options.ts";

/** @param finished - Names of the families of the user's own that were fitted in time. */
export function reproduceCommand(
  options: TrainOptions,
  unitsUsed: number,
  finished: readonly string[] = [],
): string {
  const { families, metric } = options;
  const own = families?.some((item) => typeof item !== "string");
  if (own || options.steps !== undefined || typeof metric === "object") {
    return reproduceCall(options, unitsUsed, finished);
  }
  const { like, cost, classWeight } = options;
  const test = options.testSource && withoutPassword(options.testSource);
  const sources = options.source.map(withoutPassword);
  if (like !== undefined)
    return commandLine("train", [...sources, ...readingFlags(options), ["--like", like], ["--test", test]]);
  return commandLine("train", [
    ...sources,
    ["--target", options.target],
    ...readingFlags(options),
    ["--task", options.task],
    ["--order", namesOf(options.order)],
    ["--metric", metric],
    ["--positive", options.positive],
    ["--families", namesOf(families as readonly string[] | undefined)],
    ["--folds", options.folds],
    ["--test-size", options.testSize],
    ["--test", test],
    ...columnFlags(options.columns),
    ["--keep", namesOf(options.keep)],
    ["--drop", namesOf(options.drop)],
    ["--weight", options.weight],
    ["--group", options.group],
    ["--time-column", options.timeColumn],
    ["--id", options.id],
    ["--cost", cost && `fp=${cost.falsePositive},fn=${cost.falseNegative}`],
    ["--class-weight", classWeight && classWeightFlag(classWeight)],
    ["--max-latency", options.maxLatency],
    ["--max-size", options.maxSize],
    ["--budget", unitsUsed],
    ["--seed", options.seed],
  ]);
}

/** Options that change nothing in the file, and those that the call writes in its own way. */
const notWritten = new Set([
  ...[
    "threads",
    "signal",
    "onProgress",
    "startedMs",
    "software",
    "require",
    "like",
    "recipe",
    "against",
    "inputs",
  ],
  ...["source", "testSource", "target", "families", "steps", "metric", "time", "budget", "seed"],
]);

/** A call with the user's own code by name; it stands as an identifier, which the program defines. */
function reproduceCall(options: TrainOptions, unitsUsed: number, finished: readonly string[]): string {
  const { families = [], steps, metric, testSource, recipe } = options;
  const named = families.filter((item) => typeof item === "string").map((name) => literal(name));
  const raced = [...named, ...finished.map(identifier)];
  const written = steps?.map(({ columns, step }) => {
    const name = "kind" in step ? step.kind : step.export;
    return `{ columns: ${literal(columns)}, step: ${identifier(name)} }`;
  });
  const fields = (pairs: readonly (readonly [string, string | undefined])[]): string =>
    pairs.flatMap(([name, text]) => (text === undefined ? [] : [`${name}: ${text}`])).join(", ");
  const source = ["source", literal(options.source.map(withoutPassword))] as const;
  const test = ["testSource", testSource && literal(withoutPassword(testSource))] as const;
  const own = [
    ["steps", written && `[${written.join(", ")}]`],
    ["metric", typeof metric === "object" ? identifier(metric.name) : metric && literal(metric)],
  ] as const;
  if (recipe !== undefined) {
    const mine = finished.length > 0 ? `[${finished.map(identifier).join(", ")}]` : undefined;
    return `await refit(recipe, { ${fields([source, test, ["families", mine], ...own])} })`;
  }
  const rest = Object.entries(options).filter(
    ([name, value]) => !notWritten.has(name) && value !== undefined,
  );
  return `await trainTable({ ${fields([
    source,
    test,
    ["target", literal(options.target)],
    ["families", raced.length > 0 ? `[${raced.join(", ")}]` : undefined],
    ...own,
    ...rest.map(([name, value]) => [name, literal(value as Json)] as const),
    ["budget", String(unitsUsed)],
    ["seed", String(options.seed)],
  ])} })`;
}

function identifier(name: string): string {
  return name.replaceAll(/[^\w$]+/g, "_").replace(/^(?=\d)/, "_");
}

/** What a list of names is written as: a comma inside a name is escaped. */
export function namesOf(names: readonly string[] | undefined): string | undefined {
  return names?.map((name) => name.replaceAll(",", "\\,")).join(",");
}

/** What the flag is written as: commas and equal signs inside a label are escaped. */
function classWeightFlag(option: ClassWeightOption): string {
  if (option === "balanced") return option;
  return Object.entries(option)
    .map(([label, weight]) => `${label.replaceAll(/[,=]/g, "\\$&")}=${weight}`)
    .join(",");
}

/** What the user said of columns. */
export const columnFlags = (columns: Readonly<Record<string, ColumnOverride>> = {}): CommandPart[] =>
  Object.entries(columns).map(([name, declared]) => ["--column", columnFlag(name, declared)]);

/** What `parseColumnFlag` reads back. */
function columnFlag(name: string, { kind, missing, order, role }: ColumnOverride): string {
  const parts = [
    missing && `missing=${missing.join("|")}`,
    order && `order=${order}`,
    role && `role=${role}`,
  ];
  return [`${name}=${kind ?? ""}`, ...parts.filter((part) => part !== undefined)].join(",");
}
