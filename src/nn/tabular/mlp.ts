/**
 * A multilayer perceptron for tables: bounded numbers and their piecewise-linear codes through dense
 * layers, trained by one ONNX graph a step. Codes may pass a small layer of their own, or be waves; and several
 * networks may share their weights (TabM).
 *
 * Rows are put in the order of their identities first, so that shuffles, the rows kept aside and the
 * answer do not depend on the order they came in. Training runs in float32 on one thread; the
 * model ships its weights in float64, so that graph and reference agree to rounding.
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import {
  type Estimator,
  type FitContext,
  type Fitted,
  type Target,
  usableRows,
  softmaxOf,
} from "../../estimators/index.ts";
import { add, concat, mul, reduceMean, softmax } from "../../graph/index.ts";
import { mlpNet } from "../architectures/mlp-net.ts";
import { memberLoss, numericEmbedding, periodic, tabM } from "../architectures/tabular.ts";
import { zeros } from "../initialisers.ts";
import { type Layer, layer, type Precision } from "../layer.ts";
import { flatten } from "../layers/activation.ts";
import { sequential } from "../layers/compose.ts";
import { crossEntropy, meanSquaredError } from "../losses.ts";
import { initialise, network, type Network, type Weights } from "../network.ts";
import { adamw } from "../optimisers.ts";
import { fitFamily, inOrderOfIdentity, keepAside, type SplitRows } from "../family-fit.ts";
import { constantRate, type Schedule, warmUp } from "../schedules.ts";
import type { FitMetric } from "../training/evaluation.ts";
import { arrayLoader } from "../training/array-loader.ts";
import type { Loader, RowData } from "../training/loader.ts";
import { scoresOf } from "../training/step.ts";
import { boundedRows, emitBounded, emitRamped, emitRamps, type Encoding, fitEncoding } from "./encoding.ts";
import { scoresReference } from "./reference.ts";

export const mlpParameters = {
  width: {
    type: "integer",
    default: 256,
    min: 1,
    max: 4096,
    scale: "log",
    search: [64, 512],
    meaning: "units of a hidden layer",
  },
  layers: { type: "integer", default: 2, min: 1, max: 8, search: [1, 3], meaning: "hidden layers" },
  bins: {
    type: "integer",
    default: 48,
    min: 0,
    max: 256,
    meaning: "ramps between quantiles that code each number; 0 gives the number alone",
  },
  waves: {
    type: "integer",
    default: 0,
    min: 0,
    max: 256,
    meaning: "sines and cosines of trained frequencies that code each number in place of ramps; 0 for ramps",
  },
  embeddingSize: {
    type: "integer",
    default: 0,
    min: 0,
    max: 256,
    search: [0, 24],
    meaning: "numbers that a small layer of its own makes of each number's code; 0 takes the code as it is",
  },
  members: {
    type: "integer",
    default: 1,
    min: 1,
    max: 64,
    scale: "log",
    search: [1, 8],
    meaning: "networks that share all but a few of their weights (TabM); their answers are averaged",
  },
  dropout: {
    type: "number",
    default: 0.1,
    min: 0,
    max: 0.9,
    search: [0, 0.5],
    meaning: "share of hidden units left out at a step",
  },
  learningRate: {
    type: "number",
    default: 0.002,
    min: 1e-6,
    max: 1,
    scale: "log",
    search: [0.0005, 0.008],
    meaning: "largest step size",
  },
  weightDecay: {
    type: "number",
    default: 0.02,
    min: 0,
    max: 10,
    scale: "log",
    search: [0.001, 0.3],
    meaning: "share of the weights that decays per unit of step size (AdamW)",
  },
  epochs: { type: "integer", default: 100, min: 1, max: 10_000, meaning: "passes over the rows, at most" },
  patience: {
    type: "integer",
    default: 4,
    min: 1,
    max: 10_000,
    meaning: "passes without a better one before the step size falls",
  },
  batchSize: {
    type: "integer",
    default: 0,
    min: 0,
    max: 65_536,
    meaning: "rows of a step; 0 takes 32 to 512 by the number of rows",
  },
  validationShare: {
    type: "number",
    default: 0.15,
    min: 0,
    max: 0.5,
    meaning: "share of the rows kept aside to choose the epoch, where none are given; 0 trains to the last",
  },
} as const satisfies ParameterTable;

type Parameters = ParameterValues<typeof mlpParameters>;

/**
 * Multilayer perceptron for numbers and classes.
 *
 * @throws MillwrightError from `fit`: `DATA_ONE_CLASS`; `SCHEMA_WRONG_KIND` for a category;
 *   `FIT_DIVERGED` if the steps were too large for finite weights.
 */
export function mlp(parameters: Partial<Parameters> = {}): Estimator {
  const resolved = resolveParameters("mlp", mlpParameters, parameters);
  return {
    family: "mlp",
    parameters: resolved,
    tasks: ["regression", "classification"],
    async fit(rows, context) {
      const usable = inOrderOfIdentity(usableRows("mlp", rows));
      const { inside, aside } = keepAside("mlp", usable, resolved.validationShare, context);
      const encoding = fitEncoding(inside.x, resolved.waves > 0 ? Math.max(1, resolved.bins) : resolved.bins);
      const outputs = usable.y.kind === "regression" ? 1 : usable.y.classCount;
      const plan: Plan = { encoding, target: targetScale(inside), kind: usable.y.kind, outputs };
      // Members of nothing to see would all be one.
      const settings = encoding.used.length > 0 ? resolved : { ...resolved, members: 1 };
      return fittedMlp(plan, await train(plan, inside, aside, settings, context), settings);
    },
  };
}

/** Steps over which the rate rises from 0. */
const warmUpSteps = 100;
/** How often the rate falls, and to which part of itself. */
const falls = 3;
const fall = 0.3;

/** What is known before training. */
interface Plan {
  readonly encoding: Encoding;
  readonly target: TargetScale;
  readonly kind: Target["kind"];
  readonly outputs: number;
}

/**
 * Bounded numbers "x" [batch, u] to scores [batch, outputs], or [batch, members, outputs]. Heads start at 0, so that
 * training starts from the constant answer.
 */
function networkOf(
  { encoding, outputs }: Plan,
  { width, layers, dropout, members, ...options }: Parameters,
  dtype: Precision = "float32",
): Network {
  const units = new Array<number>(layers).fill(width);
  const shared = { units, dropout, headInitial: zeros };
  return network(
    { dtype, shape: [encoding.used.length] },
    sequential({
      code: codeOf(encoding, options),
      net: members === 1 ? mlpNet(outputs, shared) : tabM(outputs, { ...shared, members }),
    }),
  );
}

/** Bounded numbers, and beside them what the first layer sees of those with many values. */
function codeOf(
  encoding: Encoding,
  { waves, embeddingSize }: Pick<Parameters, "waves" | "embeddingSize">,
): Layer {
  const ramps = layer("ramps", (numbers) => emitRamps(encoding, numbers));
  const code = waves > 0 ? periodic(waves, { deviation: waveDeviation }) : ramps;
  const seen =
    embeddingSize > 0 ? numericEmbedding(code, embeddingSize) : sequential({ code, flatten: flatten() });
  return layer("numbers", (z, scope) => {
    if (!hasCode(encoding, waves)) return z;
    return concat([z, scope.apply("embedding", seen, emitRamped(encoding, z))], 1);
  });
}

/** Whether any number stands in a code beside itself. */
const hasCode = ({ ramped, bins }: Encoding, waves: number): boolean =>
  ramped.length > 0 && (waves > 0 || bins > 0);

/** Of the frequencies at the start: a wave over about the spread of a number. */
const waveDeviation = 0.1;

interface Trained {
  readonly weights: Weights;
  /** Epoch of the weights, and loss on the rows kept aside; absent where there were none. */
  readonly epoch: number;
  readonly validationLoss: number | undefined;
}

async function train(
  plan: Plan,
  inside: SplitRows,
  aside: SplitRows | undefined,
  options: Parameters,
  { random, signal, onProgress }: FitContext,
): Promise<Trained> {
  const { epochs, patience, learningRate, weightDecay } = options;
  const net = networkOf(plan, options);
  const batchSize = Math.min(options.batchSize || batchFor(inside.x.rowCount), inside.x.rowCount);
  const seedOf = (name: string): number => random.child(name).integer(2 ** 32);
  const loss = plan.kind === "regression" ? meanSquaredError() : crossEntropy();
  const { weights, history, bestEpoch, bestValue } = await fitFamily(
    { family: "mlp", learningRate, weightDecay },
    net,
    initialise(net, { seed: seedOf("weights") }),
    {
      train: loaderOf(plan, inside, batchSize, seedOf("order")),
      ...(aside && {
        validation: loaderOf(plan, aside, Math.min(judgedAtOnce, aside.x.rowCount)),
        fallBack: { patience, factor: fall, times: falls },
      }),
      epochs,
      seed: seedOf("masks"),
      loss: options.members === 1 ? loss : memberLoss(loss),
      ...(aside && options.members > 1 && { metric: lossOfMean(plan) }),
      optimiser: adamw({ learningRate, weightDecay, beta2: 0.99 }),
      schedule: warmUp(warmUpSteps, aside ? constantRate() : atFixedTimes(epochs)),
      ...(signal && { signal }),
    },
    (event) => {
      if (event.type !== "epoch") return;
      const now = event.validationMetric ?? event.validationLoss ?? event.loss;
      onProgress?.({
        stage: "fit mlp",
        done: event.epoch,
        total: epochs,
        note: `loss ${now.toPrecision(4)}`,
      });
    },
  );
  return { weights, epoch: bestEpoch ?? history.length, validationLoss: bestValue };
}

/** The loss of what members answer together: it falls on where that of each rises. */
function lossOfMean({ kind, outputs }: Plan): FitMetric {
  return {
    name: "loss of the mean",
    better: "lower",
    score({ scores, scoreShape, target, weight }) {
      const size = scoreShape[0]! * outputs;
      let loss = 0;
      let total = 0;
      weight.forEach((w, row) => {
        const answer = meanOfMembers(
          Float64Array.from(scores.subarray(row * size, (row + 1) * size)),
          outputs,
          kind,
        );
        const y = Number(target[row]);
        total += w;
        loss += w * (kind === "regression" ? (answer[0]! - y) ** 2 : -Math.log(Math.max(1e-30, answer[y]!)));
      });
      return loss / total;
    },
  };
}

/** What members answer together: the mean of their numbers, or of their shares. */
function meanOfMembers(scores: Float64Array, outputs: number, kind: Target["kind"]): Float64Array {
  const members = scores.length / outputs;
  const mean = new Float64Array(outputs);
  for (let m = 0; m < members; m++) {
    const own = scores.subarray(m * outputs, (m + 1) * outputs);
    (kind === "regression" ? own : softmaxOf(own)).forEach((v, k) => {
      mean[k]! += v / members;
    });
  }
  return mean;
}

/** Rows whose loss is taken at once. */
const judgedAtOnce = 4096;

/** Nobody watches: the rate falls at fixed times. */
function atFixedTimes(epochs: number): Schedule {
  const times = Array.from({ length: falls }, (_, k) => (epochs * (k + 2)) / (falls + 2));
  return {
    name: "fixedFalls",
    settings: { epochs, falls, fall },
    factor: ({ step, stepsPerEpoch }) =>
      fall ** times.filter((epoch) => Math.floor(step / stepsPerEpoch) >= epoch).length,
  };
}

function batchFor(rowCount: number): number {
  if (rowCount < 1000) return 32;
  if (rowCount < 5000) return 64;
  if (rowCount < 15_000) return 128;
  return rowCount < 200_000 ? 256 : 512;
}

interface TargetScale {
  readonly mean: number;
  readonly deviation: number;
}

/** Weighted mean and deviation of a number; 0 and 1 for classes. */
function targetScale({ y, weight }: SplitRows): TargetScale {
  if (y.kind === "classification") return { mean: 0, deviation: 1 };
  let total = 0;
  let mean = 0;
  y.values.forEach((v, i) => {
    const w = weight?.[i] ?? 1;
    total += w;
    mean += w * v;
  });
  mean /= total;
  let variance = 0;
  y.values.forEach((v, i) => {
    variance += ((weight?.[i] ?? 1) * (v - mean) ** 2) / total;
  });
  return { mean, deviation: variance > 0 ? Math.sqrt(variance) : 1 };
}

function loaderOf(
  { encoding, target: { mean, deviation } }: Plan,
  { x, y, weight }: SplitRows,
  batchSize: number,
  seed?: number,
): Loader {
  const u = encoding.used.length;
  const rows = boundedRows(encoding, x, new Float32Array(x.rowCount * u));
  const target: RowData =
    y.kind === "regression"
      ? { dtype: "float32", shape: [1], data: Float32Array.from(y.values, (v) => (v - mean) / deviation) }
      : { dtype: "int64", shape: [], data: BigInt64Array.from(y.codes, BigInt) };
  return arrayLoader({ x: { dtype: "float32", shape: [u], data: rows } }, target, {
    batchSize,
    ...(seed !== undefined && { seed }),
    ...(weight && { weights: Float32Array.from(weight) }),
  });
}

function fittedMlp(plan: Plan, { weights, epoch, validationLoss }: Trained, options: Parameters): Fitted {
  const {
    encoding,
    target: { mean, deviation },
    kind,
    outputs,
  } = plan;
  const net = networkOf(plan, options, "float64");
  const first = weights[options.members === 1 ? "net.layers.0.dense.weight" : "net.layers.0.shared.weight"]!;
  const inputs = first.shape[1]!;
  return {
    family: "mlp",
    emit(x) {
      const scores = scoresOf(net, weights, { x: emitBounded(encoding, x) }, "float64");
      const own = kind === "regression" ? scores : softmax(scores, -1);
      const answer = options.members === 1 ? own : reduceMean(own, { axes: [1] });
      return kind === "regression" ? add(mul(answer, deviation), mean) : answer;
    },
    reference(x) {
      const u = encoding.used.length;
      const z = boundedRows(encoding, x, new Float64Array(x.rowCount * u));
      const out = new Float64Array(x.rowCount * outputs);
      for (let i = 0; i < x.rowCount; i++) {
        const scores = scoresReference(encoding, weights, options, z.subarray(i * u, (i + 1) * u));
        const answer = meanOfMembers(scores, outputs, kind);
        out.set(kind === "regression" ? answer.map((v) => v * deviation + mean) : answer, i * outputs);
      }
      return out;
    },
    summary: {
      sizes: [inputs, ...new Array<number>(options.layers).fill(options.width), outputs],
      ...(options.members > 1 && { members: options.members }),
      epoch,
      ...(validationLoss === undefined ? {} : { validationLoss }),
    },
  };
}
