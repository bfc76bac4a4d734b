/** A file that takes sounds: samples in, label and probabilities out. */
import { expect, test } from "vitest";
import {
  argMax,
  cast,
  concat,
  constant,
  gather,
  graph,
  input,
  reduceMean,
  softmax,
  sub,
  writeOnnx,
} from "../graph/index.ts";
import { audio, category, defineSchema } from "../schema/index.ts";
import { load } from "./load.ts";
import { encodeMetadata, type ModelMetadata } from "./metadata.ts";
import { typesModule } from "./types-module.ts";

const classes = ["above", "below"];
const schema = defineSchema({
  sound: audio({ rate: 8000, length: 3 }),
  side: category({ role: "target", labels: ["above", "below"] }),
});
const base64 = (samples: readonly number[]): string =>
  Buffer.from(Float32Array.from(samples).buffer).toString("base64");
const share = 1 / (1 + Math.exp(-1));
const golden: ModelMetadata["golden"] = {
  inputs: { sound: [base64([0, 0, 0]), base64([0.5, 0.5, 0.5])] },
  prediction: ["above", "above"],
  probabilities: [
    [0.5, 0.5],
    [share, 1 - share],
  ],
};

/** Whether the mean of the samples lies above zero. */
function sides(proof: ModelMetadata["golden"]): Uint8Array {
  const x = input("sound", "float32", ["batch", 3]);
  const mean = reduceMean(cast(x, "float64"), { axes: [1], keepDims: true });
  const probabilities = softmax(concat([mean, sub(0, mean)], 1), 1);
  const labels = constant({ dtype: "string", shape: [2], data: classes });
  const prediction = gather(labels, argMax(probabilities, { axis: 1, keepDims: true }));
  const metadata = encodeMetadata({
    schema,
    task: { kind: "multiclass", target: "side" },
    classes,
    golden: proof,
  });
  return writeOnnx(graph({ inputs: [x], outputs: { prediction, probabilities } }), { metadata });
}

test("answers samples, and proves its golden sounds", async () => {
  const model = await load(sides(golden), schema, { name: "sides.onnx" });
  const answers = await model.predict([
    { sound: Float32Array.of(-1, -1, 0.5) },
    { sound: Float32Array.of(0.5, 0.5, 0.5) },
  ]);
  expect(answers.map(({ prediction }) => prediction)).toEqual(["below", "above"]);
  expect(answers[1]!.probabilities.above).toBeCloseTo(share, 6);
  await model.close();
  const wrong = { ...golden, probabilities: [golden.probabilities![0]!, [1, 0]] };
  await expect(load(sides(wrong))).rejects.toMatchObject({ code: "MODEL_CHANGED" });
  for (const cell of ["AAAA", "no base64!", null]) {
    const odd = { ...golden, inputs: { sound: [golden.inputs["sound"]![0]!, cell] } };
    await expect(load(sides(odd))).rejects.toMatchObject({ code: "MODEL_INVALID" });
  }
});

test("refuses what is no sound of its length, and tables", async () => {
  const model = await load(sides(golden), undefined, { name: "sides.onnx" });
  await expect(model.predictOne({ sound: new Float32Array(7) })).rejects.toMatchObject({
    code: "SCHEMA_WRONG_KIND",
    message: expect.stringContaining("audio (3 samples, 8000 a second), and rows[0] has 7 samples there"),
    fix: "Pass a Float32Array of 3 samples at 8000 a second; read the sound with decodeSound first.",
  });
  await expect(model.predictOne({ sound: Float32Array.of(0, Number.NaN, 0) })).rejects.toMatchObject({
    message: expect.stringContaining("has samples that are no number there"),
  });
  await expect(model.predictOne({ sound: null })).rejects.toMatchObject({ code: "SCHEMA_WRONG_KIND" });
  const cells = new Map([["sound", { type: "number", values: new Float64Array(1) } as const]]);
  await expect(model.predictColumns(cells, 1)).rejects.toMatchObject({
    code: "SCHEMA_WRONG_KIND",
    message: expect.stringContaining('sounds ("sound"), which no column of a table holds'),
  });
  await model.close();
});

test("the types say samples, and another rate is another model", async () => {
  const text = typesModule(
    { schema, task: { kind: "multiclass", target: "side" }, classes, golden },
    "sides",
  );
  expect(text).toContain("  sound: audio({ rate: 8000, length: 3 }),");
  const other = defineSchema({
    ...{ sound: audio({ rate: 16_000, length: 3 }) },
    side: category({ role: "target", labels: ["above", "below"] }),
  });
  await expect(load(sides(golden), other)).rejects.toMatchObject({ code: "SCHEMA_MISMATCH" });
});
