/** What a training on pictures or sounds prints. */
import type { ImageRecord } from "../tasks/index.ts";
import { againstNothing } from "./against-nothing.ts";
import { printSavedRun } from "./saved-run.ts";
import { bold, figure, findingLine, interval, noInterval, print, table } from "./terminal.ts";

/** @param rows - What the rows are: `pictures of 64 × 64`. @param many - `pictures`. */
export function printMediaRun(
  record: Omit<ImageRecord, "data"> & {
    readonly data: Pick<ImageRecord["data"], "source" | "trainRows" | "validationRows">;
  },
  { rows, many }: { readonly rows: string; readonly many: string },
  model: string,
  out: string,
): void {
  const { data, task, metric, network, test, versus } = record;
  for (const finding of record.findings) print(findingLine(finding));
  if (record.findings.length > 0) print();
  print(
    `${bold(task.target)} (${task.classes.length} labels) from ${rows}; ${data.trainRows} to learn, ${data.validationRows} to choose the epoch and the model, ${test.rows} untouched.`,
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
    `On ${test.rows} untouched ${many}: ${first!.title} ${bold(figure(first!.value))} (${Number.isNaN(first!.low) ? "interval not defined" : interval(first!.low, first!.high)}); doing nothing ${figure(first!.baseline)}.`,
  );
  if (Number.isNaN(first!.low)) print(noInterval);
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
