/** From a source to rows that can be compared: the table is read, roles are set, columns become features. */
import { MillwrightError, type Random } from "../../core/index.ts";
import {
  type ColumnOverride,
  type ContentRead,
  type Finding,
  findings as lookAt,
  openTable,
  readingOf,
  readWithin,
} from "../../data/index.ts";
import {
  defaultChains,
  fitFeatures,
  type FittedFeatures,
  type Matrix,
  sourceWeights,
} from "../../features/index.ts";
import { constant, mul, type Value } from "../../graph/index.ts";
import { type ColumnSchema, featureColumns, type Frame, type Schema } from "../../schema/index.ts";
import type { ClusterOptions } from "./options.ts";

export interface PreparedRows {
  /** Every column; those that are not compared have another role than feature. */
  readonly frame: Frame;
  readonly features: FittedFeatures;
  /** What distances are taken between: the features, weighted so that every column counts the same. */
  readonly matrix: Matrix;
  readonly findings: readonly Finding[];
  /** Rows of the source, where only some of them fit into memory. */
  readonly sampledFrom?: number;
  readonly fingerprint: string;
  readonly reads: readonly ContentRead[];
  /** @param inputs - Graph inputs by column name. @returns float64 [batch, features] as in `matrix`. */
  readonly emit: (inputs: ReadonlyMap<string, Value>) => Value;
}

/** Fewest rows that are clustered. */
const minRows = 20;
/** What a run holds for each byte of the table: the rows, their features as columns and as points, 0/1 columns among them. */
const copies = 12;

/** @throws MillwrightError `DATA_TOO_FEW_ROWS`, `DATA_EMPTY`, `SCHEMA_*`, `SOURCE_*`, `DATA_*`. */
export async function prepareRows(options: ClusterOptions, random: Random): Promise<PreparedRows> {
  const table = await openTable(options.source, {
    ...readingOf(options),
    ...(options.signal && { signal: options.signal }),
    threads: options.threads,
    columns: overridesOf(options),
    copies,
  });
  try {
    const { frame: read, findings: sampled } = await readWithin(table, { memory: options.memory, copies });
    requireRows(read.rowCount);
    const findings = [...table.findings, ...sampled, ...(await lookAt(read))];
    const schema = withRoles(read.schema, options, findings);
    requireFeatures(schema, findings);
    requireFreeNames(schema);
    const frame = { ...read, schema };
    const chains = defaultChains(schema, "distance", { frame, target: false });
    const features = await fitFeatures(chains, frame, { random: random.child("features") });
    const weights = sourceWeights(features.matrix);
    const columns = features.matrix.columns.map((column, j) =>
      Float64Array.from(column, (v) => v * weights[j]!),
    );
    const row = constant({ dtype: "float64", shape: [1, weights.length], data: weights });
    return {
      frame,
      features,
      matrix: { rowCount: frame.rowCount, features: features.features, columns },
      findings,
      ...(read.rowCount < table.rowCount && { sampledFrom: table.rowCount }),
      fingerprint: await table.fingerprint(),
      reads: await table.reads(),
      emit: (inputs) => mul(features.emit(inputs), row),
    };
  } finally {
    await table.close();
  }
}

/** Roles and kinds that the user gave, by column. */
function overridesOf({ columns, only, keep, drop, id }: ClusterOptions): Record<string, ColumnOverride> {
  const overrides = Object.create(null) as Record<string, ColumnOverride>;
  const set = (name: string, given: ColumnOverride): void => {
    overrides[name] = { ...overrides[name], ...given };
  };
  for (const [name, declared] of Object.entries(columns ?? {})) set(name, declared);
  for (const name of [...(only ?? []), ...(keep ?? [])]) set(name, { role: "feature" });
  for (const name of drop ?? []) {
    const other =
      id === name ? "--id" : keep?.includes(name) ? "--keep" : only?.includes(name) ? "--columns" : "";
    if (other !== "") {
      throw new MillwrightError(
        "PARAMETER_CONFLICT",
        `The column "${name}" is dropped, and ${other} names it too.`,
        "Name it once.",
      );
    }
    set(name, { role: "ignore" });
  }
  if (id !== undefined) set(id, { role: "id" });
  return overrides;
}

function requireRows(rowCount: number): void {
  if (rowCount >= minRows) return;
  throw new MillwrightError(
    "DATA_TOO_FEW_ROWS",
    `The table has ${rowCount} rows, and clustering needs at least ${minRows}.`,
    "Bring more rows.",
  );
}

/** Named columns are compared; else all that may be, except those that a finding leaves out. */
function withRoles(schema: Schema, options: ClusterOptions, findings: readonly Finding[]): Schema {
  const kept = new Set(options.keep ?? []);
  const left = new Set(
    findings.filter((finding) => finding.effect === "leftOut").map((finding) => finding.column),
  );
  const roleOf = ({ name, role }: ColumnSchema): ColumnSchema["role"] => {
    if (role !== "feature" && role !== "target") return role;
    if (options.only !== undefined) return options.only.includes(name) ? "feature" : "ignore";
    return left.has(name) && !kept.has(name) ? "ignore" : "feature";
  };
  return { columns: schema.columns.map((column) => ({ ...column, role: roleOf(column) })) };
}

function requireFeatures(schema: Schema, findings: readonly Finding[]): void {
  if (featureColumns(schema).some((column) => column.kind !== "id")) return;
  const left = findings.filter(({ effect, column }) => effect === "leftOut" && column !== null);
  const said = left.slice(0, 6).map(({ column, kind }) => `${column} (${kind})`);
  throw new MillwrightError(
    "DATA_EMPTY",
    `No column is left to compare rows by.${said.length > 0 ? ` Left out: ${said.join(", ")}${left.length > said.length ? ", …" : ""}.` : ""}`,
    "Bring more columns, or keep one with --keep.",
  );
}

/** Names of the graph's outputs, which no feature may bear. */
const outputNames: readonly string[] = ["prediction", "probabilities", "distances"];

function requireFreeNames(schema: Schema): void {
  const clash = featureColumns(schema).find(({ name }) => outputNames.includes(name));
  if (clash === undefined) return;
  throw new MillwrightError(
    "SCHEMA_DUPLICATE_COLUMN",
    `The column "${clash.name}" is named like what the model answers.`,
    `Leave it out (--drop ${clash.name}), or rename it.`,
  );
}
