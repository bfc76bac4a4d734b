/**
 * Makes a graph smaller without changing a bit of its answers.
 *
 * One pass in topological order: nodes over constants are computed where IEEE 754
 * or integer arithmetic fixes the result (`fold.ts`), nodes that do nothing give
 * way to their input, equal nodes become one, and what no output needs is gone.
 * Parameters are never folded. Inputs stay, since they are the graph's interface.
 */
import type { Tensor } from "../core/index.ts";
import { type Attribute, toNumber } from "./attributes.ts";
import { sameShape } from "./dims.ts";
import { fold } from "./fold.ts";
import { type Graph, graph } from "./graph.ts";
import { renew } from "./rebuild.ts";
import { isKnown, tensorOf } from "./value.ts";
import type { AnyValue, Node, Value } from "./types.ts";

/** Constants up to this many elements are compared by content. */
const comparedElements = 4096;

/** A smaller graph with the same inputs, outputs, parameters and answers. */
export function simplify(from: Graph): Graph {
  const now = new Map<AnyValue, AnyValue>();
  const table = new Expressions();
  const to = (value: AnyValue): AnyValue => {
    const found = now.get(value);
    if (found) return found;
    const leaf = table.leaf(value);
    now.set(value, leaf);
    return leaf;
  };
  for (const node of from.nodes) {
    const results = simplifyNode(node, to, table);
    node.outputs.forEach((value, i) => now.set(value, results[i]!));
  }
  return graph({
    inputs: from.inputs,
    outputs: new Map([...from.outputs].map(([name, value]) => [name, to(value)])),
    metadata: from.metadata,
    name: from.name,
    carried: from.carried,
  });
}

function simplifyNode(
  node: Node,
  to: (value: AnyValue) => AnyValue,
  table: Expressions,
): readonly AnyValue[] {
  const source = countsRows(node) ? (value: AnyValue): AnyValue => to(sourceOfRows(value)) : to;
  const inputs = node.inputs.map((value) => value && source(value));
  const captured = [...(node.captures ?? [])].every(([, value]) => to(value) === value);
  const same = captured && inputs.every((value, i) => value === node.inputs[i]);
  const next = same ? node : renew(node, source);
  const values = [...next.inputs, ...next.outputs];
  if (!next.definition || next.definition.random || !values.every((value) => !value || isKnown(value))) {
    return next.outputs;
  }
  const folded = fold(next);
  if (folded) return [table.leaf(folded)];
  const through = passedThrough(next);
  return through ? [through] : table.node(next);
}

/** Whether a node asks for the size of the first dimension only. */
function countsRows({ type, domain, attributes }: Node): boolean {
  return (
    type === "Shape" && domain === "" && attributes.int("start", 0) === 0 && attributes.int("end", 0) === 1
  );
}

/** A value with as many rows as another that is put together from columns: its first part. */
function sourceOfRows(value: AnyValue): AnyValue {
  const { producer } = value;
  if (producer.kind !== "node" || producer.type !== "Concat" || producer.domain !== "") return value;
  const [first] = producer.inputs;
  if (!first || !isKnown(first)) return value;
  const rank = first.shape.length;
  const axis = producer.attributes.int("axis", 0);
  return (axis + rank) % rank === 0 ? value : sourceOfRows(first);
}

/** The input that a node returns unchanged, if it does. */
function passedThrough(node: Node): AnyValue | undefined {
  const [x, second] = node.inputs as (Value | undefined)[];
  const y = node.outputs[0] as Value;
  if (!x || node.domain !== "") return undefined;
  switch (node.type) {
    case "Identity":
      return x;
    case "Cast":
      return x.dtype === y.dtype ? x : undefined;
    case "Reshape":
    case "Expand":
      return sameShape(x.shape, y.shape) ? x : undefined;
    case "Transpose":
      return untransposed(node, x);
    case "Mul":
      return neutral(x, second!, y, 1) ?? neutral(second!, x, y, 1);
    case "Div":
      return neutral(x, second!, y, 1);
    case "Sub":
      return neutral(x, second!, y, 0);
    case "Sum":
    case "Mean":
    case "Min":
    case "Max":
    case "Concat":
      return node.inputs.length === 1 ? x : undefined;
    default:
      return undefined;
  }
}

/** x, where the other operand is the constant that leaves every x as it is (x + 0 is not: it turns −0 into 0). */
function neutral(x: Value, other: Value, y: Value, number: number): Value | undefined {
  const tensor = other.producer.kind === "constant" ? tensorOf(other) : undefined;
  if (tensor?.data.length !== 1 || !sameShape(x.shape, y.shape)) return undefined;
  const element = tensor.data[0] as number | bigint;
  return Number(element) === number && !Object.is(element, -0) ? x : undefined;
}

/** The source of a transpose that keeps the order, or undoes the one before. */
function untransposed(node: Node, x: Value): AnyValue | undefined {
  const order = orderOf(node, x);
  if (order.every((axis, i) => axis === i)) return x;
  const { producer } = x;
  if (producer.kind !== "node" || producer.type !== "Transpose" || producer.domain !== "") return undefined;
  const before = producer.inputs[0];
  if (!before || !isKnown(before)) return undefined;
  const first = orderOf(producer, before);
  return order.every((axis, i) => first[axis] === i) ? before : undefined;
}

function orderOf(node: Node, x: Value): number[] {
  return node.attributes.ints("perm") ?? x.shape.map((_, i) => x.shape.length - 1 - i);
}

/** Values by what computes them: the first one of each kind stands for all. */
class Expressions {
  readonly #byKey = new Map<string, readonly AnyValue[]>();
  readonly #numbers = new Map<unknown, number>();

  /** A small number that stands for an object in keys. */
  #number(object: unknown): number {
    let number = this.#numbers.get(object);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(object, number);
    }
    return number;
  }

  #once(key: string, values: readonly AnyValue[]): readonly AnyValue[] {
    const found = this.#byKey.get(key);
    if (found) return found;
    this.#byKey.set(key, values);
    return values;
  }

  leaf(value: AnyValue): AnyValue {
    const tensor = value.producer.kind === "constant" ? tensorOf(value) : undefined;
    if (!tensor || tensor.data.length > comparedElements) return value;
    return this.#once(contentOf(tensor), [value])[0]!;
  }

  node(node: Node): readonly AnyValue[] {
    const inputs = node.inputs.map((value) =>
      value ? `${this.#number(value.producer)}.${value.index}` : "-",
    );
    const attributes = [...node.attributes.entries]
      .map(([name, attribute]) => `${name}=${this.#attribute(attribute)}`)
      .sort();
    const parts = [node.domain, node.type, node.outputs.length, inputs.join(), ...attributes];
    return this.#once(JSON.stringify(parts), node.outputs);
  }

  #attribute({ kind, value }: Attribute): string {
    // Pipelines fitted on other folds often hold the same dictionary in another object.
    if (kind === "tensor" && value.data.length <= comparedElements) return contentOf(value);
    if (kind === "tensor" || kind === "graph" || kind === "raw") return `#${this.#number(value)}`;
    if (kind === "ints") return `${kind}:${value.map(toNumber).join()}`;
    if (kind === "floats") return `${kind}:${Array.from(value, show).join()}`;
    if (kind === "strings") return JSON.stringify(value);
    return `${kind}:${show(value)}`;
  }
}

function contentOf(tensor: Tensor): string {
  const elements = Array.from(tensor.data as ArrayLike<unknown>, show).join();
  return `${tensor.dtype}[${tensor.shape.join()}]${elements}`;
}

/** Distinguishes −0 from 0, and strings that contain the separator. */
function show(element: unknown): string {
  return Object.is(element, -0)
    ? "-0"
    : typeof element === "string"
      ? JSON.stringify(element)
      : String(element);
}
