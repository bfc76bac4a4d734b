/**
 * Text as TF-IDF of runs of characters, rows of length 1.
 *
 * Runs of a few characters see the stems, endings and misspellings that whole words miss. Only runs that
 * enough rows hold are in the file; case is folded by the dictionary, as tfidf does. Source: Cavnar &
 * Trenkle 1994, SDAIR; as scikit-learn's TfidfVectorizer with its analyzer char_wb, after replacing all that is
 * no letter, mark, digit or underscore by a space.
 */
import {
  assert,
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
} from "../../core/index.ts";
import {
  concat,
  constant,
  int64s,
  labelEncoder,
  reshape,
  scalar,
  slice,
  stringConcat,
  tfIdfVectorizer,
  tokenizer,
  type Value,
} from "../../graph/index.ts";
import {
  type CharacterGrams,
  characterPattern,
  charactersOf,
  gap,
  learnCharacterGrams,
} from "../character-grams.ts";
import { type ColumnsThen, encoderChain } from "../columns.ts";
import type { Chain, Encoder } from "../step.ts";
import { weightRow, weightTerms } from "./term-weights.ts";

export const characterTfidfParameters = {
  shortest: { type: "integer", default: 2, min: 1, max: 8, meaning: "characters of the shortest run" },
  longest: { type: "integer", default: 5, min: 1, max: 8, meaning: "characters of the longest run" },
  maxTerms: {
    type: "integer",
    default: 30_000,
    min: 1,
    max: 200_000,
    scale: "log",
    meaning: "most runs with a column; the most common ones keep theirs",
  },
  sublinear: {
    type: "boolean",
    default: true,
    meaning: "whether a run that occurs t times counts 1 + ln t instead of t",
  },
} as const satisfies ParameterTable;
export type CharacterTfidfOptions = Partial<ParameterValues<typeof characterTfidfParameters>>;

export function characterTfidfEncoder(options: CharacterTfidfOptions = {}): Encoder {
  const parameters = resolveParameters("characterTfidf", characterTfidfParameters, options);
  const { shortest, longest, sublinear } = parameters;
  if (shortest > longest) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `characterTfidf has a shortest run of ${shortest} characters and a longest of ${longest}.`,
      "Make longest at least shortest.",
    );
  }
  return {
    kind: "characterTfidf",
    parameters,
    accepts: ["text"],
    fit({ schema, cells }, { minRows }) {
      assert(cells.type === "string", "characterTfidf reads strings");
      const learnt = learnCharacterGrams(cells, { ...parameters, minRows });
      // A table without a run that enough rows hold still has a column: of zeros.
      const grams: CharacterGrams =
        learnt.grams.length > 0
          ? learnt
          : { ...learnt, grams: [[-2]], names: ["(none)"], idf: Float64Array.of(1) };
      return {
        features: grams.names.map((name) => ({
          name: `${schema.name}~${name}`,
          sources: [schema.name],
          kind: "number",
        })),
        float32: true,
        sparse: true,
        emit: (input) => emitCharacters(input, grams, sublinear),
        reference: (cell) => referenceCharacters(cell as string, grams, sublinear),
      };
    },
  };
}

function emitCharacters(text: Value, { numberOf, grams, idf }: CharacterGrams, sublinear: boolean): Value {
  // A row goes first and is cut off again, as in tfidf: an empty batch keeps its shape.
  const first = constant({ dtype: "string", shape: [1], data: ["a"] });
  const padded = concat([first, reshape(text, int64s([-1]))], 0);
  const space = scalar("string", " ");
  const tokens = tokenizer(stringConcat(stringConcat(space, padded), space), {
    padValue: "",
    pattern: characterPattern,
  });
  const numbers = labelEncoder(tokens, {
    keys: ["", ...numberOf.keys()],
    values: BigInt64Array.from([-1, ...numberOf.values()], BigInt),
    otherwise: BigInt(gap),
  });
  const lengths = grams.map((gram) => gram.length);
  const longest = lengths.at(-1)!;
  const starts: number[] = [];
  for (let length = 1, at = 0, gram = 0; length <= longest; length++) {
    starts.push(at);
    for (; lengths[gram] === length; gram++) at += length;
  }
  const counts = tfIdfVectorizer(numbers, {
    mode: "TF",
    minGram: lengths[0]!,
    maxGram: longest,
    starts,
    columns: grams.map((_, i) => i),
    pool: grams.flat(),
  });
  return weightTerms(slice(counts, [1], [Number.MAX_SAFE_INTEGER], [0]), idf, sublinear);
}

function referenceCharacters(
  text: string,
  { numberOf, grams, idf }: CharacterGrams,
  sublinear: boolean,
): Float64Array {
  const numbers = charactersOf(text).map((character) => numberOf.get(character) ?? gap);
  const tf = new Float64Array(grams.length);
  grams.forEach((gram, j) => {
    for (let i = 0; i + gram.length <= numbers.length; i++)
      if (gram.every((number, k) => numbers[i + k] === number)) tf[j]!++;
  });
  return weightRow(tf, idf, sublinear);
}

/** Text columns as TF-IDF of runs of characters. */
export function characterTfidf(...columns: ColumnsThen<"text", CharacterTfidfOptions>): Chain {
  return encoderChain(columns, characterTfidfEncoder);
}
