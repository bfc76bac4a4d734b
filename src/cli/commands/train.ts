/** `millwright train`: the main job; leaves model.onnx, report.html and run.json. */
import { join } from "node:path";
import { MillwrightError } from "../../core/index.ts";
import { parseColumnFlag, type Reading, readingOf, textColumns } from "../../data/index.ts";
import { readMetadata } from "../../model/index.ts";
import {
  parseRequirement,
  refit,
  refuseClustering,
  type RefitOptions,
  type RunRecord,
  saveRun,
  type TrainResult,
  trainTable,
} from "../../tasks/index.ts";
import { againstNothing } from "../against-nothing.ts";
import { printChallenge } from "../challenge-line.ts";
import { printRequirements, requirementsCode } from "../requirements.ts";
import { type RunContext, runAndSave } from "../run-and-save.ts";
import { printSavedRun } from "../saved-run.ts";
import { bold, dim, figure, findingLine, interval, noInterval, print, table } from "../terminal.ts";
import { refuseSettledFlags, requireRecipe, type TrainFlags } from "./train-flags.ts";
import { isFolder, kindOfFolder, refuseImageFlags, requireThere, trainPictures } from "./train-images.ts";
import { refuseSequenceFlags } from "./train-sequences.ts";
import { trainOnSounds } from "./train-sounds.ts";

export async function train(source: readonly string[], flags: TrainFlags): Promise<number> {
  const { availableParallelism } = await import("node:os");
  if (flags.task === "tags") return (await import("./train-tags.ts")).trainTagged(source, flags);
  if (flags.task === "sequence")
    return (await import("./train-sequences.ts")).trainSequenceTable(source, flags);
  if (flags.audio !== undefined) return await trainOnSounds(source, flags);
  const kind = (await isFolder(source, flags.target)) ? await kindOfFolder(source[0]!) : undefined;
  if (kind === "audio") return await trainOnSounds(source, flags);
  if (kind === "image") return await trainPictures(source[0]!, flags);
  // A folder of texts is read as a table.
  const texts = kind === "text";
  if (flags.target === undefined && flags.like === undefined) await requireThere(source);
  if (flags.image !== undefined) return await trainPictures(pictureTable(source), flags);
  refuseImageFlags(flags);
  refuseSequenceFlags(flags);
  if (flags.like !== undefined && (await readMetadata(flags.like)).task.kind === "multilabel")
    return (await import("./train-labels.ts")).refitLabelled(source, flags, flags.like);
  if (flags.task === "multilabel" || flags.labelsBy !== undefined)
    return (await import("./train-labels.ts")).trainLabelled(source, flags);
  const {
    column,
    test,
    require,
    json,
    out,
    threads,
    like,
    against,
    inputs,
    task,
    labelsBy: _,
    validation,
    horizon: _horizon,
    steps: _steps,
    period: _period,
    coverage: _coverage,
    ...rest
  } = flags;
  if (validation !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      "--validation is for --task tags, and rows of a table are validated in folds.",
      "Leave --validation out.",
    );
  }
  const requirements = require?.map(parseRequirement);
  const record = await runAndSave(
    { json, out },
    async (context: RunContext) => {
      const settled = {
        ...readingOf(flags),
        source,
        ...(test !== undefined && { testSource: test }),
        ...(requirements && { require: requirements }),
        ...(against && { against }),
        ...(inputs && { inputs }),
        threads: threads ?? availableParallelism(),
        ...context,
      };
      if (like !== undefined) return await refitLike(like, flags, settled);
      return await trainTable({
        ...rest,
        ...settled,
        ...(task !== undefined && { task }),
        target: requireTarget(flags.target ?? (texts ? textColumns.label : undefined)),
        seed: flags.seed ?? 0,
        ...((texts || column) && {
          columns: {
            ...(texts && { [textColumns.text]: { kind: "text" } }),
            ...Object.fromEntries((column ?? []).map(parseColumnFlag)),
          },
        }),
      });
    },
    saveRun,
    (told, model) => printRun(told, { model, out, reading: rest }),
  );
  return requirementsCode(record.requirements);
}

/** The one table whose rows name pictures. */
function pictureTable(source: readonly string[]): string {
  if (source.length === 1) return source[0]!;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `--image is given with ${source.length} sources, and paths of pictures are relative to one table.`,
    "Give one file.",
  );
}

function requireTarget(target: string | undefined): string {
  if (target !== undefined) return target;
  throw new MillwrightError(
    "PARAMETER_MISSING",
    "millwright train: neither --target nor --like is given.",
    "Name the column to predict with --target, or a model file to fit anew with --like; `millwright look` shows likely targets.",
  );
}

/** Fits the recipe of a file anew, and holds the old file against the new one. */
async function refitLike(like: string, flags: TrainFlags, options: RefitOptions): Promise<TrainResult> {
  refuseSettledFlags(flags, like);
  const { recipe, schema, task } = await readMetadata(like);
  refuseClustering(like, { task, schema }, "fit anew");
  requireRecipe(recipe, like);
  return await refit(recipe, { ...options, like, schema, against: [like, ...(options.against ?? [])] });
}

function printRun(
  record: RunRecord,
  { model, out, reading }: { readonly model: string; readonly out: string; readonly reading: Reading },
): void {
  const { metric, task, data } = record;
  for (const finding of record.findings) print(findingLine(finding));
  for (const leak of record.leaks) {
    print(
      `with ${leak.column} we would have reported ${metric.title} ${figure(leak.withColumn)}; without it ${figure(leak.without)}`,
    );
  }
  if (record.findings.length > 0) print();
  const what =
    task.kind === "regression"
      ? "number"
      : task.kind === "ordinal"
        ? `levels ${task.classes!.join(" < ")}`
        : `${task.classes!.length} labels${task.positive === undefined ? "" : `, positive "${task.positive}"`}`;
  print(
    `${bold(task.target)} (${what}) from ${record.columns.filter((column) => column.role === "feature").length} columns; ${data.trainRows} rows to learn, ${data.testRows} untouched. ${data.split}`,
  );
  if (data.rowsWithoutTarget > 0)
    print(`${data.rowsWithoutTarget} of ${data.rows} rows have no ${task.target} and were left out.`);
  if (data.streamedRows !== undefined)
    print(`What was chosen of boosting is fitted once more, on ${data.streamedRows} rows of the source.`);
  print();
  const { shown, left } = boardLines(record.leaderboard, record.chosen);
  const rows = shown.map((entry) => [
    `${entry.rank}`,
    entry.name === record.chosen ? bold(entry.name) : entry.name,
    figure(entry.score),
    interval(entry.low, entry.high),
    entry.weight > 0 ? `${Math.round(entry.weight * 100)} %` : "",
    `${figure(entry.rowMs)} ms`,
    `${(entry.bytes / 1e6).toFixed(2)} MB`,
    entry.pareto ? "*" : "",
    entry.family === "ensemble" ? "" : `${entry.seconds}s`,
  ]);
  for (const line of table(
    [["#", "model", metric.title, "95 % interval", "share", "a row", "size", "", "done after"], ...rows],
    [true, false, true, false, true, true, true, false, true],
  ))
    print(line);
  print(dim("* no other model is as good, as fast and as small"));
  if (left > 0) print(dim(`${left} more in ${join(out, "run.json")}`));
  print();
  const [first] = record.test.metrics;
  print(
    `On ${record.test.rows} untouched rows: ${first!.title} ${bold(figure(first!.value))} (${Number.isNaN(first!.low) ? "interval not defined" : interval(first!.low, first!.high)}); doing nothing ${figure(first!.baseline)}.`,
  );
  if (Number.isNaN(first!.low)) print(noInterval);
  const chosen = record.leaderboard.find(({ name }) => name === record.chosen)!.family;
  const tried = record.leaderboard.filter(({ family }) => family !== "baseline").length;
  const warning = againstNothing(first!, chosen, tried);
  if (warning !== undefined) print(warning);
  if (record.simpler)
    print(
      `${record.simpler.name} is within the noise of the best: the difference is ${figure(record.simpler.difference)} (${interval(record.simpler.low, record.simpler.high)}).`,
    );
  for (const other of record.against ?? []) printChallenge(other, metric.title);
  const failed = record.skipped.filter(
    ({ reason }) => reason !== "beyond the budget" && reason !== "no time left",
  );
  for (const { name, reason } of failed) print(`${name} was left out: ${reason}`);
  if (record.nullTest && !record.nullTest.passed)
    print(
      `Warning: a shuffled target scores ${figure(record.nullTest.score)}, better than chance (${figure(record.nullTest.chance)}): something leaks.`,
    );
  if (record.versus) print(record.versus.sentence);
  if (record.untriedNetworks !== undefined) print(record.untriedNetworks);
  printRequirements(record.requirements);
  print();
  const { reproduce } = record;
  printSavedRun({ model, out, source: data.source, reading, reproduce, answers: "predictions.csv" });
}

/** Lines of the board before the rest is only counted. */
const linesShown = 15;

/** The first lines, and whatever is shipped or does nothing. */
function boardLines(board: RunRecord["leaderboard"], chosen: string) {
  const shown = board.filter(
    ({ name, family, weight }, index) =>
      index < linesShown || weight > 0 || name === chosen || family === "baseline",
  );
  return { shown, left: board.length - shown.length };
}
