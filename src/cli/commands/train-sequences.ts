/** `millwright train --task sequence`: forecasts of series, and labels or numbers of groups of rows. */
import { MillwrightError } from "../../core/index.ts";
import { parseColumnFlag, readingOf } from "../../data/index.ts";
import { saveRun, type SequenceRecord, trainSequences } from "../../tasks/index.ts";
import { againstNothing } from "../against-nothing.ts";
import { type RunContext, runAndSave } from "../run-and-save.ts";
import { printSavedRun } from "../saved-run.ts";
import { bold, figure, findingLine, interval, print, table } from "../terminal.ts";
import type { TrainFlags } from "./train-flags.ts";

/** What has a meaning for sequences, beside the flags of reading. */
const taken: readonly (keyof TrainFlags)[] = [
  "task",
  "target",
  "timeColumn",
  "group",
  "horizon",
  "steps",
  "period",
  "epochs",
  "time",
  "testSize",
  "column",
  "drop",
  "id",
  "seed",
  "threads",
  "out",
  "json",
];
/** What only sequences have. */
const own = ["horizon", "steps", "period"] as const satisfies readonly (keyof TrainFlags)[];

const flagOf = (name: string): string =>
  `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** @throws MillwrightError `PARAMETER_CONFLICT` for a flag of sequences without the task. */
export function refuseSequenceFlags(flags: TrainFlags): void {
  const given = own.find((name) => flags[name] !== undefined);
  if (given === undefined) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `${flagOf(given)} is for sequences, and --task sequence is not given.`,
    `Give it, or leave ${flagOf(given)} out.`,
  );
}

export async function trainSequenceTable(source: readonly string[], flags: TrainFlags): Promise<number> {
  const reading = readingOf(flags);
  const given = Object.entries(flags).find(
    ([name, value]) =>
      value !== undefined && !taken.includes(name as keyof TrainFlags) && !Object.hasOwn(reading, name),
  );
  if (given !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${flagOf(given[0])} is not for sequences.`,
      `Leave ${flagOf(given[0])} out.`,
    );
  }
  const target = needed(flags.target, "--target", "the column to predict");
  const timeColumn = needed(flags.timeColumn, "--time-column", "the column that orders the rows");
  const { out, group, horizon, steps, period, epochs, time, testSize, column, drop, id } = flags;
  if (period !== undefined && horizon === undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      "--period is for a forecast, and --horizon is not given.",
      "Give --horizon, or leave --period out.",
    );
  }
  await runAndSave(
    flags,
    (context: RunContext) =>
      trainSequences({
        ...reading,
        source,
        target,
        timeColumn,
        ...(group !== undefined && { group }),
        ...(horizon !== undefined && { horizon }),
        ...(steps !== undefined && { steps }),
        ...(period !== undefined && { period }),
        ...(epochs !== undefined && { epochs }),
        ...(time !== undefined && { time }),
        ...(testSize !== undefined && { testSize }),
        ...(column && { columns: Object.fromEntries(column.map(parseColumnFlag)) }),
        ...(drop && { drop }),
        ...(id !== undefined && { id }),
        seed: flags.seed ?? 0,
        // More threads inside a step change the last bits: only where they are asked for.
        threads: flags.threads ?? 1,
        ...context,
      }),
    saveRun,
    (record, model) => {
      printRun(record);
      print();
      const { data, reproduce } = record;
      printSavedRun({
        model,
        out,
        source: data.source,
        reading,
        reproduce,
        answers: "predictions.csv",
      });
    },
  );
  return 0;
}

function needed(value: string | undefined, flag: string, what: string): string {
  if (value !== undefined) return value;
  throw new MillwrightError(
    "PARAMETER_MISSING",
    `millwright train --task sequence: ${flag} is not given.`,
    `Name ${what} with ${flag}.`,
  );
}

function printRun(record: SequenceRecord): void {
  const { data, task, input, metric, test, versus, networks } = record;
  for (const finding of record.findings) print(findingLine(finding));
  if (record.findings.length > 0) print();
  const forecast = task.kind === "forecast";
  const many = forecast ? "windows" : "groups";
  const what = forecast
    ? `the next ${task.horizon} values`
    : task.classes === undefined
      ? "a number a group"
      : `${task.classes.length} labels, one a group`;
  print(
    `${bold(task.target)} (${what}) from ${input.steps} rows of ${input.columns.length} columns; ${data.trainRows} ${many} to learn, ${data.validationRows} to choose the epoch and the model, ${data.testRows} untouched.`,
  );
  if (forecast)
    print(
      task.period! > 1
        ? `The season is ${task.period} steps.`
        : "No season was found; give one with --period.",
    );
  if (data.withoutAnswer > 0) print(`${data.withoutAnswer} ${many} without an answer were left out.`);
  for (const { column, reason } of record.leftOut) print(`left out: ${column}, since ${reason}`);
  for (const { name, parameterCount, bestEpoch, epochs, ended } of networks)
    print(
      `${name}: ${parameterCount} parameters, best after epoch ${bestEpoch} of ${epochs}${ended === "aborted" ? ", stopped early" : ""}.`,
    );
  for (const { name, reason } of record.skipped) print(`${name} was left out: ${reason}`);
  print();
  const rows = record.leaderboard.map((entry) => [
    `${entry.rank}`,
    entry.name === record.chosen ? bold(entry.name) : entry.name,
    entry.family,
    figure(entry.score),
    entry.family === "baseline" ? "" : `${entry.seconds}s`,
  ]);
  for (const line of table(
    [["#", "model", "kind", metric.title, "fitted in"], ...rows],
    [true, false, false, true, true],
  ))
    print(line);
  print();
  const [first] = test.metrics;
  print(
    `On ${test.rows} untouched ${many}: ${first!.title} ${bold(figure(first!.value))} (${interval(first!.low, first!.high)}); ${test.naive === undefined ? "doing nothing" : `the naive forecast, ${test.naive},`} ${figure(first!.baseline)}.`,
  );
  if (test.mase)
    print(
      `Scaled by the season's error in training (MASE): ${figure(test.mase.value)}; naive ${figure(test.mase.naive)}.`,
    );
  const kind = record.leaderboard.find(({ name }) => name === record.chosen)!.family;
  const warning = againstNothing(first!, kind, record.leaderboard.length - 1);
  if (warning !== undefined) print(warning);
  if (versus) print(versus.sentence);
}
