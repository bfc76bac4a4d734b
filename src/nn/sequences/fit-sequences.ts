/**
 * Classes and numbers of whole sequences: LSTM, GRU or TCN over the rows of each group, from a table to one graph.
 *
 * The graph takes the table's own numbers: it fills gaps with the training mean, normalises, and for numbers gives the
 * answer in the target's unit. What lies behind the end of a sequence changes nothing.
 */
import { MillwrightError } from "../../core/index.ts";
import * as ops from "../../graph/index.ts";
import type { Graph, Value } from "../../graph/index.ts";
import { tcnBody } from "../architectures/tcn.ts";
import { type Layer, layer, requireCount } from "../layer.ts";
import { dropout as dropOut } from "../layers/activation.ts";
import { dense } from "../layers/dense.ts";
import { gru, lstm } from "../layers/recurrent.ts";
import { crossEntropy, meanSquaredError } from "../losses.ts";
import { initialise, network, type Network, parameterCount } from "../network.ts";
import { adamw } from "../optimisers.ts";
import { oneCycle } from "../schedules.ts";
import { accuracyOfScores } from "../training/evaluation.ts";
import type { TrainEvent } from "../training/events.ts";
import { fit, type FitResult } from "../training/fit.ts";
import { arrayLoader } from "../training/array-loader.ts";
import type { RowData } from "../training/loader.ts";
import { partsWithin } from "../training/replicas.ts";
import { scoringGraph } from "../training/step.ts";
import { groupSequences, type Sequences, type SequenceTable } from "./group-sequences.ts";

/** What each sequence is to be told by. One value a group, in the order of the groups' first rows. */
export type SequenceTarget =
  | { readonly task: "classification"; readonly codes: Int32Array; readonly classes: number }
  | { readonly task: "regression"; readonly values: Float64Array };

export interface SequenceOptions {
  /** Default "lstm". */
  readonly body?: "lstm" | "gru" | "tcn";
  /** Units of a recurrent layer each way, or channels of the TCN. Default 32. */
  readonly units?: number;
  /** Rows of a group that count: the latest. Default: those of the longest group. */
  readonly steps?: number;
  /** Default 0.1. */
  readonly dropout?: number;
  /** Default 30. */
  readonly epochs?: number;
  /** Default 32. */
  readonly batchSize?: number;
  /** Highest of the one-cycle schedule. Default 0.01. */
  readonly learningRate?: number;
  readonly seed: number;
  /** Threads of a step, each with its part of every batch. Default 1. */
  readonly threads?: number;
  /** Ends training between two steps. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
  /** Groups that choose the epoch. Default: the last epoch is taken. */
  readonly validation?: { readonly table: SequenceTable; readonly target: SequenceTarget };
}

export interface FittedSequences {
  /**
   * Inputs: x float32 [batch, steps, features] and lengths int32 [batch]. Output "scores": logits [batch, classes],
   * or the number [batch, 1].
   */
  readonly graph: Graph;
  readonly training: FitResult;
  readonly parameterCount: number;
  /** A table's rows as the graph takes them. @throws MillwrightError `SCHEMA_MISSING_COLUMN` without a feature. */
  sequences(table: SequenceTable): Sequences;
}

/**
 * Trains a network on sequences.
 *
 * @throws MillwrightError `SHAPE_MISMATCH` where the target has not one value a group, and as `groupSequences` and `fit`.
 */
export async function fitSequences(
  table: SequenceTable,
  target: SequenceTarget,
  options: SequenceOptions,
): Promise<FittedSequences> {
  const { epochs = 30, batchSize = 32, learningRate = 0.01, seed, validation } = options;
  const train = groupSequences(table, options.steps);
  requireTargets(train, target);
  const steps = train.x.shape[0]!;
  const sequences = (rows: SequenceTable): Sequences => groupSequences(inOrder(rows, train.names), steps);
  const scale = target.task === "regression" ? figuresOf(target.values) : { mean: 0, deviation: 1 };
  const net = sequenceNetwork(train, target.task === "classification" ? target.classes : 1, options);
  const loaderOf = (
    rows: Sequences,
    wanted: SequenceTarget,
    drawn: boolean,
  ): ReturnType<typeof arrayLoader> =>
    arrayLoader({ x: rows.x, lengths: rows.lengths }, rowsOfTarget(wanted, scale), {
      batchSize: Math.min(batchSize, rows.groups.length),
      // Rows that fill the last batch up would count in the TCN's batch statistics.
      ...(drawn ? { seed, dropLast: options.body === "tcn" } : {}),
    });
  if (validation && validation.target.task !== target.task) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `fitSequences trains ${target.task} and validates ${validation.target.task}.`,
      "Give both targets of one task.",
    );
  }
  const held = validation && sequences(validation.table);
  if (held) requireTargets(held, validation.target);
  const threads = options.threads ?? 1;
  const loader = loaderOf(train, target, true);
  const training = await fit(
    net,
    initialise(net, { seed }),
    {
      train: loader,
      ...(held ? { validation: loaderOf(held, validation.target, false) } : {}),
      ...(held && target.task === "classification" ? { metric: accuracyOfScores } : {}),
      loss: target.task === "classification" ? crossEntropy() : meanSquaredError(),
      optimiser: adamw({ learningRate, weightDecay: 0.01 }),
      schedule: oneCycle(),
      clipNorm: 1,
      epochs,
      seed,
      threads,
      replicas: partsWithin(threads, loader.batchSize),
      ...(options.signal && { signal: options.signal }),
    },
    options.onEvent,
  );
  const finish = (scores: Value): Value =>
    target.task === "classification" ? scores : ops.add(ops.mul(scores, scale.deviation), scale.mean);
  return {
    graph: scoringGraph(net, training.weights, { finish }),
    training,
    parameterCount: parameterCount(net),
    sequences,
  };
}

function sequenceNetwork(train: Sequences, outputs: number, options: SequenceOptions): Network {
  const { body = "lstm", units = 32, dropout = 0.1 } = options;
  requireCount("fitSequences", "units", units);
  const [steps, features] = train.x.shape as [number, number];
  const enter = normalise(train);
  return network(
    {
      x: { dtype: "float32", shape: [steps, features] },
      lengths: { dtype: "int32", shape: [] },
    },
    ({ x, lengths }, scope) => {
      const inside = insideOf(lengths!, steps);
      const normal = ops.mul(scope.apply("enter", enter, x!), inside);
      const read = scope.apply("body", bodyOf(body, units, dropout, lengths!), normal);
      const kept = ops.mul(read, inside);
      const count = ops.max(ops.unsqueeze(ops.cast(lengths!, "float32"), [1]), 1);
      const mean = ops.div(ops.reduceSum(kept, { axes: [1] }), count);
      // What is at the end of each sequence, and the mean over its steps.
      const last = ops.reduceSum(ops.mul(read, lastOf(lengths!, steps)), { axes: [1] });
      const features = scope.apply("dropout", dropOut(dropout), ops.concat([last, mean], 1));
      return scope.apply("head", dense(outputs), features);
    },
  );
}

function bodyOf(body: "lstm" | "gru" | "tcn", units: number, dropout: number, lengths: Value): Layer {
  if (body === "lstm") return lstm(units, { lengths });
  if (body === "gru") return gru(units, { lengths });
  const convolutions = tcnBody({ channels: units, dropout });
  return layer("tcnBySteps", (x, scope) =>
    ops.transpose(convolutions.apply(ops.transpose(x, [0, 2, 1]), scope), [0, 2, 1]),
  );
}

/** Gaps filled with the training mean, then mean 0 and spread 1 of each feature over the steps that count. */
function normalise({ x, lengths, names }: Sequences): Layer {
  const [steps, features] = x.shape as [number, number];
  const data = x.data as Float32Array;
  const figures = names.map((_, f) => {
    const values: number[] = [];
    for (const [row, length] of (lengths.data as Int32Array).entries())
      for (let step = 0; step < length; step++) values.push(data[(row * steps + step) * features + f]!);
    return figuresOf(values);
  });
  const vector = (values: readonly number[]): Value =>
    ops.constant({ dtype: "float32", shape: [features], data: Float32Array.from(values) });
  const mean = vector(figures.map((each) => each.mean));
  const factor = vector(figures.map((each) => 1 / each.deviation));
  return layer("normalise", (value) => {
    const filled = ops.where(ops.isNaN(value), mean, value);
    return ops.mul(ops.sub(filled, mean), factor);
  });
}

/** Mean and spread of the numbers that are there; spread 1 where it is 0. */
function figuresOf(values: ArrayLike<number>): { readonly mean: number; readonly deviation: number } {
  const there = Array.from(values).filter((value) => !Number.isNaN(value));
  if (there.length === 0) return { mean: 0, deviation: 1 };
  const mean = there.reduce((sum, value) => sum + value, 0) / there.length;
  const deviation = Math.sqrt(there.reduce((sum, value) => sum + (value - mean) ** 2, 0) / there.length);
  return { mean, deviation: deviation > 0 ? deviation : 1 };
}

function positionsOf(steps: number): Value {
  return ops.constant({
    dtype: "int32",
    shape: [1, steps],
    data: Int32Array.from({ length: steps }, (_, i) => i),
  });
}

/** 1 where a step counts, else 0: [batch, steps, 1]. */
function insideOf(lengths: Value, steps: number): Value {
  const inside = ops.less(positionsOf(steps), ops.unsqueeze(lengths, [1]));
  return ops.unsqueeze(ops.cast(inside, "float32"), [2]);
}

/** 1 at a sequence's last step, else 0: [batch, steps, 1]. */
function lastOf(lengths: Value, steps: number): Value {
  const last = ops.equal(ops.add(positionsOf(steps), 1), ops.unsqueeze(lengths, [1]));
  return ops.unsqueeze(ops.cast(last, "float32"), [2]);
}

function rowsOfTarget(
  target: SequenceTarget,
  { mean, deviation }: { readonly mean: number; readonly deviation: number },
): RowData {
  return target.task === "classification"
    ? { dtype: "int64", shape: [], data: BigInt64Array.from(target.codes, BigInt) }
    : {
        dtype: "float32",
        shape: [1],
        data: Float32Array.from(target.values, (value) => (value - mean) / deviation),
      };
}

function requireTargets({ groups }: Sequences, target: SequenceTarget): void {
  const given = target.task === "classification" ? target.codes.length : target.values.length;
  if (given === groups.length) return;
  throw new MillwrightError(
    "SHAPE_MISMATCH",
    `fitSequences has ${groups.length} groups and ${given} targets.`,
    "Give one target a group, in the order of the groups' first rows.",
  );
}

/** The table with its features in the order of training. */
function inOrder(table: SequenceTable, names: readonly string[]): SequenceTable {
  const features = Object.fromEntries(
    names.map((name) => {
      const column = table.features[name];
      if (column) return [name, column];
      throw new MillwrightError(
        "SCHEMA_MISSING_COLUMN",
        `The table of sequences lacks the feature "${name}".`,
        "Give it every feature of training.",
      );
    }),
  );
  return { ...table, features };
}
