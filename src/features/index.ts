export type { Feature, Matrix } from "./matrix.ts";
export type {
  Chain,
  Encoder,
  FittedEncoder,
  FittedTransform,
  SourceColumn,
  StepContext,
  Transform,
} from "./step.ts";
