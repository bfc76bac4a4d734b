/** What a training on sequences did and found: `run.json`; docs/schemas/sequence.json. */
import type { Finding } from "../../data/index.ts";
import type { EpochRecord } from "../../nn/index.ts";
import type { DataRecord } from "../read-table.ts";
import type { MetricFigure } from "../tabular/judge.ts";

export interface SequenceBoardRow {
  readonly rank: number;
  readonly name: string;
  readonly family: "network" | "classical" | "baseline";
  /** In the metric, on the validation part. */
  readonly score: number;
  /** Of the fit. */
  readonly seconds: number;
}

export interface SequenceNetwork {
  readonly name: string;
  readonly parameterCount: number;
  readonly epochs: number;
  readonly bestEpoch: number;
  /** Why it ended: all epochs done, no better epoch for long, or stopped. */
  readonly ended: "done" | "patience" | "aborted";
  readonly history: readonly EpochRecord[];
}

export interface SequenceRecord {
  readonly format: 1;
  readonly software: string;
  readonly seconds: number;
  readonly data: DataRecord & {
    /** Groups, or 1. */
    readonly sequences: number;
    /** Sequences, or windows of a forecast, that were learnt from, that chose, and that were untouched. */
    readonly trainRows: number;
    readonly validationRows: number;
    readonly testRows: number;
    /** Groups without an answer, or windows with a gap in what comes next; left out. */
    readonly withoutAnswer: number;
  };
  readonly task: {
    readonly kind: "forecast" | "multiclass" | "regression";
    readonly target: string;
    /** With the groups of each. */
    readonly classes?: readonly { readonly label: string; readonly rows: number }[];
    readonly horizon?: number;
    /** Of a forecast: steps from one season to the next, 1 where nothing repeats. */
    readonly period?: number;
    readonly step?: number;
    readonly stepUnit?: "milliseconds" | "months" | "number";
    /** Of a forecast: from which times on what comes next was validation and test. */
    readonly cuts?: { readonly validation: number; readonly test: number };
  };
  /** What the file takes. */
  readonly input: {
    readonly name: string;
    readonly steps: number;
    readonly columns: readonly string[];
    readonly pad: "before" | "behind";
  };
  readonly metric: { readonly name: string; readonly title: string; readonly greaterIsBetter: boolean };
  readonly networks: readonly SequenceNetwork[];
  readonly leaderboard: readonly SequenceBoardRow[];
  readonly chosen: string;
  /** The best network against the best classical model on the untouched part; absent where no network was fitted. */
  readonly versus?: {
    readonly network: string;
    readonly classical: string;
    /** How much better the network is in the metric; paired. */
    readonly gain: number;
    readonly low: number;
    readonly high: number;
    /** Seconds of the network's fit by those of the classical one's. */
    readonly timeRatio: number;
    readonly sentence: string;
  };
  readonly test: {
    readonly rows: number;
    /** Of a forecast: what doing nothing is, the naive forecast that was best in validation. */
    readonly naive?: string;
    readonly metrics: readonly MetricFigure[];
    /** Mean absolute error by that of the value a season before within the training part of each series. */
    readonly mase?: { readonly value: number; readonly naive: number };
  };
  /** Of a forecast: mean absolute error of each next value, the nearest first. */
  readonly byHorizon?: { readonly chosen: readonly number[]; readonly naive: readonly number[] };
  /** Of classes: test groups, row-major [actual, predicted]. */
  readonly confusion?: readonly number[];
  /** Columns that are no numbers. */
  readonly leftOut: readonly { readonly column: string; readonly reason: string }[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  readonly findings: readonly Finding[];
  /** The command that gives the same file again. */
  readonly reproduce: string;
  readonly model: { readonly bytes: number; readonly sha256: string };
}
