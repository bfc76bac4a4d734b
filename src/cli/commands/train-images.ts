/** `millwright train photos/`: a classifier of pictures from a folder of class folders. */
import { readdir } from "node:fs/promises";
import { MillwrightError } from "../../core/index.ts";
import { type ImageRecord, prepareResults, saveRun, trainImages } from "../../tasks/index.ts";
import { againstNothing } from "../against-nothing.ts";
import { catchInterrupt } from "../run.ts";
import { printSavedRun } from "../saved-run.ts";
import { bold, figure, findingLine, interval, print, printJson, startProgress, table } from "../terminal.ts";
import { version } from "../version.ts";
import type { TrainFlags } from "./train-flags.ts";

/** What has a meaning for pictures. */
const taken: readonly (keyof TrainFlags)[] = [
  "net",
  "imageSize",
  "epochs",
  "augment",
  "time",
  "testSize",
  "seed",
  "threads",
  "out",
  "json",
];
/** What only pictures have. */
const own = ["net", "imageSize", "epochs", "augment"] as const satisfies readonly (keyof TrainFlags)[];

const flagOf = (name: string): string =>
  `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Whether the source is a folder of pictures: one without folders in it is none where a target column is named. */
export async function isFolder(source: readonly string[], target: string | undefined): Promise<boolean> {
  if (source.length !== 1) return false;
  const entries = await readdir(source[0]!, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return false;
  return target === undefined || entries.some((entry) => entry.isDirectory());
}

/** @throws MillwrightError `PARAMETER_CONFLICT` for a flag of pictures where a table is trained on. */
export function refuseImageFlags(flags: TrainFlags): void {
  const given = own.find((name) => flags[name] !== undefined);
  if (given === undefined) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `${flagOf(given)} is for a folder of pictures, and the source is a table.`,
    `Leave ${flagOf(given)} out.`,
  );
}

export async function trainPictures(source: string, flags: TrainFlags): Promise<number> {
  const { json = false, out, net, imageSize, epochs, augment, time, testSize } = flags;
  const given = Object.entries(flags).find(
    ([name, value]) => value !== undefined && !taken.includes(name as keyof TrainFlags),
  );
  if (given !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${flagOf(given[0])} is not for a folder of pictures.`,
      `Leave ${flagOf(given[0])} out.`,
    );
  }
  prepareResults(out);
  const progress = startProgress(json);
  const interrupt = catchInterrupt(json);
  try {
    const result = await trainImages({
      source,
      ...(net !== undefined && { net }),
      ...(imageSize !== undefined && { size: imageSize }),
      ...(epochs !== undefined && { epochs }),
      ...(augment && { augment }),
      ...(time !== undefined && { time }),
      ...(testSize !== undefined && { testSize }),
      seed: flags.seed ?? 0,
      // More threads inside a step change the last bits: only where they are asked for.
      threads: flags.threads ?? 1,
      signal: interrupt.signal,
      onProgress: progress.listen,
      startedMs: 0,
      software: `millwright ${version}`,
    });
    progress.listen({ stage: "draw the report" });
    const { model } = await saveRun(result, out);
    progress.end();
    if (json) printJson(result.record);
    else printRun(result.record, model, out);
    return 0;
  } finally {
    interrupt.release();
    progress.end();
  }
}

function printRun(record: ImageRecord, model: string, out: string): void {
  const { data, task, metric, network, test, versus } = record;
  for (const finding of record.findings) print(findingLine(finding));
  if (record.findings.length > 0) print();
  print(
    `${bold(task.target)} (${task.classes.length} labels) from pictures of ${data.width} × ${data.height}; ${data.trainRows} to learn, ${data.validationRows} to choose the epoch and the model, ${data.testRows} untouched.`,
  );
  print(
    `${network.name}: ${network.parameterCount} parameters, best after epoch ${network.bestEpoch} of ${network.epochs}${network.ended === "aborted" ? ", stopped early" : ""}.`,
  );
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
    `On ${test.rows} untouched pictures: ${first!.title} ${bold(figure(first!.value))} (${interval(first!.low, first!.high)}); doing nothing ${figure(first!.baseline)}.`,
  );
  const kind = record.leaderboard.find(({ name }) => name === record.chosen)!.family;
  const warning = againstNothing(first!, kind, record.leaderboard.length - 1);
  if (warning !== undefined) print(warning);
  print(versus.sentence);
  print();
  printSavedRun({
    model,
    out,
    source: [data.source],
    reading: {},
    reproduce: record.reproduce,
    answers: "predictions.csv",
  });
}
