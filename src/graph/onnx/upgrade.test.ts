import { afterAll, describe, expect, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import { compile, releaseIdleSessions } from "../../runtime/index.ts";
import type { Graph } from "../graph.ts";
import { defaultLimits } from "./limits.ts";
import {
  type AttributeProto,
  decodeModel,
  encodeModel,
  type GraphProto,
  type NodeProto,
  type TensorProto,
} from "./messages.ts";
import { readOnnx } from "./read.ts";
import { writeOnnx } from "./write.ts";

afterAll(releaseIdleSessions);

const utf8 = new TextEncoder();
const int = (name: string, i: number): AttributeProto => ({ name, type: 2, i });
const ints = (name: string, ...list: number[]): AttributeProto => ({ name, type: 7, ints: list });
const float = (name: string, f: number): AttributeProto => ({ name, type: 1, f });
const floats = (name: string, ...list: number[]): AttributeProto => ({ name, type: 6, floats: list });
const text = (name: string, s: string): AttributeProto => ({ name, type: 3, s: utf8.encode(s) });
const weights = (name: string, dims: number[], ...list: number[]): TensorProto => ({
  name,
  dims,
  dataType: 1,
  floatData: list,
});
const numbers = (name: string, ...list: number[]): TensorProto => ({
  name,
  dims: [list.length],
  dataType: 7,
  int64Data: list,
});

interface Old {
  readonly name: string;
  readonly opset: number;
  readonly shape: readonly number[];
  readonly node: NodeProto;
  readonly constants?: readonly TensorProto[];
  /** More outputs than "y". */
  readonly outputs?: readonly string[];
}
const node = (
  opType: string,
  attribute: AttributeProto[] = [],
  more: string[] = [],
  output = ["y"],
): NodeProto => ({ opType, attribute, input: ["x", ...more], output });

function file({ opset, shape, node: each, constants, outputs = ["y"] }: Old): Uint8Array {
  return encodeModel({
    irVersion: 3,
    opsetImport: [{ domain: "", version: opset }],
    graph: {
      name: "old",
      input: [
        {
          name: "x",
          type: { tensorType: { elemType: 1, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
        },
        // Files of that age list their weights among the inputs.
        ...(constants ?? []).map(({ name, dims, dataType }) => ({
          name,
          type: {
            tensorType: { elemType: dataType, shape: { dim: dims?.map((dimValue) => ({ dimValue })) } },
          },
        })),
      ],
      initializer: constants,
      node: [each],
      output: outputs.map((name) => ({ name, type: { tensorType: { elemType: name === "index" ? 7 : 1 } } })),
    },
  });
}

/** ONNX Runtime runs opset 7 and later as they stand: it is the judge of what they mean. */
const sinceSeven: readonly Old[] = [
  { name: "Softmax over all from axis 1", opset: 11, shape: [2, 3, 4], node: node("Softmax") },
  {
    name: "LogSoftmax over all from axis 0",
    opset: 9,
    shape: [2, 3],
    node: node("LogSoftmax", [int("axis", 0)]),
  },
  { name: "Hardmax along the last axis", opset: 11, shape: [2, 3], node: node("Hardmax", [int("axis", -1)]) },
  {
    name: "Clip by attributes",
    opset: 10,
    shape: [2, 3],
    node: node("Clip", [float("min", -0.5), float("max", 0.25)]),
  },
  { name: "Clip from below", opset: 7, shape: [6], node: node("Clip", [float("min", 0)]) },
  { name: "Dropout", opset: 10, shape: [4], node: node("Dropout", [float("ratio", 0.3)]) },
  {
    name: "Pad by attributes",
    opset: 10,
    shape: [2, 3],
    node: node("Pad", [ints("pads", 1, 0, 0, 2), float("value", 7)]),
  },
  {
    name: "Pad by reflection",
    opset: 8,
    shape: [2, 3],
    node: node("Pad", [ints("pads", 0, 1, 0, 1), text("mode", "reflect")]),
  },
  {
    name: "Slice by attributes",
    opset: 9,
    shape: [3, 4],
    node: node("Slice", [ints("starts", 1, -3), ints("ends", 100, 2 ** 31), ints("axes", 0, 1)]),
  },
  {
    name: "Slice from the first axes",
    opset: 9,
    shape: [3, 4],
    node: node("Slice", [ints("starts", 1), ints("ends", 2)]),
  },
  {
    name: "Split by sizes",
    opset: 11,
    shape: [2, 5],
    node: node("Split", [ints("split", 2, 3), int("axis", 1)], [], ["y", "z"]),
    outputs: ["y", "z"],
  },
  {
    name: "Split in equal parts",
    opset: 13,
    shape: [4, 2],
    node: node("Split", [], [], ["y", "z"]),
    outputs: ["y", "z"],
  },
  { name: "Squeeze by attribute", opset: 11, shape: [1, 3, 1], node: node("Squeeze", [ints("axes", 0)]) },
  { name: "Unsqueeze by attribute", opset: 11, shape: [3], node: node("Unsqueeze", [ints("axes", 0, 2)]) },
  {
    name: "TopK by attribute",
    opset: 9,
    shape: [2, 5],
    node: node("TopK", [int("k", 2)], [], ["y", "index"]),
    outputs: ["y", "index"],
  },
  {
    name: "Upsample by attribute",
    opset: 7,
    shape: [1, 1, 2, 3],
    node: node("Upsample", [floats("scales", 1, 1, 2, 2), text("mode", "nearest")]),
  },
  {
    name: "Upsample by input",
    opset: 9,
    shape: [1, 1, 2, 3],
    node: node("Upsample", [text("mode", "linear")], ["s"]),
    constants: [weights("s", [4], 1, 1, 2, 2)],
  },
  {
    name: "Resize of opset 10",
    opset: 10,
    shape: [1, 1, 3, 3],
    node: node("Resize", [text("mode", "nearest")], ["s"]),
    constants: [weights("s", [4], 1, 1, 1.5, 2)],
  },
  {
    name: "Resize of opset 10, linear",
    opset: 10,
    shape: [1, 1, 2, 3],
    node: node("Resize", [text("mode", "linear")], ["s"]),
    constants: [weights("s", [4], 1, 1, 2, 3)],
  },
  {
    name: "Scatter",
    opset: 9,
    shape: [1, 4],
    node: node("Scatter", [int("axis", 1)], ["i", "u"]),
    constants: [{ ...numbers("i", 1, 3), dims: [1, 2] }, weights("u", [1, 2], 10, 20)],
  },
  {
    name: "BatchNormalization",
    opset: 9,
    shape: [2, 2],
    node: node("BatchNormalization", [float("epsilon", 0.1)], ["a", "b", "c", "d"]),
    constants: ["a", "b", "c", "d"].map((name, i) => weights(name, [2], i + 1, 2)),
  },
  {
    name: "Gemm with a vector",
    opset: 7,
    shape: [2, 3],
    node: node("Gemm", [float("alpha", 0.5), int("transB", 1)], ["b", "c"]),
    constants: [weights("b", [2, 3], 1, 2, 3, 4, 5, 6), weights("c", [2], 10, 20)],
  },
  ...[
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSumExp",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceProd",
    "ReduceSum",
    "ReduceSumSquare",
  ].map(
    (type): Old => ({
      name: type,
      opset: 11,
      shape: [2, 3, 2],
      node: node(type, [ints("axes", 0, 2), int("keepdims", 0)]),
    }),
  ),
  { name: "ReduceSum over all", opset: 12, shape: [2, 3], node: node("ReduceSum") },
  {
    name: "GridSample",
    opset: 16,
    shape: [1, 1, 3, 3],
    node: node("GridSample", [text("mode", "bilinear")], ["g"]),
    constants: [weights("g", [1, 2, 1, 2], 0.1, -0.3, 0.6, 0.2)],
  },
];

async function answers(
  source: Uint8Array | Graph,
  feeds: Record<string, Tensor>,
): Promise<Record<string, Tensor>> {
  const session = await compile(source);
  const results = await session.run(feeds);
  await session.release();
  return results;
}
const feedOf = (shape: readonly number[]): Tensor => {
  const count = shape.reduce((a, b) => a * b, 1);
  return {
    dtype: "float32",
    shape,
    data: Float32Array.from({ length: count }, (_, i) => Math.sin(3 * i + 1)),
  };
};

describe("a file of an old opset answers as it did (relative 1e-6)", () => {
  test.each(sinceSeven.map((old) => [`${old.name} (opset ${old.opset})`, old] as const))(
    "%s",
    async (_name, old) => {
      const bytes = file(old);
      const feeds = { x: feedOf(old.shape) };
      // Weights among the inputs are constants for us; the runtime lets them be fed, so they are.
      const all = { ...feeds };
      for (const { name, dims, floatData, int64Data } of old.constants ?? []) {
        const tensor: Tensor = int64Data
          ? { dtype: "int64", shape: dims as number[], data: BigInt64Array.from(int64Data, BigInt) }
          : { dtype: "float32", shape: dims as number[], data: Float32Array.from(floatData!) };
        Object.assign(all, { [name!]: tensor });
      }
      const [wanted, found] = [
        await answers(withoutWeightInputs(bytes), all),
        await answers(readOnnx(bytes), feeds),
      ];
      expect(Object.keys(found)).toEqual(Object.keys(wanted));
      for (const [name, tensor] of Object.entries(wanted)) {
        expect(found[name]!.shape).toEqual(tensor.shape);
        tensor.data.forEach((value, i) => expect(Number(found[name]!.data[i])).toBeCloseTo(Number(value), 6));
      }
      expect(decodeModel(writeOnnx(readOnnx(bytes)), defaultLimits).opsetImport).toContainEqual({
        domain: "",
        version: 21,
      });
    },
  );
});

/** The same file for the runtime: IR version 4, where initialisers need not be inputs. */
function withoutWeightInputs(bytes: Uint8Array): Uint8Array {
  const model = decodeModel(bytes, defaultLimits);
  const input = model.graph!.input!.filter(({ name }) => name === "x");
  return encodeModel({ ...model, irVersion: 4, graph: { ...model.graph, input } });
}

describe("a file from before opset 7, which no runtime runs any more", () => {
  const ten = [10, 20, 30];
  test.each<[string, Old, number[]]>([
    [
      "Add aligned at an axis",
      {
        name: "",
        opset: 6,
        shape: [2, 3, 2],
        node: node("Add", [int("broadcast", 1), int("axis", 1)], ["b"]),
        constants: [weights("b", [3], ...ten)],
      },
      [10, 10, 20, 20, 30, 30, 10, 10, 20, 20, 30, 30],
    ],
    [
      "Mul aligned at the end",
      {
        name: "",
        opset: 1,
        shape: [2, 3],
        node: node("Mul", [int("broadcast", 1), ints("consumed_inputs", 0, 0)], ["b"]),
        constants: [weights("b", [3], ...ten)],
      },
      [0, 0, 0, 0, 0, 0],
    ],
    [
      "PRelu with a slope a channel",
      {
        name: "",
        opset: 6,
        shape: [1, 3, 2],
        node: node("PRelu", [], ["b"]),
        constants: [weights("b", [3], ...ten)],
      },
      [0, 0, 0, 0, 0, 0],
    ],
    [
      "Reshape by attribute",
      { name: "", opset: 1, shape: [2, 3], node: node("Reshape", [ints("shape", 3, -1)]) },
      [0, 0, 0, 0, 0, 0],
    ],
    [
      "Cast to a type by name",
      { name: "", opset: 5, shape: [2], node: node("Cast", [text("to", "FLOAT")]) },
      [0, 0],
    ],
    [
      "Concat along the axis that was the default",
      { name: "", opset: 3, shape: [1, 2], node: node("Concat", [], ["x"]) },
      [0, 0, 0, 0],
    ],
    [
      "BatchNormalization for inference",
      {
        name: "",
        opset: 6,
        shape: [1, 2],
        node: node(
          "BatchNormalization",
          [int("is_test", 1), int("spatial", 1), float("epsilon", 0)],
          ["a", "b", "c", "d"],
        ),
        constants: [
          weights("a", [2], 1, 1),
          weights("b", [2], 5, 6),
          weights("c", [2], 0, 0),
          weights("d", [2], 1, 1),
        ],
      },
      [5, 6],
    ],
    [
      "Pad by paddings",
      { name: "", opset: 1, shape: [2], node: node("Pad", [ints("paddings", 1, 0), float("value", 9)]) },
      [9, 0, 0],
    ],
    [
      "Dropout for inference",
      { name: "", opset: 6, shape: [2], node: node("Dropout", [int("is_test", 1)]) },
      [0, 0],
    ],
  ])("%s", async (_name, old, wanted) => {
    const zeros: Tensor = {
      dtype: "float32",
      shape: old.shape,
      data: new Float32Array(old.shape.reduce((a, b) => a * b, 1)),
    };
    const { y } = await answers(readOnnx(file(old)), { x: zeros });
    expect(Array.from(y!.data as Float32Array)).toEqual(wanted);
  });

  test.each<[string, Old]>([
    [
      "Upsample by two factors",
      { name: "", opset: 1, shape: [1, 1, 2, 2], node: node("Upsample", [float("height_scale", 2)]) },
    ],
    [
      "Tile along an axis",
      {
        name: "",
        opset: 1,
        shape: [2],
        node: node("Tile", [], ["b", "c"]),
        constants: [weights("b", [1], 2), weights("c", [1], 0)],
      },
    ],
    [
      "GroupNormalization of opset 18",
      {
        name: "",
        opset: 18,
        shape: [1, 2],
        node: node("GroupNormalization", [int("num_groups", 1)], ["b", "c"]),
        constants: [weights("b", [1], 2), weights("c", [1], 0)],
      },
    ],
    [
      "BatchNormalization that trains",
      {
        name: "",
        opset: 9,
        shape: [1, 2],
        node: node("BatchNormalization", [], ["a", "a", "a", "a"], ["y", "m"]),
        constants: [weights("a", [2], 1, 1)],
      },
    ],
  ])("%s is refused by name", (_name, old) => {
    expect(() => readOnnx(file(old))).toThrow(
      new RegExp(`${old.node.opType}.*opset ${old.opset}.*\\[MODEL_VERSION\\]`),
    );
  });
});

describe("old nodes in other places", () => {
  test("inside subgraphs", async () => {
    const branch: GraphProto = {
      name: "branch",
      node: [{ opType: "Clip", input: ["x"], output: ["out"], attribute: [float("max", 0)] }],
      output: [{ name: "out", type: { tensorType: { elemType: 1 } } }],
    };
    const bytes = encodeModel({
      irVersion: 4,
      opsetImport: [{ domain: "", version: 10 }],
      graph: {
        name: "g",
        input: [
          { name: "c", type: { tensorType: { elemType: 9, shape: {} } } },
          { name: "x", type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 3 }] } } } },
        ],
        node: [
          {
            opType: "If",
            input: ["c"],
            output: ["y"],
            attribute: [
              { name: "then_branch", type: 5, g: branch },
              { name: "else_branch", type: 5, g: branch },
            ],
          },
        ],
        output: [{ name: "y", type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 3 }] } } } }],
      },
    });
    const feeds: Record<string, Tensor> = {
      c: { dtype: "bool", shape: [], data: Uint8Array.of(1) },
      x: { dtype: "float32", shape: [3], data: Float32Array.of(-1, 0.5, 2) },
    };
    expect(Array.from((await answers(readOnnx(bytes), feeds)).y!.data as Float32Array)).toEqual([-1, 0, 0]);
  });

  test.each(["string", "int64"] as const)("LabelEncoder of ai.onnx.ml 1 from %s", async (dtype) => {
    const [from, to] = dtype === "string" ? [8, 7] : [7, 8];
    const vector = (name: string, elemType: number): NonNullable<GraphProto["input"]>[number] => ({
      name,
      type: { tensorType: { elemType, shape: { dim: [{ dimValue: 3 }] } } },
    });
    const classes: AttributeProto = {
      name: "classes_strings",
      type: 8,
      strings: ["a", "b"].map((each) => utf8.encode(each)),
    };
    const bytes = encodeModel({
      irVersion: 3,
      opsetImport: [{ domain: "ai.onnx.ml", version: 1 }],
      graph: {
        name: "g",
        input: [vector("x", from)],
        output: [vector("y", to)],
        node: [{ ...node("LabelEncoder", [classes]), domain: "ai.onnx.ml" }],
      },
    });
    const x: Tensor =
      dtype === "string"
        ? { dtype, shape: [3], data: ["b", "a", "?"] }
        : { dtype, shape: [3], data: BigInt64Array.of(1n, 0n, 9n) };
    const found = (await answers(readOnnx(bytes), { x })).y!;
    expect(found).toEqual((await answers(bytes, { x })).y!);
    expect(Array.from(found.data as ArrayLike<unknown>)).toEqual(
      dtype === "string" ? [1n, 0n, -1n] : ["b", "a", "_Unused"],
    );
  });

  test("old ops of ai.onnx.ml that we do not define keep their version", () => {
    const bytes = encodeModel({
      irVersion: 8,
      opsetImport: [{ domain: "ai.onnx.ml", version: 3 }],
      graph: {
        name: "g",
        input: [
          {
            name: "x",
            type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: "n" }, { dimValue: 2 }] } } },
          },
        ],
        output: [{ name: "y", type: { tensorType: { elemType: 1 } } }],
        node: [{ ...node("Scaler", [floats("scale", 2), floats("offset", 1)]), domain: "ai.onnx.ml" }],
      },
    });
    expect(decodeModel(writeOnnx(readOnnx(bytes)), defaultLimits).opsetImport).toContainEqual({
      domain: "ai.onnx.ml",
      version: 3,
    });
  });
});
