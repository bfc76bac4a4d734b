/**
 * The words and word pairs of a text column that enough rows hold.
 *
 * Words are told apart without case; a pair is only as common as its rarer word, so
 * pairs are counted among the kept words. A text that many rows share counts for
 * each of them.
 */
import type { StringCells } from "../schema/index.ts";
import { asSeen } from "./categories.ts";
import { bucketOf } from "./murmur3.ts";

/** A word: letters, the marks that belong to them, digits, underscore; in RE2 and in JavaScript. */
export const tokenPattern = "[\\p{L}\\p{M}\\p{N}_]+";
const tokenRegExp = new RegExp(tokenPattern, "gu");

/** The words of a text in order, as they are written. */
export function tokensOf(text: string): readonly string[] {
  return text.match(tokenRegExp) ?? [];
}

export interface Vocabulary {
  /** In lower case, by number. */
  readonly words: readonly string[];
  /** By the numbers of the two words. */
  readonly pairs: readonly (readonly [number, number])[];
  /** Number of a word by each way of writing it. */
  readonly numberOf: ReadonlyMap<string, number>;
  /** Weight of words, pairs, hash buckets. */
  readonly idf: Float64Array;
}

export interface VocabularyOptions {
  readonly maxTerms: number;
  readonly ngrams: number;
  readonly buckets: number;
  readonly minRows: number;
}

/** Learns the vocabulary of a column and the weights of its terms. */
export function learnVocabulary(cells: StringCells, options: VocabularyOptions): Vocabulary {
  const rowsOfCode = new Int32Array(cells.dictionary.length);
  for (let i = 0; i < cells.codes.length; i++) if (cells.codes[i]! >= 0) rowsOfCode[cells.codes[i]!]!++;
  const texts: { readonly tokens: readonly string[]; readonly rows: number }[] = [];
  rowsOfCode.forEach((rows, code) => {
    if (rows > 0) texts.push({ tokens: tokensOf(asSeen(cells.dictionary[code]!)), rows });
  });

  const writings = countTerms(texts, ({ tokens }) => tokens);
  const lower = new Map<string, string>();
  for (const writing of writings.keys()) lower.set(writing, writing.toLowerCase());
  const wordRows = countTerms(texts, ({ tokens }) => tokens.map((token) => lower.get(token)!));
  const candidates = mostCommon(wordRows, options);

  const candidateOf = new Map(candidates.map((word, i) => [word, i]));
  const pairRows =
    options.ngrams < 2
      ? new Map<number, number>()
      : countTerms(texts, ({ tokens }) =>
          pairsOf(tokens, (token) => candidateOf.get(lower.get(token)!), candidates.length),
        );
  const pairKeys = mostCommon(pairRows, options);
  const { words, pairs } = fit(candidates, wordRows, pairKeys, pairRows, options.maxTerms);

  const numberOf = new Map<string, number>();
  words.forEach((word, number) => {
    for (const writing of [word, capitalised(word), word.toUpperCase()]) {
      if (writing.toLowerCase() === word) numberOf.set(writing, number);
    }
  });
  const wordNumber = new Map(words.map((word, number) => [word, number]));
  for (const [writing, rows] of writings) {
    const number = wordNumber.get(lower.get(writing)!);
    if (rows >= options.minRows && number !== undefined) numberOf.set(writing, number);
  }
  return {
    words,
    pairs,
    numberOf,
    idf: weights(texts, words.length, pairs, numberOf, options, cells.codes.length),
  };
}

interface Text {
  readonly tokens: readonly string[];
  readonly rows: number;
}

/** Rows in which each term occurs at least once. */
function countTerms<T>(texts: readonly Text[], termsOf: (text: Text) => readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const text of texts) {
    for (const term of new Set(termsOf(text))) counts.set(term, (counts.get(term) ?? 0) + text.rows);
  }
  return counts;
}

/** Terms of enough rows, the most common first; of equals in their own order. */
function mostCommon<T extends string | number>(
  counts: Map<T, number>,
  { minRows, maxTerms }: VocabularyOptions,
): T[] {
  return [...counts.keys()]
    .filter((term) => counts.get(term)! >= minRows)
    .sort((a, b) => counts.get(b)! - counts.get(a)! || (a < b ? -1 : 1))
    .slice(0, maxTerms);
}

/** Neighbouring known words as first × count + second. */
function pairsOf(
  tokens: readonly string[],
  numberOf: (token: string) => number | undefined,
  count: number,
): number[] {
  const found: number[] = [];
  let before: number | undefined;
  for (const token of tokens) {
    const number = numberOf(token);
    if (before !== undefined && number !== undefined) found.push(before * count + number);
    before = number;
  }
  return found;
}

/** The `maxTerms` most common of words and pairs together; a word goes before a pair of equal count. */
function fit(
  candidates: readonly string[],
  wordRows: ReadonlyMap<string, number>,
  pairKeys: readonly number[],
  pairRows: ReadonlyMap<number, number>,
  maxTerms: number,
): { words: string[]; pairs: [number, number][] } {
  let w = 0;
  let p = 0;
  while (w + p < maxTerms && (w < candidates.length || p < pairKeys.length)) {
    const ofWord = w < candidates.length ? wordRows.get(candidates[w]!)! : -1;
    const ofPair = p < pairKeys.length ? pairRows.get(pairKeys[p]!)! : -1;
    if (ofWord >= ofPair) w++;
    else p++;
  }
  // The words of a kept pair are at least as common as it, and so are kept too.
  return {
    words: candidates.slice(0, w),
    pairs: pairKeys
      .slice(0, p)
      .map((key): [number, number] => [Math.floor(key / candidates.length), key % candidates.length]),
  };
}

function capitalised(word: string): string {
  const [first = "", ...rest] = word;
  return first.toUpperCase() + rest.join("");
}

/** Inverse document frequencies of what the graph will count: words, pairs, buckets. */
function weights(
  texts: readonly Text[],
  wordCount: number,
  pairs: readonly (readonly [number, number])[],
  numberOf: ReadonlyMap<string, number>,
  { buckets }: VocabularyOptions,
  rowCount: number,
): Float64Array {
  const pairNumber = new Map(pairs.map(([a, b], i) => [a * wordCount + b, wordCount + i]));
  const bucketCache = new Map<string, number>();
  const hashed = (token: string): number => {
    let bucket = bucketCache.get(token);
    if (bucket === undefined) bucketCache.set(token, (bucket = bucketOf(token, buckets)));
    return wordCount + pairs.length + bucket;
  };
  const rows = countTerms(texts, ({ tokens }) => [
    ...tokens.map((token) => numberOf.get(token) ?? hashed(token)),
    ...pairsOf(tokens, (token) => numberOf.get(token), wordCount)
      .map((key) => pairNumber.get(key))
      .filter((number) => number !== undefined),
  ]);
  return Float64Array.from(
    { length: wordCount + pairs.length + buckets },
    (_, term) => Math.log((1 + rowCount) / (1 + (rows.get(term) ?? 0))) + 1,
  );
}
