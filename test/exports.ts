/**
 * Files that PyTorch and Keras exported, with the rows and losses of PyTorch beside them; see golden/torch-exports.py
 * and golden/keras-exports.py.
 */
import { readFileSync } from "node:fs";
import type { Tensor } from "../src/core/index.ts";
import type { Batch } from "../src/nn/index.ts";

export interface Exported {
  readonly files: readonly string[];
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** Numbers and tensors that PyTorch trains. */
  readonly parameters: number;
  readonly tensors: number;
  readonly rate: number;
  readonly momentum: number;
  /** [4, 3], before the first step. */
  readonly scores: readonly number[];
  readonly losses: readonly number[];
  /** The same with BatchNormalization in training mode, where the file keeps it. */
  readonly training?: {
    readonly losses: readonly number[];
    readonly running_mean: readonly number[];
    readonly running_var: readonly number[];
  };
}

const salts: Readonly<Record<string, number>> = {
  "small-cnn": 1,
  half: 1,
  "batch-norm": 2,
  resnet: 4,
  "mobilenet-v2": 5,
  "mobilenet-v3": 6,
  efficientnet: 7,
  convnext: 8,
  vit: 9,
  "keras-cnn": 11,
  "keras-cnn-torch": 11,
  "keras-lstm": 12,
  "keras-gru": 13,
};

export const exportNames: readonly string[] = [
  "small-cnn",
  "half",
  "batch-norm",
  "resnet",
  "mobilenet-v2",
  "mobilenet-v3",
  "efficientnet",
  "convnext",
  "vit",
  "bert",
  "keras-cnn",
  "keras-cnn-torch",
  "keras-lstm",
  "keras-gru",
];

const at = (name: string): URL => new URL(`fixtures/exports/${name}`, import.meta.url);

export function exportedBy(name: string): Exported {
  return JSON.parse(readFileSync(at(`${name}.json`), "utf8")) as Exported;
}

export function exportedFile(file: string): Uint8Array {
  return readFileSync(at(file));
}

/** Whole numbers below the modulus, by the rule of the script. */
function whole(count: number, salt: number, modulus: number): number[] {
  return Array.from({ length: count }, (_, i) => ((i * i * 7 + i * 31 + salt * 1009) % 10007) % modulus);
}

function pictures(salt: number, shape: readonly number[]): Tensor {
  const count = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from(whole(count, salt, 10007), (n) => n / 5003.5 - 1);
  return { dtype: "float32", shape, data };
}

/** The four rows of a network, as one batch. */
export function exportedBatch(name: string): Batch {
  const { inputs } = exportedBy(name);
  const fed: Record<string, Tensor> = {};
  for (const [input, shape] of Object.entries(inputs)) {
    if (name === "keras-lstm" || name === "keras-gru") {
      const words = whole(
        shape.reduce((a, b) => a * b, 1),
        salts[name]!,
        40,
      );
      fed[input] = { dtype: "int32", shape, data: Int32Array.from(words) };
    } else if (name !== "bert") fed[input] = pictures(salts[name]!, shape);
    else {
      const numbers = input === "input_ids" ? whole(48, 3, 40) : Array.from({ length: 48 }, mask);
      fed[input] = { dtype: "int64", shape, data: BigInt64Array.from(numbers, BigInt) };
    }
  }
  return {
    inputs: fed,
    target: { dtype: "int64", shape: [4], data: BigInt64Array.from([0n, 1n, 2n, 1n]) },
    weight: new Float32Array(4).fill(1),
    rows: Uint32Array.from([0, 1, 2, 3]),
  };
}

/** The second row ends after 8 words, the last after 5. */
function mask(_: unknown, i: number): number {
  const [row, place] = [Math.floor(i / 12), i % 12];
  return (row === 1 && place >= 8) || (row === 3 && place >= 5) ? 0 : 1;
}
