/**
 * What a column of strings is: numbers or dates written in their own way, yes and no, categories, text, or
 * identifiers. Decided on the distinct cells, each with the number of its rows.
 */
import {
  meansMissing,
  type NumberFormat,
  parseNumberCell,
  recogniseBoolean,
  recogniseDatetimeFormat,
  recogniseNumberFormat,
} from "../../schema/index.ts";
import { type Finding, shellWord } from "../finding.ts";
import { float32Keeps } from "./float-precision.ts";
import {
  constantFinding,
  infiniteFinding,
  type Inferred,
  losesDigits,
  mayBeLongId,
  namesRows,
} from "./infer-numbers.ts";

/** A column's distinct cells and how it stands in its file. */
export interface StringColumn {
  readonly name: string;
  readonly rowCount: number;
  readonly dictionary: readonly string[];
  /** Rows of each distinct cell. */
  readonly counts: Float64Array;
  readonly typed?: "boolean" | undefined;
  /** The file separates fields by semicolons, so a comma is rather a decimal comma. */
  readonly preferDecimalComma: boolean;
}

/** Rows that may be no number in a column that is otherwise numbers. */
const oddShare = 0.05;
const codeWithZeros = /^[+-]?0\d/;

export function inferStrings(column: StringColumn): Inferred {
  const { name, rowCount, dictionary, counts } = column;
  const words = split(dictionary, counts, "words");
  if (words.present.length === 0) return inferAllMissing(name, words.missing);
  if (words.present.length === 1 && words.present[0]!.count === rowCount && rowCount > 1) {
    const kind = column.typed ?? "category";
    const findings = [constantFinding(name, JSON.stringify(words.present[0]!.text), rowCount)];
    return { column: { name, kind, role: "ignore" }, findings };
  }
  if (column.typed === "boolean") {
    return { column: { name, kind: "boolean", role: "feature" }, findings: [] };
  }
  const values = split(dictionary, counts, "values");
  if (values.present.length > 0) {
    const found = inferNumberWords(column, values) ?? inferDatetimeWords(column, values);
    if (found !== undefined) return found;
  }
  const findings: Finding[] = [];
  const missing = missingFinding(name, words.missing, "category", findings);
  const written = recogniseBoolean(words.present.map((entry) => entry.text));
  if (written !== undefined) {
    const typed = written[0].trim().toLowerCase() === "true";
    findings.push({
      kind: "format",
      column: name,
      evidence: `It holds only ${JSON.stringify(written[0])} and ${JSON.stringify(written[1])}: read as yes and no.`,
      effect: "readAs",
      undo: `--column ${shellWord(`${name}=category`)}`,
    });
    return {
      column: { name, kind: "boolean", role: "feature", ...missing, ...(typed ? {} : { written }) },
      findings,
    };
  }
  if (!namesRows(name) && mayBeLongId(name) && areLongIds(words.present.map(({ text }) => text))) {
    findings.push({
      kind: "format",
      column: name,
      evidence:
        "Its whole numbers have more digits than a float64 holds: read as they are written, as names.",
      effect: "readAs",
      undo: `--column ${shellWord(`${name}=number`)}`,
    });
  }
  return inferWords(name, words.present, missing, findings);
}

interface Entry {
  readonly text: string;
  readonly count: number;
}
interface Split {
  readonly present: readonly Entry[];
  /** Not blank: a word for "missing". */
  readonly missing: readonly Entry[];
  readonly presentRows: number;
}

function split(dictionary: readonly string[], counts: Float64Array, among: "values" | "words"): Split {
  const present: Entry[] = [];
  const missing: Entry[] = [];
  let presentRows = 0;
  for (let code = 0; code < dictionary.length; code++) {
    const entry = { text: dictionary[code]!, count: counts[code]! };
    if (!meansMissing(entry.text, among)) {
      present.push(entry);
      presentRows += entry.count;
    } else if (entry.text.trim() !== "") missing.push(entry);
  }
  return { present, missing, presentRows };
}

/** A column without a single value. */
export function inferAllMissing(name: string, words: readonly Entry[] = []): Inferred {
  const missing = [...new Set(words.map((entry) => entry.text.trim()))];
  const codes = missing.length === 0 ? {} : { missing };
  return {
    column: { name, kind: "number", role: "ignore", dtype: "float32", ...codes },
    findings: [
      {
        kind: "allMissing",
        column: name,
        evidence: "Every cell is empty or a word for missing.",
        effect: "leftOut",
        undo: null,
      },
    ],
  };
}

function missingFinding(
  name: string,
  missing: readonly Entry[],
  kind: string,
  findings: Finding[],
): { readonly missing?: readonly string[] } {
  if (missing.length === 0) return {};
  const codes = missing.map((entry) => entry.text.trim());
  const count = missing.reduce((sum, entry) => sum + entry.count, 0);
  findings.push({
    kind: "missingCode",
    column: name,
    evidence: `${count} cells are ${codes.map((code) => JSON.stringify(code)).join(" or ")}: read as missing.`,
    effect: "readAs",
    undo: `--column ${shellWord(`${name}=${kind},missing=`)}`,
    numbers: { count },
  });
  return { missing: [...new Set(codes)] };
}

function inferNumberWords(column: StringColumn, values: Split): Inferred | undefined {
  const { name } = column;
  const texts = values.present.map((entry) => entry.text);
  if (mayBeLongId(name) && areLongIds(texts)) return undefined;
  if (texts.some((text) => codeWithZeros.test(text.trim()))) {
    const digits = texts.every((text) => /^[+-]?\d+$/.test(text.trim()));
    if (!digits) return undefined;
    return {
      column: { name, kind: "category", role: "feature" },
      findings: [
        {
          kind: "format",
          column: name,
          evidence: "Its whole numbers have leading zeros, as codes have: read as categories.",
          effect: "readAs",
          undo: `--column ${shellWord(`${name}=number`)}`,
        },
      ],
    };
  }
  let odd: readonly Entry[] = [];
  let format = recogniseQuickly(texts, column.preferDecimalComma);
  if (format === undefined) {
    odd = values.present.filter((entry) => !/\d/.test(entry.text));
    const oddRows = odd.reduce((sum, entry) => sum + entry.count, 0);
    if (odd.length === 0 || odd.length > 20 || oddRows > oddShare * values.presentRows) return undefined;
    const numeric = texts.filter((text) => /\d/.test(text));
    format = numeric.length === 0 ? undefined : recogniseQuickly(numeric, column.preferDecimalComma);
    if (format === undefined) return undefined;
  }
  return numberColumn(column, values, odd, format);
}

function areLongIds(texts: readonly string[]): boolean {
  const trimmed = texts.map((text) => text.trim());
  return (
    trimmed.every((text) => /^-?\d+$/.test(text)) && trimmed.some((text) => losesDigits(text, Number(text)))
  );
}

function numberColumn(
  column: StringColumn,
  values: Split,
  odd: readonly Entry[],
  format: NumberFormat,
): Inferred {
  const { name, dictionary } = column;
  const findings: Finding[] = [];
  const written = Object.keys(format).length === 0 ? undefined : format;
  const missing = missingFinding(name, values.missing, "number", findings).missing ?? [];
  if (odd.length > 0) {
    const count = odd.reduce((sum, entry) => sum + entry.count, 0);
    findings.push({
      kind: "mixedTypes",
      column: name,
      evidence: `${count} of ${values.presentRows} cells are words among numbers: read as missing.`,
      effect: "readAs",
      undo: `--column ${shellWord(`${name}=category`)}`,
      numbers: { count, rows: values.presentRows },
    });
  }
  if (written !== undefined) {
    findings.push({
      kind: "format",
      column: name,
      evidence: `Its numbers are written with ${describeFormat(written)}: ${exampleOf(written)}.`,
      effect: "readAs",
      undo: `--column ${shellWord(`${name}=category`)}`,
    });
  }
  const numbers = Float64Array.from(dictionary, (text) => parseNumberCell(text, written) ?? Number.NaN);
  const infinite = values.present.filter((entry) => Number.isNaN(parseNumberCell(entry.text, written)));
  if (infinite.length > 0) {
    const count = infinite.reduce((sum, entry) => sum + entry.count, 0);
    findings.push(infiniteFinding(name, count));
  }
  return {
    column: {
      name,
      kind: "number",
      role: "feature",
      dtype: float32Keeps(numbers) ? "float32" : "float64",
      ...(written === undefined ? {} : { format: written }),
      ...(missing.length === 0 ? {} : { missing }),
      ...(odd.length === 0 ? {} : { wordsAreMissing: true as const }),
    },
    findings,
  };
}

/** A made-up number in the format: no row's own number is shown. */
function exampleOf(format: NumberFormat): string {
  const digits = `${format.currency ?? ""}1${format.thousands ?? ""}234${format.decimal ?? "."}5`;
  return `${JSON.stringify(`${digits}${format.percent === true ? "%" : ""}`)} is 1234.5`;
}

function describeFormat(format: NumberFormat): string {
  const parts = [
    format.currency === undefined ? "" : `the currency ${format.currency}`,
    format.percent === true ? "a percent sign" : "",
    format.thousands === undefined ? "" : `${JSON.stringify(format.thousands)} between thousands`,
    format.decimal === "," ? "a decimal comma" : "",
  ].filter((part) => part !== "");
  return parts.join(" and ");
}

/** Most columns are no numbers, and the first cells show it. */
function recogniseQuickly(texts: readonly string[], preferDecimalComma: boolean): NumberFormat | undefined {
  if (texts.length > 100 && recogniseNumberFormat(texts.slice(0, 50), preferDecimalComma) === undefined) {
    return undefined;
  }
  return recogniseNumberFormat(texts, preferDecimalComma);
}

function inferDatetimeWords(column: StringColumn, values: Split): Inferred | undefined {
  const { name } = column;
  const texts = values.present.map((entry) => entry.text);
  if (texts.length > 100 && recogniseDatetimeFormat(texts.slice(0, 50)) === undefined) return undefined;
  const format = recogniseDatetimeFormat(texts);
  if (format === undefined) return undefined;
  const findings: Finding[] = [];
  const missing = missingFinding(name, values.missing, "datetime", findings);
  const { clock, order = "ymd" } = format;
  if (order !== "ymd") {
    const other = order === "dmy" ? "mdy" : "dmy";
    findings.push({
      kind: "format",
      column: name,
      evidence: format.ambiguous
        ? `Every date can be read day first and month first: read as ${order}.`
        : `Its dates are written ${order === "dmy" ? "day" : "month"} first: ${order === "dmy" ? "31.12" : "12/31"} is the last day of a year.`,
      effect: "readAs",
      undo: `--column ${shellWord(`${name}=datetime,order=${other}`)}`,
      ...(format.ambiguous && { numbers: { readBothWays: values.presentRows } }),
    });
  }
  const written = order === "ymd" ? {} : { order };
  return { column: { name, kind: "datetime", role: "feature", clock, ...written, ...missing }, findings };
}

function inferWords(
  name: string,
  present: readonly Entry[],
  missing: { readonly missing?: readonly string[] },
  findings: Finding[],
): Inferred {
  const rows = present.reduce((sum, entry) => sum + entry.count, 0);
  const distinct = present.length;
  let words = 0;
  let letters = 0;
  for (const { text, count } of present) {
    words += (1 + (text.trim().match(/\s+/g)?.length ?? 0)) * count;
    letters += text.length * count;
  }
  const wordMean = words / rows;
  const base = { name, role: "feature", ...missing } as const;
  if (distinct > 20 && distinct > 0.3 * rows && wordMean >= 2.2 && letters / rows >= 12) {
    return { column: { ...base, kind: "text" }, findings };
  }
  const unique = rows >= 10 && (distinct === rows || (namesRows(name) && distinct >= 0.9 * rows));
  if (unique && wordMean < 2.2) {
    findings.push({
      kind: "identifier",
      column: name,
      evidence: `${distinct} of ${rows} rows have a value of their own.`,
      effect: "leftOut",
      undo: `--keep ${shellWord(name)}`,
      numbers: { distinct, rows },
    });
    return { column: { ...base, kind: "id", role: "id" }, findings };
  }
  return { column: { ...base, kind: "category" }, findings };
}
