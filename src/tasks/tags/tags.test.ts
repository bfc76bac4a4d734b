/** The parts of a tagger: codes of tokens, the classical model's table, decisions, the tag look-up. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { drawSentences } from "../../../test/fixtures/sentences.ts";
import { describeWithSharedData } from "../../../test/shared-data.ts";
import { createRandom } from "../../core/index.ts";
import { readConll } from "../../data/index.ts";
import * as ops from "../../graph/index.ts";
import { spanScores } from "../../metrics/index.ts";
import { compile } from "../../runtime/index.ts";
import { codeRows, cutSentences } from "./coded-rows.ts";
import { composeTags, logProbabilities } from "./compose.ts";
import { bestOffset, emitTagCodes, tagOrder, tagsOfScores } from "./decide.ts";
import { tagFigures } from "./judge.ts";
import { fitLookUp } from "./look-up.ts";
import { codeTokens, learnTokenCodes, wordCount } from "./token-codes.ts";
import { emitClassical, fitClassicalTagger } from "./classical.ts";

test("words are told apart without case, rare ones share buckets, characters keep theirs, and nothing has no code", async () => {
  const sentences = [...Array.from({ length: 5 }, () => ["Ångström", "the", "a"]), ["Rare", "the"]];
  const codes = await learnTokenCodes(sentences);
  expect(codes.words).toEqual(["the", "a", "ångström"]);
  expect(codes.characters).not.toContain("R");
  const { word, characters } = await codeTokens(["THE", "ångström", "Rare", "rare", "other", ""], codes);
  expect([...word.subarray(0, 2)]).toEqual([1, 3]);
  expect(word[2]).toBe(word[3]);
  for (const bucket of word.subarray(2, 5)) {
    expect(bucket).toBeGreaterThan(3);
    expect(bucket).toBeLessThan(wordCount(codes));
  }
  expect(word[5]).toBe(0);
  const places = codes.characterPlaces;
  const own = (token: number): number[] => [...characters.subarray(token * places, (token + 1) * places)];
  const other = codes.characters.length + 1;
  expect(own(2)[0]).toBe(other);
  expect(own(3)[0]).toBe(codes.characters.indexOf("r") + 1);
  expect(own(2).slice(1)).toEqual(own(3).slice(1));
  expect(own(5)).toEqual(new Array<number>(places).fill(0));
});

test.each(
  "lower UPPER Title X iPhone 1,000.50 @Ada #1 HTTP://x.org www. !? 東京 don't naïve Москва 3pm".split(" "),
)("flags of %s are those of JavaScript's expressions", async (token) => {
  const { flags } = await codeTokens([token], await learnTokenCodes([[token]]));
  const patterns = [
    /^[^\p{L}\p{N}]+$/u,
    /^\p{Ll}+$/u,
    /^\p{Lu}$/u,
    /^\p{Lu}{2,}$/u,
    /^\p{Lu}\p{Ll}+$/u,
    /^\p{Lu}.*$/u,
    /^.+\p{Lu}.*$/u,
    /^.*\p{N}.*$/u,
    /^[\p{N}.,:]*\p{N}$/u,
    /^@.+$/u,
    /^#.+$/u,
    /^(https?:|www\.).*$/iu,
    /^.*[-'’].+$/u,
    /^.*[^\p{Script=Latin}\p{N}\p{P}\p{S}].*$/u,
  ];
  expect([...flags].map(Boolean)).toEqual(patterns.map((pattern) => pattern.test(token)));
});

test("logistic regression finds names, by words up to two places away and no further", async () => {
  const drawn = drawSentences(200, 1);
  const rows = {
    tokens: drawn.map((sentence) => sentence.map(([token]) => token)),
    tags: drawn.map((sentence) => sentence.map(([, tag]) => tag)),
  };
  const classes = ["O", ...[...new Set(rows.tags.flat())].filter((tag) => tag !== "O").sort()];
  const places = 12;
  const decision = { classes, places, order: tagOrder(classes, rows.tags) };
  const codes = await learnTokenCodes(rows.tokens);
  const coded = await codeRows(rows, codes, classes, places);
  const model = await fitClassicalTagger(coded, codes, classes.length, {
    random: createRandom(1),
    threads: 1,
  });
  const file = await composeTags({
    codes,
    ...decision,
    offset: 0,
    emit: (read) => emitClassical(model, read, places, codes),
    about: {
      card: { summary: "", members: [], policy: {}, software: "test" },
      data: { rowCount: 1, columnCount: 1, sha256: "0".repeat(64) },
      recipe: { seed: 1, options: {}, software: "test" },
    },
  });
  const scoresOf = (tokens: readonly (readonly string[])[]) => logProbabilities(file.write(), tokens, places);
  const scores = await scoresOf(rows.tokens);
  const said = tagsOfScores(
    scores,
    rows.tokens.map(({ length }) => length),
    decision,
    0,
  );
  expect(spanScores(rows.tags, said).f1).toBeGreaterThan(0.98);
  const base = "ask Ada when it rains".split(" ");
  const [first, near, far] = await Promise.all(
    [base, base.with(2, "Oslo"), base.with(3, "Oslo")].map((sentence) => scoresOf([sentence])),
  );
  const start = (all: Float64Array): number[] => [...all.subarray(0, classes.length)];
  expect(start(near!)).not.toEqual(start(first!));
  expect(start(far!)).toEqual(start(first!));
});

test("the offset lowers O, and the best one is found", () => {
  const scores = Float64Array.of(2, 1, 0, 3, 0, 0, 9, 9, 9);
  const classes = ["O", "B-x", "I-x"];
  const tagsAt = (offset: number): string[][] =>
    tagsOfScores(scores, [2], { classes, places: 3, order: tagOrder(classes, []) }, offset);
  expect(tagsAt(0)).toEqual([["O", "O"]]);
  expect(tagsAt(1.5)).toEqual([["B-x", "O"]]);
  expect(tagsAt(4)).toEqual([["B-x", "B-x"]]);
  expect(bestOffset([["B-x", "O"]], tagsAt)).toEqual({ offset: 1.25, f1: 1 });
});

test("of offsets within a standard error of the best span F1 the smallest is taken", () => {
  // 20 sentences of one token that is a span; O leads by 0.3 in 8 of them, by 0.8 in 2 more, by 1.8 in 1, by 9 in the others.
  const leads = Array.from({ length: 20 }, (_, i) => (i < 8 ? 0.3 : i < 10 ? 0.8 : i < 11 ? 1.8 : 9));
  const scores = Float64Array.from(leads.flatMap((lead) => [lead, 0]));
  const actual = leads.map(() => ["B-x"]);
  const tagsAt = (offset: number): string[][] =>
    tagsOfScores(
      scores,
      leads.map(() => 1),
      { classes: ["O", "B-x"], places: 1, order: tagOrder(["O", "B-x"], []) },
      offset,
    );
  // The best has 11 right: F1 22/31, standard error 0.0926. 10 right (20/30) are within it, 8 (16/28) are not.
  expect(bestOffset(actual, tagsAt)).toEqual({ offset: 1, f1: 22 / 31 });
});

test("an I- stands only behind its kind, but where the training sentences begin spans with one", () => {
  const classes = ["O", "B-x", "I-x", "I-y"];
  const y = [true, true, true, true];
  expect(
    tagOrder(classes, [
      ["B-x", "I-x", "O"],
      ["I-y", "I-y"],
    ]),
  ).toEqual([
    [true, true, false, true],
    [true, true, true, true],
    [true, true, true, true],
    [true, true, false, true],
  ]);
  expect(tagOrder(classes, [["O", "I-x"], ["I-y"]])).toEqual([y, y, y, y]);
});

test("the tags of a sentence are the best among all sequences that may be, in loops and in the graph", async () => {
  const classes = ["O", "B-x", "I-x", "B-y", "I-y"];
  const places = 4;
  const order = tagOrder(classes, []);
  const lengths = [4, 1, 3, 2, 4, 3];
  const random = createRandom(5);
  const width = classes.length;
  const scores = Float64Array.from({ length: lengths.length * places * width }, () => 3 * random.normal());
  const best = (row: number, offset: number): string[] => {
    let found: readonly number[] = [];
    let most = Number.NEGATIVE_INFINITY;
    const extend = (codes: readonly number[], sum: number): void => {
      if (codes.length === lengths[row]) {
        if (sum > most) [found, most] = [codes, sum];
        return;
      }
      classes.forEach((_, c) => {
        if (!order[codes.at(-1) ?? 0]![c]!) return;
        const own = scores[(row * places + codes.length) * width + c]!;
        extend([...codes, c], sum + own - (c === 0 ? offset : 0));
      });
    };
    extend([], 0);
    return found.map((code) => classes[code]!);
  };
  let alone = 0;
  for (const offset of [0, 1.5]) {
    const wanted = lengths.map((_, row) => best(row, offset));
    expect(tagsOfScores(scores, lengths, { classes, places, order }, offset)).toEqual(wanted);
    const free = { classes, places, order: order.map((row) => row.map(() => true)) };
    if (tagsOfScores(scores, lengths, free, offset).join() !== wanted.join()) alone++;
    const x = ops.input("x", "float64", ["batch", places, width]);
    const present = ops.input("present", "float64", ["batch", places]);
    const session = await compile(
      ops.graph({
        inputs: [x, present],
        outputs: { codes: emitTagCodes(x, present, { classes, places, order }) },
      }),
      { threads: 1 },
    );
    const { codes } = await session.run({
      x: {
        dtype: "float64",
        shape: [lengths.length, places, width],
        data: scores.map((score, i) => (i % width === 0 ? score - offset : score)),
      },
      present: {
        dtype: "float64",
        shape: [lengths.length, places],
        data: Float64Array.from(
          lengths.flatMap((length) => Array.from({ length: places }, (_, k) => Number(k < length))),
        ),
      },
    });
    await session.release();
    const data = codes!.data as BigInt64Array;
    const said = lengths.map((length, row) =>
      Array.from({ length }, (_, k) => classes[Number(data[row * places + k])]!),
    );
    expect(said).toEqual(wanted);
  }
  // Taken by themselves, the places would break the rule.
  expect(alone).toBe(2);
});

test("sentences are cut into parts of the places, and none is empty", () => {
  expect(cutSentences([["a", "b", "c"], ["d"], ["e", "f"]], 2)).toEqual([
    ["a", "b"],
    ["c"],
    ["d"],
    ["e", "f"],
  ]);
});

test("figures have intervals over sentences, and the baseline's beside", () => {
  const actual = Array.from({ length: 40 }, () => ["B-x", "O", "B-y"]);
  const said = actual.map((tags, i) => (i % 4 === 0 ? ["O", "O", "B-y"] : tags));
  const figures = tagFigures(
    actual,
    said,
    actual.map(() => ["O", "O", "O"]),
    1,
  );
  expect(figures.map(({ name, baseline }) => [name, baseline])).toEqual([
    ["spanF1", 0],
    ["spanPrecision", 0],
    ["spanRecall", 0],
  ]);
  const [f1, precision, recall] = figures;
  expect(f1!.value).toBeCloseTo((2 * 70) / 150, 12);
  expect(f1!.low).toBeLessThan(f1!.value);
  expect(f1!.high).toBeGreaterThan(f1!.value);
  expect(precision!.value).toBe(1);
  expect(recall!.value).toBe(70 / 80);
});

describeWithSharedData("WNUT-17", (folder) => {
  test("the tag look-up has the precision, recall and F1 that its data set's page states", async () => {
    const read = (part: string) => readConll(join(folder, "text", `wnut17-${part}.conll.gz`));
    const train = await read("train");
    const judged = await read("test");
    const scores = spanScores(judged.tags, judged.tokens.map(fitLookUp(train.tokens, train.tags)));
    expect(scores.f1).toBeCloseTo(0.06041, 5);
    expect(scores.precision).toBeCloseTo(0.2123, 4);
    expect(scores.recall).toBeCloseTo(0.03522, 5);
  });
});
