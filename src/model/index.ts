export { blockSize } from "./blocks.ts";
export type { LoadOptions } from "./load.ts";
export { load, readMetadata } from "./load.ts";
export { type FromJsonSchema, type JsonSchema } from "./json-schema.ts";
export {
  besideOf,
  type DataFingerprint,
  decodeMetadata,
  type Distribution,
  encodeMetadata,
  type GoldenRows,
  type ModelCard,
  type ModelMetadata,
  type ModelMetrics,
  type ModelRecipe,
  type ModelTask,
  type ReferenceProfile,
} from "./metadata.ts";
export { formatVersion, metadataSchemas } from "./metadata-schemas.ts";
export type { ColumnAnswers, Model } from "./model.ts";
export { type ModelBytes, type ModelSource, readNamed, readSource } from "./source.ts";
export { typesModule } from "./types-module.ts";
