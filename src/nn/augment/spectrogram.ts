/**
 * Changes of spectrograms, in place: rows [bands, frames], as `melSpectrogram` gives them.
 *
 * Sources: Park et al. 2019, "SpecAugment" (masks); Jaitly & Hinton 2013, "Vocal tract length perturbation" (bands
 * moved as by a longer or shorter throat).
 */
import { MillwrightError, type Random } from "../../core/index.ts";
import { requireCount } from "../layer.ts";
import type { Augment } from "../training/loader.ts";
import { floats } from "./samples.ts";
import { draw, type Range, requireRange } from "./sequence.ts";

export interface MaskOptions {
  /** Bands of a row. */
  readonly bands: number;
  /** Longest mask, in bands or frames; each is of any length up to it, evenly. */
  readonly most: number;
  /** Masks of a row. Default 1. */
  readonly count?: number;
  /** What stands in their place. Default 0, which is the mean of normalised rows. */
  readonly fill?: number;
}

/** Hides runs of bands. */
export function maskFrequency(options: MaskOptions): Augment {
  const { bands, fill = 0 } = requireMask("maskFrequency", options);
  return (row, random) => {
    const cells = floats(row);
    const frames = cells.length / bands;
    for (const [from, to] of runs(options, bands, random)) cells.fill(fill, from * frames, to * frames);
  };
}

/** Hides runs of frames. */
export function maskTime(options: MaskOptions): Augment {
  const { bands, fill = 0 } = requireMask("maskTime", options);
  return (row, random) => {
    const cells = floats(row);
    const frames = cells.length / bands;
    for (const [from, to] of runs(options, frames, random))
      for (let band = 0; band < bands; band++) cells.fill(fill, band * frames + from, band * frames + to);
  };
}

function requireMask(kind: string, options: MaskOptions): MaskOptions {
  requireCount(kind, "bands", options.bands);
  requireCount(kind, "most", options.most, 0);
  requireCount(kind, "count", options.count ?? 1, 0);
  return options;
}

function runs({ most, count = 1 }: MaskOptions, size: number, random: Random): [number, number][] {
  return Array.from({ length: count }, () => {
    const length = Math.min(size, random.integer(most + 1));
    const from = random.integer(size - length + 1);
    return [from, from + length];
  });
}

export interface WarpOptions {
  /** Bands of a row. */
  readonly bands: number;
  /** Stretch of the bands from the lowest, as of another throat; above 1 moves sounds up. Default [1, 1]. */
  readonly frequency?: Range;
  /** Stretch of the frames about the middle; above 1 is slower. Default [1, 1]. */
  readonly time?: Range;
  /** Frames by which all moves, either way. Default 0. */
  readonly shift?: number;
}

/**
 * Stretches bands and frames, and moves frames, in one go.
 *
 * Places between cells are on the plane between the four around; the cells at the rim go on outside.
 */
export function warp({ bands, frequency = [1, 1], time = [1, 1], shift = 0 }: WarpOptions): Augment {
  requireCount("warp", "bands", bands);
  requireRange("warp", frequency, 0.01);
  requireRange("warp", time, 0.01);
  if (!(shift >= 0))
    throw new MillwrightError("PARAMETER_RANGE", `warp has { shift: ${shift} }.`, "Give frames, at least 0.");
  return (row, random) => {
    const cells = floats(row);
    const before = cells.slice();
    const frames = cells.length / bands;
    const [up, slow, by] = [draw(frequency, random), draw(time, random), draw([-shift, shift], random)];
    const middle = (frames - 1) / 2;
    const places = Float64Array.from({ length: frames }, (_, i) =>
      Math.min(frames - 1, Math.max(0, middle + (i - by - middle) / slow)),
    );
    for (let band = 0; band < bands; band++) {
      const from = Math.min(bands - 1, band / up);
      const low = Math.floor(from);
      const upper = from - low;
      const lowRow = low * frames;
      const highRow = Math.min(bands - 1, low + 1) * frames;
      for (let i = 0; i < frames; i++) {
        const left = Math.floor(places[i]!);
        const right = Math.min(frames - 1, left + 1);
        const later = places[i]! - left;
        const below = before[lowRow + left]! * (1 - later) + before[lowRow + right]! * later;
        const above = before[highRow + left]! * (1 - later) + before[highRow + right]! * later;
        cells[band * frames + i] = below * (1 - upper) + above * upper;
      }
    }
  };
}

/** Adds a line over the bands, as another microphone does: up to ± `most` at both ends, in the row's own units. */
export function tilt({ bands, most }: { readonly bands: number; readonly most: number }): Augment {
  requireCount("tilt", "bands", bands, 2);
  requireRange("tilt", [0, most], 0);
  return (row, random) => {
    const cells = floats(row);
    const frames = cells.length / bands;
    const [first, last] = [draw([-most, most], random), draw([-most, most], random)];
    for (let band = 0; band < bands; band++) {
      const add = first + ((last - first) * band) / (bands - 1);
      for (let i = band * frames; i < (band + 1) * frames; i++) cells[i]! += add;
    }
  };
}
