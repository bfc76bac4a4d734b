/** Fills the report's data of a training on tagged sentences from a finished run. */
import { basename } from "node:path";
import type { ReportData } from "../../report/index.ts";
import { raceReport, simplerModel, trainingCurve } from "../race/report.ts";
import type { TagOptions } from "./options.ts";
import type { TagRecord } from "./run-record.ts";

interface ReportParts {
  readonly record: TagRecord;
  readonly options: TagOptions;
  /** What is shipped, in words. */
  readonly title: string;
}

export function tagReport({ record, options, title }: ReportParts): ReportData {
  const { data, task, network, versus, kinds } = record;
  const { seed, time } = options;
  const shared = raceReport(record, { title, seed, time, networks: [network], hashed: "sentences" });
  const files = [data.source, data.validation, data.test].flatMap((file) =>
    file === null ? [] : [basename(file)],
  );
  return {
    ...shared,
    task: "multiclass",
    target: { column: task.target, classes: task.classes },
    noun: { one: "sentence", many: "sentences" },
    data: {
      sources: files,
      rows: data.sentences,
      columns: 1,
      usedColumns: 1,
      preparation: [
        "tokens are looked up, cut into characters and matched against shapes inside the file",
        `a sentence of more than ${data.places} tokens is learnt and answered in parts`,
      ],
    },
    split: {
      kind: data.test === null ? "random" : "file",
      trainRows: data.trainRows + data.validationRows,
      testRows: data.testRows,
    },
    families: [network.name, versus.classical, "baseline"],
    simpler: simplerModel(record, versus),
    test: [
      ...shared.test,
      ...kinds.map(({ kind, spans, f1 }) => ({
        metric: { name: `spanF1 ${kind}`, label: `span F1 of ${kind} (${spans})`, higherIsBetter: true },
        score: { value: f1 },
      })),
    ],
    findings: [],
    training: trainingCurve(network, data.validationRows),
    limitations: [
      versus.sentence,
      `The board's scores are of ${data.validationRows} sentences that also chose the epoch and how readily a token is tagged; the test sentences were kept out of that.`,
      ...(data.bad.length > 0
        ? [
            `${data.bad.length} lines could not be read, and their sentences were left out: ${data.bad
              .slice(0, 5)
              .map(({ file, line }) => `${basename(file)} line ${line}`)
              .join(", ")}${data.bad.length > 5 ? ", …" : ""}.`,
          ]
        : []),
    ],
  };
}
