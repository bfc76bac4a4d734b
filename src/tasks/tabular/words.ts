/** The words that a report draws: of the classes that it draws, those whose effect is no chance. */
import type { Target } from "../../estimators/index.ts";
import type { WordEffects } from "../../evaluate/index.ts";
import type { Task } from "../../pipeline/index.ts";
import type { WordEffect, Words } from "../../report/index.ts";
import { positiveCode } from "./labelled.ts";

/** Words for a class and against it, where one class tells of all, and where there are several. */
const shownAlone = 12;
const shownEach = 8;
/** Classes drawn; more make a wall. */
const maxClasses = 6;
/** Least change of log-odds that is drawn: a fiftieth of the odds. */
const leastOdds = 0.02;

/**
 * @param y - The untouched rows' answers.
 * @returns Undefined where no word changes an answer by more than chance.
 */
export function reportWords({ words, leaders }: WordEffects, task: Task, y: Target): Words | undefined {
  const answers = codesDrawn(task, y).map((code) => {
    const shown = task.kind === "classification" && task.classes.length > 2 ? shownEach : shownAlone;
    const least = task.kind === "classification" ? leastOdds : 0;
    const columns = new Set(leaders.map(({ column }) => column));
    const clear = leaders
      .filter(({ mean, half }) => Math.abs(mean[code]!) > half[code]! && Math.abs(mean[code]!) >= least)
      .map(({ word, column, rows, mean, half }): WordEffect => {
        const value = mean[code]!;
        const change = { value, low: value - half[code]!, high: value + half[code]! };
        return { word, ...(columns.size > 1 && { column }), rows, change };
      })
      .sort((a, b) => b.change.value - a.change.value);
    return {
      ...(task.kind === "classification" && { label: task.classes[code]! }),
      raising: clear.filter(({ change }) => change.value > 0).slice(0, shown),
      lowering: clear
        .filter(({ change }) => change.value < 0)
        .reverse()
        .slice(0, shown),
    };
  });
  const told = answers.filter(({ raising, lowering }) => raising.length + lowering.length > 0);
  if (told.length === 0) return undefined;
  return {
    asked: words,
    ...(leaders.some(({ unit }) => unit === "characters") && { characters: true }),
    answers: told,
  };
}

/** Of two classes the positive one; of more the commonest, in their order. */
function codesDrawn(task: Task, y: Target): readonly number[] {
  if (task.kind === "regression" || y.kind === "regression") return [0];
  if (task.classes.length === 2) return [positiveCode(task) ?? 1];
  const counts = task.classes.map(() => 0);
  for (const code of y.codes) counts[code]!++;
  return [...counts.keys()]
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, maxClasses)
    .sort((a, b) => a - b);
}
