import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "../../core/index.ts";
import { readBpe, trainBpe } from "../index.ts";

const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/bpe.json", import.meta.url), "utf8"),
) as {
  texts: string[];
  asked: string[];
  runs: {
    size: number;
    minCount: number;
    pieces: string[];
    merges: [string, string][];
    codes: number[][];
    decoded: string[];
  }[];
};

describe.each(golden.runs)("$size pieces of at least $minCount occurrences", (run) => {
  const bpe = trainBpe(golden.texts, { size: run.size, minCount: run.minCount, minTexts: 1 });
  test("pieces and merges are those of Hugging Face's tokenizers", () => {
    expect(bpe.merges.map(([a, b]) => [bpe.pieces[a], bpe.pieces[b]])).toEqual(run.merges);
    expect(bpe.pieces).toEqual(run.pieces);
  });
  test.each(golden.asked.map((text, i) => [text, run.codes[i]!, run.decoded[i]!] as const))(
    "codes of %j",
    (text, codes, decoded) => {
      expect(bpe.encode(text)).toEqual(codes);
      expect(bpe.decode(codes)).toBe(decoded);
    },
  );
});

const bpe = trainBpe(golden.texts, { size: 400, minTexts: 1 });

test("decoding gives any text back, and its JSON the same codes", () => {
  const again = readBpe(JSON.parse(JSON.stringify(bpe.toJson())) as Json);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      const codes = bpe.encode(text);
      expect(bpe.decode(codes)).toBe(text.replace(/\p{Surrogate}/gu, "\ufffd"));
      expect(again.encode(text)).toEqual(codes);
    }),
  );
});

test("no piece is of fewer texts than told, however often one of them holds it", () => {
  const texts = ["Zyxwvut ".repeat(50), ...Array.from({ length: 6 }, () => "a common word")];
  const learnt = (minTexts?: number) =>
    trainBpe(texts, minTexts === undefined ? {} : { minTexts }).pieces.filter((piece) => piece.length > 1);
  expect(learnt(1)).toContain("Zyxwvut");
  expect(learnt()).toContain("Ġcommon");
  for (const piece of learnt()) expect("Zyxwvut").not.toContain(piece);
});

test("another kind of file and a code of no piece are refused", () => {
  expect(() => readBpe({ model: { type: "WordPiece" } })).toThrow(/SCHEMA_MISMATCH/);
  expect(() => readBpe(null)).toThrow(/SCHEMA_MISMATCH/);
  const gaps = structuredClone(bpe.toJson()) as { model: { vocab: Record<string, number> } };
  gaps.model.vocab["zz"] = 9000;
  expect(() => readBpe(gaps as Json)).toThrow(/codes up to 9000.*SCHEMA_MISMATCH/);
  const broken = structuredClone(bpe.toJson()) as { model: { merges: string[][] } };
  broken.model.merges.push(["q", "☃"]);
  expect(() => readBpe(broken)).toThrow(/merge of "q" and "☃"/);
  expect(() => bpe.decode([100_000])).toThrow(/PARAMETER_RANGE/);
});
