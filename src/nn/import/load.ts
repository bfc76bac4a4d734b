/**
 * Files of other tools as networks to be trained on.
 *
 * The file's graph takes the place of layers, with its weights as parameters under the names that they
 * have in the file. Nothing else of it changes, so that what is written after training is the file with
 * other numbers.
 */
import { MillwrightError } from "../../core/index.ts";
import { type Graph, inputName, isKnown, readOnnx, tensorOf, type Value } from "../../graph/index.ts";
import { type ModelSource, readNamed, readSource } from "../../model/index.ts";
import type { Network, Weights } from "../network.ts";
import { matches } from "../paths.ts";
import { openBatch } from "./batch.ts";
import { type ImportedFile, type ImportOptions, networkOf, valueNamed, withoutArithmetic } from "./file.ts";
import { examine, type ImportReport } from "./report.ts";
import { candidates, type Tied, unshare, type Unshared } from "./weights.ts";

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
  const read = readNamed(name, bytes, (data) => readOnnx(data, options.limits));
  const { graph: apart, unshared, tied } = unshare(read);
  const { graph: own, fixed } = openBatch(apart, (graph) =>
    withoutArithmetic(graph, candidates(graph, []).values()),
  );
  const { value: output, name: outputName } = outputOf(own, options.output);
  requireNames(name, own, options);
  return importedFrom({ graph: own, output, outputName, options, fixed }, { unshared, tied });
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

/** A network of the part of a file under its output. */
export function importedFrom(
  part: Omit<ImportedFile, "constants">,
  notes: { readonly unshared: readonly Unshared[]; readonly tied: readonly Tied[] },
): Imported {
  const { constants, report } = examine(part, notes);
  const file = { ...part, constants };
  const weights = Object.fromEntries([...constants].map(([path, value]) => [path, tensorOf(value)!]));
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
