/**
 * A network that gives each token of a sentence scores of labels.
 *
 * A token is read as its word's vector, as the largest answers of convolutions over its characters, and as flags of its
 * shape; a bidirectional LSTM reads the tokens both ways. Source: Chiu & Nichols 2016, "Named entity recognition with
 * bidirectional LSTM-CNNs". In training some words are left out whole, so that characters and neighbours must tell.
 */
import {
  cast,
  concat,
  greater,
  mul,
  reduceMax,
  reduceSum,
  relu,
  reshape,
  transpose,
  unsqueeze,
} from "../../graph/index.ts";
import { requireCount, requireShare } from "../layer.ts";
import { conv1d, dense, dropout, embedding, lstm } from "../layers/index.ts";
import { network, type Network } from "../network.ts";

export interface TaggerOptions {
  /** Tokens of a sentence; shorter ones are filled up with words of code 0. */
  readonly places: number;
  /** Word codes are 0 … words − 1. */
  readonly words: number;
  /** Characters of a token that are read. */
  readonly characterPlaces: number;
  /** Character codes are 0 … characters − 1, 0 behind the end of a token. */
  readonly characters: number;
  /** Flags of a token. */
  readonly flags: number;
  readonly classes: number;
  /** Size of a word's vector. Default 64. */
  readonly size?: number;
  /** Size of a character's vector. Default 24. */
  readonly characterSize?: number;
  /** Convolutions over three characters. Default 64. */
  readonly filters?: number;
  /** Units of the LSTM each way. Default 64. */
  readonly units?: number;
  /** Share of what the LSTM reads and answers that is left out in training. Default 0.4. */
  readonly dropout?: number;
  /** Share of words whose vector is left out in training. Default 0.2. */
  readonly wordDropout?: number;
}

/**
 * Scores [batch, places, classes] of the inputs `word` int32 [places], `characters` int32 [places, characterPlaces] and
 * `flags` float32 [places, flags].
 *
 * Parameters: `words.weight`, `characters.weight`, `spelling.*`, `read.*` and `scores.*`.
 */
export function tagger(options: TaggerOptions): Network {
  const { places, words, characterPlaces, characters, flags, classes } = options;
  const { size = 64, characterSize = 24, filters = 64, units = 64 } = options;
  const { dropout: rate = 0.4, wordDropout = 0.2 } = options;
  requireCount("tagger", "classes", classes, 2);
  requireShare("tagger", "wordDropout", wordDropout);
  return network(
    {
      word: { dtype: "int32", shape: [places] },
      characters: { dtype: "int32", shape: [places, characterPlaces] },
      flags: { dtype: "float32", shape: [places, flags] },
    },
    (inputs, scope) => {
      const word = inputs["word"]!;
      const present = cast(greater(word, 0), scope.dtype);
      const kept =
        scope.training && wordDropout > 0 ? mul(present, scope.mask(word.shape, wordDropout)) : present;
      const meaning = mul(
        scope.apply("words", embedding(words, size, { deviation: 0.3 }), word),
        unsqueeze(kept, [2]),
      );
      const letters = scope.apply(
        "characters",
        embedding(characters, characterSize, { deviation: 0.3 }),
        reshape(inputs["characters"]!, [-1, characterPlaces]),
      );
      const answers = relu(
        scope.apply("spelling", conv1d(filters, 3, { padding: 1 }), transpose(letters, [0, 2, 1])),
      );
      const spelling = reshape(reduceMax(answers, { axes: [2] }), [-1, places, filters]);
      const read = concat([meaning, spelling, cast(inputs["flags"]!, scope.dtype)], 2);
      const lengths = cast(reduceSum(present, { axes: [1] }), "int32");
      const context = scope.apply(
        "read",
        lstm(units, { bidirectional: true, lengths }),
        scope.apply("dropRead", dropout(rate), read),
      );
      return scope.apply("scores", dense(classes), scope.apply("dropContext", dropout(rate), context));
    },
  );
}
