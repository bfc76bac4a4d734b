/**
 * Optimisers as graph nodes: one parameter's step, its slots carried as state.
 *
 * What changes from step to step (the rate, Adam's bias corrections) is fed as scalars, so the graph
 * counts nothing and never has to be built again. The formulas are PyTorch's, so that the same
 * settings walk the same way. Sources: Sutskever et al. 2013 (momentum); Kingma & Ba 2015 (Adam);
 * Loshchilov & Hutter 2019, "Decoupled weight decay regularization" (AdamW); Hinton 2012, lecture 6e (RMSprop).
 */
import { MillwrightError } from "../core/index.ts";
import { add, div, mul, sqrt, sub, type Value } from "../graph/index.ts";
import type { Placed, UpdateArrays } from "../kernels/index.ts";
import { requireKnown, requireWithin } from "./layer.ts";

export interface UpdateCall {
  readonly parameter: Value;
  readonly gradient: Value;
  /** By name of the slot. */
  readonly slots: Readonly<Record<string, Value>>;
  /** Fed scalars by name; "rate" is already scaled for the parameter's group. */
  readonly scalars: Readonly<Record<string, Value>>;
  /** Weight decay of this parameter; 0 for none. */
  readonly decay: number;
}

/** The same on arrays in place; all numbers are rounded to float32. */
export interface InPlaceCall {
  readonly parameter: Placed;
  readonly gradient: Placed;
  /** By name of the slot. */
  readonly slots: Readonly<Record<string, Placed>>;
  /** By name; "rate" is already scaled for the parameter's group. */
  readonly scalars: Readonly<Record<string, number>>;
  readonly decay: number;
}

export interface Optimiser {
  readonly name: string;
  /** Plain settings, stored in checkpoints. */
  readonly settings: Readonly<Record<string, number | boolean>>;
  /** Step size where no schedule says otherwise. */
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Tensors kept beside each parameter, zero at the start. */
  readonly slots: readonly string[];
  /** What is fed beside the rate. */
  readonly scalars: readonly string[];
  /** Their values at step 1, 2, …. */
  scalarsAt(step: number): Readonly<Record<string, number>>;
  update(call: UpdateCall): { readonly parameter: Value; readonly slots: Readonly<Record<string, Value>> };
  /** `update` in one pass over arrays in float32, with the same bits. Without it the graph updates. */
  readonly updateInPlace?: (arrays: UpdateArrays, call: InPlaceCall) => void;
}

/** For optimisers that are fed the rate alone. */
const noScalars = (): Record<string, number> => ({});

/** gradient + decay · parameter: decay as a penalty on the squared weights. */
function penalised(gradient: Value, parameter: Value, decay: number): Value {
  return decay === 0 ? gradient : add(gradient, mul(parameter, decay));
}

export interface SgdOptions {
  /** Default 0.01. */
  readonly learningRate?: number;
  /** Share of the last direction that is kept, in [0, 1). Default 0. */
  readonly momentum?: number;
  /** Looks ahead along the direction (Nesterov). Default false. */
  readonly nesterov?: boolean;
  /** Penalty on squared weights. Default 0. */
  readonly weightDecay?: number;
}

/** Stochastic gradient descent. */
export function sgd(options: SgdOptions = {}): Optimiser {
  const { learningRate = 0.01, momentum = 0, nesterov = false, weightDecay = 0 } = options;
  requireKnown("sgd", options, ["learningRate", "momentum", "nesterov", "weightDecay"]);
  requireRate("sgd", learningRate);
  requireWithin("sgd", "weightDecay", weightDecay, 0);
  requireIn("sgd", "momentum", momentum, 0, 1);
  if (nesterov && momentum === 0) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      "sgd has { nesterov: true } and no momentum.",
      "Give { momentum: 0.9 } too.",
    );
  }
  return {
    name: "sgd",
    settings: { learningRate, momentum, nesterov, weightDecay },
    learningRate,
    weightDecay,
    slots: momentum === 0 ? [] : ["velocity"],
    scalars: [],
    scalarsAt: noScalars,
    update({ parameter, gradient, slots, scalars, decay }) {
      const g = penalised(gradient, parameter, decay);
      const rate = scalars["rate"]!;
      if (momentum === 0) return { parameter: sub(parameter, mul(g, rate)), slots: {} };
      const velocity = add(mul(slots["velocity"]!, momentum), g);
      const direction = nesterov ? add(g, mul(velocity, momentum)) : velocity;
      return { parameter: sub(parameter, mul(direction, rate)), slots: { velocity } };
    },
    ...(momentum > 0 && {
      updateInPlace: (arrays: UpdateArrays, { parameter, gradient, slots, scalars, decay }: InPlaceCall) =>
        arrays.momentum(
          parameter,
          gradient,
          slots["velocity"]!,
          { momentum, rate: scalars["rate"]!, decay },
          nesterov,
        ),
    }),
  };
}

export interface AdamOptions {
  /** Default 0.001. */
  readonly learningRate?: number;
  /** Memory of the mean gradient. Default 0.9. */
  readonly beta1?: number;
  /** Memory of the mean squared gradient. Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** adam: penalty on squared weights, default 0. adamw: decay of the weights per unit of rate, default 0.01. */
  readonly weightDecay?: number;
}

/** Adam: each parameter's step in units of its recent gradients. */
export function adam(options: AdamOptions = {}): Optimiser {
  return adamLike("adam", options, options.weightDecay ?? 0, false);
}

/** Adam with weight decay apart from the gradient. */
export function adamw(options: AdamOptions = {}): Optimiser {
  return adamLike("adamw", options, options.weightDecay ?? 0.01, true);
}

function adamLike(name: string, options: AdamOptions, weightDecay: number, decoupled: boolean): Optimiser {
  const { learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  requireKnown(name, options, ["learningRate", "beta1", "beta2", "epsilon", "weightDecay"]);
  requireRate(name, learningRate);
  requireWithin(name, "weightDecay", weightDecay, 0);
  requireWithin(name, "epsilon", epsilon, 0);
  requireIn(name, "beta1", beta1, 0, 1);
  requireIn(name, "beta2", beta2, 0, 1);
  return {
    name,
    settings: { learningRate, beta1, beta2, epsilon, weightDecay },
    learningRate,
    weightDecay,
    slots: ["first", "second"],
    scalars: ["correction", "epsilon"],
    // The slots are sums, M = m / (1 − β₁) and V = v / (1 − β₂), which saves three passes over every
    // parameter. So m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε) =
    // correction · M / (√V + ε·√((1 − β₂ᵗ) / (1 − β₂))).
    scalarsAt(step) {
      const root = Math.sqrt((1 - beta2 ** step) / (1 - beta2));
      return { correction: (root * (1 - beta1)) / (1 - beta1 ** step), epsilon: epsilon * root };
    },
    update({ parameter, gradient, slots, scalars, decay }) {
      const rate = scalars["rate"]!;
      const g = decoupled ? gradient : penalised(gradient, parameter, decay);
      const first = add(mul(slots["first"]!, beta1), g);
      const second = add(mul(slots["second"]!, beta2), mul(g, g));
      const change = div(
        mul(first, mul(rate, scalars["correction"]!)),
        add(sqrt(second), scalars["epsilon"]!),
      );
      const kept = decoupled && decay > 0 ? mul(parameter, sub(1, mul(rate, decay))) : parameter;
      return { parameter: sub(kept, change), slots: { first, second } };
    },
    updateInPlace(arrays, { parameter, gradient, slots, scalars, decay }) {
      const rate = scalars["rate"]!;
      arrays.adam(parameter, gradient, [slots["first"]!, slots["second"]!], {
        beta1,
        beta2,
        scale: Math.fround(rate * scalars["correction"]!),
        epsilon: scalars["epsilon"]!,
        decay: decoupled ? 0 : decay,
        kept: decoupled ? Math.fround(1 - Math.fround(rate * Math.fround(decay))) : 1,
      });
    },
  };
}

export interface RmsPropOptions {
  /** Default 0.01. */
  readonly learningRate?: number;
  /** Memory of the mean squared gradient. Default 0.99. */
  readonly alpha?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Share of the last direction that is kept. Default 0. */
  readonly momentum?: number;
  /** Penalty on squared weights. Default 0. */
  readonly weightDecay?: number;
}

/** RMSprop: the gradient in units of its recent size. */
export function rmsProp(options: RmsPropOptions = {}): Optimiser {
  const { learningRate = 0.01, alpha = 0.99, epsilon = 1e-8, momentum = 0, weightDecay = 0 } = options;
  requireKnown("rmsProp", options, ["learningRate", "alpha", "epsilon", "momentum", "weightDecay"]);
  requireRate("rmsProp", learningRate);
  requireWithin("rmsProp", "weightDecay", weightDecay, 0);
  requireWithin("rmsProp", "epsilon", epsilon, 0);
  requireIn("rmsProp", "alpha", alpha, 0, 1);
  requireIn("rmsProp", "momentum", momentum, 0, 1);
  return {
    name: "rmsProp",
    settings: { learningRate, alpha, epsilon, momentum, weightDecay },
    learningRate,
    weightDecay,
    slots: momentum === 0 ? ["second"] : ["second", "velocity"],
    scalars: [],
    scalarsAt: noScalars,
    update({ parameter, gradient, slots, scalars, decay }) {
      const rate = scalars["rate"]!;
      const g = penalised(gradient, parameter, decay);
      const second = add(mul(slots["second"]!, alpha), mul(mul(g, g), 1 - alpha));
      const scaled = div(g, add(sqrt(second), epsilon));
      if (momentum === 0) return { parameter: sub(parameter, mul(scaled, rate)), slots: { second } };
      const velocity = add(mul(slots["velocity"]!, momentum), scaled);
      return { parameter: sub(parameter, mul(velocity, rate)), slots: { second, velocity } };
    },
  };
}

function requireRate(name: string, rate: number): void {
  if (rate > 0 && Number.isFinite(rate)) return;
  throw new MillwrightError(
    "PARAMETER_RANGE",
    `${name} has { learningRate: ${rate} }, and needs a number above 0.`,
    "Give { learningRate: 0.001 }, say.",
  );
}

function requireIn(name: string, option: string, value: number, low: number, high: number): void {
  if (value >= low && value < high) return;
  throw new MillwrightError(
    "PARAMETER_RANGE",
    `${name} has { ${option}: ${value} }, and needs a number in [${low}, ${high}).`,
    `Give { ${option} } in its range.`,
  );
}
