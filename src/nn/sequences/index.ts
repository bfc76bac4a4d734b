export {
  fitForecaster,
  type FittedForecaster,
  type ForecasterOptions,
  type ForecastWindows,
} from "./fit-forecaster.ts";
export {
  fitSequences,
  type FittedSequences,
  type SequenceOptions,
  type SequenceTarget,
} from "./fit-sequences.ts";
export { groupSequences, type Sequences, type SequenceTable } from "./group-sequences.ts";
