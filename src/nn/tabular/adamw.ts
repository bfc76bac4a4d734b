/**
 * AdamW as graph nodes: one parameter's step, its two moments carried as state.
 *
 * Bias corrections are folded into the rate that is fed, so that a step counts nothing. Source:
 * Loshchilov & Hutter 2019, "Decoupled weight decay regularization", ICLR, algorithm 2.
 */
import { add, div, mul, sqrt, sub, type Value } from "../../graph/index.ts";

export interface AdamwOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export interface AdamwStep {
  readonly parameter: Value;
  readonly first: Value;
  readonly second: Value;
}

/**
 * The state after one step.
 *
 * @param rate - Scalar: learning rate × √(1 − β₂ᵗ) / (1 − β₁ᵗ), see `correctedRate`.
 * @param keep - Scalar: 1 − learning rate × weight decay; undefined for no decay.
 */
export function adamw(
  { parameter, first, second }: AdamwStep,
  gradient: Value,
  rate: Value,
  keep: Value | undefined,
  { beta1, beta2, epsilon }: AdamwOptions,
): AdamwStep {
  const nextFirst = add(mul(first, beta1), mul(gradient, 1 - beta1));
  const nextSecond = add(mul(second, beta2), mul(mul(gradient, gradient), 1 - beta2));
  const change = div(mul(nextFirst, rate), add(sqrt(nextSecond), epsilon));
  const kept = keep === undefined ? parameter : mul(parameter, keep);
  return { parameter: sub(kept, change), first: nextFirst, second: nextSecond };
}

/** The rate of step t = 1, 2, … with Adam's bias corrections. */
export function correctedRate(learningRate: number, step: number, { beta1, beta2 }: AdamwOptions): number {
  return (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
}
