/**
 * A schema as a literal in code: the compiler then knows the rows and the predictions.
 *
 * `defineSchema({ age: number(), plan: category() })` is a plain `Schema` at run
 * time; its type keeps every name, kind, role and label, and `RowOf` and
 * `PredictionOf` are inferred from that type alone.
 */
import { schemaHash } from "./interface.ts";
import type {
  AudioColumnSchema,
  BooleanColumnSchema,
  CategoryColumnSchema,
  ColumnSchema,
  DatetimeColumnSchema,
  IdColumnSchema,
  ImageColumnSchema,
  Kind,
  NumberColumnSchema,
  Role,
  Schema,
  SequenceColumnSchema,
  TextColumnSchema,
  TokensColumnSchema,
} from "./schema.ts";

type WithoutName<C> = C extends ColumnSchema ? Omit<C, "name"> : never;
/** A column of a literal: everything but its name, which is its key. */
export type ColumnSpec = WithoutName<ColumnSchema>;
type Options<C extends ColumnSchema> = Partial<Omit<C, "name" | "kind" | "role" | "labels">>;
type Spec<C extends ColumnSchema, R extends Role> = Omit<C, "name" | "role"> & { readonly role: R };
type LabelledSpec<C, R extends Role, L extends string> = Omit<C, "name" | "role" | "labels"> & {
  readonly role: R;
  readonly labels?: readonly L[];
};

/**
 * A number. As a target: regression, or with a `horizon` the next values of a series, and with a `coverage` an interval
 * of each.
 */
export function number<
  const R extends Role = "feature",
  const H extends number | undefined = undefined,
  const C extends number | undefined = undefined,
>(
  options: Omit<Options<NumberColumnSchema>, "horizon" | "coverage"> & {
    readonly role?: R;
    readonly horizon?: H;
    readonly coverage?: C;
  } = {},
): Spec<Omit<NumberColumnSchema, "horizon" | "coverage">, R> & {
  readonly horizon?: NonNullable<H>;
  readonly coverage?: NonNullable<C>;
} {
  const { horizon, coverage, ...rest } = options;
  const said = { ...(horizon && { horizon }), ...(coverage && { coverage }) };
  return { dtype: "float64", ...rest, ...said, kind: "number", role: roleOf(options) };
}

/**
 * One of some strings; or of some numbers, with `numeric`, and rows may then hold either.
 * As a target, `labels` are its classes in the order of `probabilities`; `answers` says what a clustering
 * gives beside the label instead, or that a row may bear several `labels`.
 */
export function category<
  const R extends Role = "feature",
  const L extends string = string,
  const N extends true | undefined = undefined,
  const A extends "distances" | "label" | "labels" | "tags" | undefined = undefined,
>(
  options: Omit<Options<CategoryColumnSchema>, "numeric" | "answers"> & {
    readonly role?: R;
    readonly labels?: readonly L[];
    readonly numeric?: N;
    readonly answers?: A;
  } = {},
): LabelledSpec<Omit<CategoryColumnSchema, "numeric" | "answers">, R, L> & {
  readonly numeric?: NonNullable<N>;
  readonly answers?: NonNullable<A>;
} {
  const { numeric, answers, ...rest } = options;
  return {
    ...rest,
    ...(numeric && { numeric }),
    ...(answers && { answers }),
    kind: "category",
    role: roleOf(options),
  };
}

/** True or false. As a target, its classes are the labels "true" and "false". */
export function boolean<const R extends Role = "feature", const L extends string = "true" | "false">(
  options: Options<BooleanColumnSchema> & { readonly role?: R; readonly labels?: readonly L[] } = {},
): LabelledSpec<BooleanColumnSchema, R, L> {
  return { ...options, kind: "boolean", role: roleOf(options) };
}

/** A point in time: `instant` carries a zone and takes a `Date`, `wall` has none and takes an ISO string. */
export function datetime<const R extends Role = "feature", const K extends "instant" | "wall" = "instant">(
  options: Omit<Options<DatetimeColumnSchema>, "clock"> & { readonly role?: R; readonly clock: K },
): Spec<DatetimeColumnSchema, R> & { readonly clock: K } {
  return { ...options, kind: "datetime", role: roleOf(options) };
}

/** Words written by people. */
export function text<const R extends Role = "feature">(
  options: Options<TextColumnSchema> & { readonly role?: R } = {},
): Spec<TextColumnSchema, R> {
  return { ...options, kind: "text", role: roleOf(options) };
}

/** Names a row; never a feature. */
export function id(options: Options<IdColumnSchema> = {}): Spec<IdColumnSchema, "id"> {
  return { ...options, kind: "id", role: "id" };
}

/** A picture: height × width × channels bytes, 0 … 255, row by row, the channels of a pixel side by side. */
export function image(
  options: Pick<ImageColumnSchema, "height" | "width" | "channels"> & Partial<Pick<ImageColumnSchema, "fit">>,
): Spec<ImageColumnSchema, "feature"> {
  return { fit: "cover", ...options, kind: "image", role: "feature" };
}

/** Rows in the order of their time: `steps` of them, each with a number a column. */
export function sequence(
  options: Pick<SequenceColumnSchema, "steps" | "columns" | "pad">,
): Spec<SequenceColumnSchema, "feature"> {
  return { ...options, kind: "sequence", role: "feature" };
}

/** A sound: `length` samples of one channel, −1 … 1, at `rate` samples a second. */
export function audio(
  options: Pick<AudioColumnSchema, "rate" | "length">,
): Spec<AudioColumnSchema, "feature"> {
  return { ...options, kind: "audio", role: "feature" };
}

/** A sentence cut into tokens, at most `places` of them. */
export function tokens(options: Pick<TokensColumnSchema, "places">): Spec<TokensColumnSchema, "feature"> {
  return { ...options, kind: "tokens", role: "feature" };
}

function roleOf<R extends Role>(options: { readonly role?: R }): R {
  return options.role ?? ("feature" as R);
}

/** A literal; only the kinds are asked for, so that roles and labels are inferred from each call alone. */
type Specs = Readonly<Record<string, { readonly kind: Kind }>>;
type TypedColumn<S extends Specs> = Extract<
  { readonly [K in keyof S & string]: S[K] & { readonly name: K } }[keyof S & string],
  ColumnSchema
>;

/** A schema whose type knows its columns. */
export interface TypedSchema<C extends ColumnSchema> extends Schema {
  readonly columns: readonly C[];
  /** SHA-256 of what rows and answers look like, see `schemaHash`. */
  readonly hash: string;
}

/**
 * Makes a schema of a literal.
 *
 * @param columns - Column name → `number()`, `category()`, … in table order.
 */
export function defineSchema<const S extends Specs>(
  columns: S & (S extends Readonly<Record<string, ColumnSpec>> ? unknown : never),
): TypedSchema<TypedColumn<S>> {
  const named = Object.entries(columns).map(
    ([name, spec]) => ({ ...spec, name }) as unknown as TypedColumn<S>,
  );
  return { columns: named, hash: schemaHash({ columns: named }) };
}

type CellOf<C extends ColumnSchema> = C extends { readonly kind: "number" }
  ? number
  : C extends { readonly kind: "boolean" }
    ? boolean
    : C extends { readonly kind: "datetime"; readonly clock: "instant" }
      ? Date
      : C extends { readonly kind: "image" }
        ? Picture
        : C extends { readonly kind: "audio" }
          ? Float32Array
          : C extends { readonly kind: "sequence" }
            ? Sequence
            : C extends { readonly kind: "tokens" }
              ? readonly string[]
              : C extends { readonly kind: "category"; readonly numeric?: infer N }
                ? [N] extends [never] | [undefined]
                  ? string
                  : string | number
                : string;
type ColumnsOf<S extends Schema> = S["columns"][number];

/** A cell as applications pass it: null is missing. */
export type Cell = number | string | boolean | Date | null;

/** A picture as applications pass it; a clamped array is what a canvas holds. */
export type Picture = Uint8Array | Uint8ClampedArray;

/** A sequence as applications pass it: its rows in the order of time, or their numbers row by row. */
export type Sequence =
  | readonly Readonly<Record<string, number | boolean | null>>[]
  | Float64Array
  | Float32Array;

/** A row as applications pass it: every feature column is a key; null is missing. */
export type RowOf<S extends Schema> =
  ColumnSchema extends ColumnsOf<S>
    ? Readonly<Record<string, Cell | Picture | Sequence | readonly string[]>>
    : {
        readonly [C in Extract<ColumnsOf<S>, { readonly role: "feature" }> as C["name"]]:
          | CellOf<C>
          | (C extends { readonly kind: "image" | "audio" | "sequence" | "tokens" } ? never : null);
      };

type TargetOf<S extends Schema> = Extract<ColumnsOf<S>, { readonly role: "target" }>;
/** The labels of a schema's target, as a union; `never` for regression. */
export type LabelOf<S extends Schema> =
  TargetOf<S> extends { readonly labels?: readonly (infer L)[] } ? L : never;

/** What stands beside a label; `never` where that are probabilities. */
type BesideOf<S extends Schema> = TargetOf<S> extends { readonly answers?: infer A } ? A : never;

/** One label; where a row may bear several, all that it bears; of a sentence, one a token. */
type ChosenOf<S extends Schema> = [BesideOf<S>] extends ["labels" | "tags"]
  ? [BesideOf<S>] extends [never]
    ? LabelOf<S> & string
    : readonly (LabelOf<S> & string)[]
  : LabelOf<S> & string;

/** One number, or where several are forecast, the next ones. */
type NumberOf<S extends Schema> =
  TargetOf<S> extends { readonly horizon?: infer H }
    ? [H] extends [never] | [undefined]
      ? number
      : readonly number[]
    : number;

/** Ends of the interval of each value that is forecast, where the file gives them. */
type IntervalOf<S extends Schema> =
  TargetOf<S> extends { readonly coverage?: infer C }
    ? [C] extends [never] | [undefined]
      ? unknown
      : { readonly low: readonly number[]; readonly high: readonly number[] }
    : unknown;

/** An answer: a label with every label's probability or distance, or a number. */
export type PredictionOf<S extends Schema> =
  ColumnSchema extends ColumnsOf<S>
    ? {
        readonly prediction: string | number | readonly string[] | readonly number[];
        readonly probabilities?: Readonly<Record<string, number>>;
        readonly distances?: Readonly<Record<string, number>>;
        readonly low?: readonly number[];
        readonly high?: readonly number[];
      }
    : TargetOf<S> extends { readonly kind: "number" }
      ? { readonly prediction: NumberOf<S> } & IntervalOf<S>
      : { readonly prediction: ChosenOf<S> } & ([BesideOf<S>] extends ["label" | "tags"]
          ? [BesideOf<S>] extends [never]
            ? { readonly probabilities: Readonly<Record<LabelOf<S> & string, number>> }
            : unknown
          : [BesideOf<S>] extends ["distances"]
            ? { readonly distances: Readonly<Record<LabelOf<S> & string, number>> }
            : { readonly probabilities: Readonly<Record<LabelOf<S> & string, number>> });
