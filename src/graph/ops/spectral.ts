/**
 * Spectra of signals: windows, the discrete Fourier transform, its short-time form, and mel filters.
 *
 * Complex numbers are a last dimension of 2. A transform is linear, so its gradient is its adjoint: the transform
 * back, without the division by the length. It needs the sizes along the axis when the graph is built.
 */
import type { DType } from "../../core/index.ts";
import { apply, defineOp, noGradient, requireDtype, requireSameDtype, shapeError } from "../definition.ts";
import { normalAxis, showShape, unknownDim } from "../dims.ts";
import { integersIn } from "../shape-data.ts";
import { scalar } from "../value.ts";
import { mostWeights } from "./axis-matrix.ts";
import { dtypeOfOnnx, onnxType, unsqueeze } from "./shape.ts";
import type { Dim, InferCall, OpDefinition, Ops, Value } from "../types.ts";

/** The number in an integer scalar or a vector of one, if it is known. */
function numberIn(value: Value | undefined): number | undefined {
  const found = integersIn(value);
  return found?.length === 1 ? found[0] : undefined;
}

function requireScalar(call: InferCall, index: number, allowed: readonly DType[]): Value {
  const value = requireDtype(call, index, allowed);
  if (value.shape.length === 0 || (value.shape.length === 1 && value.shape[0] === 1)) return value;
  throw shapeError(
    call,
    `takes a scalar as input ${index + 1}, and has ${showShape(value.shape)}.`,
    "Give one number.",
  );
}

const integers: readonly DType[] = ["int64", "int32"];

/** The dtype that `output_datatype` names; float32 when absent. */
function declaredDtype(call: InferCall): DType {
  const type = call.attributes.int("output_datatype", onnxType.float32);
  const dtype = dtypeOfOnnx.get(type);
  if (dtype && dtype !== "string" && dtype !== "bool") return dtype;
  throw shapeError(
    call,
    `gives numbers of the ONNX type ${type}, which we do not compute with.`,
    "Choose float32 or float64.",
  );
}

function windowOp(name: string, type: string): OpDefinition {
  return defineOp({
    name,
    type,
    inputs: [1, 1],
    attributes: { output_datatype: "int", periodic: "int" },
    infer(call) {
      const size = numberIn(requireScalar(call, 0, integers));
      return [{ dtype: declaredDtype(call), shape: [size ?? unknownDim] }];
    },
    gradient: "constant",
  });
}
const hannWindowOp = windowOp("hannWindow", "HannWindow");
const hammingWindowOp = windowOp("hammingWindow", "HammingWindow");
const blackmanWindowOp = windowOp("blackmanWindow", "BlackmanWindow");

const melWeightMatrixOp = defineOp({
  name: "melWeightMatrix",
  type: "MelWeightMatrix",
  inputs: [5, 5],
  attributes: { output_datatype: "int" },
  infer(call) {
    for (const index of [0, 1, 2]) requireScalar(call, index, integers);
    for (const index of [3, 4]) requireScalar(call, index, ["float32", "float64"]);
    const [bins, length] = [numberIn(call.inputs[0]), numberIn(call.inputs[1])];
    return [
      {
        dtype: declaredDtype(call),
        shape: [length === undefined ? unknownDim : half(length), bins ?? unknownDim],
      },
    ];
  },
  gradient: "constant",
});

/** Frequencies of a real signal's spectrum that do not repeat. */
function half(length: number): number {
  return Math.floor(length / 2) + 1;
}

/** Real or complex by its last dimension. */
function requireComplex(call: InferCall, x: Value): void {
  const last = x.shape.at(-1);
  if (x.shape.length >= 2 && (typeof last === "string" || last === 1 || last === 2)) return;
  throw shapeError(
    call,
    `takes real numbers in a last dimension of 1 or complex ones in 2, and has ${showShape(x.shape)}.`,
    "Add the dimension.",
  );
}

const stftOp = defineOp({
  name: "stft",
  type: "STFT",
  inputs: [2, 4],
  attributes: { onesided: "int" },
  infer(call) {
    const x = requireDtype(call, 0, "float");
    const dtype = requireSameDtype(call, call.inputs[2] ? [0, 2] : [0]);
    requireComplex(call, x);
    if (x.shape.length !== 3) {
      throw shapeError(call, `takes [batch, samples, 1 or 2], and has ${showShape(x.shape)}.`, "Reshape it.");
    }
    const step = numberIn(requireScalar(call, 1, integers));
    const window = call.inputs[2];
    const given = call.inputs[3] ? numberIn(requireScalar(call, 3, integers)) : window?.shape[0];
    if (!window && !call.inputs[3])
      throw shapeError(call, "has no window and no length of a frame.", "Give one.");
    if (step !== undefined && step < 1) throw shapeError(call, `has a step of ${step}.`, "Give at least 1.");
    const samples = x.shape[1]!;
    const length = typeof given === "number" ? given : undefined;
    if (typeof samples === "number" && length !== undefined && (length > samples || length < 1)) {
      throw shapeError(
        call,
        `takes frames of ${length} from ${samples} samples.`,
        "Choose shorter frames, or pad.",
      );
    }
    const known = typeof samples === "number" && length !== undefined && step !== undefined;
    const frames: Dim = known ? Math.floor((samples - length) / step) + 1 : unknownDim;
    const onesided = call.attributes.int("onesided", 1) !== 0;
    const bins: Dim = length === undefined ? unknownDim : onesided ? half(length) : length;
    return [{ dtype, shape: [x.shape[0]!, frames, bins, 2] }];
  },
  gradient({ inputs, outputs, gradient: g, needed }, ops) {
    const [x, step, window, frameLength] = inputs as [Value, Value, Value?, Value?];
    if (needed[2]) throw noGradient("stft", "by its window", "Make the window a constant.");
    const [samples, frames] = [x.shape[1], outputs[0]!.shape[1]];
    const length = frameLength ? numberIn(frameLength) : window?.shape[0];
    const apart = numberIn(step);
    if (Number(frames) * Number(length) > mostWeights)
      throw noGradient(
        "stft",
        `with ${frames} frames of ${length}, ${mostWeights} numbers at most`,
        "Cut the sound into pieces.",
      );
    if (![samples, frames, length, apart].every((size) => typeof size === "number")) {
      throw noGradient(
        "stft",
        "where the number of samples or a frame's length and step are only known when it runs",
        fixSizes,
      );
    }
    let ofFrames = adjoint(g, 2, length as number, x.shape[2]!, ops);
    if (window) ofFrames = ops.mul(ofFrames, ops.unsqueeze(window, [1]));
    // Each sample collects from all frames that it is in: [samples, batch, parts] with rows added by place.
    const places = Array.from({ length: frames as number }, (_, f) =>
      Array.from({ length: length as number }, (_sample, n) => f * apart! + n),
    );
    const rows = ops.transpose(ofFrames, [1, 2, 0, 3]);
    const flat = ops.reshape(rows, ops.concat([ops.int64s([-1]), ops.shapeOf(rows, 2)], 0));
    const index = ops.unsqueeze(ops.int64s(places.flat()), [1]);
    const sum = ops.scatterND(ops.zerosLike(ops.transpose(x, [1, 0, 2])), index, flat, "add");
    return [ops.transpose(sum, [1, 0, 2])];
  },
});

const fixSizes = "Give it fixed sizes, or stop training what lies before it.";

/**
 * Gradient by the signal of a transform from `length` samples along an axis.
 *
 * @param parts - 1 where the signal is real.
 */
function adjoint(g: Value, axis: number, length: number, parts: Dim, ops: Ops): Value {
  const missing = length - (g.shape[axis] as number);
  const widths = g.shape.flatMap(() => 0);
  const after = [...widths];
  after[axis] = missing;
  // Half a spectrum leaves the other frequencies out of the loss.
  const whole = missing > 0 ? ops.pad(g, [...widths, ...after]) : g;
  const back = ops.mul(ops.dft(whole, { axis, inverse: true }), length);
  return parts === 1 ? ops.slice(back, [0], [1], [-1]) : back;
}

const dftOp = defineOp({
  name: "dft",
  type: "DFT",
  inputs: [1, 3],
  attributes: { inverse: "int", onesided: "int" },
  infer(call) {
    const x = requireDtype(call, 0, "float");
    requireComplex(call, x);
    const length = call.inputs[1] && requireScalar(call, 1, integers);
    const axis = call.inputs[2] ? numberIn(requireScalar(call, 2, ["int64"])) : -2;
    const onesided = call.attributes.int("onesided", 0) !== 0;
    const inverse = call.attributes.int("inverse", 0) !== 0;
    if (axis === undefined) return [{ dtype: x.dtype, shape: x.shape.map((): Dim => unknownDim) }];
    const at = normalAxis(call.name, axis, x.shape.length);
    if (at === x.shape.length - 1) {
      throw shapeError(call, "runs along the dimension of real and imaginary parts.", "Choose another axis.");
    }
    const size = length ? (numberIn(length) ?? unknownDim) : x.shape[at]!;
    const shape = [...x.shape.slice(0, -1), 2];
    if (!onesided) shape[at] = size;
    else if (inverse) {
      // From half a spectrum back to real numbers: older and newer versions disagree on the size.
      shape[at] = unknownDim;
      shape[shape.length - 1] = unknownDim;
    } else shape[at] = typeof size === "number" ? half(size) : unknownDim;
    return [{ dtype: x.dtype, shape }];
  },
  gradient({ inputs, outputs, attributes, gradient: g }, ops) {
    const [x, , axisInput] = inputs as [Value, Value?, Value?];
    const axis = axisInput ? numberIn(axisInput) : -2;
    const onesided = attributes.int("onesided", 0) !== 0;
    const inverse = attributes.int("inverse", 0) !== 0;
    if (axis === undefined)
      throw noGradient("dft", "where its axis is only known when it runs", "Make the axis a constant.");
    if (onesided && inverse) throw noGradient("dft", "back from half a spectrum");
    const at = normalAxis("dft", axis, x.shape.length);
    const [own, made] = [x.shape[at]!, outputs[0]!.shape[at]!];
    const given = inputs[1] ? numberIn(inputs[1]) : own;
    if (typeof own !== "number" || typeof made !== "number" || typeof given !== "number") {
      throw noGradient("dft", "where the size along its axis is only known when it runs", fixSizes);
    }
    const parts = x.shape.at(-1)!;
    let byX: Value;
    if (inverse) {
      const whole = ops.div(ops.dft(g, { axis: at }), given);
      byX = parts === 1 ? ops.slice(whole, [0], [1], [-1]) : whole;
    } else byX = adjoint(g, at, given, parts, ops);
    // What was cut off has no part in the answer; what was filled up was none of x.
    if (given > own) return [ops.slice(byX, [0], [own], [at])];
    if (given === own) return [byX];
    const widths = x.shape.map(() => 0);
    return [ops.pad(byX, [...widths, ...widths.map((_, i) => (i === at ? own - given : 0))])];
  },
});

export interface WindowOptions {
  /** For spectra (default): the period is one longer than the window. Else the window is symmetric. */
  readonly periodic?: boolean;
  /** Default float32. */
  readonly dtype?: "float32" | "float64";
}

function window(
  definition: OpDefinition,
  size: number | Value,
  { periodic = true, dtype = "float32" }: WindowOptions,
): Value {
  return apply(definition, [integer(size)], { output_datatype: onnxType[dtype], periodic: periodic ? 1 : 0 });
}
function integer(value: number | Value): Value {
  return typeof value === "number" ? scalar("int64", value) : value;
}

/** 0.5 − 0.5·cos(2πn/N), n = 0 … size − 1; N is the size, or one less where it is not periodic. */
export function hannWindow(size: number | Value, options: WindowOptions = {}): Value {
  return window(hannWindowOp, size, options);
}
/** 25/46 − 21/46·cos(2πn/N): a cosine on a pedestal. */
export function hammingWindow(size: number | Value, options: WindowOptions = {}): Value {
  return window(hammingWindowOp, size, options);
}
/** 0.42 − 0.5·cos(2πn/N) + 0.08·cos(4πn/N). */
export function blackmanWindow(size: number | Value, options: WindowOptions = {}): Value {
  return window(blackmanWindowOp, size, options);
}

export interface StftOptions {
  /** Samples from the start of one frame to the next. */
  readonly frameStep: number;
  /** Samples of a frame. Default: the window's. */
  readonly frameLength?: number;
  /** Factors of a frame's samples, [frameLength]. Ones when absent. */
  readonly window?: Value;
  /** Only the frequencies of a real signal that do not repeat. Default true. */
  readonly onesided?: boolean;
}
/**
 * Short-time Fourier transform: a spectrum of every frame. Nothing is padded.
 *
 * @param signal - [batch, samples], or [batch, samples, 1 or 2] (real or complex).
 * @returns [batch, frames, frequencies, 2]; frequencies = ⌊frameLength / 2⌋ + 1 where onesided, else frameLength.
 */
export function stft(
  signal: Value,
  { frameStep, frameLength, window: factors, onesided = true }: StftOptions,
): Value {
  const x = signal.shape.length === 2 ? unsqueeze(signal, [2]) : signal;
  const inputs = [
    x,
    integer(frameStep),
    factors,
    frameLength === undefined ? undefined : integer(frameLength),
  ];
  return apply(stftOp, inputs, { onesided: onesided ? 1 : 0 });
}

export interface DftOptions {
  /** Default −2: the last before the real and imaginary parts. */
  readonly axis?: number;
  /** The signal is cut or filled with zeros to it. Default: its own length. */
  readonly length?: number;
  /** Back from the spectrum, divided by the length. Default false. */
  readonly inverse?: boolean;
  /** Only the frequencies of a real signal that do not repeat. Default false. */
  readonly onesided?: boolean;
}
/**
 * Discrete Fourier transform along an axis.
 *
 * @param x - [.., samples, .., 1 or 2]: real or complex.
 * @returns [.., frequencies, .., 2].
 */
export function dft(
  x: Value,
  { axis = -2, length, inverse = false, onesided = false }: DftOptions = {},
): Value {
  const inputs = [x, length === undefined ? undefined : integer(length), scalar("int64", axis)];
  return apply(dftOp, inputs, { inverse: inverse ? 1 : 0, onesided: onesided ? 1 : 0 });
}

export interface MelOptions {
  /** Number of filters. */
  readonly bins: number;
  /** Length of the transform that the frequencies come from. */
  readonly dftLength: number;
  /** Samples a second. */
  readonly sampleRate: number;
  /** Edges of the lowest and the highest filter, in hertz. */
  readonly low: number;
  readonly high: number;
  /** Default float32. */
  readonly dtype?: "float32" | "float64";
}
/**
 * Weights of triangular filters, evenly spaced on the mel scale: [⌊dftLength / 2⌋ + 1, bins].
 *
 * The op cuts the scale into bins + 2 steps, not bins + 1 as is usual: the last filter ends a step below `high`.
 */
export function melWeightMatrix({
  bins,
  dftLength,
  sampleRate,
  low,
  high,
  dtype = "float32",
}: MelOptions): Value {
  const inputs = [bins, dftLength, sampleRate].map((value) => integer(value));
  const edges = [low, high].map((value) => scalar("float32", value));
  return apply(melWeightMatrixOp, [...inputs, ...edges], { output_datatype: onnxType[dtype] });
}

export const spectralOps: readonly OpDefinition[] = [
  stftOp,
  dftOp,
  hannWindowOp,
  hammingWindowOp,
  blackmanWindowOp,
  melWeightMatrixOp,
];
