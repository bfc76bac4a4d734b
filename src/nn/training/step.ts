/**
 * The training step as one graph: forward pass, loss, gradients, clipping, optimiser, running tensors.
 *
 * Its batch has a fixed number of rows; rows that only fill it up have weight 0. State goes in and
 * out by name: a parameter under its path, an optimiser's slot under "slot/<name>/<path>".
 */
import { MillwrightError, type Tensor } from "../../core/index.ts";
import * as ops from "../../graph/index.ts";
import {
  constant,
  type Differentiated,
  differentiate,
  type Graph,
  graph,
  input,
  type Value,
} from "../../graph/index.ts";
import { type Precision, requireKnown, requireWithin } from "../layer.ts";
import type { Loss } from "../losses.ts";
import { buildNetwork, type Declared, type MaskSite, type Network, type Weights } from "../network.ts";
import type { Optimiser } from "../optimisers.ts";
import { matches } from "../paths.ts";

/** Settings of the parameters whose paths fit a pattern. */
export interface GroupOptions {
  /** Factor of the learning rate. Default 1. */
  readonly rate?: number;
  /** In place of the optimiser's. */
  readonly weightDecay?: number;
  /** Leaves the parameters as they are. Default false. */
  readonly frozen?: boolean;
}

export interface StepOptions {
  readonly loss: Loss;
  readonly optimiser: Optimiser;
  readonly batchSize: number;
  readonly dtype?: Precision;
  /** By pattern of paths; the first that fits holds. Weight decay leaves out vectors unless a group names it. */
  readonly groups?: Readonly<Record<string, GroupOptions>>;
  /** Longest gradient over all parameters; longer ones are scaled down to it. */
  readonly clipNorm?: number;
  /** Memory of a running mean of the weights, in (0, 1), kept under "ema/<path>". */
  readonly ema?: number;
  /** Batches whose gradients are added up for one step. Default 1. */
  readonly accumulate?: number;
}

interface DeviceOptions {
  /** The step up to the gradients, which come out as "gradient/<path>"; the parameters are plain inputs. */
  readonly updateOutside?: boolean;
  /**
   * Lays the batch innermost for convolutions, which on a CPU takes less time: all of it, or, where channels have windows
   * of their own, blocks of so many rows; 0 leaves those as they are. Default: leaves the batch where it is.
   */
  readonly batchInnermost?: { readonly block: number };
}

export interface StepPlan {
  readonly graph: Graph;
  /** Output that holds the next value of each state input. */
  readonly next: Readonly<Record<string, string>>;
  /** State at the start. */
  readonly initial: Readonly<Record<string, Tensor>>;
  readonly masks: readonly MaskSite[];
  /** What the loss asks of targets. */
  readonly target: ReturnType<Loss["target"]>;
  /** Shape of the rows' losses: what weights are fed in. */
  readonly weightShape: readonly number[];
  /** Paths that training moves by gradients. */
  readonly trained: readonly string[];
  /** What is left to do after the graph, where it only gives gradients: one step for each trained path. */
  readonly updates: readonly PlannedUpdate[];
}

export interface PlannedUpdate {
  readonly path: string;
  /** Factor of the learning rate. */
  readonly rate: number;
  readonly decay: number;
}

/** Names of what a step is fed and answers, which no parameter's path can have. */
export const feedNames = {
  target: "step/target",
  weight: "step/weight",
  rate: "step/rate",
  apply: "step/apply",
} as const;
export const resultNames = {
  loss: "step/loss",
  gradientNorm: "step/gradientNorm",
  scores: "step/scores",
  rows: "step/rows",
} as const;
export const scalarName = (name: string): string => `step/${name}`;
export const slotName = (slot: string, path: string): string => `slot/${slot}/${path}`;
export const gradientName = (path: string): string => `gradient/${path}`;
export const emaName = (path: string): string => `ema/${path}`;
export const sumName = (path: string): string => `sum/${path}`;

/**
 * Builds the step.
 *
 * Inputs: the network's by name; the target; weights that add up to 1 over the rows of a step; the rate; the
 * optimiser's scalars; masks; "apply" (1 on the last of accumulated batches, else 0); the state.
 * Outputs: the loss, the gradient's length when clipping, and the next state.
 *
 * @throws MillwrightError `GRAPH_NO_GRADIENT` where the loss does not depend on a parameter by a
 *   differentiable path: nothing trains in silence.
 */
export function trainingStep(net: Network, weights: Weights, options: StepOptions & DeviceOptions): StepPlan {
  const { loss, optimiser, batchSize, dtype = "float32", groups = {}, accumulate = 1 } = options;
  const { updateOutside = false, batchInnermost } = options;
  requireRanges(options);
  const groupOf = groupFinder(groups);
  const frozen = (path: string, { trainable }: Declared): boolean =>
    groupOf(path)?.frozen === true && trainable;
  const built = buildNetwork(net, {
    batch: batchSize,
    training: true,
    dtype,
    leaf: (path, declared) => {
      const tensor = weightAt(weights, path, declared, dtype);
      return frozen(path, declared) ? constant(tensor) : input(path, dtype, declared.shape);
    },
  });
  const target = loss.target(built.scores);
  const targetInput = input(feedNames.target, target.dtype, target.shape);
  const rows = loss.rows(built.scores, targetInput);
  const weight = input(feedNames.weight, dtype, rows.shape);
  const plain = ops.reduceSum(ops.mul(rows, weight));
  requireUsedGroups(
    groups,
    [...built.declared].filter(([, entry]) => entry.trainable).map(([path]) => path),
  );
  const trained = [...built.declared].filter(([path, entry]) => entry.trainable && !frozen(path, entry));
  if (trained.length === 0) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      "The training step has nothing to train: every parameter is frozen.",
      "Leave the head out of the frozen groups.",
    );
  }
  const parameters = trained.map(([path]) => built.values.get(path)!);
  const running = [...built.running];
  const forward = [plain, ...running.map(([, to]) => to)];
  const [total, ...after] =
    batchInnermost === undefined ? forward : ops.batchInnermost(forward, batchInnermost.block);
  const {
    gradients,
    loss: lossNow,
    beside,
  } = differentiated(
    total!,
    parameters,
    after,
    trained.map(([path]) => path),
  );
  const rate = input(feedNames.rate, dtype, []);
  const scalars = Object.fromEntries(
    optimiser.scalars.map((name) => [name, input(scalarName(name), dtype, [])]),
  );
  const updates: PlannedUpdate[] = [];
  const inputs: Value[] = [
    ...built.inputs,
    targetInput,
    weight,
    ...(updateOutside ? [] : [rate, ...Object.values(scalars)]),
    ...built.maskInputs,
  ];
  const outputs: Record<string, Value> = { [resultNames.loss]: lossNow };
  const next: Record<string, string> = {};
  const initial: Record<string, Tensor> = {};
  const carry = (name: string, from: Value, to: Value, start: Tensor): void => {
    inputs.push(from);
    next[name] = `${name}/next`;
    outputs[`${name}/next`] = to;
    initial[name] = start;
  };
  const apply = accumulate > 1 ? input(feedNames.apply, dtype, []) : undefined;
  if (apply) inputs.push(apply);
  let ready = gradients;
  if (apply) {
    const kept = ops.sub(1, apply);
    ready = gradients.map((g, i) => {
      const path = trained[i]![0];
      const sum = input(sumName(path), dtype, parameters[i]!.shape);
      const added = ops.add(sum, g);
      carry(sumName(path), sum, ops.mul(added, kept), zerosLike(weights[path]!));
      return added;
    });
  }
  if (options.clipNorm !== undefined) {
    const norm = ops.sqrt(ops.sum(ready.map((g) => ops.reduceSumSquare(g))));
    const factor = ops.min(ops.div(options.clipNorm, ops.add(norm, 1e-6)), 1);
    ready = ready.map((g) => ops.mul(g, factor));
    outputs[resultNames.gradientNorm] = norm;
  }
  const when = apply && ops.greater(apply, 0.5);
  const rates = new Map<number, Value>([[1, rate]]);
  trained.forEach(([path, { shape }], i) => {
    const group = groupOf(path);
    const factor = group?.rate ?? 1;
    const decay = group?.weightDecay ?? (shape.length >= 2 ? optimiser.weightDecay : 0);
    const parameter = parameters[i]!;
    if (updateOutside) {
      inputs.push(parameter);
      outputs[gradientName(path)] = ready[i]!;
      updates.push({ path, rate: factor, decay });
      return;
    }
    if (!rates.has(factor)) rates.set(factor, ops.mul(rate, factor));
    const slots = Object.fromEntries(
      optimiser.slots.map((slot) => [slot, input(slotName(slot, path), dtype, shape)]),
    );
    const moves = optimiser.update({
      parameter,
      gradient: ready[i]!,
      slots,
      scalars: { ...scalars, rate: rates.get(factor)! },
      decay,
    });
    const chosen = (to: Value, from: Value): Value => (when ? ops.where(when, to, from) : to);
    const moved = chosen(moves.parameter, parameter);
    carry(path, parameter, moved, weights[path]!);
    for (const slot of optimiser.slots) {
      carry(
        slotName(slot, path),
        slots[slot]!,
        chosen(moves.slots[slot]!, slots[slot]!),
        zerosLike(weights[path]!),
      );
    }
    if (options.ema !== undefined) {
      const mean = input(emaName(path), dtype, shape);
      const mixed = ops.add(ops.mul(mean, options.ema), ops.mul(moved, 1 - options.ema));
      carry(emaName(path), mean, chosen(mixed, mean), weights[path]!);
    }
  });
  running.forEach(([path], i) => carry(path, built.values.get(path)!, beside[i]!, weights[path]!));
  return {
    graph: graph({ inputs, outputs }),
    next,
    initial,
    masks: built.masks,
    target,
    weightShape: rows.shape as number[],
    trained: trained.map(([path]) => path),
    updates,
  };
}

function differentiated(
  loss: Value,
  parameters: readonly Value[],
  beside: readonly Value[],
  paths: readonly string[],
): Differentiated {
  try {
    return differentiate(loss, parameters, beside);
  } catch (cause) {
    if (!(cause instanceof MillwrightError) || cause.code !== "GRAPH_NO_GRADIENT") throw cause;
    // Which one it is stands in the message already; what to do here is to freeze it.
    throw new MillwrightError(
      "GRAPH_NO_GRADIENT",
      cause.what,
      `${cause.fix} Or freeze it: { groups: { "${paths[0]!}": { frozen: true } } }.`,
      { cause },
    );
  }
}

/** The settings of a path by the first pattern that fits. */
function groupFinder(
  groups: Readonly<Record<string, GroupOptions>>,
): (path: string) => GroupOptions | undefined {
  const list = Object.entries(groups);
  return (path) => list.find(([pattern]) => matches(pattern, path))?.[1];
}

/** @throws MillwrightError `PARAMETER_RANGE` for a setting that would train backwards, or not at all, `PARAMETER_UNKNOWN`. */
function requireRanges({ clipNorm, ema, groups = {} }: StepOptions): void {
  const who = "A training step";
  if (clipNorm !== undefined) requireWithin(who, "clipNorm", clipNorm, 0, Infinity, true);
  if (ema !== undefined) requireWithin(who, "ema", ema, 0, 1, true);
  for (const [pattern, group] of Object.entries(groups)) {
    const { rate = 1, weightDecay = 0 } = group;
    const owner = `The group "${pattern}"`;
    requireKnown(owner, group, ["rate", "weightDecay", "frozen"]);
    requireWithin(owner, "rate", rate, 0);
    requireWithin(owner, "weightDecay", weightDecay, 0);
  }
}

/** @throws MillwrightError `PARAMETER_UNKNOWN` for a pattern that fits no parameter of the network. */
function requireUsedGroups(groups: Readonly<Record<string, GroupOptions>>, paths: readonly string[]): void {
  for (const pattern of Object.keys(groups)) {
    if (paths.some((path) => matches(pattern, path))) continue;
    throw new MillwrightError(
      "PARAMETER_UNKNOWN",
      `The group "${pattern}" fits none of the ${paths.length} parameters (${paths.slice(0, 4).join(", ")}, …).`,
      'Write paths with dots; "*" is one name, "**" any number of them.',
    );
  }
}

function weightAt(weights: Weights, path: string, { shape }: Declared, dtype: Precision): Tensor {
  const tensor = weights[path];
  if (tensor === undefined) {
    throw new MillwrightError(
      "SCHEMA_MISMATCH",
      `The weights have no "${path}", which the network needs as [${shape.join(", ")}].`,
      "Take the weights of this network, from initialise or from a file of it.",
    );
  }
  if (tensor.shape.join() !== shape.join() || tensor.dtype !== dtype) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `The weight "${path}" is ${tensor.dtype} [${tensor.shape.join(", ")}], and the network needs ${dtype} [${shape.join(", ")}].`,
      "Take the weights of this network, from initialise or from a file of it.",
    );
  }
  return tensor;
}

function zerosLike({ dtype, shape, data }: Tensor): Tensor {
  const size = data.length;
  return {
    dtype,
    shape,
    data: dtype === "float64" ? new Float64Array(size) : new Float32Array(size),
  } as Tensor;
}

/**
 * The graph that ships, or that judges rows: from the inputs to the scores, its batch named.
 *
 * @param weights - Become the file's initialisers; or graph inputs when absent.
 */
export function scoringGraph(
  net: Network,
  weights: Weights | undefined,
  {
    dtype = "float32",
    finish = (scores: Value): Value => scores,
  }: {
    readonly dtype?: Precision;
    readonly finish?: (scores: Value) => Value;
  } = {},
): Graph {
  const built = buildNetwork(net, {
    batch: "batch",
    training: false,
    dtype,
    leaf: (path, declared) =>
      weights
        ? ops.parameter(path, weightAt(weights, path, declared, dtype))
        : input(path, dtype, declared.shape),
  });
  const leaves = weights ? [] : [...built.values.values()];
  return graph({ inputs: [...built.inputs, ...leaves], outputs: { scores: finish(built.scores) } });
}

/**
 * Scores of values by trained weights, in another precision if told. The weights become constants without a name, so that
 * one file may hold several networks of one kind.
 */
export function scoresOf(
  net: Network,
  weights: Weights,
  inputs: Readonly<Record<string, Value>>,
  dtype: Precision = "float32",
): Value {
  const built = buildNetwork(net, {
    batch: "batch",
    training: false,
    dtype,
    leaf(path) {
      const { shape, data } = weights[path]!;
      return dtype === "float64"
        ? constant({ dtype, shape, data: Float64Array.from(data as Float32Array) })
        : constant({ dtype, shape, data: Float32Array.from(data as Float32Array) });
    },
  });
  return ops.inline(graph({ inputs: built.inputs, outputs: { scores: built.scores } }), inputs)["scores"]!;
}
