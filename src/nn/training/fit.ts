/**
 * The training loop.
 *
 * Between two steps everything that decides the rest is in `Position`, the step's state and the seeds:
 * that is where it stops on a signal, writes checkpoints and takes them up again. The rows it
 * validates on choose the epoch, and so must not be those that judge the result.
 */
import { type Json, MillwrightError, type Tensor } from "../../core/index.ts";
import { graphHash } from "../../graph/index.ts";
import type { Device } from "../../runtime/index.ts";
import { requireCount, requireSeed } from "../layer.ts";
import type { Network, Weights } from "../network.ts";
import { constantRate, factorAt, type Schedule } from "../schedules.ts";
import { type Checkpoint, type Position, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { Evaluator, type FitMetric } from "./evaluation.ts";
import type { EpochRecord, TrainEvent } from "./events.ts";
import type { Batch, Loader } from "./loader.ts";
import type { ReplicaOptions } from "./replicas.ts";
import { type StepOptions } from "./step.ts";
import { Trainer } from "./trainer.ts";

export interface FitOptions extends Omit<StepOptions, "batchSize">, ReplicaOptions {
  readonly train: Loader;
  /** Rows that choose the epoch. */
  readonly validation?: Loader;
  readonly epochs: number;
  /** Draws masks. Same seed, data and version: same weights, with one thread. */
  readonly seed: number;
  /** Default: the optimiser's rate all the time. */
  readonly schedule?: Schedule;
  /** Figure of the validation rows. What is watched: this one, or the validation loss without it. */
  readonly metric?: FitMetric;
  /** Epochs without a better one after which training ends. Default: never. Needs validation. */
  readonly patience?: number;
  /** In place of patience: back to the best epoch, and on from there in smaller steps. Needs validation. */
  readonly fallBack?: FallBack;
  /**
   * Where steps run. "webgpu" is on request only: its driver can end the whole process, so give it one of its own;
   * parameters travel to the device and back with each step. Default "cpu".
   */
  readonly device?: Device;
  readonly checkpoint?: CheckpointOptions;
  /** Ends training between two steps; what is trained so far is the result. */
  readonly signal?: AbortSignal;
}

/**
 * What to do when epochs in a row bring nothing better, or the loss is not finite: the whole state of the best epoch comes
 * back, and the rate falls. The start counts as epoch 0. Targets that overfit in a few epochs and those that need many so
 * get their own schedule each.
 */
export interface FallBack {
  /** Epochs without a better one before it. */
  readonly patience: number;
  /** What becomes of the rate each time, in (0, 1). */
  readonly factor: number;
  /** How often; the next time ends training. */
  readonly times: number;
}

export interface CheckpointOptions {
  /** A .safetensors file. */
  readonly path: string;
  /** Steps between two of them; one is written after each epoch, and where a signal ends training, anyway. */
  readonly everySteps?: number;
  /** Goes on from the file when it is there. Default false: the file is replaced. */
  readonly resume?: boolean;
}

export interface FitResult {
  /** Of the best epoch by what is watched; of the last without validation. */
  readonly weights: Weights;
  readonly history: readonly EpochRecord[];
  readonly bestEpoch: number | undefined;
  /** What is watched, at the best epoch. */
  readonly bestValue: number | undefined;
  readonly reason: Extract<TrainEvent, { type: "end" }>["reason"];
}

/**
 * Trains a network.
 *
 * @param weights - To start from: of `initialise`, or of an earlier training.
 * @param onEvent - Told of every event, as `trainEvents` gives them.
 * @throws MillwrightError `FIT_DIVERGED` naming the batch where the loss is not finite, unless it falls back; `SHAPE_MISMATCH`,
 *   `GRAPH_NO_GRADIENT`, `PARAMETER_UNKNOWN` for a network, loss or group that does not fit; `PARAMETER_CONFLICT` for what
 *   watches validation rows where there are none.
 */
export async function fit(
  net: Network,
  weights: Weights,
  options: FitOptions,
  onEvent?: (event: TrainEvent) => void,
): Promise<FitResult> {
  const events = trainEvents(net, weights, options);
  try {
    for (;;) {
      const { done, value } = await events.next();
      if (done === true) return value;
      onEvent?.(value);
    }
  } finally {
    // Where the listener throws, the sessions are released all the same.
    await events.return(undefined as never);
  }
}

/** The same as a stream: `for await (const event of trainEvents(…))`. Leaving the loop ends the training. */
export async function* trainEvents(
  net: Network,
  weights: Weights,
  options: FitOptions,
): AsyncGenerator<TrainEvent, FitResult> {
  requireCount("fit", "epochs", options.epochs);
  requireCount("fit", "accumulate", options.accumulate ?? 1);
  if (options.patience !== undefined) requireCount("fit", "patience", options.patience);
  if (options.checkpoint?.everySteps !== undefined)
    requireCount("fit", "checkpoint.everySteps", options.checkpoint.everySteps);
  requireCount("fit", "threads", options.threads ?? 1);
  requireSeed("fit", options.seed);
  requireWatched(options);
  requireFallBack(options);
  const run = await Run.start(net, weights, options);
  try {
    return yield* run.events();
  } finally {
    await run.release();
  }
}

class Run {
  readonly #options: FitOptions;
  readonly #trainer: Trainer;
  readonly #evaluator: Evaluator | undefined;
  readonly #identity: Readonly<Record<string, Json>>;
  readonly #schedule: Schedule;
  readonly #stepsPerEpoch: number;
  #position: Position;
  /** Of the last step taken. */
  #lastRate = 0;
  #best: Weights | undefined;
  /** The step's state at the best epoch, where training falls back to it. */
  #back: Readonly<Record<string, Tensor>> | undefined;

  private constructor(
    options: FitOptions,
    trainer: Trainer,
    evaluator: Evaluator | undefined,
    identity: Readonly<Record<string, Json>>,
    from: Checkpoint | undefined,
  ) {
    this.#options = options;
    this.#trainer = trainer;
    this.#evaluator = evaluator;
    this.#identity = identity;
    this.#schedule = options.schedule ?? constantRate();
    this.#stepsPerEpoch = Math.ceil(options.train.batchCount / (options.accumulate ?? 1));
    this.#position = from?.position ?? {
      epoch: 0,
      batch: 0,
      step: 0,
      lossSum: 0,
      lossWeight: 0,
      history: [],
      watched: [],
      best: undefined,
      since: 0,
      falls: 0,
    };
    this.#best = from?.best;
    this.#back = from?.back;
    if (from) trainer.restore(from.state);
  }

  static async start(net: Network, weights: Weights, options: FitOptions): Promise<Run> {
    const { train, validation, loss, dtype = "float32", threads = 1, device = "cpu", checkpoint } = options;
    const trainer = await Trainer.create(net, weights, { ...options, batchSize: train.batchSize, threads });
    let evaluator: Evaluator | undefined;
    try {
      const identity = checkpoint ? identityOf(trainer, options) : {};
      const from = checkpoint?.resume === true ? readCheckpoint(checkpoint.path, identity) : undefined;
      evaluator = validation && (await Evaluator.create(net, loss, { dtype, threads, device }));
      return new Run(options, trainer, evaluator, identity, from);
    } catch (error) {
      await trainer.release();
      await evaluator?.release();
      throw error;
    }
  }

  async *events(): AsyncGenerator<TrainEvent, FitResult> {
    const { epochs, signal } = this.#options;
    const at = this.#position;
    await this.#judgeStart();
    yield {
      type: "start",
      parameterCount: this.#trainer.trainedCount,
      stepsPerEpoch: this.#stepsPerEpoch,
      epochs,
      epoch: at.epoch + 1,
      step: at.step,
    };
    let reason: FitResult["reason"] = "done";
    while (at.epoch < epochs) {
      if (this.#outOfPatience()) {
        reason = "patience";
        break;
      }
      const end = yield* this.#epoch();
      if (end === "aborted") {
        yield* this.#writeCheckpoint();
        reason = "aborted";
        break;
      }
      if (end === "whole") yield await this.#endEpoch();
      else this.#leaveEpoch(this.#options.fallBack!.patience);
      if (this.#isStuck() && !this.#outOfPatience()) yield this.#fall();
      yield* this.#writeCheckpoint();
      if (signal?.aborted === true && at.epoch < epochs) {
        reason = "aborted";
        break;
      }
    }
    const weights = this.#best ?? this.#trainer.weights();
    requireFinite(weights, at.step);
    yield { type: "end", reason, step: at.step };
    return {
      weights,
      history: at.history,
      bestEpoch: at.best?.epoch,
      bestValue: at.best && (this.#options.metric?.better === "higher" ? -at.best.value : at.best.value),
      reason,
    };
  }

  /** Where training may fall back, the start is the first state to come back to. */
  async #judgeStart(): Promise<void> {
    if (this.#options.fallBack === undefined || this.#back !== undefined) return;
    const weights = this.#trainer.weights();
    this.#keepBest(0, (await this.#judge(weights)).watched, weights);
  }

  #outOfPatience(): boolean {
    const { patience, fallBack } = this.#options;
    const { best, history, falls } = this.#position;
    if (fallBack) return this.#isStuck() && falls >= fallBack.times;
    return patience !== undefined && best !== undefined && history.length - best.epoch >= patience;
  }

  #isStuck(): boolean {
    const { fallBack } = this.#options;
    return fallBack !== undefined && this.#position.since >= fallBack.patience;
  }

  /** Goes back to the best epoch. */
  #fall(): TrainEvent {
    const at = this.#position;
    this.#trainer.restore(this.#back!);
    at.falls++;
    at.since = 0;
    return { type: "fall", epoch: at.best!.epoch, learningRate: this.#rate() };
  }

  /** The rest of the current epoch, up to its end, the signal, or a loss that training falls back from. */
  async *#epoch(): AsyncGenerator<TrainEvent, "whole" | "aborted" | "diverged"> {
    const { train, accumulate = 1, signal, checkpoint, epochs } = this.#options;
    const at = this.#position;
    const started = performance.now();
    let rowsDone = 0;
    let group: Batch[] = [];
    for await (const batch of train.batches(at.epoch, at.batch)) {
      group.push(batch);
      const last = at.batch + group.length === train.batchCount;
      if (group.length < accumulate && !last) continue;
      if (signal?.aborted === true) return "aborted";
      const rate = this.#rate();
      const { loss, gradientNorm } = await this.#trainer.step(group, rate, at.step + 1, at.epoch);
      if (!Number.isFinite(loss)) {
        if (this.#back) return "diverged";
        throw this.#diverged(loss, group, rate);
      }
      const weight = group.reduce((sum, each) => each.weight.reduce((a, w) => a + w, sum), 0);
      at.lossSum += loss * weight;
      at.lossWeight += weight;
      this.#lastRate = rate;
      at.step++;
      at.batch += group.length;
      rowsDone += group.reduce((sum, { rows }) => sum + rows.length, 0);
      group = [];
      const seconds = (performance.now() - started) / 1000;
      const rowsLeft =
        (epochs - at.epoch) * train.rowCount - Math.min(at.batch * train.batchSize, train.rowCount);
      yield {
        type: "step",
        epoch: at.epoch + 1,
        step: at.step,
        loss,
        learningRate: rate,
        ...(gradientNorm === undefined ? {} : { gradientNorm }),
        rowsPerSecond: rowsDone / seconds,
        secondsLeft: (rowsLeft * seconds) / rowsDone,
      };
      const every = checkpoint?.everySteps;
      if (every !== undefined && at.step % every === 0 && !last) yield* this.#writeCheckpoint();
    }
    return "whole";
  }

  /** Of the next step. */
  #rate(): number {
    const { epochs, optimiser, fallBack } = this.#options;
    const { step, watched, falls } = this.#position;
    const stepsPerEpoch = this.#stepsPerEpoch;
    const totalSteps = epochs * stepsPerEpoch;
    const factor = factorAt(this.#schedule, { step, totalSteps, stepsPerEpoch, watched });
    return optimiser.learningRate * factor * (fallBack ? fallBack.factor ** falls : 1);
  }

  #diverged(loss: number, group: readonly Batch[], rate: number): MillwrightError {
    const at = this.#position;
    const rows = group.flatMap((batch) => [...batch.rows]);
    const named = `${rows.slice(0, 8).join(", ")}${rows.length > 8 ? ", …" : ""}`;
    return new MillwrightError(
      "FIT_DIVERGED",
      `The loss is ${loss} at step ${at.step + 1} (epoch ${at.epoch + 1}, batch ${at.batch + 1}, learning rate ${rate.toPrecision(3)}; rows ${named}).`,
      "Look at these rows, lower the learning rate, or give { clipNorm: 1 }.",
    );
  }

  /** Validates, keeps the weights if they are the best, and moves on to the next epoch. */
  async #endEpoch(): Promise<TrainEvent> {
    const at = this.#position;
    let record: EpochRecord = {
      epoch: at.epoch + 1,
      loss: at.lossSum / at.lossWeight,
      learningRate: this.#lastRate,
    };
    let best = false;
    let since = at.since + 1;
    if (this.#evaluator) {
      const weights = this.#trainer.weights();
      const { loss, figure, watched } = await this.#judge(weights);
      record = {
        ...record,
        validationLoss: loss,
        ...(figure === undefined ? {} : { validationMetric: figure }),
      };
      at.watched.push(watched);
      // What is no number is no best: nothing would ever be below it.
      best = Number.isFinite(watched) && (at.best === undefined || watched < at.best.value);
      if (best) {
        this.#keepBest(record.epoch, watched, weights);
        since = 0;
      }
    }
    at.history.push(record);
    this.#leaveEpoch(since);
    return { type: "epoch", best, ...record };
  }

  /** Loss and figure of the validation rows, and what is watched of them: lower is better. */
  async #judge(weights: Weights): Promise<{ loss: number; figure: number | undefined; watched: number }> {
    const { validation, metric } = this.#options;
    const { loss, scored } = await this.#evaluator!.run(weights, validation!);
    const figure = metric?.score(scored);
    const watched = figure === undefined ? loss : metric!.better === "higher" ? -figure : figure;
    return { loss, figure, watched };
  }

  #keepBest(epoch: number, value: number, weights: Weights): void {
    this.#position.best = { epoch, value };
    this.#best = weights;
    if (this.#options.fallBack) this.#back = this.#trainer.snapshot();
  }

  #leaveEpoch(since: number): void {
    const at = this.#position;
    at.since = since;
    at.epoch++;
    at.batch = 0;
    at.lossSum = 0;
    at.lossWeight = 0;
  }

  *#writeCheckpoint(): Generator<TrainEvent> {
    const { checkpoint } = this.#options;
    if (checkpoint === undefined) return;
    const { path } = checkpoint;
    writeCheckpoint(path, this.#identity, {
      position: this.#position,
      state: this.#trainer.snapshot(),
      best: this.#best,
      back: this.#back,
    });
    yield { type: "checkpoint", path, step: this.#position.step };
  }

  async release(): Promise<void> {
    await this.#trainer.release();
    await this.#evaluator?.release();
  }
}

/** @throws MillwrightError `PARAMETER_CONFLICT` for what looks at validation rows, where there are none. */
function requireWatched({ validation, patience, metric, schedule }: FitOptions): void {
  if (validation) return;
  const idle =
    patience !== undefined
      ? "{ patience }"
      : metric
        ? "{ metric }"
        : schedule?.watches === true
          ? `the schedule "${schedule.name}"`
          : undefined;
  if (idle === undefined) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `fit has ${idle} and no { validation }: there is nothing to watch.`,
    "Give rows to validate on, or leave it out.",
  );
}

/** A last step may still go wrong where its loss was finite. @throws MillwrightError `FIT_DIVERGED`. */
function requireFinite(weights: Weights, step: number): void {
  for (const [path, { data }] of Object.entries(weights)) {
    if ((data as Float32Array).every((value) => Number.isFinite(value))) continue;
    throw new MillwrightError(
      "FIT_DIVERGED",
      `The weight "${path}" is not finite after step ${step}.`,
      "Lower the learning rate, or give { clipNorm: 1 }.",
    );
  }
}

function requireFallBack({ fallBack, patience, validation }: FitOptions): void {
  if (fallBack === undefined) return;
  requireCount("fit", "fallBack.patience", fallBack.patience);
  requireCount("fit", "fallBack.times", fallBack.times, 0);
  if (!(fallBack.factor > 0 && fallBack.factor < 1)) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `fit has { fallBack: { factor: ${fallBack.factor} } }, and needs a share in (0, 1).`,
      "Give { factor: 0.3 }, say.",
    );
  }
  if (validation && patience === undefined) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    validation
      ? "fit has { fallBack } and { patience }: both say when to end."
      : "fit has { fallBack } and no { validation }: nothing tells which epoch is the best.",
    validation ? "Give one of them." : "Give rows to validate on.",
  );
}

/** What must be equal for a checkpoint to go on, by name of the part. */
function identityOf({ plan }: Trainer, options: FitOptions): Record<string, Json> {
  return {
    step: graphHash(plan.graph),
    // Masks are fed, so the graph does not tell their rates.
    masks: plan.masks.map(({ name, rate }) => [name, rate]),
    updates: plan.updates.map(({ rate, decay }) => [rate, decay]),
    optimiser: { name: options.optimiser.name, ...options.optimiser.settings },
    schedule: options.schedule ? { name: options.schedule.name, ...options.schedule.settings } : null,
    data: options.train.description,
    validation: options.validation?.description ?? null,
    epochs: options.epochs,
    metric: options.metric ? [options.metric.name, options.metric.better] : null,
    patience: options.patience ?? null,
    accumulate: options.accumulate ?? 1,
    // With one part the length that gradients are clipped to stands in the graph.
    parts: (options.replicas ?? 1) > 1 ? [options.replicas!, options.clipNorm ?? null] : null,
    fallBack: options.fallBack ? { ...options.fallBack } : null,
    seed: options.seed,
  };
}
