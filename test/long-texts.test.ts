/**
 * One long text among short ones: every row is answered as alone, and as in one run of all rows, to 1e-12. Not in bits:
 * what ONNX Runtime computes on several numbers at once differs in the last bit from what it does on those left over, so
 * that a row's place in its run may show there.
 */
import { expect, test } from "vitest";
import { logistic } from "../src/estimators/linear/index.ts";
import { characterTfidf, feedsOf, hashedTfidf, tfidf, tokens } from "../src/features/index.ts";
import { load } from "../src/model/index.ts";
import { textNet } from "../src/nn/index.ts";
import { pipeline } from "../src/pipeline/index.ts";
import { boundedRuns, compile } from "../src/runtime/index.ts";
import { type Frame, takeRows } from "../src/schema/index.ts";
import { topicFrame, topicSchema } from "./fixtures/topics.ts";

const ofWords = pipeline({
  schema: topicSchema,
  features: ({ note }) => [tfidf(note)],
  estimator: logistic(),
});
const net = { epochs: 1, size: 8, filters: 8, buckets: 256 };

test.each([
  ["words", ofWords],
  [
    "runs of characters",
    pipeline({
      schema: topicSchema,
      features: ({ note }) => [characterTfidf(note, { maxTerms: 500 })],
      estimator: logistic(),
    }),
  ],
  [
    "hashed pairs",
    pipeline({
      schema: topicSchema,
      features: ({ note }) => [hashedTfidf(note, { buckets: 256 })],
      estimator: logistic(),
    }),
  ],
  [
    "a network",
    pipeline({
      schema: topicSchema,
      features: ({ note }) => [tokens(note), tokens(note, { unit: "characters" })],
      estimator: textNet(net),
    }),
  ],
])("%s: the same answers in whatever run a row stands, to 1e-12", async (_, recipe) => {
  const { bytes } = await recipe.fit(topicFrame(200));
  const model = await load(bytes);
  const frame = topicFrame(40, new Map([[17, 60_000]]));
  const notes = Array.from({ length: frame.rowCount }, (_, row) => noteOf(frame, row));
  const feeds = feedsOf(frame, ["note"]);
  expect([...boundedRuns(feeds, "m.onnx")].map(({ count }) => count)).toEqual([34, 6]);

  const session = await compile(bytes, { threads: 1 });
  const atOnce = (await session.run(feeds))["probabilities"]!.data as Float64Array;
  await session.release();
  const { prediction, probabilities } = await model.predictColumns(frame.columns, frame.rowCount);
  atOnce.forEach((share, i) => expect(probabilities![i]).toBeCloseTo(share, 12));
  const rows = await model.predict(notes.map((note) => ({ note })));
  for (let row = 0; row < frame.rowCount; row++) {
    const alone = await model.predictOne({ note: notes[row]! });
    expect(rows[row]!.prediction).toBe(alone.prediction);
    expect(prediction[row]).toBe(alone.prediction);
    Object.values(alone.probabilities!).forEach((share, k) => {
      expect(probabilities![2 * row + k]).toBeCloseTo(share, 12);
      expect(Object.values(rows[row]!.probabilities!)[k]).toBeCloseTo(share, 12);
    });
  }
  await model.close();
});

test("17,000 rows: threads share blocks of long texts to the same bits, in order", async () => {
  const { model } = await ofWords.fit(topicFrame(200));
  const frame = topicFrame(
    17_000,
    new Map([
      [3, 300_000],
      [1024, 40_000],
      [16_999, 400_000],
    ]),
  );
  const one = await model.predictColumns(frame.columns, frame.rowCount);
  expect(await model.predictColumns(frame.columns, frame.rowCount, { threads: 2 })).toEqual(one);
  for (const row of [2, 3, 4, 1023, 1024, 1025, 16_998, 16_999]) {
    const alone = await model.predictColumns(takeRows(frame, Uint32Array.of(row)).columns, 1);
    alone.probabilities!.forEach((share, k) =>
      expect(one.probabilities![2 * row + k]).toBeCloseTo(share, 12),
    );
  }
  await model.close();
});

test("a text beyond the limit is refused by every way of asking", async () => {
  const { model } = await ofWords.fit(topicFrame(200));
  const note = "x".repeat(2 ** 24 + 1);
  const frame = topicFrame(2, new Map([[1, note.length]]));
  const refused = { code: "DATA_LIMIT", what: expect.stringContaining('one of "note" has 1677721') };
  await expect(model.predictOne({ note })).rejects.toMatchObject(refused);
  await expect(model.predict([{ note: "a" }, { note }])).rejects.toMatchObject(refused);
  await expect(model.predictColumns(frame.columns, 2)).rejects.toMatchObject(refused);
  expect((await model.predictOne({ note: "match" })).prediction).toBe("sport");
  await model.close();
});

function noteOf(frame: Frame, row: number): string {
  const cells = frame.columns.get("note")!;
  return cells.type === "string" ? cells.dictionary[cells.codes[row]!]! : "";
}
