/** A folder of pictures as bytes: decoded, brought to one size; broken files counted and named. */
import { createHash } from "node:crypto";
import { MillwrightError, type ProgressListener } from "../../core/index.ts";
import { type BadFile, decodeImages, type Finding, type Media, readMediaFolder } from "../../data/index.ts";

export interface PictureSize {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** Share of files that may be broken before a run ends. */
export const mostBad = 0.1;

export interface Pictures {
  /** Relative paths of those that could be read. */
  readonly files: readonly string[];
  /** [pictures, height, width, channels]. */
  readonly pixels: Uint8Array;
  readonly size: PictureSize;
  readonly bad: readonly BadFile[];
}

export interface LabelledPictures extends Pictures {
  /** Class of each picture. */
  readonly codes: Int32Array;
  readonly classes: readonly string[];
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
 * Reads a folder of class folders. Pictures that are all grey get one channel.
 *
 * @throws MillwrightError as `readMediaFolder` and `decodeImages`: `SOURCE_UNREADABLE` where more than a tenth of the files
 *   is broken; `TARGET_CONSTANT` where fewer than two classes have a picture.
 */
export async function readPictures(
  folder: string,
  side: number,
  options: ReadOptions,
): Promise<LabelledPictures> {
  const media = await readMediaFolder(folder, { kind: "image" });
  const wanted: PictureSize = { height: side, width: side, channels: 3 };
  const { pixels, kept, bad } = await decodeAll(media, wanted, { ...options, maxBad: mostBad });
  const present = media.labels.dictionary.filter((_, code) =>
    kept.some((row) => media.labels.codes[row] === code),
  );
  if (present.length < 2) {
    throw new MillwrightError(
      "TARGET_CONSTANT",
      `${folder} has ${present.length} class with a picture that can be read.`,
      "Add pictures of another class.",
    );
  }
  const codeOf = new Map(present.map((label, code) => [label, code]));
  const codes = Int32Array.from(
    kept,
    (row) => codeOf.get(media.labels.dictionary[media.labels.codes[row]!]!)!,
  );
  const grey = isGrey(pixels);
  const files = kept.map((row) => media.files[row]!);
  const held = grey ? oneChannel(pixels) : pixels;
  const hash = createHash("sha256");
  files.forEach((file, i) => hash.update(`${file}\0${present[codes[i]!]!}\0`));
  hash.update(held);
  return {
    files,
    pixels: held,
    size: { ...wanted, channels: grey ? 1 : 3 },
    bad,
    codes,
    classes: present,
    findings: [...media.findings, ...badFindings(bad)],
    fingerprint: hash.digest("hex"),
  };
}

/** Pixels of all files in a size; those of broken files are left out. `kept` holds places in `media.files`. */
async function decodeAll(
  media: Media,
  { height, width, channels }: PictureSize,
  { threads, maxBad, onProgress, signal }: ReadOptions & { readonly maxBad: number },
): Promise<{
  readonly pixels: Uint8Array;
  readonly kept: readonly number[];
  readonly bad: readonly BadFile[];
}> {
  const bytes = height * width * channels;
  const total = media.files.length;
  const all = new Uint8Array(total * bytes);
  const kept: number[] = [];
  const files = decodeImages(media, { height, width, channels, threads, maxBad, ...(signal && { signal }) });
  for await (const { row, pixels } of files) {
    all.set(pixels, kept.length * bytes);
    kept.push(row);
    if (row % 100 === 0) onProgress?.({ stage: "read pictures", done: row, total });
  }
  return { pixels: all.slice(0, kept.length * bytes), kept, bad: files.bad };
}

function badFindings(bad: readonly BadFile[]): Finding[] {
  if (bad.length === 0) return [];
  return [
    {
      kind: "skippedFiles",
      column: null,
      evidence: `${bad.length} ${bad.length === 1 ? "picture" : "pictures"} cannot be read and ${bad.length === 1 ? "is" : "are"} left out: ${named(bad)}.`,
      effect: "leftOut",
      undo: null,
      numbers: { files: bad.length },
    },
  ];
}

function named(bad: readonly BadFile[]): string {
  const shown = bad.slice(0, 5).map(({ file, reason }) => `${file} ${reason}`);
  return `${shown.join("; ")}${bad.length > shown.length ? "; …" : ""}`;
}

function isGrey(pixels: Uint8Array): boolean {
  for (let i = 0; i < pixels.length; i += 3)
    if (pixels[i] !== pixels[i + 1] || pixels[i] !== pixels[i + 2]) return false;
  return true;
}

const oneChannel = (pixels: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: pixels.length / 3 }, (_, i) => pixels[3 * i]!);

/** The pictures at `rows`. */
export function takePictures(pixels: Uint8Array, bytes: number, rows: ArrayLike<number>): Uint8Array {
  const taken = new Uint8Array(rows.length * bytes);
  for (let i = 0; i < rows.length; i++)
    taken.set(pixels.subarray(rows[i]! * bytes, (rows[i]! + 1) * bytes), i * bytes);
  return taken;
}
