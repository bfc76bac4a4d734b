/** Columns as a reader delivers them, before their kind is decided. */
import type { NumbersSeen } from "../kernels/index.ts";

export type RawColumn =
  /** Not asked for. */
  | { readonly type: "skip" }
  /** The way it was read does not fit: read it again as strings. */
  | { readonly type: "odd" }
  | {
      readonly type: "number";
      /** NaN is missing. */
      readonly values: Float64Array;
      /** Cells that held an infinity, and are missing now. */
      readonly infinite?: number;
      /** Most digits behind the point in these rows and those before, where it is known from the text. */
      readonly decimals?: number;
      /** What the values are, where the reader has looked. */
      readonly seen?: NumbersSeen;
    }
  /** Epoch milliseconds; NaN is missing. */
  | { readonly type: "datetime"; readonly values: Float64Array; readonly zoned: boolean }
  | {
      readonly type: "string";
      /** −1 is missing. Numbered by first appearance. */
      readonly codes: Int32Array;
      readonly dictionary: readonly string[];
      /** The source itself says that "true" and "false" are booleans. */
      readonly typed?: "boolean";
    };

/** Rows that a reader could not take. */
export interface Ragged {
  readonly count: number;
  /** The first of them, by 1-based line. */
  readonly examples: readonly {
    readonly line: number;
    readonly fieldCount: number;
    readonly problem: "fields" | "quote";
  }[];
}
