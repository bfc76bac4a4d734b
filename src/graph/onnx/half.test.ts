/** Files in 16-bit floats as float32: every kind of number, every place that names a type. */
import { describe, expect, test } from "vitest";
import { fuzz } from "../../../test/onnx-fuzz.ts";
import { compile } from "../../runtime/index.ts";
import { tensorOf } from "../value.ts";
import { encodeModel, type GraphProto, type TensorProto } from "./messages.ts";
import { readOnnx, readOnnxWidened } from "./read.ts";
import { writeOnnx } from "./write.ts";

const [float32, float16, bfloat16] = [1, 10, 16];

const file = (parts: GraphProto): Uint8Array =>
  encodeModel({
    irVersion: 10,
    opsetImport: [{ domain: "", version: 21 }],
    graph: { name: "g", output: [{ name: "y" }], ...parts },
  });
const raw = (bits: readonly number[]): Uint8Array => new Uint8Array(Uint16Array.from(bits).buffer);

function numbers(parts: TensorProto): number[] {
  const initializer = [{ name: "t", ...parts }];
  const { graph, widened } = readOnnxWidened(
    file({ initializer, node: [{ opType: "Identity", input: ["t"], output: ["y"] }] }),
  );
  expect(widened).toBe(1);
  const tensor = tensorOf(graph.constants[0]!)!;
  expect(tensor.dtype).toBe("float32");
  return [...(tensor.data as Float32Array)];
}

// Sign, exponent and fraction by hand; the limits of the format from IEEE 754-2019, table 3.5.
const halves: readonly [number, number][] = [
  [0x0000, 0],
  [0x8000, -0],
  [0x3c00, 1],
  [0xc000, -2],
  [0x3555, 0.333251953125],
  [0x7bff, 65504],
  [0x0400, 2 ** -14],
  [0x0001, 2 ** -24],
  [0x83ff, -1023 * 2 ** -24],
  [0x7c00, Number.POSITIVE_INFINITY],
  [0xfc00, Number.NEGATIVE_INFINITY],
  [0x7e00, Number.NaN],
];

describe("numbers", () => {
  const dims = [halves.length];
  const wanted = halves.map(([, number]) => number);

  test("of float16, as bytes and as a list", () => {
    const bits = halves.map(([each]) => each);
    expect(numbers({ dims, dataType: float16, rawData: raw(bits) })).toEqual(wanted);
    expect(numbers({ dims, dataType: float16, int32Data: bits })).toEqual(wanted);
  });

  test("of bfloat16: the upper half of a float32", () => {
    const given = [0, 1, -2.5, 3.0e38, 1.17549435e-38, Number.NEGATIVE_INFINITY];
    const bits = given.map((number) => new Uint32Array(Float32Array.of(number).buffer)[0]! >>> 16);
    const cut = bits.map((each) => new Float32Array(Uint32Array.of(each * 65536).buffer)[0]!);
    expect(numbers({ dims: [bits.length], dataType: bfloat16, rawData: raw(bits) })).toEqual(cut);
    expect(cut[2]).toBe(-2.5);
  });

  test("an odd number of bytes, too few and data elsewhere are refused", () => {
    const read = (parts: TensorProto): unknown =>
      readOnnxWidened(
        file({
          initializer: [{ name: "t", dataType: float16, dims: [2], ...parts }],
          node: [{ opType: "Identity", input: ["t"], output: ["y"] }],
        }),
      );
    expect(() => read({ rawData: new Uint8Array(3) })).toThrow(/16-bit floats in 3 bytes.*MODEL_INVALID/);
    expect(() => read({ rawData: new Uint8Array(2) })).toThrow(/data for 1 elements.*MODEL_INVALID/);
    expect(() => read({ dataLocation: 1 })).toThrow(/another file.*MODEL_INVALID/);
  });
});

/** x · w with w in 16 bits, cast up and down, in the branch of an If too. */
const mixed = ((): Uint8Array => {
  const type = (elemType: number): NonNullable<GraphProto["input"]>[number]["type"] => ({
    tensorType: { elemType, shape: { dim: [{ dimParam: "batch" }, { dimValue: 2 }] } },
  });
  const cast = (from: string, into: string, to: number): NonNullable<GraphProto["node"]>[number] => ({
    opType: "Cast",
    input: [from],
    output: [into],
    attribute: [{ name: "to", type: 2, i: to }],
  });
  const one = { dims: [1], dataType: float16, rawData: raw([0x3c00]) };
  const branch = (name: string, weight: string): GraphProto => ({
    name,
    initializer: [{ ...one, name: `${name}_one` }],
    node: [{ opType: "Add", input: [weight, `${name}_one`], output: [`${name}_y`] }],
    output: [{ name: `${name}_y`, type: type(float16) }],
  });
  return file({
    input: [{ name: "x", type: type(float32) }],
    output: [{ name: "y", type: type(float32) }],
    initializer: [
      { name: "w", dims: [2, 2], dataType: float16, rawData: raw([0x3c00, 0x4000, 0x4200, 0x4400]) },
      { name: "c", dims: [], dataType: 9, rawData: Uint8Array.of(1) },
    ],
    node: [
      cast("x", "h", float16),
      { opType: "MatMul", input: ["h", "w"], output: ["m"] },
      {
        opType: "If",
        input: ["c"],
        output: ["i"],
        attribute: [
          { name: "then_branch", type: 5, g: branch("then", "m") },
          { name: "else_branch", type: 5, g: branch("else", "m") },
        ],
      },
      cast("i", "y", float32),
    ],
  });
})();

test("types of inputs, casts and branches follow: the file runs, and gives what it gave", async () => {
  const { graph, widened } = readOnnxWidened(mixed);
  expect(widened).toBe(3);
  expect(readOnnx(mixed).nodes.some(({ outputs }) => outputs[0]!.dtype === undefined)).toBe(true);
  const x = { dtype: "float32", shape: [1, 2], data: Float32Array.of(1, 2) } as const;
  for (const bytes of [mixed, writeOnnx(graph)]) {
    const session = await compile(bytes);
    const { y } = await session.run({ x });
    await session.release();
    expect([...(y!.data as Float32Array)]).toEqual([8, 11]);
  }
});

test("mutations are read or refused, never a crash", () => {
  expect(fuzz([mixed], 0, 2000)).toBeGreaterThan(200);
});
