/** What a training on pictures or sounds did and found: the parts of `run.json` that both have. */
import type { BadFile, Finding } from "../../data/index.ts";
import type { EpochRecord } from "../../nn/index.ts";
import type { MetricFigure } from "../tabular/judge.ts";

export interface MediaBoardRow {
  readonly rank: number;
  readonly name: string;
  readonly family: "network" | "classical" | "baseline";
  /** Accuracy on the validation rows. */
  readonly score: number;
  /** Of the fit. */
  readonly seconds: number;
}

/** Where the rows come from, and how they were split. */
export interface MediaData {
  readonly source: string;
  readonly sha256: string;
  /** Files that could not be read. */
  readonly bad: readonly BadFile[];
  readonly trainRows: number;
  readonly validationRows: number;
  readonly testRows: number;
}

export interface MediaRecord<D extends MediaData = MediaData> {
  readonly format: 1;
  readonly software: string;
  readonly seconds: number;
  readonly data: D;
  readonly task: {
    readonly kind: "multiclass";
    readonly target: string;
    readonly classes: readonly { readonly label: string; readonly rows: number }[];
  };
  readonly metric: { readonly name: string; readonly title: string; readonly greaterIsBetter: boolean };
  readonly network: {
    readonly name: string;
    readonly parameterCount: number;
    readonly epochs: number;
    readonly bestEpoch: number;
    readonly batchSize: number;
    readonly threads: number;
    /** Why it ended: all epochs done, no better epoch for long, or stopped. */
    readonly ended: "done" | "patience" | "aborted";
    readonly history: readonly EpochRecord[];
  };
  readonly leaderboard: readonly MediaBoardRow[];
  readonly chosen: string;
  /** The best network against the best classical model on the untouched rows. */
  readonly versus: {
    readonly network: string;
    readonly classical: string;
    /** How much more accurate the network is; paired. */
    readonly gain: number;
    readonly low: number;
    readonly high: number;
    /** Seconds of the network's fit by those of the classical one's. */
    readonly timeRatio: number;
    readonly sentence: string;
  };
  readonly test: { readonly rows: number; readonly metrics: readonly MetricFigure[] };
  /** Test rows, row-major [actual, predicted], in the order of the classes. */
  readonly confusion: readonly number[];
  readonly findings: readonly Finding[];
  /** The command that gives the same file again. */
  readonly reproduce: string;
  readonly model: { readonly bytes: number; readonly sha256: string };
}
