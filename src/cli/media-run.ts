/** What a training on pictures or sounds prints. */
import { cutShort, type MediaRecord, trainingsOf } from "../tasks/index.ts";
import { printNetwork, printRace } from "./race-lines.ts";
import { printSavedRun } from "./saved-run.ts";
import { bold, findingLine, print } from "./terminal.ts";

/** @param rows - What the rows are: `pictures of 64 × 64`. @param many - `pictures`. */
export function printMediaRun(
  record: MediaRecord,
  { rows, many }: { readonly rows: string; readonly many: string },
  model: string,
  out: string,
): void {
  const { data, task, network, test } = record;
  for (const finding of record.findings) print(findingLine(finding));
  if (record.findings.length > 0) print();
  print(
    `${bold(task.target)} (${task.classes.length} labels) from ${rows}; ${data.trainRows} to learn, ${data.validationRows} to choose the epoch and the model, ${test.rows} untouched.`,
  );
  printNetwork(network);
  printRace(record, { many, nothing: "doing nothing", undefinedInterval: "interval not defined" });
  printSavedRun({
    model,
    out,
    source: [data.source],
    reading: {},
    reproduce: record.reproduce,
    cutShort: cutShort(trainingsOf(network)),
    answers: "predictions.csv",
  });
}
