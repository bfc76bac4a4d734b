/** What a training on sequences is asked for. */
import type { RunOptions } from "../run-options.ts";

export interface SequenceTaskOptions extends RunOptions {
  /** One label or number a group, or with `horizon` the series to forecast. */
  readonly target: string;
  /** Orders the rows of a sequence. */
  readonly timeColumn: string;
  /** Tells the sequences apart. Without it the table is one series. */
  readonly group?: string;
  /** How many of the next values are forecast; without it each group has one answer. */
  readonly horizon?: number;
  /** Rows that an answer is made from. Default: found. */
  readonly steps?: number;
  /** Steps from one season to the next. Default: found. */
  readonly period?: number;
  /** Share of new values that the intervals of a forecast are made to hold, 0.5 … 0.99. Default 0.9. */
  readonly coverage?: number;
  /** Most epochs. Default 20. */
  readonly epochs?: number;
  /** Seconds for the whole run: networks that would not fit are left out, and training ends by then. */
  readonly time?: number;
  /** Share of the time, or of the groups, kept untouched for the final figures. Default 0.2. */
  readonly testSize?: number;
}

export const sequenceDefaults = { epochs: 20, testSize: 0.2, coverage: 0.9 } as const;
/** Share of what is not untouched that chooses the epoch and the model. */
export const validationSize = 0.15;
/** Share of the same that the intervals of a forecast are made from, where there are rows enough. */
export const calibrationSize = 0.1;
/** Bodies of the networks that are raced. */
export const bodies = ["lstm", "gru", "tcn"] as const;
export type Body = (typeof bodies)[number];
