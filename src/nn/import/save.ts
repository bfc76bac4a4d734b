/** An imported network as a file again. */
import { MillwrightError, type Tensor } from "../../core/index.ts";
import {
  type AnyValue,
  constant,
  type Graph,
  graph,
  isKnown,
  parameter,
  substitute,
  type Value,
  writeOnnx,
} from "../../graph/index.ts";
import { buildNetwork, type Weights } from "../network.ts";
import { type ImportedFile, networkOf } from "./file.ts";
import type { Imported } from "./load.ts";

export interface SaveOptions {
  /** Name of the answer of a head that was put in place of the file's own. Default "scores". */
  readonly output?: string;
}

/**
 * The file with other weights: names, nodes, outputs and metadata as they were, its ops in the opset that
 * millwright writes. With a head of one's own, the nodes up to it and one output.
 *
 * @throws MillwrightError `SCHEMA_MISMATCH`, `SHAPE_MISMATCH` for weights of another network.
 */
export function saveOnnx(
  { file }: Imported,
  weights: Weights,
  { output = "scores" }: SaveOptions = {},
): Uint8Array {
  return writeOnnx(file.head ? withHead(file, weights, output) : withWeights(file, weights));
}

function withWeights(file: ImportedFile, weights: Weights): Graph {
  const from = file.graph;
  const replacements = new Map<AnyValue, AnyValue>();
  for (const [path, value] of [...file.constants, ...file.running])
    replacements.set(value, withNumbers(value, path, weights[path]));
  const names = [...from.outputs.keys()];
  const values = substitute([...from.outputs.values()], replacements);
  const outputs = new Map(names.map((name, i) => [name, values[i]!]));
  const { inputs, metadata, name, carried } = from;
  return graph({ inputs, outputs, metadata, name, carried });
}

function withHead(file: ImportedFile, weights: Weights, output: string): Graph {
  const { metadata, name, carried, inputs } = file.graph;
  const first = inputs[0]!;
  const built = buildNetwork(networkOf(file, { fold: false }), {
    batch: (isKnown(first) ? first.shape[0] : undefined) ?? "batch",
    training: false,
    dtype: file.output.dtype as "float32" | "float64",
    leaf(path, { shape }) {
      const value = file.constants.get(path) ?? file.running.get(path);
      if (value) return withNumbers(value, path, weights[path]);
      const tensor = weights[path];
      if (tensor?.shape.join() !== shape.join()) throw unfit(path, tensor, `[${shape.join(", ")}]`);
      return parameter(path, tensor!);
    },
  });
  return graph({ inputs: built.inputs, outputs: { [output]: built.scores }, metadata, name, carried });
}

/** A constant of the file with other numbers, under its own name. */
function withNumbers(value: Value, path: string, tensor: Tensor | undefined): Value {
  if (tensor?.dtype !== value.dtype || tensor.shape.join() !== value.shape.join())
    throw unfit(path, tensor, `${value.dtype} [${value.shape.join(", ")}]`);
  return { ...constant(tensor), ...(value.label === undefined ? {} : { label: value.label }) };
}

function unfit(path: string, tensor: Tensor | undefined, needed: string): MillwrightError {
  return tensor === undefined
    ? new MillwrightError(
        "SCHEMA_MISMATCH",
        `The weights have no "${path}", which the network holds as ${needed}.`,
        "Give the weights of this network.",
      )
    : new MillwrightError(
        "SHAPE_MISMATCH",
        `The weight "${path}" is ${tensor.dtype} [${tensor.shape.join(", ")}], and the network holds ${needed}.`,
        "Give the weights of this network.",
      );
}
