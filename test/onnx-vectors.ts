/** The ONNX project's test vectors in the shared data: models with inputs and the outputs that they must give. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { Tensor } from "../src/core/index.ts";
import { type Graph, inputName } from "../src/graph/graph.ts";
import { defaultLimits } from "../src/graph/onnx/limits.ts";
import { decodeTensor } from "../src/graph/onnx/messages.ts";
import { readOnnx } from "../src/graph/onnx/read.ts";
import { tensorFromProto } from "../src/graph/onnx/tensor.ts";
import { writeOnnx } from "../src/graph/onnx/write.ts";
import { simplify } from "../src/graph/simplify.ts";
import { isKnown } from "../src/graph/value.ts";
import { compile } from "../src/runtime/index.ts";
import { readTarGz } from "./shared-data.ts";

export interface Vector {
  readonly name: string;
  readonly ops: readonly string[];
  /** How ONNX Runtime 1.30 does on the file as it stands. */
  readonly status: "pass" | "differs" | "error" | "not-loadable";
  readonly model: Uint8Array;
  /** Tensor files in order of the model's inputs and outputs. */
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

interface IndexEntry {
  readonly kind: string;
  readonly ops: readonly string[];
  readonly status: Vector["status"];
}

/** All vectors, first data set of each. */
export function readVectors(folder: string): Vector[] {
  const index = JSON.parse(readFileSync(`${folder}onnx/index.json`, "utf8")) as {
    tests: Record<string, IndexEntry>;
  };
  const archives = new Map<string, Map<string, Uint8Array>>();
  return Object.entries(index.tests).map(([name, { kind, ops, status }]) => {
    let files = archives.get(kind);
    if (!files) archives.set(kind, (files = readTarGz(`${folder}onnx/${kind}-tests.tar.gz`)));
    const path = `onnx-tests/${kind}/${name}/`;
    const list = (prefix: string): Uint8Array[] => {
      const found: Uint8Array[] = [];
      for (let i = 0; ; i++) {
        const file = files.get(`${path}test_data_set_0/${prefix}_${i}.pb`);
        if (!file) return found;
        found.push(file);
      }
    };
    const model = files.get(`${path}model.onnx`);
    if (!model) throw new Error(`${name} has no model in the archive`);
    return { name, ops, status, model, inputs: list("input"), outputs: list("output") };
  });
}

/** Vectors that cannot run here, and why. */
export const exceptions: Readonly<Record<string, string>> = {
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
export function expectClose(found: Tensor, wanted: Tensor): void {
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

/**
 * Reads a vector, writes it, and runs it where the runtime can: as read, and simplified.
 *
 * @returns The graph if it ran.
 */
export async function checkVector(vector: Vector): Promise<Graph | undefined> {
  const graph = readOnnx(vector.model);
  const file = writeOnnx(graph);
  expect(writeOnnx(readOnnx(file)), "reading and writing again gives the same bytes").toEqual(file);
  if (vector.status !== "pass" || !(await runVector(graph, file, vector))) return undefined;
  if (graph.nodes.every((node) => node.definition)) {
    const small = simplify(graph);
    expect(small.nodes.length).toBeLessThanOrEqual(graph.nodes.length);
    await runVector(small, writeOnnx(small), vector);
  }
  return graph;
}

/** The first two vectors of every set of ops and status: about half of all. */
export function sampleVectors(vectors: readonly Vector[]): Vector[] {
  const seen = new Map<string, number>();
  return vectors.filter(({ ops, status }) => {
    const key = [status, ...[...ops].sort((a, b) => (a < b ? -1 : 1))].join();
    seen.set(key, (seen.get(key) ?? 0) + 1);
    return seen.get(key)! <= 2;
  });
}
