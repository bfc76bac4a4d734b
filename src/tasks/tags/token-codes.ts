/**
 * Tokens as numbers: what of a token a model reads, by graph nodes, in training and in the file.
 *
 * Words are told apart without case. A word that enough sentences hold has a code of its own, and all others are spread
 * over buckets by their hash; so no rare word, a name say, is written into the file. Case is left to the characters and
 * to flags of the token's shape.
 */
import * as ops from "../../graph/index.ts";
import type { Value } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";

/** What tokens are looked up in. */
export interface TokenCodes {
  /** In lower case, the most common first: codes 1, 2, …. */
  readonly words: readonly string[];
  /** Codes behind them, for all other words. */
  readonly wordBuckets: number;
  /** The most common first: codes 1, 2, …; one more is for all others. */
  readonly characters: readonly string[];
  /** Characters of a token that are read. */
  readonly characterPlaces: number;
}

/** Distinct tokens as numbers. */
export interface CodedTokens {
  /** Shape [tokens]. */
  readonly word: Int32Array;
  /** Shape [tokens, characterPlaces]. */
  readonly characters: Int32Array;
  /** Shape [tokens, flags]. */
  readonly flags: Float32Array;
}

/** Sentences that a word or a character must be in to have a code of its own: fewer could tell of a person. */
const leastSentences = 5;
const mostWords = 20_000;
const mostCharacters = 500;
const wordBuckets = 2048;
const characterPlaces = 20;

/** Patterns of RE2 that a whole token has or has not. */
const shapes = [
  String.raw`[^\p{L}\p{N}]+`,
  String.raw`\p{Ll}+`,
  String.raw`\p{Lu}`,
  String.raw`\p{Lu}{2,}`,
  String.raw`\p{Lu}\p{Ll}+`,
  String.raw`\p{Lu}.*`,
  String.raw`.+\p{Lu}.*`,
  String.raw`.*\p{N}.*`,
  String.raw`[\p{N}.,:]*\p{N}`,
  String.raw`@.+`,
  String.raw`#.+`,
  String.raw`(?i)(https?:|www\.).*`,
  String.raw`.*[-'’].+`,
  String.raw`.*[^\p{Latin}\p{N}\p{P}\p{S}].*`,
] as const;
export const flagCount = shapes.length;

/** Codes of words: 0 is no token. */
export const wordCount = ({ words, wordBuckets }: TokenCodes): number => 1 + words.length + wordBuckets;
/** Codes of characters: 0 is none. */
export const characterCount = ({ characters }: TokenCodes): number => 2 + characters.length;

/** Characters as the graph cuts them. */
const anyCharacter = "(?s).";

const lowered = (tokens: Value): Value => ops.stringNormalizer(tokens, { case: "lower" });

/** Tokens in lower case, as the graph has them. */
async function lowerCase(tokens: readonly string[]): Promise<readonly string[]> {
  const x = ops.input("x", "string", ["batch"]);
  const session = await compile(ops.graph({ inputs: [x], outputs: { lower: lowered(x) } }), { threads: 1 });
  try {
    const { lower } = await session.run({ x: { dtype: "string", shape: [tokens.length], data: tokens } });
    return lower!.data as readonly string[];
  } finally {
    await session.release();
  }
}

/** Learns what to look up from training sentences. Linear in their tokens. */
export async function learnTokenCodes(sentences: readonly (readonly string[])[]): Promise<TokenCodes> {
  const distinct = [...new Set(sentences.flat())];
  const lower = await lowerCase(distinct);
  const lowerOf = new Map(distinct.map((token, i) => [token, lower[i]!]));
  const words = new Map<string, number>();
  const characters = new Map<string, number>();
  const count = (counts: Map<string, number>, keys: Iterable<string>): void => {
    for (const key of new Set(keys)) counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  for (const tokens of sentences) {
    count(
      words,
      tokens.map((token) => lowerOf.get(token)!),
    );
    count(
      characters,
      tokens.flatMap((token) => Array.from(token)),
    );
  }
  const common = (counts: Map<string, number>, most: number): string[] =>
    [...counts.keys()]
      .filter((key) => counts.get(key)! >= leastSentences)
      .sort((a, b) => counts.get(b)! - counts.get(a)! || (a < b ? -1 : 1))
      .slice(0, most);
  return {
    words: common(words, mostWords),
    wordBuckets,
    characters: common(characters, mostCharacters),
    characterPlaces,
  };
}

/**
 * A token's numbers, by graph nodes.
 *
 * @param tokens - string [tokens]; "" is no token.
 * @returns `word` int32 [tokens], `characters` int32 [tokens, characterPlaces], `flags` float32 [tokens, flags].
 */
export function emitTokenCodes(
  tokens: Value,
  codes: TokenCodes,
): { readonly word: Value; readonly characters: Value; readonly flags: Value } {
  return {
    word: wordCodes(tokens, codes),
    characters: characterCodes(tokens, codes),
    flags: ops.concat(
      shapes.map((pattern) => ops.unsqueeze(ops.cast(ops.regexFullMatch(tokens, pattern), "float32"), [1])),
      1,
    ),
  };
}

function wordCodes(tokens: Value, { words, wordBuckets }: TokenCodes): Value {
  const lower = lowered(tokens);
  const known = ops.labelEncoder(lower, {
    keys: ["", ...words],
    values: BigInt64Array.from({ length: 1 + words.length }, (_, code) => BigInt(code)),
    otherwise: -1n,
  });
  const bucket = ops.mod(ops.cast(ops.murmurHash3(lower), "int64"), ops.scalar("int64", wordBuckets));
  const unknown = ops.equal(known, ops.scalar("int64", -1));
  return ops.cast(ops.where(unknown, ops.add(bucket, 1 + words.length), known), "int32");
}

function characterCodes(tokens: Value, { characters, characterPlaces: places }: TokenCodes): Value {
  // A token that fills all places goes first and is cut off again: each row then has places enough.
  const first = ops.constant({ dtype: "string", shape: [1], data: ["a".repeat(places)] });
  const cut = ops.tokenizer(ops.concat([first, tokens], 0), { padValue: "", pattern: anyCharacter });
  const own = ops.slice(cut, [1, 0], [Number.MAX_SAFE_INTEGER, places], [0, 1]);
  const codes = ops.labelEncoder(own, {
    keys: ["", ...characters],
    values: BigInt64Array.from({ length: 1 + characters.length }, (_, code) => BigInt(code)),
    otherwise: BigInt(1 + characters.length),
  });
  return ops.reshape(ops.cast(codes, "int32"), ops.int64s([-1, places]));
}

/** Tokens as numbers, computed by the nodes that the file has too. */
export async function codeTokens(tokens: readonly string[], codes: TokenCodes): Promise<CodedTokens> {
  const x = ops.input("x", "string", ["batch"]);
  const session = await compile(ops.graph({ inputs: [x], outputs: { ...emitTokenCodes(x, codes) } }), {
    threads: 1,
  });
  try {
    const answers = await session.run({ x: { dtype: "string", shape: [tokens.length], data: tokens } });
    return {
      word: answers["word"]!.data as Int32Array,
      characters: answers["characters"]!.data as Int32Array,
      flags: answers["flags"]!.data as Float32Array,
    };
  } finally {
    await session.release();
  }
}
