/** `millwright train --task multilabel`: rows that bear any number of labels. */
import { MillwrightError } from "../../core/index.ts";
import { parseColumnFlag, readingOf } from "../../data/index.ts";
import { readMetadata } from "../../model/index.ts";
import { type LabelRecord, parseRequirement, refitLabels, saveRun, trainLabels } from "../../tasks/index.ts";
import { printChallenge } from "../challenge-line.ts";
import { flagOf } from "../options.ts";
import { printRequirements, requirementsCode } from "../requirements.ts";
import { type RunContext, runAndSave } from "../run-and-save.ts";
import { printSavedRun } from "../saved-run.ts";
import { bold, figure, findingLine, interval, print, table } from "../terminal.ts";
import { refuseSettledFlags, requireRecipe, type TrainFlags } from "./train-flags.ts";

/** What has no meaning for several labels, or is not done for them. */
const refused = [
  "positive",
  "order",
  "test",
  "cost",
  "classWeight",
  "maxLatency",
  "maxSize",
  "against",
  "inputs",
] as const satisfies readonly (keyof TrainFlags)[];

export async function trainLabelled(source: readonly string[], flags: TrainFlags): Promise<number> {
  requireFlags(flags);
  const { availableParallelism } = await import("node:os");
  const {
    target,
    labelsBy,
    metric,
    budget,
    families,
    folds,
    testSize,
    column,
    keep,
    drop,
    id,
    weight,
    group,
    timeColumn,
    time,
    require,
  } = flags;
  const record = await runAndSave(
    flags,
    (context: RunContext) =>
      trainLabels({
        ...readingOf(flags),
        source,
        targets: namesIn(target!),
        ...(labelsBy !== undefined && { labelsBy }),
        ...(metric !== undefined && { metric }),
        ...(budget !== undefined && { budget }),
        ...(families && { families }),
        ...(folds !== undefined && { folds }),
        ...(testSize !== undefined && { testSize }),
        ...(column && { columns: Object.fromEntries(column.map(parseColumnFlag)) }),
        ...(keep && { keep }),
        ...(drop && { drop }),
        ...(id !== undefined && { id }),
        ...(weight !== undefined && { weight }),
        ...(group !== undefined && { group }),
        ...(timeColumn !== undefined && { timeColumn }),
        ...(time !== undefined && { time }),
        ...(require && { require: require.map(parseRequirement) }),
        seed: flags.seed ?? 0,
        threads: flags.threads ?? availableParallelism(),
        ...context,
      }),
    saveRun,
    (told, model) => printSaved(told, model, flags),
  );
  return requirementsCode(record.requirements);
}

/** Fits the recipe of a file of several labels anew, and holds that file against the new one. */
export async function refitLabelled(
  source: readonly string[],
  flags: TrainFlags,
  like: string,
): Promise<number> {
  refuseSettledFlags(flags, like);
  requireTaken(flags);
  const { recipe, schema } = await readMetadata(like);
  requireRecipe(recipe, like);
  const record = await runAndSave(
    flags,
    (context: RunContext) =>
      refitLabels(recipe, {
        ...readingOf(flags),
        source,
        like,
        schema,
        ...(flags.require && { require: flags.require.map(parseRequirement) }),
        ...(flags.threads !== undefined && { threads: flags.threads }),
        ...context,
      }),
    saveRun,
    (told, model) => printSaved(told, model, flags),
  );
  return requirementsCode(record.requirements);
}

function printSaved(told: LabelRecord, model: string, flags: TrainFlags): void {
  printRun(told);
  for (const other of told.against ?? []) printChallenge(other, told.metric.title);
  printRequirements(told.requirements);
  print();
  printSavedRun({
    model,
    out: flags.out,
    source: told.data.source,
    reading: readingOf(flags),
    reproduce: told.reproduce,
    answers: "predictions.csv",
  });
}

/** @throws MillwrightError `PARAMETER_MISSING`, `PARAMETER_CONFLICT`. */
function requireFlags(flags: TrainFlags): void {
  if (flags.task !== undefined && flags.task !== "multilabel") {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `--labels-by asks for several labels a row, and --task is ${flags.task}.`,
      "Use --task multilabel, or leave --labels-by out.",
    );
  }
  if (flags.like !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${flags.like} answers one label a row, and --task multilabel asks for several.`,
      "Leave --task and --labels-by out, or --like.",
    );
  }
  requireTaken(flags);
  if (flags.target !== undefined) return;
  throw new MillwrightError(
    "PARAMETER_MISSING",
    "millwright train --task multilabel: --target is not given.",
    "Name the column of lists, or several columns of yes and no as --target a,b,c.",
  );
}

/** @throws MillwrightError `PARAMETER_CONFLICT` for a flag without a meaning for several labels. */
function requireTaken(flags: TrainFlags): void {
  const given = refused.find((name) => flags[name] !== undefined);
  if (given !== undefined) {
    const flag = flagOf(given);
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${flag} is not for several labels a row.`,
      `Leave ${flag} out.`,
    );
  }
}

/** Names between commas; a comma inside a name is written `\,`. */
function namesIn(text: string): string[] {
  return text
    .split(/(?<!\\),/)
    .map((name) => name.replaceAll("\\,", ",").trim())
    .filter((name) => name !== "");
}

function printRun(record: LabelRecord): void {
  const { metric, task, data, test } = record;
  for (const finding of record.findings) print(findingLine(finding));
  if (record.findings.length > 0) print();
  const columns = record.columns.filter(({ role }) => role === "feature").length;
  print(
    `${bold(task.target)} (any of ${task.labels.length} labels) from ${columns} columns; ${data.trainRows} rows to learn, ${data.testRows} untouched. ${data.split}`,
  );
  if (record.tooRare.length > 0)
    print(
      `${record.tooRare.length} labels are left out, for too few rows bear or lack them: ${record.tooRare
        .slice(0, 10)
        .map(({ label, rows }) => `${label} (${rows})`)
        .join(", ")}${record.tooRare.length > 10 ? ", …" : ""}`,
    );
  print();
  const board = record.leaderboard.map((entry) => [
    `${entry.rank}`,
    entry.name === record.chosen ? bold(entry.name) : entry.name,
    figure(entry.score),
    entry.weight > 0 ? `${Math.round(entry.weight * 100)} %` : "",
  ]);
  for (const line of table([["#", "model", metric.title, "share"], ...board], [true, false, true, true]))
    print(line);
  print();
  const figures = test.metrics.map((item) => [
    item.title,
    figure(item.value),
    interval(item.low, item.high),
    figure(item.baseline),
  ]);
  for (const line of table(
    [[`on ${test.rows} untouched rows`, "value", "95 % interval", "doing nothing"], ...figures],
    [false, true, false, true],
  ))
    print(line);
  print();
  const labels = record.labels.map(({ label, rows, threshold, f1 }) => [
    label,
    `${rows}`,
    figure(threshold),
    figure(f1),
  ]);
  for (const line of table([["label", "rows", "from", "F1"], ...labels], [false, true, true, true]))
    print(line);
  for (const { name, reason } of record.skipped)
    if (reason !== "beyond the budget" && reason !== "no time left") print(`${name} was left out: ${reason}`);
}
