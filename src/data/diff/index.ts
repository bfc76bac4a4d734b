export {
  type ColumnDifference,
  type Difference,
  type DiffOptions,
  diffTables,
  type RowDifference,
} from "./diff.ts";
export {
  changedNeedsId,
  type DiffLimits,
  heldTo,
  type LimitResult,
  type RowLimit,
} from "./limits.ts";
