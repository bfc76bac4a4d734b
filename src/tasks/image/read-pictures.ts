/** A folder of pictures as bytes: decoded, brought to one size; broken files counted and named. */
import type { ProgressListener } from "../../core/index.ts";
import {
  type BadFile,
  badFindings,
  decodeImages,
  type Finding,
  type Media,
  readMediaFolder,
} from "../../data/index.ts";
import { labelledFiles, type PictureTable } from "./label-table.ts";
import { mediaNouns } from "../media/named-media.ts";
import { splitRows } from "../media/race.ts";
import { fingerprintOf, type KeptRows, keptRows, mostBad } from "../media/read-media.ts";

export interface PictureSize {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

export const pictureNoun = mediaNouns.image;

export interface LabelledPictures extends KeptRows {
  /** [pictures, height, width, channels]. */
  readonly data: Uint8Array;
  readonly size: PictureSize;
  readonly bad: readonly BadFile[];
  readonly findings: readonly Finding[];
  /** SHA-256 of names, classes and pixels. */
  readonly fingerprint: string;
}

interface ReadOptions {
  readonly threads: number;
  readonly onProgress?: ProgressListener;
  readonly signal?: AbortSignal;
}

/**
 * Reads a folder of class folders, or the files that a table names. Pictures that are all grey get one channel, unless the channels are told.
 *
 * @throws MillwrightError as `readMediaFolder` and `decodeImages`: `SOURCE_UNREADABLE` where more than a tenth of the files
 *   is broken; `TARGET_CONSTANT` where fewer than two classes have a picture.
 */
export async function readPictures(
  source: { readonly source: string; readonly table?: PictureTable },
  { height, width, channels }: Omit<PictureSize, "channels"> & { readonly channels?: 1 | 3 },
  options: ReadOptions,
): Promise<LabelledPictures> {
  const { source: path, table } = source;
  const media = table
    ? await labelledFiles(path, table, options)
    : await readMediaFolder(path, { kind: "image" });
  const wanted: PictureSize = { height, width, channels: channels ?? 3 };
  const { pixels, kept, bad } = await decodeAll(media, wanted, options);
  const rows = keptRows(media, kept, path, pictureNoun);
  const grey = channels === undefined && isGrey(pixels);
  const data = grey ? oneChannel(pixels) : pixels;
  return {
    ...rows,
    data,
    size: grey ? { ...wanted, channels: 1 } : wanted,
    bad,
    findings: [...media.findings, ...badFindings(bad, pictureNoun)],
    fingerprint: fingerprintOf(rows, data),
  };
}

/** Training, validation and test pictures, every class in each by its share. */
export function splitPictures(
  pictures: LabelledPictures,
  shares: { readonly testSize: number; readonly seed: number },
): ReturnType<typeof splitRows<Uint8Array>> {
  const { size, codes, classes } = pictures;
  const plan = { kind: "stratified", codes, classCount: classes.length, rare: "spread" } as const;
  return splitRows(pictures, size.height * size.width * size.channels, plan, shares);
}

/** Pixels of all files in a size; those of broken files are left out. `kept` holds places in `media.files`. */
async function decodeAll(
  media: Media,
  { height, width, channels }: PictureSize,
  { threads, onProgress, signal }: ReadOptions,
): Promise<{
  readonly pixels: Uint8Array;
  readonly kept: readonly number[];
  readonly bad: readonly BadFile[];
}> {
  const bytes = height * width * channels;
  const total = media.files.length;
  const all = new Uint8Array(total * bytes);
  const kept: number[] = [];
  const options = { height, width, channels, threads, maxBad: mostBad, ...(signal && { signal }) };
  const files = decodeImages(media, options);
  for await (const { row, pixels } of files) {
    all.set(pixels, kept.length * bytes);
    kept.push(row);
    if (row % 100 === 0) onProgress?.({ stage: "read pictures", done: row, total });
  }
  return { pixels: all.slice(0, kept.length * bytes), kept, bad: files.bad };
}

function isGrey(pixels: Uint8Array): boolean {
  for (let i = 0; i < pixels.length; i += 3)
    if (pixels[i] !== pixels[i + 1] || pixels[i] !== pixels[i + 2]) return false;
  return true;
}

const oneChannel = (pixels: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: pixels.length / 3 }, (_, i) => pixels[3 * i]!);
