/**
 * Files of other tools as networks to be trained on.
 *
 * The file's graph takes the place of layers, with its weights as parameters under the names that they
 * have in the file. Nothing else of it changes, so that what is written after training is the file with
 * other numbers.
 */
import { MillwrightError } from "../../core/index.ts";
import { type Graph, inputName, isKnown, readOnnxWidened, tensorOf, type Value } from "../../graph/index.ts";
import { type ModelSource, readNamed, readSource } from "../../model/index.ts";
import type { Network, Weights } from "../network.ts";
import { matches } from "../paths.ts";
import { openBatch } from "./batch.ts";
import { type ImportedFile, type ImportOptions, networkOf, valueNamed, withoutArithmetic } from "./file.ts";
import { examine, type ImportReport } from "./report.ts";
import { candidates, isBatchNorm, unshare } from "./weights.ts";

/** A file as a network: for `fit`, `scoringGraph`, `replaceHead` and `saveOnnx`. */
export interface Imported {
  readonly network: Network;
  /** The file's numbers, by path. */
  readonly weights: Weights;
  readonly report: ImportReport;
  readonly file: ImportedFile;
}

/**
 * Reads an ONNX file as a network whose weights train.
 *
 * @param source - A path, an address or the bytes.
 * @throws MillwrightError `MODEL_INVALID`, `MODEL_LIMIT`, `MODEL_VERSION` for a file that cannot be read;
 *   `PARAMETER_UNKNOWN` for an output or input that it does not have, `PARAMETER_MISSING` for open sizes.
 */
export async function load(source: ModelSource, options: ImportOptions = {}): Promise<Imported> {
  const { bytes, name } = await readSource(source);
  const { graph: read, widened } = readNamed(name, bytes, (data) => readOnnxWidened(data, options.limits));
  const training = options.batchNorm === "train";
  const { graph: apart, unshared, tied } = unshare(read, { running: training });
  const { graph: own, fixed } = openBatch(apart, (graph) =>
    withoutArithmetic(graph, candidates(graph, []).values()),
  );
  const { value: output, name: outputName } = outputOf(own, options.output);
  requireNames(name, own, options);
  if (training) requireNormalisation(name, own);
  return importedFrom({ graph: own, output, outputName, options, fixed }, { unshared, tied, widened });
}

/** What is asked about inputs and constants must be about some that the file has. */
function requireNames(
  file: string,
  { inputs, constants }: Graph,
  { shapes = {}, buffers = [] }: ImportOptions,
): void {
  const names = inputs.map(inputName);
  const unknown = Object.keys(shapes).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new MillwrightError(
      "PARAMETER_UNKNOWN",
      `${file} has no input "${unknown}", whose sizes are given.`,
      `Its inputs are ${names.join(", ")}.`,
    );
  }
  const labels = constants.flatMap(({ label, producer }) =>
    producer.kind === "parameter" ? [producer.name] : label === undefined ? [] : [label],
  );
  const unused = buffers.find((pattern) => !labels.some((label) => matches(pattern, label)));
  if (unused === undefined) return;
  throw new MillwrightError(
    "PARAMETER_UNKNOWN",
    `The buffers "${unused}" are none of the ${labels.length} constants of ${file} (${labels.slice(0, 4).join(", ")}, …).`,
    'Write names with dots; "*" is one name, "**" any number of them.',
  );
}

/** Exporters fold normalisation into the convolution before it unless they are told not to: nothing is left to train. */
function requireNormalisation(file: string, { nodes }: Graph): void {
  const found = nodes.filter(isBatchNorm);
  if (found.length === 0) {
    throw new MillwrightError(
      "GRAPH_UNSUPPORTED",
      `${file} has no BatchNormalization to train: its exporter folded it away, or there was none.`,
      'Export it with its normalisation kept (PyTorch: training=TrainingMode.PRESERVE, or optimize=False), or leave out { batchNorm: "train" }.',
    );
  }
  const odd = found.find(({ inputs }) =>
    inputs.slice(3).some((value) => !value || !tensorOf(value) || value.label === undefined),
  );
  if (odd === undefined) return;
  throw new MillwrightError(
    "GRAPH_UNSUPPORTED",
    `The running figures of "${odd.label ?? odd.type}" in ${file} are computed, not stored.`,
    'Leave out { batchNorm: "train" }.',
  );
}

/** What was found while a file was read. */
export type Notes = Pick<ImportReport, "unshared" | "tied" | "widened">;

/** A network of the part of a file under its output. */
export function importedFrom(part: Omit<ImportedFile, "constants" | "running">, notes: Notes): Imported {
  const { constants, running, report } = examine(part, notes);
  const file = { ...part, constants, running };
  const weights = Object.fromEntries(
    [...constants, ...running].map(([path, value]) => [path, tensorOf(value)!]),
  );
  return { network: networkOf(file), weights, report, file };
}

function outputOf(from: Graph, wanted: string | undefined): { value: Value; name: string } {
  if (wanted !== undefined) return { value: valueNamed(from, wanted), name: wanted };
  for (const [name, value] of from.outputs) {
    if (isKnown(value) && (value.dtype === "float32" || value.dtype === "float64")) return { value, name };
  }
  throw new MillwrightError(
    "GRAPH_UNSUPPORTED",
    `None of the file's outputs (${[...from.outputs.keys()].join(", ")}) is known to hold floats.`,
    "Name the value to train on: { output }.",
  );
}
