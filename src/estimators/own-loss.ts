/**
 * A loss of the user's own, of one score and one target: what gradient boosting and linear models minimise in place
 * of theirs. Its derivatives are checked for every row that they are asked for, since a wrong one trains a wrong
 * model without an error.
 */
import { callOwn, MillwrightError, ownCodeError } from "../core/index.ts";
import { concat, exp, sigmoid, sub, type Value } from "../graph/index.ts";
import type { Target } from "./estimator.ts";

export interface Loss {
  /** As it stands on the board: `expectile@0.8`. */
  readonly name: string;
  /**
   * What a score s answers: itself, e^s for numbers above 0, or 1 / (1 + e^−s), the probability of the second class;
   * then targets are 0 and 1. The score itself unless told.
   */
  readonly answer?: "score" | "exponential" | "probability";
  /** What a row costs. */
  loss(score: number, target: number): number;
  /** First derivative of the loss by the score. */
  gradient(score: number, target: number): number;
  /** Second derivative, or what stands in for it where that is 0; at least 0. */
  hessian(score: number, target: number): number;
}

/** The task of a loss. */
export function taskOfLoss({ answer }: Loss): Target["kind"] {
  return answer === "probability" ? "classification" : "regression";
}

/**
 * The targets as the loss takes them.
 *
 * @throws MillwrightError `PARAMETER_CONFLICT` for a target of the other task, or of more than two classes.
 */
export function targetsOfLoss(loss: Loss, y: Target): Float64Array {
  if (y.kind !== taskOfLoss(loss) || (y.kind === "classification" && y.classCount !== 2)) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `The loss "${loss.name}" is for ${loss.answer === "probability" ? "two classes" : "a number"}, and the target ${y.kind === "regression" ? "is a number" : `has ${y.classCount} classes`}.`,
      "Choose another loss, or set its answer.",
    );
  }
  return y.kind === "regression" ? y.values : Float64Array.from(y.codes);
}

/** Both derivatives. @throws MillwrightError `OWN_CODE_FAILED` where they are no numbers, or the second is below 0. */
export function derivatives(loss: Loss, score: number, target: number): { g: number; h: number } {
  const who = `The loss "${loss.name}" at the score ${score} and the target ${target}`;
  const g = callOwn(who, () => loss.gradient(score, target));
  const h = callOwn(who, () => loss.hessian(score, target));
  if (Number.isFinite(g) && Number.isFinite(h) && h >= 0) return { g, h };
  throw ownCodeError(
    `${who} has the gradient ${g} and the hessian ${h}, and needs numbers, the hessian at least 0.`,
  );
}

/** What a row costs. @throws MillwrightError `OWN_CODE_FAILED` where that is no number. */
export function costOf(loss: Loss, score: number, target: number): number {
  const who = `The loss "${loss.name}" at the score ${score} and the target ${target}`;
  const cost = callOwn(who, () => loss.loss(score, target));
  if (Number.isFinite(cost)) return cost;
  throw ownCodeError(`${who} is ${cost}, and needs a number.`);
}

/** The best score for all rows together: Newton's steps, halved where they do not descend. */
export function bestScore(
  loss: Loss,
  targets: ArrayLike<number>,
  weights: Float64Array | undefined,
  rows: Uint32Array,
): number {
  const mean = (term: (target: number) => number): number => {
    let sum = 0;
    let total = 0;
    for (const row of rows) {
      const w = weights?.[row] ?? 1;
      sum += w * term(targets[row]!);
      total += w;
    }
    return sum / total;
  };
  const middle = mean((target) => target);
  let score =
    loss.answer === "exponential"
      ? Math.log(Math.max(middle, 1e-12))
      : loss.answer === "probability"
        ? Math.log(
            Math.min(1 - 1e-9, Math.max(1e-9, middle)) / (1 - Math.min(1 - 1e-9, Math.max(1e-9, middle))),
          )
        : middle;
  let cost = mean((target) => costOf(loss, score, target));
  for (let step = 0; step < 100; step++) {
    const g = mean((target) => derivatives(loss, score, target).g);
    const h = mean((target) => derivatives(loss, score, target).h);
    if (g === 0) break;
    let move = -g / (h > 1e-12 ? h : Math.max(1e-12, Math.abs(g)));
    let next = cost;
    for (; Math.abs(move) > 1e-12 * Math.max(1, Math.abs(score)); move /= 2) {
      next = mean((target) => costOf(loss, score + move, target));
      if (next < cost) break;
    }
    if (!(next < cost)) break;
    score += move;
    const fell = cost - next;
    cost = next;
    if (fell <= 1e-14 * Math.abs(cost)) break;
  }
  return score;
}

/** Scores float64 [batch, 1] to what the model answers. */
export function emitAnswer({ answer = "score" }: Loss, scores: Value): Value {
  if (answer === "score") return scores;
  if (answer === "exponential") return exp(scores);
  const p = sigmoid(scores);
  return concat([sub(1, p), p], 1);
}

/** The same by hand; row-major. */
export function answerByHand({ answer = "score" }: Loss, scores: Float64Array): Float64Array {
  if (answer === "score") return scores;
  if (answer === "exponential") return scores.map((score) => Math.exp(score));
  const out = new Float64Array(2 * scores.length);
  scores.forEach((score, i) => {
    const p = 1 / (1 + Math.exp(-score));
    out[2 * i] = 1 - p;
    out[2 * i + 1] = p;
  });
  return out;
}
