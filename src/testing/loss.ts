/** The laws of a loss of one's own, as checks for any test runner: its derivatives are those of its values. */
import type { Loss } from "../estimators/index.ts";
import { type Check, lawOrException, require } from "./check.ts";

export type LossLaw =
  | "it is a finite number with finite derivatives"
  | "the gradient is the slope of the loss"
  | "the hessian is the slope of the gradient"
  | "the hessian is at least 0";

export interface LossConformanceOptions {
  /** Targets that it is tried with; told by its answer unless given. */
  readonly targets?: readonly number[];
  /** Scores that it is tried at. */
  readonly scores?: readonly number[];
  /** Largest difference of a slope and its derivative, relative above 1. Default 1e-4. */
  readonly tolerance?: number;
  /** Laws that it cannot keep, each with the reason: a stand-in for a hessian of 0 breaks the third. */
  readonly exceptions?: Partial<Record<LossLaw, string>>;
}

const usualTargets = {
  score: [-30, -1, 0, 0.5, 3, 1000],
  exponential: [0.01, 1, 3, 200],
  probability: [0, 1],
};

/**
 * The checks of a loss.
 *
 * Slopes are taken between points on one side of a kink: where the slope left and right of a point differ, the point
 * is left out.
 */
export function lossConformance(loss: Loss, options: LossConformanceOptions = {}): readonly Check[] {
  const { tolerance = 1e-4, exceptions } = options;
  const targets = options.targets ?? usualTargets[loss.answer ?? "score"];
  const scores = options.scores ?? [-4.1, -1.3, -0.2, 0.1, 0.7, 2.3, 5.9];
  const points = scores.flatMap((score) => targets.map((target) => ({ score, target })));
  const at = ({ score, target }: (typeof points)[number]) => `at the score ${score} and the target ${target}`;
  const law = (name: LossLaw, run: (point: (typeof points)[number]) => void): Check =>
    lawOrException(
      name,
      async () => {
        for (const point of points) run(point);
      },
      exceptions?.[name],
    );
  /** Differences of f to both sides; undefined across a kink. */
  const slope = (f: (score: number) => number, score: number): number | undefined => {
    const step = 1e-5 * Math.max(1, Math.abs(score));
    const [left, right] = [(f(score) - f(score - step)) / step, (f(score + step) - f(score)) / step];
    const middle = (left + right) / 2;
    return Math.abs(left - right) > 0.01 * Math.max(1, Math.abs(middle)) ? undefined : middle;
  };
  const near = (given: number, found: number | undefined, what: string): void => {
    if (found === undefined) return;
    const close = Math.abs(given - found) <= tolerance * Math.max(1, Math.abs(found));
    require(close, `${what} is ${given}, and the slope is ${found}.`);
  };
  return [
    law("it is a finite number with finite derivatives", (point) => {
      const { score, target } = point;
      const values = [loss.loss(score, target), loss.gradient(score, target), loss.hessian(score, target)];
      require(values.every(
        Number.isFinite,
      ), `Loss, gradient and hessian ${at(point)} are ${values.join(", ")}.`);
    }),
    law("the gradient is the slope of the loss", (point) => {
      const { score, target } = point;
      const found = slope((s) => loss.loss(s, target), score);
      near(loss.gradient(score, target), found, `The gradient ${at(point)}`);
    }),
    law("the hessian is the slope of the gradient", (point) => {
      const { score, target } = point;
      const found = slope((s) => loss.gradient(s, target), score);
      near(loss.hessian(score, target), found, `The hessian ${at(point)}`);
    }),
    law("the hessian is at least 0", (point) => {
      const h = loss.hessian(point.score, point.target);
      require(h >= 0, `The hessian ${at(point)} is ${h}.`);
    }),
  ];
}
