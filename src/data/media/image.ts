/**
 * Images as pixels: any usual file to 8-bit RGB or grey, upright, at its own size or at a network's.
 *
 * sharp decodes; what becomes of odd files is decided here: EXIF rotation is applied, CMYK and embedded colour profiles
 * become sRGB, 16 bits become 8, transparency is laid on a background, of an animation the first picture is taken.
 * Grey is Pillow's `L`: (19595 R + 38470 G + 7471 B) / 65536, ITU-R BT.601. Files of other formats never reach sharp,
 * which would read SVG with all that it may refer to.
 */
import {
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
} from "../../core/index.ts";
import type { Decoded } from "./media.ts";
import { contentOfFile } from "./read-bytes.ts";
import { type Box, resizePixels } from "./resize.ts";
import { loadSharp } from "./sharp.ts";

/** Pixels of a picture before it is resized; one of 100 megapixels takes 300 MB while it is decoded. */
export const maxPixels = 100_000_000;

const parameters = {
  width: { type: "integer", default: 0, min: 0, max: 8192, meaning: "pixels across" },
  height: { type: "integer", default: 0, min: 0, max: 8192, meaning: "pixels down" },
  channels: { type: "integer", default: 3, min: 1, max: 3, meaning: "3 for RGB, 1 for grey" },
  fit: {
    type: "choice",
    default: "cover",
    choices: ["cover", "contain", "stretch"],
    meaning: "how another shape comes to this one",
  },
  background: {
    type: "integer",
    default: 255,
    min: 0,
    max: 255,
    meaning: "grey level under transparency and beside a contained picture",
  },
} as const satisfies ParameterTable;

export interface ImageOptions {
  /** Pixels across, 1 … 8192, together with `height`. The picture's own size by default. */
  readonly width?: number;
  /** Pixels down, 1 … 8192, together with `width`. */
  readonly height?: number;
  /** 3 for RGB (default), 1 for grey. */
  readonly channels?: 1 | 3;
  /**
   * How another shape comes to this one: `cover` (default) keeps the middle and cuts what hangs over, `contain` keeps
   * all and fills up with the background, `stretch` changes the proportions.
   */
  readonly fit?: "cover" | "contain" | "stretch";
  /** Grey level under transparency and beside a contained picture, 0 … 255 (white, default). */
  readonly background?: number;
}

export interface Pixels {
  /** Shape [height, width, channels], row-major, 0 … 255. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/**
 * Decodes an image.
 *
 * @param source - A path, or the bytes of a file.
 * @returns Its pixels, or why there are none: a broken file is no exception.
 * @throws MillwrightError `RUNTIME_MISSING` without the optional package, `PARAMETER_RANGE`, `PARAMETER_CONFLICT`.
 */
export async function decodeImage(
  source: string | Uint8Array,
  options: ImageOptions = {},
): Promise<Decoded<Pixels>> {
  const settings = imageSettings(options);
  const sharp = await loadSharp();
  const content = await contentOfFile(source);
  if (!content.ok) return content;
  const { bytes } = content;
  if (bytes.length === 0) return { ok: false, reason: "is empty" };
  const format = formatOfImage(bytes);
  if (!readFormats.has(format)) {
    return { ok: false, reason: `is ${format}, not ${[...readFormats].join(", ")}` };
  }
  const open = (limitInputPixels: number | false) =>
    sharp(bytes, { autoOrient: true, failOn: "error", limitInputPixels, page: 0, pages: 1 });
  try {
    const level = settings.background;
    const { data, info } = await open(maxPixels)
      .flatten({ background: { r: level, g: level, b: level } })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) return { ok: false, reason: `has ${info.channels} channels of colour, not 3` };
    const whole = { pixels: data, width: info.width, height: info.height, channels: 3 as const };
    return { ok: true, ...fitted(settings.channels === 1 ? greyOf(whole) : whole, settings) };
  } catch (error) {
    return { ok: false, reason: await reasonOf(error, format, async () => open(false).metadata()) };
  }
}

type Settings = ParameterValues<typeof parameters>;

/** @throws MillwrightError `PARAMETER_RANGE`, `PARAMETER_UNKNOWN`, `PARAMETER_CONFLICT`. */
export function imageSettings(options: ImageOptions): Settings {
  const settings = resolveParameters("decodeImage", parameters, options);
  if (settings.channels === 2) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      "decodeImage.channels is 2, and needs 1 or 3.",
      "Choose one.",
    );
  }
  if ((settings.width === 0) !== (settings.height === 0)) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `decodeImage was given width ${settings.width} and height ${settings.height}, where 0 keeps the picture's own size.`,
      "Give both, or none.",
    );
  }
  return settings;
}

/** Formats that are read. */
const readFormats: ReadonlySet<string> = new Set(["JPEG", "PNG", "GIF", "WebP", "TIFF", "AVIF"]);

/** What the first bytes say. */
function formatOfImage(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 64)).toString("latin1");
  if (head.startsWith("\xff\xd8\xff")) return "JPEG";
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "PNG";
  if (/^GIF8[79]a/.test(head)) return "GIF";
  if (/^RIFF[^]{4}WEBP/.test(head)) return "WebP";
  if (/^(II[*+]\0|MM\0[*+])/.test(head)) return "TIFF";
  if (/^[^]{4}ftypavi[fs]/.test(head)) return "AVIF";
  if (/^[^]{4}ftyp(hei|hev|mif1|msf1)/.test(head)) return "HEIC";
  if (/^BM[^]{4}\0\0\0\0/.test(head)) return "BMP";
  if (/^8BPS/.test(head)) return "a Photoshop file";
  if (/^(\xef\xbb\xbf)?\s*<(svg|\?xml|!--)/i.test(head)) return "SVG or another kind of XML";
  if (/^(\xef\xbb\xbf)?\s*<(!doctype html|html|head)/i.test(head)) return "a web page";
  return "no image";
}

/**
 * The decoder's own words are not passed on: it gathers them in one place for all threads, so they may be of another
 * picture that is decoded at the same time, and differ from run to run.
 */
async function reasonOf(
  error: unknown,
  format: string,
  size: () => Promise<{ readonly width: number; readonly height: number }>,
): Promise<string> {
  if (error instanceof Error && /exceeds pixel limit/i.test(error.message)) {
    const known = await size().catch(() => undefined);
    const told = known === undefined ? "" : `${known.width} × ${known.height} pixels, `;
    return `has ${told}more than the limit of ${maxPixels / 1e6} million`;
  }
  return `is a broken or cut-off ${format}`;
}

/** 65536ths of red, green and blue in grey, so that they add up to one. */
function greyOf(image: PixelView): PixelView {
  const { pixels } = image;
  const out = new Uint8Array(pixels.length / 3);
  for (let i = 0; i < out.length; i++) {
    const sum = 19595 * pixels[3 * i]! + 38470 * pixels[3 * i + 1]! + 7471 * pixels[3 * i + 2]!;
    out[i] = (sum + 32768) >> 16;
  }
  return { ...image, pixels: out, channels: 1 };
}

type PixelView = Omit<Pixels, "pixels"> & { readonly pixels: Uint8Array };

/** The picture in the size that was asked for, in memory of its own. */
function fitted(image: PixelView, settings: Settings): Pixels {
  const { pixels, width, height, channels } = image;
  if (settings.width === 0) return { ...image, pixels: Uint8Array.from(pixels) };
  const { width: toWidth, height: toHeight } = settings;
  const size = { width: toWidth, height: toHeight, channels };
  if (settings.fit === "contain") {
    const scale = Math.min(toWidth / width, toHeight / height);
    const innerWidth = Math.max(1, Math.round(width * scale));
    const innerHeight = Math.max(1, Math.round(height * scale));
    const inner = resizePixels(
      pixels,
      width,
      channels,
      { left: 0, top: 0, width, height },
      innerWidth,
      innerHeight,
    );
    const out = new Uint8Array(toWidth * toHeight * channels).fill(settings.background);
    const left = Math.floor((toWidth - innerWidth) / 2);
    const top = Math.floor((toHeight - innerHeight) / 2);
    for (let y = 0; y < innerHeight; y++) {
      const row = inner.subarray(y * innerWidth * channels, (y + 1) * innerWidth * channels);
      out.set(row, ((top + y) * toWidth + left) * channels);
    }
    return { ...size, pixels: out };
  }
  const box =
    settings.fit === "stretch"
      ? { left: 0, top: 0, width, height }
      : middleOf(width, height, toWidth / toHeight);
  return { ...size, pixels: resizePixels(pixels, width, channels, box, toWidth, toHeight) };
}

/** The largest box of these proportions in the middle of a picture, in whole pixels. */
function middleOf(width: number, height: number, ratio: number): Box {
  const boxWidth = Math.max(1, Math.min(width, Math.round(height * ratio)));
  const boxHeight = Math.max(1, Math.min(height, Math.round(width / ratio)));
  return {
    left: Math.floor((width - boxWidth) / 2),
    top: Math.floor((height - boxHeight) / 2),
    width: boxWidth,
    height: boxHeight,
  };
}
