/**
 * Chains fitted together: a table becomes a matrix, and the same map becomes graph nodes.
 */
import { MillwrightError } from "../core/index.ts";
import type { Value } from "../graph/index.ts";
import { type Frame, takeRows } from "../schema/index.ts";
import {
  columnsRead,
  emitChain,
  fitChain,
  type FittedChain,
  referenceChain,
  sideBySide,
  transformChain,
} from "./fit-chain.ts";
import { sourceOf } from "./inputs.ts";
import type { Feature, Matrix } from "./matrix.ts";
import {
  denseColumns,
  isMostlyZeros,
  isSparse,
  joinRows,
  type MatrixPart,
  sparseMatrix,
  stackRows,
  takeSparseRows,
} from "./sparse.ts";
import type { Chain, StepContext, Union } from "./step.ts";

/** What fitting may look at besides the table; see `StepContext`. A row of weight 0 is as if it were absent. */
export type FeatureContext = Omit<StepContext, "rowCount" | "minRows"> & {
  /** A value is stored only if at least so many rows hold it; 5 unless told. */
  readonly minRows?: number;
  /** Keep a wide matrix of mostly zeros as sparse rows: for a family that reads them. */
  readonly sparse?: boolean;
};

/** Fitted features: everything that is needed to make the matrix of any rows, in a graph or here. */
export interface FittedFeatures {
  /** In the order of the matrix; names are unique. */
  readonly features: readonly Feature[];
  /** Table columns that are read, in schema order: not those of which a selection leaves nothing. */
  readonly columns: readonly string[];
  /** Of the rows that were fitted on. Target encoding is out of fold here, and only here. */
  readonly matrix: Matrix;
  /**
   * @param inputs - One value a column of `columns`, [batch, 1], as `graphInputs` makes them.
   * @returns float64 [batch, features.length].
   */
  emit(inputs: ReadonlyMap<string, Value>): Value;
  /** The matrix of other rows, by running the emitted graph. */
  transform(frame: Frame): Promise<Matrix>;
  /** The same by slow plain float64 loops: the oracle of the emitted graph. */
  reference(frame: Frame): Matrix;
}

/**
 * Fits chains on the rows of a table.
 *
 * @param chains - Chains, and unions of chains. At least one; their features stand side by side in this order.
 * @throws MillwrightError `DATA_EMPTY` without rows or chains; `SCHEMA_MISSING_COLUMN`, `SCHEMA_WRONG_KIND`,
 *   `SCHEMA_ROLE` for a column that is absent, of a kind that the step does not read, or no feature;
 *   `PARAMETER_CONFLICT` for steps that do not go together.
 */
export async function fitFeatures(
  chains: readonly (Chain | Union)[],
  frame: Frame,
  context: FeatureContext,
): Promise<FittedFeatures> {
  requireFittable(chains, frame);
  const present = presentRows(context.weight);
  if (present !== undefined) return await fitWithoutAbsent(chains, frame, context, present);
  const stepContext = { ...context, rowCount: frame.rowCount, minRows: context.minRows ?? 5 };
  const fitted: FittedChain[] = [];
  const parts: MatrixPart[] = [];
  for (const chain of chains) {
    const made = await fitChain(chain, frame, stepContext, context.sparse === true);
    fitted.push(made.fitted);
    parts.push(...made.data);
  }
  const features = withUniqueNames(fitted.flatMap((chain) => chain.features));
  const used = new Set(fitted.flatMap(columnsRead));
  const sparse = parts.some(isSparse) && isMostlyZeros(parts, frame.rowCount);
  return {
    features,
    columns: frame.schema.columns.map((column) => column.name).filter((name) => used.has(name)),
    matrix: assemble(features, parts, frame.rowCount, sparse),
    emit: (inputs) => sideBySide(fitted.map((chain) => emitChain(chain, inputs))),
    async transform(rows) {
      const made: MatrixPart[] = [];
      for (const chain of fitted) made.push(...(await transformChain(chain, rows, sparse)));
      return assemble(features, made, rows.rowCount, sparse);
    },
    reference: (rows) => ({
      rowCount: rows.rowCount,
      features,
      columns: fitted.flatMap((chain) => referenceChain(chain, rows)),
    }),
  };
}

function requireFittable(chains: readonly (Chain | Union)[], frame: Frame): void {
  const simple = chains.flatMap(simpleChains);
  const empty = simple.filter((chain) => chain.columns.length === 0).length;
  if (simple.length === 0 || empty > 0) {
    throw new MillwrightError(
      "DATA_EMPTY",
      `The features are ${simple.length} chains, ${empty} of them without a column.`,
      "Give at least one column with the role feature.",
    );
  }
  if (frame.rowCount === 0) {
    throw new MillwrightError("DATA_EMPTY", "The features have 0 rows to fit on.", "Give at least one row.");
  }
  for (const { columns, encoder } of simple) {
    for (const name of columns) {
      const { schema } = sourceOf(frame, name);
      if (schema.role !== "feature") {
        throw new MillwrightError(
          "SCHEMA_ROLE",
          `${encoder.kind} reads the column "${name}", whose role is ${schema.role}.`,
          "Take it out of the features, or change its role to feature.",
        );
      }
      if (!encoder.accepts.includes(schema.kind)) {
        throw new MillwrightError(
          "SCHEMA_WRONG_KIND",
          `${encoder.kind} reads columns of kind ${encoder.accepts.join(" or ")}, and "${name}" is ${schema.kind}.`,
          "Choose a step for its kind, or change the kind in the schema.",
        );
      }
    }
    encoder.requireAlike?.(columns.map((name) => sourceOf(frame, name).schema));
  }
}

function simpleChains(chain: Chain | Union): readonly Chain[] {
  return "chains" in chain ? chain.chains.flatMap(simpleChains) : [chain];
}

/** Rows of positive weight, or undefined when all are. */
function presentRows(weight: Float64Array | undefined): Uint32Array | undefined {
  if (weight?.includes(0) !== true) return undefined;
  return Uint32Array.from(weight.keys()).filter((row) => weight[row]! > 0);
}

/** Fits on the present rows only; the absent ones are then transformed like any other row. */
async function fitWithoutAbsent(
  chains: readonly (Chain | Union)[],
  frame: Frame,
  context: FeatureContext,
  present: Uint32Array,
): Promise<FittedFeatures> {
  const { target, weight, rowIds } = context;
  const fitted = await fitFeatures(chains, takeRows(frame, present), {
    ...context,
    weight: Float64Array.from(present, (row) => weight![row]!),
    rowIds: Uint32Array.from(present, (row) => rowIds?.[row] ?? row),
    ...(target && {
      target:
        target.kind === "regression"
          ? { ...target, values: Float64Array.from(present, (row) => target.values[row]!) }
          : { ...target, codes: Int32Array.from(present, (row) => target.codes[row]!) },
    }),
  });
  const whole = await fitted.transform(frame);
  const { sparse: fittedRows } = fitted.matrix;
  if (fittedRows !== undefined && whole.sparse !== undefined) {
    const order = Uint32Array.from({ length: frame.rowCount }, (_, i) => i);
    present.forEach((row, i) => (order[row] = frame.rowCount + i));
    return {
      ...fitted,
      matrix: sparseMatrix(whole.features, takeSparseRows(stackRows(whole.sparse, fittedRows), order)),
    };
  }
  const columns = whole.columns.map((column, j) => {
    const copy = column.slice();
    for (let i = 0; i < present.length; i++) copy[present[i]!] = fitted.matrix.columns[j]![i]!;
    return copy;
  });
  return { ...fitted, matrix: { ...whole, columns } };
}

function assemble(
  features: readonly Feature[],
  parts: readonly MatrixPart[],
  rowCount: number,
  sparse: boolean,
): Matrix {
  if (sparse) return sparseMatrix(features, joinRows(parts, rowCount));
  return {
    rowCount,
    features,
    columns: parts.flatMap((part) => (isSparse(part) ? denseColumns(part) : part)),
  };
}

/** A name that is taken gets a number behind it. */
function withUniqueNames(features: readonly Feature[]): Feature[] {
  const taken = new Set<string>();
  return features.map((feature) => {
    let name = feature.name;
    for (let n = 2; taken.has(name); n++) name = `${feature.name} (${n})`;
    taken.add(name);
    return { ...feature, name };
  });
}
