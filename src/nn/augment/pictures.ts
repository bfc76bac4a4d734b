/**
 * Changes of pictures, so that a network does not learn them by heart: bytes [height, width, channels], in place.
 *
 * What stays true of a picture is for its user to know: a flower mirrored is a flower, a digit mirrored is none.
 */
import { MillwrightError } from "../../core/index.ts";
import type { Augment } from "../training/loader.ts";
import { draw, type Range, requireRange } from "./sequence.ts";

/** Shape of one picture. */
export interface PictureShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Left and right change places. */
export function flip({ height, width, channels }: PictureShape): Augment {
  return (row) => {
    const pixels = row as Uint8Array;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width >> 1; x++) {
        const [left, right] = [(y * width + x) * channels, (y * width + width - 1 - x) * channels];
        for (let c = 0; c < channels; c++) {
          const kept = pixels[left + c]!;
          pixels[left + c] = pixels[right + c]!;
          pixels[right + c] = kept;
        }
      }
    }
  };
}

export interface MoveOptions {
  /** Shift across and down by up to this share of the size, either way, in [0, 1]. Default 0. */
  readonly shift?: number;
  /** Factor of the size, above 0: [1, 1.25] comes nearer. Default [1, 1]. */
  readonly zoom?: Range;
  /** Turn by up to so many degrees, either way. Default 0. */
  readonly degrees?: number;
}

/** Shifts, zooms and turns about the middle, between pixels by their four neighbours; the rim goes on outside. */
export function move(shape: PictureShape, { shift = 0, zoom = [1, 1], degrees = 0 }: MoveOptions): Augment {
  requireRange("move", [0, shift], 0);
  requireRange("move", [0, degrees], 0);
  requireRange("move", zoom, 1e-6);
  const { height, width, channels } = shape;
  const before = new Uint8Array(height * width * channels);
  return (row, random) => {
    const pixels = row as Uint8Array;
    before.set(pixels);
    const dx = draw([-shift, shift], random) * width;
    const dy = draw([-shift, shift], random) * height;
    const turn = (draw([-degrees, degrees], random) * Math.PI) / 180;
    const scale = 1 / draw(zoom, random);
    const [cos, sin] = [scale * Math.cos(turn), scale * Math.sin(turn)];
    const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [u, v] = [x - middleX - dx, y - middleY - dy];
        const fromX = Math.min(width - 1, Math.max(0, cos * u - sin * v + middleX));
        const fromY = Math.min(height - 1, Math.max(0, sin * u + cos * v + middleY));
        const [x0, y0] = [Math.floor(fromX), Math.floor(fromY)];
        const [right, down] = [fromX - x0, fromY - y0];
        const stepX = x0 < width - 1 ? channels : 0;
        const stepY = y0 < height - 1 ? width * channels : 0;
        const at = (y0 * width + x0) * channels;
        for (let c = at; c < at + channels; c++) {
          const above = before[c]! + right * (before[c + stepX]! - before[c]!);
          const below = before[c + stepY]! + right * (before[c + stepY + stepX]! - before[c + stepY]!);
          pixels[(y * width + x) * channels + c - at] = Math.floor(above + down * (below - above) + 0.5);
        }
      }
    }
  };
}

export interface LightOptions {
  /** Levels are moved by up to this share of 255, either way. Default 0. */
  readonly brightness?: number;
  /** Factor of the distance from the picture's mean level. Default [1, 1]. */
  readonly contrast?: Range;
  /** Factor of the distance from grey, of pictures with three channels. Default [1, 1]. */
  readonly colour?: Range;
}

/** Another light: brightness, contrast, and how colourful it is. */
export function light(
  { channels }: PictureShape,
  { brightness = 0, contrast = [1, 1], colour = [1, 1] }: LightOptions,
): Augment {
  requireRange("light", [0, brightness], 0);
  requireRange("light", contrast, 0);
  requireRange("light", colour, 0);
  return (row, random) => {
    const pixels = row as Uint8Array;
    const add = 255 * draw([-brightness, brightness], random);
    const spread = draw(contrast, random);
    const strength = draw(colour, random);
    let sum = 0;
    for (const level of pixels) sum += level;
    const mean = sum / pixels.length;
    for (let i = 0; i < pixels.length; i += channels) {
      const grey = channels === 3 ? (pixels[i]! + pixels[i + 1]! + pixels[i + 2]!) / 3 : 0;
      for (let c = 0; c < channels; c++) {
        const level = channels === 3 ? grey + strength * (pixels[i + c]! - grey) : pixels[i + c]!;
        pixels[i + c] = Math.min(255, Math.max(0, Math.floor(mean + spread * (level - mean) + add + 0.5)));
      }
    }
  };
}

/**
 * Hides a box behind grey, so that the network learns to use more than one part.
 * Source: Zhong et al. 2020, "Random erasing data augmentation".
 *
 * @param share - Of the picture's area, from and to, in [0, 1].
 */
export function erase({ height, width, channels }: PictureShape, share: Range = [0.02, 0.2]): Augment {
  requireRange("erase", share, 0);
  if (share[1] > 1) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `erase has a share of ${share[1]}.`,
      "Give shares in [0, 1].",
    );
  }
  return (row, random) => {
    const pixels = row as Uint8Array;
    const area = draw(share, random) * height * width;
    // Between three times as wide as high and the reverse, evenly by the logarithm.
    const ratio = Math.exp(draw([-Math.log(3), Math.log(3)], random));
    const across = Math.min(width, Math.round(Math.sqrt(area * ratio)));
    const down = Math.min(height, Math.round(Math.sqrt(area / ratio)));
    const left = random.integer(width - across + 1);
    const top = random.integer(height - down + 1);
    for (let y = top; y < top + down; y++)
      pixels.fill(128, (y * width + left) * channels, (y * width + left + across) * channels);
  };
}
