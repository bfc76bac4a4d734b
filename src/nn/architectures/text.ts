/**
 * Networks that read texts as rows of token codes (0 fills a row up), and numbers beside them.
 *
 * Each text becomes one vector: the scaled sum of the vectors of its tokens and runs of tokens, the latter in buckets
 * by their hash (Joulin et al. 2017, "Bag of tricks for efficient text classification"); or the largest answers of
 * convolutions of several widths (Kim 2014, "Convolutional neural networks for sentence classification"); or the mean of
 * a transformer's answers (Vaswani et al. 2017). A dense head reads the vectors of all texts and the numbers.
 */
import { MillwrightError } from "../../core/index.ts";
import {
  add,
  cast,
  concat,
  constant,
  div,
  gather,
  greater,
  int64s,
  matMul,
  max,
  mod,
  mul,
  reduceMax,
  reduceSum,
  relu,
  reshape,
  scalar,
  slice,
  sqrt,
  sub,
  transpose,
  unsqueeze,
  type Value,
} from "../../graph/index.ts";
import { fixedSize, layer, requireCount, requireShare, type Layer, type Scope } from "../layer.ts";
import {
  conv1d,
  dense,
  dropout,
  embedding,
  layerNorm,
  learnedPositions,
  transformerBlock,
} from "../layers/index.ts";
import { type InputSpec, network, type Network } from "../network.ts";

/** A row of codes: one text in one way of cutting it. */
export interface TextInput {
  readonly name: string;
  /** Places of a row. */
  readonly length: number;
  /** Codes are 0 … count − 1. */
  readonly count: number;
  /** Longest run of tokens that `textBag` reads. Default 2. */
  readonly longestRun?: number;
  /**
   * Number of each bucket's vector among those of runs: 1, 2, …; 0 for a bucket that is not read. Default: all are, in
   * their order. `runVectors` makes it.
   */
  readonly runVectors?: Int32Array;
}

export interface TextNetworkOptions {
  readonly texts: readonly TextInput[];
  /** Numbers beside the texts, in the input "numbers". Default 0. */
  readonly numbers?: number;
  readonly classes: number;
  /** Size of a token's vector. Default 64. */
  readonly size?: number;
  /** Units of the layer before the scores; 0 leaves it out. Default 0. */
  readonly hidden?: number;
  /** Share of what the head reads that is left out in training. Default 0.5. */
  readonly dropout?: number;
  /** Share of tokens that is left out in training. Default 0. */
  readonly tokenDropout?: number;
}

/** Name of the input of numbers. */
export const numbersInput = "numbers";

/** Vectors of a text's tokens. */
interface Read {
  readonly codes: Value;
  /** 1 where there is a token. float [batch, places]. */
  readonly present: Value;
  /** The same after token dropout. */
  readonly kept: Value;
}

type Encode = (read: Read, text: TextInput, scope: Scope) => Value;

function textNetwork(options: TextNetworkOptions, encode: Encode): Network {
  const { texts, numbers = 0, classes, hidden = 0, dropout: rate = 0.5, tokenDropout = 0 } = options;
  requireCount("text network", "classes", classes, 2);
  requireCount("text network", "hidden", hidden, 0);
  requireShare("text network", "tokenDropout", tokenDropout);
  if (texts.length === 0 && numbers === 0) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      "A text network has no texts and no numbers to read.",
      "Give { texts }.",
    );
  }
  const inputs: Record<string, InputSpec> = Object.fromEntries(
    texts.map(({ name, length }) => [name, { dtype: "int32", shape: [length] }]),
  );
  if (numbers > 0) inputs[numbersInput] = { dtype: "float32", shape: [numbers] };
  return network(inputs, (values, scope) => {
    const parts = texts.map((text, i) => {
      const codes = cast(values[text.name]!, "int64");
      const present = cast(greater(codes, 0), scope.dtype);
      const own = scope.child(`text${i}`);
      const drops = own.training && tokenDropout > 0;
      const kept = drops ? mul(present, own.mask(codes.shape, tokenDropout)) : present;
      return encode({ codes, present, kept }, text, own);
    });
    if (numbers > 0) parts.push(cast(values[numbersInput]!, scope.dtype));
    let read = scope.apply("dropout", dropout(rate), parts.length === 1 ? parts[0]! : concat(parts, 1));
    if (hidden > 0) read = relu(scope.apply("hidden", dense(hidden), read));
    return scope.apply("scores", dense(classes), read);
  });
}

export interface TextBagOptions extends TextNetworkOptions {
  /** Buckets of runs of tokens, of each text. Default 32768. */
  readonly buckets?: number;
}

/** Factor of the hash of runs. It and the buckets keep every step of the hash below 2⁵³. */
const runFactor = 1_000_003;

/** Bucket of the run of tokens at `start … start + length − 1`. */
export function runBucket(codes: ArrayLike<number>, start: number, length: number, buckets: number): number {
  let hash = codes[start]!;
  for (let k = 1; k < length; k++) hash = (hash * runFactor + codes[start + k]!) % buckets;
  return hash;
}

/**
 * Vectors for the buckets that the runs of enough texts fall into, for `TextInput.runVectors`. The others are not read: what
 * one text alone has can only be learnt by heart.
 *
 * @param codes - Row-major [rows, places].
 */
export function runVectors(
  codes: ArrayLike<number>,
  {
    length,
    longestRun,
    buckets,
    minRows,
  }: {
    readonly length: number;
    readonly longestRun: number;
    readonly buckets: number;
    readonly minRows: number;
  },
): Int32Array {
  const rowsOf = new Int32Array(buckets);
  const lastRow = new Int32Array(buckets).fill(-1);
  for (let row = 0; row * length < codes.length; row++) {
    for (let n = 2; n <= Math.min(longestRun, length); n++) {
      for (let at = row * length; at + n <= (row + 1) * length && codes[at + n - 1]! > 0; at++) {
        const bucket = runBucket(codes, at, n, buckets);
        if (lastRow[bucket] === row) continue;
        lastRow[bucket] = row;
        rowsOf[bucket]!++;
      }
    }
  }
  let count = 0;
  return rowsOf.map((rows) => (rows >= minRows ? ++count : 0));
}

/**
 * The sum of the vectors of tokens and of runs of tokens, divided by the square root of their number: a mean would let
 * one telling word fade in a long text (fold 0 of SMS spam: 98.7 % right, and 98.5 % by the mean).
 *
 * Parameters of each text: `text0.vectors.weight` [codes + vectors of runs, size]; then `scores.*` (and `hidden.*`).
 */
export function textBag({ size = 64, buckets = 32_768, ...options }: TextBagOptions): Network {
  requireCount("textBag", "size", size);
  requireCount("textBag", "buckets", buckets);
  for (const { name, runVectors: vectors } of options.texts) {
    if (vectors === undefined || vectors.length === buckets) continue;
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `textBag has ${buckets} buckets and { runVectors } of ${vectors.length} for "${name}".`,
      "Make them with as many buckets.",
    );
  }
  return textNetwork(
    options,
    ({ codes, present, kept }, { length, count, longestRun = 2, runVectors }, scope) => {
      const indices = [codes];
      const weights = [kept];
      const there = [present];
      const runs = runVectors === undefined ? buckets : runVectors.reduce((most, k) => Math.max(most, k), 0);
      const vectorOf = runVectors && constant({ dtype: "int32", shape: [buckets], data: runVectors });
      for (let n = 2; n <= Math.min(longestRun, length); n++) {
        const part = (x: Value, k: number): Value => slice(x, [k], [length - n + 1 + k], [1]);
        let hash: Value = part(codes, 0);
        for (let k = 1; k < n; k++)
          hash = mod(add(mul(hash, scalar("int64", runFactor)), part(codes, k)), scalar("int64", buckets));
        // Codes stand before the filling, so a run is whole where its last token is there.
        let [weight, whole] = [part(kept, n - 1), part(present, n - 1)];
        if (vectorOf) {
          const vector = gather(vectorOf, hash, 0);
          const read = cast(greater(vector, 0), scope.dtype);
          [weight, whole] = [mul(weight, read), mul(whole, read)];
          hash = max(sub(cast(vector, "int64"), 1), 0);
        }
        indices.push(runs === 0 ? mul(hash, 0) : add(hash, count));
        weights.push(weight);
        there.push(whole);
      }
      const joined = (values: readonly Value[]): Value =>
        values.length === 1 ? values[0]! : concat(values, 1);
      const table = embedding(count + (indices.length > 1 ? runs : 0), size, { deviation: 0.03 });
      const vectors = scope.apply("vectors", table, joined(indices));
      const sum = reshape(matMul(unsqueeze(joined(weights), [1]), vectors), int64s([-1, size]));
      return div(sum, sqrt(max(reduceSum(joined(there), { axes: [1], keepDims: true }), 1)));
    },
  );
}

export interface TextCnnOptions extends TextNetworkOptions {
  /** Tokens that a convolution sees at once. Default 2, 3, 4. */
  readonly widths?: readonly number[];
  /** Convolutions of each width. Default 64. */
  readonly filters?: number;
}

/**
 * The largest answer over a text of each of many short convolutions.
 *
 * Parameters of each text: `text0.vectors.weight` [codes, size], `text0.width2.weight` [filters, size, 2] and `.bias`.
 */
export function textCnn({
  size = 64,
  widths = [2, 3, 4],
  filters = 64,
  ...options
}: TextCnnOptions): Network {
  return textNetwork(options, ({ codes, kept }, { count }, scope) => {
    const vectors = scope.apply("vectors", embedding(count, size, { deviation: 0.3 }), codes);
    const channels = transpose(mul(vectors, unsqueeze(kept, [2])), [0, 2, 1]);
    const largest = widths.map((width) => {
      const answers = scope.apply(`width${width}`, conv1d(filters, width, { padding: width - 1 }), channels);
      return reduceMax(relu(answers), { axes: [2] });
    });
    return largest.length === 1 ? largest[0]! : concat(largest, 1);
  });
}

export interface TextTransformerOptions extends TextNetworkOptions {
  /** Default 4. */
  readonly heads?: number;
  /** Blocks on top of each other. Default 2. */
  readonly layers?: number;
  /** Share left out inside of blocks in training. Default 0.1. */
  readonly blockDropout?: number;
}

/** The mean of a small transformer's answers at a text's tokens. Parameters: `text0.vectors.*`, `text0.positions.*`, `text0.block0.*`. */
export function textTransformer(options: TextTransformerOptions): Network {
  const { size = 64, heads = 4, layers = 2, blockDropout = 0.1 } = options;
  requireCount("textTransformer", "layers", layers);
  return textNetwork(options, ({ codes, present, kept }, { count }, scope) => {
    let x = scope.apply("vectors", embedding(count, size, { deviation: 0.3 }), codes);
    x = scope.apply("positions", learnedPositions(), mul(x, unsqueeze(kept, [2])));
    const mask = greater(codes, 0);
    for (let k = 0; k < layers; k++)
      x = scope.apply(`block${k}`, transformerBlock({ heads, mask, dropout: blockDropout }), x);
    return scope.apply("mean", meanOf(present), scope.apply("norm", layerNorm(), x));
  });
}

/** Mean over the places that are there: [batch, places, size] → [batch, size]. */
function meanOf(present: Value): Layer {
  return layer("meanOf", (x) => {
    const sum = reshape(matMul(unsqueeze(present, [1]), x), int64s([-1, fixedSize(x, 2, "features")]));
    return div(sum, max(reduceSum(present, { axes: [1], keepDims: true }), 1));
  });
}
