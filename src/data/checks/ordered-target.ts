/** A target whose values are steps of a scale: a few whole numbers in a row, or words of a known order. */
import { type Finding, shellWord } from "../finding.ts";
import { knownOrder } from "../ordered-words.ts";
import type { ProfileTarget } from "../profile/target.ts";

/** Grades and stars have so many steps; more whole numbers are rather counts. */
const fewest = 3;
const most = 10;

/** A hint that levels may be meant; undefined where nothing speaks for it. */
export function orderedTarget(target: ProfileTarget): Finding | undefined {
  const levels = target.task === "regression" ? wholeSteps(target.values) : wordsInOrder(target);
  if (levels === undefined) return undefined;
  const asked = target.task === "regression" ? "a number" : "labels without an order";
  return {
    kind: "orderedTarget",
    column: target.name,
    evidence: `The target holds ${levels.length} levels, ${levels.join(", ")}, and is predicted as ${asked} unless told.`,
    effect: "hint",
    undo: `--task ordinal${target.task === "regression" ? "" : ` --order ${shellWord(levels.map((level) => level.replaceAll(",", "\\,")).join(","))}`}`,
    numbers: { levels: levels.length },
  };
}

/** Whole numbers from 0 or 1 on without a gap. */
function wholeSteps(values: Float64Array): string[] | undefined {
  const distinct = new Set<number>();
  for (const value of values) {
    if (!Number.isInteger(value) || value < 0 || value > most) return undefined;
    distinct.add(value);
  }
  const steps = [...distinct].sort((a, b) => a - b);
  if (steps.length < fewest || steps.length > most || steps[0]! > 1) return undefined;
  return steps.at(-1)! - steps[0]! === steps.length - 1 ? steps.map(String) : undefined;
}

function wordsInOrder(target: Extract<ProfileTarget, { task: "classification" }>): string[] | undefined {
  const held = [...new Set(target.codes)].map((code) => target.labels[code]!);
  return knownOrder(held);
}
