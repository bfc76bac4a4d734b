/** The report's data of a run whose rows bear any number of labels. */
import { sourceTitle, type SplitPlan } from "../../data/index.ts";
import type { ReportData } from "../../report/index.ts";
import { family, type FamilyName } from "../../select/index.ts";
import { reportFindings } from "../report-findings.ts";
import type { LabelOptions } from "./options.ts";
import type { LabelRecord } from "./run-record.ts";

export function labelReport(record: LabelRecord, options: LabelOptions, kind: SplitPlan["kind"]): ReportData {
  const { metric, test, leaderboard, labels } = record;
  const members = leaderboard.filter(({ weight, family: name }) => weight > 0 && name !== "ensemble");
  const titles = members.map(({ family: name }) => family(name as FamilyName).title);
  const role = kind === "time" ? "time" : kind === "grouped" ? "group" : undefined;
  const by = record.columns.find((column) => column.role === role)?.name;
  const fixed = (value: number): string => String(Number(value.toPrecision(3)));
  return {
    task: "multilabel",
    target: { column: record.task.target },
    data: {
      sources: options.source.map(sourceTitle),
      rows: record.data.rows,
      columns: record.data.columns,
      usedColumns: record.columns.filter(({ role }) => role === "feature").length,
    },
    split: {
      kind,
      ...(by !== undefined && { by }),
      trainRows: record.data.trainRows,
      testRows: record.data.testRows,
      folds: record.data.folds,
    },
    metric: { name: metric.name, label: metric.title, higherIsBetter: metric.greaterIsBetter },
    intervalLevel: 0.95,
    families: [...new Set(leaderboard.map(({ family: name }) => name).filter((name) => name !== "ensemble"))],
    chosen: {
      name: record.chosen,
      family: members.length > 1 ? "ensemble" : members[0]!.family,
      description: `${titles.length > 1 ? `weighted average of ${[...new Set(titles)].join(", ")}` : titles[0]!}, each label against the rest`,
      sizeBytes: record.model.bytes,
    },
    test: test.metrics.map(({ name, title, greaterIsBetter, value, low, high, baseline }) => ({
      metric: { name, label: title, higherIsBetter: greaterIsBetter },
      score: { value, low, high },
      baseline,
    })),
    findings: reportFindings(record.findings),
    leaderboard: leaderboard.map(({ name, family: said, score, weight }) => {
      const role =
        name === record.chosen
          ? "chosen"
          : said === "baseline"
            ? "baseline"
            : weight > 0
              ? "member"
              : undefined;
      return {
        name,
        family: said,
        score: { value: score },
        ...(role && { role }),
        ...(role === "member" && { weight }),
      };
    }),
    ...(record.against && {
      rivals: record.against.map(({ model, score, low, high, gain, gainLow, gainHigh, notes }) => ({
        name: model,
        score: { value: score, low, high },
        gain: { value: gain, low: gainLow, high: gainHigh },
        notes,
      })),
    }),
    limitations: [
      ...labels.map(
        ({ label, rows, threshold, f1 }) =>
          `Label ${label}: F1 ${fixed(f1)} on the test rows, of which ${rows} bear it; answered from probability ${fixed(threshold)} on.`,
      ),
      ...(record.tooRare.length > 0
        ? [
            `Not answered, for too few rows bear or lack them: ${record.tooRare
              .slice(0, 20)
              .map(({ label, rows }) => `${label} (${rows})`)
              .join(", ")}.`,
          ]
        : []),
      ...(record.data.copies === undefined
        ? []
        : [`Rows that copy another stand on its side of every split: ${record.data.copies}.`]),
      ...(options.weight === undefined ? [] : [`Rows count by the column "${options.weight}".`]),
      "Columns that give a label away are not looked for where rows bear several.",
    ],
    run: {
      command: record.reproduce,
      seed: options.seed,
      budget: record.budget.unitsUsed,
      durationSeconds: record.seconds,
      configurations: leaderboard.length,
      versions: [{ name: "millwright", version: record.software.replace(/^millwright /, "") }],
      hashes: [
        { name: "model.onnx", sha256: record.model.sha256 },
        { name: "training data", sha256: record.data.sha256 },
      ],
    },
  };
}
