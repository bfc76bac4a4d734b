export { sequenceColumn } from "./file-sequences.ts";
export type { SequenceTaskOptions } from "./options.ts";
export {
  type PredictedSequences,
  predictSequences,
  type PredictSequencesOptions,
} from "./predict-sequences.ts";
export type { SequenceRecord } from "./run-record.ts";
export { type SequenceResult, trainSequences } from "./train-sequences.ts";
