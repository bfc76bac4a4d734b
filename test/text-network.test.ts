/** A network in a file that takes raw strings: of any language, empty, and very long ones. */
import { expect, test } from "vitest";
import { createRandom } from "../src/core/index.ts";
import { textNet } from "../src/nn/index.ts";
import { pipeline } from "../src/pipeline/index.ts";
import { category, defineSchema, type Frame, text } from "../src/schema/index.ts";

const openings = [
  "The match",
  "Das Spiel",
  "試合は",
  "🏀 game",
  "The bank",
  "Die Bank",
  "銀行は",
  "💶 market",
];

/** Sport in the first half of the openings, money in the second; a rare name that must not be in the file. */
function news(rowCount: number): Frame {
  const random = createRandom(8);
  const notes = Array.from({ length: rowCount }, (_, i) => {
    const end = ["today", "heute", "今日", "😀😀", ""][random.integer(5)]!;
    return i === 3 ? "The match of Zyxwvut today" : `${openings[i % 8]!} ${end} ${random.integer(50)}`;
  });
  return {
    schema: defineSchema({ note: text(), topic: category({ role: "target", labels: ["money", "sport"] }) }),
    rowCount,
    columns: new Map([
      ["note", { type: "string" as const, dictionary: notes, codes: Int32Array.from(notes.keys()) }],
      [
        "topic",
        {
          type: "string" as const,
          dictionary: ["sport", "money"],
          codes: Int32Array.from(notes, (_, i) => Number(i % 8 > 3)),
        },
      ],
    ]),
  };
}

test.each(["bag", "cnn"] as const)("the file of a %s takes raw strings", async (architecture) => {
  const frame = news(240);
  const { model, bytes } = await pipeline({
    schema: defineSchema({ note: text(), topic: category({ role: "target", labels: ["money", "sport"] }) }),
    features: "tokens",
    estimator: textNet({
      architecture,
      epochs: 12,
      patience: 12,
      learningRate: 0.01,
      size: 16,
      filters: 16,
      buckets: 1024,
    }),
  }).fit(frame);
  expect(Buffer.from(bytes).toString("latin1")).not.toContain("Zyxwvut");
  const notes = ["the MATCH today", "die bank heute", "試合は今日", "銀行は今日", "🏀 game 😀"];
  const sure = await model.predict(notes.map((note) => ({ note })));
  expect(sure.map(({ prediction }) => prediction)).toEqual(["sport", "money", "sport", "money", "sport"]);
  const long = "The match today ".repeat(65_536);
  const odd = await model.predict(["", " ", "\u{1f4a9}", "qqqq", long].map((note) => ({ note })));
  for (const { probabilities } of odd)
    expect(Object.values(probabilities).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
  expect(odd[4]!.prediction).toBe("sport");
  expect(await model.predict([])).toEqual([]);
  await model.close();
});
