/**
 * Text as TF-IDF of its words and word pairs, rows of length 1.
 *
 * Terms that occur in at least `minRows` rows have a column by name, the most
 * common ones first; every other word adds to one of some columns by its hash, so
 * that no rare word is in the file. The graph cuts text into runs of letters,
 * marks and digits and looks each word up as it is written. Case is folded by the
 * dictionary, which holds a word in lower case, capitalised, in upper case, and
 * as enough rows write it: StringNormalizer would need a locale that macOS,
 * Windows and bare containers may lack, and folds differently on each.
 * Source: Salton & Buckley 1988; weights as scikit-learn's TfidfVectorizer,
 * idf = ln((1 + rows) / (1 + rows with the term)) + 1.
 */
import { assert, type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import {
  add,
  concat,
  constant,
  equal,
  int64s,
  labelEncoder,
  reshape,
  slice,
  tfIdfVectorizer,
  tokenizer,
  type Value,
  where,
} from "../../graph/index.ts";
import { type ColumnsThen, encoderChain } from "../columns.ts";
import { bucketOf } from "../murmur3.ts";
import type { Chain, Encoder } from "../step.ts";
import { learnVocabulary, tokenPattern, tokensOf, type Vocabulary } from "../vocabulary.ts";
import { hashBuckets } from "./hashing.ts";
import { weightRow, weightTerms } from "./term-weights.ts";

export const tfidfParameters = {
  maxTerms: {
    type: "integer",
    default: 500,
    min: 1,
    max: 200_000,
    scale: "log",
    meaning: "most terms with a column of their own; the most common ones keep theirs",
  },
  ngrams: {
    type: "integer",
    default: 2,
    min: 1,
    max: 2,
    meaning: "longest term in words: 1, or 2 for pairs too",
  },
  buckets: {
    type: "integer",
    default: 32,
    min: 1,
    max: 65_536,
    scale: "log",
    meaning: "columns that all other words are spread over by their hash",
  },
  sublinear: {
    type: "boolean",
    default: false,
    meaning: "whether a word that occurs t times counts 1 + ln t instead of t",
  },
} as const satisfies ParameterTable;
export type TfidfOptions = Partial<ParameterValues<typeof tfidfParameters>>;

export function tfidfEncoder(options: TfidfOptions = {}): Encoder {
  const parameters = resolveParameters("tfidf", tfidfParameters, options);
  return {
    kind: "tfidf",
    parameters,
    accepts: ["text"],
    fit({ schema, cells }, { minRows }) {
      assert(cells.type === "string", "tfidf reads strings");
      const vocabulary = learnVocabulary(cells, { ...parameters, minRows });
      const names = [
        ...vocabulary.words,
        ...vocabulary.pairs.map(([a, b]) => `${vocabulary.words[a]!} ${vocabulary.words[b]!}`),
        ...Array.from({ length: parameters.buckets }, (_, bucket) => `#${bucket}`),
      ];
      return {
        features: names.map((name) => ({
          name: `${schema.name}:${name}`,
          sources: [schema.name],
          kind: "number",
        })),
        float32: true,
        sparse: true,
        emit: (input) => emitTfidf(input, vocabulary, parameters),
        reference: (cell) => referenceTfidf(cell as string, vocabulary, parameters),
      };
    },
  };
}

/** Marks in the rows of word numbers: no word here, and a word that is not in the vocabulary. */
const noWord = -2;
const otherWord = -1;

function emitTfidf(
  text: Value,
  { words, pairs, numberOf, idf }: Vocabulary,
  { buckets, sublinear }: ParameterValues<typeof tfidfParameters>,
): Value {
  // A row of one word goes first and is cut off again: an empty batch keeps its shape through
  // Tokenizer and TfIdfVectorizer, and texts without any word still give rows with an element.
  const first = constant({ dtype: "string", shape: [1], data: ["a"] });
  const padded = concat([first, reshape(text, int64s([-1]))], 0);
  const tokens = tokenizer(padded, { padValue: "", pattern: tokenPattern });
  const known = labelEncoder(tokens, {
    keys: ["", ...numberOf.keys()],
    values: BigInt64Array.from([noWord, ...numberOf.values()], BigInt),
    otherwise: BigInt(otherWord),
  });
  const hashed = add(hashBuckets(tokens, buckets), words.length);
  const numbers = where(equal(known, otherWord), hashed, known);
  const single = words.length + buckets;
  const counts = tfIdfVectorizer(numbers, {
    mode: "TF",
    minGram: 1,
    maxGram: pairs.length > 0 ? 2 : 1,
    starts: pairs.length > 0 ? [0, single] : [0],
    // Columns: words, pairs, buckets. Pool: words and buckets, then pairs.
    columns: Array.from({ length: single + pairs.length }, (_, i) =>
      i < words.length ? i : i < single ? i + pairs.length : i - buckets,
    ),
    pool: [...Array.from({ length: single }, (_, i) => i), ...pairs.flat()],
  });
  return weightTerms(slice(counts, [1], [Number.MAX_SAFE_INTEGER], [0]), idf, sublinear);
}

function referenceTfidf(
  text: string,
  { words, pairs, numberOf, idf }: Vocabulary,
  { buckets, sublinear }: ParameterValues<typeof tfidfParameters>,
): Float64Array {
  const tf = new Float64Array(idf.length);
  let before = otherWord;
  for (const token of tokensOf(text)) {
    const word = numberOf.get(token) ?? otherWord;
    if (word === otherWord) tf[words.length + pairs.length + bucketOf(token, buckets)]!++;
    else tf[word]!++;
    pairs.forEach(([a, b], i) => {
      if (a === before && b === word) tf[words.length + i]!++;
    });
    before = word;
  }
  return weightRow(tf, idf, sublinear);
}

/** Text columns as TF-IDF of words and word pairs. */
export function tfidf(...columns: ColumnsThen<"text", TfidfOptions>): Chain {
  return encoderChain(columns, tfidfEncoder);
}
