/** Squared error that counts answers below the truth by `level` and those above by 1 − level: its best answer is an expectile. */
import type { Loss } from "millwright/estimators";

export const expectile = (level: number): Loss => {
  const share = (score: number, target: number) => (score < target ? level : 1 - level);
  return {
    name: `expectile@${level}`,
    loss: (score, target) => share(score, target) * (score - target) ** 2,
    gradient: (score, target) => 2 * share(score, target) * (score - target),
    hessian: (score, target) => 2 * share(score, target),
  };
};
