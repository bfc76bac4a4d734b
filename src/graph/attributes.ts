/**
 * Attributes of a node: constants of fixed kinds, as ONNX has them.
 *
 * ONNX keeps integers and floats apart, JavaScript does not: so every attribute
 * carries its kind. Integers are numbers, and bigints beyond 2^53.
 */
import { assert, type Tensor } from "../core/index.ts";
import type { AttributeProto, GraphProto } from "./onnx/messages.ts";

export type Integer = number | bigint;

/** What an attribute of each kind holds. */
interface ValueByKind {
  readonly int: Integer;
  readonly float: number;
  readonly string: string;
  readonly tensor: Tensor;
  readonly ints: readonly Integer[];
  readonly floats: ArrayLike<number>;
  readonly strings: readonly string[];
  readonly graph: GraphProto;
  /** Kinds that no op of ours has (lists of tensors and graphs, types, bytes): as they stood in the file. */
  readonly raw: AttributeProto;
}
export type AttributeKind = keyof ValueByKind;
export type Attribute = {
  readonly [K in AttributeKind]: { readonly kind: K; readonly value: ValueByKind[K] };
}[AttributeKind];

/** What an op function may give for an attribute; undefined leaves it out. */
export type PlainAttribute =
  | number
  | bigint
  | boolean
  | string
  | Tensor
  | ArrayLike<number>
  | readonly string[]
  | readonly Integer[];

const int64Max = 2n ** 63n - 1n;

/** Named attributes in insertion order, with typed access. */
export class Attributes {
  readonly entries: ReadonlyMap<string, Attribute>;

  constructor(entries: ReadonlyMap<string, Attribute>) {
    this.entries = entries;
  }

  /** Tags plain values with the kinds that an op declares. */
  static of(
    kinds: Readonly<Record<string, AttributeKind>>,
    values: Readonly<Record<string, PlainAttribute | undefined>>,
  ): Attributes {
    const entries = new Map<string, Attribute>();
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined) continue;
      const kind = kinds[name];
      assert(kind !== undefined, `attribute "${name}" is not declared`);
      const plain = kind === "int" && typeof value === "boolean" ? Number(value) : value;
      entries.set(name, { kind, value: plain } as Attribute);
    }
    return new Attributes(entries);
  }

  private get<K extends AttributeKind>(name: string, kind: K): ValueByKind[K] | undefined {
    const found = this.entries.get(name);
    return found?.kind === kind ? (found.value as ValueByKind[K]) : undefined;
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }
  int(name: string, otherwise: number): number {
    return toNumber(this.get(name, "int") ?? otherwise);
  }
  float(name: string, otherwise: number): number {
    return this.get(name, "float") ?? otherwise;
  }
  string(name: string, otherwise: string): string {
    return this.get(name, "string") ?? otherwise;
  }
  ints(name: string): number[] | undefined {
    return this.get(name, "ints")?.map(toNumber);
  }
  floats(name: string): number[] | undefined {
    const found = this.get(name, "floats");
    return found && Array.from(found);
  }
  strings(name: string): readonly string[] | undefined {
    return this.get(name, "strings");
  }
  tensor(name: string): Tensor | undefined {
    return this.get(name, "tensor");
  }
}

/** An int64 as a number; the "to the end" marks near ±2^63 stay beyond every size. */
export function toNumber(value: Integer): number {
  if (typeof value === "number") return value;
  return value > int64Max ? Number.MAX_SAFE_INTEGER : Number(value);
}
