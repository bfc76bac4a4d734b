/** What a set of media files is: which kind, where they lie, in one order on every machine. */
import type { Finding } from "../finding.ts";

export const mediaKinds = ["image", "audio", "text"] as const;
export type MediaKind = (typeof mediaKinds)[number];

/** A file that cannot be used, and why. */
export interface BadFile {
  /** As in `Media.files`. */
  readonly file: string;
  /** Continues "the file …": `is empty`, `holds no samples`. */
  readonly reason: string;
}

/** Files of one kind, each a row. */
export interface Media<K extends MediaKind = MediaKind> {
  readonly kind: K;
  /** The folder that the files are relative to. */
  readonly root: string;
  /** Relative paths with forward slashes on every machine. */
  readonly files: readonly string[];
  /** Files that were named and are not there. They count as bad where files are decoded. */
  readonly missing: readonly BadFile[];
  readonly findings: readonly Finding[];
}

/** What a decoder answers: a bad file is an answer, not an exception, so that one file never ends a run. */
export type Decoded<T> =
  | ({ readonly ok: true } & T)
  | {
      readonly ok: false;
      /** Continues "the file …". */
      readonly reason: string;
    };

/** A file larger than this is not read: the largest picture within the limit of pixels is smaller. */
export const maxFileBytes = 1_000_000_000;

const kindOfExtension: Readonly<Record<string, MediaKind>> = {
  jpg: "image",
  jpeg: "image",
  jpe: "image",
  jfif: "image",
  png: "image",
  gif: "image",
  webp: "image",
  tif: "image",
  tiff: "image",
  avif: "image",
  wav: "audio",
  wave: "audio",
  txt: "text",
  text: "text",
};

/** Media that a user may expect to be read and that are not: to be told, not passed over in silence. */
const unreadExtensions: Readonly<Record<string, MediaKind>> = {
  bmp: "image",
  heic: "image",
  heif: "image",
  jp2: "image",
  jxl: "image",
  svg: "image",
  psd: "image",
  ico: "image",
  dng: "image",
  mp3: "audio",
  flac: "audio",
  ogg: "audio",
  oga: "audio",
  opus: "audio",
  m4a: "audio",
  aac: "audio",
  wma: "audio",
  aif: "audio",
  aiff: "audio",
  au: "audio",
  amr: "audio",
};

/** The part of a name behind its last dot, in lower case; empty where there is none. */
export function extensionOf(path: string): string {
  return /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
}

/** The kind of medium that a file's extension tells, and whether files like it are read. */
export function mediumOf(path: string): { readonly kind: MediaKind; readonly read: boolean } | undefined {
  const extension = extensionOf(path);
  if (Object.hasOwn(kindOfExtension, extension)) return { kind: kindOfExtension[extension]!, read: true };
  if (Object.hasOwn(unreadExtensions, extension)) return { kind: unreadExtensions[extension]!, read: false };
  return undefined;
}

/** Whether a cell is the path of a picture: an address is none. */
export function namesPicture(cell: string): boolean {
  const medium = mediumOf(cell);
  return medium?.kind === "image" && medium.read && !/^[a-z][a-z0-9+.-]+:\/\//i.test(cell);
}

/** The extensions that are read, for messages. */
export function extensionsOf(kind: MediaKind): string {
  return Object.keys(kindOfExtension)
    .filter((extension) => kindOfExtension[extension] === kind)
    .map((extension) => `.${extension}`)
    .join(", ");
}

export function plural(kind: MediaKind): string {
  return { image: "images", audio: "sounds", text: "texts" }[kind];
}

/** "1 image", "12 sounds". */
export function counted(count: number, kind: MediaKind): string {
  return `${count} ${count === 1 ? kind.replace("audio", "sound") : plural(kind)}`;
}
