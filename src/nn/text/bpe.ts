/**
 * Byte-pair encoding, trained here: text as codes of pieces that occur often, without unknown ones.
 *
 * A text is cut into words with the space before them; a word begins as its UTF-8 bytes, and the pair of neighbours
 * that occurs most is made one piece, again and again. Sources: Sennrich et al. 2016, "Neural machine translation of
 * rare words with subword units"; Radford et al. 2019 (bytes, the rule for words). Pieces, codes and the JSON are those
 * of Hugging Face's tokenizers, version 0.23. ONNX has no op for it, so it stands beside a graph, not in it.
 */
import { type Json, MillwrightError } from "../../core/index.ts";
import { requireCount } from "../layer.ts";

/** A word with the space before it, a number, other signs, or white space. */
const words = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Each byte as a character that can be seen: what prints stands for itself, the others come after U+0100. */
const signOfByte: readonly string[] = (() => {
  let next = 256;
  const prints = (b: number): boolean => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(prints(b) ? b : next++));
})();
const byteOfSign = new Map(signOfByte.map((sign, byte) => [sign, byte]));
const alphabet = signOfByte.toSorted((a, b) => a.charCodeAt(0) - b.charCodeAt(0));
const utf8 = new TextEncoder();

export interface BpeOptions {
  /** Most pieces, the 256 bytes included. Default 8192. */
  readonly size?: number;
  /** Fewest occurrences of a pair that becomes a piece. Default 2. */
  readonly minCount?: number;
  /** Fewest texts that hold it, so that no piece is one person's. Default 5. */
  readonly minTexts?: number;
}

export interface Bpe {
  /** Pieces by code, their bytes as signs; the 256 bytes first. */
  readonly pieces: readonly string[];
  /** Pairs of codes that make a piece, in the order they were learnt. */
  readonly merges: readonly (readonly [number, number])[];
  encode(text: string): number[];
  /** The text of codes; bytes that are no UTF-8 become U+FFFD. @throws MillwrightError `PARAMETER_RANGE` for a code that is none. */
  decode(codes: Iterable<number>): string;
  /** As `tokenizer.json` of Hugging Face. */
  toJson(): Json;
}

/**
 * Learns the pieces of texts. The same texts give the same pieces: of pairs that occur equally often the one of the
 * smaller codes goes first.
 *
 * Cost: the letters of the distinct words, once for each piece that they hold, × log of the distinct pairs.
 */
export function trainBpe(texts: Iterable<string>, options: BpeOptions = {}): Bpe {
  const { size = 8192, minCount = 2, minTexts = 5 } = options;
  requireCount("trainBpe", "size", size, 256);
  requireCount("trainBpe", "minCount", minCount);
  requireCount("trainBpe", "minTexts", minTexts);
  const corpus = readWords(texts);
  const merges: Merge[] = [];
  const pieces = [...alphabet];
  const codeOf = new Map(pieces.map((piece, code) => [piece, code]));
  const counts = new Map<number, number>();
  const places = new Map<number, Set<number>>();
  const refused = new Set<number>();
  const queue = new PairQueue();
  const grown = new Set<number>();
  const note = (pair: number, word: number, by: number): void => {
    if (refused.has(pair)) return;
    const count = (counts.get(pair) ?? 0) + by;
    if (count === 0) counts.delete(pair);
    else counts.set(pair, count);
    if (by < 0) return;
    grown.add(pair);
    const known = places.get(pair);
    if (known) known.add(word);
    else places.set(pair, new Set([word]));
  };
  corpus.forEach(({ codes, count }, word) => eachPair(codes, (pair) => note(pair, word, count)));
  while (pieces.length < size) {
    for (const pair of grown) if (counts.has(pair)) queue.add(pair, counts.get(pair)!);
    grown.clear();
    const best = queue.takeMostCommon(counts);
    if (best === undefined || counts.get(best)! < minCount) break;
    const [a, b] = [Math.floor(best / span), best % span];
    const holders = [...places.get(best)!].filter((word) => holds(corpus[word]!.codes, a, b));
    counts.delete(best);
    places.delete(best);
    if (!ofSoManyTexts(holders, corpus, minTexts)) {
      // Merges only take occurrences of a pair away, so it will never do.
      refused.add(best);
      continue;
    }
    const piece = pieces[a]! + pieces[b]!;
    // Two ways to the same piece: "ab" + "c" and "a" + "bc".
    if (!codeOf.has(piece)) codeOf.set(piece, pieces.push(piece) - 1);
    const code = codeOf.get(piece)!;
    merges.push([a, b, code]);
    for (const word of holders) {
      const entry = corpus[word]!;
      eachPair(entry.codes, (pair) => note(pair, word, -entry.count));
      entry.codes = merged(entry.codes, a, b, code);
      eachPair(entry.codes, (pair) => note(pair, word, entry.count));
    }
    counts.delete(best);
  }
  return bpeOf(pieces, merges);
}

/** Two codes, and that of what they make. */
type Merge = readonly [number, number, number];

/** Above every code, so that a pair is one number. */
const span = 2 ** 24;

interface Word {
  codes: readonly number[];
  readonly count: number;
  readonly texts: ReadonlySet<number>;
}

const codeOfByte = signOfByte.map((sign) => alphabet.indexOf(sign));
const bytesAsCodes = (word: string): number[] => Array.from(utf8.encode(word), (byte) => codeOfByte[byte]!);

function readWords(texts: Iterable<string>): Word[] {
  const found = new Map<string, { codes: number[]; count: number; texts: Set<number> }>();
  let number = 0;
  for (const text of texts) {
    for (const [word] of text.matchAll(words)) {
      let entry = found.get(word);
      if (entry === undefined) {
        entry = { codes: bytesAsCodes(word), count: 0, texts: new Set() };
        found.set(word, entry);
      }
      entry.count++;
      entry.texts.add(number);
    }
    number++;
  }
  return [...found.values()];
}

function eachPair(codes: readonly number[], take: (pair: number) => void): void {
  for (let i = 1; i < codes.length; i++) take(codes[i - 1]! * span + codes[i]!);
}

function holds(codes: readonly number[], a: number, b: number): boolean {
  return codes.some((code, i) => code === b && i > 0 && codes[i - 1] === a);
}

/** Whether some words together stand in at least `least` texts. */
function ofSoManyTexts(holders: readonly number[], corpus: readonly Word[], least: number): boolean {
  const texts = new Set<number>();
  for (const word of holders) {
    for (const text of corpus[word]!.texts) if (texts.add(text).size >= least) return true;
  }
  return texts.size >= least;
}

/**
 * Pairs by what they counted when they came in: a binary heap. Counts that fell since are put right when their pair is at
 * the top; a count that grew must be added anew.
 */
class PairQueue {
  readonly #pairs: number[] = [];
  readonly #counts: number[] = [];
  /** The highest count that each pair waits with. */
  readonly #waiting = new Map<number, number>();

  add(pair: number, count: number): void {
    if ((this.#waiting.get(pair) ?? 0) >= count) return;
    this.#waiting.set(pair, count);
    let at = this.#pairs.length;
    for (; at > 0; at = (at - 1) >> 1) {
      const parent = (at - 1) >> 1;
      if (!this.#goesFirst(pair, count, parent)) break;
      this.#move(parent, at);
    }
    this.#set(at, pair, count);
  }

  /** Takes out the pair that counts most; of several the one of the smaller codes. */
  takeMostCommon(now: ReadonlyMap<number, number>): number | undefined {
    for (;;) {
      const [pair, before] = [this.#pairs[0], this.#counts[0]];
      if (pair === undefined) return undefined;
      this.#takeTop();
      if (this.#waiting.get(pair) === before) this.#waiting.delete(pair);
      const count = now.get(pair);
      if (count === before) return pair;
      if (count !== undefined && count < before!) this.add(pair, count);
    }
  }

  #takeTop(): void {
    const [pair, count] = [this.#pairs.pop()!, this.#counts.pop()!];
    const length = this.#pairs.length;
    if (length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && this.#goesFirst(this.#pairs[child + 1]!, this.#counts[child + 1]!, child))
        child++;
      if (this.#goesFirst(pair, count, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#set(at, pair, count);
  }

  #goesFirst(pair: number, count: number, than: number): boolean {
    const other = this.#counts[than]!;
    return count > other || (count === other && pair < this.#pairs[than]!);
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#pairs[from]!, this.#counts[from]!);
  }

  #set(at: number, pair: number, count: number): void {
    this.#pairs[at] = pair;
    this.#counts[at] = count;
  }
}

/** The pair as one code wherever it stands, from the left. */
function merged(codes: readonly number[], a: number, b: number, piece: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < codes.length; i++) {
    if (codes[i] === a && codes[i + 1] === b) {
      out.push(piece);
      i++;
    } else out.push(codes[i]!);
  }
  return out;
}

function bpeOf(pieces: readonly string[], merges: readonly Merge[]): Bpe {
  const rankOf = new Map(merges.map(([a, b], rank) => [a * span + b, rank]));
  const encodeWord = (word: string): readonly number[] => {
    let codes: readonly number[] = bytesAsCodes(word);
    for (;;) {
      let first = Infinity;
      eachPair(codes, (pair) => (first = Math.min(first, rankOf.get(pair) ?? Infinity)));
      if (first === Infinity) return codes;
      const [a, b, code] = merges[first]!;
      codes = merged(codes, a, b, code);
    }
  };
  return {
    pieces,
    merges: merges.map(([a, b]) => [a, b] as const),
    encode: (text) => [...text.matchAll(words)].flatMap(([word]) => encodeWord(word)),
    decode(codes) {
      const bytes: number[] = [];
      for (const code of codes) {
        const piece = pieces[code];
        if (piece === undefined) {
          throw new MillwrightError(
            "PARAMETER_RANGE",
            `There is no piece of code ${code} among ${pieces.length}.`,
            "Decode what the same encoding made.",
          );
        }
        for (const sign of piece) bytes.push(byteOfSign.get(sign)!);
      }
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
    },
    toJson: () => ({
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
      post_processor: null,
      decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: {
        type: "BPE",
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: Object.fromEntries(pieces.map((piece, code) => [piece, code])),
        merges: merges.map(([a, b]) => [pieces[a]!, pieces[b]!]),
      },
    }),
  };
}

/**
 * The encoding of a `tokenizer.json` that `toJson` wrote, or of one of the same kind: byte-level, with the rule for words
 * of GPT-2, no prefix space, no added tokens.
 *
 * @throws MillwrightError `SCHEMA_MISMATCH` for one of another kind, or whose merges do not fit its pieces.
 */
export function readBpe(json: Json): Bpe {
  const file = json as TokenizerFile | null;
  const { model, pre_tokenizer: cut } = file ?? {};
  const plain = (file?.added_tokens ?? []).length === 0 && (file?.normalizer ?? null) === null;
  const byteLevel = cut?.type === "ByteLevel" && cut.add_prefix_space === false && cut.use_regex !== false;
  if (
    model?.type !== "BPE" ||
    !byteLevel ||
    !plain ||
    model.vocab === undefined ||
    !Array.isArray(model.merges)
  ) {
    throw new MillwrightError(
      "SCHEMA_MISMATCH",
      "This is no byte-level BPE without added tokens.",
      "Give what toJson of trainBpe wrote.",
    );
  }
  const pieces: string[] = [];
  for (const [piece, code] of Object.entries(model.vocab)) pieces[code] = piece;
  if (pieces.length !== Object.keys(model.vocab).length || pieces.includes(undefined!)) {
    throw new MillwrightError(
      "SCHEMA_MISMATCH",
      `The ${Object.keys(model.vocab).length} pieces of the vocabulary have codes up to ${pieces.length - 1}, with gaps or twice.`,
      "Give what toJson of trainBpe wrote.",
    );
  }
  const codeOf = new Map(pieces.map((piece, code) => [piece, code]));
  const merges = model.merges.map((pair): Merge => {
    const [a, b] = typeof pair === "string" ? (pair.split(" ") as [string, string]) : pair;
    const [first, second, made] = [codeOf.get(a), codeOf.get(b), codeOf.get(a + b)];
    if (first !== undefined && second !== undefined && made !== undefined) return [first, second, made];
    throw new MillwrightError(
      "SCHEMA_MISMATCH",
      `The merge of "${a}" and "${b}" is of pieces that the vocabulary does not hold.`,
      "Give a whole file.",
    );
  });
  if (pieces.length !== codeOf.size || alphabet.some((sign, code) => pieces[code] !== sign)) {
    throw new MillwrightError(
      "SCHEMA_MISMATCH",
      `The vocabulary of ${pieces.length} pieces does not begin with the 256 bytes in their order.`,
      "Give what toJson of trainBpe wrote.",
    );
  }
  return bpeOf(pieces, merges);
}

/** What is read of a `tokenizer.json`. */
interface TokenizerFile {
  readonly normalizer?: Json;
  readonly added_tokens?: readonly Json[];
  readonly pre_tokenizer?: {
    readonly type?: string;
    readonly add_prefix_space?: boolean;
    readonly use_regex?: boolean;
  };
  readonly model?: {
    readonly type?: string;
    readonly vocab?: Readonly<Record<string, number>>;
    readonly merges?: readonly (string | readonly [string, string])[];
  };
}
