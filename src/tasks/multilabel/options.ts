/** What a user may ask of a training run whose rows bear any number of labels. */
import type { ProgressListener } from "../../core/index.ts";
import type { ColumnOverride, Reading } from "../../data/index.ts";

export interface LabelOptions extends Reading {
  /** Files, globs or one database URL. */
  readonly source: readonly string[];
  /** One column of lists, or several that say yes or no to a label each. */
  readonly targets: readonly string[];
  /** What stands between the labels of a list; ";" unless told. */
  readonly labelsBy?: string;
  /** Of `labelMetrics`; microF1 unless told. */
  readonly metric?: string;
  /** Work units, about seconds of one core; 100 unless told. */
  readonly budget?: number;
  readonly families?: readonly string[];
  /** 2 … 20; 5 unless told. */
  readonly folds?: number;
  /** Share of rows kept untouched, in (0, 1); default 0.2. */
  readonly testSize?: number;
  readonly columns?: Readonly<Record<string, ColumnOverride>>;
  readonly keep?: readonly string[];
  readonly drop?: readonly string[];
  readonly id?: string;
  readonly seed: number;
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
  /** `performance.now()` when the command began. */
  readonly startedMs?: number;
  readonly software: string;
}

export const defaultSeparator = ";";
