/** What a training on sequences did and found: `run.json`; docs/schemas/sequence.json. */
import type { Finding } from "../../data/index.ts";
import type { NetworkRecord, RaceRecord, Versus } from "../race/record.ts";
import type { DataRecord } from "../read-table.ts";

export interface SequenceRecord extends RaceRecord {
  /** Rows are sequences, or windows of a forecast. */
  readonly data: DataRecord &
    RaceRecord["data"] & {
      /** Groups, or 1. */
      readonly sequences: number;
      /** Groups without an answer, or windows with a gap in what comes next; left out. */
      readonly withoutAnswer: number;
      /** Windows that the intervals of a forecast were made from. */
      readonly calibrationRows?: number;
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
    /** Of a forecast: from which times on what comes next was validation, calibration of the intervals, and test. */
    readonly cuts?: { readonly validation: number; readonly calibration?: number; readonly test: number };
  };
  /** What the file takes. */
  readonly input: {
    readonly name: string;
    readonly steps: number;
    readonly columns: readonly string[];
    readonly pad: "before" | "behind";
  };
  readonly networks: readonly NetworkRecord[];
  /** Absent where no network was fitted. */
  readonly versus?: Versus;
  readonly test: RaceRecord["test"] & {
    /** Of a forecast: what doing nothing is, the naive forecast that was best in validation. */
    readonly naive?: string;
    /** Mean absolute error by that of the value a season before within the training part of each series. */
    readonly mase?: { readonly value: number; readonly naive: number };
    /** Of a forecast: the share that its intervals were made to hold, the share of untouched values that they hold, and their mean width. */
    readonly intervals?: { readonly coverage: number; readonly held: number; readonly width: number };
  };
  /** Of a forecast: mean absolute error of each next value, the nearest first, and the share of them that its interval holds. */
  readonly byHorizon?: {
    readonly chosen: readonly number[];
    readonly naive: readonly number[];
    readonly held?: readonly number[];
  };
  /** Of a forecast: why its values have no intervals. */
  readonly noInterval?: string;
  /** Of classes: test groups, row-major [actual, predicted]. */
  readonly confusion?: readonly number[];
  /** Columns that are no numbers. */
  readonly leftOut: readonly { readonly column: string; readonly reason: string }[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  readonly findings: readonly Finding[];
}
