/**
 * A multilayer perceptron for tables: bounded numbers and their piecewise-linear codes through dense
 * layers, trained by one ONNX graph a step.
 *
 * Rows are put in the order of their identities first, so that shuffles, the rows kept aside and the
 * answer do not depend on the order they came in. Training runs in float32 on one thread; the
 * model ships its weights in float64, so that graph and reference agree to rounding.
 */
import { type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import { type Estimator, type Fitted, type Target, usableRows } from "../../estimators/index.ts";
import { add, mul, softmax } from "../../graph/index.ts";
import { boundedRows, codeReference, emitBounded, emitCode, type Encoding, fitEncoding } from "./encoding.ts";
import { inOrderOfIdentity, keepAside, softmaxOf, type SplitRows } from "../rows-aside.ts";
import { forward, forwardReference, layerConstants } from "./network.ts";
import { type CodedRows, train, type Trained } from "./train.ts";

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
      const encoding = fitEncoding(inside.x, resolved.bins);
      const target = targetScale(inside);
      const outputs = usable.y.kind === "regression" ? 1 : usable.y.classCount;
      const hidden = new Array<number>(resolved.layers).fill(resolved.width);
      const sizes = [encoding.width, ...hidden, outputs];
      const batchSize = Math.min(resolved.batchSize || batchFor(inside.x.rowCount), inside.x.rowCount);
      const trained = await train(
        encoding,
        sizes,
        coded(encoding, target, inside),
        aside && coded(encoding, target, aside),
        { ...resolved, batchSize, kind: usable.y.kind },
        context,
      );
      return fittedMlp(encoding, sizes, trained, target, usable.y.kind);
    },
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

function coded(encoding: Encoding, { mean, deviation }: TargetScale, { x, y, weight }: SplitRows): CodedRows {
  return {
    rowCount: x.rowCount,
    x: boundedRows(encoding, x, new Float32Array(x.rowCount * encoding.used.length)),
    y:
      y.kind === "regression"
        ? Float32Array.from(y.values, (v) => (v - mean) / deviation)
        : Float32Array.from(y.codes),
    weight: weight === undefined ? new Float32Array(x.rowCount).fill(1) : Float32Array.from(weight),
  };
}

function fittedMlp(
  encoding: Encoding,
  sizes: readonly number[],
  { layers, epoch, validationLoss }: Trained,
  { mean, deviation }: TargetScale,
  kind: Target["kind"],
): Fitted {
  const outputs = sizes.at(-1)!;
  return {
    family: "mlp",
    emit(x) {
      const scores = forward(layerConstants(sizes, layers), emitCode(encoding, emitBounded(encoding, x)));
      return kind === "regression" ? add(mul(scores, deviation), mean) : softmax(scores, 1);
    },
    reference(x) {
      const u = encoding.used.length;
      const z = boundedRows(encoding, x, new Float64Array(x.rowCount * u));
      const out = new Float64Array(x.rowCount * outputs);
      for (let i = 0; i < x.rowCount; i++) {
        const scores = forwardReference(
          sizes,
          layers,
          codeReference(encoding, z.subarray(i * u, (i + 1) * u)),
        );
        out.set(
          kind === "regression" ? scores.map((s) => s * deviation + mean) : softmaxOf(scores),
          i * outputs,
        );
      }
      return out;
    },
    summary: {
      sizes,
      epoch,
      ...(validationLoss === undefined ? {} : { validationLoss }),
    },
  };
}
