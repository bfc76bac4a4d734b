/** Fills the report's data of a training on pictures or sounds from a finished run. */
import { basename, resolve } from "node:path";
import type { ReportData } from "../../report/index.ts";
import { raceReport, simplerModel, trainingCurve } from "../race/report.ts";
import { trainingsOf } from "../race/record.ts";
import { reportFindings } from "../report-findings.ts";
import type { MediaRecord } from "./run-record.ts";

interface ReportParts {
  readonly record: MediaRecord;
  readonly noun: { readonly one: string; readonly many: string };
  /** What happens to a file before it is learnt from. */
  readonly preparation: readonly string[];
  readonly split: ReportData["split"];
  readonly seed: number;
  readonly time?: number | undefined;
  /** What is shipped, in words. */
  readonly title: string;
  readonly examples: NonNullable<ReportData["examples"]>;
}

export function mediaReport(parts: ReportParts): ReportData {
  const { record, noun, preparation, split, seed, time, title, examples } = parts;
  const { data, task, network, versus } = record;
  return {
    ...raceReport(record, { title, seed, time, networks: trainingsOf(network), hashed: noun.many }),
    task: "multiclass",
    target: { column: task.target, classes: task.classes },
    noun,
    data: {
      sources: [basename(resolve(data.source))],
      rows: data.trainRows + data.validationRows + data.testRows,
      columns: 1,
      usedColumns: 1,
      preparation,
    },
    split,
    families: [network.name, versus.classical, "baseline"],
    findings: reportFindings(record.findings),
    simpler: simplerModel(record, versus),
    training: {
      ...trainingCurve(network, data.validationRows),
      ...(network.others && { network: `${network.name}, the first of ${1 + network.others.length}` }),
    },
    examples,
    confusion: { labels: task.classes.map(({ label }) => label), counts: record.confusion },
    limitations: [
      versus.sentence,
      `The board's scores are of ${data.validationRows} ${noun.many} that also chose the epoch; the test ${noun.many} were kept out of that.`,
    ],
  };
}
