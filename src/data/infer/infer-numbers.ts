/** What a column of plain numbers is: a number, an identifier, and whether a far-off value stands for "missing". */
import type { ColumnSchema, NumberColumnSchema } from "../../schema/index.ts";
import { type Finding, shellWord } from "../finding.ts";
import type { NumberSummary } from "./number-summary.ts";

export interface Inferred {
  readonly column: ColumnSchema;
  readonly findings: readonly Finding[];
}

/** Values that are written for "missing" where real ones are not negative. */
const sentinels = [-9, -99, -999, -9999, -99999, -999999];
const identifierWord =
  /(^|[^a-z])(id|ids|uuid|guid|index|idx|rownum|row_?number|row_?names|unnamed.*|serial|no|nr|number)$|^column_1$/i;
const camelId = /[a-z0-9](Id|ID)$/;

/** Whether a column's name says that it names rows. */
export function namesRows(name: string): boolean {
  return identifierWord.test(name.trim()) || camelId.test(name.trim());
}

/** Words of amounts and times: whole numbers under such a name are counted or measured, however many digits they have. */
const quantityWords = new Set(
  (
    "amount amounts at balance bytes capacity cost costs count counts credit date dates debit delta distance duration " +
    "elapsed energy epoch freq frequency income length mass measure micros microseconds millis milliseconds nanos " +
    "nanoseconds ns population power price prices quantity rate revenue salary sales satoshi score seconds size sum " +
    "time times timestamp timestamps total totals ts unix value values volume wei weight"
  ).split(" "),
);

/** Whether a column's name says that it counts or measures. */
function namesQuantity(name: string): boolean {
  const words = name
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/);
  return words.some((word) => quantityWords.has(word));
}

/** Whether whole numbers of more digits than float64 holds may be names under this name. */
export const mayBeLongId = (name: string): boolean => namesRows(name) || !namesQuantity(name);

/** No whole number of a table's own types is as large; what is has been measured. */
const mostLong = 2 ** 64;

/**
 * Whether a column may hold names that are whole numbers so large that float64 makes one of several: then its cells are
 * read as text.
 */
export function isLongId(
  name: string,
  { integral, low, high }: { readonly integral: boolean; readonly low: number; readonly high: number },
): boolean {
  const most = Math.max(-low, high);
  if (!integral || !(most > Number.MAX_SAFE_INTEGER)) return false;
  return namesRows(name) || (mayBeLongId(name) && most < mostLong);
}

/** Whether two whole numbers this long may be one as a float64: then they are text. */
export function losesDigits(text: string, value: number): boolean {
  return /^-?\d{16,}$/.test(text) && BigInt(text) !== BigInt(value);
}

/**
 * @param keepsFloat32 - Whether float32 keeps the distinct values apart.
 * @param place - Where the column stands: 0-based, and how many columns there are.
 */
export function inferNumbers(
  name: string,
  summary: NumberSummary,
  keepsFloat32: boolean,
  place: { readonly index: number; readonly count: number },
): Inferred {
  const { low, high, present, rowCount } = summary;
  if (low === high && present === rowCount && rowCount > 1) {
    const findings = [constantFinding(name, String(low), rowCount)];
    return { column: { name, kind: "number", role: "ignore", dtype: "float64" }, findings };
  }
  const findings: Finding[] = [];
  if (summary.infinite > 0) findings.push(infiniteFinding(name, summary.infinite));
  const missing = sentinelOf(name, summary, findings);
  const role = identifierOf(name, summary, place, findings) ? "id" : "feature";
  const dtype = keepsFloat32 ? "float32" : "float64";
  const column: NumberColumnSchema = { name, kind: "number", role, dtype, ...(missing ? { missing } : {}) };
  return { column, findings };
}

/** Infinite numbers have no place on a scale, so they count as missing, and are told. */
export function infiniteFinding(name: string, count: number): Finding {
  return {
    kind: "infinite",
    column: name,
    evidence: `${count} cells are infinite: read as missing.`,
    effect: "readAs",
    undo: null,
    numbers: { count },
  };
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

/** A repeated negative sentinel below values that are never negative otherwise. */
function sentinelOf(
  name: string,
  summary: NumberSummary,
  findings: Finding[],
): readonly string[] | undefined {
  const { low, lowRows, next, high } = summary;
  if (!sentinels.includes(low) || lowRows < 2 || !(next >= 0) || (low === -9 && high > 9)) return undefined;
  findings.push({
    kind: "missingCode",
    column: name,
    evidence: `${lowRows} cells are ${low}, and no other value is negative: read as missing.`,
    effect: "readAs",
    undo: `--column ${shellWord(`${name}=number,missing=`)}`,
    numbers: { count: lowRows, code: low },
  });
  return [String(low)];
}

/** Whole numbers that count the rows, or differ in nearly every row of a column called an id. */
function identifierOf(
  name: string,
  summary: NumberSummary,
  place: { readonly index: number; readonly count: number },
  findings: Finding[],
): boolean {
  const { rowCount, whole, counting, first, high, distinct } = summary;
  if (rowCount < 10 || place.count < 3 || !whole) return false;
  const report = (evidence: string): true => {
    findings.push({
      kind: "identifier",
      column: name,
      evidence,
      effect: "leftOut",
      undo: `--keep ${shellWord(name)}`,
      numbers: { rows: rowCount },
    });
    return true;
  };
  if (counting && (first === 0 || first === 1) && (place.index === 0 || namesRows(name))) {
    return report(`It counts the rows from ${first} to ${high}.`);
  }
  const evidence = `${distinct} of ${rowCount} rows have a value of their own, and the name says that it numbers them.`;
  return namesRows(name) && distinct >= 0.9 * rowCount && report(evidence);
}
