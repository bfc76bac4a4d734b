export { type Finding, type FindingKind, findingKinds } from "./finding.ts";
export type { ColumnOverride } from "./infer/infer-column.ts";
export { type OpenOptions, openTable, type Table } from "./open-table.ts";
export { type Format, formats } from "./source.ts";
export {
  defaultSplitKind,
  type FoldOptions,
  type GroupedPlan,
  type HoldOutOptions,
  holdOut,
  makeFolds,
  planWithin,
  type RandomPlan,
  type RarePolicy,
  rareClasses,
  rowCountOf,
  type Split,
  type SplitPlan,
  type StratifiedPlan,
  type TimePlan,
} from "./splits/index.ts";
