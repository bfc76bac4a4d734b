import { describe, expect, test } from "vitest";
import { MillwrightError, type Tensor } from "../core/index.ts";
import * as nn from "./index.ts";

const tensors: Record<string, Tensor> = {
  bytes: { dtype: "uint8", shape: [3], data: Uint8Array.of(1, 2, 255) },
  "a.weight": { dtype: "float32", shape: [2, 2], data: Float32Array.of(1, -2, 0.5, NaN) },
  counts: { dtype: "int64", shape: [2], data: BigInt64Array.of(-1n, 2n ** 60n) },
  empty: { dtype: "float64", shape: [0, 4], data: new Float64Array(0) },
  one: { dtype: "float64", shape: [], data: Float64Array.of(Math.PI) },
};

/** A file by hand, as the format's description has it. */
function file(header: unknown, body: Uint8Array, length?: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

describe("safetensors", () => {
  test("what is written is read again, whatever the order and widths", () => {
    const metadata = { made: "by a test", ключ: "значение" };
    const read = nn.readSafetensors(nn.writeSafetensors({ tensors, metadata }));
    expect(read.tensors).toEqual(tensors);
    expect(read.metadata).toEqual(metadata);
  });

  test("a file by hand is read", () => {
    const body = new Uint8Array(Float32Array.of(1.5, 2.5).buffer);
    const header = { x: { dtype: "F32", shape: [2], data_offsets: [0, 8] } };
    expect(nn.readSafetensors(file(header, body)).tensors).toEqual({
      x: { dtype: "float32", shape: [2], data: Float32Array.of(1.5, 2.5) },
    });
  });

  const at = (data_offsets: readonly number[], shape: readonly number[] = [2], dtype = "F32"): unknown => ({
    x: { dtype, shape, data_offsets },
  });
  test.each([
    ["no bytes", new Uint8Array(0)],
    ["a header beyond the end", file("{}", new Uint8Array(0), 1000)],
    ["a header of gigabytes", file("{}", new Uint8Array(0), 2 ** 52)],
    ["no JSON", file("{nonsense", new Uint8Array(0))],
    ["a list", file([], new Uint8Array(0))],
    ["a tensor beyond the end", file(at([0, 8]), new Uint8Array(4))],
    ["offsets the wrong way round", file(at([8, 0]), new Uint8Array(8))],
    ["another length than its shape", file(at([0, 4]), new Uint8Array(8))],
    ["a giant shape", file(at([0, 8], [2 ** 40, 2 ** 40]), new Uint8Array(8))],
    ["negative sizes", file(at([0, 8], [-2]), new Uint8Array(8))],
    ["no offsets", file({ x: { dtype: "F32", shape: [2] } }, new Uint8Array(8))],
    ["bytes after an empty header", file({}, new Uint8Array(4))],
    ["an unknown element type", file(at([0, 4], [2], "F16"), new Uint8Array(4))],
  ])("%s: a clear error", (_name, bytes) => {
    expect(() => nn.readSafetensors(bytes)).toThrow(MillwrightError);
  });

  test.each([
    ["the same bytes twice", [0, 8], [0, 8], 8, '"b" starts at byte 0, before "a" ends at byte 8'],
    ["an overlap", [0, 8], [4, 12], 12, '"b" starts at byte 4, before "a" ends at byte 8'],
    ["one inside the other", [0, 16], [4, 8], 16, '"b" starts at byte 4, before "a" ends at byte 16'],
    ["an empty one inside another", [0, 4], [2, 2], 4, '"b" starts at byte 2, before "a" ends at byte 4'],
    ["a hole", [12, 20], [0, 8], 20, '4 bytes between "b" and "a" belong to no tensor'],
    ["a hole at the start", [4, 8], [8, 12], 12, '4 bytes between the header and "a" belong to no tensor'],
    [
      "trailing bytes",
      [0, 4],
      [4, 12],
      15,
      '3 bytes follow its last tensor "b", which ends at byte 12 of 15',
    ],
  ])("tensors must lie end to end: %s", (_name, a, b, byteCount, words) => {
    const entry = (at: number[]): unknown => ({
      dtype: "U8",
      shape: [at[1]! - at[0]!],
      data_offsets: at,
    });
    const bytes = file({ a: entry(a), b: entry(b) }, new Uint8Array(byteCount));
    expect(() => nn.readSafetensors(bytes)).toThrow(words);
  });

  test("empty tensors lie anywhere between others, and any name is kept", () => {
    const body = Uint8Array.of(1, 2, 3);
    const entry = (from: number, to: number): string =>
      `{"dtype":"U8","shape":[${to - from}],"data_offsets":[${from},${to}]}`;
    const header = `{"c":${entry(3, 3)},"__proto__":${entry(2, 3)},"b":${entry(2, 2)},"a":${entry(0, 2)}}`;
    const read = nn.readSafetensors(file(header, body)).tensors;
    expect(Object.keys(read)).toEqual(["c", "__proto__", "b", "a"]);
    expect(Object.entries(read).map(([, { data }]) => [...(data as Uint8Array)])).toEqual([
      [],
      [3],
      [],
      [1, 2],
    ]);
  });
});
