/** Trees on sparse rows are, bit for bit, those on the dense columns, which nobody asks for. */
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { type Feature, joinRows, type Matrix, type SparseRows } from "../../features/index.ts";
import { graph, graphHash, input } from "../../graph/index.ts";
import { Kernels } from "../../kernels/index.ts";
import type { Estimator, Fitted, FitContext, Target, TrainingSet } from "../index.ts";
import { binMatrix, defaultBinOptions, learnBins } from "./bin-matrix.ts";
import { resolvedBoosting } from "./boosting.ts";
import { boosting, decisionTree, extraTrees, fitBoosted, randomForest } from "./index.ts";

/** Sparse rows whose dense columns may not be made. */
function onlySparse(features: readonly Feature[], sparse: SparseRows): Matrix {
  return {
    rowCount: sparse.starts.length - 1,
    features,
    sparse,
    get columns(): never {
      throw new Error("the dense columns were asked for");
    },
  };
}

/** Rows of words that few hold, with numbers, holes, a value below 0, and two categories beside them. */
function tableOf(rowCount: number, words: number, seed: number): { dense: Matrix; sparse: Matrix } {
  const random = createRandom(seed);
  const sometimes = (share: number, draw: () => number): Float64Array =>
    new Float64Array(rowCount).map(() => (random.next() < share ? draw() : 0));
  const named: [string, Float64Array, Partial<Feature>?][] = [
    ["number", new Float64Array(rowCount).map(() => random.normal())],
    ["holes", sometimes(0.3, () => (random.next() < 0.4 ? Number.NaN : random.normal()))],
    ["infinite", sometimes(0.1, () => (random.next() < 0.5 ? Infinity : -Infinity))],
    ["negative zeros", sometimes(0.5, () => (random.next() < 0.5 ? -0 : 2))],
    ["around zero", sometimes(0.6, () => 1e-300 * random.normal())],
    ["nothing", new Float64Array(rowCount)],
    [
      "few",
      new Float64Array(rowCount).map(() => (random.next() < 0.1 ? Number.NaN : random.integer(5))),
      { kind: "category", cardinality: 6 },
    ],
    [
      "many",
      new Float64Array(rowCount).map(() => random.integer(300)),
      { kind: "category", cardinality: 310 },
    ],
    [
      "rarely zero",
      new Float64Array(rowCount).map(() => 1 + random.integer(4)),
      { kind: "category", cardinality: 5 },
    ],
    ...Array.from({ length: words }, (_, j): [string, Float64Array] => [
      `word ${j}`,
      sometimes(1 / (2 + (j % 40)), () => Math.fround(random.next() * (j % 3 === 0 ? 1 : 0.3))),
    ]),
    // Words that always come together tie.
  ];
  named.push(["word 3 again", named.find(([name]) => name === "word 3")![1].slice()]);
  const features = named.map(
    ([name, , about]): Feature => ({ name, sources: [name], kind: "number", ...about }),
  );
  const columns = named.map(([, column]) => column);
  const dense = { rowCount, features, columns };
  const joined = joinRows([columns], rowCount);
  return { dense, sparse: onlySparse(features, withExplicitZeros(joined)) };
}

/** The same rows, where each first value that is missing in a row of even number is written as a zero. */
function withExplicitZeros({ columnCount, starts, index, values }: SparseRows): SparseRows {
  const made = { starts: [0], index: [] as number[], values: [] as number[] };
  for (let i = 0; i + 1 < starts.length; i++) {
    let place = 0;
    for (let at = starts[i]!; at < starts[i + 1]!; at++, place++) {
      if (i % 2 === 0 && index[at]! > place) {
        made.index.push(place);
        made.values.push(0);
        place = Number.POSITIVE_INFINITY;
      }
      made.index.push(index[at]!);
      made.values.push(values[at]!);
    }
    made.starts.push(made.index.length);
  }
  return {
    columnCount,
    starts: Uint32Array.from(made.starts),
    index: Uint32Array.from(made.index),
    values: Float64Array.from(made.values),
  };
}

function targetOf({ columns, features, rowCount }: Matrix, classCount: number): Target {
  const random = createRandom(77);
  const of = (name: string, i: number): number => {
    const value = columns[features.findIndex((feature) => feature.name === name)]![i]!;
    return Number.isFinite(value) ? value : 1;
  };
  const values = new Float64Array(rowCount).map(
    (_, i) =>
      of("number", i) +
      3 * of("word 3", i) -
      2 * of("word 4", i) * of("number", i) +
      of("holes", i) +
      (of("few", i) === 2 ? 1 : 0) +
      (of("many", i) % 7 < 2 ? 1.5 : 0) +
      0.3 * random.normal(),
  );
  if (classCount === 0) return { kind: "regression", values };
  const codes = Int32Array.from(values, (v) =>
    Math.max(0, Math.min(classCount - 1, Math.floor(v + classCount / 2))),
  );
  return { kind: "classification", classCount, codes };
}

const context = (threads = 1): FitContext => ({ random: createRandom(5), threads });

function hashOf(fitted: Fitted, width: number): string {
  const x = input("x", "float64", ["batch", width]);
  return graphHash(graph({ inputs: [x], outputs: { y: fitted.emit(x) } }));
}

const [train, probe] = [tableOf(1200, 40, 1), tableOf(300, 40, 2)];

describe.each<[string, () => Estimator]>([
  ["boosting", () => boosting({ rounds: 12, crossValidatedRows: 0, minRowsInLeaf: 5, learningRate: 0.2 })],
  [
    "boosting, drawn and penalised",
    () =>
      boosting({ rounds: 10, crossValidatedRows: 0, rowShare: 0.7, featureShare: 0.5, l1: 0.1, maxBins: 20 }),
  ],
  [
    "boosting, large trees",
    () => boosting({ rounds: 5, maxLeaves: 200, minRowsInLeaf: 1, minRowsInBin: 1, earlyStoppingRounds: 0 }),
  ],
  ["decision tree", () => decisionTree({ minRowsInLeaf: 3 })],
  ["random forest", () => randomForest({ trees: 6 })],
  ["extra trees", () => extraTrees({ trees: 6 })],
])("%s", (_, make) => {
  test.each([0, 2, 4])("%i classes: the model of sparse rows is that of the columns", async (classCount) => {
    const y = targetOf(train.dense, classCount);
    const weight = new Float64Array(1200).map((_v, i) => i % 4);
    const rowIds = Uint32Array.from({ length: 1200 }, (_v, i) => 5000 - 3 * i);
    for (const about of [{}, { weight, rowIds }] as Partial<TrainingSet>[]) {
      const dense = await make().fit({ x: train.dense, y, ...about }, context());
      const sparse = await make().fit({ x: train.sparse, y, ...about }, context());
      const width = train.dense.features.length;
      expect(hashOf(sparse, width)).toBe(hashOf(dense, width));
      expect(sparse.importance).toEqual(dense.importance);
      expect(sparse.importance!.some((gain) => gain > 0)).toBe(true);
      expect(sparse.summary).toEqual(dense.summary);
      expect(sparse.reference(probe.sparse)).toEqual(dense.reference(probe.dense));
    }
  });
});

describe("boosting", () => {
  const y = targetOf(train.dense, 3);
  const width = train.dense.features.length;

  test("stops on the same validation rows, sparse or not", async () => {
    const make = boosting({ rounds: 100, learningRate: 0.4, earlyStoppingRounds: 8 });
    const held = targetOf(probe.dense, 3);
    const fit = async (x: Matrix, of: Matrix): Promise<Fitted> =>
      await make.fit({ x, y }, { ...context(), validation: { x: of, y: held } });
    const dense = await fit(train.dense, probe.dense);
    expect((dense.summary as { rounds: number }).rounds).toBeLessThan(90);
    expect(hashOf(await fit(train.sparse, probe.sparse), width)).toBe(hashOf(dense, width));
    expect(hashOf(await fit(train.sparse, probe.dense), width)).toBe(hashOf(dense, width));
  });

  test("keeps a monotone constraint alike", async () => {
    const make = boosting({ rounds: 12, earlyStoppingRounds: 0, monotone: { number: 1, "word 3": -1 } });
    const values = targetOf(train.dense, 0);
    const dense = await make.fit({ x: train.dense, y: values }, context());
    const sparse = await make.fit({ x: train.sparse, y: values }, context());
    expect(hashOf(sparse, width)).toBe(hashOf(dense, width));
  });

  test("one and two threads, sparse and dense, give the same bits, also where features tie", async () => {
    // Every feature twice, so that features of both threads tie.
    const { features, columns } = train.dense;
    const again = features.map((feature) => ({ ...feature, name: `${feature.name}, again` }));
    const dense: Matrix = {
      rowCount: 1200,
      features: [...features, ...again],
      columns: [...columns, ...columns],
    };
    const sparse = onlySparse(dense.features, joinRows([dense.columns], 1200));
    const parameters = resolvedBoosting({ rounds: 6, earlyStoppingRounds: 0, maxLeaves: 60 });
    const trees: unknown[] = [];
    for (const x of [dense, sparse]) {
      for (const threads of [1, 2]) {
        const kernels = new Kernels(threads);
        // A command that no kernel answers to: the team only meets, until all are there.
        while (kernels.run(99, 0) < threads) await new Promise((resolve) => setTimeout(resolve, 5));
        const data = binMatrix(kernels, x, defaultBinOptions);
        trees.push((await fitBoosted(data, { y }, parameters, 1, {})).trees);
        await kernels.close();
      }
    }
    for (const one of trees) expect(one).toEqual(trees[0]);
  });
});

test("bins of a sample of sparse rows are those of the columns' sample", () => {
  const options = { ...defaultBinOptions, sampleRows: 400, seed: 4 };
  expect(learnBins(train.sparse, options)).toEqual(learnBins(train.dense, options));
});

test("the bins of a column, spread out, are those of the dense data set", async () => {
  const kernels = [new Kernels(1), new Kernels(1)] as const;
  const [dense, sparse] = [train.dense, train.sparse].map((x, k) =>
    binMatrix(kernels[k]!, x, defaultBinOptions, undefined, k === 0 ? probe.dense : probe.sparse),
  );
  train.dense.features.forEach((_, j) => {
    const binsOf = (data: typeof dense): number[] => {
      const { at, stride } = data!.place(j);
      return [...data!.kernels.memory.u8(at, 1500 * stride)].filter((_bin, i) => i % stride === 0);
    };
    expect(binsOf(sparse)).toEqual(binsOf(dense));
  });
  for (const one of kernels) await one.close();
});
