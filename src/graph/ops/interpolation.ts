/**
 * What a Resize takes of each input place along one dimension, as a matrix.
 *
 * Source: the ONNX operator text of Resize-19 (coordinates, rounding, filters). Coordinates are
 * rounded to float32 at each step as ONNX Runtime computes them: it decides which of two equally
 * near elements is the nearest.
 */
import type { Attributes } from "../attributes.ts";
import type { AxisMatrix } from "./axis-matrix.ts";

export interface AxisResize {
  readonly size: number;
  readonly made: number;
  /** Factor as the file gives it, or made / size. */
  readonly scale: number;
  /** Beginning and end of the region, as shares of the size, for tf_crop_and_resize. */
  readonly region: readonly [number, number];
}

/** Weights that are computed for `made` places, at most. A scale of 0 or none counts as endless. */
export function weightCount(attributes: Attributes, made: number, scale: number): number {
  const mode = attributes.string("mode", "nearest");
  if (!(scale > 0)) return Infinity;
  const smaller = attributes.int("antialias", 0) === 1 && scale < 1;
  return made * (2 * (filterOf(attributes, mode).support / (smaller ? scale : 1)) + 1);
}

/** One row an output place. */
export function resizeMatrix(attributes: Attributes, axis: AxisResize): AxisMatrix {
  const { size, made } = axis;
  const mode = attributes.string("mode", "nearest");
  const coordinates = attributes.string("coordinate_transformation_mode", "half_pixel");
  const filter = filterOf(attributes, mode);
  const smaller = attributes.int("antialias", 0) === 1 && axis.scale < 1;
  const excluded = attributes.int("exclude_outside", 0) === 1;
  return Array.from({ length: made }, (_, place) => {
    const row = new Map<number, number>();
    const at = sourceOf(coordinates, place, axis);
    // What lies outside of a cropped region is a constant: no input has a part in it.
    if (coordinates === "tf_crop_and_resize" && (at < 0 || at > size - 1)) return row;
    if (mode === "nearest") row.set(clamp(nearest(attributes, at), size), 1);
    else if (smaller) addFiltered(row, size, at, filter, axis.scale, excluded);
    else if (mode === "linear") addFiltered(row, size, Math.min(Math.max(at, 0), size - 1), filter, 1, false);
    else addFiltered(row, size, at, filter, 1, excluded);
    return row;
  });
}

interface Filter {
  readonly weight: (distance: number) => number;
  /** Farthest distance with a weight. */
  readonly support: number;
}

function filterOf(attributes: Attributes, mode: string): Filter {
  if (mode !== "cubic") return { weight: (x) => Math.max(0, 1 - Math.abs(x)), support: 1 };
  const a = attributes.float("cubic_coeff_a", -0.75);
  const weight = (distance: number): number => {
    const x = Math.abs(distance);
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
  };
  return { weight, support: 2 };
}

/** Adds the weights around a place; those beyond the ends count for the end, or not at all. */
function addFiltered(
  row: Map<number, number>,
  size: number,
  at: number,
  filter: Filter,
  scale: number,
  excluded: boolean,
): void {
  const support = filter.support / scale;
  let total = 0;
  for (let i = Math.ceil(at - support); i <= Math.floor(at + support); i++) {
    if (excluded && (i < 0 || i >= size)) continue;
    const weight = filter.weight((i - at) * scale);
    if (weight === 0) continue;
    const place = clamp(i, size);
    row.set(place, (row.get(place) ?? 0) + weight);
    total += weight;
  }
  if (total !== 0) for (const [place, weight] of row) row.set(place, weight / total);
}

function clamp(place: number, size: number): number {
  return Math.min(size - 1, Math.max(0, place));
}

function sourceOf(coordinates: string, place: number, { size, made, scale, region }: AxisResize): number {
  const f = Math.fround;
  const half = (): number => f(f(f(place + 0.5) / f(scale)) - 0.5);
  switch (coordinates) {
    case "asymmetric":
      return f(place / f(scale));
    case "pytorch_half_pixel":
      return made > 1 ? half() : 0;
    case "tf_half_pixel_for_nn":
      return f(f(place + 0.5) / f(scale));
    case "align_corners":
      return made > 1 ? f(f(place * (size - 1)) / (made - 1)) : 0;
    case "tf_crop_and_resize": {
      const [begin, end] = region;
      if (made === 1) return 0.5 * (begin + end) * (size - 1);
      return f(f(begin * (size - 1)) + f(f(place * f(end - begin) * (size - 1)) / (made - 1)));
    }
    case "half_pixel_symmetric": {
      const adjustment = f(made / f(f(scale) * size));
      const center = f(size / 2);
      return f(f(center * f(1 - adjustment)) + half());
    }
    default:
      return half();
  }
}

function nearest(attributes: Attributes, at: number): number {
  switch (attributes.string("nearest_mode", "round_prefer_floor")) {
    case "floor":
      return Math.floor(at);
    case "ceil":
      return Math.ceil(at);
    case "round_prefer_ceil":
      return Math.round(at);
    default:
      return Math.ceil(at - 0.5);
  }
}
