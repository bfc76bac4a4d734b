/**
 * The part of JSON Schema (draft 2020-12) that the metadata of a model file needs.
 *
 * One schema value gives the check at run time, the TypeScript type
 * (`FromJsonSchema`) and the documentation, so the three cannot disagree.
 * A metadata value is hostile until it passed: the check reads own properties
 * only, and its messages quote at most a few characters of the value.
 * Source: JSON Schema Core and Validation, 2020-12.
 */
import type { Json } from "../core/index.ts";

interface Described {
  readonly description?: string;
}
interface StringSchema extends Described {
  readonly type: "string";
  readonly minLength?: number;
  readonly pattern?: string;
}
interface NumberSchema extends Described {
  readonly type: "number" | "integer";
  readonly minimum?: number;
  readonly maximum?: number;
}
interface BooleanSchema extends Described {
  readonly type: "boolean";
}
interface NullSchema extends Described {
  readonly type: "null";
}
interface EnumSchema extends Described {
  readonly enum: readonly (string | number | boolean)[];
}
interface ArraySchema extends Described {
  readonly type: "array";
  readonly items: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
}
interface ObjectSchema extends Described {
  readonly type: "object";
  readonly properties: { readonly [name: string]: JsonSchema };
  readonly required: readonly string[];
  readonly additionalProperties: false;
}
interface MapSchema extends Described {
  readonly type: "object";
  readonly additionalProperties: JsonSchema;
}
interface UnionSchema extends Described {
  readonly anyOf: readonly JsonSchema[];
}
interface AnySchema extends Described {
  readonly type?: never;
}
export type JsonSchema =
  | StringSchema
  | NumberSchema
  | BooleanSchema
  | NullSchema
  | EnumSchema
  | ArraySchema
  | ObjectSchema
  | MapSchema
  | UnionSchema
  | AnySchema;

type Optional<S extends ObjectSchema> = Exclude<keyof S["properties"], S["required"][number]>;
type Flat<T> = { readonly [K in keyof T]: T[K] };
type OfObject<S extends ObjectSchema> = Flat<
  { readonly [K in Exclude<keyof S["properties"], Optional<S>>]: FromJsonSchema<S["properties"][K]> } & {
    readonly [K in Optional<S>]?: FromJsonSchema<S["properties"][K]>;
  }
>;
type OfArray<S extends ArraySchema> = S extends { readonly minItems: 2; readonly maxItems: 2 }
  ? readonly [FromJsonSchema<S["items"]>, FromJsonSchema<S["items"]>]
  : readonly FromJsonSchema<S["items"]>[];

/** The values that a schema allows, as a type. */
export type FromJsonSchema<S extends JsonSchema> = S extends EnumSchema
  ? S["enum"][number]
  : S extends UnionSchema
    ? FromJsonSchema<S["anyOf"][number]>
    : S extends ObjectSchema
      ? OfObject<S>
      : S extends MapSchema
        ? { readonly [name: string]: FromJsonSchema<S["additionalProperties"]> }
        : S extends ArraySchema
          ? OfArray<S>
          : S extends StringSchema
            ? string
            : S extends NumberSchema
              ? number
              : S extends BooleanSchema
                ? boolean
                : S extends NullSchema
                  ? null
                  : Json;

/**
 * Checks a parsed JSON value.
 *
 * @returns The first problem, with its path: `columns[3].kind is "numbr", and needs one of …`; undefined when it fits.
 */
export function findProblem(schema: JsonSchema, value: unknown, path = "value"): string | undefined {
  if ("enum" in schema) {
    const fits = schema.enum.includes(value as string | number | boolean);
    return fits ? undefined : needs(path, value, `one of ${schema.enum.join(", ")}`);
  }
  if ("anyOf" in schema) return findUnionProblem(schema, value, path);
  switch (schema.type) {
    case undefined:
      return undefined;
    case "string":
      return findStringProblem(schema, value, path);
    case "boolean":
      return typeof value === "boolean" ? undefined : needs(path, value, "true or false");
    case "null":
      return value === null ? undefined : needs(path, value, "null");
    case "array":
      return findArrayProblem(schema, value, path);
    case "object":
      return findObjectProblem(schema, value, path);
    default:
      return findNumberProblem(schema, value, path);
  }
}

function findStringProblem(schema: StringSchema, value: unknown, path: string): string | undefined {
  if (typeof value !== "string") return needs(path, value, "a string");
  if (value.length < (schema.minLength ?? 0)) return needs(path, value, "a string that is not empty");
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(value)) {
    return needs(path, value, `a string that matches ${schema.pattern}`);
  }
  return undefined;
}

function findNumberProblem(schema: NumberSchema, value: unknown, path: string): string | undefined {
  const { minimum = -Infinity, maximum = Infinity } = schema;
  const whole = schema.type === "integer";
  const fits =
    typeof value === "number" && value >= minimum && value <= maximum && (!whole || Number.isInteger(value));
  if (fits) return undefined;
  const least = minimum === -Infinity ? "" : ` of at least ${minimum}`;
  const most = maximum === Infinity ? "" : ` of at most ${maximum}`;
  return needs(path, value, `${whole ? "a whole number" : "a number"}${least}${most}`);
}

function findArrayProblem(schema: ArraySchema, value: unknown, path: string): string | undefined {
  if (!Array.isArray(value)) return needs(path, value, "an array");
  const { minItems = 0, maxItems = Infinity } = schema;
  if (value.length < minItems || value.length > maxItems) {
    const range = maxItems === Infinity ? `at least ${minItems}` : `${minItems} to ${maxItems}`;
    return `${path} has ${value.length} items, and needs ${range}`;
  }
  if (schema.uniqueItems === true && new Set(value).size < value.length) {
    return `${path} repeats an item`;
  }
  for (let i = 0; i < value.length; i++) {
    const problem = findProblem(schema.items, value[i], `${path}[${i}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function findObjectProblem(
  schema: ObjectSchema | MapSchema,
  value: unknown,
  path: string,
): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return needs(path, value, "an object");
  }
  const properties = "properties" in schema ? schema.properties : {};
  for (const name of "required" in schema ? schema.required : []) {
    if (!Object.hasOwn(value, name)) return `${path} lacks "${name}"`;
  }
  for (const [name, item] of Object.entries(value)) {
    const known = Object.hasOwn(properties, name) ? properties[name]! : schema.additionalProperties;
    if (known === false) return `${path} has the unknown property ${quote(name)}`;
    const problem = findProblem(known, item, `${path}.${shorten(name)}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Our unions of objects are told apart by the property `kind`: only the members of the value's kind count. */
function findUnionProblem(schema: UnionSchema, value: unknown, path: string): string | undefined {
  if (schema.anyOf.some((member) => findProblem(member, value, path) === undefined)) return undefined;
  const kinds = schema.anyOf.flatMap((member) => kindsOf(member) ?? []);
  if (kinds.length === 0 || typeof value !== "object" || value === null) {
    return findProblem(schema.anyOf[0]!, value, path);
  }
  const { kind } = value as { readonly kind?: unknown };
  const meant = schema.anyOf.find((member) => kindsOf(member)?.includes(kind as string));
  return meant === undefined
    ? needs(`${path}.kind`, kind, `one of ${kinds.join(", ")}`)
    : findProblem(meant, value, path);
}

function kindsOf(member: JsonSchema): readonly (string | number | boolean)[] | undefined {
  const kind = "properties" in member ? member.properties.kind : undefined;
  return kind !== undefined && "enum" in kind ? kind.enum : undefined;
}

function needs(path: string, value: unknown, needed: string): string {
  const shown =
    typeof value === "string"
      ? quote(value)
      : Array.isArray(value)
        ? "an array"
        : value === null || typeof value !== "object"
          ? String(value)
          : "an object";
  return `${path} is ${shown}, and needs ${needed}`;
}

const quote = (text: string): string => JSON.stringify(shorten(text));
const shorten = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
