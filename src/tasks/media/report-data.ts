/** Fills the report's data of a training on pictures or sounds from a finished run. */
import { basename, resolve } from "node:path";
import type { ReportData } from "../../report/index.ts";
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
  const { data, task, metric, test, leaderboard, versus } = record;
  return {
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
    metric: { name: metric.name, label: metric.title, higherIsBetter: metric.greaterIsBetter },
    intervalLevel: 0.95,
    families: [record.network.name, versus.classical, "baseline"],
    chosen: {
      name: record.chosen,
      family: leaderboard.find(({ name }) => name === record.chosen)!.family,
      description: title,
      sizeBytes: record.model.bytes,
    },
    test: test.metrics.map(({ name, title: label, greaterIsBetter, value, low, high, baseline }) => ({
      metric: { name, label, higherIsBetter: greaterIsBetter },
      score: { value, ...(!Number.isNaN(low) && { low, high }) },
      baseline,
    })),
    findings: reportFindings(record.findings),
    leaderboard: leaderboard.map(({ name, family, score, seconds }) => ({
      name,
      family,
      score: { value: score },
      fitSeconds: seconds,
      ...(name === record.chosen
        ? { role: "chosen" as const }
        : family === "baseline" && { role: "baseline" as const }),
    })),
    ...(record.chosen === versus.network &&
      versus.gain >= 0 && {
        simpler: {
          name: versus.classical,
          score: leaderboard.find(({ name }) => name === versus.classical)!.score,
          difference: {
            value: versus.gain,
            ...(!Number.isNaN(versus.low) && { low: versus.low, high: versus.high }),
          },
          withinNoise: !(versus.low > 0),
        },
      }),
    training: {
      epochs: record.network.history.map(({ loss, validationLoss, validationMetric }) => ({
        loss,
        validationLoss: validationLoss!,
        validationMetric: validationMetric!,
      })),
      bestEpoch: record.network.bestEpoch,
      validationRows: data.validationRows,
    },
    examples,
    confusion: { labels: task.classes.map(({ label }) => label), counts: record.confusion },
    limitations: [
      versus.sentence,
      `The board's scores are of ${data.validationRows} ${noun.many} that also chose the epoch; the test ${noun.many} were kept out of that.`,
    ],
    run: {
      command: record.reproduce,
      seed,
      ...(time !== undefined && { timeLimitSeconds: time }),
      durationSeconds: record.seconds,
      configurations: leaderboard.length,
      stoppedEarly: record.network.ended === "aborted",
      versions: [{ name: "millwright", version: record.software.replace(/^millwright /, "") }],
      hashes: [
        { name: "model.onnx", sha256: record.model.sha256 },
        { name: noun.many, sha256: data.sha256 },
      ],
    },
  };
}
