/** A file that takes pictures: bytes in, label and probabilities out. */
import { beforeAll, expect, test } from "vitest";
import {
  argMax,
  cast,
  constant,
  gather,
  graph,
  input,
  reduceMean,
  softmax,
  writeOnnx,
} from "../graph/index.ts";
import { category, defineSchema, image } from "../schema/index.ts";
import { load } from "./load.ts";
import { encodeMetadata, type ModelMetadata } from "./metadata.ts";
import { typesModule } from "./types-module.ts";

const schema = defineSchema({
  image: image({ height: 2, width: 3, channels: 3 }),
  colour: category({ role: "target", labels: ["red", "green", "blue"] }),
});
const classes = ["red", "green", "blue"];
const size = 2 * 3 * 3;
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const plain = (channel: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => (i % 3 === channel ? 200 : 0));

/** The colour that a picture has most of. */
function colours(golden: ModelMetadata["golden"]): Uint8Array {
  const x = input("image", "uint8", ["batch", 2, 3, 3]);
  const probabilities = softmax(reduceMean(cast(x, "float64"), { axes: [1, 2] }), 1);
  const labels = constant({ dtype: "string", shape: [3], data: classes });
  const prediction = gather(labels, argMax(probabilities, { axis: 1, keepDims: true }));
  const metadata = encodeMetadata({
    schema,
    task: { kind: "multiclass", target: "colour" },
    classes,
    golden,
  });
  return writeOnnx(graph({ inputs: [x], outputs: { prediction, probabilities } }), { metadata });
}

let golden: ModelMetadata["golden"];
beforeAll(() => {
  const black = 1 / 3;
  golden = {
    inputs: { image: [base64(new Uint8Array(size)), base64(plain(1))] },
    prediction: ["red", "green"],
    probabilities: [
      [black, black, black],
      [0, 1, 0],
    ],
  };
});

test("answers bytes, one picture or several, and clamped arrays", async () => {
  const model = await load(colours(golden), schema, { name: "colours.onnx" });
  const answers = await model.predict([0, 1, 2].map((channel) => ({ image: plain(channel) })));
  expect(answers.map(({ prediction }) => prediction)).toEqual(classes);
  expect(answers[2]!.probabilities.blue).toBeCloseTo(1, 12);
  const one = await model.predictOne({ image: Uint8ClampedArray.from(plain(2)) });
  expect(one.prediction).toBe("blue");
  await model.close();
});

test("refuses what is no picture of its size, and tables", async () => {
  const model = await load(colours(golden), undefined, { name: "colours.onnx" });
  await expect(model.predictOne({ image: new Uint8Array(7) })).rejects.toMatchObject({
    code: "SCHEMA_WRONG_KIND",
    message: expect.stringContaining("image (2 × 3 × 3), and rows[0] has 7 bytes there"),
    fix: "Pass a Uint8Array of 2 × 3 × 3 = 18 bytes; decode and resize the picture first.",
  });
  await expect(model.predictOne({ image: null })).rejects.toMatchObject({ code: "SCHEMA_WRONG_KIND" });
  await expect(model.predictOne({})).rejects.toMatchObject({ code: "SCHEMA_MISSING_COLUMN" });
  const cells = new Map([["image", { type: "number", values: new Float64Array(1) } as const]]);
  await expect(model.predictColumns(cells, 1)).rejects.toMatchObject({
    code: "SCHEMA_WRONG_KIND",
    message: expect.stringContaining("which no column of a table holds"),
  });
  await model.close();
});

test("golden pictures are proven, and must be pictures", async () => {
  const wrong = { ...golden, probabilities: [golden.probabilities![0]!, [1, 0, 0]] };
  await expect(load(colours(wrong))).rejects.toMatchObject({ code: "MODEL_CHANGED" });
  for (const cell of ["AAAA", "no base64!", null]) {
    const odd = { ...golden, inputs: { image: [golden.inputs["image"]![0]!, cell] } };
    await expect(load(colours(odd))).rejects.toMatchObject({ code: "MODEL_INVALID" });
  }
});

test("the types say bytes, and another size is another model", async () => {
  const text = typesModule(
    { schema, task: { kind: "multiclass", target: "colour" }, classes, golden },
    "colours",
  );
  expect(text).toContain("import { category, defineSchema, image, type PredictionOf, type RowOf }");
  expect(text).toContain('  image: image({ height: 2, width: 3, channels: 3, fit: "cover" }),');
  const other = defineSchema({
    ...{ image: image({ height: 3, width: 3, channels: 3 }) },
    colour: category({ role: "target", labels: classes }),
  });
  await expect(load(colours(golden), other)).rejects.toMatchObject({
    code: "SCHEMA_MISMATCH",
    message: expect.stringContaining("image (2 × 3 × 3) in the file and image (3 × 3 × 3) in the schema"),
  });
});
