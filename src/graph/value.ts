/** Values of the graph. */
import type { DType } from "../core/index.ts";
/** A size, or a named dimension: "batch". */
export type Dim = number | string;
export interface Value {
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}
