import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { FitContext } from "../../estimators/index.ts";
import type { Matrix } from "../../features/index.ts";
import { graph, input } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import { mlp } from "../index.ts";

const context = (): FitContext => ({ random: createRandom(1), threads: 1 });
const matrix = (...columns: ArrayLike<number>[]): Matrix => ({
  rowCount: columns[0]!.length,
  features: columns.map((_, j) => ({ name: `x${j}`, sources: [`x${j}`], kind: "number" })),
  columns: columns.map((c) => Float64Array.from(c)),
});
const classes = (codes: ArrayLike<number>) => ({
  kind: "classification" as const,
  classCount: 2,
  codes: Int32Array.from(codes),
});
const numbers = (values: ArrayLike<number>) => ({
  kind: "regression" as const,
  values: Float64Array.from(values),
});

function uniform(rows: number, columns: number, seed = 3): Matrix {
  const random = createRandom(seed);
  return matrix(
    ...Array.from({ length: columns }, () => Array.from({ length: rows }, () => 2 * random.next() - 1)),
  );
}

describe("mlp", () => {
  test("learns which quadrant, where no straight line helps: 95 % of new rows", async () => {
    const x = uniform(1500, 2);
    const label = (m: Matrix): number[] =>
      Array.from(m.columns[0]!, (v, i) => Number(v * m.columns[1]![i]! > 0));
    const fitted = await mlp({ width: 64, epochs: 30 }).fit({ x, y: classes(label(x)) }, context());
    const fresh = uniform(500, 2, 9);
    const p = fitted.reference(fresh);
    const right = label(fresh).filter((code, i) => p[2 * i + code]! > 0.5).length;
    expect(right / 500).toBeGreaterThan(0.95);
  });

  test("learns a curve in the target's own units: error under 5 % of the deviation", async () => {
    const x = uniform(1000, 1);
    const curve = (m: Matrix): Float64Array =>
      Float64Array.from(m.columns[0]!, (v) => 1e6 + 5e4 * Math.sin(4 * v));
    const fitted = await mlp({ width: 64, epochs: 30 }).fit({ x, y: numbers(curve(x)) }, context());
    const fresh = uniform(300, 1, 9);
    const truth = curve(fresh);
    const answers = fitted.reference(fresh);
    const error = Math.sqrt(truth.reduce((sum, v, i) => sum + (v - answers[i]!) ** 2, 0) / 300);
    expect(error).toBeLessThan(0.05 * 3.5e4);
  });

  test.each<[string, object]>([
    ["members", { members: 4 }],
    ["members with embedded ramps", { members: 2, embeddingSize: 6 }],
    ["embedded waves", { waves: 8, embeddingSize: 8 }],
    ["waves beside the numbers, without ramps", { waves: 8, bins: 0 }],
  ])("%s learn a curve, and the graph answers as by hand", async (_, options) => {
    const x = uniform(600, 2);
    const curve = (m: Matrix): Float64Array =>
      Float64Array.from(m.columns[0]!, (v) => 100 + 9 * Math.sin(4 * v));
    const settings = { width: 48, epochs: 30, learningRate: 0.01, ...options };
    const fitted = await mlp(settings).fit({ x, y: numbers(curve(x)) }, context());
    const fresh = uniform(200, 2, 9);
    const truth = curve(fresh);
    const answers = fitted.reference(fresh);
    const error = Math.sqrt(truth.reduce((sum, v, i) => sum + (v - answers[i]!) ** 2, 0) / 200);
    expect(error).toBeLessThan(0.15 * 6.4);
    const value = input("x", "float64", ["batch", 2]);
    const session = await compile(graph({ inputs: [value], outputs: { y: fitted.emit(value) } }));
    const data = Float64Array.from({ length: 400 }, (_, i) => fresh.columns[i % 2]![Math.floor(i / 2)]!);
    const { y } = await session.run({ x: { dtype: "float64", shape: [200, 2], data } });
    await session.release();
    answers.forEach((answer, i) => expect(y!.data[i]).toBeCloseTo(answer, 9));
  });

  test("given validation rows choose the epoch: against their labels training does not go on", async () => {
    const x = uniform(200, 2);
    const code = Array.from(x.columns[0]!, (v) => Number(v > 0));
    const against = { x, y: classes(code.map((c) => 1 - c)) };
    const options = { width: 16, epochs: 10 };
    const stopped = await mlp(options).fit({ x, y: classes(code) }, { ...context(), validation: against });
    expect(stopped.summary).toMatchObject({ epoch: 0 });
    const trained = await mlp(options).fit(
      { x, y: classes(code) },
      { ...context(), validation: { x, y: classes(code) } },
    );
    expect((trained.summary as { epoch: number }).epoch).toBeGreaterThan(5);
  });

  test.each([1, 3])(
    "without a feature that varies the answer is the target's mean, in the graph too, of %i",
    async (members) => {
      const x = matrix(new Float64Array(60).fill(3));
      const fitted = await mlp({ width: 4, epochs: 20, members, embeddingSize: members - 1 }).fit(
        { x, y: numbers(Array.from({ length: 60 }, (_, i) => i % 2)) },
        context(),
      );
      const value = input("x", "float64", ["batch", 1]);
      const session = await compile(graph({ inputs: [value], outputs: { y: fitted.emit(value) } }));
      const { y } = await session.run({
        x: { dtype: "float64", shape: [2, 1], data: Float64Array.of(3, Infinity) },
      });
      await session.release();
      for (const answer of [...(y!.data as Float64Array), ...fitted.reference(x).subarray(0, 1)])
        expect(answer).toBeCloseTo(0.5, 0);
    },
  );

  test("an interrupted fit ends with what it has", async () => {
    const stop = new AbortController();
    const x = uniform(300, 2);
    const fitted = await mlp({ width: 8, epochs: 1000, patience: 1000 }).fit(
      { x, y: classes(Array.from(x.columns[0]!, (v) => Number(v > 0))) },
      { ...context(), signal: stop.signal, onProgress: ({ done }) => done === 3 && stop.abort() },
    );
    expect((fitted.summary as { epoch: number }).epoch).toBeLessThanOrEqual(3);
    expect(fitted.reference(x).every((p) => p >= 0 && p <= 1)).toBe(true);
  });

  test("steps too large for finite weights are an error, and rows kept aside avoid it", async () => {
    const x = uniform(200, 2);
    const rows = { x, y: numbers(x.columns[0]!) };
    const wild = { width: 8, epochs: 20, learningRate: 1, weightDecay: 10 };
    await expect(mlp({ ...wild, validationShare: 0 }).fit(rows, context())).rejects.toMatchObject({
      code: "FIT_DIVERGED",
      message: expect.stringMatching(/learning rate of 1 and a weight decay of 10/),
    });
    const watched = await mlp(wild).fit(rows, context());
    expect(watched.reference(x).every(Number.isFinite)).toBe(true);
  });

  test.each<[string, object, RegExp]>([
    ["a width of 0", { width: 0 }, /mlp.width is 0.*from 1 to 4096.*PARAMETER_RANGE/],
    ["a mistyped name", { learningrate: 1 }, /nearest name is "learningRate".*PARAMETER_UNKNOWN/],
  ])("refuses %s", (_, parameters, message) => {
    expect(() => mlp(parameters)).toThrow(message);
  });
});
