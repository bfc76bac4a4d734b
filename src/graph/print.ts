/** A graph as text, one line a value, for people. */
import type { Attribute } from "./attributes.ts";
import { showShape } from "./dims.ts";
import { type Graph, inputName, nameValues } from "./graph.ts";
import { isKnown, tensorOf } from "./value.ts";
import type { AnyValue, Node } from "./types.ts";

/** Longest text of a constant or attribute before it is cut. */
const longest = 40;

/**
 * Readable text of a graph.
 *
 * ```
 * graph churn
 *   in  age: float32 [batch, 1]
 *       add_0: float32 [batch, 1] = Add(age, constant_0)
 *   out prediction: float32 [batch, 1] = sqrt_1
 * ```
 */
export function printGraph(graph: Graph): string {
  const names = nameValues(graph);
  const nameOf = (value: AnyValue | undefined): string => (value ? names.of.get(value)! : "–");
  const lines = [`graph ${graph.name}`];
  for (const value of graph.inputs) lines.push(`  in    ${inputName(value)}: ${type(value)}`);
  for (const value of graph.constants) {
    const kind = value.producer.kind === "parameter" ? "param" : "const";
    lines.push(`  ${kind} ${nameOf(value)}: ${type(value)} = ${elements(value)}`);
  }
  for (const node of graph.nodes) {
    const outputs = node.outputs.map((y) => `${nameOf(y)}: ${type(y)}`).join(", ");
    lines.push(`        ${outputs} = ${call(node, nameOf)}`);
  }
  for (const { name, value } of names.aliases)
    lines.push(`        ${name}: ${type(value)} = Identity(${nameOf(value)})`);
  lines.push(`  out   ${[...graph.outputs.keys()].join(", ")}`);
  return `${lines.join("\n")}\n`;
}

function type(value: AnyValue): string {
  return isKnown(value) ? `${value.dtype} ${showShape(value.shape)}` : (value.dtype ?? "unknown");
}

function call(node: Node, nameOf: (value: AnyValue | undefined) => string): string {
  const attributes = [...node.attributes.entries].map(([name, attribute]) => `${name}=${show(attribute)}`);
  const domain = node.domain === "" ? "" : `${node.domain}.`;
  return `${domain}${node.type}(${[...node.inputs.map(nameOf), ...attributes].join(", ")})`;
}

function show(attribute: Attribute): string {
  switch (attribute.kind) {
    case "int":
    case "float":
      return String(attribute.value);
    case "string":
      return cut(JSON.stringify(attribute.value));
    case "tensor":
      return `${attribute.value.dtype} ${showShape(attribute.value.shape)}`;
    case "ints":
    case "floats":
    case "strings":
      return cut(
        `[${Array.from(attribute.value as ArrayLike<unknown>)
          .slice(0, longest)
          .join(", ")}]`,
      );
    case "graph":
      return `graph of ${attribute.value.node?.length ?? 0} nodes`;
    case "raw":
      return "…";
  }
}

function elements(value: AnyValue): string {
  const tensor = tensorOf(value);
  if (!tensor) return "…";
  const some = Array.from(tensor.data.slice(0, longest) as ArrayLike<unknown>, (x) =>
    typeof x === "string" ? JSON.stringify(x) : String(x),
  );
  const text = some.join(", ");
  return cut(tensor.shape.length === 0 ? text : `[${text}]`, tensor.data.length > longest);
}

function cut(text: string, force = false): string {
  return text.length > longest || force ? `${text.slice(0, longest)}…` : text;
}
