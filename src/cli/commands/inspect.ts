/** `millwright inspect`: what an ONNX file takes, answers and, when it is ours, knows of itself. */
import { MillwrightError, sha256 } from "../../core/index.ts";
import { type Graph, inputName, printGraph, readOnnx } from "../../graph/index.ts";
import { decodeMetadata, load, type ModelMetadata, readNamed, readSource } from "../../model/index.ts";
import { featureColumns, inputShape, kindOf } from "../../schema/index.ts";
import type { ImportReport } from "../../nn/index.ts";
import { carriedText } from "../../tasks/index.ts";
import { bold, clip, counted, figure, print, printJson, table } from "../terminal.ts";

export interface InspectFlags {
  readonly graph?: boolean;
  readonly trainable?: boolean;
  /** Sizes of inputs after the batch, as name=3,224,224. */
  readonly shape?: readonly string[];
  /** The value that a loss would be taken of. */
  readonly output?: string;
  readonly json?: boolean;
}

export async function inspect(path: string, flags: InspectFlags): Promise<void> {
  if (!flags.trainable && (flags.shape || flags.output !== undefined)) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      "--shape and --output say what is trained on, and --trainable is not given.",
      "Add --trainable, or leave them out.",
    );
  }
  const { bytes, name } = await readSource(path);
  const graph = readNamed(name, bytes, readOnnx);
  const ours = "millwright.format" in graph.metadata;
  const metadata = ours ? decodeMetadata(graph.metadata, name) : undefined;
  // Loading proves the golden rows; a file that was tampered with ends here.
  if (ours) await (await load(bytes, undefined, { name })).close();
  const trainable = flags.trainable ? await trainableOf(bytes, metadata, flags) : undefined;
  const facts = { bytes: bytes.length, sha256: sha256(bytes), ...ports(graph), nodes: graph.nodes.length };
  if (flags.json) {
    printJson({
      format: 1,
      file: path,
      ...facts,
      ...(flags.graph && { graph: printGraph(graph) }),
      ...(metadata && { metadata }),
      ...(trainable && { trainable }),
    });
    return;
  }
  print(
    `${bold(path)}  ${(bytes.length / 1e6).toFixed(2)} MB, ${graph.nodes.length} nodes, sha256 ${facts.sha256.slice(0, 16)}…`,
  );
  if (metadata) printMetadata(metadata);
  else {
    print("not made by millwright: no schema inside");
    for (const port of facts.inputs) print(`takes   ${port.name}  ${port.dtype} [${port.shape.join(", ")}]`);
  }
  for (const port of facts.outputs) print(`answers ${port.name}  ${port.dtype} [${port.shape.join(", ")}]`);
  if (trainable) printTrainable(trainable);
  if (flags.graph) print(`\n${printGraph(graph)}`);
}

/** What of the file trains, with names in place of what is undefined. */
async function trainableOf(
  bytes: Uint8Array,
  metadata: ModelMetadata | undefined,
  flags: InspectFlags,
): Promise<ImportReport> {
  const { load: loadNetwork } = await import("../../nn/index.ts");
  try {
    const { report } = await loadNetwork(bytes, {
      shapes: { ...ownShapes(metadata), ...shapesOf(flags.shape ?? []) },
      ...(flags.output === undefined ? {} : { output: flags.output }),
    });
    return report;
  } catch (error) {
    if (!(error instanceof MillwrightError) || error.code !== "PARAMETER_MISSING") throw error;
    const fix = "Give them: --shape input_ids=128, the sizes after the batch.";
    throw new MillwrightError(error.code, error.what, fix, { cause: error });
  }
}

/** The size of pictures that a file of ours brings all others to. */
function ownShapes(metadata: ModelMetadata | undefined): Record<string, number[]> {
  const pictures = metadata ? featureColumns(metadata.schema).filter(({ kind }) => kind === "image") : [];
  return Object.fromEntries(pictures.map((column) => [column.name, inputShape(column, 1).slice(1)]));
}

function shapesOf(texts: readonly string[]): Record<string, number[]> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name, sizes] = /^(.+)=([\d,]*)$/.exec(text) ?? [];
      if (name !== undefined && sizes !== undefined) {
        const numbers = sizes === "" ? [] : sizes.split(",").map(Number);
        if (numbers.every((size) => size > 0)) return [name, numbers];
      }
      throw new MillwrightError(
        "PARAMETER_RANGE",
        `--shape has "${text}".`,
        "Write the input's name and its sizes after the batch: --shape input_ids=128.",
      );
    }),
  );
}

/** Tensors and weights that a line names before it stops. */
const most = 12;

function printTrainable(report: ImportReport): void {
  const { trainable, parameterCount, blocking, tied, unshared, widened, head, fixedBatch } = report;
  print();
  print(`trains  ${trainable.length} tensors, ${parameterCount} numbers`);
  for (const line of table(
    trainable.slice(0, most).map(({ path, shape }) => [`        ${clip(path, 70)}`, `[${shape.join(", ")}]`]),
  ))
    print(line);
  if (trainable.length > most) print(`        … ${trainable.length - most} more: --json lists all`);
  for (const { node, op, reason, weights } of blocking)
    print(
      `blocked by ${op} "${clip(node, 60)}", which ${reason}: it keeps ${weights.length} tensors from training, so cut before it`,
    );
  if (fixedBatch)
    print(
      fixedBatch.reason === undefined
        ? `rows    written for ${fixedBatch.rows}, opened for any number`
        : `rows    ${fixedBatch.rows} only: ${fixedBatch.reason}`,
    );
  for (const { name, nodes } of tied) print(`tied    ${clip(name, 60)} in ${nodes.length} nodes`);
  if (unshared.length > 0)
    print(
      `copied  ${unshared.length} tensors of equal numbers that stood for ${unshared.reduce((sum, { into }) => sum + into.length, 0)} weights`,
    );
  if (widened > 0)
    print(`widened ${widened} tensors of 16-bit floats, which train and are written as float32`);
  if (head) print(`head    cut at "${head.at}" [${head.shape.join(", ")}], before the last ${head.before}`);
}

interface Port {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string)[];
}

function ports(graph: Graph): { readonly inputs: readonly Port[]; readonly outputs: readonly Port[] } {
  const port = (name: string, value: Graph["inputs"][number]): Port => ({
    name,
    dtype: value.dtype ?? "unknown",
    shape: value.shape ?? ["unknown"],
  });
  return {
    inputs: graph.inputs.map((value) => port(inputName(value), value)),
    outputs: [...graph.outputs].map(([name, value]) => port(name, value)),
  };
}

function printMetadata({ schema, task, classes, card, metrics, data, recipe }: ModelMetadata): void {
  if (card) print(card.summary);
  if (task.positive !== undefined)
    print(`positive: "${task.positive}" from probability ${task.threshold ?? 0.5} on`);
  if (task.thresholds !== undefined && classes !== undefined)
    print(
      `labels: ${classes.map((label, k) => `${clip(label, 30)} from ${figure(task.thresholds![k]!)} on`).join(", ")}`,
    );
  if (data)
    print(
      `trained on ${data.rowCount} rows × ${counted(data.columnCount, "column")}, sha256 ${data.sha256.slice(0, 16)}…, seed ${recipe?.seed ?? "unknown"}, by ${recipe?.software ?? "unknown"}`,
    );
  if (metrics) {
    const [first] = metrics.values;
    if (first)
      print(
        `on ${metrics.rowCount} ${metrics.rows} rows: ${first.name} ${figure(first.value)}${first.baseline === undefined ? "" : `; doing nothing ${figure(first.baseline)}`}`,
      );
  }
  print();
  const features = schema.columns.filter((column) => column.role === "feature");
  for (const line of table(features.map((column) => [`takes   ${clip(column.name, 40)}`, kindOf(column)])))
    print(line);
  for (const { column, reason } of card?.leftOut ?? []) print(`ignores ${clip(column, 40)}  ${reason}`);
  for (const member of card?.members ?? []) {
    const carried = carriedText(member.summary);
    print(
      `inside  ${member.family}, ${Math.round(member.weight * 100)} %${carried === undefined ? "" : `; carries ${carried}`}`,
    );
  }
}
