/**
 * Convolutions over pictures whose batch is innermost: [1, channels, height, width, batch].
 *
 * Every place of the pictures is a row of memory as long as the batch, so that what windows see is rows picked by
 * number, and everything else is products of matrices. All of it is made of ops with gradients: the backward pass takes
 * the rows that the forward pass has picked, and lays nothing out again.
 *
 * Windows of 3 × 3 in steps of 1 go by Winograd's algorithm: the picture is cut into tiles of m + 2 places a side that
 * overlap by two, and each tile and each window of weights becomes its values at m + 2 points a side. There the
 * convolution is a product place by place, which over channels is one matrix product a point; from the points m × m sums
 * come back. A product takes (m + 2)² / 9 m² of the multiplications, a quarter at m = 4.
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
import { reshape } from "./shape.ts";
import { outputSizes, taps, type Window, windowOf } from "./window.ts";
import type { Value } from "../types.ts";

/** What a convolution of pictures is by its sizes. */
export interface VolumeConvolution {
  /** Makes [1, outputs, …stops, batch] of the volume, the weights and, perhaps, biases. */
  readonly made: (volume: Value, w: Value, b?: Value) => Value;
  /** Whether it is Winograd's, which is worth to lay the batch innermost for. */
  readonly winograd: boolean;
}

interface Sizes {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Places of the picture, down and across. */
  readonly size: readonly [number, number];
  /** Stops of the window. */
  readonly stops: readonly [number, number];
  readonly window: Window;
}

/** Sums a side of a tile. */
export type TileSide = 2 | 3 | 4;
const sides: readonly TileSide[] = [2, 3, 4];

/** Rows of fewer numbers cost more to pick than they hold. */
const fewestRows = 8;
/** With fewer channels on a side, the way to the points and back costs what the products gain. */
const fewestChannels = 8;
/** Most rows that are picked: beyond, as for large photos, their numbers alone would take 4 MB. */
const mostPicks = 2 ** 20;
/** Most numbers that all tiles may be laid out as, 128 MB, and all windows without tiles, each as often as it is seen. */
const mostInTiles = 2 ** 25;
const mostInColumns = 2 ** 23;

/**
 * A convolution in this layout.
 *
 * @param attributes - Of a `Conv`.
 * @param x - Its pictures, [batch, channels, height, width].
 * @param side - Of Winograd's tiles; the best one for the sizes by default.
 * @returns Undefined where it does not apply or would take too much memory: sequences and volumes, groups, few pictures,
 *   large windows over large pictures, sizes that are names.
 */
export function volumeConvolution(
  attributes: Attributes,
  x: Value,
  w: Value,
  side?: TileSide,
): VolumeConvolution | undefined {
  const sizes = sizesOf(attributes, x, w);
  if (!sizes) return undefined;
  const m = isWinograds(sizes.window) ? (side ?? sideFor(sizes)) : undefined;
  if (!m && !fitsColumns(sizes)) return undefined;
  return {
    winograd: m !== undefined,
    made(volume, weights, b) {
      const y = m ? byTiles(volume, weights, sizes, m) : byColumns(volume, weights, sizes);
      return b ? add(y, reshape(b, [1, -1, 1, 1, 1])) : y;
    },
  };
}

function sizesOf(attributes: Attributes, x: Value, w: Value): Sizes | undefined {
  const [picture, weights] = [staticShape(x.shape), staticShape(w.shape)];
  if (picture?.length !== 4 || !weights || x.dtype !== "float32") return undefined;
  const [batch, inputs, ...size] = picture as [number, number, number, number];
  const [outputs, , ...kernel] = weights as [number, number, number, number];
  const call = { name: "conv", attributes };
  const window = windowOf(call, kernel, size);
  if (!window || attributes.int("group", 1) !== 1 || batch < fewestRows) return undefined;
  const stops = outputSizes(call, kernel, size, false) as number[];
  return { batch, inputs, outputs, size, stops: [stops[0]!, stops[1]!], window };
}

function isWinograds({ kernel, strides, dilations }: Window): boolean {
  return kernel.every((size) => size === 3) && [...strides, ...dilations].every((step) => step === 1);
}

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

function fitsColumns({ batch, inputs, stops, window }: Sizes): boolean {
  const picks = inputs * product(window.kernel) * product(stops);
  return picks <= mostPicks && picks * batch <= mostInColumns;
}

/** Tiles down and across. */
const tilesOf = ({ stops }: Sizes, m: number): [number, number] => [
  Math.ceil(stops[0] / m),
  Math.ceil(stops[1] / m),
];

/** The one with the fewest products, those of places that no sum needs counted too; undefined where none is worth it. */
function sideFor(sizes: Sizes): TileSide | undefined {
  const { batch, inputs, outputs } = sizes;
  if (Math.min(inputs, outputs) < fewestChannels) return undefined;
  const cost = (m: number): number => product(tilesOf(sizes, m)) * (m + 2) ** 2;
  const best = sides.reduce((a, b) => (cost(b) <= cost(a) ? b : a));
  const picks = cost(best) * Math.max(inputs, outputs);
  return picks <= mostPicks && picks * batch <= mostInTiles ? best : undefined;
}

/** One product over all that the windows see. */
function byColumns(volume: Value, w: Value, sizes: Sizes): Value {
  const { batch, inputs, outputs, stops, window } = sizes;
  const { kernel, strides, dilations, begins } = window;
  const unpadded = [...begins, ...window.ends].every((width) => width === 0);
  const plain = product(kernel) === 1 && product(strides) === 1 && unpadded;
  const offsets = taps(kernel).map((tap) => tap.map((at, axis) => at * dilations[axis]! - begins[axis]!));
  const rows = plain ? volume : picked(volume, sizes, rowsOf(sizes, { offsets, stops, strides }));
  const columns = reshape(rows, [inputs * offsets.length, product(stops) * batch]);
  return reshape(matMul(reshape(w, [outputs, -1]), columns), [1, outputs, ...stops, batch]);
}

/** Rows of the volume by number; the one behind the last is of zeros. */
function picked(volume: Value, { batch }: Sizes, rows: Int32Array): Value {
  return gather(pad(reshape(volume, [-1, batch]), [0, 0, 1, 0]), numbers(rows), 0);
}

const numbers = (data: Int32Array): Value => constant({ dtype: "int32", shape: [data.length], data });

/** What is picked: the rows that a window at each stop sees by its offsets. */
interface Picks {
  readonly offsets: readonly (readonly number[])[];
  readonly stops: readonly [number, number];
  readonly strides: readonly number[];
}

/**
 * Row for each [channel, offset, stop], as the volume has them by [channel, y, x].
 *
 * @param offsetFirst - Or for each [offset, channel, stop].
 */
function rowsOf(
  { size, inputs }: Sizes,
  { offsets, stops, strides }: Picks,
  offsetFirst = false,
): Int32Array {
  const [height, width] = size;
  const [down, across] = stops;
  const [perChannel, perOffset] = offsetFirst ? [1, inputs] : [offsets.length, 1];
  const rows = new Int32Array(inputs * offsets.length * down * across);
  offsets.forEach(([dy, dx], offset) => {
    for (let channel = 0; channel < inputs; channel++) {
      let at = (channel * perChannel + offset * perOffset) * down * across;
      for (let i = 0; i < down; i++) {
        for (let j = 0; j < across; j++) {
          const [y, x] = [i * strides[0]! + dy!, j * strides[1]! + dx!];
          const inside = y >= 0 && y < height && x >= 0 && x < width;
          rows[at++] = inside ? (channel * height + y) * width + x : inputs * height * width;
        }
      }
    }
  });
  return rows;
}

type Matrix = readonly (readonly number[])[];

/** One dimension of the algorithm: y = back · ((weights · w) ∘ (picture · x)). */
interface Transforms {
  readonly back: Matrix;
  readonly weights: Matrix;
  readonly picture: Matrix;
}

/** Where polynomials are evaluated, besides infinity. */
const points = [0, 1, -1, 1 / 2, -2];

/** Toom and Cook's: products of polynomials by their values at m + 1 points and at infinity. */
function transformsOf(m: number): Transforms {
  const finite = points.slice(0, m + 1);
  const others = (i: number): number[] => finite.filter((_, j) => j !== i);
  const weights = finite.map((point, i) => {
    const scale = product(others(i).map((other) => point - other));
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

function byTiles(volume: Value, w: Value, sizes: Sizes, m: TileSide): Value {
  const { batch, inputs, outputs, stops } = sizes;
  const { back, weights, picture } = transformsOf(m);
  const spots = (m + 2) ** 2;
  const tiles = product(tilesOf(sizes, m));
  const cut = reshape(picked(volume, sizes, tileRows(sizes, m)), [spots, -1]);
  const seen = reshape(matMul(kronecker(picture), cut), [spots, inputs, tiles * batch]);
  const windows = gemm(kronecker(weights), reshape(w, [outputs * inputs, 9]), undefined, { transB: true });
  const sums = matMul(reshape(windows, [spots, outputs, inputs]), seen);
  const answers = reshape(matMul(kronecker(back), reshape(sums, [spots, -1])), [-1, batch]);
  return reshape(gather(answers, numbers(answerRows(sizes, m)), 0), [1, outputs, ...stops, batch]);
}

/** Row for each [spot of a tile, channel, tile]. */
function tileRows(sizes: Sizes, m: number): Int32Array {
  const { begins } = sizes.window;
  const offsets = taps([m + 2, m + 2]).map((tap) => tap.map((at, axis) => at - begins[axis]!));
  return rowsOf(sizes, { offsets, stops: tilesOf(sizes, m), strides: [m, m] }, true);
}

/** Row of the answers, as [place in a tile, channel, tile], for each [channel, y, x]. */
function answerRows(sizes: Sizes, m: number): Int32Array {
  const { outputs, stops } = sizes;
  const [high, wide] = tilesOf(sizes, m);
  const rows = new Int32Array(outputs * product(stops));
  let at = 0;
  for (let channel = 0; channel < outputs; channel++) {
    for (let y = 0; y < stops[0]; y++) {
      for (let x = 0; x < stops[1]; x++) {
        const place = (y % m) * m + (x % m);
        rows[at++] = ((place * outputs + channel) * high + Math.floor(y / m)) * wide + Math.floor(x / m);
      }
    }
  }
  return rows;
}
