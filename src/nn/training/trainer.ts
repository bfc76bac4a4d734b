/** A compiled training step with its state: takes groups of batches, gives losses. */
import { createRandom, MillwrightError, type Tensor } from "../../core/index.ts";
import {
  blockSize,
  createTrainState,
  type Device,
  type Feeds,
  type TrainState,
} from "../../runtime/index.ts";
import { requireCount } from "../layer.ts";
import type { Network, Weights } from "../network.ts";
import { type Expected, requireBatch } from "./batch-checks.ts";
import { canUpdateInPlace, InPlaceUpdate } from "./in-place.ts";
import type { Batch } from "./loader.ts";
import { MaskPools } from "./masks.ts";
import { partOf, type ReplicaOptions, Replicas, requireParts } from "./replicas.ts";
import {
  emaName,
  feedNames,
  resultNames,
  scalarName,
  sumName,
  type StepOptions,
  type StepPlan,
  trainingStep,
} from "./step.ts";

export interface StepResult {
  readonly loss: number;
  readonly gradientNorm: number | undefined;
}

interface TrainerOptions extends StepOptions, ReplicaOptions {
  /** Draws the masks. */
  readonly seed: number;
  readonly device?: Device;
}

export class Trainer {
  readonly plan: StepPlan;
  readonly #state: TrainState;
  readonly #update: InPlaceUpdate | undefined;
  readonly #replicas: Replicas | undefined;
  readonly #options: TrainerOptions;
  readonly #masks: MaskPools;
  readonly #weights: Weights;
  readonly #expected: Expected;

  private constructor(
    net: Network,
    plan: StepPlan,
    state: TrainState | Replicas,
    update: InPlaceUpdate | undefined,
    options: TrainerOptions,
    weights: Weights,
  ) {
    this.plan = plan;
    this.#replicas = state instanceof Replicas ? state : undefined;
    this.#state = state instanceof Replicas ? state.state : state;
    this.#update = update;
    this.#options = options;
    this.#weights = weights;
    const target = { ...plan.target, shape: inBatch(plan.target.shape, options.replicas) };
    this.#expected = { inputs: net.inputs, target, loss: options.loss.name };
    const random = createRandom(options.seed).child("masks");
    this.#masks = new MaskPools(plan.masks, options.dtype ?? "float32", random);
  }

  /**
   * Compiles the step.
   *
   * @throws MillwrightError `PARAMETER_CONFLICT` for replicas that cannot share a batch, and as `trainingStep` does.
   */
  static async create(net: Network, weights: Weights, options: TrainerOptions): Promise<Trainer> {
    const { threads = 1, device = "cpu", optimiser, replicas = 1, batchSize } = options;
    requireCount("training", "replicas", replicas);
    const updateOutside = canUpdateInPlace(options, weights, device);
    requireParts(batchSize, replicas, updateOutside);
    const { clipNorm, ...rest } = options;
    // The gradient's length is that of all parts together.
    const clipped = clipNorm === undefined || replicas > 1 ? {} : { clipNorm };
    const plan = trainingStep(net, weights, {
      ...rest,
      ...clipped,
      batchSize: batchSize / replicas,
      updateOutside,
      ...(device === "cpu" ? { batchInnermost: { block: await blockSize(device) } } : {}),
    });
    const { next, initial } = plan;
    const update = updateOutside ? new InPlaceUpdate(plan.updates, weights, optimiser, replicas) : undefined;
    if (update && replicas > 1) {
      const parts = await Replicas.create(plan, update, { threads, replicas });
      return new Trainer(net, plan, parts, update, options, weights);
    }
    const arrays = update ? { fixed: update.fixed, into: update.into } : {};
    const state = await createTrainState(plan.graph, { next, initial, threads, device, ...arrays });
    return new Trainer(net, plan, state, update, options, weights);
  }

  /** Numbers that training moves: trainable ones that are not frozen. */
  get trainedCount(): number {
    return this.plan.trained.reduce((sum, path) => sum + this.#weights[path]!.data.length, 0);
  }

  /**
   * One step of the optimiser on one batch, or on several whose gradients are added up.
   *
   * @param step - 1, 2, ….
   * @param epoch - 0, 1, …; masks are drawn anew in each.
   * @throws MillwrightError `DTYPE_MISMATCH`, `SHAPE_MISMATCH` or `DATA_BAD_VALUE` for a batch that does not fit; after any
   *   error the state is as before the step.
   */
  async step(batches: readonly Batch[], rate: number, step: number, epoch: number): Promise<StepResult> {
    const { optimiser, accumulate = 1 } = this.#options;
    for (const batch of batches) requireBatch(batch, this.#expected);
    const total = batches.reduce((sum, { weight }) => weight.reduce((a, w) => a + w, sum), 0);
    if (!(total > 0)) {
      throw new MillwrightError(
        "DATA_BAD_VALUE",
        `The weights of the batch at step ${step} add up to ${total}.`,
        "Leave rows without weight out, or give positive weights.",
      );
    }
    if (this.#replicas) return this.#stepInParts(this.#replicas, batches[0]!, total, rate, step, epoch);
    const figures = optimiser.scalarsAt(step);
    const scalars: Record<string, number> = { [feedNames.rate]: rate };
    for (const [name, value] of Object.entries(figures)) scalars[scalarName(name)] = value;
    let loss = 0;
    let gradientNorm: number | undefined;
    const before = batches.length > 1 ? this.#movedByEach() : {};
    try {
      for (const [k, batch] of batches.entries()) {
        const feeds: Record<string, Tensor> = {
          ...batch.inputs,
          [feedNames.target]: batch.target,
          [feedNames.weight]: this.#weightsOf(batch, total),
          ...this.#masks.draw(epoch, step * accumulate + k),
        };
        if (!this.#update)
          for (const [name, value] of Object.entries(scalars)) feeds[name] = this.#number([value], []);
        if (accumulate > 1) feeds[feedNames.apply] = this.#number([k === batches.length - 1 ? 1 : 0], []);
        const answer = await this.#state.step(feeds);
        loss += Number(answer[resultNames.loss]!.data[0]);
        const norm = answer[resultNames.gradientNorm];
        if (norm) gradientNorm = Number(norm.data[0]);
      }
    } catch (error) {
      this.#state.restore(before);
      throw error;
    }
    this.#update?.step(rate, figures);
    return { loss, gradientNorm };
  }

  /** State that each batch of a step moves, as it is between steps: sums of gradients, batch normalisation's running tensors. */
  #movedByEach(): Record<string, Tensor> {
    const { next, initial, trained } = this.plan;
    const sums = new Set(trained.map(sumName));
    const moved: Record<string, Tensor> = {};
    for (const name of Object.keys(next)) {
      if (sums.has(name)) moved[name] = initial[name]!;
      else if (Object.hasOwn(this.#weights, name) && !trained.includes(name))
        moved[name] = this.#state.get(name);
    }
    return moved;
  }

  async #stepInParts(
    replicas: Replicas,
    batch: Batch,
    total: number,
    rate: number,
    step: number,
    epoch: number,
  ): Promise<StepResult> {
    const { optimiser, clipNorm, replicas: count = 1 } = this.#options;
    const whole = {
      ...batch.inputs,
      [feedNames.target]: batch.target,
      [feedNames.weight]: this.#weightsOf(batch, total),
    };
    const parts: Feeds[] = Array.from({ length: count }, (_, k) => {
      const rows = Object.entries(whole).map(([name, tensor]) => [name, partOf(tensor, k, count)]);
      const masks = Object.entries(this.#masks.draw(epoch, step * count + k));
      return Object.fromEntries([...rows, ...masks.map(([name, mask]) => [name, partOf(mask, 0, 1)])]);
    });
    const counts = parts.map((part) =>
      (part[feedNames.weight]!.data as Float32Array).some((weight) => weight > 0),
    );
    const answers = await replicas.step(parts, counts);
    const loss = answers.reduce((sum, answer) => sum + Number(answer[resultNames.loss]!.data[0]), 0);
    const gradientNorm = clipNorm === undefined ? undefined : this.#update!.clip(clipNorm);
    this.#update!.step(rate, optimiser.scalarsAt(step));
    return { loss, gradientNorm };
  }

  #weightsOf({ weight }: Batch, total: number): Tensor {
    const weightShape = inBatch(this.plan.weightShape, this.#options.replicas);
    const length = weightShape.reduce((a, b) => a * b, 1);
    if (weight.length !== length) {
      throw new MillwrightError(
        "SHAPE_MISMATCH",
        `The loader gives ${weight.length} weights a batch, and the loss has [${weightShape.join(", ")}] of them.`,
        weightShape.length > 1 ? "Give one weight for each position of each row." : "Give one weight a row.",
      );
    }
    return this.#options.dtype === "float64"
      ? { dtype: "float64", shape: weightShape, data: Float64Array.from(weight, (w) => w / total) }
      : { dtype: "float32", shape: weightShape, data: weight.map((w) => w / total) };
  }

  #number(values: readonly number[], shape: readonly number[]): Tensor {
    return this.#options.dtype === "float64"
      ? { dtype: "float64", shape, data: Float64Array.from(values) }
      : { dtype: "float32", shape, data: Float32Array.from(values) };
  }

  /**
   * Copies of the weights as they are now, frozen ones included.
   *
   * @param averaged - The running means in place of the trained weights, where they are kept.
   */
  weights(averaged = this.#options.ema !== undefined): Weights {
    const mean = averaged && this.#options.ema !== undefined;
    const trained = new Set(this.plan.trained);
    return Object.fromEntries(
      Object.entries(this.#weights).map(([path, tensor]) => {
        const name = mean && trained.has(path) ? emaName(path) : path;
        if (this.#update?.has(name)) return [path, this.#update.get(name)];
        return [path, name in this.plan.next ? this.#state.get(name) : tensor];
      }),
    );
  }

  snapshot(): Record<string, Tensor> {
    return { ...this.#update?.snapshot(), ...this.#state.snapshot() };
  }

  restore(tensors: Readonly<Record<string, Tensor>>): void {
    const others: Record<string, Tensor> = {};
    for (const [name, tensor] of Object.entries(tensors)) {
      if (this.#update?.has(name)) this.#update.restore(name, tensor);
      else others[name] = tensor;
    }
    this.#state.restore(others);
  }

  release(): Promise<void> {
    return (this.#replicas ?? this.#state).release();
  }
}

/** The shape of a whole batch from that of a part. */
function inBatch<D>(shape: readonly D[], replicas = 1): D[] {
  return shape.map((size, axis) => (axis === 0 && typeof size === "number" ? size * replicas : size) as D);
}
