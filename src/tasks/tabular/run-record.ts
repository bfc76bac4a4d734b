/**
 * `run.json`: what a training run did and found, for people and machines.
 *
 * Unlike the model file it may hold clock readings and paths. Fields are only
 * added within a format version.
 */
import { sha256 } from "../../core/index.ts";
import type { ContentRead, Finding } from "../../data/index.ts";
import type { Metric } from "../../metrics/index.ts";
import type { Choice, FamilyParameters, RaceResult } from "../../select/index.ts";
import type { Versus } from "../race/record.ts";
import { type DataRecord, dataRecord } from "../read-table.ts";
import type { Audit } from "./audit.ts";
import type { Challenge } from "./contender/challenge.ts";
import type { Explanation } from "./explain.ts";
import type { Judgement, MetricFigure } from "./judge.ts";
import type { LabelledFrame } from "./labelled.ts";
import type { TrainOptions } from "./options.ts";
import type { PreparedTable } from "./prepare.ts";
import { type OwnParts, ownOfRun, type RunOwn } from "./own.ts";
import { reproduceCommand } from "./reproduce.ts";
import type { RequirementResult } from "./requirements.ts";
import type { RunSplits } from "./splits.ts";
import type { Verdict } from "./verdict.ts";

export interface LeaderboardRow {
  readonly rank: number;
  readonly name: string;
  readonly family: string;
  /** What was set; the rest stands at its default. */
  readonly parameters: FamilyParameters;
  /** Score on rows that the entry was not fitted on, of the metric chosen by. */
  readonly score: number;
  readonly low: number;
  readonly high: number;
  /** Share in what is shipped. */
  readonly weight: number;
  readonly units: number;
  /** Until its last fold was done. */
  readonly seconds: number;
  /** Of the processor in its fits, of all folds; the ensemble is not fitted. */
  readonly fitSeconds?: number;
  /** Bytes in the file, and milliseconds of one row: of a model by itself, with the fits of all folds. */
  readonly bytes: number;
  readonly rowMs: number;
  /** Whether no other model is as good, as fast and as small. */
  readonly pareto: boolean;
}

export interface RunRecord {
  readonly format: 1;
  readonly software: string;
  readonly seconds: number;
  readonly data: DataRecord & {
    /** Of the untouched rows' own source. */
    readonly testReads?: readonly ContentRead[];
    /** Rows that the shipped boosting was fitted on in the end, streamed from the source. */
    readonly streamedRows?: number;
    readonly rowsWithoutTarget: number;
    readonly trainRows: number;
    readonly testRows: number;
    readonly split: string;
    readonly folds: number;
  };
  readonly task: {
    readonly kind: "regression" | "binary" | "multiclass" | "ordinal";
    readonly target: string;
    readonly classes?: readonly string[];
    readonly positive?: string;
    readonly threshold?: number;
    /** Weights that training rows of a label were given by `--class-weight`. */
    readonly classWeights?: readonly { readonly label: string; readonly weight: number }[];
  };
  readonly metric: { readonly name: string; readonly title: string; readonly greaterIsBetter: boolean };
  readonly columns: readonly { readonly name: string; readonly kind: string; readonly role: string }[];
  /** Figures on the untouched rows, computed by running the file. */
  readonly test: { readonly rows: number; readonly metrics: readonly MetricFigure[] };
  readonly leaderboard: readonly LeaderboardRow[];
  readonly chosen: string;
  /** Code of the user's own that was raced, and that every family got or was ranked by. */
  readonly own?: RunOwn;
  readonly simpler?: {
    readonly name: string;
    readonly difference: number;
    readonly low: number;
    readonly high: number;
  };
  /** The best network against the best classical model, on rows that neither was fitted on. */
  readonly versus?: Versus;
  /** One sentence: which networks were not tried, and why. */
  readonly untriedNetworks?: string;
  /** How much worse the file gets on the untouched rows when a column is shuffled; most important first. */
  readonly importance: readonly {
    readonly column: string;
    readonly value: number;
    readonly spread: number;
  }[];
  /** Parts of the untouched rows where the file does worse than elsewhere. */
  readonly segments: readonly {
    readonly segment: string;
    readonly rows: number;
    readonly score?: number;
    readonly low?: number;
    readonly high?: number;
  }[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  readonly findings: readonly Finding[];
  /** Scores of a small fit with each leaking column, and without any. */
  readonly leaks: Audit["leaks"];
  /** A small fit on a shuffled target; passed when it is not better than chance. */
  readonly nullTest?: NonNullable<Audit["nullTest"]>;
  readonly budget: { readonly unitsUsed: number; readonly stoppedBy: string };
  /** The command that gives the same file again. */
  readonly reproduce: string;
  readonly model: { readonly bytes: number; readonly sha256: string };
  /** Other files on the same untouched rows, in the order given. */
  readonly against?: readonly Challenge[];
  /** What `--require` asked for, each passed or not. */
  readonly requirements?: readonly RequirementResult[];
}

export interface RunParts {
  readonly options: TrainOptions;
  readonly table: PreparedTable;
  readonly splits: RunSplits;
  readonly metric: Metric;
  readonly race: RaceResult;
  readonly choice: Choice;
  readonly verdict: Verdict;
  /** Members fitted once more on rows that the race had no room for. */
  readonly widened: ReadonlyMap<unknown, { readonly rowCount: number }>;
  readonly audit: Audit;
  readonly judgement: Judgement;
  readonly explanation: Explanation;
  readonly held: LabelledFrame;
  readonly model: Uint8Array;
  readonly requirements?: readonly RequirementResult[];
  readonly challenges: readonly Challenge[];
  readonly own: OwnParts;
  readonly threshold: number | undefined;
  /** Weight of a training row of each class, where some are given. */
  readonly classWeights?: Float64Array;
  readonly seconds: number;
}

/** Puts the record of a run together. */
export function recordOf(parts: RunParts): RunRecord {
  const { options, table, splits, metric, race, choice, audit } = parts;
  const { task, frame } = table;
  const { simpler } = choice;
  const own = ownOfRun(parts.own, race.entries);
  return {
    format: 1,
    software: options.software,
    seconds: round(parts.seconds),
    data: {
      ...dataRecord(options, table, frame.rowCount + table.rowsWithoutTarget),
      ...(parts.held.reads && { testReads: parts.held.reads }),
      ...(parts.widened.size > 0 && {
        streamedRows: Math.max(...[...parts.widened.values()].map(({ rowCount }) => rowCount)),
      }),
      rowsWithoutTarget: table.rowsWithoutTarget,
      trainRows: splits.train.length,
      testRows: parts.held.frame.rowCount,
      split: splits.reason,
      folds: splits.folds.length,
    },
    task:
      task.kind === "regression"
        ? { kind: "regression", target: task.target }
        : {
            kind: task.ordered === true ? "ordinal" : task.classes.length === 2 ? "binary" : "multiclass",
            target: task.target,
            classes: task.classes,
            ...(task.positive !== undefined && { positive: task.positive }),
            ...(parts.threshold !== undefined && { threshold: parts.threshold }),
            ...(parts.classWeights && {
              classWeights: task.classes.map((label, k) => ({ label, weight: parts.classWeights![k]! })),
            }),
          },
    metric: { name: metric.name, title: metric.title, greaterIsBetter: metric.greaterIsBetter },
    columns: frame.schema.columns.map(({ name, kind, role }) => ({ name, kind, role })),
    test: { rows: parts.held.frame.rowCount, metrics: parts.judgement.metrics },
    leaderboard: choice.board.map(({ cost, fitSeconds, ...entry }, index) => ({
      rank: index + 1,
      ...entry,
      seconds: round(entry.seconds),
      ...(entry.family !== "ensemble" && { fitSeconds: Number(fitSeconds.toPrecision(3)) }),
      bytes: cost.bytes,
      rowMs: Number(cost.rowMs.toPrecision(2)),
    })),
    chosen: choice.chosen,
    ...(own && { own }),
    ...(simpler?.withinNoise === true && {
      simpler: {
        name: simpler.name,
        difference: simpler.comparison.gain,
        low: simpler.comparison.low,
        high: simpler.comparison.high,
      },
    }),
    ...parts.verdict,
    importance: (parts.explanation.importance?.columns ?? []).map(({ columns, drop, spread }) => ({
      column: columns.join(" + "),
      value: drop,
      spread,
    })),
    segments: (parts.explanation.segments?.worst ?? []).map(({ text, rows, score }) => ({
      segment: text,
      rows,
      ...(score && { score: score.score, low: score.low, high: score.high }),
    })),
    skipped: race.skipped.map(({ candidate, reason }) => ({ name: candidate.name, reason })),
    findings: table.findings,
    leaks: audit.leaks,
    ...(audit.nullTest && { nullTest: audit.nullTest }),
    budget: { unitsUsed: race.unitsUsed, stoppedBy: race.stoppedBy },
    reproduce: reproduceCommand(options, race.unitsUsed, own?.families),
    model: { bytes: parts.model.length, sha256: sha256(parts.model) },
    ...(parts.challenges.length > 0 && { against: parts.challenges }),
    ...(parts.requirements && { requirements: parts.requirements }),
  };
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
