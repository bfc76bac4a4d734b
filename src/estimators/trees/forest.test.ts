import { expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { randomForest } from "./index.ts";

test("a forest on many features keeps its histograms where they belong: two fits are equal", async () => {
  // The root of a forest that draws features at each node once wrote its histograms over the control block.
  const random = createRandom(1);
  const rowCount = 713;
  const columns = Array.from({ length: 110 }, () =>
    Float64Array.from({ length: rowCount }, () => random.normal()),
  );
  const x = {
    rowCount,
    features: columns.map((_, j) => ({ name: `x${j}`, sources: [`x${j}`], kind: "number" as const })),
    columns,
  };
  const codes = Int32Array.from(columns[0]!, (value, i) => (value + columns[1]![i]! > 0 ? 1 : 0));
  const y = { kind: "classification" as const, classCount: 2, codes };
  const fit = async () =>
    (await randomForest({ trees: 60 }).fit({ x, y }, { random: createRandom(2), threads: 1 })).reference(x);
  const first = await fit();
  expect(await fit()).toEqual(first);
  const right = codes.filter((code, i) => (first[2 * i + 1]! > 0.5 ? 1 : 0) === code).length;
  expect(right / rowCount).toBeGreaterThan(0.95);
});
