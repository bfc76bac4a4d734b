/**
 * Ops on strings. None has a gradient, none runs outside the CPU.
 *
 * Empty batches: StringNormalizer refuses them and Tokenizer with TfIdfVectorizer
 * gives one row for none, so a graph that must take them puts a row before them and
 * cuts it off again, as features/encoders/tfidf.ts does.
 */
import { type DType, MillwrightError, type Tensor, type TensorData } from "../../core/index.ts";
import { apply, applyAll, defineOp, requireDtype, shapeError } from "../definition.ts";
import { broadcastShapes, unknownDim } from "../dims.ts";
import type { OpDefinition, Value } from "../types.ts";

const text: readonly DType[] = ["string"];

const stringNormalizerOp = defineOp({
  name: "stringNormalizer",
  type: "StringNormalizer",
  inputs: [1, 1],
  attributes: {
    case_change_action: "string",
    is_case_sensitive: "int",
    locale: "string",
    stopwords: "strings",
  },
  infer(call) {
    const x = requireDtype(call, 0, text);
    if (
      x.shape.length !== 1 &&
      !(x.shape.length === 2 && (x.shape[0] === 1 || typeof x.shape[0] === "string"))
    ) {
      throw shapeError(
        call,
        `takes [count] or [1, count], and has rank ${x.shape.length}.`,
        "Reshape to [-1] first.",
      );
    }
    const drops = (call.attributes.strings("stopwords") ?? []).length > 0;
    return [{ dtype: "string", shape: drops ? [...x.shape.slice(0, -1), unknownDim] : x.shape }];
  },
  gradient: "constant",
});

const stringSplitOp = defineOp({
  name: "stringSplit",
  type: "StringSplit",
  inputs: [1, 1],
  outputs: [2, 2],
  attributes: { delimiter: "string", maxsplit: "int" },
  infer(call) {
    const x = requireDtype(call, 0, text);
    return [
      { dtype: "string", shape: [...x.shape, unknownDim] },
      { dtype: "int64", shape: x.shape },
    ];
  },
  gradient: "constant",
});

const stringConcatOp = defineOp({
  name: "stringConcat",
  type: "StringConcat",
  inputs: [2, 2],
  infer(call) {
    requireDtype(call, 0, text);
    requireDtype(call, 1, text);
    return [
      {
        dtype: "string",
        shape: broadcastShapes(
          call.name,
          call.inputs.map((x) => x!.shape),
        ),
      },
    ];
  },
  gradient: "constant",
});

const regexFullMatchOp = defineOp({
  name: "regexFullMatch",
  type: "RegexFullMatch",
  inputs: [1, 1],
  attributes: { pattern: "string" },
  infer: (call) => [{ dtype: "bool", shape: requireDtype(call, 0, text).shape }],
  gradient: "constant",
});

const tokenizerOp = defineOp({
  name: "tokenizer",
  type: "Tokenizer",
  domain: "com.microsoft",
  inputs: [1, 1],
  attributes: {
    mark: "int",
    mincharnum: "int",
    pad_value: "string",
    separators: "strings",
    tokenexp: "string",
  },
  infer: (call) => [{ dtype: "string", shape: [...requireDtype(call, 0, text).shape, unknownDim] }],
  gradient: "constant",
});

const tfIdfVectorizerOp = defineOp({
  name: "tfIdfVectorizer",
  type: "TfIdfVectorizer",
  inputs: [1, 1],
  attributes: {
    max_gram_length: "int",
    max_skip_count: "int",
    min_gram_length: "int",
    mode: "string",
    ngram_counts: "ints",
    ngram_indexes: "ints",
    pool_int64s: "ints",
    pool_strings: "strings",
    weights: "floats",
  },
  infer(call) {
    const x = requireDtype(call, 0, ["string", "int64", "int32"]);
    const indexes = call.attributes.ints("ngram_indexes") ?? [];
    const width = indexes.reduce((most, index) => Math.max(most, index + 1), 0);
    return [{ dtype: "float32", shape: [...x.shape.slice(0, -1), width] }];
  },
  gradient: "constant",
});

const keyAttributes = ["keys_tensor", "keys_strings", "keys_int64s", "keys_floats"];
const valueDtypes: readonly [string, DType][] = [
  ["values_strings", "string"],
  ["values_int64s", "int64"],
  ["values_floats", "float32"],
];
const labelEncoderOp = defineOp({
  name: "labelEncoder",
  type: "LabelEncoder",
  domain: "ai.onnx.ml",
  inputs: [1, 1],
  attributes: {
    default_float: "float",
    default_int64: "int",
    default_string: "string",
    default_tensor: "tensor",
    keys_floats: "floats",
    keys_int64s: "ints",
    keys_strings: "strings",
    keys_tensor: "tensor",
    values_floats: "floats",
    values_int64s: "ints",
    values_strings: "strings",
    values_tensor: "tensor",
  },
  infer(call) {
    const { attributes } = call;
    const dtype =
      attributes.tensor("values_tensor")?.dtype ?? valueDtypes.find(([name]) => attributes.has(name))?.[1];
    if (!dtype || !keyAttributes.some((name) => attributes.has(name))) {
      throw shapeError(call, "has no keys or no values.", "Give both.");
    }
    return [{ dtype, shape: call.inputs[0]!.shape }];
  },
  gradient: "constant",
});

const murmurHash3Op = defineOp({
  name: "murmurHash3",
  type: "MurmurHash3",
  domain: "com.microsoft",
  inputs: [1, 1],
  attributes: { positive: "int", seed: "int" },
  infer(call) {
    const x = requireDtype(call, 0, ["string", "int32", "int64", "float32", "float64"]);
    if (call.attributes.int("positive", 1) !== 0) {
      throw shapeError(
        call,
        "with positive = 1 gives uint32, which we do not compute with.",
        "Set positive to 0.",
      );
    }
    return [{ dtype: "int32", shape: x.shape }];
  },
  gradient: "constant",
});

export interface StringNormalizerOptions {
  readonly case?: "lower" | "upper" | "none";
  /** Words to drop. Default none. */
  readonly stopWords?: readonly string[];
  readonly caseSensitive?: boolean;
}
/** Changes case and drops stop words, [count] → [count]. Always in the locale C.UTF-8, which every system has. */
export function stringNormalizer(x: Value, options: StringNormalizerOptions = {}): Value {
  return apply(stringNormalizerOp, [x], {
    case_change_action: (options.case ?? "none").toUpperCase(),
    is_case_sensitive: options.caseSensitive ? 1 : 0,
    locale: "C.UTF-8",
    stopwords: options.stopWords?.length ? options.stopWords : undefined,
  });
}
/** Cuts each string at a delimiter (at runs of white space when absent); short rows are padded with "". */
export function stringSplit(
  x: Value,
  options: { readonly delimiter?: string; readonly maxSplit?: number } = {},
): { parts: Value; counts: Value } {
  const [parts, counts] = applyAll(
    stringSplitOp,
    [x],
    { delimiter: options.delimiter, maxsplit: options.maxSplit },
    2,
  );
  return { parts: parts!, counts: counts! };
}
/** Joins strings element by element; shapes broadcast. */
export function stringConcat(a: Value, b: Value): Value {
  return apply(stringConcatOp, [a, b]);
}
/** Whether the whole string matches an RE2 pattern. */
export function regexFullMatch(x: Value, pattern: string): Value {
  return apply(regexFullMatchOp, [x], { pattern });
}

export type TokenizerOptions = {
  /** Fills rows with fewer tokens. */
  readonly padValue: string;
  /** Shortest token in characters. Default 1. */
  readonly minCharacters?: number;
} & (
  | { /** RE2 pattern of a token: "[\\p{L}\\p{N}]+"; "." gives characters. */ readonly pattern: string }
  | { /** Strings to cut at, none of them empty. */ readonly separators: readonly string[] }
);
/** Cuts strings into tokens, [rows] → [rows, most tokens]. A contrib op (com.microsoft): there is no standard one. */
export function tokenizer(x: Value, options: TokenizerOptions): Value {
  return apply(tokenizerOp, [x], {
    mark: 0,
    mincharnum: options.minCharacters ?? 1,
    pad_value: options.padValue,
    separators: "separators" in options ? options.separators : undefined,
    tokenexp: "pattern" in options ? options.pattern : undefined,
  });
}

export interface TfIdfOptions {
  /** TF counts, IDF gives the weight where a gram occurs, TFIDF their product. */
  readonly mode: "TF" | "IDF" | "TFIDF";
  /** Shortest and longest gram in tokens. */
  readonly minGram: number;
  readonly maxGram: number;
  /** Most tokens left out between neighbours of a gram. Default 0. */
  readonly maxSkip?: number;
  /** Where the 1-grams, the 2-grams … begin in the pool (grams of fewer tokens first). */
  readonly starts: readonly number[];
  /** Column of each gram. */
  readonly columns: readonly number[];
  /** The tokens of all grams, one after the other. */
  readonly pool: readonly string[] | readonly number[];
  /** Weight of each gram. Default 1. */
  readonly weights?: Float32Array;
}
/** Counts n-grams of tokens, [rows, tokens] → float32 [rows, columns]. */
export function tfIdfVectorizer(x: Value, options: TfIdfOptions): Value {
  const words = typeof options.pool[0] === "string" || x.dtype === "string";
  return apply(tfIdfVectorizerOp, [x], {
    max_gram_length: options.maxGram,
    max_skip_count: options.maxSkip ?? 0,
    min_gram_length: options.minGram,
    mode: options.mode,
    ngram_counts: options.starts,
    ngram_indexes: options.columns,
    pool_int64s: words ? undefined : options.pool,
    pool_strings: words ? options.pool : undefined,
    weights: options.weights,
  });
}

export type LabelData = readonly string[] | Float64Array | Float32Array | BigInt64Array | Int32Array;
export interface LabelEncoderOptions<V extends LabelData = LabelData> {
  /** Distinct; in the dtype of the input. NaN is a key like any other. */
  readonly keys: LabelData;
  /** As many as keys. */
  readonly values: V;
  /** What every other key gets. */
  readonly otherwise: V[number];
}
/** A dictionary: each element's key becomes its value, of any dtype. */
export function labelEncoder(x: Value, options: LabelEncoderOptions): Value {
  const { keys, values, otherwise } = options;
  if (keys.length !== values.length) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `labelEncoder has ${keys.length} keys and ${values.length} values.`,
      "Give one value a key.",
    );
  }
  const keyTensor = labelTensor(keys, keys);
  if (keyTensor.dtype !== x.dtype) {
    throw new MillwrightError(
      "DTYPE_MISMATCH",
      `labelEncoder has keys of ${keyTensor.dtype} for an input of ${x.dtype}.`,
      "Give keys in the input's dtype.",
    );
  }
  return apply(labelEncoderOp, [x], {
    default_tensor: labelTensor(
      values,
      Array.isArray(values) ? [otherwise as string] : ofOne(values, otherwise),
    ),
    keys_tensor: keyTensor,
    values_tensor: labelTensor(values, values),
  });
}
function labelTensor(like: LabelData, data: LabelData): Tensor {
  const dtype: DType =
    like instanceof Float64Array
      ? "float64"
      : like instanceof Float32Array
        ? "float32"
        : like instanceof BigInt64Array
          ? "int64"
          : like instanceof Int32Array
            ? "int32"
            : "string";
  return { dtype, shape: [data.length], data: data as TensorData };
}
function ofOne(like: LabelData, value: string | number | bigint): LabelData {
  if (like instanceof BigInt64Array) return BigInt64Array.of(BigInt(value));
  if (like instanceof Int32Array) return Int32Array.of(Number(value));
  return like instanceof Float32Array ? Float32Array.of(Number(value)) : Float64Array.of(Number(value));
}

/** 32-bit MurmurHash3 of each element, int32 (it may be negative). A contrib op: there is no standard one. */
export function murmurHash3(x: Value, seed = 0): Value {
  return apply(murmurHash3Op, [x], { positive: 0, seed });
}

export const textOps: readonly OpDefinition[] = [
  stringNormalizerOp,
  stringSplitOp,
  stringConcatOp,
  regexFullMatchOp,
  tokenizerOp,
  tfIdfVectorizerOp,
  labelEncoderOp,
  murmurHash3Op,
];
