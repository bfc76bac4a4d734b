/**
 * Data-parallel steps: a batch in equal parts, each through a session of its own, at once.
 *
 * Inside one session some operations keep to one thread whatever it is given (slices, pads and splits among them), so that
 * two sessions of one thread get more done than one session of two. One session is here and the others in worker threads;
 * which of them takes a part changes no bit, since the gradients are added up in the order of the parts.
 */
import { MillwrightError, type Tensor } from "../../core/index.ts";
import {
  compileInWorker,
  createTrainState,
  type Feeds,
  type Session,
  type TrainState,
} from "../../runtime/index.ts";
import type { InPlaceUpdate } from "./in-place.ts";
import type { StepPlan } from "./step.ts";

export interface ReplicaOptions {
  /** Threads of a step. More than one inside an operation: results differ in the last bits from run to run. Default 1. */
  readonly threads?: number;
  /**
   * Equal parts of a batch that are computed at once, each on its share of the threads: the quicker way to use several
   * cores. The gradients of the parts are added up, so that a step stays the same but for rounding and for batch
   * normalisation, which takes its figures from a part, as everywhere in data-parallel training. For adam, adamw and sgd
   * with momentum in float32 on the CPU, without `accumulate` and `ema`. Default 1.
   */
  readonly replicas?: number;
}

/** The parts of a batch, computed at once. */
export class Replicas {
  readonly #plan: StepPlan;
  readonly #update: InPlaceUpdate;
  readonly #state: TrainState;
  readonly #others: readonly Session[];
  /** The parameters where the threads read them. */
  readonly #shared: Feeds;

  private constructor(plan: StepPlan, update: InPlaceUpdate, state: TrainState, others: readonly Session[]) {
    this.#plan = plan;
    this.#update = update;
    this.#state = state;
    this.#others = others;
    this.#shared = Object.fromEntries(
      Object.entries(others.length > 0 ? update.fixed : {}).map(([name, { shape, data }]) => {
        const shared = new Float32Array(new SharedArrayBuffer(4 * data.length));
        return [name, { dtype: "float32", shape, data: shared }];
      }),
    );
  }

  /** @param plan - The step of one part, its update outside. */
  static async create(
    plan: StepPlan,
    update: InPlaceUpdate,
    { threads = 1, replicas = 1 }: ReplicaOptions,
  ): Promise<Replicas> {
    const { next, initial, graph } = plan;
    const { fixed, into } = update;
    const each = Math.max(1, Math.floor(threads / replicas));
    const others: Session[] = [];
    const state = await createTrainState(graph, { next, initial, fixed, into, threads: each });
    try {
      for (let k = 1; k < Math.min(replicas, threads); k++)
        others.push(await compileInWorker(graph, { threads: each, training: true }));
      return new Replicas(plan, update, state, others);
    } catch (error) {
      await Promise.all([state.release(), ...others.map((session) => session.release())]);
      throw error;
    }
  }

  /** Batch normalisation's running tensors. */
  get state(): TrainState {
    return this.#state;
  }

  /**
   * The gradients of all parts, added up in the update's arrays.
   *
   * @param parts - What each part is fed.
   * @param counts - Whether a part has rows of any weight: the others leave the running tensors as they are.
   * @returns What the parts answer beside gradients and state.
   * @throws MillwrightError `RUNTIME_FAILED`, `WORKER_FAILED`: the state is then as before the step.
   */
  async step(
    parts: readonly Feeds[],
    counts: readonly boolean[],
  ): Promise<Readonly<Record<string, Tensor>>[]> {
    const runners = this.#others.length + 1;
    const before = this.#state.snapshot();
    for (const [name, { data }] of Object.entries(this.#shared))
      (data as Float32Array).set(this.#update.fixed[name]!.data as Float32Array);
    const running = parts.map((part, k) =>
      k % runners === 0
        ? undefined
        : this.#others[(k % runners) - 1]!.run({ ...part, ...this.#shared, ...before }),
    );
    // A thread that fails is heard of below, and must not end the process where the part before it fails too.
    for (const each of running) each?.catch(() => {});
    const answers: Readonly<Record<string, Tensor>>[] = [];
    const after: Readonly<Record<string, Tensor>>[] = [];
    try {
      for (const [k, part] of parts.entries()) {
        const away = running[k];
        if (!away) this.#state.restore(before);
        const answer = away ? await away : await this.#state.step(part);
        this.#update.add(away && answer);
        answers.push(answer);
        if (counts[k] === true) after.push(away ? this.#stateOf(answer) : this.#state.snapshot());
      }
    } catch (error) {
      this.#update.discard();
      this.#state.restore(before);
      throw error;
    }
    this.#state.restore(meanOf(after));
    return answers;
  }

  #stateOf(answer: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
    return Object.fromEntries(
      Object.entries(this.#plan.next).map(([name, output]) => [name, answer[output]!]),
    );
  }

  async release(): Promise<void> {
    await Promise.all([this.#state.release(), ...this.#others.map((session) => session.release())]);
  }
}

/** The means of tensors by name, in float64 before they are rounded. */
function meanOf(all: readonly Readonly<Record<string, Tensor>>[]): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(all[0]!).map(([name, tensor]) => {
      const data = (tensor.data as Float32Array).map((_, i) => {
        const sum = all.reduce((total, each) => total + (each[name]!.data as Float32Array)[i]!, 0);
        return sum / all.length;
      });
      return [name, { ...tensor, data } as Tensor];
    }),
  );
}

/** Fewer rows than this say little of what batch normalisation asks of a part. */
const fewestRows = 8;

/** The most equal parts that so many threads have work with: as `replicas` where a batch's size is not one's own choice. */
export function partsWithin(threads: number, batchSize: number): number {
  const most = Math.max(1, Math.min(threads, Math.floor(batchSize / fewestRows)));
  for (let parts = most; parts > 1; parts--) if (batchSize % parts === 0) return parts;
  return 1;
}

/** Rows of part `part` of `parts`, in an array of their own: a thread would be sent all of the array behind them. */
export function partOf({ dtype, shape, data }: Tensor, part: number, parts: number): Tensor {
  const [rows = 0, ...row] = shape;
  const size = data.length / parts;
  return {
    dtype,
    shape: [rows / parts, ...row],
    data: data.slice(part * size, (part + 1) * size),
  } as Tensor;
}

/**
 * @param canShare - Whether the update can be taken out of the graph.
 * @throws MillwrightError `PARAMETER_CONFLICT` where a batch cannot be computed in parts.
 */
export function requireParts(batchSize: number, replicas: number, canShare: boolean): void {
  if (replicas === 1) return;
  if (!canShare) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `{ replicas: ${replicas} } is for adam, adamw and sgd with momentum in float32 on the CPU, without { accumulate } and { ema }.`,
      "Leave out what does not fit, or give { threads } alone.",
    );
  }
  if (batchSize % replicas === 0) return;
  const below = batchSize - (batchSize % replicas);
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `{ replicas: ${replicas} } cannot have equal parts of batches of ${batchSize} rows.`,
    `Give batches of ${below > 0 ? `${below} or ` : ""}${below + replicas} rows.`,
  );
}
