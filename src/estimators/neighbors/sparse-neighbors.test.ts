/** Neighbours among sparse rows are those among the same rows written out. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { type Matrix, type SparseRows } from "../../features/index.ts";
import { batchRows, graph, input, simplify, tensorOf, writeOnnx } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import type { Fitted, Target } from "../index.ts";
import { evenRows, squaresFromSparse } from "./even-rows.ts";
import { nearestNeighbors } from "./index.ts";

const context = { random: createRandom(1), threads: 1 };

function sparseRowsOf(rows: readonly (readonly number[])[]): SparseRows {
  const starts = new Uint32Array(rows.length + 1);
  const index: number[] = [];
  const values: number[] = [];
  rows.forEach((row, i) => {
    row.forEach((value, j) => {
      if (value === 0) return;
      index.push(j);
      values.push(value);
    });
    starts[i + 1] = index.length;
  });
  return {
    columnCount: rows[0]!.length,
    starts,
    index: Uint32Array.from(index),
    values: Float64Array.from(values),
  };
}

/** The same rows dense, and sparse without columns that could be read. */
function both(rows: readonly (readonly number[])[]): { dense: Matrix; sparse: Matrix } {
  const features = rows[0]!.map((_, j) => ({ name: `x${j}`, sources: [`x${j}`], kind: "number" as const }));
  const columns = features.map((_, j) => Float64Array.from(rows, (row) => row[j]!));
  return {
    dense: { rowCount: rows.length, features, columns },
    sparse: {
      rowCount: rows.length,
      features,
      sparse: sparseRowsOf(rows),
      get columns(): never {
        throw new Error("a dense column was asked for");
      },
    },
  };
}

/** Columns of few values, one far from 0, one that is 0 everywhere; rows without values, equal rows and one full row. */
function invented(rowCount: number, width: number, seed: number): number[][] {
  const random = createRandom(seed);
  const rows = Array.from({ length: rowCount }, (_, i) =>
    Array.from({ length: width }, (_, j) => {
      if (j === 0) return 2e6 + random.integer(4);
      if (j === 1) return 0;
      return i === 7 || random.next() < 0.05 ? random.integer(7) / 2 - 1 : 0;
    }),
  );
  for (let i = 0; i < rowCount; i += 9) rows[i] = rows[(i + 4) % rowCount]!.slice();
  return rows;
}

async function run(fitted: Fitted, rows: readonly (readonly number[])[], threads = 1): Promise<Float64Array> {
  const p = rows[0]?.length ?? 4000;
  const x = input("x", "float64", ["batch", p]);
  const session = await compile(graph({ inputs: [x], outputs: { y: fitted.emit(x) } }), { threads });
  const data = Float64Array.from(rows.flat());
  const { y } = await session.run({ x: { dtype: "float64", shape: [rows.length, p], data } });
  await session.release();
  return (y!.data as Float64Array).slice();
}

const rows = invented(300, 60, 1);
const { dense, sparse } = both(rows);
const noise = createRandom(5);
const values = Float64Array.from(rows, (row) => row[2]! - row[3]! + noise.normal());
const number: Target = { kind: "regression", values };
const classes: Target = {
  kind: "classification",
  classCount: 3,
  codes: Int32Array.from(values, (v) => (v > 0.5 ? 2 : v > -0.5 ? 1 : 0)),
};
const weight = Float64Array.from(rows, (_, i) => i % 4);
const asked = [...invented(40, 60, 2), ...rows.slice(0, 20), rows[0]!.map(() => 1e9), rows[0]!.map(() => 0)];

describe("sparse rows answer as dense ones, to 1e-11", () => {
  test.each<[string, "uniform" | "distance", number, Target, Float64Array | undefined]>([
    ["numbers, all alike", "uniform", 7, number, undefined],
    ["numbers by distance", "distance", 15, number, undefined],
    ["numbers by distance, with weights", "distance", 4, number, weight],
    ["classes, all alike, with weights", "uniform", 15, classes, weight],
    ["classes by distance", "distance", 1, classes, undefined],
    ["classes by distance, half of all rows", "distance", 150, classes, undefined],
  ])("%s", async (_, weighting, neighbors, y, w) => {
    const estimator = nearestNeighbors({ weighting, neighbors });
    expect(estimator.sparse).toBe(true);
    const fit = (x: Matrix): Promise<Fitted> => estimator.fit({ x, y, ...(w && { weight: w }) }, context);
    const [fromDense, fromSparse] = [await fit(dense), await fit(sparse)];
    const places = both(asked);
    const expected = fromDense.reference(places.dense);
    for (const found of [
      fromSparse.reference(places.sparse),
      fromSparse.reference(places.dense),
      fromDense.reference(places.sparse),
      await run(fromSparse, asked),
    ]) {
      expect(found.length).toBe(expected.length);
      found.forEach((v, i) => expect(Math.abs(v - expected[i]!)).toBeLessThan(1e-11));
    }
  });

  test("a value that is not finite is refused with its feature and row, and more rows than the limit", async () => {
    const broken = rows.map((row, i) => (i === 11 ? row.map((v, j) => (j === 5 ? Number.NaN : v)) : row));
    await expect(nearestNeighbors().fit({ x: both(broken).sparse, y: number }, context)).rejects.toThrow(
      /"x5" has 1 of 300 values missing or infinite, the first \(NaN\) in row 11/,
    );
    await expect(nearestNeighbors({ maxRows: 299 }).fit({ x: sparse, y: number }, context)).rejects.toThrow(
      /300 rows are more than its maxRows of 299/,
    );
  });
});

describe("rows of 4,000 features, in several blocks and pieces", () => {
  const wideRows = invented(400, 4000, 3);
  const wide = both(wideRows);
  const held = wide.sparse.sparse!.values.length;
  const wideAsked = [...invented(5, 4000, 4), ...wideRows.slice(3, 10)];
  const y: Target = { kind: "regression", values: Float64Array.from(wideRows, () => noise.normal()) };
  const fitted = nearestNeighbors({ neighbors: 30 }).fit({ x: wide.sparse, y }, context);

  test("the graph answers as the loops do, to 1e-11, at 1 and 2 threads to the bit", async () => {
    const expected = (await fitted).reference(both(wideAsked).sparse);
    const found = await run(await fitted, wideAsked);
    found.forEach((v, i) => expect(Math.abs(v - expected[i]!)).toBeLessThan(1e-11));
    expect(await run(await fitted, wideAsked, 2)).toEqual(found);
    expect((await run(await fitted, [])).length).toBe(0);
  });

  test("an equal row answers alone", async () => {
    const place = both([wideRows[20]!]).sparse;
    const alike = wideRows.flatMap((row, i) => (row.every((v, j) => v === wideRows[20]![j]) ? [i] : []));
    const mean =
      alike.reduce((sum, i) => sum + (y.kind === "regression" ? y.values[i]! : 0), 0) / alike.length;
    expect((await fitted).reference(place)[0]).toBeCloseTo(mean, 12);
    expect((await run(await fitted, [wideRows[20]!]))[0]).toBeCloseTo(mean, 12);
  });

  test("it carries what is not 0, and a batch of many rows stays within its memory", async () => {
    const x = input("x", "float64", ["batch", 4000]);
    const emitted = simplify(graph({ inputs: [x], outputs: { y: (await fitted).emit(x) } }));
    const numbers = emitted.constants.reduce((sum, value) => sum + tensorOf(value)!.data.length, 0);
    expect(numbers).toBeLessThan(2.2 * held + 5 * 4000 + 10 * 400);
    expect(writeOnnx(emitted).length).toBeLessThan(8 * 1.1 * held + 8 * 3 * 4000 + 40 * 400 + 20_000);
    expect(batchRows(emitted, 1024)).toBeGreaterThan(100);
    const { trainingRows, trainingBytes } = (await fitted).summary as Record<string, number>;
    expect(trainingRows).toBe(400);
    expect(trainingBytes).toBeLessThan(8 * 1.1 * held + 16 * 400);
  });
});

test("rows in blocks hold every value once, fill no more than they hold, and are as far as when written out", () => {
  const value = fc.constantFrom<number[]>(0, 0, 0, 1, -2.5, 0.1);
  const table = fc
    .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 20 }))
    .chain(([width, count]) =>
      fc.array(fc.array(value, { minLength: width, maxLength: width }), {
        minLength: count,
        maxLength: count,
      }),
    );
  fc.assert(
    fc.property(table, fc.array(value, { minLength: 12, maxLength: 12 }), (written, place) => {
      const p = written[0]!.length;
      const even = evenRows(sparseRowsOf(written), new Float64Array(p));
      const seen = written.map(() => new Float64Array(p));
      written.forEach((_, i) => {
        for (let at = even.begins[i]!; at < even.begins[i]! + even.lengths[i]!; at++)
          seen[i]![even.index[at]!]! += even.values[at]!;
      });
      seen.forEach((row, i) => row.forEach((v, j) => expect(v).toBeCloseTo(written[i]![j]!, 6)));
      let cells = 0;
      for (const { start, rowCount, width } of even.blocks) {
        expect(start).toBe(cells);
        cells += rowCount * width;
      }
      expect(even.values.length).toBe(cells);
      expect(even.blocks.reduce((sum, block) => sum + block.rowCount, 0)).toBe(written.length);
      expect(cells).toBeLessThanOrEqual(2 * even.lengths.reduce((sum, length) => sum + length, 0));
      const found = squaresFromSparse(even, Float64Array.from(place.slice(0, p)));
      written.forEach((row, i) =>
        expect(found[i]).toBeCloseTo(
          row.reduce((sum, v, j) => sum + (v - place[j]!) ** 2, 0),
          6,
        ),
      );
    }),
    { numRuns: 200, seed: 3 },
  );
});
