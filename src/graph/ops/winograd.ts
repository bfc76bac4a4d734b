/**
 * Winograd's convolution: windows of 3 × 3 in steps of 1, by fewer multiplications.
 *
 * The picture is cut into tiles of m + 2 places a side that overlap by two, and each tile and each window of weights
 * becomes its values at m + 2 points a side. There the convolution is a product place by place, which over channels is
 * one matrix product a point; from the points m × m sums come back. A product takes (m + 2)² / 9 m² of the
 * multiplications, a quarter at m = 4, and the tiles of the forward pass are those of the weights' gradient, so that
 * nothing is laid out a second time. All of it is made of ops with gradients: the backward pass is not written here.
 *
 * Between pictures the batch lies innermost, so that every tile is rows of memory as they stand.
 *
 * Sources: Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks" (2016); the points are of Barabasz,
 * Anderson, Soodhalter & Gregg, "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural
 * Networks" (2020): sums of float32 have errors of some 1e-6, where the plain ones have 4e-7.
 */
import type { Attributes } from "../attributes.ts";
import { staticShape } from "../dims.ts";
import { constant } from "../value.ts";
import { add } from "./arithmetic.ts";
import { gather } from "./indexing.ts";
import { gemm, matMul } from "./linear.ts";
import { pad } from "./padding.ts";
import { reshape, transpose } from "./shape.ts";
import { windowOf } from "./window.ts";
import type { Value } from "../types.ts";

/** Where polynomials are evaluated, besides infinity. */
const points = [0, 1, -1, 1 / 2, -2];
/** Sums a side of a tile. */
const sides = [2, 3, 4] as const;

type Matrix = readonly (readonly number[])[];

/** One dimension of the algorithm: y = back · ((weights · w) ∘ (picture · x)). */
interface Transforms {
  readonly back: Matrix;
  readonly weights: Matrix;
  readonly picture: Matrix;
}

/** Toom and Cook's: products of polynomials by their values at m + 1 points and at infinity. */
function transformsOf(m: number): Transforms {
  const finite = points.slice(0, m + 1);
  const others = (i: number): number[] => finite.filter((_, j) => j !== i);
  const weights = finite.map((point, i) => {
    const scale = others(i).reduce((product, other) => product * (point - other), 1);
    return [0, 1, 2].map((power) => point ** power / scale);
  });
  const picture = finite.map((_, i) => [...withRoots(others(i)), 0]);
  const back = Array.from({ length: m }, (_, power) => [
    ...finite.map((point) => point ** power),
    power === m - 1 ? 1 : 0,
  ]);
  return { back, weights: [...weights, [0, 0, 1]], picture: [...picture, withRoots(finite)] };
}

/** Coefficients of the polynomial with these roots, the constant one first. */
function withRoots(roots: readonly number[]): number[] {
  return roots.reduce<number[]>(
    (all, root) => [0, ...all].map((shifted, i) => shifted - root * (all[i] ?? 0)),
    [1],
  );
}

/** Both dimensions in one matrix. */
function kronecker(matrix: Matrix): Value {
  const rows = matrix.flatMap((a) => matrix.map((b) => a.flatMap((x) => b.map((y) => x * y))));
  return constant({
    dtype: "float32",
    shape: [rows.length, rows[0]!.length],
    data: Float32Array.from(rows.flat()),
  });
}

/** A picture's sizes, and the window's. */
interface Sizes {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly height: number;
  readonly width: number;
  /** Sums down and across. */
  readonly down: number;
  readonly across: number;
  /** Padding before. */
  readonly top: number;
  readonly left: number;
}

/**
 * What a convolution answers, by tiles.
 *
 * @param attributes - Of a `Conv`.
 * @param inputs - Its pictures, weights and, perhaps, biases.
 * @param m - Sums a side of a tile; the best one for the sizes by default.
 * @returns Undefined where the algorithm does not apply, or would take longer: other windows, steps, groups, few
 *   channels, few pictures, sizes that are names.
 */
export function winogradConvolution(
  attributes: Attributes,
  inputs: readonly (Value | undefined)[],
  m?: number,
): Value | undefined {
  const [x, w, b] = inputs as [Value, Value, Value | undefined];
  const sizes = sizesOf(attributes, x, w);
  const side = sizes && (m ?? sideFor(sizes));
  if (!side) return undefined;
  const y = byTiles(x, w, sizes, side);
  return b ? add(y, reshape(b, [1, -1, 1, 1])) : y;
}

/** Undefined for what is no window of 3 × 3 in steps of 1 over pictures of known sizes. */
function sizesOf(attributes: Attributes, x: Value, w: Value): Sizes | undefined {
  const [picture, weights] = [staticShape(x.shape), staticShape(w.shape)];
  if (picture?.length !== 4 || !weights || x.dtype !== "float32") return undefined;
  const [batch, inputs, height, width] = picture as [number, number, number, number];
  const [outputs, , ...kernel] = weights as [number, number, number, number];
  if (attributes.int("group", 1) !== 1 || kernel.some((size) => size !== 3)) return undefined;
  const window = windowOf({ name: "conv", attributes }, kernel, [height, width]);
  if (!window || [...window.strides, ...window.dilations].some((step) => step !== 1)) return undefined;
  const [top, left] = window.begins as [number, number];
  const [down, across] = [height, width].map(
    (size, axis) => size + window.begins[axis]! + window.ends[axis]! - 2,
  ) as [number, number];
  return { batch, inputs, outputs, height, width, down, across, top, left };
}

/** With fewer channels on a side, the way to the points and back costs what the products gain. */
const fewestChannels = 8;
/** Places that are written out: beyond, as for large photos, they would take more memory than they save time. */
const mostPlaces = 2 ** 20;

const tilesOf = ({ down, across }: Sizes, m: number): number => Math.ceil(down / m) * Math.ceil(across / m);

/** The one with the fewest products, those of places that no sum needs counted too; undefined where none is worth it. */
function sideFor(sizes: Sizes): number | undefined {
  const { inputs, outputs } = sizes;
  if (Math.min(inputs, outputs) < fewestChannels) return undefined;
  const cost = (m: number): number => tilesOf(sizes, m) * (m + 2) ** 2;
  const best = sides.reduce((a, b) => (cost(b) <= cost(a) ? b : a));
  return cost(best) * Math.max(inputs, outputs) <= mostPlaces ? best : undefined;
}

function byTiles(x: Value, w: Value, sizes: Sizes, m: number): Value {
  const { batch, inputs, outputs, down, across } = sizes;
  const { back, weights, picture } = transformsOf(m);
  const spots = (m + 2) ** 2;
  const tiles = tilesOf(sizes, m);
  const rows = transpose(reshape(x, [batch, -1]), [1, 0]);
  const cut = gather(pad(rows, [0, 0, 1, 0]), cutPlaces(sizes, m), 0);
  const seen = reshape(matMul(kronecker(picture), reshape(cut, [spots, -1])), [spots, inputs, tiles * batch]);
  const windows = reshape(w, [outputs * inputs, 9]);
  const by = reshape(gemm(kronecker(weights), windows, undefined, { transB: true }), [
    spots,
    outputs,
    inputs,
  ]);
  const sums = matMul(kronecker(back), reshape(matMul(by, seen), [spots, -1]));
  const laid = gather(reshape(sums, [-1, batch]), laidPlaces(sizes, m), 0);
  return reshape(transpose(laid, [1, 0]), [batch, outputs, down, across]);
}

/** Row of the picture, as [channel, y, x], for each [spot of a tile, channel, tile]; the row behind the last is padding. */
function cutPlaces(sizes: Sizes, m: number): number[] {
  const { inputs, height, width, top, left, down, across } = sizes;
  const [high, wide] = [Math.ceil(down / m), Math.ceil(across / m)];
  const list: number[] = [];
  for (let spot = 0; spot < (m + 2) ** 2; spot++) {
    const [dy, dx] = [Math.floor(spot / (m + 2)) - top, (spot % (m + 2)) - left];
    for (let channel = 0; channel < inputs; channel++) {
      for (let tile = 0; tile < high * wide; tile++) {
        const [y, x] = [Math.floor(tile / wide) * m + dy, (tile % wide) * m + dx];
        const inside = y >= 0 && y < height && x >= 0 && x < width;
        list.push(inside ? (channel * height + y) * width + x : inputs * height * width);
      }
    }
  }
  return list;
}

/** Row of the sums, as [place in a tile, channel, tile], for each [channel, y, x]. */
function laidPlaces({ outputs, down, across }: Sizes, m: number): number[] {
  const [high, wide] = [Math.ceil(down / m), Math.ceil(across / m)];
  const list: number[] = [];
  for (let channel = 0; channel < outputs; channel++) {
    for (let y = 0; y < down; y++) {
      for (let x = 0; x < across; x++) {
        const place = (y % m) * m + (x % m);
        list.push((place * outputs + channel) * high * wide + Math.floor(y / m) * wide + Math.floor(x / m));
      }
    }
  }
  return list;
}
