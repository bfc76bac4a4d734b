/** The schema of one column: what the cells show, and then what the user declares. */
import { assert, MillwrightError } from "../../core/index.ts";
import {
  type ColumnSchema,
  type Kind,
  meansMissing,
  type NumberFormat,
  parseNumberCell,
  recogniseBoolean,
  recogniseDatetimeFormat,
  type Role,
} from "../../schema/index.ts";
import { float32Keeps } from "./float-precision.ts";
import { type Inferred, inferNumbers, losesDigits } from "./infer-numbers.ts";
import { inferAllMissing, inferStrings } from "./infer-strings.ts";
import type { NumberSummary } from "./number-summary.ts";

/** What a user declares about a column; the rest is inferred. */
export interface ColumnOverride {
  readonly kind?: Kind;
  readonly role?: Role;
  /** Cells that mean "missing"; `[]` for none but the empty one. */
  readonly missing?: readonly string[];
  /** Of a number column. */
  readonly format?: NumberFormat;
  /** Of a datetime column. */
  readonly order?: "ymd" | "dmy" | "mdy";
}

export interface Place {
  readonly index: number;
  readonly count: number;
  readonly preferDecimalComma: boolean;
}

/** What a column holds, seen as a whole: enough to say what it is. */
export type ColumnSummary =
  | { readonly type: "number"; readonly numbers: NumberSummary; readonly keepsFloat32: boolean }
  | { readonly type: "datetime"; readonly present: number; readonly zoned: boolean }
  | {
      readonly type: "string";
      readonly rowCount: number;
      readonly dictionary: readonly string[];
      readonly counts: Float64Array;
      readonly typed?: "boolean" | undefined;
    };

/** Infers a column, then lets the declaration win; findings that it contradicts are left out. */
export function inferColumn(
  name: string,
  raw: ColumnSummary,
  place: Place,
  declared: ColumnOverride | undefined,
): Inferred {
  const inferred = inferRaw(name, raw, place);
  if (declared === undefined) return inferred;
  const column = exactAnswers(declare(inferred.column, raw, declared));
  const findings = inferred.findings.filter((finding) => {
    if (finding.effect === "leftOut") return declared.role === undefined && declared.kind === undefined;
    if (finding.kind === "missingCode") return declared.missing === undefined;
    return declared.kind === undefined || declared.kind === inferred.column.kind;
  });
  return { column, findings };
}

/** What is not an input of the model file need not be rounded as its inputs are. */
function exactAnswers(column: ColumnSchema): ColumnSchema {
  const answer = column.kind === "number" && (column.role === "target" || column.role === "weight");
  return answer ? { ...column, dtype: "float64" } : column;
}

function inferRaw(name: string, raw: ColumnSummary, place: Place): Inferred {
  switch (raw.type) {
    case "number":
      return raw.numbers.present > 0
        ? inferNumbers(name, raw.numbers, raw.keepsFloat32, place)
        : inferAllMissing(name);
    case "datetime":
      return raw.present > 0
        ? {
            column: { name, kind: "datetime", role: "feature", clock: raw.zoned ? "instant" : "wall" },
            findings: [],
          }
        : inferAllMissing(name);
    case "string":
      return inferStrings({ name, ...raw, preferDecimalComma: place.preferDecimalComma });
  }
}

function declare(inferred: ColumnSchema, raw: ColumnSummary, declared: ColumnOverride): ColumnSchema {
  const kind = declared.kind ?? inferred.kind;
  const role = declared.role ?? (declared.kind === undefined ? inferred.role : roleOf(kind));
  const values = kind === "number" || kind === "datetime";
  const codes = declared.missing ?? inferred.missing?.filter((word) => values || meansMissing(word, "words"));
  const base = {
    name: inferred.name,
    role,
    ...(codes === undefined || codes.length === 0 ? {} : { missing: codes }),
  };
  // `kinds` has no pictures, sounds, sequences and sentences, so that no flag declares them.
  assert(
    kind !== "image" && kind !== "audio" && kind !== "sequence" && kind !== "tokens",
    `a cell of the column "${inferred.name}" holds one value`,
  );
  switch (kind) {
    case "number": {
      const known = inferred.kind === "number" ? inferred : undefined;
      const format = declared.format ?? known?.format;
      const dtype = known?.dtype ?? (fitsFloat32(raw, format) ? "float32" : "float64");
      return { ...base, kind, dtype, ...(format === undefined ? {} : { format }) };
    }
    case "datetime":
      return { ...base, kind, ...datetimeOf(inferred, raw, declared) };
    case "boolean": {
      const words =
        raw.type === "string" ? raw.dictionary.filter((text) => !base.missing?.includes(text.trim())) : [];
      const digits = words.length === 2 && words.includes("0") && words.includes("1");
      const written = digits ? (["1", "0"] as const) : recogniseBoolean(words);
      const typed = written === undefined || written[0].trim().toLowerCase() === "true";
      return { ...base, kind, ...(typed ? {} : { written }) };
    }
    case "category": {
      const numeric = raw.type === "number" || (raw.type === "string" && areNumbers(raw.dictionary));
      return { ...base, kind, ...(numeric ? { numeric } : {}) };
    }
    default:
      return { ...base, kind };
  }
}

function roleOf(kind: Kind): Role {
  return kind === "id" ? "id" : "feature";
}

function fitsFloat32(raw: ColumnSummary, format: NumberFormat | undefined): boolean {
  if (raw.type === "number") return raw.keepsFloat32;
  if (raw.type !== "string") return true;
  return float32Keeps(
    Float64Array.from(raw.dictionary, (text) => parseNumberCell(text, format) ?? Number.NaN),
  );
}

/** Plain numbers without leading zeros: then "7" and "7.0" are one category. */
function areNumbers(dictionary: readonly string[]): boolean {
  return dictionary.every((text) => {
    const value = parseNumberCell(text);
    return value !== undefined && !/^[+-]?0\d/.test(text.trim()) && !losesDigits(text.trim(), value);
  });
}

function datetimeOf(
  inferred: ColumnSchema,
  raw: ColumnSummary,
  declared: ColumnOverride,
): { clock: "instant" | "wall"; order?: "ymd" | "dmy" | "mdy" } {
  if (raw.type === "datetime") return { clock: raw.zoned ? "instant" : "wall" };
  const known = inferred.kind === "datetime" ? inferred : undefined;
  const order = declared.order ?? known?.order;
  if (raw.type === "number") {
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `The column "${inferred.name}" holds numbers, and is declared as datetime.`,
      "Write the datetimes as ISO 8601, or leave the column a number.",
    );
  }
  const cells = raw.type === "string" ? raw.dictionary.filter((text) => text.trim() !== "") : [];
  const clock = known?.clock ?? recogniseDatetimeFormat(cells)?.clock ?? "wall";
  return { clock, ...(order === undefined || order === "ymd" ? {} : { order }) };
}
