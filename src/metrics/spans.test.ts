/** Spans of BIO tags: seqeval's figures, also of sequences that break the rule; counting; errors. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { spanCounts, spanScores, spanScoresOf, spansOf } from "./index.ts";

const golden = JSON.parse(readFileSync(new URL("../../test/golden/spans.json", import.meta.url), "utf8")) as {
  cases: {
    numbers: [number, number, number, number];
    spans: [string, number, number][];
    scores: Record<"all" | "per", Record<"precision" | "recall" | "f1", number>>;
  }[];
};
const names = ["O", "B-per", "I-per", "B-loc", "I-loc"];

/** The formula of spans.py. */
function tagsOf(sentence: number, a: number, b: number, c: number): string[] {
  return Array.from(
    { length: 1 + (sentence % 9) },
    (_, place) => names[((a * sentence + b * place * place + c * place + sentence * place) % 7) % 5]!,
  );
}

test.each(golden.cases)("precision, recall and F1 of $numbers are seqeval's within 1e-12", (each) => {
  const [a, b, c, shift] = each.numbers;
  const sentences = Array.from({ length: 60 }, (_, s) => s);
  const actual = sentences.map((s) => tagsOf(s, a, b, c));
  const said = sentences.map((s) => (s % 3 === 0 ? actual[s]! : tagsOf(s, a, b, c + shift)));
  for (const kind of ["all", "per"] as const) {
    const scores = spanScores(actual, said, kind === "all" ? undefined : kind);
    for (const name of ["precision", "recall", "f1"] as const)
      expect(Math.abs(scores[name] - each.scores[kind][name])).toBeLessThan(1e-12);
  }
  expect(spansOf(said[47]!).map(({ kind, start, end }) => [kind, start, end])).toEqual(each.spans);
});

test.each<[string, string[], [string, number, number][]]>([
  ["none", ["O", "O"], []],
  ["one to the end", ["O", "B-x", "I-x"], [["x", 1, 3]]],
  [
    "a B- right after a span begins the next",
    ["B-x", "B-x"],
    [
      ["x", 0, 1],
      ["x", 1, 2],
    ],
  ],
  ["an I- without its B- begins one", ["O", "I-x", "I-x"], [["x", 1, 3]]],
  [
    "an I- of another kind begins one",
    ["B-x", "I-y"],
    [
      ["x", 0, 1],
      ["y", 1, 2],
    ],
  ],
  ["a kind may hold a dash", ["B-creative-work", "I-creative-work"], [["creative-work", 0, 2]]],
])("spans: %s", (_, tags, spans) => {
  expect(spansOf(tags).map(({ kind, start, end }) => [kind, start, end])).toEqual(spans);
});

test("counts of sentences add up, and nothing to count scores 0", () => {
  const first = spanCounts(["B-x", "O"], ["B-x", "B-y"]);
  expect(first).toEqual({ right: 1, predicted: 2, actual: 1 });
  expect(spanCounts(["B-x", "O"], ["B-x", "B-y"], "y")).toEqual({ right: 0, predicted: 1, actual: 0 });
  expect(spanScoresOf([first, { right: 0, predicted: 0, actual: 2 }])).toEqual({
    right: 1,
    predicted: 2,
    actual: 3,
    precision: 1 / 2,
    recall: 1 / 3,
    f1: 2 / 5,
  });
  expect(spanScores([["O"]], [["O"]])).toMatchObject({ precision: 0, recall: 0, f1: 0 });
});

test("what is no BIO tag, and other lengths, are errors that say which", () => {
  expect(() => spansOf(["O", "person"])).toThrow(/"person" of token 2 is not one of BIO/);
  expect(() => spansOf(["B-"])).toThrow(expect.objectContaining({ code: "DATA_BAD_VALUE" }));
  expect(() => spanCounts(["O"], [])).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
  expect(() => spanScores([["O"]], [])).toThrow(/1 sentences and predictions for 0/);
});
