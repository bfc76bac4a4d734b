export { mediaColumn, type PredictedMedia, predictMedia, type PredictMediaOptions } from "./predict-media.ts";
