/**
 * Networks with the batch innermost: all of it, or blocks of it.
 *
 * A value [batch, channels, height, width] becomes a volume [1, channels, height, width, batch], which for pointwise ops,
 * normalisation and pools is one more picture with a third dimension, and [batch, features] becomes [features, batch].
 * There convolutions are products of matrices (`ops/volume-convolution.ts`), pools take their windows apart by whole rows
 * of memory, and the products of dense layers have their weights on the side that ONNX Runtime reads as it stands: it
 * lays out the other one anew, which is the batch then. The way in and out of the layout costs a copy, so it goes as far
 * as ops reach that know it, and is taken where a product gains by it.
 *
 * Channels that each have a window of their own are no product. Networks of them have the batch in blocks instead,
 * [batch / rows, channels, height, width, rows], with as many rows as numbers fit a vector register: the kernels of such
 * convolutions then read and write what stands there, where by pictures they lay every value out anew before and after,
 * and windows of one place stay products of matrices.
 */
import { makeNode } from "./definition.ts";
import { staticShape } from "./dims.ts";
import { neededBy, order } from "./graph.ts";
import { gemm } from "./ops/linear.ts";
import { averagePool, maxPool } from "./ops/pooling.ts";
import { reduceMean } from "./ops/reduction.ts";
import { concat, reshape, squeeze, transpose, unsqueeze } from "./ops/shape.ts";
import { type VolumeConvolution, volumeConvolution } from "./ops/volume-convolution.ts";
import { substitute } from "./rebuild.ts";
import { integersIn } from "./shape-data.ts";
import { isKnown } from "./value.ts";
import type { AnyValue, Node, Value } from "./types.ts";

/** Where the values of the old graph stand now. */
interface Now {
  /** As they are. */
  readonly plain: (value: AnyValue) => Value;
  /** With the batch innermost. */
  readonly volume: (value: AnyValue) => Value;
  /** Whether a value is there already. */
  readonly isVolume: (value: AnyValue) => boolean;
}

/** The layout: the whole batch innermost, or as many rows of it as a block has. */
type Layout = "whole" | number;

/** How a node is computed in the layout. */
interface Plan {
  /** Inputs that go along with the batch. */
  readonly batched: readonly Value[];
  /** What the node gains: about nanoseconds of a step, Infinity for what is worth any way there. */
  readonly gain: number;
  /** Whether it takes values from outside without a copy. */
  readonly turns?: boolean;
  /** Its outputs, the first of them with the batch innermost. */
  readonly outputs: (now: Now) => readonly Value[];
}

/**
 * The same values, with convolutions, dense layers and what stands between them computed in the layout where that takes
 * less time on a CPU. To be differentiated afterwards: gradients are then in the layout too.
 *
 * @param block - Numbers in a register of the machine, for channels with windows of their own; 0 leaves them as they are.
 */
export function batchInnermost(values: readonly Value[], block = 0): Value[] {
  const whole = laidOut(values, "whole");
  return block === 0 ? whole : laidOut(whole, block);
}

function laidOut(values: readonly Value[], layout: Layout): Value[] {
  const plans = worthwhile(order(values).nodes, values, layout);
  if (plans.size === 0) return [...values];
  const volumes = new Map<Value, Value>();
  return substitute(values, new Map(), (node, to) => {
    const plan = plans.get(node);
    if (!plan) return undefined;
    const plain = (value: AnyValue): Value => to(value) as Value;
    const volume = (value: AnyValue): Value => {
      const now = plain(value);
      const found = volumes.get(now) ?? inside(now, layout);
      volumes.set(now, found);
      return found;
    };
    const isVolume = (value: AnyValue): boolean => volumes.has(plain(value));
    const [y, ...rest] = plan.outputs({ plain, volume, isVolume });
    const outside = outsideOf(y!, layout);
    volumes.set(outside, y!);
    return [outside, ...rest];
  });
}

/** [batch, channels, …sizes] or [batch, features] with the batch innermost. */
function inside(x: Value, layout: Layout): Value {
  const [batch, ...sizes] = staticShape(x.shape) as [number, ...number[]];
  if (layout === "whole" && sizes.length === 1) return transpose(x, [1, 0]);
  const rows = layout === "whole" ? batch : layout;
  return reshape(turned(reshape(x, [batch / rows, rows, -1])), [batch / rows, ...sizes, rows]);
}

function outsideOf(volume: Value, layout: Layout): Value {
  if (layout === "whole" && volume.shape.length === 2) return transpose(volume, [1, 0]);
  const [volumes, ...sizes] = staticShape(volume.shape) as [number, ...number[]];
  const rows = sizes.pop()!;
  return reshape(turned(reshape(volume, [volumes, -1, rows])), [volumes * rows, ...sizes]);
}

const turned = (x: Value): Value => transpose(x, [0, 2, 1]);

/** Nodes that know the layout and, with those they hang together with, gain more than the ways in and out cost. */
function worthwhile(nodes: readonly Node[], wanted: readonly Value[], layout: Layout): Map<Node, Plan> {
  const plans = new Map<Node, Plan>();
  for (const node of nodes) {
    const plan = planOf(node, layout);
    if (plan) plans.set(node, plan);
  }
  const parents = new Map<Node, Node>();
  const root = (node: Node): Node => {
    let top = node;
    while (parents.has(top)) top = parents.get(top)!;
    return top;
  };
  const planned = ({ producer }: AnyValue): Node | undefined =>
    producer.kind === "node" && plans.has(producer) ? producer : undefined;
  for (const [node, { batched }] of plans) {
    for (const value of batched) {
      const before = planned(value);
      if (before && root(before) !== root(node)) parents.set(root(node), root(before));
    }
  }
  const gains = new Map<Node, number>();
  const count = (node: Node, gain: number): void => {
    gains.set(root(node), (gains.get(root(node)) ?? 0) + gain);
  };
  const leaving = new Set<AnyValue>(wanted);
  for (const node of nodes) {
    const batched = plans.get(node)?.batched ?? [];
    for (const value of neededBy(node)) if (!batched.includes(value as Value)) leaving.add(value);
  }
  const entered = new Map<Node, Set<Value>>();
  for (const [node, { batched, gain, turns }] of plans) {
    count(node, gain);
    const [y] = node.outputs as readonly [Value];
    if (leaving.has(y)) count(node, -sizeOf(y));
    const there = entered.get(root(node)) ?? new Set();
    entered.set(root(node), there);
    for (const value of turns ? [] : batched) {
      if (planned(value) || there.has(value)) continue;
      there.add(value);
      count(node, -sizeOf(value));
    }
  }
  return new Map([...plans].filter(([node]) => gains.get(root(node))! > 0));
}

/** Numbers in a value: a way in or out, there and back, takes about a nanosecond each. */
const sizeOf = ({ shape }: Value): number => staticShape(shape)!.reduce((a, b) => a * b, 1);

/** Ops that compute the same over volumes. */
const sameOps = new Set([
  "BatchNormalization",
  "Clip",
  "Relu",
  "LeakyRelu",
  "Elu",
  "Selu",
  "Gelu",
  "Sigmoid",
  "HardSigmoid",
  "HardSwish",
  "Mish",
  "Softplus",
  "Tanh",
]);
const binary = new Set(["Add", "Sub", "Mul", "Div"]);
const pools = new Set(["MaxPool", "AveragePool"]);

function planOf(node: Node, layout: Layout): Plan | undefined {
  const [x, w, b] = node.inputs as readonly (Value | undefined)[];
  if (node.domain !== "" || ![...node.inputs, ...node.outputs].every((value) => !value || isKnown(value)))
    return undefined;
  if (binary.has(node.type)) return binaryPlan(node, [x!, w!], layout);
  if (node.type === "Concat") return concatPlan(node, layout);
  if (!x || !isBatched(x, layout)) return undefined;
  if (node.type === "Gemm") return layout === "whole" ? densePlan(node, x, w!, b) : undefined;
  if (node.type === "Flatten") return flattenPlan(node, x, layout);
  if (sameOps.has(node.type)) return samePlan(node, x, layout);
  if (x.shape.length === 2) return undefined;
  if (node.type === "Conv") {
    const convolution = volumeConvolution(node.attributes, x, w!, layout === "whole" ? {} : { rows: layout });
    return convolution && convolutionPlan(convolution, [x, w!, b]);
  }
  if (pools.has(node.type)) return poolPlan(node, x);
  if (node.type === "GlobalAveragePool") return placesPlan(x, layout, false);
  return node.type === "ReduceMean" ? meanPlan(node, x, w, layout) : undefined;
}

/** Pictures and rows of features, and, where the batch is in blocks, sequences. */
function isBatched({ dtype, shape }: Value, layout: Layout): boolean {
  const sizes = staticShape(shape);
  if (dtype !== "float32" || !sizes || sizes.length < 2 || sizes.length > 4) return false;
  return layout === "whole" ? sizes.length !== 3 : sizes[0]! % layout === 0;
}

function convolutionPlan(
  { made, gain }: VolumeConvolution,
  [x, w, b]: readonly [Value, Value, Value | undefined],
): Plan {
  return {
    batched: [x],
    gain,
    outputs: (now) => [made(now.volume(x), now.plain(w), b && now.plain(b))],
  };
}

/** Multiplications of one of a layer's three products by which the three gain a nanosecond: 0.08 of their time at 100 GFLOP/s. */
const perNanosecond = 200;

/** Dense layers of known sizes without factors. */
function densePlan({ attributes }: Node, x: Value, w: Value, b: Value | undefined): Plan | undefined {
  const factors = [attributes.float("alpha", 1), attributes.float("beta", 1)];
  const shape = staticShape(w.shape);
  if (!shape || attributes.int("transA", 0) !== 0 || factors.some((factor) => factor !== 1)) return undefined;
  if (b && b.shape.length !== 1) return undefined;
  const [batch] = x.shape as readonly number[];
  const transA = attributes.int("transB", 0) === 0;
  return {
    batched: [x],
    gain: (batch! * shape[0]! * shape[1]!) / perNanosecond,
    turns: true,
    outputs(now) {
      const bias = b && reshape(now.plain(b), [-1, 1]);
      // What comes from outside is taken as it stands: the product turns it round.
      const y = now.isVolume(x)
        ? gemm(now.plain(w), now.volume(x), bias, { transA })
        : gemm(now.plain(w), now.plain(x), bias, { transA, transB: true });
      return [y];
    },
  };
}

function flattenPlan({ attributes, outputs }: Node, x: Value, layout: Layout): Plan | undefined {
  const [batch] = (outputs[0] as Value).shape as readonly number[];
  if (attributes.int("axis", 1) !== 1) return undefined;
  const flat = layout === "whole" ? [-1, batch!] : [batch! / layout, -1, layout];
  return { batched: [x], gain: 0, outputs: (now) => [reshape(now.volume(x), flat)] };
}

/** Nanoseconds a number that normalisation takes less over blocks than over pictures, as measured. */
const normalisationGain = 0.6;

/** The same op on the volume, channels second. */
function samePlan({ type, definition, attributes, outputs, inputs }: Node, x: Value, layout: Layout): Plan {
  return {
    batched: [x],
    gain: type === "BatchNormalization" && layout !== "whole" ? normalisationGain * sizeOf(x) : 0,
    outputs(now) {
      const volume = now.volume(x);
      const flat = volume.shape.length === 2 && inputs.length > 1;
      const others = inputs.slice(1).map((value) => value && now.plain(value));
      const given = [flat ? unsqueeze(volume, [0]) : volume, ...others];
      const [y, ...rest] = makeNode(definition!, given, attributes, outputs.length).outputs as [Value];
      return [flat ? squeeze(y, [0]) : y, ...rest];
    },
  };
}

/** Windows that do not overlap: others are no quicker. */
function poolPlan({ type, attributes, outputs }: Node, x: Value): Plan | undefined {
  const kernel = attributes.ints("kernel_shape")!;
  const strides = attributes.ints("strides") ?? [1, 1];
  const none = [...(attributes.ints("pads") ?? []), attributes.int("ceil_mode", 0)].every((n) => n === 0);
  const close = (attributes.ints("dilations") ?? []).every((n) => n === 1);
  const apart = kernel.every((size, axis) => size === strides[axis]);
  const auto = attributes.string("auto_pad", "NOTSET") !== "NOTSET";
  if (!none || !close || !apart || auto || outputs.length > 1) return undefined;
  const pool = type === "MaxPool" ? maxPool : averagePool;
  return {
    batched: [x],
    gain: 0,
    outputs: (now) => [pool(now.volume(x), [...kernel, 1], { strides: [...strides, 1] })],
  };
}

/** Rows with rows, with numbers, or with what is the same for all rows. */
function binaryPlan(
  { definition, attributes, outputs }: Node,
  operands: readonly [Value, Value],
  layout: Layout,
): Plan | undefined {
  const y = outputs[0] as Value;
  if (!isBatched(y, layout)) return undefined;
  const [batch] = y.shape;
  const ofBatch = ({ shape }: Value): boolean => shape.length === y.shape.length && shape[0] === batch;
  if (batch === 1 || operands.some(({ shape }) => staticShape(shape) === undefined)) return undefined;
  return {
    batched: operands.filter(ofBatch),
    gain: 0,
    outputs(now) {
      const given = operands.map((operand) => {
        if (ofBatch(operand)) return now.volume(operand);
        const sizes = operand.shape.map(Number);
        // Features have nothing before them, where pictures have a 1.
        const behind = y.shape.length === 2 ? sizes.slice(-1) : sizes;
        return sizes.length === 0 ? now.plain(operand) : reshape(now.plain(operand), [...behind, 1]);
      });
      return makeNode(definition!, given, attributes, 1).outputs as readonly Value[];
    },
  };
}

/** Channels side by side. */
function concatPlan({ attributes, inputs }: Node, layout: Layout): Plan | undefined {
  const batched = inputs as readonly Value[];
  if (attributes.int("axis", 0) !== 1 || !batched.every((each) => isBatched(each, layout))) return undefined;
  const axis = layout === "whole" && batched[0]!.shape.length === 2 ? 0 : 1;
  return { batched, gain: 0, outputs: (now) => [concat(batched.map(now.volume), axis)] };
}

/** The mean over all places. */
function meanPlan(
  { attributes, outputs }: Node,
  x: Value,
  over: Value | undefined,
  layout: Layout,
): Plan | undefined {
  const rank = x.shape.length;
  const axes = integersIn(over)?.map((axis) => (axis + rank) % rank);
  if (axes?.length !== rank - 2 || axes.includes(0) || axes.includes(1)) return undefined;
  if (attributes.int("noop_with_empty_axes", 0) !== 0) return undefined;
  return placesPlan(x, layout, (outputs[0] as Value).shape.length === 2);
}

/** @param flat - Whether nothing is left of the places, or one place. */
function placesPlan(x: Value, layout: Layout, flat: boolean): Plan {
  const places = x.shape.slice(2).map((_, i) => i + 2);
  const gone = flat && layout === "whole" ? [0, ...places] : places;
  return {
    batched: [x],
    gain: 0,
    outputs: (now) => [reduceMean(now.volume(x), { axes: gone, keepDims: !flat })],
  };
}
