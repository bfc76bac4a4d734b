/**
 * Convolutions in the layout that ONNX Runtime's CPU kernels are fastest in: channels in blocks.
 *
 * A block holds as many channels as a vector register holds numbers, beside each other: [batch, channels / block, …size,
 * block]. ONNX Runtime goes over to it by itself where the weights are constants, and never in training, where they
 * move. Here the same kernels are asked for by name, and weights are laid out anew at each step, which costs a few
 * hundredths of the convolution: a window of 3 × 3 over 32 to 256 channels takes 0.65 to 0.9 of the time, one by
 * channel an eighth (`bench/network-speed.ts` has whole networks).
 *
 * Source: MLAS and the schemas of the domain com.microsoft.nchwc (github.com/microsoft/onnxruntime,
 * core/graph/contrib_ops/nchwc_schema_defs.cc). Not every machine has these kernels, and the block's size is the
 * machine's: a graph with such nodes is for the session at hand, and never a file.
 */
import type { Attributes } from "../attributes.ts";
import { apply, defineOp } from "../definition.ts";
import { staticShape } from "../dims.ts";
import { reduceSum } from "./reduction.ts";
import { expand, reshape, transpose } from "./shape.ts";
import { pictureWindow, type Window, windowOf } from "./window.ts";
import type { Dim, OpDefinition, Value } from "../types.ts";

const domain = "com.microsoft.nchwc";
/** Blocked values keep the plain shape [batch, channels, height, width]: only their elements lie in another order. */
const blocking = (type: "ReorderInput" | "ReorderOutput", name: string): OpDefinition =>
  defineOp({
    name,
    type,
    domain,
    inputs: [1, 1],
    attributes: { channels: "int" },
    infer: ({ inputs: [x] }) => [{ dtype: "float32", shape: x!.shape! }],
  });
const reorderInputOp = blocking("ReorderInput", "toBlocks");
const reorderOutputOp = blocking("ReorderOutput", "fromBlocks");

const convOp = defineOp({
  name: "blockedConv",
  type: "Conv",
  domain,
  inputs: [2, 3],
  attributes: { dilations: "ints", group: "int", kernel_shape: "ints", pads: "ints", strides: "ints" },
  infer: ({ inputs, attributes }) => {
    const [x, w] = inputs as [Value, Value];
    const [strides, dilations, pads] = ["strides", "dilations", "pads"].map((key) => attributes.ints(key)!);
    const stops = x.shape.slice(2).map((size, axis): Dim => {
      const reach = (Number(w.shape[axis + 2]) - 1) * dilations![axis]! + 1;
      const room = Number(size) + pads![axis]! + pads![axis + 2]! - reach;
      return Math.floor(room / strides![axis]!) + 1;
    });
    return [{ dtype: "float32", shape: [x.shape[0]!, w.shape[0]!, ...stops] }];
  },
});

/** [batch, channels, height, width] with its elements in blocks of channels, which must divide them. */
export function toBlocks(x: Value): Value {
  return apply(reorderInputOp, [x]);
}

/** From blocks back to the plain layout. */
function fromBlocks(x: Value): Value {
  return apply(reorderOutputOp, [x], { channels: Number(x.shape[1]) });
}

/**
 * The convolution of a picture in blocks.
 *
 * @param inputs - The picture, the weights' elements as blocks have them, in any shape, and, perhaps, biases.
 * @param sizes - Outputs, and channels that each of them sees.
 * @param window - Over a picture, or a sequence, which is a picture of one row.
 */
function blockedConv(
  [picture, weights, b]: readonly [Value, Value, Value | undefined],
  sizes: readonly [outputs: number, width: number],
  window: Window,
  groups: number,
): Value {
  const { kernel, strides, dilations, begins, ends } = pictureWindow(window);
  return apply(convOp, [picture, reshape(weights, [...sizes, ...kernel]), b], {
    dilations,
    group: groups,
    kernel_shape: kernel,
    pads: [...begins, ...ends],
    strides,
  });
}

/** A picture of fewer places gains nothing, unless each channel stands alone: its windows lie on the padding for the most part. */
const fewestPlaces = 36;
/** With fewer places in all, to lay out the weights takes longer than what the convolution gains. */
const fewestStops = 1024;

/**
 * What a convolution answers, computed in blocks.
 *
 * @param attributes - Of a `Conv`.
 * @param inputs - Its picture or sequence, weights and, perhaps, biases.
 * @param block - Channels in a block on this machine.
 * @returns Undefined where the kernels cannot compute it, or would take longer: sizes that are names, channels that are
 *   no whole blocks, groups other than each channel by itself, a window of one place, small pictures.
 */
export function convolutionInBlocks(
  attributes: Attributes,
  inputs: readonly (Value | undefined)[],
  block: number,
): Value | undefined {
  const [x, w, b] = inputs as [Value, Value, Value | undefined];
  const [sizes, shape] = [staticShape(x.shape), staticShape(w.shape)];
  if (!sizes || !shape || x.dtype !== "float32") return undefined;
  const rank = sizes.length - 2;
  const window =
    rank > 2 ? undefined : windowOf({ name: "conv", attributes }, shape.slice(2), sizes.slice(2));
  if (!window) return undefined;
  const [outputs, width] = shape as [number, number];
  const groups = attributes.int("group", 1);
  const alone = groups > 1 && width === 1 && groups === outputs;
  const whole = outputs % block === 0 && (alone || (groups === 1 && width % block === 0));
  const taps = window.kernel.reduce((product, size) => product * size, 1);
  if (!whole || taps === 1) return undefined;
  const picture = rank === 1 ? reshape(x, [sizes[0]!, sizes[1]!, 1, sizes[2]!]) : x;
  const weights = weightBlocks(w, { outputs, width, taps }, alone ? 1 : block, block);
  const y = blockedConv([toBlocks(picture), weights, b], [outputs, width], window, groups);
  const stops = y.shape.slice(2).map(Number);
  const places = stops.reduce((product, size) => product * size, 1);
  if (!alone && (places < fewestPlaces || sizes[0]! * places < fewestStops)) return undefined;
  const plain = fromBlocks(y);
  return rank === 1 ? reshape(plain, [sizes[0]!, outputs, stops[1]!]) : plain;
}

/**
 * What a convolution by channel answers over volumes whose last axis is a block: rows of the batch, which stand where
 * blocks have their channels, so that nothing is laid out anew.
 *
 * @param attributes - Of a `Conv`.
 * @param inputs - Its volumes [batch, channels, …size, block], weights and, perhaps, biases.
 * @returns Undefined for other convolutions. The window must be one row deep, or, as for gradients by weights, hold the
 *   whole block.
 */
export function convolutionOverBlocks(
  attributes: Attributes,
  inputs: readonly (Value | undefined)[],
  block: number,
): Value | undefined {
  const [x, w, b] = inputs as [Value, Value, Value | undefined];
  const [sizes, shape] = [staticShape(x.shape), staticShape(w.shape)];
  if (!sizes || !shape || x.dtype !== "float32" || sizes.at(-1) !== block) return undefined;
  const [batch, channels, ...size] = sizes as [number, number, ...number[]];
  const alone = attributes.int("group", 1) === channels && shape[0] === channels;
  if (!alone || size.length < 2 || size.length > 3) return undefined;
  const window = windowOf({ name: "conv", attributes }, shape.slice(2), size);
  const last = (list: readonly number[]): number => list.at(-1)!;
  if (!window || last(window.begins) !== 0 || last(window.ends) !== 0 || last(window.strides) !== 1)
    return undefined;
  const deep = last(window.kernel);
  if (deep !== 1 && (deep !== block || b || last(window.dilations) !== 1)) return undefined;
  const repeated = (value: Value): Value => expand(reshape(value, [channels, -1, 1]), [channels, 1, block]);
  const rows = size.length === 2 ? [1, size[0]!] : size.slice(0, 2);
  const groups = channels * block;
  const y = blockedConv(
    [reshape(x, [batch, groups, ...rows]), deep === 1 ? repeated(w) : w, b && reshape(repeated(b), [-1])],
    [groups, 1],
    {
      kernel: window.kernel.slice(0, -1),
      strides: window.strides.slice(0, -1),
      dilations: window.dilations.slice(0, -1),
      begins: window.begins.slice(0, -1),
      ends: window.ends.slice(0, -1),
    },
    groups,
  );
  const stops = y.shape.slice(size.length === 2 ? 3 : 2).map(Number);
  const volume = reshape(y, [batch, channels, ...stops, block]);
  return deep === 1 ? volume : reduceSum(volume, { axes: [volume.shape.length - 1], keepDims: true });
}

/** Weights [out, width, …kernel] as [out / block, width / inner, …kernel, inner, block]. */
function weightBlocks(
  w: Value,
  { outputs, width, taps }: { readonly outputs: number; readonly width: number; readonly taps: number },
  inner: number,
  block: number,
): Value {
  const byOutput = toBlocks(reshape(w, [1, outputs, 1, width * taps]));
  if (inner === 1) return byOutput;
  const apart = reshape(byOutput, [(outputs / block) * (width / inner), inner, taps, block]);
  return transpose(apart, [0, 2, 1, 3]);
}
