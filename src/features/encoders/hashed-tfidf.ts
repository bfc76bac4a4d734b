/**
 * Text as TF-IDF of its words and signs as they are written, and of pairs of neighbours, all spread over buckets by
 * their hash, rows of length 1.
 *
 * It stands beside `tfidf`, which names what enough rows hold: pairs that few rows hold tell much together, and no file
 * may name them. Nothing of a text is stored but how many rows fill each bucket, where enough do. Source: Weinberger et
 * al. 2009, ICML; weights as `tfidf`.
 */
import { assert, type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import {
  concat,
  constant,
  equal,
  int64s,
  reshape,
  scalar,
  slice,
  stringConcat,
  tfIdfVectorizer,
  tokenizer,
  type Value,
  where,
} from "../../graph/index.ts";
import type { StringCells } from "../../schema/index.ts";
import { asSeen } from "../categories.ts";
import { type ColumnsThen, encoderChain } from "../columns.ts";
import { inverseDocumentFrequency } from "../document-frequency.ts";
import { bucketOf } from "../murmur3.ts";
import type { Chain, Encoder } from "../step.ts";
import { firstTokens, tokenPatterns } from "../token-vocabulary.ts";
import { hashBuckets } from "./hashing.ts";
import { weightRow, weightTerms } from "./term-weights.ts";

export const hashedTfidfParameters = {
  ngrams: {
    type: "integer",
    default: 2,
    min: 1,
    max: 2,
    meaning: "longest term in words and signs: 1, or 2 for pairs too",
  },
  buckets: {
    type: "integer",
    default: 65_536,
    min: 1,
    max: 262_144,
    scale: "log",
    meaning: "columns that all terms are spread over by their hash",
  },
  sublinear: {
    type: "boolean",
    default: true,
    meaning: "whether a bucket that is hit t times counts 1 + ln t instead of t",
  },
} as const satisfies ParameterTable;
type Parameters = ParameterValues<typeof hashedTfidfParameters>;
export type HashedTfidfOptions = Partial<Parameters>;

export function hashedTfidfEncoder(options: HashedTfidfOptions = {}): Encoder {
  const parameters = resolveParameters("hashedTfidf", hashedTfidfParameters, options);
  return {
    kind: "hashedTfidf",
    parameters,
    accepts: ["text"],
    fit({ schema, cells }, { minRows }) {
      assert(cells.type === "string", "hashedTfidf reads strings");
      const idf = inverseDocumentFrequency(rowsOfBuckets(cells, parameters), cells.codes.length, minRows);
      const sources = [schema.name];
      return {
        features: Array.from(idf, (_, bucket) => ({
          name: `${schema.name}^${bucket}`,
          sources,
          kind: "number",
        })),
        float32: true,
        sparse: true,
        emit: (input) => emitHashed(input, idf, parameters),
        reference: (cell) => {
          const counts = new Float64Array(idf.length);
          for (const bucket of bucketsOf(cell as string, parameters)) counts[bucket]!++;
          return weightRow(counts, idf, parameters.sublinear);
        },
      };
    },
  };
}

/** The bucket of each term of a text, words and signs first. */
function bucketsOf(text: string, { ngrams, buckets }: Parameters): number[] {
  const tokens = firstTokens(text, "words", Infinity);
  const terms =
    ngrams < 2 ? tokens : [...tokens, ...tokens.slice(1).map((next, i) => `${tokens[i]!} ${next}`)];
  return terms.map((term) => bucketOf(term, buckets));
}

/** Rows that fill each bucket. Linear in the words of the distinct texts. */
function rowsOfBuckets({ codes, dictionary }: StringCells, parameters: Parameters): Int32Array {
  const rowsOf = new Int32Array(dictionary.length);
  for (const code of codes) if (code >= 0) rowsOf[code]!++;
  const filled = new Int32Array(parameters.buckets);
  rowsOf.forEach((rows, code) => {
    if (rows === 0) return;
    for (const bucket of new Set(bucketsOf(asSeen(dictionary[code]!), parameters))) filled[bucket]! += rows;
  });
  return filled;
}

/** Where a row has no more tokens. */
const nothing = -1;

function emitHashed(text: Value, idf: Float64Array, { ngrams, buckets, sublinear }: Parameters): Value {
  // A row of a pair goes first and is cut off again: an empty batch, and texts of one word, still have both places.
  const first = constant({ dtype: "string", shape: [1], data: ["a a"] });
  const padded = concat([first, reshape(text, int64s([-1]))], 0);
  const tokens = tokenizer(padded, { padValue: "", pattern: tokenPatterns.words });
  const hashed = (terms: Value, last: Value): Value =>
    where(equal(last, scalar("string", "")), scalar("int64", nothing), hashBuckets(terms, buckets));
  const single = hashed(tokens, tokens);
  const next = slice(tokens, [1], [Number.MAX_SAFE_INTEGER], [1]);
  const pairs = stringConcat(stringConcat(slice(tokens, [0], [-1], [1]), scalar("string", " ")), next);
  const counts = tfIdfVectorizer(ngrams < 2 ? single : concat([single, hashed(pairs, next)], 1), {
    mode: "TF",
    minGram: 1,
    maxGram: 1,
    starts: [0],
    columns: Array.from(idf, (_, bucket) => bucket),
    pool: Array.from(idf, (_, bucket) => bucket),
  });
  return weightTerms(slice(counts, [1], [Number.MAX_SAFE_INTEGER], [0]), idf, sublinear);
}

/** Text columns as TF-IDF of hashed words, signs and pairs. */
export function hashedTfidf(...columns: ColumnsThen<"text", HashedTfidfOptions>): Chain {
  return encoderChain(columns, hashedTfidfEncoder);
}
