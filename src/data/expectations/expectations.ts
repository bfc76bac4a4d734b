/**
 * What a table is expected to be, as a JSON file: read strictly, so that a misspelt expectation is an error and
 * never an expectation that nobody checks. docs/schemas/expectations.json describes the file.
 */
import { MillwrightError, nearest } from "../../core/index.ts";
import { type Kind, parseDatetimeCell } from "../../schema/index.ts";

export interface ColumnExpectations {
  /** How the column is read; every cell of a number, datetime or boolean must be readable so. */
  readonly kind?: Kind | undefined;
  /** Share of the rows whose cell may be unreadable as that kind, 0 … 1; 0 unless given. */
  readonly maxUnreadable?: number | undefined;
  /** Cells that mean "missing" besides the empty one; recognised unless given. */
  readonly missingWords?: readonly string[] | undefined;
  /** Order of the parts of its dates; recognised unless given. */
  readonly order?: "ymd" | "dmy" | "mdy" | undefined;
  /** Share of the rows that may have no value, 0 … 1. */
  readonly maxMissing?: number | undefined;
  /** Bounds, both included: numbers, or ISO 8601 texts for datetimes. */
  readonly min?: number | string | undefined;
  readonly max?: number | string | undefined;
  /** The values that are allowed. */
  readonly values?: readonly (string | number | boolean)[] | undefined;
  /** Share of the rows that may hold another value than `values`, 0 … 1; 0 unless given. */
  readonly maxOther?: number | undefined;
  /** A regular expression (RE2) that is found in every value. */
  readonly pattern?: string | undefined;
  /** No value stands in two rows. */
  readonly unique?: boolean | undefined;
  /** The newest datetime is at most this old: "90m", "36h", "7d". */
  readonly newest?: string | undefined;
}

export interface Rule {
  readonly name?: string | undefined;
  /** A boolean expression over the columns, in SQL. */
  readonly sql: string;
}

export interface Expectations {
  readonly format: 1;
  readonly rows?: { readonly min?: number | undefined; readonly max?: number | undefined } | undefined;
  readonly columns: Readonly<Record<string, ColumnExpectations>>;
  /** Combinations of columns of which no two rows hold the same values. */
  readonly unique: readonly (readonly string[])[];
  readonly rules: readonly Rule[];
}

/** Kinds that a cell of a table can have. */
const kinds: readonly Kind[] = ["number", "category", "boolean", "datetime", "text", "id"];

/** What a key takes, and in words. */
interface Key {
  readonly takes: (value: unknown) => boolean;
  readonly words: string;
}

const isShare: Key = {
  takes: (value) => typeof value === "number" && value >= 0 && value <= 1,
  words: "a share from 0 to 1",
};
const isText: Key = { takes: (value) => typeof value === "string" && value !== "", words: "a text" };
const isCount: Key = {
  takes: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  words: "a whole number of at least 0",
};
const isBound: Key = {
  takes: (value) => typeof value === "number" || (typeof value === "string" && timeOf(value) !== undefined),
  words: "a number, or a datetime as 2025-01-31T12:00",
};
const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === "string");
const oneOf = (words: readonly string[]): Key => ({
  takes: (value) => words.includes(value as string),
  words: `one of ${words.join(", ")}`,
});

const fileKeys: Readonly<Record<string, Key>> = {
  $schema: isText,
  format: { takes: (value) => value === 1, words: "1" },
  rows: { takes: isObject, words: 'an object with "min" and "max"' },
  columns: { takes: isObject, words: "an object with an entry for each column" },
  unique: {
    takes: (value) => Array.isArray(value) && value.every((item) => isTexts(item) && item.length > 0),
    words: 'a list of lists of columns, as [["shop", "day"]]',
  },
  rules: {
    takes: (value) => Array.isArray(value) && value.every(isObject),
    words: 'a list of rules, as [{ "sql": "end >= start" }]',
  },
};
const rowKeys: Readonly<Record<string, Key>> = { min: isCount, max: isCount };
const ruleKeys: Readonly<Record<string, Key>> = { name: isText, sql: isText };
const columnKeys: Readonly<Record<keyof ColumnExpectations, Key>> = {
  kind: oneOf(kinds),
  maxUnreadable: isShare,
  missingWords: { takes: isTexts, words: "a list of texts" },
  order: oneOf(["ymd", "dmy", "mdy"]),
  maxMissing: isShare,
  min: isBound,
  max: isBound,
  values: {
    takes: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((item) => ["string", "number", "boolean"].includes(typeof item)),
    words: "a list of at least one value",
  },
  maxOther: isShare,
  pattern: isText,
  unique: { takes: (value) => typeof value === "boolean", words: "true or false" },
  newest: {
    takes: (value) => typeof value === "string" && ageOf(value) !== undefined,
    words: "an age as 90m, 36h or 7d",
  },
};

/**
 * Reads the text of an expectations file.
 *
 * @param owner - The file in messages.
 * @throws MillwrightError `SOURCE_FORMAT` when it is no JSON, `PARAMETER_UNKNOWN` with the nearest name,
 *   `PARAMETER_RANGE`, `PARAMETER_MISSING`, `PARAMETER_CONFLICT`.
 */
export function parseExpectations(text: string, owner: string): Expectations {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new MillwrightError(
      "SOURCE_FORMAT",
      `${owner} is not JSON: ${(cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, " ")}.`,
      "Correct it, or write expectations from a reference table with --write.",
      { cause },
    );
  }
  const twice = keyTwice(text);
  if (twice !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${owner} has the key ${shown(twice)} twice in one object.`,
      "Keep one of the two.",
    );
  }
  const file = requireKeys(owner, document, fileKeys);
  if (file["format"] === undefined) throw missingKey(owner, "format", '"format": 1');
  const rows =
    file["rows"] === undefined ? undefined : requireKeys(`rows of ${owner}`, file["rows"], rowKeys);
  if (rows !== undefined) requireOrder(`rows of ${owner}`, rows["min"], rows["max"]);
  const columns: Record<string, ColumnExpectations> = Object.create(null);
  for (const [name, given] of Object.entries((file["columns"] as object | undefined) ?? {})) {
    columns[name] = readColumn(`the column "${name}" of ${owner}`, given);
  }
  const rules = ((file["rules"] as unknown[] | undefined) ?? []).map((given, index) => {
    const rule = requireKeys(`rule ${index + 1} of ${owner}`, given, ruleKeys);
    if (rule["sql"] === undefined)
      throw missingKey(`rule ${index + 1} of ${owner}`, "sql", '"sql": "end >= start"');
    return rule as unknown as Rule;
  });
  const unique = (file["unique"] as string[][] | undefined) ?? [];
  return { format: 1, rows: rows as Expectations["rows"], columns, unique, rules };
}

/** A key that an object of a JSON text has twice; the parser would keep the last and say nothing. */
function keyTwice(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, colon] of json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g)) {
    if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else if (colon !== undefined) {
      const key = JSON.parse(token.slice(0, -colon.length)) as string;
      if (open.at(-1)!.has(key)) return key;
      open.at(-1)!.add(key);
    }
  }
  return undefined;
}

function readColumn(owner: string, given: unknown): ColumnExpectations {
  const column = requireKeys(owner, given, columnKeys) as ColumnExpectations;
  const { kind, min, max, values, maxOther, maxUnreadable, missingWords, order } = column;
  requireOrder(owner, min, max);
  const needKind = missingWords !== undefined ? "missingWords" : order !== undefined ? "order" : undefined;
  if (needKind !== undefined && kind === undefined) {
    throw new MillwrightError(
      "PARAMETER_MISSING",
      `"${needKind}" of ${owner} needs the kind of the column.`,
      `State "kind" beside it: one of ${kinds.join(", ")}.`,
    );
  }
  if (maxOther !== undefined && values === undefined)
    throw missingKey(owner, "values", '"values": ["a", "b"]');
  if (maxUnreadable !== undefined && kind === undefined) throw missingKey(owner, "kind", '"kind": "number"');
  const wrong = kind === undefined ? undefined : misfit(column, kind);
  if (wrong !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `"${wrong}" of ${owner} does not fit its kind, ${kind}.`,
      "Leave it out, write it as the kind has it, or state another kind.",
    );
  }
  return column;
}

/** The first expectation that a column of a kind cannot have. */
function misfit(column: ColumnExpectations, kind: Kind): keyof ColumnExpectations | undefined {
  const { min, max, maxUnreadable, order, newest, pattern } = column;
  if (kind !== "datetime" && order !== undefined) return "order";
  if (kind !== "datetime" && newest !== undefined) return "newest";
  if (pattern !== undefined && (kind === "number" || kind === "datetime" || kind === "boolean"))
    return "pattern";
  if (maxUnreadable !== undefined && kind !== "number" && kind !== "datetime" && kind !== "boolean")
    return "maxUnreadable";
  const bound = { number: "number", datetime: "string" }[kind as string];
  if (min !== undefined && typeof min !== bound) return "min";
  return max !== undefined && typeof max !== bound ? "max" : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function requireKeys(
  owner: string,
  value: unknown,
  keys: Readonly<Record<string, Key>>,
): Readonly<Record<string, unknown>> {
  if (!isObject(value)) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `${sentence(owner)} is ${shown(value)}, and an object is needed.`,
      `Write it as { ${Object.keys(keys)
        .map((key) => `"${key}"`)
        .join(", ")} }, with what is wanted of these.`,
    );
  }
  for (const [name, item] of Object.entries(value)) {
    const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (key === undefined) {
      const guess = nearest(name, Object.keys(keys));
      throw new MillwrightError(
        "PARAMETER_UNKNOWN",
        `${sentence(owner)} has the unknown key "${name}"${guess === undefined ? "" : `; the nearest is "${guess}"`}.`,
        `Choose from ${Object.keys(keys).join(", ")}.`,
      );
    }
    if (!key.takes(item)) {
      throw new MillwrightError(
        "PARAMETER_RANGE",
        `"${name}" of ${owner} is ${shown(item)}, which it does not take.`,
        `Give ${key.words}.`,
      );
    }
  }
  return value;
}

function requireOrder(owner: string, min: unknown, max: unknown): void {
  if (min === undefined || max === undefined) return;
  const [low, high] = [min, max].map((bound) => (typeof bound === "string" ? timeOf(bound) : bound)) as [
    number,
    number,
  ];
  if (typeof min === typeof max && low <= high) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `"min" of ${owner} is ${shown(min)} and "max" is ${shown(max)}.`,
    "Give two of one sort, the lower as min.",
  );
}

function missingKey(owner: string, key: string, example: string): MillwrightError {
  return new MillwrightError(
    "PARAMETER_MISSING",
    `${sentence(owner)} has no "${key}".`,
    `Add it: ${example}.`,
  );
}

function sentence(owner: string): string {
  return owner.replace(/^the column/, "The column").replace(/^ru/, "Ru");
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}

/** An ISO 8601 datetime as epoch milliseconds; one without a zone counts as UTC. */
export function timeOf(text: string): number | undefined {
  for (const clock of ["wall", "instant"] as const) {
    const time = parseDatetimeCell(text, { clock });
    if (time !== undefined && !Number.isNaN(time)) return time;
  }
  return undefined;
}

/** "90m", "36h", "7d" as milliseconds. */
export function ageOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(m|h|d)$/.exec(text.trim());
  return match === null
    ? undefined
    : Number(match[1]) * { m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] as "m" | "h" | "d"];
}
