import { describe, expect, test } from "vitest";
import type { Target } from "../../estimators/index.ts";
import type { WordEffect } from "../../evaluate/index.ts";
import { reportWords } from "./words.ts";

const effect = (word: string, mean: readonly number[], half = 0.1, column = "note"): WordEffect => ({
  column,
  word,
  unit: "words",
  rows: 9,
  mean,
  half: mean.map(() => half),
});
const classes = (codes: readonly number[], classCount: number): Target => ({
  kind: "classification",
  codes: Int32Array.from(codes),
  classCount,
});
const spam = { kind: "classification", target: "label", classes: ["spam", "ham"], positive: "spam" } as const;

describe("words of a report", () => {
  test("of two classes are those of the positive one, the strongest first, twelve on a side", () => {
    const leaders = Array.from({ length: 40 }, (_, i) => effect(`w${i}`, [(i - 20) / 5, (20 - i) / 5], 0.5));
    const words = reportWords({ words: 99, leaders }, spam, classes([0, 1], 2))!;
    expect(words).toMatchObject({ asked: 99, answers: [{ label: "spam" }] });
    expect(words.characters).toBeUndefined();
    const [{ raising, lowering }] = words.answers as [(typeof words.answers)[0]];
    expect(raising.map(({ word }) => word)).toEqual(Array.from({ length: 12 }, (_, i) => `w${39 - i}`));
    expect(lowering.map(({ word }) => word)).toEqual(Array.from({ length: 12 }, (_, i) => `w${i}`));
    expect(raising[0]).toEqual({ word: "w39", rows: 9, change: { value: 3.8, low: 3.3, high: 4.3 } });
  });

  test("are none whose interval holds no change, nor such as change next to nothing", () => {
    const leaders = [effect("chance", [0.3, -0.3], 0.31), effect("little", [0.01, -0.01], 0)];
    expect(reportWords({ words: 9, leaders }, spam, classes([0, 1], 2))).toBeUndefined();
  });

  test("of many classes are those of the six commonest, eight on a side", () => {
    const task = {
      kind: "classification",
      target: "topic",
      classes: Array.from({ length: 8 }, (_, i) => `c${i}`),
    } as const;
    const leaders = Array.from({ length: 20 }, (_, i) =>
      effect(
        `w${i}`,
        task.classes.map(() => 1 + i),
      ),
    );
    const y = classes([0, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7], 8);
    const { answers } = reportWords({ words: 20, leaders }, task, y)!;
    expect(answers.map(({ label }) => label)).toEqual(["c2", "c3", "c4", "c5", "c6", "c7"]);
    expect(answers[0]!.raising.length).toBe(8);
    expect(answers[0]!.lowering).toEqual([]);
  });

  test("name their column where there are several, and say so where characters stand for words", () => {
    const leaders = [
      effect("a", [2], 0.1, "title"),
      { ...effect("b", [-1], 0.1, "body"), unit: "characters" as const },
    ];
    const task = { kind: "regression", target: "price" } as const;
    const y: Target = { kind: "regression", values: Float64Array.of(1, 2) };
    expect(reportWords({ words: 2, leaders }, task, y)).toMatchObject({
      characters: true,
      answers: [{ raising: [{ word: "a", column: "title" }], lowering: [{ word: "b", column: "body" }] }],
    });
  });
});
