/**
 * What a table's columns mean: a kind says how cells are read, a role says what
 * a column is for. Declared once, obeyed by every splitter, metric and audit.
 */

export const kinds = ["number", "category", "boolean", "datetime", "text", "id"] as const;
/** How cells are read. Pictures, sounds, sequences and sentences are no cells of a table: no column of a table can be given their kinds. */
export type Kind = (typeof kinds)[number] | "image" | "audio" | "sequence" | "tokens";

export const roles = ["feature", "target", "weight", "group", "time", "id", "sensitive", "ignore"] as const;
/** What a column is for. `sensitive` columns are used for fairness only, never as a feature. */
export type Role = (typeof roles)[number];

/** How the numbers of a column are written; each flag was recognised with a finding. */
export interface NumberFormat {
  /** "." unless told. */
  readonly decimal?: "." | ",";
  /** Thousands separator; none when absent. */
  readonly thousands?: "," | "." | " " | "'";
  /** A currency sign or code around the number: "$", "EUR". */
  readonly currency?: string;
  /** "12 %" is read as 12. */
  readonly percent?: boolean;
}

interface ColumnBase {
  readonly name: string;
  readonly role: Role;
  /** Cells that mean "missing" in this column besides the empty one: "?", "N/A", "-999". */
  readonly missing?: readonly string[];
}

export interface NumberColumnSchema extends ColumnBase {
  readonly kind: "number";
  /** float32 where rounding keeps distinct training values distinct, else float64. */
  readonly dtype: "float32" | "float64";
  readonly format?: NumberFormat;
  /** Cells without a digit are missing, whatever they say: the training table had words among its numbers. */
  readonly wordsAreMissing?: true;
  /** Of a target that is forecast: how many of its next values an answer holds, the nearest first. */
  readonly horizon?: number;
  /** The same: the share of values that the intervals beside the answer are made to hold; absent where there are none. */
  readonly coverage?: number;
}
export interface CategoryColumnSchema extends ColumnBase {
  readonly kind: "category";
  /** The cells are numbers used as categories: 7, "7" and "7.0" are the category "7". */
  readonly numeric?: true;
  /** Of a target: its classes, in the order of `probabilities`. */
  readonly labels?: readonly string[];
  /**
   * Of a target, where it is not one label and its probabilities: what stands beside the label of a clustering, or
   * `labels` for any number of them at once, or `tags` for one a token.
   */
  readonly answers?: "distances" | "label" | "labels" | "tags";
}
export interface BooleanColumnSchema extends ColumnBase {
  readonly kind: "boolean";
  /** How true and false are written in the table, and how they reach the graph: ["yes", "no"]. "true" and "false" when absent. */
  readonly written?: readonly [yes: string, no: string];
  /** Of a target: its classes, in the order of `probabilities`. */
  readonly labels?: readonly string[];
}
export interface DatetimeColumnSchema extends ColumnBase {
  readonly kind: "datetime";
  /** An instant carries a zone and takes a `Date`; wall-clock has none and takes an ISO string without zone. */
  readonly clock: "instant" | "wall";
  /** Order of the parts when not ISO: "dmy" or "mdy", "ymd" for ISO-like. */
  readonly order?: "ymd" | "dmy" | "mdy";
}
export interface TextColumnSchema extends ColumnBase {
  readonly kind: "text";
}
export interface IdColumnSchema extends ColumnBase {
  readonly kind: "id";
}

/** Pictures: bytes [height, width, channels] a cell, 0 … 255. */
export interface ImageColumnSchema extends ColumnBase {
  readonly kind: "image";
  /** Pixels down. */
  readonly height: number;
  /** Pixels across. */
  readonly width: number;
  /** 3 for RGB, 1 for grey. */
  readonly channels: 1 | 3;
  /** How a picture of another shape comes to this one, as `decodeImage` has it. */
  readonly fit: "cover" | "contain" | "stretch";
}

/** Rows of a table in the order of their time, as numbers [steps, columns] a cell; NaN is missing. */
export interface SequenceColumnSchema extends ColumnBase {
  readonly kind: "sequence";
  /** Rows that a cell holds. Of a longer sequence the latest ones count. */
  readonly steps: number;
  /** Names of the numbers of each row. A boolean is 1 for true and 0 for false. */
  readonly columns: readonly string[];
  /** Where rows without a number stand that fill up a shorter sequence. */
  readonly pad: "before" | "behind";
}

/** Sounds: samples [length] a cell, floats of 32 bits, −1 … 1, one channel. */
export interface AudioColumnSchema extends ColumnBase {
  readonly kind: "audio";
  /** Samples a second. */
  readonly rate: number;
  /** Samples of a sound: the stretch around the centre of its energy, with silence beyond its ends. */
  readonly length: number;
}

/** Sentences: the tokens in their order, and "" behind the last. */
export interface TokensColumnSchema extends ColumnBase {
  readonly kind: "tokens";
  /** Most tokens of a sentence. */
  readonly places: number;
}

export type ColumnSchema =
  | NumberColumnSchema
  | CategoryColumnSchema
  | BooleanColumnSchema
  | DatetimeColumnSchema
  | TextColumnSchema
  | IdColumnSchema
  | ImageColumnSchema
  | AudioColumnSchema
  | SequenceColumnSchema
  | TokensColumnSchema;

/** Columns in table order; names are unique. */
export interface Schema {
  readonly columns: readonly ColumnSchema[];
}
