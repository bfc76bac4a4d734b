/**
 * Parameters and optimiser slots in place: the graph reads the parameters and writes the gradients, then the
 * optimiser moves everything in one pass over each parameter.
 *
 * Adam as nodes of the graph reads and writes every array ten times over; here it is once, with the same bits, and no
 * array is kept twice.
 */
import type { Tensor } from "../../core/index.ts";
import { type Placed, UpdateArrays } from "../../kernels/index.ts";
import type { Weights } from "../network.ts";
import type { Optimiser } from "../optimisers.ts";
import { gradientName, type PlannedUpdate, slotName, type StepOptions } from "./step.ts";

/** A WebAssembly memory holds less than 4 GiB; beyond half of it the update stays in the graph. */
const mostBytes = 2 ** 31;

/** Whether a step's update can be taken out of the graph. */
export function canUpdateInPlace(
  {
    optimiser,
    dtype = "float32",
    accumulate = 1,
    ema,
    replicas = 1,
  }: StepOptions & { readonly replicas?: number },
  weights: Weights,
  device: string,
): boolean {
  if (optimiser.updateInPlace === undefined || dtype !== "float32" || device !== "cpu") return false;
  if (accumulate > 1 || ema !== undefined || typeof process?.getBuiltinModule !== "function") return false;
  const copies = 2 + (replicas > 1 ? 1 : 0) + optimiser.slots.length;
  const counts = Object.values(weights).flatMap(({ data }) => Array<number>(copies).fill(data.length));
  return UpdateArrays.bytesOf(counts) < mostBytes;
}

interface Site {
  readonly update: PlannedUpdate;
  readonly parameter: Placed;
  readonly gradient: Placed;
  /** A part's gradient, before it is added to the others'; the gradient itself where there is one part. */
  readonly part: Placed;
  readonly slots: Readonly<Record<string, Placed>>;
}

export class InPlaceUpdate {
  readonly #optimiser: Optimiser;
  readonly #arrays: UpdateArrays;
  readonly #sites: readonly Site[];
  /** State by name, in place: the parameters and the slots. */
  readonly #state = new Map<string, Tensor & { readonly data: Float32Array }>();
  /** What the graph reads and writes, by the names of its inputs and outputs. */
  readonly fixed: Readonly<Record<string, Tensor>>;
  readonly into: Readonly<Record<string, Tensor>>;
  /** Parts whose gradients have been added up since the last step. */
  #parts = 0;

  /** @param replicas - More than one: what the graph writes is a part of the gradient, see `add`. */
  constructor(updates: readonly PlannedUpdate[], weights: Weights, optimiser: Optimiser, replicas = 1) {
    this.#optimiser = optimiser;
    const { slots } = optimiser;
    const copies = 2 + (replicas > 1 ? 1 : 0) + slots.length;
    const counts = updates.flatMap(({ path }) => Array<number>(copies).fill(weights[path]!.data.length));
    this.#arrays = new UpdateArrays(counts);
    const fixed: Record<string, Tensor> = {};
    const into: Record<string, Tensor> = {};
    this.#sites = updates.map((update) => {
      const { path } = update;
      const { shape, data } = weights[path]!;
      const tensor = (placed: Placed) => ({ dtype: "float32", shape, data: placed.data }) as const;
      const take = (): Placed => this.#arrays.take(data.length);
      const [parameter, gradient] = [take(), take()];
      const part = replicas > 1 ? take() : gradient;
      const kept = Object.fromEntries(slots.map((slot) => [slot, take()]));
      parameter.data.set(data as Float32Array);
      fixed[path] = tensor(parameter);
      into[gradientName(path)] = tensor(part);
      this.#state.set(path, tensor(parameter));
      for (const slot of slots) this.#state.set(slotName(slot, path), tensor(kept[slot]!));
      return { update, parameter, gradient, part, slots: kept };
    });
    this.fixed = fixed;
    this.into = into;
  }

  /**
   * Adds a part's gradients to those of the parts before it.
   *
   * @param answers - Gradients by the names of their outputs; when absent, those that the graph has written.
   */
  add(answers?: Readonly<Record<string, Tensor>>): void {
    for (const { update, gradient, part } of this.#sites) {
      if (answers) part.data.set(answers[gradientName(update.path)]!.data as Float32Array);
      if (this.#parts === 0) gradient.data.set(part.data);
      else this.#arrays.add(gradient, part);
    }
    this.#parts++;
  }

  /** Leaves out what has been added since the last step. */
  discard(): void {
    this.#parts = 0;
  }

  /** Scales gradients that are longer than `most` together down to it. @returns How long they were. */
  clip(most: number): number {
    const squares = this.#sites.reduce((sum, { gradient }) => sum + this.#arrays.squareSum(gradient), 0);
    const norm = Math.sqrt(squares);
    const factor = Math.min(most / (norm + 1e-6), 1);
    if (factor < 1) for (const { gradient } of this.#sites) this.#arrays.scale(gradient, factor);
    return norm;
  }

  /** The optimiser's step, once the graph has written the gradients. */
  step(rate: number, scalars: Readonly<Record<string, number>>): void {
    this.#parts = 0;
    const rounded = Object.fromEntries(
      Object.entries(scalars).map(([name, value]) => [name, Math.fround(value)]),
    );
    for (const { update, parameter, gradient, slots } of this.#sites) {
      this.#optimiser.updateInPlace!(this.#arrays, {
        parameter,
        gradient,
        slots,
        scalars: { ...rounded, rate: Math.fround(Math.fround(rate) * Math.fround(update.rate)) },
        decay: update.decay,
      });
    }
  }

  has(name: string): boolean {
    return this.#state.has(name);
  }

  /** A copy of a state tensor. */
  get(name: string): Tensor {
    const tensor = this.#state.get(name)!;
    return { ...tensor, data: tensor.data.slice() };
  }

  snapshot(): Record<string, Tensor> {
    return Object.fromEntries([...this.#state.keys()].map((name) => [name, this.get(name)]));
  }

  /** Where a tensor of a snapshot is written to. */
  restore(name: string, { data }: Tensor): void {
    this.#state.get(name)!.data.set(data as Float32Array);
  }
}
