export type { TagOptions } from "./options.ts";
export { predictTags, tokenPlaces } from "./predict-tags.ts";
export type { TagRecord } from "./run-record.ts";
export { type TagResult, trainTags } from "./train-tags.ts";
