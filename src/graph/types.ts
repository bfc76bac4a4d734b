/**
 * The types that the graph is made of: values know the node that made them, nodes
 * know the definition of their op, definitions know values. They refer to each
 * other in circles, so they stand in one file.
 *
 * There is no builder object. Leaves are inputs, constants and parameters; every
 * other value is an output of a node made by an op function. Sizes are numbers or
 * named dimensions; "?" is a size that nothing is known about, and equals no other.
 */
import type { DType, Tensor } from "../core/index.ts";
import type { AttributeKind, Attributes } from "./attributes.ts";
import type { TensorProto, TypeProto } from "./onnx/messages.ts";

/** A size, or a named dimension: "batch". */
export type Dim = number | string;

/** A tensor of the graph, before it has numbers. */
export interface Value {
  readonly dtype: DType;
  readonly shape: readonly Dim[];
  readonly producer: Producer;
  /** Which of the producer's outputs this is. */
  readonly index: number;
  /** Name that it had in the file it was read from; kept when written again where it is free. */
  readonly label?: string;
}

/** A value of an imported file whose dtype or rank is not known here: it is carried, not computed with. */
export interface ForeignValue {
  readonly dtype: DType | undefined;
  readonly shape: undefined;
  /** The type that the file declares, when it does. */
  readonly type?: TypeProto;
  readonly producer: Producer;
  readonly index: number;
  readonly label?: string;
}

export type AnyValue = Value | ForeignValue;

export interface InputProducer {
  readonly kind: "input";
  readonly name: string;
}
export interface ConstantProducer {
  readonly kind: "constant";
  readonly tensor: Tensor;
}
export interface ParameterProducer {
  readonly kind: "parameter";
  readonly name: string;
  readonly tensor: Tensor;
}
/** An initialiser of an imported file with an element type outside `DType`, as it stood. */
export interface ForeignConstantProducer {
  readonly kind: "foreign-constant";
  readonly tensor: TensorProto;
}
export interface Node {
  readonly kind: "node";
  /** Absent for an op that we do not define. */
  readonly definition?: OpDefinition;
  readonly type: string;
  readonly domain: string;
  /** An optional input that is left out is undefined. */
  readonly inputs: readonly (AnyValue | undefined)[];
  readonly attributes: Attributes;
  readonly outputs: readonly AnyValue[];
  /** Outer values that subgraphs in the attributes use, by the name they use. */
  readonly captures?: ReadonlyMap<string, AnyValue>;
  readonly label?: string;
  /** Versions by domain of the file it comes from, for an op that is carried. */
  readonly opsets?: ReadonlyMap<string, number>;
}
export type Producer = InputProducer | ConstantProducer | ParameterProducer | ForeignConstantProducer | Node;

/** A value, or a number that becomes a scalar of the other operand's dtype. */
export type Operand = Value | number | bigint;
/** Sizes, axes or places as numbers, or as an int64 vector that is only known when the graph runs. */
export type Sizes = readonly number[] | Value;
export interface ReduceOptions {
  /** Axes to reduce; all when absent. A value (int64 vector) where they are only known when the graph runs. */
  readonly axes?: Sizes;
  /** Keep the reduced dimensions with size 1. Default false. */
  readonly keepDims?: boolean;
}
export interface GemmOptions {
  /** Factor of the product. Default 1. */
  readonly alpha?: number;
  /** Factor of the addend. Default 1. */
  readonly beta?: number;
  readonly transA?: boolean;
  readonly transB?: boolean;
}
export interface ArgOptions {
  readonly axis?: number;
  /** Keep the axis with size 1. Default false. */
  readonly keepDims?: boolean;
}
export type Reduction = "none" | "add" | "mul" | "min" | "max";
export interface ScatterOptions {
  readonly axis?: number;
  /** What happens to the element that was there. Default "none": it is replaced. */
  readonly reduction?: Reduction;
}

/** How a window slides over the spatial dimensions, those after batch and channel. A single number is meant for all of them. */
export interface WindowOptions {
  /** Steps between stops. */
  readonly strides?: number | readonly number[];
  /** Distance between the elements that the window sees. Default 1. */
  readonly dilations?: number | readonly number[];
  /**
   * Padding: all beginnings, then all ends; default 0. "sameUpper" and "sameLower" pad until there are
   * ⌈size / stride⌉ stops, the odd one at the end or at the beginning.
   */
  readonly pads?: number | readonly number[] | "sameUpper" | "sameLower";
}
export interface ConvOptions extends WindowOptions {
  /** Channels fall into so many groups that do not see each other; as many as channels is depthwise. Default 1. */
  readonly groups?: number;
}
export interface ConvTransposeOptions extends ConvOptions {
  /** Added to the end of each output dimension, since several input sizes convolve to one. Default 0. */
  readonly outputPadding?: number | readonly number[];
}
export interface PoolOptions extends WindowOptions {
  /** Also count a last window that reaches beyond the input. Default false. */
  readonly ceilMode?: boolean;
}
export interface AveragePoolOptions extends PoolOptions {
  /** Count padding as zeros. Default false: the mean of what is there. */
  readonly countPadding?: boolean;
}
export interface ResizeOptions {
  /** Factor of each spatial dimension; a single number is meant for all. This, or `sizes`. */
  readonly scales?: number | readonly number[];
  /** Sizes of the spatial dimensions. */
  readonly sizes?: readonly number[];
  /** Default "nearest". */
  readonly mode?: "nearest" | "linear" | "cubic";
  /** Where an output's place lies in the input. Default "asymmetric" for the nearest, else "half_pixel", as in PyTorch. */
  readonly coordinates?:
    | "half_pixel"
    | "pytorch_half_pixel"
    | "half_pixel_symmetric"
    | "asymmetric"
    | "align_corners";
  /** How the nearest is rounded. Default "floor". */
  readonly rounding?: "floor" | "ceil" | "round_prefer_floor" | "round_prefer_ceil";
  /** Widen the filter where the result is smaller. Default false. */
  readonly antialias?: boolean;
}
export interface DepthToSpaceOptions {
  /** Which part of the channel counts the places in a block: "DCR" the slow one (default), "CRD" the fast one, as PyTorch's pixel shuffle. */
  readonly mode?: "DCR" | "CRD";
}
export interface PadOptions {
  readonly mode?: "constant" | "reflect" | "edge" | "wrap";
  /** The constant, a scalar of x's dtype. Default 0. */
  readonly value?: Value;
}

type Unary = (x: Value) => Value;
type Binary = (a: Operand, b: Operand) => Value;
type Reduce = (x: Value, options?: ReduceOptions) => Value;

/** The op functions that gradient rules are written with; `ops/index.ts` is the one object of this type. */
export interface Ops
  extends Readonly<
    Record<"abs" | "neg" | "exp" | "log" | "sqrt" | "reciprocal" | "sign" | "round", Unary> &
      Record<"sin" | "cos" | "sinh" | "cosh" | "erf" | "relu" | "sigmoid" | "tanh" | "softplus", Unary> &
      Record<"shapeOf" | "sizeOf" | "nonZero" | "not" | "zerosLike" | "onesLike", Unary> &
      Record<"add" | "sub" | "mul" | "div" | "pow" | "min" | "max", Binary> &
      Record<"equal" | "less" | "lessOrEqual" | "greater", Binary> &
      Record<
        "and" | "or" | "matMul" | "gatherND" | "expandLike" | "reshapeLike",
        (a: Value, b: Value) => Value
      > &
      Record<"reduceSum" | "reduceMean" | "reduceProd", Reduce>
  > {
  int64s(values: readonly (number | bigint)[]): Value;
  cast(x: Value, to: DType): Value;
  where(condition: Value, a: Operand, b: Operand): Value;
  gemm(a: Value, b: Value, c?: Value, options?: GemmOptions): Value;
  einsum(equation: string, operands: readonly Value[]): Value;
  dft(x: Value, options: { readonly axis: number; readonly inverse?: boolean }): Value;
  batchNormalization(
    x: Value,
    scale: Value,
    shift: Value,
    mean: Value,
    variance: Value,
    options?: { readonly epsilon?: number },
  ): Value;
  reshape(x: Value, shape: Sizes): Value;
  expand(x: Value, shape: Sizes): Value;
  squeeze(x: Value, axes?: Sizes): Value;
  unsqueeze(x: Value, axes: Sizes): Value;
  transpose(x: Value, order?: readonly number[]): Value;
  concat(values: readonly Value[], axis: number): Value;
  split(x: Value, axis: number, sizes: readonly number[] | number | Value, count?: number): Value[];
  slice(x: Value, starts: Sizes, ends: Sizes, axes?: Sizes, steps?: Sizes): Value;
  pad(x: Value, widths: Sizes, options?: PadOptions): Value;
  conv(x: Value, w: Value, b?: Value, options?: ConvOptions): Value;
  convTranspose(x: Value, w: Value, b?: Value, options?: ConvTransposeOptions): Value;
  depthToSpace(x: Value, block: number, options?: DepthToSpaceOptions): Value;
  spaceToDepth(x: Value, block: number): Value;
  maxPool(x: Value, kernel: number | readonly number[], options?: PoolOptions): Value;
  shapeOf(x: Value, start?: number, end?: number): Value;
  gatherElements(x: Value, index: Value, axis?: number): Value;
  scatterElements(x: Value, index: Value, updates: Value, options?: ScatterOptions): Value;
  scatterND(x: Value, index: Value, updates: Value, reduction?: Reduction): Value;
  zerosWith(x: Value, axis: number, size: Value): Value;
  positions(x: Value, axis: number): Value;
  argMax(x: Value, options?: ArgOptions): Value;
}

/** Type of one output; a shape of undefined means that not even the rank follows from the inputs. */
export interface OutputType {
  readonly dtype: DType;
  readonly shape: readonly Dim[] | undefined;
}

export interface InferCall {
  /** Name for messages: the op function's. */
  readonly name: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Attributes;
  readonly outputCount: number;
}

export interface GradientCall {
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  /** Gradient of the loss by each output; undefined where the loss does not depend on it. */
  readonly gradients: readonly (Value | undefined)[];
  /** The same by the first output, for the many ops with only one. */
  readonly gradient: Value;
  /** Which inputs a gradient is wanted for; the rule may leave the others undefined. */
  readonly needed: readonly boolean[];
  /**
   * Tells that the rule had to compute the outputs again: these are equal to the node's, and a training step that
   * takes them in their place runs the forward pass once.
   */
  offer(outputs: readonly (Value | undefined)[]): void;
}

/** Gradients by input, in order; undefined where none flows. */
export type GradientRule = (call: GradientCall, ops: Ops) => readonly (Value | undefined)[];

export type Domain = "" | "ai.onnx.ml" | "com.microsoft" | "com.microsoft.nchwc";

export interface OpDefinition {
  /** Name of the op function, for messages. */
  readonly name: string;
  readonly type: string;
  readonly domain: Domain;
  /** Version of the domain that brought the op, where it is newer than the one that we write. */
  readonly since?: number;
  /** Fewest and most inputs. */
  readonly inputs: readonly [number, number];
  /** Fewest and most outputs; [1, 1] when absent. */
  readonly outputs?: readonly [number, number];
  readonly attributes: Readonly<Record<string, AttributeKind>>;
  /** Draws random numbers: two equal nodes are not the same value. */
  readonly random?: boolean;
  infer(call: InferCall): readonly OutputType[];
  /**
   * The rule; or "constant" where the output does not change in the small (floor, comparisons,
   * indices, strings): the gradient is exactly zero and no path goes through. Absent: differentiable,
   * but there is no rule, so a path through it is an error.
   */
  readonly gradient?: GradientRule | "constant";
}
