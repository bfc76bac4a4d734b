/**
 * The part of a schema that an application can see: what rows hold, and what answers hold.
 *
 * Two schemas with the same interface take the same rows and give the same kind
 * of answer, however the cells were written in the training table. So a model
 * that was refitted on other data stays loadable, and one that reads another
 * column does not. Order of columns does not matter.
 */
import { canonicalJson, type Json, nearest, sha256 } from "../core/index.ts";
import type { ColumnSchema, Schema } from "./schema.ts";

/** Columns that a model reads, in schema order. */
export function featureColumns(schema: Schema): readonly ColumnSchema[] {
  return schema.columns.filter((column) => column.role === "feature");
}

/** The column that is predicted. */
export function targetColumn(schema: Schema): ColumnSchema | undefined {
  return schema.columns.find((column) => column.role === "target");
}

/** SHA-256 of the interface: names, kinds and clocks of the features; name, kind and labels of the target. */
export function schemaHash(schema: Schema): string {
  const target = targetColumn(schema);
  const features = featureColumns(schema)
    .map((column): [string, string] => [column.name, kindOf(column)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const answer: Json =
    target === undefined
      ? null
      : [target.name, kindOf(target), ...(labelsOf(target) ?? []), ...besideInHash(target)];
  return sha256(canonicalJson({ features, target: answer }));
}

/** How two schemas differ, as the end of a sentence that names the column; undefined where they do not. */
export function schemaDifference(file: Schema, given: Schema): string | undefined {
  const inFile = new Map(featureColumns(file).map((column) => [column.name, column]));
  const inGiven = new Map(featureColumns(given).map((column) => [column.name, column]));
  for (const [name, column] of inFile) {
    const other = inGiven.get(name);
    if (other === undefined) {
      const guess = nearest(name, inGiven.keys());
      const hint = guess === undefined || inFile.has(guess) ? "" : `; its nearest name is "${guess}"`;
      return `the file reads the column "${name}" (${kindOf(column)}), and the schema has no such feature${hint}`;
    }
    if (kindOf(other) !== kindOf(column)) {
      return `the column "${name}" is ${kindOf(column)} in the file and ${kindOf(other)} in the schema`;
    }
  }
  for (const [name, column] of inGiven) {
    if (!inFile.has(name)) {
      return `the schema has the feature "${name}" (${kindOf(column)}), and the file does not read it`;
    }
  }
  return targetDifference(targetColumn(file), targetColumn(given));
}

function targetDifference(file?: ColumnSchema, given?: ColumnSchema): string | undefined {
  if (file?.name !== given?.name) {
    const [inFile, inGiven] = [file, given].map((column) => (column ? `"${column.name}"` : "no column"));
    return `the target is ${inFile} in the file and ${inGiven} in the schema`;
  }
  if (file === undefined || given === undefined) return undefined;
  if (kindOf(file) !== kindOf(given)) {
    return `the target "${file.name}" is ${kindOf(file)} in the file and ${kindOf(given)} in the schema`;
  }
  if (answersOf(file) !== answersOf(given)) {
    return `the file answers with ${answersOf(file)}, and the schema expects ${answersOf(given)}`;
  }
  const [labels, expected] = [labelsOf(file), labelsOf(given)];
  if (expected !== undefined && labels?.join("\0") !== expected.join("\0")) {
    return `the target "${file.name}" has the labels ${JSON.stringify(labels)} in the file and ${JSON.stringify(expected)} in the schema`;
  }
  return undefined;
}

/** A column's kind in words: "number", "datetime (instant)", "category (numbers)". */
export function kindOf(column: ColumnSchema): string {
  if (column.kind === "datetime") return `datetime (${column.clock})`;
  if (column.kind === "number" && column.horizon !== undefined) {
    const { horizon, coverage } = column;
    return `number (the next ${horizon}${coverage === undefined ? "" : `, with intervals of ${percentOf(coverage)}`})`;
  }
  if (column.kind === "sequence") return `sequence (${column.steps} steps of ${column.columns.join(", ")})`;
  if (column.kind === "image") return `image (${column.height} × ${column.width} × ${column.channels})`;
  if (column.kind === "audio") return `audio (${column.length} samples, ${column.rate} a second)`;
  if (column.kind === "tokens") return `tokens (at most ${column.places})`;
  return column.kind === "category" && column.numeric === true ? "category (numbers)" : column.kind;
}

const percentOf = (share: number): string => `${Number((100 * share).toPrecision(6))} %`;

/** What a file gives beside its answer. */
export function answersOf(
  target: ColumnSchema,
): "probabilities" | "distances" | "label" | "labels" | "tags" | "number" {
  if (target.kind === "number") return "number";
  return (target.kind === "category" ? target.answers : undefined) ?? "probabilities";
}

/** Only what differs from a classifier is hashed, so that the hashes of classifiers stay. */
function besideInHash(target: ColumnSchema): string[] {
  return target.kind === "category" && target.answers !== undefined ? [`answers ${target.answers}`] : [];
}

/** Classes of a target, where they are known. */
export function labelsOf(column: ColumnSchema): readonly string[] | undefined {
  return column.kind === "category" || column.kind === "boolean" ? column.labels : undefined;
}
