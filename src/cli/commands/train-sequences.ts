/** `millwright train --task sequence`: forecasts of series, and labels or numbers of groups of rows. */
import { MillwrightError } from "../../core/index.ts";
import { parseColumnFlag, readingOf } from "../../data/index.ts";
import { cutShort, saveRun, type SequenceRecord, trainSequences } from "../../tasks/index.ts";
import { flagOf } from "../options.ts";
import { intervalsLine } from "../intervals-line.ts";
import { printNetwork, printRace } from "../race-lines.ts";
import { type RunContext, runAndSave } from "../run-and-save.ts";
import { printSavedRun } from "../saved-run.ts";
import { bold, figure, findingLine, print } from "../terminal.ts";
import { raceFlags, raceSettings, refuseOtherFlags, type TrainFlags } from "./train-flags.ts";

/** What only sequences have. */
const own = ["horizon", "steps", "period", "coverage"] as const satisfies readonly (keyof TrainFlags)[];
/** What has a meaning for sequences, beside the flags of reading. */
const taken = [
  ...raceFlags,
  ...own,
  "task",
  "target",
  "timeColumn",
  "group",
  "column",
  "drop",
  "id",
] as const satisfies readonly (keyof TrainFlags)[];

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
  refuseOtherFlags(flags, [...taken, ...Object.keys(reading)], "sequences");
  const target = needed(flags.target, "--target", "the column to predict");
  const timeColumn = needed(flags.timeColumn, "--time-column", "the column that orders the rows");
  const { out, group, horizon, steps, period, coverage, column, drop, id } = flags;
  const ofForecasts = (["period", "coverage"] as const).find((name) => flags[name] !== undefined);
  if (ofForecasts !== undefined && horizon === undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `--${ofForecasts} is for a forecast, and --horizon is not given.`,
      `Give --horizon, or leave --${ofForecasts} out.`,
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
        ...(coverage !== undefined && { coverage }),
        ...(column && { columns: Object.fromEntries(column.map(parseColumnFlag)) }),
        ...(drop && { drop }),
        ...(id !== undefined && { id }),
        ...raceSettings(flags, context),
      }),
    saveRun,
    (record, model) => {
      printRun(record);
      const { data, reproduce, networks, skipped } = record;
      printSavedRun({
        model,
        out,
        source: data.source,
        reading,
        reproduce,
        cutShort: cutShort(networks, skipped),
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
  const { data, task, input, test, networks } = record;
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
  networks.forEach(printNetwork);
  for (const { name, reason } of record.skipped) print(`${name} was left out: ${reason}`);
  printRace(record, {
    many,
    nothing: test.naive === undefined ? "doing nothing" : `the naive forecast, ${test.naive},`,
    details: [
      ...(test.mase
        ? [
            `Scaled by the season's error in training (MASE): ${figure(test.mase.value)}; naive ${figure(test.mase.naive)}.`,
          ]
        : []),
      ...(test.intervals ? [intervalsLine(test.intervals, "untouched values")] : []),
      ...(record.noInterval === undefined ? [] : [`No intervals: ${record.noInterval}.`]),
    ],
  });
}
