/** `millwright inspect`: what an ONNX file takes, answers and, when it is ours, knows of itself. */
import { sha256 } from "../../core/index.ts";
import { type Graph, inputName, printGraph, readOnnx } from "../../graph/index.ts";
import { decodeMetadata, load, type ModelMetadata, readNamed, readSource } from "../../model/index.ts";
import { kindOf } from "../../schema/index.ts";
import { carriedText } from "../../tasks/index.ts";
import { bold, clip, figure, print, printJson, table } from "../terminal.ts";

export async function inspect(
  path: string,
  flags: { readonly graph?: boolean; readonly json?: boolean },
): Promise<void> {
  const { bytes, name } = await readSource(path);
  const graph = readNamed(name, bytes, readOnnx);
  const ours = "millwright.format" in graph.metadata;
  const metadata = ours ? decodeMetadata(graph.metadata, name) : undefined;
  // Loading proves the golden rows; a file that was tampered with ends here.
  if (ours) await (await load(bytes, undefined, { name })).close();
  const facts = { bytes: bytes.length, sha256: sha256(bytes), ...ports(graph), nodes: graph.nodes.length };
  if (flags.json) {
    printJson({
      format: 1,
      file: path,
      ...facts,
      ...(flags.graph && { graph: printGraph(graph) }),
      ...(metadata && { metadata }),
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
  if (flags.graph) print(`\n${printGraph(graph)}`);
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
      `trained on ${data.rowCount} rows × ${data.columnCount} columns, sha256 ${data.sha256.slice(0, 16)}…, seed ${recipe?.seed ?? "unknown"}, by ${recipe?.software ?? "unknown"}`,
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
