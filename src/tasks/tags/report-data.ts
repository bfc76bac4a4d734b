/** Fills the report's data of a training on tagged sentences from a finished run. */
import { basename } from "node:path";
import type { ReportData } from "../../report/index.ts";
import type { TagOptions } from "./options.ts";
import type { TagRecord } from "./run-record.ts";

interface ReportParts {
  readonly record: TagRecord;
  readonly options: TagOptions;
  /** What is shipped, in words. */
  readonly title: string;
}

export function tagReport({ record, options, title }: ReportParts): ReportData {
  const { data, task, metric, test, leaderboard, versus, kinds } = record;
  const files = [data.source, data.validation, data.test].flatMap((file) =>
    file === null ? [] : [basename(file)],
  );
  return {
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
    metric: { name: metric.name, label: metric.title, higherIsBetter: metric.greaterIsBetter },
    intervalLevel: 0.95,
    families: [record.network.name, versus.classical, "baseline"],
    chosen: {
      name: record.chosen,
      family: leaderboard.find(({ name }) => name === record.chosen)!.family,
      description: title,
      sizeBytes: record.model.bytes,
    },
    test: [
      ...test.metrics.map(({ name, title: label, value, low, high, baseline }) => ({
        metric: { name, label, higherIsBetter: true },
        score: { value, ...(!Number.isNaN(low) && { low, high }) },
        baseline,
      })),
      ...kinds.map(({ kind, spans, f1 }) => ({
        metric: { name: `spanF1 ${kind}`, label: `span F1 of ${kind} (${spans})`, higherIsBetter: true },
        score: { value: f1 },
      })),
    ],
    findings: [],
    leaderboard: leaderboard.map(({ name, family, score, seconds }) => ({
      name,
      family,
      score: { value: score },
      fitSeconds: seconds,
      ...(name === record.chosen
        ? { role: "chosen" as const }
        : family === "baseline" && { role: "baseline" as const }),
    })),
    training: {
      epochs: record.network.history.map(({ loss, validationLoss, validationMetric }) => ({
        loss,
        validationLoss: validationLoss!,
        validationMetric: validationMetric!,
      })),
      bestEpoch: record.network.bestEpoch,
      validationRows: data.validationRows,
    },
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
    run: {
      command: record.reproduce,
      seed: options.seed,
      ...(options.time !== undefined && { timeLimitSeconds: options.time }),
      durationSeconds: record.seconds,
      configurations: leaderboard.length,
      stoppedEarly: record.network.ended === "aborted",
      versions: [{ name: "millwright", version: options.software.replace(/^millwright /, "") }],
      hashes: [
        { name: "model.onnx", sha256: record.model.sha256 },
        { name: "sentences", sha256: data.sha256 },
      ],
    },
  };
}
