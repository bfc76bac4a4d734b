import { afterAll, describe, expect, test } from "vitest";
import { MillwrightError, type Tensor } from "../core/index.ts";
import { compile, releaseIdleSessions } from "../runtime/index.ts";
import { graph, type Graph, parametersOf } from "./graph.ts";
import { inline } from "./inline.ts";
import { defaultLimits } from "./onnx/limits.ts";
import { decodeModel, encodeModel, type GraphProto } from "./onnx/messages.ts";
import { readOnnx, readOnnxMetadata } from "./onnx/read.ts";
import { graphHash, writeOnnx } from "./onnx/write.ts";
import * as ops from "./ops/index.ts";
import { printGraph } from "./print.ts";
import { parametersAsInputs, substitute } from "./rebuild.ts";
import { simplify } from "./simplify.ts";
import type { Node, Value } from "./types.ts";
import { constant, input, isKnown, parameter, scalar } from "./value.ts";

afterAll(releaseIdleSessions);

const weights: Tensor = { dtype: "float32", shape: [3, 1], data: Float32Array.of(1, 2, 3) };
/** relu(x·w + 1). */
function layer(): Graph {
  const x = input("x", "float32", ["batch", 3]);
  const y = ops.relu(ops.add(ops.matMul(x, parameter("layer.0.w", weights)), 1));
  return graph({ inputs: [x], outputs: { prediction: y }, metadata: { b: "2", a: "1" }, name: "layer" });
}
const rows = (...data: number[]): Tensor => ({
  dtype: "float32",
  shape: [data.length / 3, 3],
  data: Float32Array.from(data),
});
async function run(of: Graph, feeds: Record<string, Tensor>): Promise<Record<string, number[]>> {
  const session = await compile(of);
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, Array.from(data as ArrayLike<number>)]),
  );
}
function codeOf(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (error instanceof MillwrightError) return `${error.code}: ${error.what}`;
    throw error;
  }
  return "no error";
}

describe("graph", () => {
  test("equal construction gives equal bytes, printouts and hashes", () => {
    expect(writeOnnx(layer())).toEqual(writeOnnx(layer()));
    expect(graphHash(layer())).toBe(graphHash(layer()));
    expect(graphHash(layer())).toMatch(/^[0-9a-f]{64}$/);
    const other = graph({ ...layer(), metadata: { a: "2" } });
    expect(graphHash(other)).not.toBe(graphHash(layer()));
  });

  test("prints one line a value", () => {
    expect(printGraph(layer())).toBe(
      [
        "graph layer",
        "  in    x: float32 [batch, 3]",
        "  param layer.0.w: float32 [3, 1] = [1, 2, 3]",
        "  const constant_0: float32 [] = 1",
        "        matMul_0: float32 [batch, 1] = MatMul(x, layer.0.w)",
        "        add_1: float32 [batch, 1] = Add(matMul_0, constant_0)",
        "        prediction: float32 [batch, 1] = Relu(add_1)",
        "  out   prediction",
        "",
      ].join("\n"),
    );
  });

  test("the printout cuts long constants and shows attributes", () => {
    const x = input("x", "float32", [2]);
    const long = constant({ dtype: "float32", shape: [100], data: new Float32Array(100) });
    const text = printGraph(
      graph({ inputs: [x], outputs: { y: ops.leakyRelu(x, 0.5), z: ops.exp(long), same: x } }),
    );
    expect(text).toContain("LeakyRelu(x, alpha=0.5)");
    expect(text).toMatch(/= \[0, 0, .*…/);
    expect(text).toContain("same: float32 [2] = Identity(x)");
  });

  test("an output may be an input, a constant, or another output", async () => {
    const x = input("x", "float32", [1]);
    const y = ops.neg(x);
    const g = graph({ inputs: [x], outputs: { a: y, b: y, c: x, d: scalar("float32", 7) } });
    expect(await run(g, { x: { dtype: "float32", shape: [1], data: Float32Array.of(3) } })).toEqual({
      a: [-3],
      b: [-3],
      c: [3],
      d: [7],
    });
    expect(writeOnnx(readOnnx(writeOnnx(g)))).toEqual(writeOnnx(g));
  });

  test("names of any characters go through the file", async () => {
    const name = 'größe (cm), "left" / π';
    const x = input(name, "float32", [1]);
    const w = parameter("a b.c/d", { dtype: "float32", shape: [1], data: Float32Array.of(2) });
    const file = writeOnnx(
      graph({ inputs: [x], outputs: { "out put": ops.mul(x, w) }, metadata: { "": "", ключ: "значение" } }),
    );
    const again = readOnnx(file);
    expect(again.inputs.map(({ producer }) => (producer as { name: string }).name)).toEqual([name]);
    expect([...again.outputs.keys()]).toEqual(["out put"]);
    expect([...parametersOf(again).keys()]).toEqual(["a b.c/d"]);
    expect(again.metadata).toEqual({ "": "", ключ: "значение" });
    expect(readOnnxMetadata(file)).toEqual(again.metadata);
    expect(await run(again, { [name]: { dtype: "float32", shape: [1], data: Float32Array.of(3) } })).toEqual({
      "out put": [6],
    });
  });

  test("columns may be called like generated names", async () => {
    const x = input("add_0", "float32", [1]);
    const y = input("constant_0", "float32", [1]);
    const g = graph({ inputs: [x, y], outputs: { Output_z: ops.neg(ops.add(ops.add(x, y), 1)) } });
    const one: Tensor = { dtype: "float32", shape: [1], data: Float32Array.of(1) };
    expect(await run(g, { add_0: one, constant_0: one })).toEqual({ Output_z: [-3] });
  });

  test("an input that nothing uses stays an input", () => {
    const [x, unused] = [input("x", "float32", [1]), input("unused", "string", [1])];
    expect(
      readOnnx(writeOnnx(graph({ inputs: [unused, x], outputs: { y: ops.neg(x) } }))).inputs.length,
    ).toBe(2);
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      "an input that is not listed",
      () => graph({ inputs: [], outputs: { y: ops.neg(input("x", "float32", [1])) } }),
      /^GRAPH_INVALID: The graph needs the input "x"/,
    ],
    [
      "two inputs of one name",
      () =>
        graph({
          inputs: [input("x", "float32", [1]), input("x", "float32", [1])],
          outputs: { y: scalar("int64", 1) },
        }),
      /^GRAPH_INVALID: .*"x" twice/,
    ],
    [
      "an output named like an input",
      () => graph({ inputs: [input("x", "float32", [1])], outputs: { x: scalar("int64", 1) } }),
      /^GRAPH_INVALID: .*"x" twice/,
    ],
    [
      "a parameter named like an output",
      () => graph({ inputs: [], outputs: { w: ops.neg(parameter("w", weights)) } }),
      /^GRAPH_INVALID: .*"w" twice/,
    ],
    [
      "two parameters of one name",
      () =>
        graph({
          inputs: [],
          outputs: { y: ops.add(parameter("w", weights), parameter("w", { ...weights })) },
        }),
      /^GRAPH_INVALID: .*two parameters named "w"/,
    ],
    ["no output", () => graph({ inputs: [], outputs: {} }), /^GRAPH_INVALID: The graph has no output/],
    [
      "a name of no characters",
      () => graph({ inputs: [input("", "float32", [1])], outputs: { y: scalar("int64", 1) } }),
      /^GRAPH_INVALID: .*without a name/,
    ],
    [
      "a tensor whose shape does not fit",
      () => constant({ dtype: "float32", shape: [2], data: Float32Array.of(1) }),
      /^SHAPE_MISMATCH/,
    ],
    [
      "a tensor of another array class",
      () => constant({ dtype: "float32", shape: [1], data: Float64Array.of(1) }),
      /^DTYPE_MISMATCH/,
    ],
    ["a negative size", () => input("x", "float32", [-1]), /^SHAPE_MISMATCH/],
  ])("%s is refused", (_name, make, message) => expect(codeOf(make)).toMatch(message));
});

describe("joining graphs", () => {
  test("inline puts a graph on other values, and shapes follow", async () => {
    const x = input("z", "float32", [2, 3]);
    const { prediction } = inline(layer(), { x: ops.mul(x, 2) });
    expect(prediction!.shape).toEqual([2, 1]);
    expect(
      await run(graph({ inputs: [x], outputs: { y: prediction! } }), { z: rows(1, 0, 0, 0, 1, 0) }),
    ).toEqual({ y: [3, 5] });
  });

  test("two copies of one graph live in one file", async () => {
    const [a, b] = [input("a", "float32", ["batch", 3]), input("b", "float32", ["batch", 3])];
    const read = readOnnx(writeOnnx(layer()));
    const sum = ops.add(inline(read, { x: a }).prediction!, inline(read, new Map([["x", b]])).prediction!);
    const g = graph({ inputs: [a, b], outputs: { sum } });
    expect(await run(simplify(g), { a: rows(1, 1, 1), b: rows(0, 0, 1) })).toEqual({ sum: [11] });
    expect(writeOnnx(readOnnx(writeOnnx(g)))).toEqual(writeOnnx(g));
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      "a missing input",
      () => inline(layer(), { X: input("q", "float32", [1, 3]) }),
      /^GRAPH_INVALID: .*"x"; the nearest name given is "X"/,
    ],
    [
      "another dtype",
      () => inline(layer(), { x: input("q", "float64", [1, 3]) }),
      /^DTYPE_MISMATCH: .*float32 \[batch, 3\].*float64/,
    ],
  ])("%s is refused", (_name, make, message) => expect(codeOf(make)).toMatch(message));

  test("substitute leaves what it need not touch", () => {
    const [x, y] = [input("x", "float32", [1]), input("y", "float32", [1])];
    const kept = ops.neg(y);
    const both = ops.add(ops.exp(x), kept);
    const [now] = substitute([both], new Map<Value, Value>([[x, kept]]));
    expect(now!.producer).not.toBe(both.producer);
    expect((now!.producer as Node).inputs[1]).toBe(kept);
    expect(substitute([both], new Map())[0]).toBe(both);
  });

  test("parameters become inputs of the same names", async () => {
    const g = parametersAsInputs(layer());
    expect(parametersOf(g).size).toBe(0);
    const w = { ...weights, data: Float32Array.of(0, 0, 10) };
    expect(await run(g, { x: rows(1, 1, 1), "layer.0.w": w })).toEqual({ prediction: [11] });
  });
});

describe("subgraphs in attributes", () => {
  /** y = c ? x + k : x − k, where k is a weight outside of the branches. */
  const file = (names: { k: string }): Uint8Array => {
    const branch = (opType: string): GraphProto => ({
      name: opType,
      node: [
        { opType, input: ["x", names.k], output: ["inner"] },
        { opType: "Identity", input: ["inner"], output: ["out"] },
      ],
      output: [{ name: "out", type: { tensorType: { elemType: 1 } } }],
    });
    return encodeModel({
      irVersion: 8,
      opsetImport: [{ domain: "", version: 17 }],
      graph: {
        name: "choice",
        input: [
          { name: "c", type: { tensorType: { elemType: 9, shape: {} } } },
          { name: "x", type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }] } } } },
        ],
        initializer: [{ name: names.k, dims: [1], dataType: 1, floatData: [10] }],
        node: [
          {
            opType: "If",
            input: ["c"],
            output: ["y"],
            attribute: [
              { name: "then_branch", type: 5, g: branch("Add") },
              { name: "else_branch", type: 5, g: branch("Sub") },
            ],
          },
        ],
        output: [{ name: "y", type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }] } } } }],
      },
    });
  };
  const feeds = (c: number, x: number): Record<string, Tensor> => ({
    c: { dtype: "bool", shape: [], data: Uint8Array.of(c) },
    x: { dtype: "float32", shape: [1], data: Float32Array.of(x) },
  });

  test("survive reading and writing, with the outer values that they use", async () => {
    const g = readOnnx(file({ k: "k" }));
    expect(await run(g, feeds(1, 1))).toEqual({ y: [11] });
    expect(await run(simplify(g), feeds(0, 1))).toEqual({ y: [-9] });
  });

  test("follow their outer values when a joined graph has to rename them", async () => {
    const g = readOnnx(file({ k: "k" }));
    const [c, inner] = [input("c", "bool", []), input("inner", "float32", [1])];
    // The input "inner" is named like a value inside the branches, and the second copy's k needs another name.
    const once = inline(g, { c, x: inner }).y!;
    const other = readOnnx(file({ k: "k" }));
    const twice = inline(other, { c, x: ops.mul(once, 2) }).y!;
    const joined = graph({ inputs: [c, inner], outputs: { k: twice } });
    const bytes = writeOnnx(joined);
    const session = await compile(bytes);
    const results = await session.run({ c: feeds(1, 0).c!, inner: feeds(1, 3).x! });
    expect(Array.from(results.k!.data as Float32Array)).toEqual([36]);
    await session.release();
    expect(writeOnnx(readOnnx(bytes))).toEqual(bytes);
  });
});

describe("the file", () => {
  test("imports only the domains that it uses", () => {
    const opsetsOf = (g: Graph): Record<string, number> =>
      Object.fromEntries(
        decodeModel(writeOnnx(g), defaultLimits).opsetImport!.map(({ domain, version }) => [
          domain!,
          Number(version),
        ]),
      );
    expect(opsetsOf(layer())).toEqual({ "": 21 });
    const text = input("t", "string", [1]);
    const coded = ops.labelEncoder(text, { keys: ["a"], values: BigInt64Array.of(1n), otherwise: 0n });
    expect(opsetsOf(graph({ inputs: [text], outputs: { y: coded } }))).toEqual({ "": 21, "ai.onnx.ml": 5 });
    const hashed = ops.murmurHash3(text);
    expect(opsetsOf(graph({ inputs: [text], outputs: { y: hashed } }))).toEqual({
      "": 21,
      "com.microsoft": 1,
    });
  });

  test("reading gives back parameters as parameters and constants as constants", () => {
    const again = readOnnx(writeOnnx(layer()));
    expect(printGraph(again)).toBe(printGraph(layer()));
    expect(graphHash(again)).toBe(graphHash(layer()));
  });

  test("metadata given when writing is added and wins", () => {
    expect(readOnnxMetadata(writeOnnx(layer(), { metadata: { a: "new", z: "26" } }))).toEqual({
      a: "new",
      b: "2",
      z: "26",
    });
  });

  test("tensors of every dtype are kept to the bit", () => {
    const tensors: Tensor[] = [
      { dtype: "float32", shape: [3], data: Float32Array.of(-0, Number.NaN, 1e-45) },
      { dtype: "float64", shape: [2, 1], data: Float64Array.of(Math.PI, -Infinity) },
      { dtype: "int64", shape: [2], data: BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n)) },
      { dtype: "int32", shape: [], data: Int32Array.of(-5) },
      { dtype: "uint8", shape: [2], data: Uint8Array.of(0, 255) },
      { dtype: "bool", shape: [2], data: Uint8Array.of(0, 1) },
      { dtype: "string", shape: [3], data: ["", "ü", "a\nb"] },
      { dtype: "float32", shape: [0, 4], data: new Float32Array() },
    ];
    const outputs = Object.fromEntries(tensors.map((tensor, i) => [`y${i}`, ops.identity(constant(tensor))]));
    const again = readOnnx(writeOnnx(graph({ inputs: [], outputs })));
    const found = [...again.outputs.values()].map(({ producer }) => {
      const source = (producer as Node).inputs[0]!;
      expect(isKnown(source)).toBe(true);
      return (source.producer as { tensor: Tensor }).tensor;
    });
    expect(found).toEqual(tensors);
  });
});
