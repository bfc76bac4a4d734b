/** `inspect --trainable` end to end: what it prints, its document and its mistakes. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { constant, graph, input, matMul, reduceMean, softsign, writeOnnx } from "../src/graph/index.ts";
import type { JsonSchema } from "../src/model/index.ts";
import { findProblem } from "../src/model/json-schema.ts";
import type { ImportReport } from "../src/nn/index.ts";
import { runHere, temporaryFolder } from "./cli.ts";

const root = join(import.meta.dirname, "..");
const work = temporaryFolder();
afterAll(() => work[Symbol.dispose]());
const exported = (name: string): string => join(root, "test/fixtures/exports", name);

/** A file [batch, length, 4] → [batch, 2] with an op in its middle that nobody knows. */
const odd = join(work.path, "odd.onnx");
{
  const weight = (label: string, shape: number[]): ReturnType<typeof constant> => {
    const size = shape[0]! * shape[1]!;
    const data = Float32Array.from({ length: size }, (_, i) => i);
    return { ...constant({ dtype: "float32", shape, data }), label };
  };
  const words = input("words", "float32", ["batch", "length", 4]);
  const inner = softsign(matMul(words, weight("first.weight", [4, 4])));
  const y = reduceMean(matMul(inner, weight("last.weight", [4, 2])), { axes: [1] });
  const bytes = writeOnnx(graph({ inputs: [words], outputs: { y } }));
  bytes.set(new TextEncoder().encode("Unknowns"), Buffer.from(bytes).lastIndexOf("Softsign"));
  writeFileSync(odd, bytes);
}

async function documentOf(words: readonly string[]): Promise<{ trainable: ImportReport }> {
  const { stdout, stderr, code } = await runHere(["inspect", ...words, "--trainable", "--json"]);
  expect(code, stderr).toBe(0);
  const document = JSON.parse(stdout) as { trainable: ImportReport };
  const schema = JSON.parse(readFileSync(join(root, "docs/schemas/inspect.json"), "utf8")) as JsonSchema;
  expect(findProblem(schema, document, "inspect")).toBeUndefined();
  return document;
}

describe("inspect --trainable", () => {
  test("counts tensors and numbers, and says where to cut and what was stored once", async () => {
    const { trainable } = await documentOf([exported("convnext.torchscript.onnx")]);
    expect(trainable.parameterCount).toBe(7511);
    expect(trainable.blocking).toEqual([]);
    expect(trainable.unshared.length).toBeGreaterThan(0);
    expect(trainable.head).toMatchObject({ before: "Gemm", shape: ["batch", 16] });
    const { stdout } = await runHere(["inspect", exported("convnext.torchscript.onnx"), "--trainable"]);
    expect(stdout).toMatch(/^trains {2}\d+ tensors, 7511 numbers$/m);
    expect(stdout).toMatch(/^head {4}cut at ".*" \[batch, 16\], before the last Gemm$/m);
  });

  test("says what became of a fixed number of rows", async () => {
    const opened = await runHere(["inspect", exported("resnet.dynamo.one.onnx"), "--trainable"]);
    expect(opened.stdout).toMatch(/^rows {4}written for 1, opened for any number$/m);
    const { trainable } = await documentOf([exported("bert.torchscript.one.onnx")]);
    expect(trainable.fixedBatch!.reason).toContain("(Gather)");
  });

  test("says what was stored in 16 bits, and which loop blocks a recurrent layer of Keras", async () => {
    const half = await runHere(["inspect", exported("half.dynamo.onnx"), "--trainable"]);
    expect(half.stdout).toMatch(/^widened 6 tensors of 16-bit floats/m);
    const { trainable } = await documentOf([exported("keras-gru-loop.onnx")]);
    expect(trainable.widened).toBe(0);
    expect(trainable.blocking.map(({ op }) => op)).toEqual(["Loop"]);
  });

  test("names the op that blocks, and the weights that it keeps from training", async () => {
    const { trainable } = await documentOf([odd, "--shape", "words=7,4"]);
    expect(trainable.blocking[0]).toMatchObject({
      op: "Unknowns",
      weights: ["first.weight", "last.weight"],
    });
    const { stdout } = await runHere(["inspect", odd, "--trainable", "--shape", "words=7,4"]);
    expect(stdout).toMatch(/^blocked by Unknowns .*: it keeps \d tensors from training, so cut before it$/m);
  });

  test.each([
    [["inspect", odd, "--trainable"], "PARAMETER_MISSING"],
    [["inspect", odd, "--trainable", "--shape", "words"], "PARAMETER_RANGE"],
    [["inspect", odd, "--trainable", "--shape", "words=7,5"], "SHAPE_MISMATCH"],
    [["inspect", odd, "--trainable", "--shape", "words=7,4", "--output", "z"], "PARAMETER_UNKNOWN"],
    [["inspect", odd, "--shape", "words=7,4"], "PARAMETER_CONFLICT"],
  ])("%j ends with %s", async (words, error) => {
    const { code, stderr } = await runHere(words);
    expect(code).toBe(1);
    expect(stderr).toContain(`[${error}]`);
  });
});
