/** Folders of images, sounds and texts, and their files as arrays. */
export {
  listMediaFiles,
  type MediaFolder,
  type MediaFolderOptions,
  readMediaFolder,
  type SkippedFiles,
} from "./folder.ts";
export { decodeImage, type ImageOptions, maxPixels, type Pixels } from "./image.ts";
export { type BadFile, type Decoded, type Media, type MediaKind, mediaKinds } from "./media.ts";
export { readWav, type Sound } from "./wav.ts";
