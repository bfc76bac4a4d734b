/**
 * Text as a row of token codes, for networks.
 *
 * The graph cuts each text into words and signs, or into characters, and looks each token up as it is written; case is
 * folded by the dictionary, as tfidf does. Codes: 0 fills a short text up, 1 … are the tokens that enough rows hold, the
 * most common first, and the last ones are buckets that all other tokens are spread over by their hash. A text of more
 * tokens than the row has places is cut at its end. Characters serve languages without spaces, and misspellings.
 */
import { assert, type ParameterTable, type ParameterValues, resolveParameters } from "../../core/index.ts";
import {
  add,
  cast,
  concat,
  constant,
  constantOfShape,
  equal,
  int64s,
  labelEncoder,
  reshape,
  scalar,
  shapeOf,
  slice,
  tokenizer,
  type Value,
  where,
} from "../../graph/index.ts";
import { type ColumnsThen, encoderChain } from "../columns.ts";
import { bucketOf } from "../murmur3.ts";
import type { Chain, Encoder } from "../step.ts";
import {
  firstTokens,
  learnTokens,
  usualLength,
  tokenPatterns,
  type TokenVocabulary,
} from "../token-vocabulary.ts";
import { hashBuckets } from "./hashing.ts";

export const tokensParameters = {
  unit: {
    type: "choice",
    default: "words",
    choices: ["words", "characters"],
    meaning: "what a token is: a word or a single sign, or a character",
  },
  length: {
    type: "integer",
    default: 128,
    min: 1,
    max: 8192,
    scale: "log",
    meaning:
      "most places of a row: a text of more tokens is cut there; there are as many as 98 of 100 training texts need, in steps of 16",
  },
  maxTerms: {
    type: "integer",
    default: 20_000,
    min: 1,
    max: 200_000,
    scale: "log",
    meaning: "most tokens with a code of their own; the most common ones keep theirs",
  },
  buckets: {
    type: "integer",
    default: 1024,
    min: 1,
    max: 65_536,
    scale: "log",
    meaning: "codes that all other tokens are spread over by their hash",
  },
} as const satisfies ParameterTable;
type Parameters = ParameterValues<typeof tokensParameters>;
export type TokensOptions = Partial<Parameters>;

export function tokensEncoder(options: TokensOptions = {}): Encoder {
  const parameters = resolveParameters("tokens", tokensParameters, options);
  return {
    kind: "tokens",
    parameters,
    accepts: ["text"],
    fit({ schema, cells }, { minRows }) {
      assert(cells.type === "string", "tokens reads strings");
      const { unit } = parameters;
      const length = Math.min(parameters.length, placesFor(usualLength(cells, unit, parameters.length)));
      const vocabulary = learnTokens(cells, { ...parameters, length, minRows });
      const sequence = `${schema.name}:${unit}`;
      return {
        features: Array.from({ length }, (_, place) => ({
          name: `${sequence}@${place}`,
          sources: [schema.name],
          kind: "category",
          cardinality: 1 + vocabulary.tokens.length + parameters.buckets,
          sequence,
        })),
        float32: true,
        emit: (input) => emitTokens(input, vocabulary, { ...parameters, length }),
        reference: (cell) => referenceTokens(cell as string, vocabulary, { ...parameters, length }),
      };
    },
  };
}

/** Places come in steps, so that they do not tell the length of one text. */
const placeStep = 16;
const placesFor = (length: number): number => placeStep * Math.max(1, Math.ceil(length / placeStep));

function emitTokens(
  text: Value,
  { tokens, numberOf }: TokenVocabulary,
  { unit, length, buckets }: Parameters,
): Value {
  // A row of one token goes first and is cut off again: an empty batch keeps its shape through Tokenizer.
  const first = constant({ dtype: "string", shape: [1], data: ["a"] });
  const padded = concat([first, reshape(text, int64s([-1]))], 0);
  const all = tokenizer(padded, { padValue: "", pattern: tokenPatterns[unit] });
  const kept = slice(all, [0], [length], [1]);
  const unknown = scalar("int64", -1);
  const known = labelEncoder(kept, {
    keys: ["", ...numberOf.keys()],
    values: BigInt64Array.from([0, ...[...numberOf.values()].map((number) => 1 + number)], BigInt),
    otherwise: -1n,
  });
  const codes = where(equal(known, unknown), add(hashBuckets(kept, buckets), 1 + tokens.length), known);
  const rows = shapeOf(codes, 0, 1);
  const filling = constantOfShape(concat([rows, int64s([length])], 0), scalar("int64", 0));
  const full = slice(concat([codes, filling], 1), [1, 0], [Number.MAX_SAFE_INTEGER, length], [0, 1]);
  return reshape(cast(full, "float64"), int64s([-1, length]));
}

function referenceTokens(
  text: string,
  { tokens, numberOf }: TokenVocabulary,
  { unit, length, buckets }: Parameters,
): Float64Array {
  const codes = new Float64Array(length);
  firstTokens(text, unit, length).forEach((token, place) => {
    const number = numberOf.get(token);
    codes[place] = number === undefined ? 1 + tokens.length + bucketOf(token, buckets) : 1 + number;
  });
  return codes;
}

/** Text columns as codes of their first tokens, for networks that read sequences. */
export function tokens(...columns: ColumnsThen<"text", TokensOptions>): Chain {
  return encoderChain(columns, tokensEncoder);
}
