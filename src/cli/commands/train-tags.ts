/** `millwright train train.conll --task tags`: a tagger of tokens from sentences with BIO tags. */
import { MillwrightError } from "../../core/index.ts";
import { cutShort, saveRun, type TagRecord, trainTags } from "../../tasks/index.ts";
import { printNetwork, printRace } from "../race-lines.ts";
import { type RunContext, runAndSave } from "../run-and-save.ts";
import { printSavedRun } from "../saved-run.ts";
import { bold, figure, print } from "../terminal.ts";
import { raceFlags, raceSettings, refuseOtherFlags, type TrainFlags } from "./train-flags.ts";

/** What has a meaning for tags. */
const taken = [...raceFlags, "task", "test", "validation"] as const satisfies readonly (keyof TrainFlags)[];

export async function trainTagged(source: readonly string[], flags: TrainFlags): Promise<number> {
  const { test, validation, testSize, out } = flags;
  refuseOtherFlags(flags, taken, "--task tags");
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
        ...raceSettings(flags, context),
      }),
    saveRun,
    (record, model) => printRun(record, model, out),
  );
  return 0;
}

/** Bad lines that are printed. */
const shownLines = 20;

function printRun(record: TagRecord, model: string, out: string): void {
  const { data, task, network, kinds } = record;
  for (const { file, line, reason } of data.bad.slice(0, shownLines))
    print(`left out: the sentence of line ${line} of ${file}, which ${reason}`);
  if (data.bad.length > shownLines)
    print(`left out: those of ${data.bad.length - shownLines} more lines, which --json tells`);
  print(
    `${bold(task.target)} (${task.classes.length} tags) of sentences; ${data.trainRows} to learn, ${data.validationRows} to choose the epoch and the model, ${data.testRows} untouched.`,
  );
  printNetwork(network);
  printRace(record, {
    many: "sentences",
    nothing: "the tag look-up",
    details: [kinds.map(({ kind, spans, f1 }) => `${kind} ${figure(f1)} (${spans})`).join(", ")],
  });
  printSavedRun({
    model,
    out,
    source: [data.test ?? data.source],
    reading: {},
    reproduce: record.reproduce,
    cutShort: cutShort([network]),
    answers: "tags.csv",
  });
}
