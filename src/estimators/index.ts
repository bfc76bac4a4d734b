export type { Estimator, FitContext, Fitted, Target, TrainingSet } from "./estimator.ts";
