/** Answers against scikit-learn's: test/golden/neighbors.py makes the numbers and states the versions. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { graph, input } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import type { Fitted, Target } from "../index.ts";
import { nearestNeighbors } from "./index.ts";

const { cases } = JSON.parse(
  readFileSync(new URL("../../../test/golden/neighbors.json", import.meta.url), "utf8"),
) as {
  cases: {
    readonly neighbors: number;
    readonly weighting: "uniform" | "distance";
    readonly number: number[];
    readonly classes: number[];
  }[];
};
const context = { random: createRandom(1), threads: 1 };

function matrix(places: readonly number[]): Matrix {
  const columns = [
    places.map((i) => Math.sin(i * 1.7)),
    places.map((i) => 3 * Math.cos(i * 0.9) + 5),
    places.map((i) => Math.floor(i / 7) % 3),
  ];
  return {
    rowCount: places.length,
    features: columns.map((_, j) => ({ name: `x${j}`, sources: [`x${j}`], kind: "number" })),
    columns: columns.map((c) => Float64Array.from(c)),
  };
}
const index = Array.from({ length: 60 }, (_, i) => i);
const x = matrix(index);
const values = Float64Array.from(index, (i) => x.columns[0]![i]! - x.columns[1]![i]! + Math.sin(i * 5.1));
const number: Target = { kind: "regression", values };
const classes: Target = {
  kind: "classification",
  classCount: 3,
  codes: Int32Array.from(values, (v) => (v >= -3.5 ? 2 : v >= -6 ? 1 : 0)),
};
const asked = matrix([...index.slice(0, 20).map((i) => i + 0.37), ...index.slice(0, 5)]);

async function run(fitted: Fitted, rows: Matrix): Promise<Float64Array> {
  const p = rows.columns.length;
  const data = new Float64Array(rows.rowCount * p);
  rows.columns.forEach((c, j) => c.forEach((v: number, i: number) => (data[i * p + j] = v)));
  const value = input("x", "float64", ["batch", p]);
  const session = await compile(graph({ inputs: [value], outputs: { y: fitted.emit(value) } }));
  const answer = await session.run({ x: { dtype: "float64", shape: [rows.rowCount, p], data } });
  await session.release();
  return answer["y"]!.data as Float64Array;
}

describe("nearestNeighbors", () => {
  test.each(cases.map((c) => [c.neighbors, c.weighting, c] as const))(
    "equals scikit-learn, to 1e-12: %i neighbours, %s weights",
    async (neighbors, weighting, expected) => {
      for (const [y, answers] of [
        [number, expected.number],
        [classes, expected.classes],
      ] as const) {
        const fitted = await nearestNeighbors({ neighbors, weighting }).fit({ x, y }, context);
        for (const found of [fitted.reference(asked), await run(fitted, asked)])
          found.forEach((v, i) => expect(v).toBeCloseTo(answers[i]!, 12));
      }
    },
  );

  test("blocks of rows, ties and equal rows: the graph answers as the loops do, to 1e-12", async () => {
    const random = createRandom(3);
    const column = (): Float64Array => Float64Array.from({ length: 5000 }, () => random.integer(6) / 3);
    const many: Matrix = { rowCount: 5000, features: x.features, columns: [column(), column(), column()] };
    const y: Target = {
      kind: "regression",
      values: Float64Array.from({ length: 5000 }, () => random.normal()),
    };
    const few: Matrix = { ...many, rowCount: 200, columns: many.columns.map((c) => c.slice(0, 200)) };
    for (const neighbors of [3, 40]) {
      const fitted = await nearestNeighbors({ neighbors, weighting: "uniform" }).fit({ x: many, y }, context);
      const expected = fitted.reference(few);
      (await run(fitted, few)).forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 12));
    }
  });

  test("says what it carries, and refuses more rows than its limit", async () => {
    const fitted = await nearestNeighbors().fit({ x, y: number }, context);
    expect(fitted.summary).toEqual({ neighbors: 15, trainingRows: 60, trainingBytes: 60 * 5 * 8 });
    await expect(nearestNeighbors({ maxRows: 50 }).fit({ x, y: number }, context)).rejects.toThrow(
      /60 rows are more than its maxRows of 50.*DATA_LIMIT/,
    );
  });

  test("refuses more features than it can compare", async () => {
    const columns = Array.from({ length: 700 }, () => x.columns[0]!);
    const wide = { rowCount: 60, features: columns.map(() => x.features[0]!), columns };
    await expect(nearestNeighbors().fit({ x: wide, y: number }, context)).rejects.toThrow(
      /15 neighbours by 700 features.*DATA_TOO_MANY_COLUMNS/,
    );
  });
});
