/** Matrices kept as sparse rows hold what dense ones hold. */
import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import { takeRows } from "../schema/index.ts";
import { characterTfidfEncoder } from "./encoders/character-tfidf.ts";
import { hashingEncoder } from "./encoders/hashing.ts";
import { numbersEncoder } from "./encoders/numbers.ts";
import { oneHotEncoder } from "./encoders/one-hot.ts";
import { targetEncoder } from "./encoders/target-encode.ts";
import { tfidfEncoder } from "./encoders/tfidf.ts";
import { fitFeatures } from "./fit-features.ts";
import { contextOf, frameOf } from "./frame-fixture.ts";
import type { Matrix } from "./matrix.ts";
import { chainOf } from "./step.ts";
import { impute } from "./transforms/impute.ts";
import { scale } from "./transforms/scale.ts";

const random = createRandom(3);
const words = Array.from({ length: 60 }, () =>
  Array.from({ length: 3 + random.integer(5) }, () => "abcdefghij"[random.integer(10)]).join(""),
);
const rowCount = 120;
const frame = frameOf({
  note: {
    kind: "text",
    cells: Array.from({ length: rowCount }, (_, i) =>
      i % 17 === 0 ? null : Array.from({ length: 6 }, () => words[random.integer(60)]).join(" "),
    ),
  },
  city: { kind: "category", cells: Array.from({ length: rowCount }, () => words[random.integer(60)]!) },
  age: {
    kind: "number",
    cells: Array.from({ length: rowCount }, (_, i) => (i % 11 === 0 ? null : random.normal())),
  },
});
const y = {
  kind: "regression" as const,
  values: Float64Array.from({ length: rowCount }, () => random.normal()),
};
const chains = [
  chainOf(["age"], numbersEncoder, [impute(), scale()]),
  chainOf(["age"], numbersEncoder),
  chainOf(["note"], tfidfEncoder({ buckets: 500 })),
  chainOf(["city"], targetEncoder()),
  chainOf(["city"], oneHotEncoder()),
  chainOf(["city"], hashingEncoder({ buckets: 300 })),
  chainOf(["note"], characterTfidfEncoder({ maxTerms: 200 })),
];

function expectSame(sparse: Matrix, dense: Matrix): void {
  expect(sparse.sparse).toBeDefined();
  expect(dense.sparse).toBeUndefined();
  expect(sparse.features).toEqual(dense.features);
  expect(sparse.rowCount).toBe(dense.rowCount);
  sparse.columns.forEach((column, j) => expect([...column]).toEqual([...dense.columns[j]!]));
  const { starts, index, values } = sparse.sparse!;
  expect(values.includes(0)).toBe(false);
  for (let i = 0; i < sparse.rowCount; i++)
    for (let at = starts[i]! + 1; at < starts[i + 1]!; at++)
      expect(index[at]!).toBeGreaterThan(index[at - 1]!);
}

describe("sparse rows", () => {
  const context = { ...contextOf(), target: y };
  test("hold the values of the dense matrix, missing ones too, in training and after", async () => {
    const dense = await fitFeatures(chains, frame, context);
    const sparse = await fitFeatures(chains, frame, { ...context, sparse: true });
    expectSame(sparse.matrix, dense.matrix);
    const rows = takeRows(frame, Uint32Array.of(3, 3, 0, 50));
    expectSame(await sparse.transform(rows), await dense.transform(rows));
    expectSame(
      await sparse.transform(takeRows(frame, Uint32Array.of())),
      await dense.transform(takeRows(frame, Uint32Array.of())),
    );
  });

  test("hold them where rows of weight 0 are left out of the fit", async () => {
    const weight = Float64Array.from({ length: rowCount }, (_, i) => i % 3);
    const dense = await fitFeatures(chains, frame, { ...context, weight });
    const sparse = await fitFeatures(chains, frame, { ...context, weight, sparse: true });
    expectSame(sparse.matrix, dense.matrix);
  });

  test("are not taken for few features or many values", async () => {
    const few = await fitFeatures([chains[4]!], frame, { ...context, sparse: true });
    expect(few.matrix.sparse).toBeUndefined();
    expect(few.matrix.columns).toHaveLength(few.features.length);
  });
});
