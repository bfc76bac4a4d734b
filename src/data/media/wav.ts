/**
 * WAV files as samples: one channel of 32-bit floats in [−1, 1], the mean of the channels, at the file's own rate.
 *
 * Reads RIFF, RF64 and BW64 with linear PCM of 8, 16, 24 and 32 bits, floats of 32 and 64 bits, A-law and µ-law, plain or
 * as WAVE_FORMAT_EXTENSIBLE. What is cut short is read as far as it goes, since recorders that were stopped leave such
 * files, and so are those whose header was never filled in (sizes of 0 or 4 GB). Sources: Microsoft & IBM 1991,
 * Multimedia Programming Interface; EBU Tech 3306 (RF64); RFC 2361; ITU-T G.711.
 */
import type { Decoded } from "./media.ts";
import { contentOfFile } from "./read-bytes.ts";

export interface Sound {
  /** Mean of the channels, in [−1, 1]. Shape [samples]. */
  readonly samples: Float32Array<ArrayBuffer>;
  /** Samples a second. */
  readonly rate: number;
  /** Channels of the file. */
  readonly channels: number;
  /** Whether the file ends before its header says. */
  readonly cutShort: boolean;
  /** Samples beyond [−1, 1], moved onto its ends: floats may be. */
  readonly clipped: number;
}

/** How values are stored, by the format tags of RFC 2361. */
interface Layout {
  readonly tag: number;
  readonly channels: number;
  readonly rate: number;
  /** Bytes of one value of one channel. */
  readonly bytes: number;
  /** Bytes from one moment to the next. */
  readonly step: number;
}

const pcm = 1;
const float = 3;
const aLaw = 6;
const muLaw = 7;
const extensible = 0xfffe;
/** The bytes behind the tag in the identifiers of WAVE_FORMAT_EXTENSIBLE that stand for format tags. */
const tagIdentifier = "000000001000800000aa00389b71";

/**
 * Reads a WAV file.
 *
 * @param source - A path, or the bytes of a file.
 * @returns Its samples, or why there are none: a broken file is no exception.
 */
export async function readWav(source: string | Uint8Array): Promise<Decoded<Sound>> {
  const content = await contentOfFile(source);
  return content.ok ? parseWav(content.bytes) : content;
}

const chunks: ReadonlySet<string> = new Set(["data", "fmt ", "fact", "LIST"]);

/** Samples of the bytes of a WAV file. */
export function parseWav(bytes: Uint8Array): Decoded<Sound> {
  const refuse = (reason: string): Decoded<Sound> => ({ ok: false, reason });
  if (bytes.length === 0) return refuse("is empty");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const form = bytes.length < 12 ? "" : word(view, 0);
  if (!["RIFF", "RF64", "BW64"].includes(form) || word(view, 8) !== "WAVE") return refuse(whatElse(bytes));
  let layout: Layout | string | undefined;
  let longBytes: number | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = word(view, at);
    const told = view.getUint32(at + 4, true);
    const start = at + 8;
    if (name === "ds64" && start + 16 <= bytes.length) longBytes = Number(view.getBigUint64(start + 8, true));
    if (name === "fmt ") layout = layoutOf(view, start, Math.min(told, bytes.length - start));
    if (typeof layout === "string") return refuse(layout);
    if (name === "data") {
      if (layout === undefined) return refuse("has its samples before their format");
      const size = told === 0xffffffff && longBytes !== undefined ? longBytes : told;
      const unfilled = told === 0 && view.getUint32(4, true) <= start - 8;
      return soundOf(view, layout, start, unfilled ? Infinity : size);
    }
    // Chunks begin at even places, where the writer kept to that.
    const next = start + told;
    at = told % 2 === 1 && !(next + 4 <= bytes.length && chunks.has(word(view, next))) ? next + 1 : next;
  }
  return refuse(layout === undefined ? "has no format chunk" : "holds no samples");
}

function word(view: DataView, at: number): string {
  return String.fromCharCode(
    view.getUint8(at),
    view.getUint8(at + 1),
    view.getUint8(at + 2),
    view.getUint8(at + 3),
  );
}

function whatElse(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 16)).toString("latin1");
  const found = /^ID3|^\xff[\xe2-\xfb]/.test(head)
    ? "MP3"
    : head.startsWith("fLaC")
      ? "FLAC"
      : head.startsWith("OggS")
        ? "Ogg"
        : /^FORM[^]{4}AIF/.test(head)
          ? "AIFF"
          : /^[^]{4}ftyp/.test(head)
            ? "MP4"
            : head.startsWith("RIFX")
              ? "big-endian WAV (RIFX)"
              : "no sound file";
  return `is ${found}, not WAV`;
}

/** The format chunk, or why it cannot be read. */
function layoutOf(view: DataView, at: number, size: number): Layout | string {
  if (size < 16) return "has a format chunk that is cut short";
  let tag = view.getUint16(at, true);
  const channels = view.getUint16(at + 2, true);
  const rate = view.getUint32(at + 4, true);
  const step = view.getUint16(at + 12, true);
  const bits = view.getUint16(at + 14, true);
  if (tag === extensible) {
    if (size < 40) return "has a format chunk that is cut short";
    let identifier = "";
    for (let i = 26; i < 40; i++)
      identifier += view
        .getUint8(at + i)
        .toString(16)
        .padStart(2, "0");
    if (identifier !== tagIdentifier) return "has samples of an unknown format";
    tag = view.getUint16(at + 24, true);
  }
  if (channels === 0 || channels > 256) return `has ${channels} channels`;
  if (rate === 0 || rate > maxRate) return `has a rate of ${rate} samples a second`;
  // Values of 12 or 20 bits lie in the upper bits of two or three bytes.
  const bytes = Math.ceil(bits / 8);
  const known =
    tag === pcm
      ? bytes >= 1 && bytes <= 4
      : tag === float
        ? bits === 32 || bits === 64
        : (tag === aLaw || tag === muLaw) && bits === 8;
  if (!known) return `has samples of format ${tag} with ${bits} bits, which is not read`;
  if (step !== bytes * channels) {
    return `says ${step} bytes a moment, and ${channels} channels of ${bits} bits take ${bytes * channels}`;
  }
  return { tag, channels, rate, bytes, step };
}

/** Rates above this are a broken header. */
const maxRate = 1_000_000;

/** @param told - Bytes of samples by the header; Infinity where the header was never filled in. */
function soundOf(view: DataView, layout: Layout, start: number, told: number): Decoded<Sound> {
  const there = view.byteLength - start;
  const moments = Math.floor(Math.min(told, there) / layout.step);
  if (moments === 0) return { ok: false, reason: "holds no samples" };
  const read = readerOf(view, layout);
  const { channels, step, bytes, rate } = layout;
  const samples = new Float32Array(moments);
  let clipped = 0;
  for (let moment = 0; moment < moments; moment++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += read(start + moment * step + channel * bytes);
    const mean = sum / channels;
    if (!Number.isFinite(mean))
      return { ok: false, reason: `holds a sample that is no number (sample ${moment})` };
    if (Math.abs(mean) > 1) clipped++;
    samples[moment] = Math.max(-1, Math.min(1, mean));
  }
  return { ok: true, samples, rate, channels, cutShort: there < told, clipped };
}

/** One value at a place, in [−1, 1]. */
function readerOf(view: DataView, { tag, bytes }: Layout): (at: number) => number {
  if (tag === float) {
    return bytes === 4 ? (at) => view.getFloat32(at, true) : (at) => view.getFloat64(at, true);
  }
  if (tag !== pcm) {
    const table = Float64Array.from({ length: 256 }, (_, code) =>
      tag === aLaw ? fromALaw(code) : fromMuLaw(code),
    );
    return (at) => table[view.getUint8(at)]!;
  }
  switch (bytes) {
    case 1: // The only width without a sign.
      return (at) => (view.getUint8(at) - 128) / 128;
    case 2:
      return (at) => view.getInt16(at, true) / 32768;
    case 3:
      return (at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8388608;
    default:
      return (at) => view.getInt32(at, true) / 2147483648;
  }
}

/** G.711 A-law: 13 bits in 8, even bits inverted. */
function fromALaw(code: number): number {
  const value = code ^ 0x55;
  const segment = (value >> 4) & 7;
  const mantissa = ((value & 15) << 4) | 8;
  const size = segment === 0 ? mantissa : (mantissa | 0x100) << (segment - 1);
  return (value & 0x80 ? size : -size) / 32768;
}

/** G.711 µ-law: 14 bits in 8, all bits inverted. */
function fromMuLaw(code: number): number {
  const value = ~code & 0xff;
  const size = ((((value & 15) << 3) + 132) << ((value >> 4) & 7)) - 132;
  return (value & 0x80 ? -size : size) / 32768;
}
