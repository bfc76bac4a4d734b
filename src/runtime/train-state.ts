/**
 * Training state that stays in place: parameters and optimiser slots in two sets of
 * buffers, swapped after each step.
 *
 * A training step is an ordinary graph: its state comes in as inputs, and the next
 * state goes out as outputs. The runtime reads one set and writes into the other,
 * so a step allocates nothing. One set alone, as input and output at once, trains
 * wrongly without an error.
 */
import type { Tensor as OrtTensor } from "onnxruntime-common";
import { arrayClass, MillwrightError, type Tensor, type TensorData } from "../core/index.ts";
import { type Graph, isKnown } from "../graph/index.ts";
import { loadBackend } from "./backend.ts";
import { borrow, type Loan } from "./cache.ts";
import { runtimeError } from "./errors.ts";
import type { CompileOptions } from "./session.ts";
import { fromOrt, portsOf, type Feeds, type OrtFeeds, type Port, wrapFeeds } from "./tensors.ts";
import { copiesAnswers, runInto, withoutAnswer } from "./unanswered.ts";

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

/** Numbers in the outputs of a step. The error costs 16 µs, and so does a copy of 35,000 numbers. */
const fewestUnanswered = 65_536;

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
   * @returns The outputs that are not state.
   * @throws MillwrightError `RUNTIME_FAILED`: the state is then as before the step.
   */
  step(feeds: Feeds): Promise<Record<string, Tensor>>;
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
  const { device = "cpu", threads = 1 } = options;
  const gains = gainsUnanswered(step) && copiesAnswers(await loadBackend(device));
  const { unanswered, end } = gains ? withoutAnswer(step) : { unanswered: step, end: undefined };
  const loan = await borrow(unanswered, device, threads, "extended");
  try {
    return new DoubleBuffered(loan, options, end);
  } catch (error) {
    await loan.giveBack();
    throw error;
  }
}

/** Whether room for all outputs can be made before a run, and is so much that a second copy would cost more than the error. */
function gainsUnanswered(step: Graph | Uint8Array): step is Graph {
  if (step instanceof Uint8Array) return false;
  let numbers = 0;
  for (const value of step.outputs.values()) {
    if (!isKnown(value) || value.dtype === "string") return false;
    if (value.shape.some((size) => typeof size !== "number")) return false;
    numbers += value.shape.reduce<number>((product, size) => product * Number(size), 1);
  }
  return numbers >= fewestUnanswered;
}

/** Room for an output of such a step. */
function roomFor({ dtype, shape }: Port): Tensor {
  const sizes = shape.map(Number);
  const length = sizes.reduce((product, size) => product * size, 1);
  return { dtype, shape: sizes, data: new arrayClass[dtype as keyof typeof arrayClass](length) } as Tensor;
}

class DoubleBuffered implements TrainState {
  readonly inputs: readonly Port[];
  readonly #loan: Loan;
  readonly #slots = new Map<string, Slot>();
  readonly #others: readonly Port[];
  /** The output behind which none is handed over: they are where they have been written, and nowhere else. */
  readonly #end: string | undefined;
  readonly #fixed: Readonly<Record<string, OrtTensor>>;
  readonly #into: Readonly<Record<string, OrtTensor>>;
  #current: 0 | 1 = 0;
  #running = false;
  #released = false;

  constructor(
    loan: Loan,
    { next, initial, fixed = {}, into = {} }: TrainStateOptions,
    end: string | undefined,
  ) {
    this.#loan = loan;
    this.#end = end;
    this.#fixed = this.#wrapAll(fixed);
    this.#into = this.#wrapAll(into);
    const inputs = portsOf(loan.native.inputMetadata);
    const outputs = portsOf(loan.native.outputMetadata.filter((each) => each.name !== end));
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
    this.#others = outputs.filter(({ name }) => !state.has(name));
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

  async step(feeds: Feeds): Promise<Record<string, Tensor>> {
    this.#requireIdle("step");
    const all = wrapFeeds(this.#loan.backend.ort, this.inputs, feeds);
    const fetches: Record<string, OrtTensor> = {};
    const [from, to] = this.#current === 0 ? ([0, 1] as const) : ([1, 0] as const);
    for (const { input, output, wrapped } of this.#slots.values()) {
      all[input] = wrapped[from];
      fetches[output] = wrapped[to];
    }
    Object.assign(all, this.#fixed);
    Object.assign(fetches, this.#into);
    this.#running = true;
    let answers: Record<string, Tensor>;
    try {
      answers = await (this.#end === undefined
        ? this.#run(all, fetches)
        : this.#runInto(all, fetches, this.#end));
    } catch (cause) {
      throw runtimeError("a training step", cause);
    } finally {
      this.#running = false;
    }
    this.#current = to;
    return answers;
  }

  async #run(feeds: OrtFeeds, fetches: OrtFeeds): Promise<Record<string, Tensor>> {
    const asked = Object.fromEntries(this.#others.map(({ name }) => [name, null]));
    const results = await this.#loan.native.run(feeds, { ...fetches, ...asked });
    return Object.fromEntries(this.#others.map(({ name }) => [name, fromOrt(results[name]!)]));
  }

  async #runInto(feeds: OrtFeeds, fetches: OrtFeeds, end: string): Promise<Record<string, Tensor>> {
    const answers = Object.fromEntries(this.#others.map((port) => [port.name, roomFor(port)]));
    await runInto(this.#loan.native, feeds, { ...fetches, ...this.#wrapAll(answers) }, end);
    return answers;
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
