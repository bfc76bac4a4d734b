/** A node of a file being rewritten: attributes taken away, inputs added, other nodes put around it. */
import { type DType, MillwrightError, type Tensor } from "../../core/index.ts";
import type { AnyValue } from "../types.ts";
import { fillTensor } from "../value.ts";
import type { AttributeProto, NodeProto, TensorProto } from "./messages.ts";
import { toNumber } from "../attributes.ts";
import { tensorToProto, textOf } from "./tensor.ts";

/** What is known of a value by name; undefined when nothing is. */
export type TypeLookup = (name: string) => Pick<AnyValue, "dtype" | "shape"> | undefined;

const encoder = new TextEncoder();

export class Rewriter {
  readonly version: number;
  readonly lookup: TypeLookup;
  readonly before: NodeProto[] = [];
  readonly after: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  type: string;
  inputs: string[];
  outputs: string[];
  readonly #node: NodeProto;
  readonly #attributes: Map<string, AttributeProto>;
  #count = 0;

  constructor(node: NodeProto, version: number, lookup: TypeLookup) {
    this.#node = node;
    this.version = version;
    this.lookup = lookup;
    this.type = node.opType ?? "";
    this.inputs = [...(node.input ?? [])];
    this.outputs = [...(node.output ?? [])];
    this.#attributes = new Map((node.attribute ?? []).map((attribute) => [attribute.name ?? "", attribute]));
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }
  /** Takes an integer attribute away. */
  int(name: string): number | undefined {
    const found = this.#take(name)?.i;
    return found === undefined ? undefined : toNumber(found);
  }
  ints(name: string): (number | bigint)[] | undefined {
    const found = this.#take(name);
    return found && [...(found.ints ?? [])];
  }
  float(name: string): number | undefined {
    return this.#take(name)?.f;
  }
  floats(name: string): number[] | undefined {
    const found = this.#take(name);
    return found && Array.from(found.floats ?? []);
  }
  string(name: string): string | undefined {
    const found = this.#take(name);
    return found && textOf(found.s ?? new Uint8Array());
  }
  strings(name: string): Uint8Array[] | undefined {
    const found = this.#take(name);
    return found && [...(found.strings ?? [])];
  }
  drop(name: string): void {
    this.#attributes.delete(name);
  }
  set(attribute: AttributeProto): void {
    this.#attributes.set(attribute.name ?? "", attribute);
  }
  setInt(name: string, value: number): void {
    this.set({ name, i: value, type: 2 });
  }
  setString(name: string, value: string): void {
    this.set({ name, s: encoder.encode(value), type: 3 });
  }

  #take(name: string): AttributeProto | undefined {
    const found = this.#attributes.get(name);
    this.#attributes.delete(name);
    return found;
  }

  /** A new constant; returns its name. */
  constant(dtype: DType, shape: readonly number[], values: readonly (number | bigint)[]): string {
    const name = this.fresh();
    const tensor: Tensor = { dtype, shape, data: fillTensor(dtype, values) };
    this.initializers.push(tensorToProto(tensor, name));
    return name;
  }
  int64s(values: readonly (number | bigint)[]): string {
    return this.constant("int64", [values.length], values);
  }

  /** Sets an input, filling the places before it with "left out". */
  setInput(index: number, name: string): void {
    while (this.inputs.length < index) this.inputs.push("");
    this.inputs[index] = name;
  }

  /** A name derived from the first output's. */
  fresh(): string {
    return `${this.outputs.find((name) => name !== "") ?? this.type}/upgraded_${this.#count++}`;
  }

  rank(name: string | undefined): number | undefined {
    return name === undefined ? undefined : this.lookup(name)?.shape?.length;
  }
  dtype(name: string | undefined): DType | undefined {
    return name === undefined ? undefined : this.lookup(name)?.dtype;
  }

  /** @throws MillwrightError `MODEL_VERSION`. */
  refuse(why: string): never {
    throw new MillwrightError(
      "MODEL_VERSION",
      `The node "${this.#node.name ?? ""}" (${this.#node.opType}) of opset ${this.version} ${why}.`,
      "Convert the file with onnx.version_converter, or export it with opset 18 or later.",
    );
  }

  finish(): NodeProto[] {
    const node: NodeProto = {
      ...this.#node,
      opType: this.type,
      input: this.inputs,
      output: this.outputs,
      attribute: [...this.#attributes.values()],
    };
    return [...this.before, node, ...this.after];
  }
}
