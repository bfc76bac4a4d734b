/** What a user may ask of a training run whose rows bear any number of labels. */
import type { ModelRecipe } from "../../model/index.ts";
import type { RunOptions } from "../run-options.ts";
import type { Requirement } from "../tabular/requirements.ts";

export interface LabelOptions extends RunOptions {
  /** One column of lists, or several that say yes or no to a label each. */
  readonly targets: readonly string[];
  /** What stands between the labels of a list; ";" unless told. */
  readonly labelsBy?: string;
  /** Of `labelMetrics`; microF1 unless told. */
  readonly metric?: string;
  /** Seconds for the whole run; exclusive with `budget`. */
  readonly time?: number;
  /** Work units, about seconds of one core; 100 unless told, or a time is. */
  readonly budget?: number;
  readonly families?: readonly string[];
  /** 2 … 20; 5 unless told. */
  readonly folds?: number;
  /** Share of rows kept untouched, in (0, 1); default 0.2. */
  readonly testSize?: number;
  /** A number column: how much a row counts, in fits, thresholds and figures. */
  readonly weight?: string;
  /** Rows of one value stay together in every split, and are drawn together for intervals. */
  readonly group?: string;
  /** The model is tested on the latest rows by this column. */
  readonly timeColumn?: string;
  /** What the file must reach on the untouched rows; told in the record, and changes nothing else. */
  readonly require?: readonly Requirement[];
  /** What to fit, with which shares, instead of a race; kept in the file as it is. */
  readonly recipe?: ModelRecipe;
  /** The file that `recipe` comes from, which is held against the new one on the untouched rows. */
  readonly like?: string;
}

export const defaultSeparator = ";";
