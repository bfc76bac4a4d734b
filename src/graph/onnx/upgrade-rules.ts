/**
 * What changed between opsets, op by op, where the old node does not mean the same today.
 *
 * Each rule holds for files of a version below `before`. Most move an attribute to
 * an input. Where the old meaning can not be said today, the file is refused.
 * Source: the version history in onnx/docs/Changelog.md.
 */
import type { Rewriter } from "./rewriter.ts";
import { onnxType } from "../ops/shape.ts";

export interface Rule {
  readonly before: number;
  readonly apply: (node: Rewriter) => void;
}

/** An attribute of integers becomes an int64 input. */
function toInput(before: number, attribute: string, index: number): Rule {
  return {
    before,
    apply(node) {
      const values = node.ints(attribute);
      if (values && !node.inputs[index]) node.setInput(index, node.int64s(values));
    },
  };
}

/** Attributes that say "not training" or say nothing any more. */
function inferenceOnly(before: number): Rule {
  return {
    before,
    apply(node) {
      if (node.int("is_test") !== 1) node.refuse("is in training mode");
    },
  };
}

/** Before 7, a second operand was aligned at an axis: now it gets the missing ones at its end. */
const alignSecond: Rule = {
  before: 7,
  apply(node) {
    const axis = node.int("axis");
    if (node.int("broadcast") !== 1 || axis === undefined) return;
    const [a, b] = [node.rank(node.inputs[0]), node.rank(node.inputs[1])];
    if (a === undefined || b === undefined) return node.refuse("broadcasts values of unknown rank");
    const from = axis < 0 ? axis + a : axis;
    if (from < 0 || from >= a) return node.refuse(`broadcasts along axis ${axis} of ${a}`);
    const missing = a - b - from;
    if (missing > 0) appendOnes(node, b, missing);
  },
};

function appendOnes(node: Rewriter, rank: number, count: number): void {
  const name = node.fresh();
  const axes = node.int64s(Array.from({ length: count }, (_, i) => rank + i));
  node.before.push({ opType: "Unsqueeze", input: [node.inputs[1]!, axes], output: [name] });
  node.inputs[1] = name;
}

/** Before 13 these saw their input as a matrix cut at the axis. */
const asMatrix: Rule = {
  before: 13,
  apply(node) {
    const axis = node.int("axis") ?? 1;
    const rank = node.rank(node.inputs[0]);
    if (rank !== undefined && (axis < 0 ? axis + rank : axis) === rank - 1) return node.setInt("axis", -1);
    const [shape, flat, result] = [node.fresh(), node.fresh(), node.fresh()];
    node.before.push({ opType: "Shape", input: [node.inputs[0]!], output: [shape] });
    node.before.push({
      opType: "Flatten",
      input: [node.inputs[0]!],
      output: [flat],
      attribute: [{ name: "axis", i: axis, type: 2 }],
    });
    node.after.push({ opType: "Reshape", input: [result, shape], output: [...node.outputs] });
    node.inputs[0] = flat;
    node.outputs = [result];
    node.setInt("axis", -1);
  },
};

/** Before 11, sizes were scaled without half-pixel centres and rounded down. */
function oldResize(node: Rewriter): void {
  node.type = "Resize";
  node.inputs = [node.inputs[0]!, "", node.inputs[1]!];
  node.setString("coordinate_transformation_mode", "asymmetric");
  node.setString("nearest_mode", "floor");
}

/** For ops that are gone from the newest opsets: replaced in files of every version. */
const always = Number.POSITIVE_INFINITY;

const reduceRules = (before: number): readonly Rule[] => [toInput(before, "axes", 1)];
const castNames: readonly string[] = [
  "UNDEFINED",
  "FLOAT",
  "UINT8",
  "INT8",
  "UINT16",
  "INT16",
  "INT32",
  "INT64",
  "STRING",
  "BOOL",
  "FLOAT16",
  "DOUBLE",
  "UINT32",
  "UINT64",
];

/** Whatever the version: a cast to the type of another value is a cast to a type, where that is known. */
const castLike: Rule = {
  before: always,
  apply(node) {
    const dtype = node.dtype(node.inputs[1]);
    if (dtype === undefined) return;
    node.type = "Cast";
    node.inputs.length = 1;
    node.setInt("to", onnxType[dtype]);
  },
};

/** Rules by op of the standard domain, oldest first. */
export const standardRules: Readonly<Record<string, readonly Rule[]>> = {
  Add: [alignSecond],
  And: [alignSecond],
  CastLike: [castLike],
  BatchNormalization: [
    inferenceOnly(7),
    {
      before: 9,
      apply(node) {
        if (node.int("spatial") === 0) node.refuse("normalises every pixel by itself");
      },
    },
    {
      before: 14,
      apply(node) {
        if (node.outputs.slice(1).some((name) => name !== "")) node.refuse("is in training mode");
        node.outputs = node.outputs.slice(0, 1);
      },
    },
  ],
  Cast: [
    {
      before: 6,
      apply(node) {
        const to = castNames.indexOf(node.string("to") ?? "");
        if (to < 1) node.refuse("casts to a type that does not exist");
        node.setInt("to", to);
      },
    },
  ],
  Clip: [
    {
      before: 11,
      apply(node) {
        const dtype = node.dtype(node.inputs[0]) === "float64" ? "float64" : "float32";
        const [low, high] = [node.float("min"), node.float("max")];
        if (low !== undefined) node.setInput(1, node.constant(dtype, [], [low]));
        if (high !== undefined) node.setInput(2, node.constant(dtype, [], [high]));
      },
    },
  ],
  Concat: [
    {
      before: 4,
      apply(node) {
        if (!node.has("axis")) node.setInt("axis", 1);
      },
    },
  ],
  DFT: [
    {
      before: 20,
      apply(node) {
        node.setInput(2, node.constant("int64", [], [node.int("axis") ?? 1]));
      },
    },
  ],
  Div: [alignSecond],
  Dropout: [
    inferenceOnly(7),
    {
      before: 12,
      apply(node) {
        node.setInput(1, node.constant("float32", [], [node.float("ratio") ?? 0.5]));
      },
    },
  ],
  Equal: [alignSecond],
  GRU: [{ before: 7, apply: (node) => node.drop("output_sequence") }],
  Gemm: [{ before: 7, apply: (node) => node.drop("broadcast") }],
  Greater: [alignSecond],
  GridSample: [
    {
      before: 20,
      apply(node) {
        const mode = node.string("mode") ?? "bilinear";
        node.setString("mode", mode === "bilinear" ? "linear" : mode === "bicubic" ? "cubic" : mode);
      },
    },
  ],
  GroupNormalization: [
    { before: 21, apply: (node) => node.refuse("has one scale a group, and today it is one a channel") },
  ],
  Hardmax: [asMatrix],
  LSTM: [{ before: 7, apply: (node) => node.drop("output_sequence") }],
  Less: [alignSecond],
  LogSoftmax: [asMatrix],
  Mul: [alignSecond],
  Or: [alignSecond],
  PRelu: [
    {
      before: 7,
      apply(node) {
        const rank = node.rank(node.inputs[0]);
        const slope = node.lookup(node.inputs[1] ?? "")?.shape;
        if (slope?.length !== 1 || slope[0] === 1) return;
        if (rank === undefined) return node.refuse("broadcasts to a value of unknown rank");
        if (rank > 2) appendOnes(node, 1, rank - 2);
      },
    },
  ],
  Pad: [
    {
      before: 2,
      apply(node) {
        const paddings = node.ints("paddings");
        if (paddings) node.set({ name: "pads", ints: paddings, type: 7 });
      },
    },
    toInput(11, "pads", 1),
    {
      before: 11,
      apply(node) {
        const dtype = node.dtype(node.inputs[0]) === "float64" ? "float64" : "float32";
        const value = node.float("value");
        if (value !== undefined) node.setInput(2, node.constant(dtype, [], [value]));
      },
    },
  ],
  Pow: [alignSecond],
  RNN: [{ before: 7, apply: (node) => node.drop("output_sequence") }],
  ReduceL1: reduceRules(18),
  ReduceL2: reduceRules(18),
  ReduceLogSum: reduceRules(18),
  ReduceLogSumExp: reduceRules(18),
  ReduceMax: reduceRules(18),
  ReduceMean: reduceRules(18),
  ReduceMin: reduceRules(18),
  ReduceProd: reduceRules(18),
  ReduceSum: reduceRules(13),
  ReduceSumSquare: reduceRules(18),
  Reshape: [toInput(5, "shape", 1)],
  Resize: [{ before: 11, apply: oldResize }],
  RoiAlign: [
    {
      before: 16,
      apply(node) {
        if (!node.has("coordinate_transformation_mode")) {
          node.setString("coordinate_transformation_mode", "output_half_pixel");
        }
      },
    },
  ],
  Scan: [{ before: 9, apply: (node) => node.refuse("takes a batch of sequences") }],
  Scatter: [
    {
      before: always,
      apply(node) {
        node.type = "ScatterElements";
      },
    },
  ],
  Slice: [
    {
      before: 10,
      apply(node) {
        const [starts, ends, axes] = [node.ints("starts"), node.ints("ends"), node.ints("axes")];
        if (!starts || !ends) return node.refuse("has no starts or no ends");
        node.setInput(1, node.int64s(starts));
        node.setInput(2, node.int64s(ends));
        if (axes) node.setInput(3, node.int64s(axes));
      },
    },
  ],
  Softmax: [asMatrix],
  Split: [
    {
      before: 2,
      apply(node) {
        if (node.inputs[1]) node.refuse("has its sizes as a value");
      },
    },
    toInput(13, "split", 1),
    {
      before: 18,
      apply(node) {
        if (!node.inputs[1]) node.setInt("num_outputs", node.outputs.length);
      },
    },
  ],
  Squeeze: [toInput(13, "axes", 1)],
  Sub: [alignSecond],
  Tile: [
    {
      before: 6,
      apply(node) {
        if (node.inputs[2]) node.refuse("repeats along an axis given as a value");
      },
    },
  ],
  TopK: [
    {
      before: 10,
      apply(node) {
        const k = node.int("k");
        if (k !== undefined) node.setInput(1, node.int64s([k]));
      },
    },
  ],
  Unsqueeze: [toInput(13, "axes", 1)],
  Upsample: [
    { before: 7, apply: (node) => node.refuse("has its sizes as two factors") },
    {
      before: 9,
      apply(node) {
        const scales = node.floats("scales");
        if (scales) node.setInput(1, node.constant("float32", [scales.length], scales));
      },
    },
    { before: always, apply: oldResize },
  ],
  Xor: [alignSecond],
};

/** Rules by op of `ai.onnx.ml`. */
export const mlRules: Readonly<Record<string, readonly Rule[]>> = {
  LabelEncoder: [
    {
      before: 2,
      apply(node) {
        const classes = node.strings("classes_strings") ?? [];
        const dtype = node.dtype(node.inputs[0]);
        if (dtype === undefined) node.refuse("has an input of unknown type");
        const places = classes.map((_, i) => i);
        if (dtype === "string") {
          node.drop("default_string");
          if (!node.has("default_int64")) node.setInt("default_int64", -1);
          node.set({ name: "keys_strings", strings: classes, type: 8 });
          node.set({ name: "values_int64s", ints: places, type: 7 });
        } else {
          node.drop("default_int64");
          if (!node.has("default_string")) node.setString("default_string", "_Unused");
          node.set({ name: "keys_int64s", ints: places, type: 7 });
          node.set({ name: "values_strings", strings: classes, type: 8 });
        }
      },
    },
  ],
};
