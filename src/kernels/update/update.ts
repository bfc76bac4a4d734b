/**
 * Parameters, gradients and an optimiser's slots in one memory, and the optimiser's step on them in place.
 *
 * The memory is not shared and never grows: ONNX Runtime reads and writes the same arrays during a step.
 */

/** Exports of update.wasm. */
interface Exports {
  adamStep(
    parameter: number,
    gradient: number,
    first: number,
    second: number,
    count: number,
    beta1: number,
    beta2: number,
    scale: number,
    epsilon: number,
    decay: number,
    kept: number,
  ): void;
  momentumStep(
    parameter: number,
    gradient: number,
    velocity: number,
    count: number,
    momentum: number,
    rate: number,
    decay: number,
    nesterov: number,
  ): void;
  addArray(to: number, from: number, count: number): void;
  scaleArray(array: number, factor: number, count: number): void;
  squareSum(array: number, count: number): number;
}

/** One array: where it lies, and its numbers. */
export interface Placed {
  readonly at: number;
  readonly data: Float32Array;
}

const PAGE = 65536;
/** Below lies what the compiler may place. */
const BASE = 4096;

let compiled: WebAssembly.Module | undefined;

function updateModule(): WebAssembly.Module {
  if (compiled === undefined) {
    const { readFileSync } = process.getBuiltinModule("node:fs");
    compiled = new WebAssembly.Module(readFileSync(new URL("../update.wasm", import.meta.url)));
  }
  return compiled;
}

/** Bytes that an array of `count` floats takes: whole lines of 64 bytes. */
const room = (count: number): number => Math.ceil(count / 16) * 64;

export class UpdateArrays {
  readonly #memory: WebAssembly.Memory;
  readonly #exports: Exports;
  #top = BASE;

  /** @param counts - Lengths of all arrays that will be taken. */
  constructor(counts: readonly number[]) {
    const pages = Math.ceil(UpdateArrays.bytesOf(counts) / PAGE);
    this.#memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { exports } = new WebAssembly.Instance(updateModule(), { env: { memory: this.#memory } });
    this.#exports = exports as unknown as Exports;
  }

  /** Bytes of the memory that arrays of these lengths need; a WebAssembly memory holds less than 4 GiB. */
  static bytesOf(counts: readonly number[]): number {
    return counts.reduce((sum, count) => sum + room(count), BASE);
  }

  /** Takes an array of zeros. */
  take(count: number): Placed {
    const at = this.#top;
    this.#top += room(count);
    return { at, data: new Float32Array(this.#memory.buffer, at, count) };
  }

  /**
   * A step of Adam or AdamW; the moments are sums.
   *
   * @param decay - Penalty on the squared weights; 0 for none.
   * @param kept - What is kept of the parameter before its change: 1 without decay apart from the gradient.
   */
  adam(
    parameter: Placed,
    gradient: Placed,
    [first, second]: readonly [Placed, Placed],
    {
      beta1,
      beta2,
      scale,
      epsilon,
      decay,
      kept,
    }: Readonly<Record<"beta1" | "beta2" | "scale" | "epsilon" | "decay" | "kept", number>>,
  ): void {
    this.#exports.adamStep(
      parameter.at,
      gradient.at,
      first.at,
      second.at,
      fours(parameter),
      beta1,
      beta2,
      scale,
      epsilon,
      decay,
      kept,
    );
  }

  /** A step of gradient descent with momentum. */
  momentum(
    parameter: Placed,
    gradient: Placed,
    velocity: Placed,
    { momentum, rate, decay }: Readonly<Record<"momentum" | "rate" | "decay", number>>,
    nesterov: boolean,
  ): void {
    this.#exports.momentumStep(
      parameter.at,
      gradient.at,
      velocity.at,
      fours(parameter),
      momentum,
      rate,
      decay,
      nesterov ? 1 : 0,
    );
  }

  /** Adds `from` to `to`, which is as long. */
  add(to: Placed, from: Placed): void {
    this.#exports.addArray(to.at, from.at, fours(to));
  }

  /** Multiplies by a number, rounded to float32. */
  scale(array: Placed, factor: number): void {
    this.#exports.scaleArray(array.at, factor, fours(array));
  }

  /** The sum of squares, in float64. */
  squareSum(array: Placed): number {
    return this.#exports.squareSum(array.at, fours(array));
  }
}

/** Numbers to pass over, up to a multiple of four: the room behind an array holds zeros, which stay zeros or harmless. */
const fours = ({ data }: Placed): number => Math.ceil(data.length / 4) * 4;
