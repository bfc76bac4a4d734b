/**
 * Training state that stays in place: parameters and optimiser slots in two sets of
 * buffers, swapped after each step.
 *
 * A training step is an ordinary graph: its state comes in as inputs, and the next
 * state goes out as outputs. The runtime reads one set and writes into the other,
 * so a step allocates nothing. One set alone, as input and output at once, trains
 * wrongly without an error.
 */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { MillwrightError, type Tensor, type TensorData } from "../core/index.ts";
import type { Graph } from "../graph/index.ts";
import { borrow, type Loan } from "./cache.ts";
import { runtimeError } from "./errors.ts";
import type { CompileOptions } from "./session.ts";
import { fromOrt, portsOf, type Feeds, type Port, wrapFeeds } from "./tensors.ts";

export interface TrainStateOptions extends CompileOptions {
  /** For each input that is state: the output that holds its value after the step. */
  readonly next: Readonly<Record<string, string>>;
  /** What each state input is before the first step. Copied. */
  readonly initial: Readonly<Record<string, Tensor>>;
  /** Inputs read from these arrays at every step; between steps the caller may change what they hold. */
  readonly fixed?: Readonly<Record<string, Tensor>>;
  /** Outputs written into these arrays at every step, none of them an input's. */
  readonly into?: Readonly<Record<string, Tensor>>;
}

type Writable = Exclude<TensorData, readonly string[]>;
interface Slot {
  readonly input: string;
  readonly output: string;
  /** The same tensor twice: one is read, the other written. */
  readonly buffers: readonly [Tensor & { readonly data: Writable }, Tensor & { readonly data: Writable }];
  readonly wrapped: readonly [OrtTensor, OrtTensor];
}

export interface TrainState {
  /** Inputs that are not state: the batch, the learning rate. */
  readonly inputs: readonly Port[];
  /**
   * One step: the state moves on.
   *
   * @param feeds - Every input that is not state.
   * @param outputs - Names of the outputs wanted; all that are not state when absent.
   * @throws MillwrightError `RUNTIME_FAILED`: the state is then as before the step.
   */
  step(feeds: Feeds, outputs?: readonly string[]): Promise<Record<string, Tensor>>;
  /** A copy of one state tensor as it is now, by the name of its input. */
  get(name: string): Tensor;
  /** Copies of all of them. */
  snapshot(): Record<string, Tensor>;
  /** Replaces state tensors: to go back to a checkpoint, or to restart an optimiser. */
  restore(tensors: Readonly<Record<string, Tensor>>): void;
  release(): Promise<void>;
}

/**
 * Compiles a training step and takes its state in.
 *
 * @throws MillwrightError `GRAPH_INVALID` where `next` names what the graph does not have, `SHAPE_MISMATCH`, `DTYPE_MISMATCH`.
 */
export async function createTrainState(
  step: Graph | Uint8Array,
  options: TrainStateOptions,
): Promise<TrainState> {
  const loan = await borrow(step, options.device ?? "cpu", options.threads ?? 1, "extended");
  try {
    return new DoubleBuffered(loan, options);
  } catch (error) {
    await loan.giveBack();
    throw error;
  }
}

class DoubleBuffered implements TrainState {
  readonly inputs: readonly Port[];
  readonly #loan: Loan;
  readonly #slots = new Map<string, Slot>();
  readonly #others: readonly string[];
  readonly #fixed: Readonly<Record<string, OrtTensor>>;
  readonly #into: Readonly<Record<string, OrtTensor>>;
  #current: 0 | 1 = 0;
  #running = false;
  #released = false;

  constructor(loan: Loan, { next, initial, fixed = {}, into = {} }: TrainStateOptions) {
    this.#loan = loan;
    this.#fixed = this.#wrapAll(fixed);
    this.#into = this.#wrapAll(into);
    const inputs = portsOf(loan.native.inputMetadata);
    const outputs = portsOf(loan.native.outputMetadata);
    for (const [name, output] of Object.entries(next)) {
      const [from, to] = [
        inputs.find((port) => port.name === name),
        outputs.find((port) => port.name === output),
      ];
      const start = initial[name];
      if (!from || !to || !start) {
        const missing = !from
          ? `no input "${name}"`
          : !to
            ? `no output "${output}"`
            : `no initial value of "${name}"`;
        throw new MillwrightError(
          "GRAPH_INVALID",
          `The training step has ${missing}.`,
          "Give all three for each state tensor.",
        );
      }
      if (from.dtype !== to.dtype || start.dtype !== from.dtype || from.dtype === "string") {
        throw new MillwrightError(
          "DTYPE_MISMATCH",
          `The state "${name}" comes in as ${from.dtype}, goes out as ${to.dtype} and starts as ${start.dtype}.`,
          "Make them one numeric dtype.",
        );
      }
      this.#slots.set(name, this.#slot(name, output, start));
    }
    this.inputs = inputs.filter(({ name }) => !this.#slots.has(name) && !Object.hasOwn(fixed, name));
    const state = new Set([...Object.values(next), ...Object.keys(into)]);
    this.#others = outputs.map((port) => port.name).filter((name) => !state.has(name));
  }

  #slot(input: string, output: string, start: Tensor): Slot {
    const copy = (): Slot["buffers"][0] => ({ ...start, data: (start.data as Writable).slice() });
    const buffers = [copy(), copy()] as const;
    return { input, output, buffers, wrapped: [this.#wrap(buffers[0]), this.#wrap(buffers[1])] };
  }

  #wrap({ dtype, data, shape }: Tensor): OrtTensor {
    const { Tensor: Wrapped } = this.#loan.backend.ort;
    return new Wrapped(dtype, data as Float32Array, shape) as OrtTensor;
  }

  #wrapAll(tensors: Readonly<Record<string, Tensor>>): Record<string, OrtTensor> {
    return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, this.#wrap(tensor)]));
  }

  async step(feeds: Feeds, outputs: readonly string[] = this.#others): Promise<Record<string, Tensor>> {
    this.#requireIdle("step");
    const all = wrapFeeds(this.#loan.backend.ort, this.inputs, feeds);
    const fetches: Record<string, OrtTensor | null> = {};
    const [from, to] = this.#current === 0 ? ([0, 1] as const) : ([1, 0] as const);
    for (const { input, output, wrapped } of this.#slots.values()) {
      all[input] = wrapped[from];
      fetches[output] = wrapped[to];
    }
    Object.assign(all, this.#fixed);
    Object.assign(fetches, this.#into);
    for (const name of outputs) fetches[name] = null;
    this.#running = true;
    let results: InferenceSession.ReturnType;
    try {
      results = await this.#loan.native.run(all, fetches);
    } catch (cause) {
      throw runtimeError("a training step", cause);
    } finally {
      this.#running = false;
    }
    this.#current = to;
    const tensors: Record<string, Tensor> = {};
    for (const name of outputs) tensors[name] = fromOrt(results[name]!);
    return tensors;
  }

  get(name: string): Tensor {
    this.#requireIdle("read");
    const buffer = this.#find(name).buffers[this.#current];
    return { ...buffer, data: buffer.data.slice() };
  }

  snapshot(): Record<string, Tensor> {
    return Object.fromEntries([...this.#slots.keys()].map((name) => [name, this.get(name)]));
  }

  restore(tensors: Readonly<Record<string, Tensor>>): void {
    this.#requireIdle("restored");
    for (const [name, tensor] of Object.entries(tensors)) {
      const buffer = this.#find(name).buffers[this.#current];
      if (tensor.dtype !== buffer.dtype || tensor.data.length !== buffer.data.length) {
        throw new MillwrightError(
          "SHAPE_MISMATCH",
          `The state "${name}" is ${buffer.dtype} [${buffer.shape.join(", ")}], and is given ${tensor.dtype} [${tensor.shape.join(", ")}].`,
          "Restore a snapshot of the same graph.",
        );
      }
      (buffer.data as Float32Array).set(tensor.data as Float32Array);
    }
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#requireIdle("released");
    this.#released = true;
    await this.#loan.giveBack();
  }

  #find(name: string): Slot {
    const slot = this.#slots.get(name);
    if (slot) return slot;
    throw new MillwrightError(
      "GRAPH_INVALID",
      `The training state has no "${name}".`,
      `Choose from ${[...this.#slots.keys()].join(", ")}.`,
    );
  }

  #requireIdle(doing: string): void {
    if (!this.#released && !this.#running) return;
    const why = this.#released ? "has been released" : "is in the middle of a step";
    throw new MillwrightError(
      "RUNTIME_FAILED",
      `The training state cannot be ${doing}: it ${why}.`,
      "Await each step.",
    );
  }
}
