import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { bareKernels } from "../testing.ts";
import { gradientsReference } from "./reference.ts";

const count = 5000;
const random = createRandom(1);
const normals = (scale: number) => new Float64Array(count).map(() => scale * random.normal());

describe("derivatives equal the reference to 1e-6 (single precision)", () => {
  test.each([
    ["squared", 1, true],
    ["squared", 1, false],
    ["logistic", 1, true],
    ["logistic", 1, false],
    ["softmax", 4, true],
    ["poisson", 1, true],
    ["gamma", 1, false],
    ["tweedie", 1, true],
    ["huber", 1, false],
    ["quantile", 1, true],
  ] as const)("%s, %i outputs, weights %s", (objective, outputs, weighted) => {
    const { memory, call, put } = bareKernels();
    const scores = Array.from({ length: outputs }, () => normals(3));
    const targets =
      objective === "squared" || objective === "huber" || objective === "quantile"
        ? normals(5)
        : objective === "gamma"
          ? normals(5).map((v) => v * v + 1e-3)
          : new Float64Array(count).map(() => random.integer(objective === "softmax" ? outputs : 2));
    const weights = weighted ? new Float64Array(count).map(() => random.next() * 2) : undefined;
    const all = new Float64Array(count * outputs);
    scores.forEach((own, k) => all.set(own, k * count));
    const pairs = memory.take(8 * count * outputs);
    const parameter = objective === "tweedie" ? 1.3 : objective === "huber" ? 2 : 0.8;
    const more = objective === "softmax" ? [outputs, count] : [parameter];
    const weightsAt = weights === undefined ? 0 : put(weights);
    call[`${objective}Gradients`]!(put(all), put(targets), weightsAt, pairs, 0, count, ...more);
    gradientsReference(objective, scores, targets, weights, parameter).forEach((expected, k) => {
      const got = memory.f32(pairs + 8 * count * k, 2 * count);
      let worst = 0;
      expected.forEach(
        (value, i) => (worst = Math.max(worst, Math.abs(got[i]! - value) / Math.max(1, Math.abs(value)))),
      );
      expect(worst).toBeLessThan(1e-6);
    });
  });
});

test("sums per chunk and quantised integers equal plain loops exactly", () => {
  const { memory, call, put } = bareKernels();
  const pairs = new Float32Array(2 * count).map((_, i) => (i % 2 ? random.next() : random.normal()));
  const at = put(pairs);
  const sums = memory.take(64);
  call["gradientSums"]!(at, 0, count, sums);
  const expected = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const chunk = i < 4096 ? 0 : 2;
    expected[chunk]! += Math.abs(pairs[2 * i]!);
    expected[chunk + 1]! += pairs[2 * i + 1]!;
  }
  expect([...memory.f64(sums, 4)]).toEqual(expected);
  call["quantise"]!(at, 0, count, 1024, 4096);
  /** Nearest integer, halves to even, as WebAssembly rounds. */
  const nearest = (v: number) => (Math.abs(v % 1) === 0.5 ? 2 * Math.round(v / 2) : Math.round(v)) + 0;
  const words = memory.i32(at, 2 * count);
  for (let i = 0; i < count; i++) {
    if (words[2 * i + 1] !== nearest(pairs[2 * i]! * 1024)) throw new Error(`gradient of row ${i}`);
    if (words[2 * i] !== nearest(pairs[2 * i + 1]! * 4096)) throw new Error(`hessian of row ${i}`);
  }
});
