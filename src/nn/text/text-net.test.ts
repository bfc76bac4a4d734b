import { expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { FitContext, TrainingSet } from "../../estimators/index.ts";
import type { Matrix } from "../../features/index.ts";
import { graph, input } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import { adamw, arrayLoader, crossEntropy, fit, initialise, textNet, textTransformer } from "../index.ts";
import { scoringGraph } from "../training/step.ts";

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

test.each(["bag", "cnn"] as const)(
  "a %s learns the order of tokens, and its graph equals the reference to 1e-5",
  async (architecture) => {
    const learner = textNet({
      architecture,
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

test("a number as target is refused", async () => {
  const { x } = trainingSet(20, 1);
  const y = { kind: "regression" as const, values: new Float64Array(20) };
  await expect(textNet().fit({ x, y }, context())).rejects.toThrow(/SCHEMA_WRONG_KIND/);
});
