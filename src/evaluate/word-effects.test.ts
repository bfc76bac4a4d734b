import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import { logistic } from "../estimators/linear/index.ts";
import { tfidf } from "../features/index.ts";
import { pipeline } from "../pipeline/index.ts";
import { category, type Cells, defineSchema, type Frame, text } from "../schema/index.ts";
import { type Predict, type WordEffect, wordEffects } from "./index.ts";

/** Columns of texts; null is missing. */
function frameOf(columns: Record<string, readonly (string | null)[]>): Frame {
  const entries = Object.entries(columns);
  return {
    rowCount: entries[0]![1].length,
    schema: defineSchema(Object.fromEntries(entries.map(([name]) => [name, text()]))),
    columns: new Map(
      entries.map(([name, cells]): [string, Cells] => {
        const dictionary = [...new Set(cells.filter((cell) => cell !== null))];
        return [
          name,
          {
            type: "string",
            dictionary,
            codes: Int32Array.from(cells, (cell) => (cell === null ? -1 : dictionary.indexOf(cell))),
          },
        ];
      }),
    ),
  };
}

const textsOf = (frame: Frame, name: string): string[] => {
  const cells = frame.columns.get(name) as Extract<Cells, { type: "string" }>;
  return Array.from(cells.codes, (code) => cells.dictionary[code] ?? "");
};

const words = ["win", "cash", "prize", "hello", "lunch", "home", "the", "a", "of", "to"];
const coefficients = [3, 2.2, 1.5, -0.8, -1.6, -2.4, 0, 0, 0.05, -0.05];
const random = createRandom(5);
const texts = Array.from({ length: 300 }, (_, row) => {
  const own = Array.from({ length: 4 + random.integer(5) }, () => words[random.integer(words.length)]!);
  return [...own, `only${row}`].map((word) => (random.next() < 0.3 ? word.toUpperCase() : word)).join(" ");
});

/** Sum of the coefficients of the words that a text holds, a word of one text counting most. */
const score = (words_: string): number => {
  const held = new Set(words_.toLowerCase().split(/\s+/u));
  return [...held].reduce((sum, word) => {
    const at = words.indexOf(word);
    return sum + (at >= 0 ? coefficients[at]! : word.startsWith("only") ? 9 : 0);
  }, 0);
};
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
const numbers: Predict = async (frame) => Float64Array.from(textsOf(frame, "note"), score);
const shares: Predict = async (frame) =>
  Float64Array.from(
    textsOf(frame, "note").flatMap((note) => [1 - sigmoid(score(note) - 9), sigmoid(score(note) - 9)]),
  );

const notes = frameOf({ note: texts });
const sorted = (leaders: readonly WordEffect[], c = 0): WordEffect[] =>
  [...leaders].sort((a, b) => b.mean[c]! - a.mean[c]!);

describe("wordEffects", () => {
  test("of a linear model on a bag of words is the word's coefficient, to 1e-12", async () => {
    const { leaders } = await wordEffects({
      predict: numbers,
      frame: notes,
      output: await numbers(notes),
      seed: 1,
    });
    for (const { word, mean, half, rows, unit } of leaders) {
      expect(mean[0]! - coefficients[words.indexOf(word)]!).toBeCloseTo(0, 12);
      expect(half[0]!).toBeLessThan(1e-12);
      expect(rows).toBe(30);
      expect(unit).toBe("words");
    }
    // What changes nothing leads nowhere.
    expect(new Set(leaders.map(({ word }) => word))).toEqual(
      new Set(words.filter((_, i) => coefficients[i] !== 0)),
    );
  });

  test("of the probabilities of such a model is the same, in log-odds, and the opposite for the other class", async () => {
    const common = { predict: shares, frame: notes, output: await shares(notes), seed: 1 };
    const { leaders } = await wordEffects({ ...common, learntRows: 1e12 });
    expect(leaders.length).toBe(8);
    for (const { word, mean } of leaders) {
      expect(mean[1]! - coefficients[words.indexOf(word)]!).toBeCloseTo(0, 6);
      expect(mean[0]! + mean[1]!).toBeCloseTo(0, 12);
    }
    // Nearly sure answers count less where few rows were learnt from; the order stays.
    const damped = (await wordEffects({ ...common, learntRows: 100 })).leaders;
    expect(sorted(damped, 1).map(({ word }) => word)).toEqual(sorted(leaders, 1).map(({ word }) => word));
    for (const { word, mean } of damped)
      expect(Math.abs(mean[1]!)).toBeLessThan(Math.abs(coefficients[words.indexOf(word)]!));
  });

  test("of any model is the mean over all texts with the word, counted one by one, to 1e-12", async () => {
    const bent = (note: string): number => Math.sin(score(note)) + note.length ** 0.5;
    const predict: Predict = async (frame) =>
      Float64Array.from(textsOf(frame, "note"), (note) => bent(note.replace(/\s+/gu, " ").trim()));
    const common = { predict, frame: notes, output: await predict(notes), seed: 1 };
    const { leaders } = await wordEffects({ ...common, maxTexts: Infinity, maxPredictions: 1e6 });
    expect(leaders.length).toBe(10);
    for (const { word, mean, half, rows } of leaders) {
      const changes = texts.flatMap((note) => {
        const split = note.split(" ");
        const rest = split.filter((token) => token.toLowerCase() !== word);
        return rest.length === split.length ? [] : [bent(note) - bent(rest.join(" "))];
      });
      const average = changes.reduce((sum, change) => sum + change, 0) / changes.length;
      const squares = changes.reduce((sum, change) => sum + (change - average) ** 2, 0);
      expect(rows).toBe(changes.length);
      expect(mean[0]! - average).toBeCloseTo(0, 12);
      // Student's t of many degrees is a little wider than the normal's 1.96.
      const error = Math.sqrt(squares / (changes.length - 1) / changes.length);
      expect(half[0]! / error).toBeGreaterThan(1.959);
      expect(half[0]! / error).toBeLessThan(2);
    }
  });

  test("of a shipped file ranks words as the coefficients inside do", async () => {
    const { frame, model } = await fittedNotes();
    const predict: Predict = async (some) =>
      (await model.predictColumns(some.columns, some.rowCount)).probabilities!;
    const { leaders } = await wordEffects({ predict, frame, output: await predict(frame), seed: 2 });
    // A text of one word is a row of length 1 in its column: its log-odds are intercept plus coefficient.
    const inside = await model.predict(leaders.map(({ word }) => ({ note: word })));
    const coefficientOf = new Map(
      leaders.map(({ word }, i) => {
        const { spam } = inside[i]!.probabilities as Record<string, number>;
        return [word, Math.log(spam! / (1 - spam!))];
      }),
    );
    const ranked = sorted(leaders, 1).map(({ word }) => word);
    const byCoefficient = [...ranked].sort((a, b) => coefficientOf.get(b)! - coefficientOf.get(a)!);
    expect(ranked[0]).toBe("win");
    expect(ranked.at(-1)).toBe("home");
    // Beyond words without a say, whose order is noise.
    expect(ranked.slice(0, 3)).toEqual(byCoefficient.slice(0, 3));
    expect(ranked.slice(-3)).toEqual(byCoefficient.slice(-3));
    await model.close();
  });

  test("tells of no word that fewer than five rows hold, however much it decides", async () => {
    const planted = [...texts];
    for (let i = 0; i < 4; i++) planted[i] += " fourtimes";
    for (let i = 0; i < 5; i++) planted[10 + i] += " fivetimes";
    const frame = frameOf({ note: planted });
    const decide: Predict = async (some) =>
      Float64Array.from(textsOf(some, "note"), (note) => Number(/times|only/i.test(note)));
    const { leaders } = await wordEffects({ predict: decide, frame, output: await decide(frame), seed: 3 });
    expect(leaders).toEqual([]);
    const more: Predict = async (some) =>
      Float64Array.from(textsOf(some, "note"), (note) => Number(/(four|five)times/.test(note)));
    const found = await wordEffects({ predict: more, frame, output: await more(frame), seed: 3 });
    expect(found.leaders).toMatchObject([{ word: "fivetimes", rows: 5, mean: [1], half: [0] }]);
  });

  test("a column without blanks between its words is asked about by its characters", async () => {
    const signs = Array.from("天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳");
    const cells = Array.from({ length: 120 }, (_, row) =>
      [...random.shuffle([...signs]).slice(0, 9), row % 3 === 0 ? "賞" : "無"].join(""),
    );
    const frame = frameOf({ note: cells });
    const predict: Predict = async (some) =>
      Float64Array.from(textsOf(some, "note"), (note) => Number(note.includes("賞")));
    const { leaders } = await wordEffects({ predict, frame, output: await predict(frame), seed: 4 });
    expect(leaders).toMatchObject([{ word: "賞", unit: "characters", mean: [1] }]);
  });

  test("each column's words are its own, and a missing text has none", async () => {
    const title = Array.from({ length: 60 }, (_, i) => (i % 6 === 0 ? null : i % 2 ? "good day" : "bad day"));
    const body = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? "good night" : "night"));
    const frame = frameOf({ title, body });
    const predict: Predict = async (some) =>
      Float64Array.from(textsOf(some, "title"), (value, i) =>
        Number(value.includes("good") && textsOf(some, "body")[i]!.includes("night")),
      );
    const { leaders } = await wordEffects({ predict, frame, output: await predict(frame), seed: 4 });
    const named = leaders.map(({ column, word }) => `${column}:${word}`).sort();
    expect(named).toEqual(["body:night", "title:good"]);
    expect(sorted(leaders)[0]).toMatchObject({ column: "title", word: "good", mean: [1] });
  });

  test("asks no more than it may, leaves texts of a megabyte out, and answers the same again", async () => {
    let asked = 0;
    let longest = 0;
    const counted: Predict = (frame) => {
      asked += frame.rowCount;
      for (const note of textsOf(frame, "note")) longest = Math.max(longest, note.length);
      return numbers(frame);
    };
    const many = Array.from({ length: 400 }, (_, i) => `${texts[i % 300]} w${i % 70} v${i % 55}`);
    many.push("win ".repeat(250_000));
    const frame = frameOf({ note: many });
    const output = await numbers(frame);
    const once = { predict: counted, frame, output, seed: 6, maxPredictions: 400 };
    const first = await wordEffects(once);
    expect(asked).toBeLessThanOrEqual(400);
    expect(asked).toBeGreaterThan(200);
    expect(longest).toBeLessThan(20_000);
    expect(first.words).toBe(135);
    // The words that matter are found among those that do not, although only a part is asked about.
    expect(sorted(first.leaders)[0]!.word).toBe("win");
    expect(sorted(first.leaders).at(-1)!.word).toBe("home");
    expect(await wordEffects(once)).toEqual(first);
  });

  test("a stop and a column of numbers are refused", async () => {
    const common = { predict: numbers, frame: notes, output: await numbers(notes), seed: 1 };
    await expect(wordEffects({ ...common, signal: AbortSignal.abort() })).rejects.toThrow(/CANCELLED/);
    const columns = new Map(notes.columns).set("note", { type: "number", values: new Float64Array(300) });
    await expect(wordEffects({ ...common, frame: { ...notes, columns } })).rejects.toThrow(
      /SCHEMA_WRONG_KIND/,
    );
  });
});

/** A logistic regression on words, of which the first three are spam and the next three are not. */
async function fittedNotes() {
  const schema = defineSchema({
    note: text(),
    label: category({ role: "target", labels: ["ham", "spam"] }),
  });
  const cells = texts.map((note) => note.replace(/ ?only\d+/iu, ""));
  const codes = Int32Array.from(cells, (note) => Number(score(note) + random.normal() > 0));
  const frame: Frame = {
    ...frameOf({ note: cells }),
    schema,
  };
  const columns = new Map(frame.columns).set("label", {
    type: "string",
    codes,
    dictionary: ["ham", "spam"],
  });
  const { model } = await pipeline({
    schema,
    features: ({ note }) => [tfidf(note, { ngrams: 1 })],
    estimator: logistic(),
  }).fit({ ...frame, columns });
  return { frame: { ...frame, columns }, model };
}
