export type { Device } from "./backend.ts";
export { blockSize } from "./blocks.ts";
export { releaseIdleSessions } from "./cache.ts";
export { type BoundRun, compile, type CompileOptions, type LocalSession, type Session } from "./session.ts";
export type { Feeds, Port } from "./tensors.ts";
export { boundedRuns, requireTextsFit } from "./text-runs.ts";
export { createTrainState, type TrainState, type TrainStateOptions } from "./train-state.ts";
export { compileInWorker } from "./worker-session.ts";
