/**
 * Convolutions over pictures whose batch, or a block of it, is innermost: [batch / rows, channels, height, width, rows].
 *
 * Every place of the pictures is a row of memory as long as the block, so that what windows see is rows picked by
 * number, and everything else is products of matrices. All of it is made of ops with gradients: the backward pass takes
 * the rows that the forward pass has picked, and lays nothing out again.
 *
 * Where each channel stands alone, the convolution is one of volumes whose window is one row deep. With as many rows as
 * numbers fit a vector register that is what ONNX Runtime's quickest kernels compute, its memory as it stands
 * (`blocked-convolution.ts`).
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
import { conv } from "./convolution.ts";
import { gather } from "./indexing.ts";
import { gemm, matMul } from "./linear.ts";
import { pad } from "./padding.ts";
import { reshape } from "./shape.ts";
import { outputSizes, pictureWindow, taps, type Window, windowOf } from "./window.ts";
import type { Value } from "../types.ts";

/** What a convolution of pictures is by its sizes. */
export interface VolumeConvolution {
  /** Makes [batch / rows, outputs, …stops, rows] of the volume, the weights and, perhaps, biases. */
  readonly made: (volume: Value, w: Value, b?: Value) => Value;
  /** About nanoseconds of a step that it gains; Infinity for Winograd's, which is worth any way into the layout. */
  readonly gain: number;
}

export interface VolumeOptions {
  /** Rows of a block, which divide the batch. Default all of it. */
  readonly rows?: number;
  /** Of Winograd's tiles; the best one for the sizes by default. */
  readonly side?: TileSide;
}

/** Of a picture; a sequence is one of a single line. */
interface Sizes {
  readonly batch: number;
  /** Of the batch, innermost. */
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Places of the picture, down and across. */
  readonly size: readonly [number, number];
  /** Stops of the window. */
  readonly stops: readonly [number, number];
  readonly window: Window;
  /** Whether it was a sequence. */
  readonly line: boolean;
  /** Whether each channel has its own window. */
  readonly alone: boolean;
  /** Whether something lies before it that may need the picture's gradient. */
  readonly passesBack: boolean;
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
 * @param x - Its pictures, [batch, channels, height, width], or, where the batch is in blocks, its sequences.
 * @returns Undefined where it does not apply or would take too much memory: volumes, groups of channels, few pictures,
 *   large windows over large pictures, sizes that are names.
 */
export function volumeConvolution(
  attributes: Attributes,
  x: Value,
  w: Value,
  { rows, side }: VolumeOptions = {},
): VolumeConvolution | undefined {
  const sizes = sizesOf(attributes, x, w, rows);
  if (!sizes) return undefined;
  if (sizes.alone)
    return { gain: gainInBlocks(sizes), made: (volume, weights, b) => byChannel(volume, weights, b, sizes) };
  const onePlace = product(sizes.window.kernel) === 1;
  // Blocks of channels are quicker than what windows of more places see, row for row of a block.
  if (rows !== undefined && !onePlace && sizes.inputs >= fewestChannels) return undefined;
  const winograds = rows === undefined && isWinograds(sizes.window);
  const m = winograds ? (side ?? sideFor(sizes)) : undefined;
  if (!m && !takesAsItStands(sizes.window) && !fitsColumns(sizes)) return undefined;
  return {
    gain: m ? Infinity : rows !== undefined && onePlace ? gainInBlocks(sizes) : 0,
    made(volume, weights, b) {
      const y = m ? byTiles(volume, weights, sizes, m) : byColumns(volume, weights, sizes);
      return b ? add(y, reshape(b, [1, -1, ...volume.shape.slice(2).map(() => 1)])) : y;
    },
  };
}

function sizesOf(attributes: Attributes, x: Value, w: Value, inBlock?: number): Sizes | undefined {
  const [sizes, weights] = [staticShape(x.shape), staticShape(w.shape)];
  if (!sizes || !weights || x.dtype !== "float32") return undefined;
  const [batch, inputs, ...size] = sizes as [number, number, ...number[]];
  const [outputs, width, ...kernel] = weights as [number, number, ...number[]];
  const rows = inBlock ?? batch;
  const line = size.length === 1;
  if (size.length !== 2 && !(line && inBlock !== undefined)) return undefined;
  const call = { name: "conv", attributes };
  const window = windowOf(call, kernel, size);
  const groups = attributes.int("group", 1);
  // Among all the batch, no kernel computes channels that stand alone.
  const alone = groups > 1 && width === 1 && groups === outputs && inBlock !== undefined;
  if (!window || (groups !== 1 && !alone) || rows < fewestRows || batch % rows !== 0) return undefined;
  const stops = outputSizes(call, kernel, size, false) as number[];
  const inRows = (list: readonly number[]): [number, number] => (line ? [1, list[0]!] : [list[0]!, list[1]!]);
  return {
    batch,
    rows,
    inputs,
    outputs,
    size: inRows(size),
    stops: inRows(stops),
    window: pictureWindow(window),
    line,
    alone,
    passesBack: x.producer.kind === "node",
  };
}

/** The volume that a convolution makes. */
function madeShape({ batch, rows, outputs, stops, line }: Sizes): number[] {
  return [batch / rows, outputs, ...(line ? stops.slice(1) : stops), rows];
}

/**
 * Nanoseconds that blocks of rows gain for each number that a convolution takes or makes, measured with 64 channels of 90
 * and 340 places. By pictures, channels that stand alone are laid out in blocks and back for each of three products, and
 * windows of one place have both sides turned round for the weights' gradient. By larger strides, the picture's gradient
 * is a transposed convolution there.
 */
const gains = { alone: 0.35, strided: 1, onePlace: 0.1 };

function gainInBlocks(sizes: Sizes): number {
  const { batch, inputs, outputs, size, stops, window, alone, passesBack } = sizes;
  const [taken, made] = [batch * inputs * product(size), batch * outputs * product(stops)];
  const strided = alone && passesBack && product(window.strides) > 1 ? gains.strided * taken : 0;
  return (alone ? gains.alone : gains.onePlace) * (taken + made) + strided;
}

/** A window of its own over each channel, one row deep. */
function byChannel(volume: Value, w: Value, b: Value | undefined, { window, outputs, line }: Sizes): Value {
  const used = (list: readonly number[]): readonly number[] => (line ? list.slice(1) : list);
  return conv(volume, reshape(w, [outputs, 1, ...used(window.kernel), 1]), b, {
    strides: [...used(window.strides), 1],
    dilations: [...used(window.dilations), 1],
    pads: [...used(window.begins), 0, ...used(window.ends), 0],
    groups: outputs,
  });
}

function isWinograds({ kernel, strides, dilations }: Window): boolean {
  return kernel.every((size) => size === 3) && [...strides, ...dilations].every((step) => step === 1);
}

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

/** Whether what the windows see is the picture itself. */
function takesAsItStands({ kernel, strides, begins, ends }: Window): boolean {
  return product([...kernel, ...strides]) === 1 && [...begins, ...ends].every((width) => width === 0);
}

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
  const { rows, inputs, outputs, stops, window } = sizes;
  const { kernel, strides, dilations, begins } = window;
  const offsets = taps(kernel).map((tap) => tap.map((at, axis) => at * dilations[axis]! - begins[axis]!));
  const seen = takesAsItStands(window)
    ? volume
    : picked(volume, sizes, rowsOf(sizes, { offsets, stops, strides }));
  const columns = reshape(seen, [-1, inputs * offsets.length, product(stops) * rows]);
  return reshape(matMul(reshape(w, [outputs, -1]), columns), madeShape(sizes));
}

/** Rows of each volume by number; the one behind the last is of zeros. */
function picked(volume: Value, { batch, rows }: Sizes, places: Int32Array): Value {
  const [apart, axis] = batch === rows ? [[-1, rows], 0] : [[batch / rows, -1, rows], 1];
  const widths = apart.flatMap(() => [0, 0]);
  widths[apart.length + axis] = 1;
  return gather(pad(reshape(volume, apart), widths), numbers(places), axis);
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
  const { batch, inputs, outputs } = sizes;
  const { back, weights, picture } = transformsOf(m);
  const spots = (m + 2) ** 2;
  const tiles = product(tilesOf(sizes, m));
  const cut = reshape(picked(volume, sizes, tileRows(sizes, m)), [spots, -1]);
  const seen = reshape(matMul(kronecker(picture), cut), [spots, inputs, tiles * batch]);
  const windows = gemm(kronecker(weights), reshape(w, [outputs * inputs, 9]), undefined, { transB: true });
  const sums = matMul(reshape(windows, [spots, outputs, inputs]), seen);
  const answers = reshape(matMul(kronecker(back), reshape(sums, [spots, -1])), [-1, batch]);
  return reshape(gather(answers, numbers(answerRows(sizes, m)), 0), madeShape(sizes));
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
