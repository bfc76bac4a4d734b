import fc from "fast-check";
import { expect, test } from "vitest";
import type { Tensor } from "../core/index.ts";
import { boundedRuns, planRuns, requireTextsFit } from "./text-runs.ts";

test.each([
  ["no row is no run", [], 100, []],
  ["short rows are one run", [1, 2, 3, 0], 100, [4]],
  ["empty texts cost nothing", [0, 0, 0], 0, [3]],
  ["a run ends before it passes the limit", [10, 10, 10, 10, 10], 20, [2, 2, 1]],
  ["up to the limit and no further", [5, 5, 5, 5], 20, [4]],
  ["a long row is alone", [1, 1, 500, 1, 1], 100, [2, 1, 2]],
  ["long rows are alone, each", [500, 500, 1], 100, [1, 1, 1]],
  ["a longer row counts for all before it", [1, 1, 1, 30, 1], 100, [3, 2]],
])("planRuns: %s", (_, lengths, most, counts) => {
  expect(planRuns(lengths, most).map(({ count }) => count)).toEqual(counts);
});

test("planRuns: every row once, in order; no run but of one row passes the limit; no run could take its next row", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200)), fc.integer({ min: 1, max: 400 }), (lengths, most) => {
      const runs = planRuns(lengths, most);
      let next = 0;
      for (const { start, count } of runs) {
        expect(start).toBe(next);
        next += count;
        const area = (rows: number): number => rows * Math.max(...lengths.slice(start, start + rows));
        if (count > 1) expect(area(count)).toBeLessThanOrEqual(most);
        if (next < lengths.length) expect(area(count + 1)).toBeGreaterThan(most);
      }
      expect(next).toBe(lengths.length);
    }),
  );
});

const texts = (data: readonly string[], width = 1): Tensor => ({
  dtype: "string",
  shape: [data.length / width, width],
  data,
});

test("boundedRuns cuts every tensor at the same rows, and gives the very tensors where nothing is long", () => {
  const short = {
    note: texts(["a", "b"]),
    x: { dtype: "float32", shape: [2, 1], data: Float32Array.of(1, 2) },
  };
  const [whole, ...others] = boundedRuns(short as Record<string, Tensor>, "m.onnx");
  expect(others).toEqual([]);
  expect(whole!.feeds).toBe(short);

  const long = "x".repeat(3_000_000);
  const feeds: Record<string, Tensor> = {
    note: texts(["a", "b", long, "c"]),
    x: { dtype: "float64", shape: [4, 2], data: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
  };
  const runs = [...boundedRuns(feeds, "m.onnx")];
  expect(runs.map(({ start, count }) => [start, count])).toEqual([
    [0, 2],
    [2, 1],
    [3, 1],
  ]);
  expect(runs[0]!.feeds).toEqual({
    note: texts(["a", "b"]),
    x: { dtype: "float64", shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) },
  });
  expect(runs[1]!.feeds["note"]!.data).toEqual([long]);
  expect(runs[2]!.feeds["x"]).toEqual({ dtype: "float64", shape: [1, 2], data: Float64Array.of(7, 8) });
});

test("of sentences of tokens, each token is as wide as the longest", () => {
  const token = "x".repeat(400_000);
  const runs = [...boundedRuns({ tokens: texts(["a", "b", "c", token, "d", "e", "f", ""], 2) }, "m.onnx")];
  expect(runs.map(({ count }) => count)).toEqual([2, 2]);
  const three = [...boundedRuns({ tokens: texts(["a", "", "b", "", "c", token], 2) }, "m.onnx")];
  expect(three.map(({ count }) => count)).toEqual([2, 1]);
});

test("numbers alone are one run", () => {
  const x: Tensor = { dtype: "float32", shape: [3, 1], data: new Float32Array(3) };
  expect([...boundedRuns({ x }, "m.onnx")]).toEqual([{ start: 0, count: 3, feeds: { x } }]);
});

test("a text that would take too much even alone is refused with its column and length", () => {
  const long = "x".repeat(2 ** 24);
  requireTextsFit({ note: texts([long]) }, "m.onnx");
  for (const act of [requireTextsFit, (feeds: Record<string, Tensor>) => [...boundedRuns(feeds, "m.onnx")]]) {
    expect(() => act({ note: texts(["a", `${long}y`]) }, "m.onnx")).toThrow(
      /m\.onnx reads texts of at most 16777216 characters, and one of "note" has 16777217\..*DATA_LIMIT/,
    );
  }
});
