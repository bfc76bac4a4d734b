import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { graph, input } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import type { Estimator, Fitted, Target, TrainingSet } from "../index.ts";
import { boosting, decisionTree, extraTrees, randomForest } from "./index.ts";

const numberCount = 4;

/** Numbers with holes and infinities, a double that no single holds, and two categories. */
function makeMatrix(seed: number, rowCount: number): Matrix {
  const random = createRandom(seed);
  const column = (draw: () => number) => new Float32Array(rowCount).map(draw);
  const numbers = Array.from({ length: numberCount }, () =>
    column(() => (random.next() < 0.1 ? Number.NaN : random.next() < 0.02 ? Infinity : random.normal())),
  );
  const fine = new Float64Array(rowCount).map(() => 1e9 + random.integer(1000) / 256);
  const few = column(() => (random.next() < 0.1 ? Number.NaN : random.integer(6)));
  const many = column(() => random.integer(60));
  return {
    rowCount,
    features: [...numbers, fine, few, many].map((_, j) => ({
      name: `f${j}`,
      sources: [`f${j}`],
      ...(j > numberCount
        ? { kind: "category" as const, cardinality: j === numberCount + 1 ? 8 : 70 }
        : { kind: "number" as const }),
    })),
    columns: [...numbers, fine, few, many],
  };
}

function score(x: Matrix, i: number): number {
  const at = (j: number) => x.columns[j]![i]!;
  const safe = (v: number) => (Number.isFinite(v) ? v : 1);
  return (
    Math.sin(2 * safe(at(0))) +
    safe(at(1)) * safe(at(2)) +
    (Number.isNaN(at(3)) ? 1 : 0) +
    (at(4) - 1e9) / 2 +
    (at(5) % 2 === 0 ? 1 : 0) +
    (at(6) % 7 < 3 ? 0.8 : 0) -
    2
  );
}

function makeTarget(x: Matrix, classCount: number): Target {
  const random = createRandom(99);
  const values = new Float64Array(x.rowCount).map((_, i) => score(x, i) + 0.3 * random.normal());
  if (classCount === 0) return { kind: "regression", values };
  const codes = new Int32Array(
    values.map((v) => Math.max(0, Math.min(classCount - 1, Math.floor(v + classCount / 2)))),
  );
  return { kind: "classification", classCount, codes };
}

const context = (threads = 1) => ({ random: createRandom(5), threads });
const train = makeMatrix(1, 3000);
const probe = makeMatrix(2, 500);

async function runGraph(fitted: Fitted, x: Matrix): Promise<Float64Array> {
  const width = x.features.length;
  const value = input("x", "float64", ["batch", width]);
  const session = await compile(graph({ inputs: [value], outputs: { y: fitted.emit(value) } }));
  const flat = new Float64Array(x.rowCount * width);
  x.columns.forEach((column, j) => column.forEach((v, i) => (flat[i * width + j] = v)));
  const { y } = await session.run({ x: { dtype: "float64", shape: [x.rowCount, width], data: flat } });
  await session.release();
  return y!.data as Float64Array;
}

const families: [string, () => Estimator][] = [
  ["boosting", () => boosting({ rounds: 40, minRowsInLeaf: 5 })],
  ["boosting, drawn", () => boosting({ rounds: 30, rowShare: 0.6, featureShare: 0.6, l1: 0.1, l2: 1 })],
  ["random forest", () => randomForest({ trees: 12 })],
  ["extra trees", () => extraTrees({ trees: 12 })],
  ["decision tree", () => decisionTree()],
];
const targets: [string, number][] = [
  ["numbers", 0],
  ["two classes", 2],
  ["four classes", 4],
];

describe.each(families)("%s", (_, make) => {
  test.each(targets)("%s: learns, and the graph equals the reference to 1e-12", async (_name, classCount) => {
    const y = makeTarget(train, classCount);
    const fitted = await make().fit({ x: train, y }, context());
    const answers = fitted.reference(probe);
    const got = await runGraph(fitted, probe);
    let worst = 0;
    answers.forEach((value, i) => (worst = Math.max(worst, Math.abs(value - got[i]!))));
    expect(got.length).toBe(answers.length);
    expect(worst).toBeLessThan(1e-12);
    const truth = makeTarget(probe, classCount);
    if (truth.kind === "regression") {
      const mean = truth.values.reduce((sum, v) => sum + v, 0) / probe.rowCount;
      let error = 0;
      let spread = 0;
      truth.values.forEach((v, i) => {
        error += (v - answers[i]!) ** 2;
        spread += (v - mean) ** 2;
      });
      expect(error / spread).toBeLessThan(0.7);
    } else {
      let right = 0;
      const shares = new Float64Array(classCount);
      truth.codes.forEach((code, i) => {
        const row = answers.subarray(i * classCount, (i + 1) * classCount);
        expect(Math.abs(row.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThan(1e-12);
        if (row.indexOf(Math.max(...row)) === code) right++;
        shares[code]!++;
      });
      expect(right / probe.rowCount).toBeGreaterThan(Math.max(...shares) / probe.rowCount + 0.08);
    }
    expect(fitted.importance!.some((gain) => gain > 0)).toBe(true);
  });

  test("rows in another order, and rows of weight 0, give the same model", async () => {
    const y = makeTarget(train, 2) as Extract<Target, { kind: "classification" }>;
    const whole = await make().fit({ x: train, y }, context());
    const extra = makeMatrix(3, 200);
    const order = createRandom(8).shuffle(Array.from({ length: 3200 }, (_, i) => i));
    const mixed: TrainingSet = {
      x: {
        ...train,
        rowCount: 3200,
        columns: train.columns.map((column, j) => {
          const made = column instanceof Float64Array ? new Float64Array(3200) : new Float32Array(3200);
          return made.map((_, i) =>
            order[i]! < 3000 ? column[order[i]!]! : extra.columns[j]![order[i]! - 3000]!,
          );
        }),
      },
      y: { ...y, codes: Int32Array.from(order, (row) => (row < 3000 ? y.codes[row]! : row % 2)) },
      weight: Float64Array.from(order, (row) => (row < 3000 ? 1 : 0)),
      rowIds: Uint32Array.from(order),
    };
    const again = await make().fit(mixed, context());
    expect(again.reference(probe)).toEqual(whole.reference(probe));
  });
});

describe("boosting", () => {
  test("one and two threads give the same bits", async () => {
    // Enough values for a second thread to be started.
    const x = makeMatrix(4, 220_000);
    const y = makeTarget(x, 2);
    const [one, two] = [
      await boosting({ rounds: 12 }).fit({ x, y }, context(1)),
      await boosting({ rounds: 12 }).fit({ x, y }, context(2)),
    ];
    expect(two.reference(probe)).toEqual(one.reference(probe));
    expect(two.importance).toEqual(one.importance);
  });

  test("a row of weight 2 is as two rows", async () => {
    const y = makeTarget(train, 0) as Extract<Target, { kind: "regression" }>;
    const parameters = {
      rounds: 10,
      earlyStoppingRounds: 0,
      minRowsInLeaf: 1,
      minRowsInBin: 1,
      minHessian: 20,
      minRowsInCategory: 0,
      minRowsInCategoryGroup: 0,
    };
    const twice: TrainingSet = {
      x: { ...train, rowCount: 6000, columns: train.columns.map(doubled) },
      y: { kind: "regression", values: doubled(y.values) as Float64Array },
    };
    const heavy = await boosting(parameters).fit(
      { x: train, y, weight: new Float64Array(3000).fill(2) },
      context(),
    );
    const copied = await boosting(parameters).fit(twice, context());
    const [a, b] = [heavy.reference(probe), copied.reference(probe)];
    let far = 0;
    a.forEach((value, i) => (far += Math.abs(value - b[i]!) > 0.05 ? 1 : 0));
    expect(far / probe.rowCount).toBeLessThan(0.02);
  });

  test("stops on given validation rows, and keeps the best round", async () => {
    const y = makeTarget(train, 0);
    const validation = { x: probe, y: makeTarget(probe, 0) };
    const fitted = await boosting({ rounds: 2000, learningRate: 0.5 }).fit(
      { x: train, y },
      { ...context(), validation },
    );
    const { rounds } = fitted.summary as { rounds: number };
    expect(rounds).toBeGreaterThan(2);
    expect(rounds).toBeLessThan(200);
  });

  test("an abort ends after the round with what it has", async () => {
    const stop = new AbortController();
    const fitted = await boosting({ rounds: 5000, earlyStoppingRounds: 0 }).fit(
      { x: train, y: makeTarget(train, 0) },
      { ...context(), signal: stop.signal, onProgress: () => stop.abort() },
    );
    expect((fitted.summary as { rounds: number }).rounds).toBeLessThan(50);
  });

  test.each([
    ["one row a class", 2],
    ["five rows", 5],
  ])("%s is enough to fit", async (_, rowCount) => {
    const x = makeMatrix(1, rowCount);
    const y: Target = {
      kind: "classification",
      classCount: 2,
      codes: new Int32Array(rowCount).map((_v, i) => i % 2),
    };
    const fitted = await boosting().fit({ x, y }, context());
    expect([...fitted.reference(x)].every((p) => p > 0 && p < 1)).toBe(true);
    const got = await runGraph(fitted, x);
    fitted.reference(x).forEach((p, i) => expect(got[i]).toBeCloseTo(p, 12));
  });

  test("refuses an unknown parameter with the nearest name", () => {
    expect(() => boosting({ learnRate: 0.1 } as object)).toThrow(/learningRate.*PARAMETER_UNKNOWN/);
  });
});

function doubled(column: Float32Array | Float64Array): Float32Array | Float64Array {
  const made =
    column instanceof Float64Array
      ? new Float64Array(2 * column.length)
      : new Float32Array(2 * column.length);
  made.set(column);
  made.set(column, column.length);
  return made;
}
