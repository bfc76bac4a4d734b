import { expect, test } from "vitest";
import { batchRows, rowBytes } from "./batch-rows.ts";
import { concat, constant, graph, input, matMul, mul } from "./index.ts";

const x = input("x", "float64", ["batch", 3]);
const wide = constant({ dtype: "float64", shape: [3, 100_000], data: new Float64Array(300_000) });

test("the widest value of a row decides, wherever it stands between input and answer; constants do not count", () => {
  const narrow = graph({ inputs: [x], outputs: { y: mul(x, 2) } });
  expect(rowBytes(narrow)).toBe(24);
  expect(batchRows(narrow, 1024)).toBe(1024);
  const back = constant({ dtype: "float64", shape: [100_000, 1], data: new Float64Array(100_000) });
  const through = graph({ inputs: [x], outputs: { y: matMul(matMul(x, wide), back) } });
  expect(rowBytes(through)).toBe(800_000);
  expect(batchRows(through, 1024)).toBe(41);
  expect(batchRows(through, 10)).toBe(10);
  const twice = matMul(x, wide);
  const all = Array.from({ length: 50 }, () => twice);
  expect(batchRows(graph({ inputs: [x], outputs: { y: concat(all, 1) } }), 1024)).toBe(1);
});
