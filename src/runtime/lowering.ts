/**
 * What a device computes wrongly, written in another way.
 *
 * WebGPU: ONNX Runtime 1.30 gives wrong sums for a convolution with a window over more than four channels that are no
 * multiple of four (6 and 9 on a software device; github.com/microsoft/onnxruntime/issues/29651 reports others).
 * Channels of zeros fill them up: the sums stay the same.
 *
 * The training form of BatchNormalization, which frozen layers of a training step and files hold, is written in other
 * ops: WebGPU has none ("not supported yet"), and on the CPU its new mean and variance take the memory of the old ones,
 * so that they overwrite each other where both old ones are one value.
 *
 * Convolutions of a training step are computed in blocks of channels on processors that have kernels for it, and what
 * goes through memory several times where once is enough is written in other ops (`fewer-passes.ts`).
 */
import {
  type AnyValue,
  convolutionInBlocks,
  convolutionOverBlocks,
  type Graph,
  isKnown,
  type Node,
  pad,
  renew,
  rewrite,
  type Value,
  writtenBatchNormalization,
} from "../graph/index.ts";
import type { Device } from "./backend.ts";
import { blockSize } from "./blocks.ts";
import { inFewerPasses } from "./fewer-passes.ts";

/** A training step as a device computes it best. */
export async function lowerForTraining(device: Device, graph: Graph): Promise<Graph> {
  const lowered = lowerFor(device, graph, await blockSize(device));
  return device === "cpu" ? inFewerPasses(lowered) : lowered;
}

/**
 * The graph as a device can compute it.
 *
 * @param block - Numbers in a block, for convolutions in blocks of channels or of rows; 0 leaves them as they are.
 */
export function lowerFor(device: Device, graph: Graph, block = 0): Graph {
  const missingOf = (node: Node): number => (device === "webgpu" ? missingChannels(node) : 0);
  const inBlocks = (node: Node): boolean => block > 0 && isKnownConv(node);
  if (!graph.nodes.some((node) => isTrainingNorm(node) || missingOf(node) > 0 || inBlocks(node)))
    return graph;
  return rewrite(graph, new Map(), (node, to) => {
    if (inBlocks(node)) {
      const inputs = node.inputs.map((value) => value && (to(value) as Value));
      const y =
        convolutionOverBlocks(node.attributes, inputs, block) ??
        convolutionInBlocks(node.attributes, inputs, block);
      return y && [y];
    }
    if (isTrainingNorm(node)) {
      const inputs = node.inputs.map((value) => to(value!) as Value);
      return writtenBatchNormalization(inputs, node.attributes).slice(0, node.outputs.length);
    }
    const missing = missingOf(node);
    if (missing === 0) return undefined;
    const filled = (value: AnyValue, index?: number): AnyValue =>
      index === 0 || index === 1 ? widen(to(value) as Value, missing) : to(value);
    return renew(node, filled).outputs;
  });
}

function isTrainingNorm({ type, domain, attributes, inputs }: Node): boolean {
  if (type !== "BatchNormalization" || domain !== "" || attributes.int("training_mode", 0) === 0)
    return false;
  return inputs.every((value) => value !== undefined && isKnown(value));
}

function isKnownConv({ type, domain, inputs }: Node): boolean {
  return type === "Conv" && domain === "" && inputs.every((value) => value === undefined || isKnown(value));
}

/** How many channels a convolution lacks for a multiple of four, where that matters. */
function missingChannels({ type, domain, attributes, inputs: [x, w] }: Node): number {
  if (type !== "Conv" || domain !== "" || attributes.int("group", 1) !== 1) return 0;
  if (!x || !w || !isKnown(x) || !isKnown(w)) return 0;
  const [, channels, ...kernel] = w.shape;
  if (typeof channels !== "number" || channels < 4 || kernel.every((size) => size === 1)) return 0;
  return (4 - (channels % 4)) % 4;
}

/** Channels of zeros behind the others: axis 1. */
function widen(x: Value, count: number): Value {
  const widths = new Array<number>(2 * x.shape.length).fill(0);
  widths[x.shape.length + 1] = count;
  return pad(x, widths);
}
