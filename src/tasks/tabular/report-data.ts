/** Fills the report's data from a finished run. */
import { sourceTitle } from "../../data/index.ts";
import type { Metric, RegressionRows } from "../../metrics/index.ts";
import type {
  BoardEntry,
  Estimate,
  Finding,
  MetricInfo,
  PartialDependence,
  ReportData,
  SimplerModel,
} from "../../report/index.ts";
import { scoredRows } from "../../evaluate/index.ts";
import { featureColumns } from "../../schema/index.ts";
import { familyOf } from "../../select/index.ts";
import { reportFindings } from "../report-findings.ts";
import { carriedSentences } from "./carried.ts";
import type { Explanation } from "./explain.ts";
import { constantAnswer, type LabelledFrame } from "./labelled.ts";
import { classPictures, errorPictures } from "./pictures.ts";
import type { RunParts, RunRecord } from "./run-record.ts";
import { reportWords } from "./words.ts";

export interface ReportParts extends RunParts {
  readonly training: LabelledFrame;
  readonly explanation: Explanation;
  readonly record: RunRecord;
}

export function reportData(parts: ReportParts): ReportData {
  const { record, table, splits, metric, race, options, held, training, explanation } = parts;
  const { task, frame } = table;
  const { simpler } = parts.choice;
  return {
    task: record.task.kind,
    target: {
      column: task.target,
      ...(task.kind === "classification" && { classes: classCounts(table.y, task.classes) }),
      ...(task.kind === "classification" && task.positive !== undefined && { positive: task.positive }),
      ...(record.task.classWeights && { classWeights: record.task.classWeights }),
    },
    data: {
      sources: options.source.map(sourceTitle),
      rows: record.data.rows,
      columns: record.data.columns,
      usedColumns: featureColumns(frame.schema).length,
    },
    split: {
      kind: options.testSource === undefined ? splits.kind : "file",
      ...splitBy(parts),
      trainRows: splits.train.length,
      testRows: held.frame.rowCount,
      folds: splits.folds.length,
    },
    metric: metricInfo(metric),
    intervalLevel: 0.95,
    families: [...new Set(race.entries.map((entry) => entry.candidate.family))],
    ...(record.own?.steps && { ownSteps: record.own.steps }),
    chosen: chosenInfo(parts),
    test: parts.judgement.metrics.map((item) => ({
      metric: {
        name: item.name,
        label: item.title,
        higherIsBetter: item.greaterIsBetter,
        inTargetUnits: item.unit === "target",
      },
      score: estimate(item.value, item.low, item.high),
      ...(Number.isFinite(item.baseline) && { baseline: item.baseline }),
    })),
    findings: findings(parts),
    leaderboard: leaderboard(parts),
    ...(parts.challenges.length > 0 && {
      rivals: parts.challenges.map(({ model, score, low, high, gain, gainLow, gainHigh, notes }) => ({
        name: model,
        score: estimate(score, low, high),
        gain: estimate(gain, gainLow, gainHigh),
        notes,
      })),
    }),
    ...(simpler && {
      simpler: {
        name: simpler.name,
        score: simpler.comparison.scoreA,
        difference: estimate(simpler.comparison.gain, simpler.comparison.low, simpler.comparison.high),
        withinNoise: simpler.withinNoise,
      },
    }),
    ...(isSimple(parts.choice) && { simpler: itself(parts.choice) }),
    ...(parts.audit.nullTest && {
      shuffledTarget: {
        score: estimate(parts.audit.nullTest.score, parts.audit.nullTest.low, parts.audit.nullTest.high),
        chance: parts.audit.nullTest.chance,
      },
    }),
    limitations: [
      ...(record.versus ? [record.versus.sentence] : []),
      ...(record.untriedNetworks === undefined ? [] : [record.untriedNetworks]),
      ...carriedSentences(parts.choice),
      ...leaksTogether(parts),
      ...widenedSentences(record),
    ],
    ...pictures(parts, training),
    ...(explanation.learning.length > 1 && {
      learningCurve: explanation.learning.map(({ rows, score }) => ({ rows, score: { value: score } })),
    }),
    ...(explanation.importance && {
      importance: explanation.importance.columns.map(({ columns, drop, spread }) => ({
        column: columns.join(" + "),
        drop: estimate(drop, drop - 2 * spread, drop + 2 * spread),
      })),
    }),
    partialDependence: explanation.dependence.map((item): PartialDependence => {
      const shown = item.points.filter((point) => point.value !== null);
      const answer =
        task.kind === "classification"
          ? Math.max(0, task.classes.indexOf(task.positive ?? task.classes[0]!))
          : 0;
      return {
        column: item.column,
        ...(task.kind === "classification" && { label: task.classes[answer]! }),
        kind: item.kind === "boolean" ? "category" : item.kind,
        points: shown.map(({ value, mean, share }) => ({ x: value!, y: mean[answer]!, share })),
      };
    }),
    ...wordsOf(parts),
    segments: (explanation.segments?.worst ?? []).flatMap(({ text, rows, score }) =>
      score === null
        ? []
        : [{ description: text, rows, score: estimate(score.score, score.low, score.high) }],
    ),
    ...(explanation.labels && {
      labelNoise: labelNoiseOf(explanation.labels),
    }),
    run: {
      command: record.reproduce,
      seed: options.seed,
      budget: record.budget.unitsUsed,
      ...(options.time !== undefined && { timeLimitSeconds: options.time }),
      durationSeconds: record.seconds,
      configurations: race.entries.length,
      fits: race.entries.length * splits.folds.length,
      stoppedEarly: race.stoppedBy === "signal",
      versions: [{ name: "millwright", version: options.software.replace(/^millwright /, "") }],
      hashes: [
        { name: "model.onnx", sha256: record.model.sha256 },
        { name: "training data", sha256: table.fingerprint },
      ],
    },
  };
}

/** The words of texts, of each class that is drawn. */
function wordsOf({ explanation, table, held }: ReportParts): Pick<ReportData, "words"> {
  if (explanation.words === undefined) return {};
  const words = reportWords(explanation.words, table.task, held.y);
  return words === undefined ? {} : { words };
}

/** Among the surest fifth of the rows hard ones are rare: contradictions there are wrong labels. */
const clearContradiction = 0.05;

function labelNoiseOf({
  rows,
  share,
  error,
  surest,
}: NonNullable<Explanation["labels"]>): NonNullable<ReportData["labelNoise"]> {
  const clear = surest.contradicted >= clearContradiction && surest.contradicted >= error / 2;
  return { rows: rows.length, share, clear };
}

function estimate(value: number, low: number, high: number): Estimate {
  return Number.isFinite(low) && Number.isFinite(high) ? { value, low, high } : { value };
}

function metricInfo(metric: Metric): MetricInfo {
  return {
    name: metric.name,
    label: metric.title,
    higherIsBetter: metric.greaterIsBetter,
    inTargetUnits: metric.unit === "target",
  };
}

function classCounts(y: LabelledFrame["y"], classes: readonly string[]): { label: string; rows: number }[] {
  const counts = new Array<number>(classes.length).fill(0);
  if (y.kind === "classification") for (const code of y.codes) counts[code]!++;
  return classes.map((label, code) => ({ label, rows: counts[code]! }));
}

function splitBy({ options, table }: ReportParts): { readonly by?: string } {
  if (options.testSource !== undefined) return { by: sourceTitle(options.testSource) };
  const column =
    table.frame.schema.columns.find((item) => item.role === "time") ??
    table.frame.schema.columns.find((item) => item.role === "group");
  return column === undefined ? {} : { by: column.name };
}

function chosenInfo({ choice, model }: ReportParts): ReportData["chosen"] {
  const titles = choice.members.map(({ entry }) => familyOf(entry.candidate).title);
  const distinct = [...new Set(titles)];
  return {
    name: choice.chosen,
    family: choice.members.length > 1 ? "ensemble" : choice.members[0]!.entry.candidate.family,
    description:
      titles.length > 1
        ? `weighted average of ${titles.length} models: ${distinct.join(", ")}`
        : distinct[0]!,
    sizeBytes: model.length,
  };
}

function leaderboard({ choice }: ReportParts): BoardEntry[] {
  return choice.board.map((entry) => {
    const role =
      entry.name === choice.chosen
        ? "chosen"
        : entry.family === "baseline"
          ? "baseline"
          : entry.weight > 0
            ? "member"
            : undefined;
    const parameters = entry.weight > 0 ? entry.parameters : undefined;
    return {
      name: entry.name,
      family: entry.family,
      ...(role && { role }),
      score: estimate(entry.score, entry.low, entry.high),
      ...(entry.family !== "ensemble" && { fitSeconds: entry.fitSeconds }),
      ...(role === "member" && { weight: entry.weight }),
      sizeBytes: entry.cost.bytes,
      rowMs: Number(entry.cost.rowMs.toPrecision(2)),
      pareto: entry.pareto,
      ...(parameters &&
        Object.keys(parameters).length > 0 && {
          parameters: Object.entries(parameters)
            .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`)
            .join(", "),
        }),
    };
  });
}

function findings({ table, audit }: ReportParts): Finding[] {
  return reportFindings(table.findings).map((item) => {
    const scores = item.kind === "leak" ? audit.leaks.find((leak) => leak.column === item.column) : undefined;
    return { ...item, ...(scores && { scores: { with: scores.withColumn, without: scores.without } }) };
  });
}

/** What all leaks together would have made us report; the findings tell each alone. */
function leaksTogether({ audit, metric }: ReportParts): string[] {
  return audit.leaks
    .filter((leak) => leak.column.includes(" + "))
    .map(
      ({ column, withColumn, without }) =>
        `With ${column} we would have reported ${metric.title} ${Number(withColumn.toPrecision(3))}; without them ${Number(without.toPrecision(3))}: a small model, on one fold.`,
    );
}

function pictures(parts: ReportParts, training: LabelledFrame): Partial<ReportData> {
  const { judgement, table, options, threshold } = parts;
  const scored = scoredRows(judgement.rows.y, judgement.answers, judgement.rows);
  if ("classCount" in scored) {
    const classes = table.task.kind === "classification" ? table.task.classes : [];
    return classPictures({ ...scored, probabilities: judgement.answers }, classes, {
      threshold,
      cost: options.cost,
    });
  }
  const { y, predicted } = scored as RegressionRows;
  return { errors: errorPictures(y, predicted, constantAnswer(training)[0]!) };
}

/** Whether what is shipped is one linear model, naive Bayes or one tree. */
function isSimple({ members }: RunParts["choice"]): boolean {
  return members.length === 1 && familyOf(members[0]!.entry.candidate).simplicity === 1;
}

function itself({ chosen, board }: RunParts["choice"]): SimplerModel {
  const { score } = board.find((entry) => entry.name === chosen)!;
  return { name: chosen, score, difference: { value: 0 }, withinNoise: true };
}

/** Which rows the race saw, and which the file was fitted on, where the table is larger than memory. */
function widenedSentences({ data }: RunRecord): string[] {
  if (data.sampledFrom === undefined) return [];
  const all = `The table has ${data.sampledFrom} rows, and ${data.rows} of them, evenly spread, fitted into memory: the ranking, the figures and the pictures are of these.`;
  if (data.streamedRows === undefined) return [`${all} The file has learnt from no others.`];
  return [
    `${all} What was chosen of boosting was then fitted on ${data.streamedRows} rows, none of them untouched ones.`,
  ];
}
