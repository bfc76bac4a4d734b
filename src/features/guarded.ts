/**
 * A step that a user brings, held to the contract where it is fitted: its features are described, and the graph that
 * it emits answers as its own reference does, on a part of the rows that it was fitted on.
 */
import { callOwn, awaitOwn, ownCodeError } from "../core/index.ts";
import { input, type Value } from "../graph/index.ts";
import type { Cells } from "../schema/index.ts";
import { asSeen } from "./categories.ts";
import { apply, encode } from "./evaluate.ts";
import { inputDtype } from "./inputs.ts";
import type { Feature, Matrix } from "./matrix.ts";
import type {
  Encoder,
  FittedEncoder,
  FittedTransform,
  SourceColumn,
  StepContext,
  Transform,
} from "./step.ts";

/** Rows that are checked at most. */
const checkedRows = 200;
/** Largest difference of graph and reference, relative above 1: single precision passes. */
const tolerance = 1e-5;

/** @throws MillwrightError `OWN_CODE_FAILED` with the step, the column and the numbers. */
export async function guardedEncoder(
  encoder: Encoder,
  source: SourceColumn,
  context: StepContext,
): Promise<FittedEncoder> {
  const who = `The step "${encoder.kind}" on "${source.schema.name}"`;
  const fitted = callOwn(who, () => encoder.fit(source, context));
  requireFeatures(who, fitted?.features, [source.schema.name]);
  const cell = input("x", inputDtype(source.schema), ["batch", 1]);
  requireShape(
    who,
    callOwn(who, () => fitted.emit(cell)),
    fitted.features.length,
  );
  const rows = Math.min(checkedRows, context.rowCount);
  const { schema } = source;
  const cells: Cells =
    source.cells.type === "number"
      ? { ...source.cells, values: source.cells.values.slice(0, rows) }
      : { ...source.cells, codes: source.cells.codes.slice(0, rows) };
  const columns = await awaitOwn(who, () => encode({ schema, cells }, fitted, rows));
  requireColumns(who, columns, fitted.features, rows, (row) => {
    if (cells.type === "string") {
      const code = cells.codes[row]!;
      return fitted.reference(code < 0 ? "" : asSeen(cells.dictionary[code]!));
    }
    const value = cells.values[row]!;
    const narrow = schema.kind === "number" && schema.dtype === "float32";
    return fitted.reference(narrow ? Math.fround(value) : value);
  });
  return fitted;
}

/** @throws MillwrightError `OWN_CODE_FAILED` with the step, the columns and the numbers. */
export async function guardedTransform(
  transform: Transform,
  x: Matrix,
  context: StepContext,
): Promise<FittedTransform> {
  const sources = x.features.flatMap((feature) => feature.sources);
  const who = `The step "${transform.kind}" on ${sources.map((name) => `"${name}"`).join(", ")}`;
  const fitted = callOwn(who, () => transform.fit(x, context));
  requireFeatures(who, fitted?.features, sources);
  const matrix = input("x", "float64", ["batch", x.features.length]);
  requireShape(
    who,
    callOwn(who, () => fitted.emit(matrix)),
    fitted.features.length,
  );
  const rows = Math.min(checkedRows, x.rowCount);
  const some = x.columns.map((column) => column.slice(0, rows));
  const columns = await awaitOwn(who, () => apply(some, [fitted], rows));
  requireColumns(who, columns, fitted.features, rows, (row) =>
    fitted.reference(Float64Array.from(some, (column) => column[row]!)),
  );
  return fitted;
}

function requireFeatures(
  who: string,
  features: readonly Feature[] | undefined,
  sources: readonly string[],
): void {
  if (features === undefined || features.length === 0) {
    throw ownCodeError(`${who} describes ${features?.length ?? "no"} features, and needs at least one.`);
  }
  for (const feature of features) {
    const from: readonly string[] = feature.sources ?? [];
    if (feature.name && from.length > 0 && from.every((name) => sources.includes(name))) continue;
    throw ownCodeError(
      `${who} describes the feature "${feature.name}" made of ${from.length === 0 ? "nothing" : from.join(", ")}, and needs a name and sources among the columns that it reads.`,
    );
  }
}

function requireShape(who: string, { dtype, shape }: Value, width: number): void {
  if (dtype === "float64" && shape.length === 2 && shape[1] === width) return;
  throw ownCodeError(`${who} emits ${dtype} [${shape.join(", ")}], and needs float64 [batch, ${width}].`);
}

function requireColumns(
  who: string,
  columns: readonly (Float32Array | Float64Array)[],
  features: readonly Feature[],
  rows: number,
  reference: (row: number) => ArrayLike<number>,
): void {
  if (columns.length !== features.length || columns.some((column) => column.length !== rows)) {
    throw ownCodeError(
      `${who} emits ${columns.length} columns of ${columns[0]?.length ?? 0} rows for ${features.length} features of ${rows}.`,
    );
  }
  for (let row = 0; row < rows; row++) {
    const expected = callOwn(`${who} in reference`, () => reference(row));
    if (expected.length !== features.length) {
      throw ownCodeError(
        `The reference of the step gives ${expected.length} numbers in row ${row}, and ${who.replace("The", "the")} has ${features.length} features.`,
      );
    }
    for (let j = 0; j < features.length; j++) {
      const [a, b] = [columns[j]![row]!, expected[j]!];
      if (Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b))) continue;
      throw ownCodeError(
        `${who} does not agree with itself: in row ${row} the graph answers ${a} for "${features[j]!.name}", and the reference ${b}.`,
      );
    }
  }
}
