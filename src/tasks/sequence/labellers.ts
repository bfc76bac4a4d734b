/**
 * What the answer of a whole sequence is raced with: boosting and a linear model on summaries of each column, and
 * networks over the steps.
 */
import { createRandom } from "../../core/index.ts";
import type { Estimator, Target } from "../../estimators/index.ts";
import { logistic, ridge } from "../../estimators/linear/index.ts";
import { boosting } from "../../estimators/trees/index.ts";
import type { Matrix } from "../../features/index.ts";
import * as ops from "../../graph/index.ts";
import type { Value } from "../../graph/index.ts";
import * as nn from "../../nn/index.ts";
import { type Candidate, type RaceContext, secondsSince, stepListener } from "./candidate.ts";
import type { Body } from "./options.ts";
import { runOver } from "./run-graph.ts";

export interface LabelShape {
  readonly steps: number;
  readonly columns: number;
  /** Names of the columns. */
  readonly names: readonly string[];
}

/** Sequences with what is told of each. */
export interface LabelledSequences {
  /** Row-major [sequences, steps, columns]; NaN is missing, and stands behind the end. */
  readonly x: Float64Array;
  readonly y: Target;
}

/** Steps of each sequence up to its last one with a number: float64 [batch, 1]. */
function lengthOf(x: Value, { steps }: LabelShape): Value {
  const any = ops.reduceMax(ops.cast(ops.not(ops.isNaN(x)), "float64"), { axes: [2] });
  const places = ops.constant({
    dtype: "float64",
    shape: [1, steps],
    data: Float64Array.from({ length: steps }, (_, i) => i + 1),
  });
  return ops.max(ops.reduceMax(ops.mul(any, places), { axes: [1], keepDims: true }), 1);
}

const summaries = ["mean", "spread", "least", "most", "first", "last", "known"] as const;

/** Figures of each column over the steps, and the number of steps: float64 [batch, 7 × columns + 1]; none is missing. */
function summariesOf(x: Value, shape: LabelShape): Value {
  const { steps } = shape;
  const there = ops.not(ops.isNaN(x));
  const known = ops.cast(there, "float64");
  const zero = ops.scalar("float64", 0);
  const values = ops.where(there, x, zero);
  const total = ops.reduceSum(known, { axes: [1], keepDims: true });
  const count = ops.max(total, 1);
  const mean = ops.div(ops.reduceSum(values, { axes: [1], keepDims: true }), count);
  const away = ops.mul(ops.sub(values, mean), known);
  const spread = ops.sqrt(ops.div(ops.reduceSum(ops.mul(away, away), { axes: [1], keepDims: true }), count));
  const filled = ops.where(there, x, mean);
  const most = ops.reduceMax(filled, { axes: [1], keepDims: true });
  const leastOf = ops.reduceMin(filled, { axes: [1], keepDims: true });
  const at = (start: number, sign: number): Value => {
    const places = ops.constant({
      dtype: "float64",
      shape: [1, steps, 1],
      data: Float64Array.from({ length: steps }, (_, i) => start + sign * i),
    });
    const rank = ops.where(there, places, ops.scalar("float64", -1));
    const chosen = ops.and(ops.equal(rank, ops.reduceMax(rank, { axes: [1], keepDims: true })), there);
    return ops.reduceSum(ops.where(chosen, x, zero), { axes: [1], keepDims: true });
  };
  const figures = [mean, spread, leastOf, most, at(steps, -1), at(1, 1), total];
  return ops.concat([ops.flatten(ops.concat(figures, 1), 1), lengthOf(x, shape)], 1);
}

function featuresOf({ names }: LabelShape): Matrix["features"] {
  return [
    ...summaries.flatMap((figure) =>
      names.map((name) => ({ name: `${figure} of ${name}`, sources: [name] })),
    ),
    { name: "steps", sources: [...names] },
  ].map((feature) => ({ ...feature, kind: "number" as const }));
}

async function summaryMatrix(x: Float64Array, shape: LabelShape): Promise<Matrix> {
  const { rows } = await runOver(x, shape, (value) => ({ rows: summariesOf(value, shape) }));
  const features = featuresOf(shape);
  const rowCount = rows.length / features.length;
  const columns = features.map((_, j) =>
    Float64Array.from({ length: rowCount }, (__, row) => rows[row * features.length + j]!),
  );
  return { rowCount, features, columns };
}

/** Boosting and a linear model on the summaries. */
export async function summaryModels(
  train: LabelledSequences,
  validation: LabelledSequences,
  shape: LabelShape,
  context: RaceContext,
): Promise<Candidate[]> {
  const x = await summaryMatrix(train.x, shape);
  const watched = await summaryMatrix(validation.x, shape);
  const own = x.columns.map((column) => Float64Array.from(column));
  const scales = own.map((column) => {
    const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
    const spread = Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length);
    return { mean, factor: spread > 1e-12 * Math.max(1, Math.abs(mean)) ? 1 / spread : 0 };
  });
  const scaled: Matrix = {
    ...x,
    columns: own.map((column, j) => column.map((value) => (value - scales[j]!.mean) * scales[j]!.factor)),
  };
  const vector = (data: readonly number[]): Value =>
    ops.constant({ dtype: "float64", shape: [data.length], data: Float64Array.from(data) });
  const scale = (value: Value): Value =>
    ops.mul(
      ops.sub(value, vector(scales.map(({ mean }) => mean))),
      vector(scales.map(({ factor }) => factor)),
    );
  const random = createRandom(context.seed);
  const fit = async (
    name: string,
    family: Estimator,
    matrix: Matrix,
    prepare: (value: Value) => Value,
  ): Promise<Candidate> => {
    const began = performance.now();
    context.onProgress({ stage: `fit ${name}` });
    const fitted = await family.fit(
      { x: matrix, y: train.y },
      {
        random: random.child(name),
        threads: context.threads,
        ...(family.family === "boosting" && { validation: { x: watched, y: validation.y } }),
        ...(context.signal && { signal: context.signal }),
      },
    );
    return {
      name,
      family: "classical",
      title: `${name}: mean, spread, least, most, first and last of each column`,
      parameters: { family: family.family, settings: family.parameters },
      summary: fitted.summary,
      seconds: secondsSince(began),
      emit: (value) => fitted.emit(prepare(summariesOf(value, shape))),
    };
  };
  const linear = train.y.kind === "classification" ? logistic() : ridge();
  return [
    await fit("boosting on summaries", boosting({ learningRate: 0.08, rounds: 400 }), x, (value) => value),
    await fit(`${linear.family} on summaries`, linear, scaled, scale),
  ];
}

/** A network over the steps. */
export async function networkLabeller(
  body: Body,
  train: LabelledSequences,
  validation: LabelledSequences,
  shape: LabelShape,
  context: RaceContext,
): Promise<Candidate> {
  const began = performance.now();
  const fitted = await nn.fitSequences(tableOf(train.x, shape), targetOf(train.y), {
    body,
    steps: shape.steps,
    epochs: context.epochs,
    batchSize: 32,
    learningRate: 0.005,
    seed: context.seed,
    threads: context.threads,
    validation: { table: tableOf(validation.x, shape), target: targetOf(validation.y) },
    ...(context.signal && { signal: context.signal }),
    onEvent: stepListener(body, context.epochs, context.onProgress),
  });
  const { graph, training, parameterCount } = fitted;
  return {
    name: body,
    family: "network",
    title: `${body.toUpperCase()} of ${parameterCount} parameters over the steps`,
    parameters: { body, epochs: context.epochs },
    summary: { parameters: parameterCount, epoch: training.bestEpoch ?? training.history.length },
    seconds: secondsSince(began),
    training,
    parameterCount,
    emit: (value) => {
      const lengths = ops.cast(ops.squeeze(lengthOf(value, shape), [1]), "int32");
      const feeds = { x: ops.cast(value, "float32"), lengths };
      const scores = ops.cast(ops.inline(graph, feeds)["scores"]!, "float64");
      return train.y.kind === "classification" ? ops.softmax(scores, 1) : scores;
    },
  };
}

const targetOf = (y: Target): nn.SequenceTarget =>
  y.kind === "classification"
    ? { task: "classification", codes: y.codes, classes: y.classCount }
    : { task: "regression", values: y.values };

/** The rows of each sequence up to its end, as a table. */
function tableOf(x: Float64Array, { steps, columns, names }: LabelShape): nn.SequenceTable {
  const group: number[] = [];
  const time: number[] = [];
  const rows: number[] = [];
  for (let s = 0; s < x.length / (steps * columns); s++) {
    const start = s * steps;
    let length = steps;
    const empty = (step: number): boolean =>
      x.subarray((start + step) * columns, (start + step + 1) * columns).every(Number.isNaN);
    while (length > 1 && empty(length - 1)) length--;
    for (let step = 0; step < length; step++) {
      group.push(s);
      time.push(step);
      rows.push(start + step);
    }
  }
  return {
    group: Int32Array.from(group),
    time: Float64Array.from(time),
    features: Object.fromEntries(
      // A name such as "7" would change the order.
      names.map((_, c) => [`column ${c}`, Float64Array.from(rows, (row) => x[row * columns + c]!)]),
    ),
  };
}
