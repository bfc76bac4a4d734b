/**
 * A network that gives each token of a sentence scores of labels.
 *
 * A token is read as its word's vector, as the largest answers of convolutions over its characters, as the sum of vectors
 * of its runs of three characters, and as flags of its shape; a bidirectional LSTM reads the tokens both ways. Sources:
 * Chiu & Nichols 2016, "Named entity recognition with bidirectional LSTM-CNNs"; for the runs, Bojanowski et al. 2017,
 * "Enriching word vectors with subword information". Beside its own flags a token has the shares of its sentence's tokens
 * that bear each: capitals tell little of a name where all is in capitals (Ritter et al. 2011, "Named entity recognition
 * in tweets"). In training some words are left out whole, and the runs of some tokens, so that the rest must tell.
 */
import {
  add,
  cast,
  concat,
  div,
  greater,
  mod,
  mul,
  pad,
  reduceMax,
  reduceSum,
  relu,
  reshape,
  scalar,
  slice,
  sqrt,
  max,
  transpose,
  unsqueeze,
  type Value,
} from "../../graph/index.ts";
import { requireCount, requireShare, type Scope } from "../layer.ts";
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
  /** Vectors that runs of three characters share by their hash. Default 4096. */
  readonly runBuckets?: number;
  /** Size of such a vector. Default 32. */
  readonly runSize?: number;
  /** Units of the LSTM each way. Default 64. */
  readonly units?: number;
  /** Share of what the LSTM reads and answers that is left out in training. Default 0.4. */
  readonly dropout?: number;
  /** Share of words whose vector is left out in training. Default 0.2. */
  readonly wordDropout?: number;
  /** Share of tokens whose runs of characters are left out in training. Default 0.3. */
  readonly runDropout?: number;
}

/** Factor of the hash of runs: a prime that no bucket count of powers of two shares a divisor with. */
const runFactor = 1009;

/**
 * Number of the run of three characters around each character, in [0, buckets), 0 standing before the first and behind
 * the last.
 *
 * @param characters - int64 [batch, places, characterPlaces].
 */
export function characterRuns(characters: Value, buckets: number): Value {
  const length = characters.shape[2] as number;
  const beside = pad(characters, [0, 0, 1, 0, 0, 1]);
  const part = (k: number): Value => slice(beside, [k], [k + length], [2]);
  const factor = scalar("int64", runFactor);
  return mod(add(mul(add(mul(part(0), factor), part(1)), factor), part(2)), scalar("int64", buckets));
}

/**
 * Scores [batch, places, classes] of the inputs `word` int32 [places], `characters` int32 [places, characterPlaces] and
 * `flags` float32 [places, flags].
 *
 * Parameters: `words.weight`, `characters.weight`, `spelling.*`, `runs.weight`, `read.*` and `scores.*`.
 */
export function tagger(options: TaggerOptions): Network {
  const { places, words, characterPlaces, characters, flags, classes } = options;
  const { size = 64, characterSize = 24, filters = 64, units = 64 } = options;
  const { runBuckets = 4096, runSize = 32 } = options;
  const { dropout: rate = 0.4, wordDropout = 0.2, runDropout = 0.3 } = options;
  requireCount("tagger", "classes", classes, 2);
  requireCount("tagger", "runBuckets", runBuckets);
  requireShare("tagger", "wordDropout", wordDropout);
  requireShare("tagger", "runDropout", runDropout);
  return network(
    {
      word: { dtype: "int32", shape: [places] },
      characters: { dtype: "int32", shape: [places, characterPlaces] },
      flags: { dtype: "float32", shape: [places, flags] },
    },
    (inputs, scope) => {
      const word = inputs["word"]!;
      const present = cast(greater(word, 0), scope.dtype);
      const kept = leaveOut(present, wordDropout, scope);
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
      const codes = cast(inputs["characters"]!, "int64");
      const written = cast(greater(codes, scalar("int64", 0)), scope.dtype);
      const vectors = scope.apply(
        "runs",
        embedding(runBuckets, runSize, { deviation: 0.3 }),
        characterRuns(codes, runBuckets),
      );
      const sum = reduceSum(mul(vectors, unsqueeze(written, [3])), { axes: [2] });
      const root = sqrt(max(reduceSum(written, { axes: [2], keepDims: true }), 1));
      const runs = mul(div(sum, root), unsqueeze(leaveOut(present, runDropout, scope), [2]));
      const own = cast(inputs["flags"]!, scope.dtype);
      const tokens = max(reduceSum(present, { axes: [1], keepDims: true }), 1);
      const there = unsqueeze(present, [2]);
      const shares = div(reduceSum(mul(own, there), { axes: [1], keepDims: true }), unsqueeze(tokens, [2]));
      const style = mul(shares, there);
      const read = concat([meaning, spelling, own, style, runs], 2);
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

/** 1 for tokens, 0 for filling; in training 0 for a share of the tokens too, and the rest larger for it. */
function leaveOut(present: Value, share: number, scope: Scope): Value {
  return scope.training && share > 0 ? mul(present, scope.mask(present.shape, share)) : present;
}
