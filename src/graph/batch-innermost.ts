/**
 * Convolutional networks with the batch innermost.
 *
 * A value [batch, channels, height, width] becomes a volume [1, channels, height, width, batch], which for pointwise ops,
 * normalisation and pools is one more picture with a third dimension. There convolutions are products of matrices
 * (`ops/volume-convolution.ts`), and pools take their windows apart by whole rows of memory. The way in and out of the
 * layout costs a copy, so it goes as far as ops reach that know it, and is taken where a convolution gains by it.
 */
import { makeNode } from "./definition.ts";
import { staticShape } from "./dims.ts";
import { order } from "./graph.ts";
import { averagePool, maxPool } from "./ops/pooling.ts";
import { reduceMean } from "./ops/reduction.ts";
import { concat, reshape, transpose } from "./ops/shape.ts";
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
}

/** How a node is computed in the layout. */
interface Plan {
  /** Inputs that are pictures. */
  readonly pictures: readonly Value[];
  /** Whether it is worth the way there. */
  readonly gains: boolean;
  /** Its outputs, the first of them a volume unless `leaves`. */
  readonly outputs: (now: Now) => readonly Value[];
  readonly leaves?: boolean;
}

/**
 * The same values, with convolutions and what stands between them computed in the layout where that takes less time on a
 * CPU. To be differentiated afterwards: gradients are then in the layout too.
 */
export function batchInnermost(values: readonly Value[]): Value[] {
  const plans = worthwhile(order(values).nodes);
  if (plans.size === 0) return [...values];
  const volumes = new Map<Value, Value>();
  return substitute(values, new Map(), (node, to) => {
    const plan = plans.get(node);
    if (!plan) return undefined;
    const plain = (value: AnyValue): Value => to(value) as Value;
    const volume = (value: AnyValue): Value => {
      const now = plain(value);
      const found = volumes.get(now) ?? inside(now);
      volumes.set(now, found);
      return found;
    };
    const [y, ...rest] = plan.outputs({ plain, volume });
    if (plan.leaves) return [y!, ...rest];
    const outside = outsideOf(y!);
    volumes.set(outside, y!);
    return [outside, ...rest];
  });
}

/** [batch, channels, height, width] with the batch innermost. */
function inside(x: Value): Value {
  const [batch, ...picture] = staticShape(x.shape)!;
  return reshape(transpose(reshape(x, [batch!, -1]), [1, 0]), [1, ...picture, batch!]);
}

function outsideOf(volume: Value): Value {
  const [, ...sizes] = staticShape(volume.shape)!;
  const batch = sizes.pop()!;
  return reshape(transpose(reshape(volume, [-1, batch]), [1, 0]), [batch, ...sizes]);
}

/** Nodes that know the layout and hang together with a convolution that gains by it. */
function worthwhile(nodes: readonly Node[]): Map<Node, Plan> {
  const plans = new Map<Node, Plan>();
  for (const node of nodes) {
    const plan = planOf(node);
    if (plan) plans.set(node, plan);
  }
  const parents = new Map<Node, Node>();
  const root = (node: Node): Node => {
    let top = node;
    while (parents.has(top)) top = parents.get(top)!;
    return top;
  };
  for (const [node, { pictures }] of plans) {
    for (const { producer } of pictures) {
      if (producer.kind !== "node" || !plans.has(producer)) continue;
      const [a, b] = [root(node), root(producer)];
      if (a !== b) parents.set(a, b);
    }
  }
  const gaining = new Set([...plans].filter(([, plan]) => plan.gains).map(([node]) => root(node)));
  return new Map([...plans].filter(([node]) => gaining.has(root(node))));
}

/** Ops that compute the same over volumes. */
const sameOps = new Set([
  "BatchNormalization",
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

function planOf(node: Node): Plan | undefined {
  const [x, w, b] = node.inputs as readonly (Value | undefined)[];
  if (node.domain !== "" || ![...node.inputs, ...node.outputs].every((value) => !value || isKnown(value)))
    return undefined;
  if (binary.has(node.type)) return binaryPlan(node, x!, w!);
  if (node.type === "Concat") return concatPlan(node);
  if (!x || !isPicture(x)) return undefined;
  if (node.type === "Conv") {
    const convolution = volumeConvolution(node.attributes, x, w!);
    return convolution && convolutionPlan(convolution, [x, w!, b]);
  }
  if (sameOps.has(node.type)) return samePlan(node, x);
  if (pools.has(node.type)) return poolPlan(node, x);
  return node.type === "ReduceMean" ? meanPlan(node, x, w) : undefined;
}

const isPicture = ({ dtype, shape }: Value): boolean =>
  dtype === "float32" && shape.length === 4 && staticShape(shape) !== undefined;

function convolutionPlan(
  { made, winograd }: VolumeConvolution,
  [x, w, b]: readonly [Value, Value, Value | undefined],
): Plan {
  return {
    pictures: [x],
    gains: winograd,
    outputs: (now) => [made(now.volume(x), now.plain(w), b && now.plain(b))],
  };
}

/** The same op on the volume. */
function samePlan({ definition, attributes, outputs, inputs }: Node, x: Value): Plan {
  return {
    pictures: [x],
    gains: false,
    outputs(now) {
      const given = [now.volume(x), ...inputs.slice(1).map((value) => value && now.plain(value))];
      return makeNode(definition!, given, attributes, outputs.length).outputs as readonly Value[];
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
    pictures: [x],
    gains: false,
    outputs: (now) => [pool(now.volume(x), [...kernel, 1], { strides: [...strides, 1] })],
  };
}

/** Pictures with pictures, with numbers, or with what is the same for all pictures. */
function binaryPlan({ definition, attributes, outputs }: Node, a: Value, b: Value): Plan | undefined {
  const y = outputs[0] as Value;
  if (!isPicture(y)) return undefined;
  const [batch] = y.shape;
  const operands = [a, b];
  const ofBatch = ({ shape }: Value): boolean => shape.length === 4 && shape[0] === batch;
  if (batch === 1 || operands.some(({ shape }) => staticShape(shape) === undefined)) return undefined;
  return {
    pictures: operands.filter(ofBatch),
    gains: false,
    outputs(now) {
      const given = operands.map((operand) => {
        if (ofBatch(operand)) return now.volume(operand);
        const { shape } = operand;
        return shape.length === 0
          ? now.plain(operand)
          : reshape(now.plain(operand), [...shape.map(Number), 1]);
      });
      return makeNode(definition!, given, attributes, 1).outputs as readonly Value[];
    },
  };
}

/** Channels side by side. */
function concatPlan({ attributes, inputs }: Node): Plan | undefined {
  const pictures = inputs as readonly Value[];
  if (attributes.int("axis", 0) !== 1 || !pictures.every(isPicture)) return undefined;
  return {
    pictures,
    gains: false,
    outputs: (now) => [
      concat(
        pictures.map((each) => now.volume(each)),
        1,
      ),
    ],
  };
}

/** The mean over all places of a picture. */
function meanPlan({ attributes, outputs }: Node, x: Value, over: Value | undefined): Plan | undefined {
  const axes = integersIn(over)?.map((axis) => (axis + 4) % 4);
  if (axes?.length !== 2 || !axes.includes(2) || !axes.includes(3)) return undefined;
  if (attributes.int("noop_with_empty_axes", 0) !== 0) return undefined;
  const shape = staticShape((outputs[0] as Value).shape)!;
  return {
    pictures: [x],
    gains: false,
    leaves: true,
    outputs(now) {
      const means = reduceMean(now.volume(x), { axes: [0, 2, 3], keepDims: false });
      return [reshape(transpose(means, [1, 0]), shape)];
    },
  };
}
