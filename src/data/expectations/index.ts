export { type Checked, type CheckOptions, type CheckReport, checkTable } from "./check.ts";
export { type ExpectationKind, expectationKinds } from "./compile.ts";
export {
  type ColumnExpectations,
  type Expectations,
  parseExpectations,
  type Rule,
  timeOf,
} from "./expectations.ts";
export { expectationsText, readExpectations } from "./file.ts";
export { expectationsOf, type LearnOptions } from "./learn.ts";
