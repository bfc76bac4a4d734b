export type { BackboneOptions } from "./backbone.ts";
export { type ChangeName, changeNames } from "./changes.ts";
export type { PictureTable } from "./label-table.ts";
export { type NetName, netNames } from "./nets.ts";
export type { ImageOptions } from "./options.ts";
export type { ImageRecord } from "./run-record.ts";
export { type ImageResult, trainImages } from "./train-images.ts";
export { type FirstChecks, firstChecks } from "./first-checks.ts";
