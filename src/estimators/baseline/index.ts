export { constantBaseline, constantBaselineParameters } from "./constant-baseline.ts";
