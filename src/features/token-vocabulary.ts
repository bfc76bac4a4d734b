/**
 * The tokens of a text column that enough rows hold, in the order of their codes.
 *
 * Tokens are told apart without case. A text that many rows share counts for each of them.
 */
import type { StringCells } from "../schema/index.ts";
import { asSeen } from "./categories.ts";
import { waysOfWriting } from "./vocabulary.ts";

export type TokenUnit = "words" | "characters";

/** White space as RE2 reads it: what JavaScript calls so has more members. */
const space = "\\t\\n\\f\\r ";

/**
 * Words (runs of letters, marks, digits and underscores) and single other signs; or single characters, white space as
 * one. In RE2 and in JavaScript.
 */
export const tokenPatterns: Readonly<Record<TokenUnit, string>> = {
  words: `[\\p{L}\\p{M}\\p{N}_]+|[^\\p{L}\\p{M}\\p{N}_${space}]`,
  characters: `[${space}]+|[^${space}]`,
};
const tokenRegExps = {
  words: new RegExp(tokenPatterns.words, "gu"),
  characters: new RegExp(tokenPatterns.characters, "gu"),
};

/** The first tokens of a text as they are written. */
export function firstTokens(text: string, unit: TokenUnit, most: number): string[] {
  const found: string[] = [];
  for (const [token] of text.matchAll(tokenRegExps[unit])) {
    if (found.length === most) break;
    found.push(token);
  }
  return found;
}

/**
 * A text without a token, however it is written. A blank stands in place of a word, so that its neighbours stay words of
 * their own.
 *
 * @param token - In lower case.
 */
export function withoutToken(text: string, unit: TokenUnit, token: string): string {
  const gap = unit === "words" ? " " : "";
  return text.replace(tokenRegExps[unit], (found) => (found.toLowerCase() === token ? gap : found));
}

/** Share of texts that is read to the end, where the places allow it: a few long ones would make all rows long. */
const wholeTexts = 0.98;

/** Tokens of all but the longest few texts of the rows, counted up to `most`. */
export function usualLength({ codes, dictionary }: StringCells, unit: TokenUnit, most: number): number {
  const used = codes.filter((code) => code >= 0);
  const lengthOf = new Map(
    [...new Set(used)].map((code) => [code, firstTokens(asSeen(dictionary[code]!), unit, most).length]),
  );
  const lengths = used.map((code) => lengthOf.get(code)!).sort();
  return lengths[Math.ceil(wholeTexts * lengths.length) - 1] ?? 0;
}

export interface TokenVocabulary {
  /** In lower case, the most common first. */
  readonly tokens: readonly string[];
  /** Place among `tokens` by each way of writing one. */
  readonly numberOf: ReadonlyMap<string, number>;
}

export interface TokenVocabularyOptions {
  readonly unit: TokenUnit;
  /** Tokens of a text that are read. */
  readonly length: number;
  readonly maxTerms: number;
  readonly minRows: number;
}

/** Learns a column's vocabulary from the first tokens of its texts. Linear in them. */
export function learnTokens(
  { codes, dictionary }: StringCells,
  { unit, length, maxTerms, minRows }: TokenVocabularyOptions,
): TokenVocabulary {
  const rowsOfCode = new Int32Array(dictionary.length);
  for (let i = 0; i < codes.length; i++) if (codes[i]! >= 0) rowsOfCode[codes[i]!]!++;
  const writings = new Map<string, number>();
  const lowers = new Map<string, number>();
  const count = (counts: Map<string, number>, keys: Iterable<string>, rows: number): void => {
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + rows);
  };
  dictionary.forEach((text, code) => {
    const rows = rowsOfCode[code]!;
    if (rows === 0) return;
    const written = new Set(firstTokens(asSeen(text), unit, length));
    count(writings, written, rows);
    count(lowers, new Set([...written].map((token) => token.toLowerCase())), rows);
  });
  const tokens = [...lowers.keys()]
    .filter((token) => lowers.get(token)! >= minRows)
    .sort((a, b) => lowers.get(b)! - lowers.get(a)! || (a < b ? -1 : 1))
    .slice(0, maxTerms);
  const list = [...writings.keys()];
  const rows = Int32Array.from(list, (writing) => writings.get(writing)!);
  return { tokens, numberOf: waysOfWriting(tokens, list, rows, minRows) };
}
