/** Folders of images, sounds and texts, and their files as arrays. */
export {
  type DecodedFile,
  type DecodedFiles,
  decodeImages,
  type DecodeOptions,
  type DecodeSoundOptions,
  decodeSounds,
  decodeTexts,
} from "./decode.ts";
export {
  listMediaFiles,
  type MediaFolder,
  type MediaClassOptions,
  type MediaFolderOptions,
  readMediaFolder,
  type SkippedFiles,
} from "./folder.ts";
export { decodeImage, type ImageOptions, type Pixels } from "./image.ts";
export { type BadFile, type Decoded, type Media, type MediaKind, mediaKinds, namesPicture } from "./media.ts";
export { type MediaColumn, mediaFromTable, type MediaTableOptions } from "./from-table.ts";
export { decodeSound, fitSound } from "./fit-sound.ts";
export { badFindings } from "./bad-findings.ts";
export { readText, type Text } from "./text.ts";
export { textColumns, textsAsTable } from "./texts-as-table.ts";
export { readWav, type Sound } from "./wav.ts";
export { type Box, resizePixels } from "./resize.ts";
