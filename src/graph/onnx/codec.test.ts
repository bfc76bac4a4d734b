import fc from "fast-check";
import { onnx } from "onnx-proto";
import { describe, expect, test } from "vitest";
import { createRandom, type Random } from "../../core/index.ts";
import { defaultLimits } from "./limits.ts";
import { decodeModel, decodeModelHead, encodeModel, type ModelProto, modelTable } from "./messages.ts";
import { decodeMessage, encodeMessage, type Field, type MessageTable } from "./protobuf.ts";

/** Fields that onnx-proto 8 (IR version 8) knows, by message: its classes hold a default for each. */
const theirClasses: Readonly<Record<string, object>> = {
  ModelProto: onnx.ModelProto,
  OperatorSetIdProto: onnx.OperatorSetIdProto,
  StringStringEntryProto: onnx.StringStringEntryProto,
  TrainingInfoProto: onnx.TrainingInfoProto,
  FunctionProto: onnx.FunctionProto,
  GraphProto: onnx.GraphProto,
  NodeProto: onnx.NodeProto,
  AttributeProto: onnx.AttributeProto,
  TensorProto: onnx.TensorProto,
  "TensorProto.Segment": onnx.TensorProto.Segment,
  SparseTensorProto: onnx.SparseTensorProto,
  ValueInfoProto: onnx.ValueInfoProto,
  TypeProto: onnx.TypeProto,
  "TypeProto.Tensor": onnx.TypeProto.Tensor,
  "TypeProto.Sequence": onnx.TypeProto.Sequence,
  "TypeProto.Map": onnx.TypeProto.Map,
  TensorShapeProto: onnx.TensorShapeProto,
  "TensorShapeProto.Dimension": onnx.TensorShapeProto.Dimension,
  TensorAnnotation: onnx.TensorAnnotation,
};

function theyKnow(table: MessageTable, field: Field): boolean {
  const theirs = theirClasses[table.name] as { readonly prototype: object } | undefined;
  const inner = typeof field.type === "string" || field.type.name in theirClasses;
  return theirs !== undefined && field.name in theirs.prototype && inner;
}

const integers = [
  0,
  1,
  -1,
  127,
  128,
  16383,
  16384,
  2 ** 31,
  -(2 ** 31),
  2 ** 53 - 1,
  -(2 ** 53) + 1,
  2n ** 53n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];

/** A random message with the fields that `keep` lets through. */
function randomMessage(
  table: MessageTable,
  random: Random,
  depth: number,
  keep: typeof theyKnow,
): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  for (const field of table.fields) {
    if (!keep(table, field) || random.next() < 0.4 || (typeof field.type !== "string" && depth === 0))
      continue;
    const one = (): unknown => randomValue(field, random, depth, keep);
    message[field.name] = field.repeated ? Array.from({ length: 1 + random.integer(3) }, one) : one();
  }
  return message;
}

function randomValue({ type }: Field, random: Random, depth: number, keep: typeof theyKnow): unknown {
  if (typeof type !== "string") return randomMessage(type, random, depth - 1, keep);
  switch (type) {
    case "int64":
      return integers[random.integer(integers.length)];
    case "uint64":
      return [0, 300, 2 ** 53 - 1, 2n ** 64n - 1n][random.integer(4)];
    case "int32":
      return [0, 1, 200, -1, 2 ** 31 - 1, -(2 ** 31)][random.integer(6)];
    case "float":
      return Math.fround(random.normal());
    case "double":
      return random.normal();
    case "string":
      return ["", "name", "Größe 🌳", "a".repeat(200)][random.integer(4)];
    case "bytes":
      return Uint8Array.from({ length: random.integer(300) }, () => random.integer(256));
  }
}

/** A oneof holds one: theirs forgets the earlier one, as protobuf says. */
function keepOneOf(message: Record<string, unknown>): void {
  for (const names of [
    ["dimParam", "dimValue"],
    ["tensorType", "sequenceType", "mapType"],
  ]) {
    for (const name of names.filter((each) => message[each] !== undefined).slice(1)) delete message[name];
  }
  for (const value of Object.values(message).flat()) {
    if (typeof value === "object" && value !== null && !(value instanceof Uint8Array))
      keepOneOf(value as Record<string, unknown>);
  }
}

describe("the wire format", () => {
  test("any message of any table comes back as it was written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const message = randomMessage(modelTable, createRandom(seed), 4, () => true);
        expect(decodeMessage(modelTable, encodeMessage(modelTable, message), defaultLimits)).toEqual(message);
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  test("onnx-proto reads what we write, and we read what onnx-proto writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const message = randomMessage(modelTable, createRandom(seed), 4, theyKnow);
        keepOneOf(message);
        const theirs = onnx.ModelProto.decode(encodeModel(message));
        expect(decodeModel(onnx.ModelProto.encode(theirs).finish(), defaultLimits)).toEqual(message);
      }),
      { numRuns: 150, seed: 2 },
    );
  });

  test("onnx-proto sees the values that we wrote", () => {
    const model: ModelProto = {
      irVersion: 8,
      opsetImport: [{ domain: "", version: 17 }],
      graph: {
        name: "g",
        node: [
          {
            opType: "X",
            attribute: [
              { name: "i", type: 2, i: -5 },
              { name: "f", type: 1, f: 0.5 },
            ],
          },
        ],
        initializer: [{ name: "t", dims: [2], dataType: 7, int64Data: [2n ** 62n, -1] }],
      },
    };
    const theirs = onnx.ModelProto.decode(encodeModel(model));
    expect(Number(theirs.irVersion)).toBe(8);
    expect(theirs.graph?.node?.[0]?.attribute?.map((each) => [each.name, String(each.i), each.f])).toEqual([
      ["i", "-5", 0],
      ["f", "0", 0.5],
    ]);
    expect(theirs.graph?.initializer?.[0]?.int64Data?.map(String)).toEqual([String(2n ** 62n), "-1"]);
  });

  test("lists are read packed and unpacked, and fields unknown here are skipped", () => {
    const unpacked = [0x40, 1, 0x40, 2, 0xa0, 0x06, 9, 0x42, 2, 3, 4]; // AttributeProto.ints is field 8; 100 is unknown
    const attribute = modelTable.byNumber.get(7)!.type as MessageTable;
    const node = attribute.byNumber.get(1)!.type as MessageTable;
    const table = node.byNumber.get(5)!.type as MessageTable;
    expect(decodeMessage(table, Uint8Array.from(unpacked), defaultLimits)).toEqual({ ints: [1, 2, 3, 4] });
  });

  test.each([
    ["a varint that never ends", [0x08, ...Array<number>(10).fill(0xff), 1]],
    ["a varint of 65 bits", [0x08, ...Array<number>(9).fill(0xff), 2]],
    ["a varint cut off", [0x08, 0x80]],
    ["a length beyond the end", [0x3a, 100, 0]],
    ["a length of 2^63", [0x3a, ...Array<number>(8).fill(0xff), 0x7f]],
    ["field number 0", [0x00, 1]],
    ["a group", [0x0b]],
    ["a message where a number stands", [0x0a, 0]],
    ["a name that is not UTF-8", [0x12, 2, 0xc3, 0x28]],
    ["an unknown field cut off", [0xa5, 0x06, 1, 2]],
  ])("%s is MODEL_INVALID", (_name, bytes) => {
    expect(() => decodeModel(Uint8Array.from(bytes), defaultLimits)).toThrow(/\[MODEL_INVALID\]/);
  });

  test("nesting and counts are limited", () => {
    let graph: NonNullable<ModelProto["graph"]> = {};
    for (let i = 0; i < 200; i++) graph = { node: [{ attribute: [{ name: "body", g: graph }] }] };
    expect(() => decodeModel(encodeModel({ graph }), defaultLimits)).toThrow(/nests.*\[MODEL_LIMIT\]/);
    const many = encodeModel({ graph: { node: Array.from({ length: 100 }, () => ({})) } });
    expect(() => decodeModel(many, { ...defaultLimits, messages: 50 })).toThrow(
      /50 entries.*\[MODEL_LIMIT\]/,
    );
  });

  test("the head of a file is read without its graph", () => {
    const bytes = encodeModel({
      irVersion: 10,
      graph: { node: [{ opType: "X" }], name: "big" },
      metadataProps: [{ key: "a", value: "1" }],
    });
    expect(decodeModelHead(bytes, defaultLimits)).toEqual({
      irVersion: 10,
      metadataProps: [{ key: "a", value: "1" }],
    });
  });
});
