/** From a source to rows that can be compared: the table is read, roles are set, columns become features. */
import { MillwrightError, type Random } from "../../core/index.ts";
import { type Finding, findings as lookAt } from "../../data/index.ts";
import {
  defaultChains,
  fitFeatures,
  type FittedFeatures,
  type Matrix,
  sourceWeights,
} from "../../features/index.ts";
import { constant, mul, type Value } from "../../graph/index.ts";
import { requireFreeOutputNames } from "../../pipeline/index.ts";
import type { Frame } from "../../schema/index.ts";
import { readTable, type TableRead } from "../read-table.ts";
import { requireFeatures, withRoles } from "../roles.ts";
import type { ClusterOptions } from "./options.ts";

export interface PreparedRows extends TableRead {
  /** Every column; those that are not compared have another role than feature. */
  readonly frame: Frame;
  readonly features: FittedFeatures;
  /** What distances are taken between: the features, weighted so that every column counts the same. */
  readonly matrix: Matrix;
  readonly findings: readonly Finding[];
  /** @param inputs - Graph inputs by column name. @returns float64 [batch, features] as in `matrix`. */
  readonly emit: (inputs: ReadonlyMap<string, Value>) => Value;
}

/** Fewest rows that are clustered. */
const minRows = 20;
/** What a run holds for each byte of the table: the rows, their features as columns and as points, 0/1 columns among them. */
const copies = 12;

/** @throws MillwrightError `DATA_TOO_FEW_ROWS`, `DATA_EMPTY`, `SCHEMA_*`, `SOURCE_*`, `DATA_*`. */
export async function prepareRows(options: ClusterOptions, random: Random): Promise<PreparedRows> {
  const named = [
    { flag: "--id", role: "id", names: [options.id] },
    { flag: "--columns", role: "feature", names: options.only },
  ] as const;
  const { frame: whole, findings: told, read } = await readTable(options, named, copies);
  requireRows(whole.rowCount);
  const findings = [...told, ...(await lookAt(whole))].filter(
    // The order of rows matters to what is predicted from earlier ones, and nothing is predicted here.
    ({ kind }) => kind !== "timeOrder",
  );
  const schema = withRoles(whole.schema, findings, options);
  requireFeatures(schema, findings, "compare rows by");
  requireFreeOutputNames(schema, ["probabilities", "distances"]);
  const frame = { ...whole, schema };
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
    ...read,
    emit: (inputs) => mul(features.emit(inputs), row),
  };
}

function requireRows(rowCount: number): void {
  if (rowCount >= minRows) return;
  throw new MillwrightError(
    "DATA_TOO_FEW_ROWS",
    `The table has ${rowCount} rows, and clustering needs at least ${minRows}.`,
    "Bring more rows.",
  );
}
