/** What a training on pictures or sounds prints. */
import type { Reading } from "../data/index.ts";
import { cutShort, type MediaRecord, trainingsOf } from "../tasks/index.ts";
import { printNetwork, printRace } from "./race-lines.ts";
import { printSavedRun } from "./saved-run.ts";
import { bold, findingLine, print } from "./terminal.ts";

export interface MediaRunWords {
  /** What the rows are: `pictures of 64 × 64`. */
  readonly rows: string;
  /** `pictures`. */
  readonly many: string;
  /** Where a table names the files: the flag and the column of their paths, and how the table is read. */
  readonly table?: { readonly column: readonly string[]; readonly reading: Reading };
}

export function printMediaRun(
  record: MediaRecord,
  { rows, many, table }: MediaRunWords,
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
    source: [data.source, ...(table?.column ?? [])],
    reading: table?.reading ?? {},
    reproduce: record.reproduce,
    cutShort: cutShort(trainingsOf(network)),
    answers: "predictions.csv",
  });
}
