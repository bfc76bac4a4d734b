/**
 * Typed references to the columns of a schema literal.
 *
 * `columnsOf(schema).age` knows at compile time that `age` exists, is a feature
 * and is a number, so that a wrong name, the target, or a text column given to
 * `scale` does not compile.
 */
import type { ColumnSchema, Kind, Schema } from "../schema/index.ts";
import { chainOf, type Chain, type Encoder, type Transform } from "./step.ts";

/** A feature column by name, with its kind. */
export class ColumnRef<K extends Kind = Kind, N extends string = string> {
  readonly name: N;
  readonly kind: K;

  constructor(name: N, kind: K) {
    this.name = name;
    this.kind = kind;
  }
}

/** A reference for every feature column of a schema, by name. */
export type ColumnRefs<S extends Schema> = {
  readonly [C in S["columns"][number] as C["role"] extends "feature" ? C["name"] : never]: ColumnRef<
    C["kind"],
    C["name"]
  >;
};

/** References to the columns of a schema that may be features. */
export function columnsOf<S extends Schema>(schema: S): ColumnRefs<S> {
  const features = schema.columns.filter((column) => column.role === "feature");
  return Object.fromEntries(
    features.map((column: ColumnSchema) => [column.name, new ColumnRef(column.name, column.kind)]),
  ) as unknown as ColumnRefs<S>;
}

/** One or more columns of some kinds, and perhaps options at the end. */
export type ColumnsThen<K extends Kind, O> =
  | readonly [ColumnRef<K>, ...ColumnRef<K>[]]
  | readonly [ColumnRef<K>, ...ColumnRef<K>[], O];

/** Takes columns and options apart. */
function takeApart<O>(args: readonly (ColumnRef | O | undefined)[]): {
  names: string[];
  options: O | undefined;
} {
  const names = args.filter((arg) => arg instanceof ColumnRef).map((ref) => ref.name);
  return { names, options: args.find((arg): arg is O => arg !== undefined && !(arg instanceof ColumnRef)) };
}

/** The chain of an encoder for its columns. */
export function encoderChain<O>(
  args: readonly (ColumnRef | O)[],
  encoder: (options: O | undefined) => Encoder,
): Chain {
  const { names, options } = takeApart<O>(args);
  return chainOf(names, encoder(options));
}

/** A transform by its options alone; or, given columns, their chain that ends in it. */
export function transformOrChain<O>(
  args: readonly (ColumnRef | O | undefined)[],
  transform: (options: O | undefined) => Transform,
  before: (names: readonly string[]) => Chain,
): Transform | Chain {
  const { names, options } = takeApart<O>(args);
  const made = transform(options);
  return names.length === 0 ? made : before(names).pipe(made);
}
