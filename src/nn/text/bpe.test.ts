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

/** The pieces by the definition: every pair is counted anew before each merge. */
function plainPieces(texts: readonly string[], size: number, minCount: number, minTexts: number): string[] {
  const known = bpe.pieces.slice(0, 256);
  const corpus = texts.map((text) => (text.match(/ ?\p{L}+/gu) ?? []).map((word) => bytesOf(word)));
  const refused = new Set<string>();
  while (known.length < size) {
    const found = new Map<string, { pair: [number, number]; count: number; texts: Set<number> }>();
    corpus.forEach((words, text) => {
      for (const codes of words) {
        for (let i = 1; i < codes.length; i++) {
          const pair: [number, number] = [codes[i - 1]!, codes[i]!];
          const entry = found.get(pair.join()) ?? { pair, count: 0, texts: new Set() };
          entry.count++;
          entry.texts.add(text);
          found.set(pair.join(), entry);
        }
      }
    });
    const [best] = [...found.values()]
      .filter(({ pair, count }) => count >= minCount && !refused.has(pair.join()))
      .sort((p, q) => q.count - p.count || p.pair[0] - q.pair[0] || p.pair[1] - q.pair[1]);
    if (best === undefined) break;
    if (best.texts.size < minTexts) {
      refused.add(best.pair.join());
      continue;
    }
    const [a, b] = best.pair;
    const piece = known[a]! + known[b]!;
    if (!known.includes(piece)) known.push(piece);
    const code = known.indexOf(piece);
    for (const words of corpus) {
      for (const codes of words) {
        for (let i = 0; i + 1 < codes.length; i++)
          if (codes[i] === a && codes[i + 1] === b) codes.splice(i, 2, code);
      }
    }
  }
  return known;
}

function bytesOf(word: string): number[] {
  return Array.from(word, (letter) => bpe.pieces.indexOf(letter === " " ? "Ġ" : letter));
}

test("pieces are those of counting every pair anew before each merge", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 6 });
  const text = fc.array(word, { maxLength: 5 }).map((all) => all.join(" "));
  const texts = fc.array(text, { minLength: 1, maxLength: 12 });
  let refusedSome = 0;
  fc.assert(
    fc.property(
      texts,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 4 }),
      (all, minCount, minTexts) => {
        const learnt = trainBpe(all, { size: 280, minCount, minTexts }).pieces;
        expect(learnt).toEqual(plainPieces(all, 280, minCount, minTexts));
        if (learnt.length < trainBpe(all, { size: 280, minCount, minTexts: 1 }).pieces.length) refusedSome++;
      },
    ),
  );
  expect(refusedSome).toBeGreaterThan(10);
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
