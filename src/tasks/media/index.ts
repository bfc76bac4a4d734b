export { mediaColumn, type PredictedMedia, predictMedia, type PredictMediaOptions } from "./predict-media.ts";
export type { MediaRecord } from "./run-record.ts";
