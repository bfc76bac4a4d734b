/** The ONNX project's test vectors in the shared data: models with inputs and the outputs that they must give. */
import { readFileSync } from "node:fs";
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
