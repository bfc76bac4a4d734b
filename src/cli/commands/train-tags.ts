/** `millwright train train.conll --task tags`: a tagger of tokens from sentences with BIO tags. */
import { MillwrightError } from "../../core/index.ts";
import { saveRun, type TagRecord, trainTags } from "../../tasks/index.ts";
import { flagOf } from "../options.ts";
import { againstNothing } from "../against-nothing.ts";
import { type RunContext, runAndSave } from "../run-and-save.ts";
import { printSavedRun } from "../saved-run.ts";
import { bold, figure, interval, print, table } from "../terminal.ts";
import type { TrainFlags } from "./train-flags.ts";

/** What has a meaning for tags. */
const taken: readonly (keyof TrainFlags)[] = [
  "task",
  "test",
  "validation",
  "testSize",
  "epochs",
  "time",
  "seed",
  "threads",
  "out",
  "json",
];

export async function trainTagged(source: readonly string[], flags: TrainFlags): Promise<number> {
  const { test, validation, testSize, epochs, time, out } = flags;
  const given = Object.entries(flags).find(
    ([name, value]) => value !== undefined && !taken.includes(name as keyof TrainFlags),
  );
  if (given !== undefined) {
    const flag = flagOf(given[0]);
    throw new MillwrightError("PARAMETER_CONFLICT", `${flag} is not for --task tags.`, `Leave ${flag} out.`);
  }
  if (test !== undefined && testSize !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      "--test names the untouched sentences, and --test-size a share of others.",
      "Give one of them.",
    );
  }
  const [file, ...more] = source;
  if (file === undefined || more.length > 0) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `--task tags learns one file, and ${source.length} are given.`,
      "Join them, with an empty line between sentences.",
    );
  }
  await runAndSave(
    flags,
    (context: RunContext) =>
      trainTags({
        source: file,
        ...(test !== undefined && { test }),
        ...(validation !== undefined && { validation }),
        ...(testSize !== undefined && { testSize }),
        ...(epochs !== undefined && { epochs }),
        ...(time !== undefined && { time }),
        seed: flags.seed ?? 0,
        // More threads inside a step change the last bits: only where they are asked for.
        threads: flags.threads ?? 1,
        ...context,
      }),
    saveRun,
    (record, model) => printRun(record, model, out),
  );
  return 0;
}

/** Bad lines that are printed. */
const shownLines = 20;

function printRun(record: TagRecord, model: string, out: string): void {
  const { data, task, metric, network, test, versus, kinds } = record;
  for (const { file, line, reason } of data.bad.slice(0, shownLines))
    print(`left out: the sentence of line ${line} of ${file}, which ${reason}`);
  if (data.bad.length > shownLines)
    print(`left out: those of ${data.bad.length - shownLines} more lines, which --json tells`);
  print(
    `${bold(task.target)} (${task.classes.length} tags) of sentences; ${data.trainRows} to learn, ${data.validationRows} to choose the epoch and the model, ${data.testRows} untouched.`,
  );
  print(
    `${network.name}: ${network.parameterCount} parameters, best after epoch ${network.bestEpoch} of ${network.epochs}${network.ended === "aborted" ? ", stopped early" : ""}.`,
  );
  print();
  const lines = record.leaderboard.map((entry) => [
    `${entry.rank}`,
    entry.name === record.chosen ? bold(entry.name) : entry.name,
    entry.family,
    figure(entry.score),
    entry.family === "baseline" ? "" : `${entry.seconds}s`,
  ]);
  for (const line of table(
    [["#", "model", "kind", metric.title, "fitted in"], ...lines],
    [true, false, false, true, true],
  ))
    print(line);
  print();
  const [first] = test.metrics;
  print(
    `On ${test.rows} untouched sentences: ${first!.title} ${bold(figure(first!.value))} (${interval(first!.low, first!.high)}); the tag look-up ${figure(first!.baseline)}.`,
  );
  print(kinds.map(({ kind, spans, f1 }) => `${kind} ${figure(f1)} (${spans})`).join(", "));
  const kind = record.leaderboard.find(({ name }) => name === record.chosen)!.family;
  const warning = againstNothing(first!, kind, record.leaderboard.length - 1);
  if (warning !== undefined) print(warning);
  print(versus.sentence);
  print();
  printSavedRun({
    model,
    out,
    source: [data.test ?? data.source],
    reading: {},
    reproduce: record.reproduce,
    answers: "tags.csv",
  });
}
