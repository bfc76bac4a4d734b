/**
 * The runs of characters of a text column that enough rows hold.
 *
 * Characters are told apart without case; whatever stands between words counts as one space, and so does a
 * character of too few rows. A run may begin and end with a space but holds none inside. It is only as common
 * as the runs inside it, so that each length is counted among those whose parts were kept. Source: Agrawal &
 * Srikant 1994, VLDB.
 */
import type { StringCells } from "../schema/index.ts";
import { asSeen } from "./categories.ts";
import { inverseDocumentFrequency } from "./document-frequency.ts";
import { bucketOf } from "./murmur3.ts";

/** One character of a word, or all that stands between two; in RE2 and in JavaScript. */
export const characterPattern = "[\\p{L}\\p{M}\\p{N}_]|[^\\p{L}\\p{M}\\p{N}_]+";
const characterRegExp = new RegExp(characterPattern, "gu");

/** Characters of a text as it is written, a gap before the first and after the last. */
export function charactersOf(text: string): readonly string[] {
  return ` ${text} `.match(characterRegExp) ?? [];
}

/** The number of a gap. */
export const gap = 0;

export interface CharacterGrams {
  /** Number of a character by each way of writing it, from 1 on. */
  readonly numberOf: ReadonlyMap<string, number>;
  /** Numbers of the characters of each run, shorter runs first. */
  readonly grams: readonly (readonly number[])[];
  /** Each run in lower case. */
  readonly names: readonly string[];
  readonly idf: Float64Array;
}

export interface CharacterGramOptions {
  readonly shortest: number;
  readonly longest: number;
  readonly maxTerms: number;
  readonly minRows: number;
}

/** Characters beyond which runs are learnt from a part of the texts, chosen by their hash. */
const mostCharacters = 3e7;

/** Learns the runs of a column and their weights. Linear in the characters of its distinct texts, per length. */
export function learnCharacterGrams(cells: StringCells, options: CharacterGramOptions): CharacterGrams {
  const { texts, rows, rowCount } = readTexts(cells);
  const { numberOf, letters, coded } = numberCharacters(texts, rows, options.minRows);
  const found = countGrams(coded, rows, letters.length, options);
  const name = (numbers: readonly number[]): string => numbers.map((n) => letters[n]!).join("");
  const kept = found
    .map((gram) => ({ ...gram, name: name(gram.numbers) }))
    .sort((a, b) => b.rows - a.rows || a.numbers.length - b.numbers.length || (a.name < b.name ? -1 : 1))
    .slice(0, options.maxTerms)
    .sort((a, b) => a.numbers.length - b.numbers.length || (a.name < b.name ? -1 : 1));
  return {
    numberOf,
    grams: kept.map((gram) => gram.numbers),
    names: kept.map((gram) => gram.name),
    idf: inverseDocumentFrequency(
      kept.map((gram) => gram.rows),
      rowCount,
      options.minRows,
    ),
  };
}

function readTexts({ codes, dictionary }: StringCells) {
  const counts = new Int32Array(dictionary.length);
  for (let i = 0; i < codes.length; i++) if (codes[i]! >= 0) counts[codes[i]!]!++;
  let length = 0;
  for (let code = 0; code < counts.length; code++) if (counts[code]! > 0) length += dictionary[code]!.length;
  const parts = Math.ceil(length / mostCharacters);
  const used = [...counts.keys()].filter(
    (code) => counts[code]! > 0 && (parts <= 1 || bucketOf(asSeen(dictionary[code]!), parts) === 0),
  );
  const rows = Int32Array.from(used, (code) => counts[code]!);
  const rowCount = parts <= 1 ? codes.length : rows.reduce((sum, count) => sum + count, 0);
  return { texts: used.map((code) => asSeen(dictionary[code]!)), rows, rowCount };
}

/** Numbers the characters that enough rows hold, and writes each text in them. */
function numberCharacters(texts: readonly string[], rows: Int32Array, minRows: number) {
  const rowsOf = new Map<string, number>();
  const writings = new Map<string, number>();
  const fold = (character: string): string => {
    const lower = character.toLowerCase();
    return isLetter(lower) ? lower : character;
  };
  texts.forEach((text, t) => {
    const written = new Set(charactersOf(text));
    const folded = new Set<string>();
    for (const character of written) {
      if (!isLetter(character)) continue;
      writings.set(character, (writings.get(character) ?? 0) + rows[t]!);
      folded.add(fold(character));
    }
    for (const character of folded) rowsOf.set(character, (rowsOf.get(character) ?? 0) + rows[t]!);
  });
  const known = [...rowsOf.keys()].filter((character) => rowsOf.get(character)! >= minRows).sort();
  const letters = [" ", ...known];
  const numberOf = new Map<string, number>();
  known.forEach((character, i) => {
    for (const writing of [character, character.toUpperCase()])
      if (fold(writing) === character) numberOf.set(writing, i + 1);
  });
  for (const [writing, count] of writings) {
    const number = numberOf.get(fold(writing));
    if (number !== undefined && count >= minRows) numberOf.set(writing, number);
  }
  const coded = texts.map((text) =>
    Uint32Array.from(charactersOf(text), (character) => numberOf.get(character) ?? gap),
  );
  return { numberOf, letters, coded };
}

const letterRegExp = /^[\p{L}\p{M}\p{N}_]$/u;
function isLetter(character: string): boolean {
  return letterRegExp.test(character);
}

interface Gram {
  readonly numbers: readonly number[];
  readonly rows: number;
}

/** Runs of every length asked for that enough rows hold. */
function countGrams(
  texts: readonly Uint32Array[],
  rows: Int32Array,
  letterCount: number,
  { shortest, longest, minRows }: CharacterGramOptions,
): Gram[] {
  const found: Gram[] = [];
  // Run of the length before that begins at each character; −1 where it was not kept.
  const begun = texts.map((text) => Int32Array.from(text));
  let before: readonly Gram[] = Array.from({ length: letterCount }, (_, n) => ({ numbers: [n], rows: 0 }));
  for (let length = 2; length <= longest; length++) {
    const idOf = new Map<number, number>();
    const keys: number[] = [];
    const counts: number[] = [];
    const last: number[] = [];
    const now = begun.map((ids) => new Int32Array(ids.length).fill(-1));
    texts.forEach((text, t) => {
      const ids = begun[t]!;
      for (let i = 0; i + length <= text.length; i++) {
        const end = text[i + length - 1]!;
        if (ids[i]! < 0 || ids[i + 1]! < 0) continue;
        if (length === 2 ? text[i] === gap && end === gap : text[i + length - 2] === gap) continue;
        const key = ids[i]! * letterCount + end;
        let id = idOf.get(key);
        if (id === undefined) {
          idOf.set(key, (id = keys.length));
          keys.push(key);
          counts.push(0);
          last.push(-1);
        }
        now[t]![i] = id;
        if (last[id] === t) continue;
        last[id] = t;
        counts[id]! += rows[t]!;
      }
    });
    const place = new Int32Array(keys.length).fill(-1);
    const kept: Gram[] = [];
    keys.forEach((key, id) => {
      if (counts[id]! < minRows) return;
      place[id] = kept.length;
      const prefix = before[Math.floor(key / letterCount)]!;
      kept.push({ numbers: [...prefix.numbers, key % letterCount], rows: counts[id]! });
    });
    begun.forEach((ids, t) => {
      const from = now[t]!;
      for (let i = 0; i < ids.length; i++) ids[i] = from[i]! < 0 ? -1 : place[from[i]!]!;
    });
    if (length >= shortest) found.push(...kept);
    before = kept;
  }
  return found;
}
