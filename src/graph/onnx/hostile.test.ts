import { describe, expect, test } from "vitest";
import { expectControlled, fuzz, samples } from "../../../test/onnx-fuzz.ts";
import * as ops from "../ops/index.ts";
import { simplify } from "../simplify.ts";
import { input, scalar } from "../value.ts";
import { defaultLimits } from "./limits.ts";
import {
  decodeModel,
  encodeModel,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from "./messages.ts";
import { readOnnx, readOnnxMetadata } from "./read.ts";
import { writeOnnx } from "./write.ts";

const vector = (name: string): NonNullable<GraphProto["input"]>[number] => ({
  name,
  type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 2 }] } } },
});
const file = (parts: GraphProto, more: ModelProto = {}): Uint8Array =>
  encodeModel({
    irVersion: 10,
    opsetImport: [{ domain: "", version: 21 }],
    graph: { name: "g", output: [{ name: "y" }], ...parts },
    ...more,
  });
const node = (opType: string, from: readonly string[], to: string): NodeProto => ({
  opType,
  input: from,
  output: [to],
});
const tensor = (parts: TensorProto): GraphProto => ({
  initializer: [{ name: "t", ...parts }],
  node: [node("Identity", ["t"], "y")],
});

function nested(depth: number): GraphProto {
  let inner: GraphProto = { node: [node("Identity", ["x"], "z")], output: [{ name: "z" }] };
  for (let i = 0; i < depth; i++) {
    const attribute = [{ name: "then_branch", type: 5, g: inner }];
    inner = {
      node: [{ opType: "If", input: ["c"], output: [`z${i}`], attribute }],
      output: [{ name: `z${i}` }],
    };
  }
  return inner;
}

const hostile: readonly [string, Uint8Array, RegExp][] = [
  ["no bytes", new Uint8Array(), /holds no graph.*\[MODEL_INVALID\]/],
  ["text", new TextEncoder().encode("<!doctype html><html>"), /\[MODEL_INVALID\]/],
  [
    "two nodes in a circle",
    file({ node: [node("Neg", ["b"], "a"), node("Neg", ["a"], "b"), node("Neg", ["a"], "y")] }),
    /own output.*\[MODEL_INVALID\]/,
  ],
  ["a node that feeds itself", file({ node: [node("Neg", ["y"], "y")] }), /own output.*\[MODEL_INVALID\]/],
  ["an undefined name", file({ node: [node("Neg", ["nothing"], "y")] }), /"nothing".*\[MODEL_INVALID\]/],
  [
    "a name defined twice",
    file({ input: [vector("x")], node: [node("Neg", ["x"], "y"), node("Abs", ["x"], "y")] }),
    /"y" is defined twice.*\[MODEL_INVALID\]/,
  ],
  [
    "an input twice",
    file({ input: [vector("x"), vector("x")], node: [node("Neg", ["x"], "y")] }),
    /"x" is defined twice.*\[MODEL_INVALID\]/,
  ],
  ["an output that nothing defines", file({ input: [vector("x")] }), /"y".*\[MODEL_INVALID\]/],
  ["no output", file({ input: [vector("x")], output: [] }), /no output.*\[MODEL_INVALID\]/],
  [
    "a giant tensor without data",
    file(tensor({ dims: [2 ** 40, 2 ** 40], dataType: 1, rawData: new Uint8Array(8) })),
    /data for 2 elements.*\[MODEL_INVALID\]/,
  ],
  [
    "a negative size",
    file(tensor({ dims: [-1], dataType: 1, rawData: new Uint8Array(4) })),
    /size -1.*\[MODEL_INVALID\]/,
  ],
  ["a size beyond 2^53", file(tensor({ dims: [2n ** 62n], dataType: 1 })), /\[MODEL_INVALID\]/],
  [
    "sizes whose product overflows to the right count",
    file(tensor({ dims: [2 ** 32, 2 ** 32, 2 ** 32], dataType: 1 })),
    /\[MODEL_INVALID\]/,
  ],
  [
    "too many dimensions",
    file(tensor({ dims: Array<number>(40).fill(1), dataType: 1, rawData: new Uint8Array(4) })),
    /40 dimensions.*\[MODEL_LIMIT\]/,
  ],
  [
    "half an element",
    file(tensor({ dims: [1], dataType: 1, rawData: new Uint8Array(3) })),
    /\[MODEL_INVALID\]/,
  ],
  [
    "data in a file outside the folder",
    file(
      tensor({
        dims: [2],
        dataType: 1,
        dataLocation: 1,
        externalData: [{ key: "location", value: "../../etc/passwd" }],
      }),
    ),
    /another file.*\[MODEL_INVALID\]/,
  ],
  [
    "data in segments",
    file(tensor({ dims: [2], dataType: 1, segment: { begin: 0, end: 2 } })),
    /segments.*\[MODEL_INVALID\]/,
  ],
  [
    "a text that is not UTF-8",
    file(tensor({ dims: [1], dataType: 8, stringData: [Uint8Array.of(0xff)] })),
    /UTF-8.*\[MODEL_INVALID\]/,
  ],
  [
    "an input of 2^62 rows",
    file({
      input: [
        { name: "x", type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 2n ** 62n }] } } } },
      ],
      node: [node("Neg", ["x"], "y")],
    }),
    /\[MODEL_INVALID\]/,
  ],
  [
    "a shape vector that announces 2^31 dimensions",
    file({
      input: [
        vector("x"),
        { name: "s", type: { tensorType: { elemType: 7, shape: { dim: [{ dimValue: 2 ** 31 }] } } } },
      ],
      node: [node("Reshape", ["x", "s"], "y")],
    }),
    /2147483648 dimensions.*\[MODEL_INVALID\]/,
  ],
  [
    "an opset of the distant future in a negative number",
    file(
      { input: [vector("x")], node: [node("Neg", ["x"], "y")] },
      { opsetImport: [{ domain: "", version: -1 }] },
    ),
    /opset version -1.*\[MODEL_INVALID\]/,
  ],
  [
    "no opset",
    file({ input: [vector("x")], node: [node("Neg", ["x"], "y")] }, { opsetImport: [] }),
    /which opset.*\[MODEL_INVALID\]/,
  ],
  [
    "shapes that do not fit",
    file({
      input: [vector("x")],
      initializer: [{ name: "t", dims: [3], dataType: 1, rawData: new Uint8Array(12) }],
      node: [node("Add", ["x", "t"], "y")],
    }),
    /add needs shapes.*\[MODEL_INVALID\]/,
  ],
  [
    "an attribute named twice",
    file({
      input: [vector("x")],
      node: [
        {
          ...node("LeakyRelu", ["x"], "y"),
          attribute: [
            { name: "alpha", type: 1, f: 1 },
            { name: "alpha", type: 1, f: 2 },
          ],
        },
      ],
    }),
    /twice.*\[MODEL_INVALID\]/,
  ],
  [
    "an old op that means something else today",
    file(
      {
        input: [vector("x")],
        node: [{ ...node("Dropout", ["x"], "y"), attribute: [{ name: "is_test", type: 2, i: 0 }] }],
      },
      { opsetImport: [{ domain: "", version: 6 }] },
    ),
    /training mode.*\[MODEL_VERSION\]/,
  ],
  ["subgraphs 60 deep", file({ ...nested(60), input: [vector("x"), vector("c")] }), /nests.*\[MODEL_LIMIT\]/],
];

describe("a hostile file", () => {
  test.each(hostile)("%s", (_name, bytes, message) => {
    expect(() => readOnnx(bytes)).toThrow(message);
  });

  test("every cut of a good file is an error or a smaller good file, never a crash", () => {
    const good = writeOnnx(samples[0]!);
    for (let length = 0; length < good.length; length++) expectControlled(good.subarray(0, length));
  });

  test("limits can be set", () => {
    const good = writeOnnx(samples[0]!);
    expect(() => readOnnx(good, { bytes: 10 })).toThrow(/\d+ bytes.*at most 10.*\[MODEL_LIMIT\]/);
    expect(() => readOnnx(good, { nodes: 1 })).toThrow(/nodes.*\[MODEL_LIMIT\]/);
    expect(() => readOnnxMetadata(good, { bytes: 10 })).toThrow(/\[MODEL_LIMIT\]/);
  });

  test("a chain of 10,000 nodes is read, simplified and written without recursion", () => {
    const nodes = Array.from({ length: 10_000 }, (_, i) =>
      node("Neg", [i === 0 ? "x" : `v${i - 1}`], i === 9_999 ? "y" : `v${i}`),
    );
    const long = readOnnx(file({ input: [vector("x")], node: nodes }));
    expect(readOnnx(writeOnnx(simplify(long))).nodes.length).toBe(10_000);
  });

  test("sizes squared again and again stay short", () => {
    let x = ops.shapeOf(input("x", "float32", ["a", "b"]));
    for (let i = 0; i < 200; i++) x = ops.mul(x, x);
    const y = ops.expand(scalar("float32", 1), x);
    expect(y.shape.join().length).toBeLessThan(300);
  });

  test("nodes in any order are sorted", () => {
    const shuffled = readOnnx(
      file({ input: [vector("x")], node: [node("Abs", ["a"], "y"), node("Neg", ["x"], "a")] }),
    );
    expect(shuffled.nodes.map(({ type }) => type)).toEqual(["Neg", "Abs"]);
  });

  test("ops of unknown domains are carried", () => {
    const bytes = file(
      {
        input: [vector("x")],
        node: [{ ...node("Frobnicate", ["x"], "z"), domain: "org.example" }, node("Abs", ["z"], "y")],
      },
      {
        opsetImport: [
          { domain: "", version: 21 },
          { domain: "org.example", version: 3 },
        ],
      },
    );
    const again = decodeModel(writeOnnx(readOnnx(bytes)), defaultLimits);
    expect(again.graph!.node!.map(({ opType, domain }) => [domain ?? "", opType])).toEqual([
      ["org.example", "Frobnicate"],
      ["", "Abs"],
    ]);
    expect(again.opsetImport).toContainEqual({ domain: "org.example", version: 3 });
  });
});

test("1,000 mutations of good files are read or refused, never a crash", () => {
  const readable = fuzz(
    samples.map((each) => writeOnnx(each)),
    0,
    4000,
  );
  expect(readable).toBeGreaterThan(80);
  expect(readable).toBeLessThan(920);
});
