export { type SoundChange, soundChanges } from "./changes.ts";
export { type SoundNet, soundNets } from "./nets.ts";
export type { AudioOptions } from "./options.ts";
export type { AudioRecord } from "./run-record.ts";
export { type AudioResult, trainSounds } from "./train-sounds.ts";
