export { copiesOfClasses, withCopies } from "./copies.ts";
export { rareClasses } from "./deal.ts";
export { type FoldOptions, makeFolds } from "./folds.ts";
export { holdOut, type HoldOutOptions } from "./hold-out.ts";
export { defaultSplitKind } from "./roles.ts";
export {
  type GroupedPlan,
  planWithin,
  type RandomPlan,
  type RarePolicy,
  rowCountOf,
  type Split,
  type SplitPlan,
  type StratifiedPlan,
  type TimePlan,
} from "./split.ts";
