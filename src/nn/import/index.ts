export { type Features, type FeaturesOptions, features } from "./features.ts";
export type { ImportedFile, ImportOptions } from "./file.ts";
export { type HeadOptions, replaceHead } from "./head.ts";
export { type Imported, load } from "./load.ts";
export type { BlockingNode, HeadCut, ImportReport, TrainableTensor } from "./report.ts";
export { saveOnnx, type SaveOptions } from "./save.ts";
export type { FixedBatch } from "./batch.ts";
export type { Tied, Unshared } from "./weights.ts";
