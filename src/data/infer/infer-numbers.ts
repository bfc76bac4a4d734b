/** What a column of plain numbers is: a number, an identifier, and whether a far-off value stands for "missing". */
import type { ColumnSchema, NumberColumnSchema } from "../../schema/index.ts";
import { type Finding, shellWord } from "../finding.ts";
import { float32Keeps } from "./float-precision.ts";

export interface Inferred {
  readonly column: ColumnSchema;
  readonly findings: readonly Finding[];
}

/** Values that are written for "missing" where real ones are not negative. */
const sentinels = [-9, -99, -999, -9999, -99999, -999999];
const identifierName =
  /(^|[^a-z])(id|ids|uuid|guid|index|idx|rownum|row_?number|row_?names|unnamed.*|serial)$|[a-z](Id|ID)$|^column_1$/i;

/** Whether a column's name says that it names rows. */
export function namesRows(name: string): boolean {
  return identifierName.test(name.trim());
}

/**
 * @param values - NaN is missing; all finite.
 * @param place - Where the column stands: 0-based, and how many columns there are.
 */
export function inferNumbers(
  name: string,
  values: Float64Array,
  place: { readonly index: number; readonly count: number },
): Inferred {
  const constant = constantOf(values);
  if (constant !== undefined) {
    const findings = [constantFinding(name, String(constant), values.length)];
    return { column: { name, kind: "number", role: "ignore", dtype: "float64" }, findings };
  }
  const findings: Finding[] = [];
  const missing = sentinelOf(name, values, findings);
  const role = identifierOf(name, values, place, findings) ? "id" : "feature";
  const dtype = float32Keeps(values) ? "float32" : "float64";
  const column: NumberColumnSchema = { name, kind: "number", role, dtype, ...(missing ? { missing } : {}) };
  return { column, findings };
}

/** The one value that all rows have; undefined where rows differ or one is missing. */
function constantOf(values: Float64Array): number | undefined {
  const first = values[0]!;
  for (let i = 0; i < values.length; i++) if (values[i] !== first) return undefined;
  return values.length < 2 ? undefined : first;
}

export function constantFinding(name: string, value: string, rowCount: number): Finding {
  return {
    kind: "constant",
    column: name,
    evidence: `Every one of ${rowCount} cells is ${value.length > 40 ? `${value.slice(0, 37)}...` : value}.`,
    effect: "leftOut",
    undo: `--keep ${shellWord(name)}`,
    numbers: { rows: rowCount },
  };
}

/** A repeated negative sentinel far below values that are never negative otherwise. */
function sentinelOf(name: string, values: Float64Array, findings: Finding[]): readonly string[] | undefined {
  let lowest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (values[i]! < lowest) lowest = values[i]!;
  if (!sentinels.includes(lowest)) return undefined;
  let count = 0;
  let next = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === lowest) count++;
    else if (value < next) next = value;
    if (value > highest) highest = value;
  }
  if (count < 2 || !(next >= 0) || (lowest === -9 && highest > 9)) return undefined;
  findings.push({
    kind: "missingCode",
    column: name,
    evidence: `${count} cells are ${lowest}, and no other value is below ${next}: read as missing.`,
    effect: "readAs",
    undo: `--column ${shellWord(`${name}=number,missing=`)}`,
    numbers: { count, code: lowest },
  });
  return [String(lowest)];
}

/** Whole numbers that count the rows, or differ in nearly every row of a column called an id. */
function identifierOf(
  name: string,
  values: Float64Array,
  place: { readonly index: number; readonly count: number },
  findings: Finding[],
): boolean {
  const n = values.length;
  if (n < 10 || place.count < 3) return false;
  let counting = values[0] === 0 || values[0] === 1;
  for (let i = 0; i < n; i++) {
    if (!Number.isInteger(values[i]!)) return false;
    if (counting && values[i] !== values[0]! + i) counting = false;
  }
  const report = (evidence: string): true => {
    findings.push({
      kind: "identifier",
      column: name,
      evidence,
      effect: "leftOut",
      undo: `--keep ${shellWord(name)}`,
      numbers: { rows: n },
    });
    return true;
  };
  if (counting && (place.index === 0 || namesRows(name))) {
    return report(`It counts the rows from ${values[0]} to ${values[n - 1]}.`);
  }
  if (!namesRows(name)) return false;
  const distinct = new Set(values).size;
  return (
    distinct >= 0.9 * n && report(`${distinct} of ${n} rows have a value of their own, and the name says id.`)
  );
}
