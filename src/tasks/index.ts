export * from "./tabular/index.ts";
export * from "./cluster/index.ts";
export * from "./multilabel/index.ts";
export { prepareResults, saveRun, type SavedRun, writeResults } from "./save-run.ts";
export * from "./image/index.ts";
export * from "./demo/index.ts";
export * from "./media/index.ts";
export * from "./tags/index.ts";
export * from "./audio/index.ts";
