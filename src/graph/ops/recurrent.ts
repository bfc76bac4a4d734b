/**
 * Recurrent layers: LSTM, GRU and RNN, over one or both directions.
 *
 * The op runs the forward pass. Its gradient writes the steps out (`unrolled.ts`), so it needs the number of steps
 * when the graph is built; other lengths in a batch go by `lengths`. ONNX Runtime has no float64 kernel: in float64
 * the functions write the forward pass out too.
 *
 * A step written out is about 33 nodes, and ONNX Runtime takes longer than in proportion to prepare more of them: 0.5 s
 * of processor time for 64 steps, 1.3 for 128, 5 for 256, 17 for 512. Cut longer sequences into parts whose first state
 * is the last one of the part before.
 *
 * Order of the gates in the weights: LSTM i, o, f, c; GRU z, r, h. Source: the ops of the same names in
 * onnx/docs/Operators.md.
 */
import { MillwrightError } from "../../core/index.ts";
import { applyAll, defineOp, noGradient, requireDtype, requireSameDtype, shapeError } from "../definition.ts";
import { showShape, unknownDim } from "../dims.ts";
import { int64s } from "../value.ts";
import { relu, sigmoid, tanh } from "./activation.ts";
import { add, mul, sub } from "./arithmetic.ts";
import { greater } from "./comparison.ts";
import { onesLike, zerosLike, zerosWith } from "./filling.ts";
import { slice } from "./indexing.ts";
import { gemm, matMul } from "./linear.ts";
import { reduceSum } from "./reduction.ts";
import { where } from "./selection.ts";
import { cast, concat, reshapeLike, split, squeeze, transpose, unsqueeze } from "./shape.ts";
import {
  type CellKind,
  gateCounts,
  type RecurrentLayer,
  type StepOps,
  sweepBack,
  unroll,
} from "./unrolled.ts";
import type { Dim, GradientCall, InferCall, Node, OpDefinition, OutputType, Value } from "../types.ts";

const stepOps: StepOps = {
  add,
  cast,
  concat,
  gemm,
  greater,
  int64s,
  matMul,
  mul,
  onesLike,
  reduceSum,
  relu,
  reshapeLike,
  sigmoid,
  slice,
  split,
  squeeze,
  sub,
  tanh,
  transpose,
  unsqueeze,
  where,
  zerosLike,
  zerosWith,
};

const types: Readonly<Record<CellKind, string>> = { lstm: "LSTM", gru: "GRU", rnn: "RNN" };
const directionNames = ["forward", "reverse", "bidirectional"] as const;
export type Direction = (typeof directionNames)[number];

function reversedOf(direction: string): boolean[] {
  return direction === "bidirectional" ? [false, true] : [direction === "reverse"];
}

/** A size that two inputs must agree in. */
function agree(call: Pick<InferCall, "name">, what: string, a: Dim, b: Dim): void {
  if (typeof a !== "number" || typeof b !== "number" || a === b) return;
  throw shapeError(call, `has ${b} for ${what}, and needs ${a}.`, "Check the shapes of its inputs.");
}

function infer(kind: CellKind, call: InferCall): OutputType[] {
  const x = requireDtype(call, 0, "float");
  const floats = call.inputs.flatMap((value, i) => (value && i !== 4 ? [i] : []));
  const dtype = requireSameDtype(call, floats);
  if (call.inputs[4]) requireDtype(call, 4, ["int32"]);
  const [, w, r, bias, lengths, ...states] = call.inputs as [Value, Value, Value, ...(Value | undefined)[]];
  const ranks = [3, 3, 3, 2, 1, 3, 3, 2];
  call.inputs.forEach((value, i) => {
    if (!value || value.shape.length === ranks[i]) return;
    throw shapeError(
      call,
      `takes rank ${ranks[i]} as input ${i + 1}, and has ${showShape(value.shape)}.`,
      "Reshape it.",
    );
  });
  const directions = reversedOf(call.attributes.string("direction", "forward")).length;
  const batchFirst = call.attributes.int("layout", 0) === 1;
  const [steps, batch] = batchFirst ? [x.shape[1]!, x.shape[0]!] : [x.shape[0]!, x.shape[1]!];
  const hidden = r.shape[2]!;
  const gates = gateCounts[kind] * (typeof hidden === "number" ? hidden : Number.NaN);
  for (const each of [w, r, bias]) if (each) agree(call, "directions", directions, each.shape[0]!);
  agree(call, "inputs of a step", x.shape[2]!, w.shape[2]!);
  if (!Number.isNaN(gates)) {
    agree(call, "rows of the input's weights", gates, w.shape[1]!);
    agree(call, "rows of the state's weights", gates, r.shape[1]!);
    if (bias) agree(call, "numbers of the bias", 2 * gates, bias.shape[1]!);
  }
  if (lengths) agree(call, "lengths", batch, lengths.shape[0]!);
  const order = (value: Value): readonly Dim[] =>
    batchFirst ? [value.shape[1]!, value.shape[0]!] : value.shape;
  for (const each of states.slice(0, kind === "lstm" ? 2 : 1)) {
    if (!each) continue;
    agree(call, "directions of a state", directions, order(each)[0]!);
    agree(call, "rows of a state", batch, order(each)[1]!);
    agree(call, "numbers of a state", hidden, each.shape[2]!);
  }
  const size = typeof hidden === "number" ? hidden : unknownDim;
  const last: OutputType = {
    dtype,
    shape: batchFirst ? [batch, directions, size] : [directions, batch, size],
  };
  const all: Dim[] = batchFirst ? [batch, steps, directions, size] : [steps, directions, batch, size];
  return [{ dtype, shape: all }, last, ...(kind === "lstm" ? [last] : [])];
}

/** Longer sequences take minutes to prepare, and a hostile file could ask for any number. */
const mostSteps = 2048;

/** @throws MillwrightError `GRAPH_NO_GRADIENT` for what the steps written out do not have. */
function layerOf(
  kind: CellKind,
  { inputs, attributes }: Pick<GradientCall, "inputs" | "attributes">,
): RecurrentLayer {
  const [x, w, r, bias, lengths, ...states] = inputs as [Value, Value, Value, ...(Value | undefined)[]];
  const refuse = (what: string, fix: string): MillwrightError => noGradient(kind, what, fix);
  const plain = "Train a layer without it.";
  const size = r.shape[2];
  if (typeof x.shape[0] !== "number") {
    throw refuse(
      `where its number of steps is only known when it runs ("${x.shape[0]}"): the steps are written out`,
      "Give x a fixed number of steps, and the sequences' own lengths beside it.",
    );
  }
  if (x.shape[0] === 0) throw refuse("over no steps", "Give at least one.");
  if (typeof size !== "number" || typeof w.shape[2] !== "number") {
    throw refuse("where the sizes of its weights are not known", "Give weights of fixed sizes.");
  }
  const reversed = reversedOf(attributes.string("direction", "forward"));
  const found = attributes.strings("activations")?.map((name) => name.toLowerCase());
  const usual = { lstm: ["sigmoid", "tanh", "tanh"], gru: ["sigmoid", "tanh"], rnn: ["tanh"] }[kind];
  const given = found ?? reversed.flatMap(() => usual);
  const takes = (names: readonly string[]): boolean => given.join() === reversed.flatMap(() => names).join();
  const byRelu = kind === "rnn" && takes(["relu"]);
  if (!byRelu && !takes(usual)) throw refuse(`with the activations ${given.join(", ")}`, plain);
  if (Number(x.shape[0]) > mostSteps)
    throw refuse(
      `over ${x.shape[0]} steps, which are written out, ${mostSteps} at most`,
      "Cut sequences into pieces.",
    );
  if (attributes.has("clip")) throw refuse("with clip", plain);
  if (attributes.int("input_forget", 0) !== 0) throw refuse("with input_forget", plain);
  if (attributes.int("layout", 0) !== 0) throw refuse("with layout 1", "Put the steps before the batch.");
  const stateCount = kind === "lstm" ? 2 : 1;
  if (states[stateCount]) throw refuse("with peepholes", plain);
  return {
    kind,
    hidden: size,
    reversed,
    linearBeforeReset: attributes.int("linear_before_reset", 0) !== 0,
    relu: byRelu,
    x,
    w,
    r,
    bias,
    lengths,
    initial: Array.from({ length: stateCount }, (_, k) => states[k]),
  };
}

function define(kind: CellKind): OpDefinition {
  const common = {
    activation_alpha: "floats",
    activation_beta: "floats",
    activations: "strings",
    clip: "float",
    direction: "string",
    hidden_size: "int",
    layout: "int",
  } as const;
  return defineOp({
    name: kind,
    type: types[kind],
    inputs: [3, kind === "lstm" ? 8 : 6],
    outputs: [1, kind === "lstm" ? 3 : 2],
    attributes: {
      ...common,
      ...(kind === "lstm" ? ({ input_forget: "int" } as const) : {}),
      ...(kind === "gru" ? ({ linear_before_reset: "int" } as const) : {}),
    },
    infer: (call) => infer(kind, call),
    gradient(call, ops) {
      const { needed, gradients } = call;
      const layer = layerOf(kind, call);
      const unrolled = unroll(layer, ops);
      call.offer(unrolled.outputs);
      const wanted = {
        x: needed[0]!,
        weights: needed[1]! || needed[2]! || needed[3] === true,
        initial: needed[5] === true || needed[6] === true,
      };
      const found = sweepBack(layer, unrolled, gradients, wanted, ops);
      return [found.x, found.w, found.r, found.bias, undefined, ...found.initial];
    },
  });
}

const lstmOp = define("lstm");
const gruOp = define("gru");
const rnnOp = define("rnn");

export interface RecurrentOptions {
  /** Of the input's, then of the state's product: [directions, 2·gates·hidden]. None when absent. */
  readonly bias?: Value | undefined;
  /** How many steps of each sequence count, int32 [batch]. All when absent. Behind them y is 0. */
  readonly lengths?: Value | undefined;
  /** State before the first step, [directions, batch, hidden]. Zeros when absent. */
  readonly initialH?: Value | undefined;
  /** "forward" (default), "reverse" from the last step to the first, or "bidirectional": both, side by side. */
  readonly direction?: Direction | undefined;
}
export interface LstmOptions extends RecurrentOptions {
  /** Cell state before the first step, [directions, batch, hidden]. Zeros when absent. */
  readonly initialC?: Value | undefined;
}
export interface GruOptions extends RecurrentOptions {
  /** The reset gate acts on the product of the state, as in PyTorch and Keras (default), or on the state. */
  readonly linearBeforeReset?: boolean;
}
export interface RnnOptions extends RecurrentOptions {
  /** Default "tanh". */
  readonly activation?: "tanh" | "relu";
}
export interface RecurrentOutputs {
  /** The state after each step, [steps, directions, batch, hidden]. */
  readonly y: Value;
  /** The state after the last step, [directions, batch, hidden]. */
  readonly h: Value;
}

function run(
  definition: OpDefinition,
  kind: CellKind,
  inputs: readonly (Value | undefined)[],
  direction: Direction,
  more: Readonly<Record<string, number | readonly string[] | undefined>> = {},
): Value[] {
  const [x, , r] = inputs as [Value, Value, Value];
  const hidden = r.shape[2];
  if (typeof hidden !== "number") {
    throw shapeError({ name: kind }, `has state weights of ${showShape(r.shape)}.`, "Give them fixed sizes.");
  }
  const attributes = { direction, hidden_size: hidden, ...more };
  const outputs = applyAll(definition, inputs, attributes, kind === "lstm" ? 3 : 2);
  if (x.dtype !== "float64") return outputs;
  if (typeof x.shape[0] !== "number") {
    throw new MillwrightError(
      "GRAPH_UNSUPPORTED",
      `${kind} in float64 is written out, and its number of steps is only known when it runs ("${x.shape[0]}").`,
      "Give x a fixed number of steps, or cast it to float32.",
    );
  }
  const node = outputs[0]!.producer as Node;
  const layer = layerOf(kind, {
    inputs: node.inputs as readonly (Value | undefined)[],
    attributes: node.attributes,
  });
  return [...unroll(layer, stepOps).outputs];
}

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers 2000).
 *
 * @param x - [steps, batch, inputs].
 * @param w - Weights of the input, [directions, 4·hidden, inputs]; gates in the order i, o, f, c.
 * @param r - Weights of the state, [directions, 4·hidden, hidden].
 * @returns Besides y and h, the cell state after the last step, [directions, batch, hidden].
 */
export function lstm(
  x: Value,
  w: Value,
  r: Value,
  { bias, lengths, initialH, initialC, direction = "forward" }: LstmOptions = {},
): RecurrentOutputs & { readonly c: Value } {
  const [y, h, c] = run(lstmOp, "lstm", [x, w, r, bias, lengths, initialH, initialC], direction);
  return { y: y!, h: h!, c: c! };
}

/**
 * Gated recurrent unit (Cho et al. 2014).
 *
 * @param x - [steps, batch, inputs].
 * @param w - Weights of the input, [directions, 3·hidden, inputs]; gates in the order z, r, h.
 * @param r - Weights of the state, [directions, 3·hidden, hidden].
 */
export function gru(
  x: Value,
  w: Value,
  r: Value,
  { bias, lengths, initialH, direction = "forward", linearBeforeReset = true }: GruOptions = {},
): RecurrentOutputs {
  const more = { linear_before_reset: linearBeforeReset ? 1 : 0 };
  const [y, h] = run(gruOp, "gru", [x, w, r, bias, lengths, initialH], direction, more);
  return { y: y!, h: h! };
}

/**
 * Plain recurrent layer: h' = tanh(W·x + R·h + b), or max(0, …).
 *
 * @param x - [steps, batch, inputs].
 * @param w - Weights of the input, [directions, hidden, inputs].
 * @param r - Weights of the state, [directions, hidden, hidden].
 */
export function rnn(
  x: Value,
  w: Value,
  r: Value,
  { bias, lengths, initialH, direction = "forward", activation = "tanh" }: RnnOptions = {},
): RecurrentOutputs {
  const activations = activation === "relu" ? reversedOf(direction).map(() => "Relu") : undefined;
  const [y, h] = run(rnnOp, "rnn", [x, w, r, bias, lengths, initialH], direction, { activations });
  return { y: y!, h: h! };
}

export const recurrentOps: readonly OpDefinition[] = [lstmOp, gruOp, rnnOp];
