import { expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { bareKernels } from "../testing.ts";
import { binReference } from "./reference.ts";

test.each([
  ["binFloats", 0],
  ["binFloats", 1],
  ["binFloats", 254],
  ["binDoubles", 7],
  ["binDoubles", 254],
])("%s with %i edges equals the reference, with NaN, infinities and values on edges", (kernel, edgeCount) => {
  const random = createRandom(edgeCount);
  const { memory, call, put } = bareKernels();
  const edges = new Float64Array(edgeCount).map(() => Math.fround(random.normal())).sort();
  const raw = [
    Number.NaN,
    Infinity,
    -Infinity,
    0,
    -0,
    ...edges,
    ...Array.from({ length: 500 }, () => random.normal()),
  ];
  const values = kernel === "binFloats" ? Float32Array.from(raw) : Float64Array.from(raw);
  const padded = new Float64Array(256).fill(Infinity);
  padded.set(edges);
  const missing = edgeCount + 1;
  const stride = 12;
  const column = memory.take(values.length);
  const block = memory.take(values.length * stride);
  const edgesAt = put(kernel === "binFloats" ? new Float32Array(padded) : padded);
  call[kernel]!(put(values), values.length, edgesAt, missing, column, block, stride);
  const expected = binReference(values, edges, missing);
  expect([...memory.u8(column, values.length)]).toEqual([...expected]);
  const inBlock = (): number[] => [
    ...memory.u8(block, values.length * stride).filter((_, i) => i % stride === 0),
  ];
  expect(inBlock()).toEqual([...expected]);
  memory.u8(block, values.length * stride).fill(0);
  call[kernel]!(put(values), values.length, edgesAt, missing, 0, block, stride);
  expect(inBlock()).toEqual([...expected]);
});
