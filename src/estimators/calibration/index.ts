export { type Calibration, type CalibrationRows, noCalibration } from "./calibration.ts";
export { chooseCalibration } from "./choose.ts";
export { fitIsotonic } from "./isotonic.ts";
export { fitSigmoid } from "./sigmoid.ts";
export { fitTemperature } from "./temperature.ts";
