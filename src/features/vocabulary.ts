/**
 * The words and word pairs of a text column that enough rows hold.
 *
 * Words are told apart without case; a pair is only as common as its rarer word, so
 * pairs are counted among the kept words. A text that many rows share counts for
 * each of them.
 */
import type { StringCells } from "../schema/index.ts";
import { asSeen } from "./categories.ts";
import { inverseDocumentFrequency } from "./document-frequency.ts";
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

/** Learns the vocabulary of a column and the weights of its terms. Linear in the words of its distinct texts. */
export function learnVocabulary(cells: StringCells, options: VocabularyOptions): Vocabulary {
  const corpus = readCorpus(cells);
  const { writings } = corpus;
  const lowerOf = new Map<string, number>();
  const lowered = Int32Array.from(writings, (writing) => numberIn(lowerOf, writing.toLowerCase()));
  const lowers = [...lowerOf.keys()];
  const lowerRows = countRows(corpus, lowered, lowers.length);
  const candidates = mostCommon(lowerRows, options, (i) => lowers[i]!);

  const candidateOf = new Int32Array(lowers.length).fill(-1);
  candidates.forEach((lower, i) => {
    candidateOf[lower] = i;
  });
  const ofWriting = lowered.map((lower) => candidateOf[lower]!);
  const pairRows = options.ngrams < 2 ? noPairs : countPairs(corpus, ofWriting, candidates.length);
  const pairs = mostCommon(pairRows.rows, options, (i) => pairRows.keys[i]!);
  const kept = mixed(
    candidates.map((lower) => lowerRows[lower]!),
    pairs.map((pair) => pairRows.rows[pair]!),
    options.maxTerms,
  );
  const words = candidates.slice(0, kept.words).map((lower) => lowers[lower]!);
  const keptPairs = pairs.slice(0, kept.pairs).map((pair): [number, number] => {
    const key = pairRows.keys[pair]!;
    return [Math.floor(key / candidates.length), key % candidates.length];
  });
  const writingRows = countRows(
    corpus,
    writings.map((_, i) => i),
    writings.length,
  );
  const numberOf = waysOfWriting(words, writings, writingRows, options.minRows);
  const rows = rowsOfTerms(corpus, words.length, keptPairs, numberOf, options.buckets);
  const idf = inverseDocumentFrequency(rows, cells.codes.length, options.minRows);
  return { words, pairs: keptPairs, numberOf, idf };
}

/** Distinct texts as numbers of their words as they are written. */
interface Corpus {
  readonly writings: readonly string[];
  readonly texts: readonly Int32Array[];
  /** Rows of each text. */
  readonly rows: Int32Array;
}

function readCorpus({ codes, dictionary }: StringCells): Corpus {
  const rows = new Int32Array(dictionary.length);
  for (let i = 0; i < codes.length; i++) if (codes[i]! >= 0) rows[codes[i]!]!++;
  const used = [...rows.keys()].filter((code) => rows[code]! > 0);
  const numbers = new Map<string, number>();
  const texts = used.map((code) =>
    Int32Array.from(tokensOf(asSeen(dictionary[code]!)), (token) => numberIn(numbers, token)),
  );
  return { writings: [...numbers.keys()], texts, rows: Int32Array.from(used, (code) => rows[code]!) };
}

/** The number of a key, a new one if need be. */
function numberIn<K>(numbers: Map<K, number>, key: K): number {
  let number = numbers.get(key);
  if (number === undefined) numbers.set(key, (number = numbers.size));
  return number;
}

/** Rows in which each term occurs at least once. @param termOf - Term of each writing, −1 for none. */
function countRows({ texts, rows }: Corpus, termOf: ArrayLike<number>, termCount: number): Int32Array {
  const counts = new Int32Array(termCount);
  const last = new Int32Array(termCount).fill(-1);
  texts.forEach((text, t) => {
    for (let i = 0; i < text.length; i++) {
      const term = termOf[text[i]!]!;
      if (term < 0 || last[term] === t) continue;
      last[term] = t;
      counts[term]! += rows[t]!;
    }
  });
  return counts;
}

interface PairRows {
  /** first × count of words + second. */
  readonly keys: readonly number[];
  readonly rows: ArrayLike<number>;
}
const noPairs: PairRows = { keys: [], rows: [] };

/** Rows in which two words are neighbours. @param wordOf - Word of each writing, −1 for none. */
function countPairs({ texts, rows }: Corpus, wordOf: Int32Array, wordCount: number): PairRows {
  const numbers = new Map<number, number>();
  const counts: number[] = [];
  const last: number[] = [];
  texts.forEach((text, t) => {
    for (let i = 1; i < text.length; i++) {
      const [a, b] = [wordOf[text[i - 1]!]!, wordOf[text[i]!]!];
      if (a < 0 || b < 0) continue;
      const pair = numberIn(numbers, a * wordCount + b);
      if (last[pair] === t) continue;
      last[pair] = t;
      counts[pair] = (counts[pair] ?? 0) + rows[t]!;
    }
  });
  return { keys: [...numbers.keys()], rows: counts };
}

/** Terms of enough rows, the most common first; of equals in the order of their names. */
function mostCommon(
  rows: ArrayLike<number>,
  { minRows, maxTerms }: VocabularyOptions,
  name: (term: number) => string | number,
): number[] {
  return Array.from(rows, (_, term) => term)
    .filter((term) => rows[term]! >= minRows)
    .sort((a, b) => rows[b]! - rows[a]! || (name(a) < name(b) ? -1 : 1))
    .slice(0, maxTerms);
}

/**
 * How many words and how many pairs are among the `maxTerms` most common of both; a word goes before a
 * pair of equal count. The words of a kept pair are at least as common as it, and so are kept too.
 */
function mixed(
  wordRows: readonly number[],
  pairRows: readonly number[],
  maxTerms: number,
): { words: number; pairs: number } {
  let words = 0;
  let pairs = 0;
  while (words + pairs < maxTerms && (words < wordRows.length || pairs < pairRows.length)) {
    if ((wordRows[words] ?? -1) >= (pairRows[pairs] ?? -1)) words++;
    else pairs++;
  }
  return { words, pairs };
}

/** Number of a word by each way of writing it: the usual three, and those of enough rows. */
export function waysOfWriting(
  words: readonly string[],
  writings: readonly string[],
  writingRows: Int32Array,
  minRows: number,
): Map<string, number> {
  const numberOf = new Map<string, number>();
  words.forEach((word, number) => {
    for (const writing of [word, capitalised(word), word.toUpperCase()]) {
      if (writing.toLowerCase() === word) numberOf.set(writing, number);
    }
  });
  const wordNumber = new Map(words.map((word, number) => [word, number]));
  writings.forEach((writing, i) => {
    const number = writingRows[i]! < minRows ? undefined : wordNumber.get(writing.toLowerCase());
    if (number !== undefined) numberOf.set(writing, number);
  });
  return numberOf;
}

function capitalised(word: string): string {
  const [first = "", ...rest] = word;
  return first.toUpperCase() + rest.join("");
}

/** Rows that hold each of what the graph will count: words, pairs, buckets. */
function rowsOfTerms(
  corpus: Corpus,
  wordCount: number,
  pairs: readonly (readonly [number, number])[],
  numberOf: ReadonlyMap<string, number>,
  buckets: number,
): number[] {
  const single = corpus.writings.map(
    (writing) => numberOf.get(writing) ?? wordCount + bucketOf(writing, buckets),
  );
  const singleRows = countRows(corpus, single, wordCount + buckets);
  const wordOf = Int32Array.from(single, (term) => (term < wordCount ? term : -1));
  const found = pairs.length === 0 ? noPairs : countPairs(corpus, wordOf, wordCount);
  const pairRows = new Map(found.keys.map((key, i) => [key, found.rows[i]!]));
  return [
    ...singleRows.subarray(0, wordCount),
    ...pairs.map(([a, b]) => pairRows.get(a * wordCount + b) ?? 0),
    ...singleRows.subarray(wordCount),
  ];
}
