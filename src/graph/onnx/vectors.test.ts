import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import {
  checkVector,
  exceptions,
  expectClose,
  readVectors,
  sampleVectors,
} from "../../../test/onnx-vectors.ts";
import { describeWithSharedData } from "../../../test/shared-data.ts";
import { compile, releaseIdleSessions } from "../../runtime/index.ts";
import { inputName } from "../graph.ts";
import { definitions } from "../ops/catalogue.ts";
import { readOnnx } from "./read.ts";

describeWithSharedData("ONNX test vectors, some of every op (relative 1e-3, absolute 1e-5)", (folder) => {
  const vectors = readVectors(folder);
  const sample = sampleVectors(vectors.filter(({ name }) => !(name in exceptions)));
  afterAll(releaseIdleSessions);
  const ran = new Set<string>();

  test.each(sample.map((vector) => [vector.name, vector] as const))("%s", async (_name, vector) => {
    for (const node of (await checkVector(vector))?.nodes ?? []) ran.add(node.type);
  });

  test.each(Object.keys(exceptions))("%s is an exception that exists", (name) => {
    expect(vectors.map((vector) => vector.name)).toContain(name);
  });

  test("every op that we define was run, but for those without a vector", () => {
    // The shared data holds every second test of the ONNX project; contrib ops have none, and the runtime fails those of DFT and STFT.
    const missing = definitions.filter((op) => !ran.has(op.type)).map((op) => op.type);
    expect(missing).toEqual([
      "ReduceSumSquare",
      "GlobalLpPool",
      "Gelu",
      "Celu",
      "HardSwish",
      "STFT",
      "DFT",
      "MelWeightMatrix",
      "Tokenizer",
      "MurmurHash3",
    ]);
  });

  test.each(["face-rfb-320", "face-slim-320-no-postprocessing"])(
    "%s, exported with its weights among the inputs, answers as before",
    async (name) => {
      const original = readFileSync(`${folder}onnx/models/${name}.onnx`);
      const graph = readOnnx(original);
      expect(graph.inputs.map(inputName)).toEqual(["input"]);
      const data = Float32Array.from({ length: 3 * 240 * 320 }, (_, i) => Math.sin(i / 100));
      const feeds = { input: { dtype: "float32", shape: [1, 3, 240, 320], data } } as const;
      const [before, after] = [await compile(original), await compile(graph)];
      const [wanted, found] = [await before.run(feeds), await after.run(feeds)];
      expect(Object.keys(found)).toEqual(Object.keys(wanted));
      for (const output of Object.keys(wanted)) expectClose(found[output]!, wanted[output]!);
      await Promise.all([before.release(), after.release()]);
    },
  );
});
