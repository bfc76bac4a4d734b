/**
 * The training loop: epochs of shuffled batches, watched on rows kept aside.
 *
 * When some epochs in a row bring nothing, training goes back to its best epoch and on from there with
 * a third of the rate; after three such falls it ends. So noisy targets, which overfit
 * in a few epochs, and smooth ones, which need many, get their own schedule.
 */
import { MillwrightError } from "../../core/index.ts";
import type { FitContext, Target } from "../../estimators/index.ts";
import { graph, input } from "../../graph/index.ts";
import { compile, type Session } from "../../runtime/index.ts";
import { correctedRate } from "./adamw.ts";
import { emitCode, type Encoding } from "./encoding.ts";
import { forward, initialLayers, type Layer, layerInputs, layerTensors, type Sizes } from "./network.ts";
import { createStep, currentLayers, type StepPlan } from "./training-step.ts";

/** Rows as a network takes them. */
export interface CodedRows {
  readonly rowCount: number;
  /** Bounded numbers. Row-major [rowCount, u]. */
  readonly x: Float32Array;
  /** Standardised number, or class code. */
  readonly y: Float32Array;
  readonly weight: Float32Array;
}

export interface TrainOptions {
  readonly kind: Target["kind"];
  readonly batchSize: number;
  readonly epochs: number;
  /** Epochs without a better one after which the rate falls. */
  readonly patience: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly dropout: number;
}

export interface Trained {
  readonly layers: readonly Layer<Float32Array>[];
  /** Epoch of the weights, and loss on the rows kept aside; absent where there were none. */
  readonly epoch: number;
  readonly validationLoss: number | undefined;
}

/** Steps over which the rate rises from 0. */
const warmUp = 100;
/** How often the rate falls, and to which part of itself. */
const falls = 3;
const fall = 0.3;
const optimiser = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };

export async function train(
  encoding: Encoding,
  sizes: Sizes,
  rows: CodedRows,
  aside: CodedRows | undefined,
  options: TrainOptions,
  { random, signal, onProgress }: Pick<FitContext, "random" | "signal" | "onProgress">,
): Promise<Trained> {
  const { kind, batchSize, epochs, patience, learningRate, weightDecay, dropout } = options;
  const plan: StepPlan = { encoding, sizes, kind, batchSize, dropout: dropout > 0, optimiser };
  const start = initialLayers(sizes, random.child("weights"));
  const state = await createStep(plan, start);
  const scorer = aside === undefined ? undefined : await scoreSession(encoding, sizes);
  const batch = new Batch(plan, rows, dropout, random.child("dropout"));
  const step = async (rate: number, order: Uint32Array, at: number, count: number): Promise<void> => {
    batch.fill(order, at, correctedRate(rate, count, optimiser), 1 - rate * weightDecay);
    await state.step(batch.feeds, []);
  };
  let best: Trained = { layers: start, epoch: 0, validationLoss: undefined };
  try {
    if (scorer && aside) best = { ...best, validationLoss: await lossOn(scorer, sizes, start, aside, kind) };
    let kept = state.snapshot();
    let rate = learningRate;
    let fallen = 0;
    let since = 0;
    for (let epoch = 1, count = 0; epoch <= epochs && !signal?.aborted; epoch++) {
      const order = random
        .child(`epoch ${epoch}`)
        .shuffle(Uint32Array.from({ length: rows.rowCount }, (_, i) => i));
      for (let at = 0; at < rows.rowCount && !signal?.aborted; at += batchSize) {
        count++;
        await step(rate * Math.min(1, count / warmUp), order, at, count);
      }
      const layers = currentLayers(state, sizes);
      if (scorer === undefined || aside === undefined) {
        best = { layers, epoch, validationLoss: undefined };
        // Nobody watches: the rate falls at fixed times.
        if (fallen < falls && epoch >= (epochs * (fallen + 2)) / (falls + 2)) {
          rate *= fall;
          fallen++;
        }
        continue;
      }
      const loss = await lossOn(scorer, sizes, layers, aside, kind);
      onProgress?.({ stage: "fit mlp", done: epoch, total: epochs, note: `loss ${loss.toPrecision(4)}` });
      since++;
      if (loss < best.validationLoss!) {
        best = { layers, epoch, validationLoss: loss };
        kept = state.snapshot();
        since = 0;
      } else if (since >= patience) {
        if (fallen++ === falls) break;
        state.restore(kept);
        rate *= fall;
        since = 0;
      }
    }
  } finally {
    await state.release();
    await scorer?.release();
  }
  if (!best.layers.every(isFinite)) {
    throw new MillwrightError(
      "FIT_DIVERGED",
      `mlp with a learning rate of ${learningRate} and a weight decay of ${weightDecay} has no finite weights left.`,
      "Lower { learningRate } or { weightDecay }.",
    );
  }
  return best;
}

/** Whether nothing overflowed: what once did never comes back. Rows kept aside never choose such weights. */
function isFinite({ weight, bias }: Layer<Float32Array>): boolean {
  return weight.every(Number.isFinite) && bias.every(Number.isFinite);
}

/** The arrays that a step is fed, filled anew for each batch. */
class Batch {
  readonly feeds: Record<string, { dtype: "float32"; shape: readonly number[]; data: Float32Array }> = {};
  readonly #rows: CodedRows;
  readonly #plan: StepPlan;
  readonly #masks: MaskPool | undefined;

  constructor(plan: StepPlan, rows: CodedRows, dropout: number, random: FitContext["random"]) {
    this.#plan = plan;
    this.#rows = rows;
    const { batchSize, sizes, encoding } = plan;
    const tensor = (...shape: number[]) => ({
      dtype: "float32" as const,
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
    });
    this.feeds["x"] = tensor(batchSize, encoding.used.length);
    this.feeds["y"] = tensor(batchSize, sizes.at(-1)!);
    this.feeds["weight"] = tensor(batchSize, 1);
    this.feeds["rate"] = tensor();
    this.feeds["keep"] = tensor();
    this.#masks =
      dropout > 0 ? new MaskPool(batchSize * Math.max(...sizes.slice(1, -1)), dropout, random) : undefined;
  }

  fill(order: Uint32Array, at: number, rate: number, keep: number): void {
    const { batchSize, sizes, kind, encoding } = this.#plan;
    const { x, y, weight } = this.#rows;
    const u = encoding.used.length;
    const outputs = sizes.at(-1)!;
    const [toX, toY, toWeight] = [this.feeds["x"]!.data, this.feeds["y"]!.data, this.feeds["weight"]!.data];
    const count = Math.min(batchSize, order.length - at);
    let total = 0;
    for (let i = 0; i < count; i++) total += weight[order[at + i]!]!;
    toWeight.fill(0);
    if (kind === "classification") toY.fill(0);
    for (let i = 0; i < count; i++) {
      const row = order[at + i]!;
      for (let a = 0; a < u; a++) toX[i * u + a] = x[row * u + a]!;
      toWeight[i] = weight[row]! / total;
      if (kind === "classification") toY[i * outputs + y[row]!] = 1;
      else toY[i] = y[row]!;
    }
    this.feeds["rate"]!.data[0] = rate;
    this.feeds["keep"]!.data[0] = keep;
    if (this.#masks === undefined) return;
    for (let k = 0; k < sizes.length - 2; k++) {
      const size = sizes[k + 1]!;
      this.feeds[`mask${k}`] = {
        dtype: "float32",
        shape: [batchSize, size],
        data: this.#masks.draw(batchSize * size),
      };
    }
  }
}

/** Dropout masks cut at random from one long one: a draw per batch, not one per unit and row. */
class MaskPool {
  readonly #pool: Float32Array;
  readonly #random: FitContext["random"];

  constructor(largest: number, dropout: number, random: FitContext["random"]) {
    this.#random = random;
    this.#pool = new Float32Array(4 * largest);
    const kept = 1 / (1 - dropout);
    for (let i = 0; i < this.#pool.length; i++) this.#pool[i] = random.next() < dropout ? 0 : kept;
  }

  draw(length: number): Float32Array {
    const at = this.#random.integer(this.#pool.length - length + 1);
    return this.#pool.subarray(at, at + length);
  }
}

/** A session from bounded rows and weights to scores. */
function scoreSession(encoding: Encoding, sizes: Sizes): Promise<Session> {
  const x = input("x", "float32", ["batch", encoding.used.length]);
  const layers = layerInputs(sizes);
  const inputs = [x, ...layers.flatMap(({ weight, bias }) => [weight, bias])];
  return compile(graph({ inputs, outputs: { scores: forward(layers, emitCode(encoding, x)) } }), {
    threads: 1,
  });
}

/** Weighted mean loss over rows, summed in float64. */
async function lossOn(
  session: Session,
  sizes: Sizes,
  layers: readonly Layer<Float32Array>[],
  rows: CodedRows,
  kind: Target["kind"],
): Promise<number> {
  const u = rows.x.length / rows.rowCount;
  const outputs = sizes.at(-1)!;
  const tensors = layerTensors(sizes, layers);
  let loss = 0;
  let total = 0;
  for (let at = 0; at < rows.rowCount; at += 4096) {
    const count = Math.min(4096, rows.rowCount - at);
    const x = rows.x.subarray(at * u, (at + count) * u);
    const answer = await session.run({ ...tensors, x: { dtype: "float32", shape: [count, u], data: x } });
    const scores = answer["scores"]!.data as Float32Array;
    for (let i = 0; i < count; i++) {
      const row = scores.subarray(i * outputs, (i + 1) * outputs);
      const w = rows.weight[at + i]!;
      total += w;
      loss += w * rowLoss(row, rows.y[at + i]!, kind);
    }
  }
  return loss / total;
}

function rowLoss(scores: Float32Array, y: number, kind: Target["kind"]): number {
  if (kind === "regression") return 0.5 * (scores[0]! - y) ** 2;
  const top = scores.reduce((most, s) => Math.max(most, s), -Infinity);
  let total = 0;
  for (const s of scores) total += Math.exp(s - top);
  return Math.log(total) + top - scores[y]!;
}
