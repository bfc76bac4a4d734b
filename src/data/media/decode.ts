/**
 * Many files to arrays: decoded in threads, handed out in order, ahead of the reader by a bounded amount of memory.
 *
 * The order and the content do not depend on the number of threads, nor does the error where too many files are bad:
 * they are counted as they are handed out. A thread is never ended while it decodes, since native code cannot be cut off.
 */
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import {
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
} from "../../core/index.ts";
import { requireRunning } from "../table.ts";
import { bytesOf, type Content, type DecodeWork } from "./decode-file.ts";
import { type Lanes, openLanes } from "./decode-lanes.ts";
import { type ImageOptions, imageSettings, type Pixels } from "./image.ts";
import { type BadFile, type Decoded, type Media, type MediaKind, plural } from "./media.ts";
import { loadSharp } from "./sharp.ts";
import type { Text } from "./text.ts";
import type { Sound } from "./wav.ts";

/** Fewer files are decoded in the calling thread: starting others takes longer. */
const filesPerThread = 16;

const parameters = {
  threads: {
    type: "integer",
    default: Math.min(8, Math.max(1, availableParallelism() - 1)),
    min: 1,
    max: 64,
    meaning: "threads that decode",
  },
  maxBad: {
    type: "number",
    default: 0.05,
    min: 0,
    max: 1,
    meaning: "share of files that may be bad",
  },
  aheadBytes: {
    type: "integer",
    default: 64e6,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    meaning: "bytes decoded ahead of the reader",
  },
} as const satisfies ParameterTable;

const names: ReadonlySet<string> = new Set([...Object.keys(parameters), "rows", "signal"]);

export interface DecodeOptions {
  /** Threads that decode, 1 … 64; all cores but one by default, at most 8. They change no result. */
  readonly threads?: number;
  /** Share of the files that may be bad, 0 … 1; 0.05 by default. */
  readonly maxBad?: number;
  /** Bytes that are decoded ahead of the reader; 64 MB by default. One file is always decoded, however large. */
  readonly aheadBytes?: number;
  /** Which files, by their place in `media.files`, in the order wanted; all in their order by default. */
  readonly rows?: ArrayLike<number>;
  /** Stops between two files. */
  readonly signal?: AbortSignal;
}

export interface DecodeSoundOptions extends DecodeOptions {
  /** Samples a second that all sounds are brought to; each file's own by default. */
  readonly rate?: number;
}

/** A file that was read. */
export type DecodedFile<T> = T & {
  /** Its place in `media.files`. */
  readonly row: number;
  readonly file: string;
};

/** Files as they are decoded, in order; bad ones are left out. It can be gone through once. */
export interface DecodedFiles<T> extends AsyncIterable<DecodedFile<T>> {
  /** Those met so far that cannot be used, files that are missing first. */
  readonly bad: readonly BadFile[];
  /** Bytes decoded and not yet handed out. */
  readonly heldBytes: number;
}

/**
 * Images as pixels.
 *
 * @throws MillwrightError `SCHEMA_WRONG_KIND` for other media, `PARAMETER_*`. While it is gone through: `SOURCE_UNREADABLE`
 *   when more than `maxBad` of the files are bad, or all, `CANCELLED`, `RUNTIME_MISSING` without sharp, `WORKER_FAILED`.
 */
export function decodeImages(media: Media, options: DecodeOptions & ImageOptions = {}): DecodedFiles<Pixels> {
  // A name that is neither ours nor an image's is told as unknown.
  const image: ImageOptions = Object.fromEntries(
    Object.entries(options).filter(([name]) => !names.has(name)),
  );
  imageSettings(image);
  return start(media, { kind: "image", options: image }, options) as DecodedFiles<Pixels>;
}

/**
 * Sounds as samples, at their own rate or all at one.
 *
 * @throws MillwrightError as `decodeImages`, but for `RUNTIME_MISSING`.
 */
export function decodeSounds(media: Media, options: DecodeSoundOptions = {}): DecodedFiles<Sound> {
  const { rate } = options;
  if (rate !== undefined && !(Number.isInteger(rate) && rate >= 1 && rate <= 1_000_000)) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `decodeSounds.rate is ${rate}, and needs a whole number from 1 to 1000000.`,
      "Give samples a second, as 16000.",
    );
  }
  return start(media, { kind: "audio", rate }, options) as DecodedFiles<Sound>;
}

/**
 * Texts as strings.
 *
 * @throws MillwrightError as `decodeImages`, but for `RUNTIME_MISSING`.
 */
export function decodeTexts(media: Media, options: DecodeOptions = {}): DecodedFiles<Text> {
  return start(media, { kind: "text" }, options) as DecodedFiles<Text>;
}

const verbs: Readonly<Record<MediaKind, string>> = {
  image: "decodeImages",
  audio: "decodeSounds",
  text: "decodeTexts",
};

function start(
  media: Media,
  work: DecodeWork,
  { threads, maxBad, aheadBytes, rows: given, signal }: DecodeOptions,
): DecodedFiles<Content> {
  const owner = verbs[work.kind];
  if (media.kind !== work.kind) {
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `${owner} was given ${plural(media.kind)}.`,
      `Use ${verbs[media.kind]}.`,
    );
  }
  const settings = resolveParameters(owner, parameters, {
    ...(threads !== undefined && { threads }),
    ...(maxBad !== undefined && { maxBad }),
    ...(aheadBytes !== undefined && { aheadBytes }),
  });
  const rows = given === undefined ? media.files.map((_, row) => row) : Array.from(given);
  for (const row of rows) {
    if (Number.isInteger(row) && row >= 0 && row < media.files.length) continue;
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `${owner}.rows holds ${row}, and there are ${media.files.length} files.`,
      "Give places from 0.",
    );
  }
  return new Stream(media, work, settings, rows, signal);
}

class Stream implements DecodedFiles<Content> {
  readonly bad: BadFile[];
  heldBytes = 0;
  private readonly media: Media;
  private readonly work: DecodeWork;
  private readonly settings: ParameterValues<typeof parameters>;
  private readonly rows: readonly number[];
  private readonly signal: AbortSignal | undefined;
  private readonly total: number;
  /** Files asked for and not yet handed out, in order. */
  private readonly ahead: Promise<Decoded<Content>>[] = [];
  /** Of those, how many are not decoded yet. */
  private decoding = 0;
  /** The largest so far: what one on its way may take. */
  private largest = 0;
  private asked = 0;
  private begun = false;
  private closed = false;

  constructor(
    media: Media,
    work: DecodeWork,
    settings: ParameterValues<typeof parameters>,
    rows: readonly number[],
    signal: AbortSignal | undefined,
  ) {
    this.media = media;
    this.work = work;
    this.settings = settings;
    this.rows = rows;
    this.signal = signal;
    // Files that are missing belong to the whole, not to a part of its rows.
    this.bad = rows.length === media.files.length ? [...media.missing] : [];
    this.total = rows.length + this.bad.length;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<DecodedFile<Content>> {
    if (this.begun) {
      const owner = verbs[this.work.kind];
      throw new MillwrightError(
        "PARAMETER_CONFLICT",
        `The files of this ${owner} were gone through already.`,
        `Call ${owner} again.`,
      );
    }
    this.begun = true;
    this.requireFewBad();
    requireRunning(this.signal);
    if (this.rows.length === 0) return;
    // Told here, and once, instead of by every thread.
    if (this.work.kind === "image") await loadSharp();
    const threads =
      this.rows.length < 2 * filesPerThread
        ? 0
        : Math.min(this.settings.threads, Math.ceil(this.rows.length / filesPerThread));
    const lanes = openLanes(this.work, this.work.kind === "text" ? 0 : threads);
    const { signal } = this;
    try {
      for (const row of this.rows) {
        this.ask(lanes);
        const content = await this.ahead[0]!;
        requireRunning(signal);
        void this.ahead.shift();
        const file = this.media.files[row]!;
        if (content.ok) {
          this.heldBytes -= bytesOf(content);
          const { ok: _, ...rest } = content;
          yield { ...rest, row, file };
        } else {
          this.bad.push({ file, reason: content.reason });
          this.requireFewBad();
        }
      }
    } finally {
      this.closed = true;
      await lanes.close();
      this.heldBytes = 0;
    }
  }

  /** Asks for files as far as the memory goes, and for one in any case. */
  private ask(lanes: Lanes): void {
    const { aheadBytes } = this.settings;
    while (!this.closed && this.asked < this.rows.length && this.decoding < lanes.width) {
      const expected = this.heldBytes + (this.decoding + 1) * this.largest;
      if (this.ahead.length > 0 && expected > aheadBytes) return;
      const file = this.media.files[this.rows[this.asked++]!]!;
      this.decoding++;
      const decoded = lanes.decode(resolve(this.media.root, file)).then((content) => {
        this.decoding--;
        if (content.ok) {
          const bytes = bytesOf(content);
          this.heldBytes += bytes;
          this.largest = Math.max(this.largest, bytes);
        }
        this.ask(lanes);
        return content;
      });
      // Whoever comes to it hears of a failure; until then it is no unhandled one.
      decoded.catch(() => {});
      this.ahead.push(decoded);
    }
  }

  /** @throws MillwrightError `SOURCE_UNREADABLE` once more files are bad than may be, whatever comes. */
  private requireFewBad(): void {
    const { bad, total, media, settings } = this;
    const all = total > 0 && bad.length === total;
    // A little more, since 0.29 × 100 is less than 29.
    if (bad.length <= settings.maxBad * total + 1e-9 && !all) return;
    const some = bad.slice(0, 5).map(({ file, reason }) => `${file} ${reason}`);
    const more = bad.length - some.length;
    const named = `${some.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
    throw new MillwrightError(
      "SOURCE_UNREADABLE",
      all
        ? `None of the ${total} ${plural(media.kind)} of ${media.root} can be read: ${named}.`
        : `${bad.length} of ${total} ${plural(media.kind)} of ${media.root} cannot be read, more than ${Number((settings.maxBad * 100).toPrecision(6))} %, and what comes after them was not tried: ${named}.`,
      all ? "Check the files." : "Mend or remove them; in code, { maxBad } allows more.",
    );
  }
}
