/**
 * Compiled graphs. `compile` gives a session; equal graphs share one native session.
 *
 * One thread unless told: with more, ONNX Runtime's tree ensembles differ in the
 * last bits from run to run, so whatever enters a file or a metric keeps to one.
 */
import type { InferenceSession } from "onnxruntime-common";
import { MillwrightError, type Tensor } from "../core/index.ts";
import type { Graph } from "../graph/index.ts";
import type { Device } from "./backend.ts";
import { borrow, type Loan } from "./cache.ts";
import { runtimeError } from "./errors.ts";
import { type Feeds, fromOrt, type OrtFeeds, type Port, portsOf, wrapFeeds } from "./tensors.ts";

export interface CompileOptions {
  /** Where it runs. Default "cpu"; strings and doubles run nowhere else. */
  readonly device?: Device;
  /** Threads inside one operation. Default 1: the same bits every time. */
  readonly threads?: number;
  /** A training step: rewritten as `createTrainState` does, which suits weights that are inputs. Default false. */
  readonly training?: boolean;
}

export interface Session {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** ONNX Runtime package in use, and the device: "onnxruntime-node cpu". */
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
   * Prepares repeated runs on the same arrays: fill `feeds[name].data` anew, then call `run()`.
   * Saves wrapping every input on every run: 3 of 54 µs for a row of 20 columns through 500 trees.
   */
  bind(feeds: Feeds, outputs?: readonly string[]): BoundRun;
}

/**
 * Compiles a graph or a file.
 *
 * @throws MillwrightError `RUNTIME_MISSING`, `RUNTIME_FAILED` where the runtime refuses the graph,
 * `GRAPH_UNSUPPORTED` where an input or output has a type that we do not compute with.
 */
export async function compile(
  source: Graph | Uint8Array,
  options: CompileOptions = {},
): Promise<LocalSession> {
  const { device = "cpu", threads = 1, training = false } = options;
  const loan = await borrow(source, device, threads, training ? "extended" : "all");
  try {
    return new OrtSession(loan);
  } catch (error) {
    await loan.giveBack();
    throw error;
  }
}

class OrtSession implements LocalSession {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly runtime: string;
  readonly #loan: Loan;
  /** Runs on their way: the native session must outlive them. */
  #running = 0;
  #idle: (() => void) | undefined;
  #released = false;

  constructor(loan: Loan) {
    this.#loan = loan;
    this.runtime = `${loan.backend.packageName} ${loan.backend.provider}`;
    this.inputs = portsOf(loan.native.inputMetadata);
    this.outputs = portsOf(loan.native.outputMetadata);
  }

  run(feeds: Feeds, outputs?: readonly string[]): Promise<Record<string, Tensor>> {
    return this.#run(() => wrapFeeds(this.#loan.backend.ort, this.inputs, feeds), outputs);
  }

  bind(feeds: Feeds, outputs?: readonly string[]): BoundRun {
    const wrapped = wrapFeeds(this.#loan.backend.ort, this.inputs, feeds);
    return { run: () => this.#run(() => wrapped, outputs) };
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    await this.#loan.giveBack();
  }

  async #run(feeds: () => OrtFeeds, outputs: readonly string[] | undefined): Promise<Record<string, Tensor>> {
    if (this.#released) {
      throw new MillwrightError(
        "RUNTIME_FAILED",
        "The session has been released.",
        "Compile the graph again.",
      );
    }
    const wrapped = feeds();
    const { native } = this.#loan;
    let results: InferenceSession.ReturnType;
    this.#running++;
    try {
      results = await (outputs ? native.run(wrapped, outputs) : native.run(wrapped));
    } catch (cause) {
      throw runtimeError("running the graph", cause);
    } finally {
      if (--this.#running === 0) this.#idle?.();
    }
    const tensors: Record<string, Tensor> = {};
    for (const name in results) tensors[name] = fromOrt(results[name]!);
    return tensors;
  }
}
