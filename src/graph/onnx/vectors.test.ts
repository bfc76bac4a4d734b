import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { readVectors, type Vector } from "../../../test/onnx-vectors.ts";
import { describeWithSharedData } from "../../../test/shared-data.ts";
import type { Tensor } from "../../core/index.ts";
import { compile, releaseIdleSessions } from "../../runtime/index.ts";
import { type Graph, inputName } from "../graph.ts";
import { definitions } from "../ops/catalogue.ts";
import { simplify } from "../simplify.ts";
import { isKnown } from "../value.ts";
import { defaultLimits } from "./limits.ts";
import { decodeTensor } from "./messages.ts";
import { readOnnx } from "./read.ts";
import { tensorFromProto } from "./tensor.ts";
import { writeOnnx } from "./write.ts";

/** Vectors that cannot run here, and why. */
const exceptions: Readonly<Record<string, string>> = {
  test_scan_sum: "Scan of opset 8 takes a batch of sequences; newer ones do not: the reader refuses it",
  test_if_seq: "the Node binding of ONNX Runtime returns no sequences",
  test_split_to_sequence_2: "the Node binding of ONNX Runtime returns no sequences",
};

const readTensor = (bytes: Uint8Array): Tensor | undefined =>
  tensorFromProto(decodeTensor(bytes, defaultLimits), "the vector", 32);

/** Feeds of a graph, or undefined where one is of a type that Node cannot feed. */
function feedsOf(graph: Graph, files: readonly Uint8Array[]): Record<string, Tensor> | undefined {
  const feeds: Record<string, Tensor> = {};
  for (const [i, value] of graph.inputs.entries()) {
    const tensor = isKnown(value) && files[i] ? readTensor(files[i]) : undefined;
    if (!tensor) return undefined;
    feeds[inputName(value)] = tensor;
  }
  return feeds;
}

/** The vectors' own tolerance: relative 1e-3, absolute 1e-5. */
function expectClose(found: Tensor, wanted: Tensor): void {
  expect([found.dtype, ...found.shape]).toEqual([wanted.dtype, ...wanted.shape]);
  const wrong = Array.from(wanted.data as ArrayLike<number | bigint | string>).findIndex((b, i) => {
    const a = found.data[i]!;
    if (typeof a !== "number" || typeof b !== "number") return a !== b;
    return !(Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-5 + 1e-3 * Math.abs(b));
  });
  if (wrong >= 0) expect(found.data[wrong], `element ${wrong}`).toBe(wanted.data[wrong]);
}

async function runVector(graph: Graph, file: Uint8Array, vector: Vector): Promise<boolean> {
  const feeds = feedsOf(graph, vector.inputs);
  // Types that no array of ours holds (float16, sequences) cannot be read back here.
  if (!feeds || [...graph.outputs.values()].some((value) => value.dtype === undefined)) return false;
  const session = await compile(file);
  const results = await session.run(feeds);
  [...graph.outputs].forEach(([name, value], i) => {
    const wanted = isKnown(value) ? readTensor(vector.outputs[i]!) : undefined;
    if (!wanted || !isKnown(value)) return;
    const found = results[name]!;
    expectClose(found, wanted);
    expect(value.dtype).toBe(found.dtype);
    expect(value.shape.length).toBe(found.shape.length);
    value.shape.forEach((dim, axis) => {
      if (typeof dim === "number") expect(dim, `inferred size of axis ${axis}`).toBe(found.shape[axis]);
    });
  });
  await session.release();
  return true;
}

describeWithSharedData("ONNX test vectors (relative 1e-3, absolute 1e-5)", (folder) => {
  const vectors = readVectors(folder);
  const usable = vectors.filter(({ name }) => !(name in exceptions));
  afterAll(releaseIdleSessions);
  const ran = new Set<string>();

  test.each(usable.map((vector) => [vector.name, vector] as const))("%s", async (_name, vector) => {
    const graph = readOnnx(vector.model);
    const file = writeOnnx(graph);
    expect(writeOnnx(readOnnx(file)), "reading and writing again gives the same bytes").toEqual(file);
    if (vector.status !== "pass") return;
    if (!(await runVector(graph, file, vector))) return;
    for (const node of graph.nodes) ran.add(node.type);
    if (graph.nodes.every((node) => node.definition)) {
      const small = simplify(graph);
      expect(small.nodes.length).toBeLessThanOrEqual(graph.nodes.length);
      await runVector(small, writeOnnx(small), vector);
    }
  });

  test.each(Object.keys(exceptions))("%s is an exception that exists", (name) => {
    expect(vectors.map((vector) => vector.name)).toContain(name);
  });

  test("every op that we define was run, but for those without a vector", () => {
    // The shared data holds every second test of the ONNX project; contrib ops have none.
    const missing = definitions.filter((op) => !ran.has(op.type)).map((op) => op.type);
    expect(missing).toEqual(["ReduceSumSquare", "Gelu", "Celu", "HardSwish", "Tokenizer", "MurmurHash3"]);
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
