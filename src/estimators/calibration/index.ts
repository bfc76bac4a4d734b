export {
  type Calibration,
  type CalibrationKind,
  type CalibrationRows,
  noCalibration,
} from "./calibration.ts";
export { type CalibrationChoice, type CalibrationTrial, chooseCalibration } from "./choose.ts";
export { fitIsotonic } from "./isotonic.ts";
export { fitSigmoid } from "./sigmoid.ts";
export { fitTemperature } from "./temperature.ts";
