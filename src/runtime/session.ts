/**
 * Compiled graphs. `compile` gives a session; equal graphs share one native session.
 *
 * One thread unless told: with more, ONNX Runtime's tree ensembles differ in the
 * last bits from run to run, so whatever enters a file or a metric keeps to one.
 */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { type DType, MillwrightError, nearest, type Tensor, type TensorData } from "../core/index.ts";
import { type Dim, type Graph } from "../graph/index.ts";
import { type Backend, type Device } from "./backend.ts";
import { borrow, type Loan } from "./cache.ts";
import { runtimeError } from "./errors.ts";

export interface CompileOptions {
  /** Where it runs. Default "cpu"; strings and doubles run nowhere else. */
  readonly device?: Device;
  /** Threads inside one operation. Default 1: the same bits every time. */
  readonly threads?: number;
}

/** An input or output of a session. */
export interface Port {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

export type Feeds = Readonly<Record<string, Tensor>>;

export interface Session {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** ONNX Runtime package in use, and the device. */
  readonly runtime: string;
  /**
   * Runs the graph once.
   *
   * @param feeds - One tensor per input, by name.
   * @param outputs - Names of the outputs to compute; all when absent.
   * @throws MillwrightError `RUNTIME_FAILED` for a missing input or an error of the runtime, `DTYPE_MISMATCH`.
   */
  run(feeds: Feeds, outputs?: readonly string[]): Promise<Record<string, Tensor>>;
  /** Gives the session back; running it afterwards is an error. Calling it twice is harmless. */
  release(): Promise<void>;
}

/** Feeds that stay in place: the arrays may be refilled between runs, nothing is wrapped again. */
export interface BoundRun {
  run(): Promise<Record<string, Tensor>>;
}

/** A session in this thread. */
export interface LocalSession extends Session {
  /**
   * Prepares repeated runs on the same arrays: fill `feeds[name].data` anew, call `run()`.
   * Saves wrapping every input on every run.
   */
  bind(feeds: Feeds, outputs?: readonly string[]): BoundRun;
}

/**
 * Compiles a graph or a file.
 *
 * @throws MillwrightError `RUNTIME_MISSING`, `RUNTIME_FAILED` where the runtime refuses the graph.
 */
export async function compile(
  source: Graph | Uint8Array,
  options: CompileOptions = {},
): Promise<LocalSession> {
  const loan = await borrow(source, options.device ?? "cpu", options.threads ?? 1);
  return new OrtSession(loan);
}

type OrtFeeds = Record<string, OrtTensor>;

class OrtSession implements LocalSession {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly runtime: string;
  readonly #loan: Loan;
  readonly #native: InferenceSession;
  readonly #backend: Backend;
  #released = false;

  constructor(loan: Loan) {
    this.#loan = loan;
    this.#native = loan.native;
    this.#backend = loan.backend;
    this.runtime = `${loan.backend.packageName} ${loan.backend.provider}`;
    this.inputs = this.#native.inputMetadata.map(portOf);
    this.outputs = this.#native.outputMetadata.map(portOf);
  }

  async run(feeds: Feeds, outputs?: readonly string[]): Promise<Record<string, Tensor>> {
    this.#requireOpen();
    return this.#run(this.#wrap(feeds), outputs);
  }

  bind(feeds: Feeds, outputs?: readonly string[]): BoundRun {
    this.#requireOpen();
    const wrapped = this.#wrap(feeds);
    return {
      run: async () => {
        this.#requireOpen();
        return this.#run(wrapped, outputs);
      },
    };
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.#loan.giveBack();
  }

  #requireOpen(): void {
    if (!this.#released) return;
    throw new MillwrightError("RUNTIME_FAILED", "The session has been released.", "Compile the graph again.");
  }

  #wrap(feeds: Feeds): OrtFeeds {
    const { Tensor: Wrapped } = this.#backend.ort;
    const wrapped: OrtFeeds = {};
    for (const { name, dtype } of this.inputs) {
      const tensor = feeds[name];
      if (tensor === undefined) throw missingInput(name, feeds);
      if (tensor.dtype !== dtype) {
        throw new MillwrightError(
          "DTYPE_MISMATCH",
          `The input "${name}" is ${dtype}, and is fed ${tensor.dtype}.`,
          "Feed the dtype that the session's inputs list.",
        );
      }
      wrapped[name] = new Wrapped(dtype, tensor.data as Float32Array, tensor.shape) as OrtTensor;
    }
    return wrapped;
  }

  async #run(feeds: OrtFeeds, outputs: readonly string[] | undefined): Promise<Record<string, Tensor>> {
    let results: InferenceSession.ReturnType;
    try {
      results = await (outputs ? this.#native.run(feeds, outputs) : this.#native.run(feeds));
    } catch (cause) {
      throw runtimeError("running the graph", cause);
    }
    const tensors: Record<string, Tensor> = {};
    for (const name in results) tensors[name] = tensorOf(results[name]!);
    return tensors;
  }
}

function tensorOf({ type, dims, data }: OrtTensor): Tensor {
  return { dtype: type as DType, shape: dims, data: data as TensorData };
}

function portOf(metadata: InferenceSession.ValueMetadata): Port {
  if (!metadata.isTensor) return { name: metadata.name, dtype: "string", shape: [] };
  return {
    name: metadata.name,
    dtype: metadata.type as DType,
    shape: metadata.shape.map((dim) => (dim === "" ? "?" : dim)),
  };
}

function missingInput(name: string, feeds: Feeds): MillwrightError {
  const guess = nearest(name, Object.keys(feeds));
  return new MillwrightError(
    "RUNTIME_FAILED",
    `The input "${name}" is not fed${guess === undefined ? "" : `; the nearest name fed is "${guess}"`}.`,
    "Feed every input of the session.",
  );
}
