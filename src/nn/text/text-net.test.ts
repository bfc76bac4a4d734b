import { expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { FitContext, TrainingSet } from "../../estimators/index.ts";
import type { Matrix } from "../../features/index.ts";
import { graph, input } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import { runBucket, runVectors } from "../architectures/text.ts";
import {
  adamw,
  arrayLoader,
  crossEntropy,
  fit,
  initialise,
  textBag,
  textNet,
  textTransformer,
} from "../index.ts";
import { scoringGraph } from "../training/step.ts";
import { bagReference, denseReference } from "./reference.ts";

const places = 9;
const codeCount = 12;
const context = (): FitContext => ({ random: createRandom(4), threads: 1 });

/** Texts of 0 to 9 codes; the class is whether a 2 stands right before a 3, so that their order matters. */
function texts(rowCount: number, seed: number): { codes: Int32Array; labels: Int32Array } {
  const random = createRandom(seed);
  const codes = new Int32Array(rowCount * places);
  const labels = new Int32Array(rowCount);
  for (let i = 0; i < rowCount; i++) {
    const row = codes.subarray(i * places, (i + 1) * places);
    const length = i === 0 ? 0 : 3 + random.integer(places - 2);
    for (let k = 0; k < length; k++) row[k] = 1 + random.integer(codeCount - 1);
    const at = random.integer(Math.max(1, length - 1));
    if (length > 0) row.set(random.next() < 0.5 ? [2, 3] : [3, 2], at);
    for (let k = 1; k < places; k++) if (row[k - 1] === 2 && row[k] === 3) labels[i] = 1;
  }
  return { codes, labels };
}

function trainingSet(rowCount: number, seed: number): TrainingSet & { x: Matrix } {
  const { codes, labels } = texts(rowCount, seed);
  return {
    x: {
      rowCount,
      features: [
        { name: "size", sources: ["size"], kind: "number" },
        ...Array.from({ length: places }, (_, place) => ({
          name: `note:words@${place}`,
          sources: ["note"],
          kind: "category" as const,
          cardinality: codeCount,
          sequence: "note:words",
        })),
      ],
      columns: [
        Float64Array.from({ length: rowCount }, (_, i) => (i % 7) - 3),
        ...Array.from({ length: places }, (_, place) =>
          Float32Array.from({ length: rowCount }, (_, i) => codes[i * places + place]!),
        ),
      ],
    },
    y: { kind: "classification", classCount: 2, codes: labels },
  };
}

test.each([
  ["bag", 1],
  ["cnn", 1],
  ["cnn", 2],
] as const)(
  "a %s (members: %i) learns the order of tokens, and its graph equals the reference to 1e-5",
  async (architecture, members) => {
    const learner = textNet({
      architecture,
      members,
      size: 16,
      filters: 16,
      buckets: 512,
      hidden: 8,
      dropout: 0.1,
      tokenDropout: 0,
      learningRate: 0.02,
      batchSize: 32,
      epochs: 25,
      patience: 25,
    });
    const fitted = await learner.fit(trainingSet(600, 1), context());
    const { x, y } = trainingSet(200, 2);
    const width = x.columns.length;
    const data = Float64Array.from(
      { length: 200 * width },
      (_, i) => x.columns[i % width]![Math.floor(i / width)]!,
    );
    const rows = input("x", "float64", ["batch", width]);
    const session = await compile(graph({ inputs: [rows], outputs: { p: fitted.emit(rows) } }), {
      threads: 1,
    });
    const { p } = await session.run({ x: { dtype: "float64", shape: [200, width], data } });
    await session.release();
    const answers = p!.data as Float64Array;
    const expected = fitted.reference(x);
    expect(answers.length).toBe(expected.length);
    for (let i = 0; i < expected.length; i++) expect(Math.abs(answers[i]! - expected[i]!)).toBeLessThan(1e-5);
    const labels = y.kind === "classification" ? y.codes : [];
    let right = 0;
    labels.forEach((label, i) => (right += Number(answers[2 * i + label]! > 0.5)));
    expect(right / labels.length).toBeGreaterThan(0.9);
  },
);

test("the first of two members is the one alone, the second another, and the answer is their mean", async () => {
  const settings = {
    architecture: "cnn",
    size: 8,
    filters: 8,
    epochs: 2,
    dropout: 0,
    tokenDropout: 0,
  } as const;
  const rows = trainingSet(200, 4);
  const [one, two] = await Promise.all(
    [1, 2].map(async (members) =>
      (await textNet({ ...settings, members }).fit(rows, context())).reference(rows.x),
    ),
  );
  const second = two!.map((share, i) => 2 * share - one![i]!);
  expect(second.every((share) => share > 0 && share < 1)).toBe(true);
  expect(Math.max(...second.map((share, i) => Math.abs(share - one![i]!)))).toBeGreaterThan(0.001);
});

test("a transformer learns the order of tokens, and looks at none of the filling", async () => {
  const net = textTransformer({
    texts: [{ name: "codes", length: places, count: codeCount }],
    classes: 2,
    size: 16,
    heads: 2,
    layers: 1,
    dropout: 0,
    blockDropout: 0,
  });
  const { codes, labels } = texts(512, 3);
  const train = arrayLoader(
    { codes: { dtype: "int32", shape: [places], data: codes } },
    { dtype: "int64", shape: [], data: BigInt64Array.from(labels, BigInt) },
    { batchSize: 32, seed: 1 },
  );
  const { weights, history } = await fit(net, initialise(net, { seed: 1 }), {
    train,
    epochs: 25,
    seed: 1,
    loss: crossEntropy(),
    optimiser: adamw({ learningRate: 0.01 }),
  });
  expect(history[0]!.loss).toBeGreaterThan(0.4);
  expect(history.at(-1)!.loss).toBeLessThan(0.15);
  // What stands at the filling's vector changes nothing.
  const name = "text0.vectors.weight";
  const changed = { ...weights[name]!, data: (weights[name]!.data as Float32Array).slice().fill(7, 0, 16) };
  const answer = async (of: typeof weights): Promise<Float32Array> => {
    const session = await compile(scoringGraph(net, of), { threads: 1 });
    const feed = { dtype: "int32" as const, shape: [4, places], data: codes.slice(0, 4 * places) };
    const { scores } = await session.run({ codes: feed });
    await session.release();
    return scores!.data as Float32Array;
  };
  expect(await answer({ ...weights, [name]: changed })).toEqual(await answer(weights));
});

test("runs that too few rows hold have no vector, and change nothing", async () => {
  const length = 4;
  const rows = [
    [1, 2, 3, 0],
    [1, 2, 1, 2],
    [2, 3, 0, 0],
    [4, 0, 0, 0],
  ];
  const made = { length, longestRun: 2, buckets: 97 };
  const vectors = runVectors(rows.flat(), { ...made, minRows: 2 });
  // 1 2 and 2 3 are each in two rows; 2 1 is in one.
  const bucketOf = (a: number, b: number): number => runBucket([a, b], 0, 2, made.buckets);
  const kept = [bucketOf(1, 2), bucketOf(2, 3)].sort((a, b) => a - b);
  expect([...vectors.keys()].filter((bucket) => vectors[bucket]! > 0)).toEqual(kept);
  expect(kept.map((bucket) => vectors[bucket])).toEqual([1, 2]);
  const text = { name: "codes", length, count: 5, longestRun: 2, runVectors: vectors };
  const net = textBag({ texts: [text], classes: 2, size: 3, buckets: made.buckets, dropout: 0 });
  const weights = initialise(net, { seed: 2 });
  expect(weights["text0.vectors.weight"]!.shape).toEqual([5 + 2, 3]);
  const asked = [...rows, [3, 1, 4, 2], [0, 0, 0, 0]];
  const session = await compile(scoringGraph(net, weights), { threads: 1 });
  const feed = {
    dtype: "int32" as const,
    shape: [asked.length, length],
    data: Int32Array.from(asked.flat()),
  };
  const scores = (await session.run({ codes: feed }))["scores"]!.data as Float32Array;
  await session.release();
  asked.forEach((codes, row) =>
    denseReference(weights, "scores", bagReference(weights, "text0", text, made.buckets, codes)).forEach(
      (score, k) => expect(scores[2 * row + k]).toBeCloseTo(score, 5),
    ),
  );
  // Three tokens of runs that nobody knows are their sum by the root of three.
  const table = weights["text0.vectors.weight"]!.data as Float32Array;
  const read = bagReference(weights, "text0", text, made.buckets, [3, 1, 4, 0]);
  read.forEach((value, j) =>
    expect(value).toBeCloseTo((table[9 + j]! + table[3 + j]! + table[12 + j]!) / Math.sqrt(3), 6),
  );
  expect(() => textBag({ texts: [text], classes: 2, buckets: 96 })).toThrow(/SHAPE_MISMATCH/);
});

test("a number as target is refused", async () => {
  const { x } = trainingSet(20, 1);
  const y = { kind: "regression" as const, values: new Float64Array(20) };
  await expect(textNet().fit({ x, y }, context())).rejects.toThrow(/SCHEMA_WRONG_KIND/);
});
