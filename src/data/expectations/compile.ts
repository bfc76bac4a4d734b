/** Expectations as SQL: one expression a check that is true in the rows that fail it. */
import { MillwrightError } from "../../core/index.ts";
import { type ColumnSchema, type Kind, plainDecimal, type Schema } from "../../schema/index.ts";
import { sqlName, sqlText } from "../duckdb/read-query.ts";
import { namesIn } from "./rule.ts";
import { ageOf, type ColumnExpectations, type Expectations, timeOf } from "./expectations.ts";

export const expectationKinds = [
  "rows",
  "column",
  "kind",
  "missing",
  "range",
  "values",
  "pattern",
  "unique",
  "newest",
  "rule",
] as const;
export type ExpectationKind = (typeof expectationKinds)[number];

/** One thing that is checked. */
export interface Check {
  readonly expectation: ExpectationKind;
  /** The columns it is about; none for the number of rows. */
  readonly columns: readonly string[];
  /** What is expected, in words. */
  readonly expected: string;
  /** The text of the cell to show of a row that fails. */
  readonly shows?: string;
  /** True in a row that fails, over the row's columns; undefined where the table as a whole passes or fails. */
  readonly fails?: string;
  /** Share of the rows that may fail. */
  readonly allowed?: number;
  /** Bounds of a number of the whole table: its rows, or the newest time. */
  readonly table?: { readonly min?: number; readonly max?: number };
  /** The time of a row in microseconds, where the newest counts. */
  readonly newest?: string;
  /** Why it cannot be looked at, and so fails: the column that the table does not have. */
  readonly absent?: string;
}

export interface Compiling {
  readonly expectations: Expectations;
  /** The file of the expectations, for messages. */
  readonly owner: string;
  /** As the checks see it. */
  readonly schema: Schema;
  /** Names of its columns in SQL. */
  readonly names: ReadonlyMap<string, string>;
  /** Columns of marks by the column whose unreadable cells they mark. */
  readonly marks: ReadonlyMap<string, string>;
  /** Columns that are expected and that the table does not have. */
  readonly absent: ReadonlySet<string>;
  /** Rules as SQL of the view, in their order; the column that one lacks where it cannot be checked. */
  readonly rules: readonly (string | { readonly absent: string })[];
  /** Epoch milliseconds that ages are counted back from. */
  readonly now: number;
}

/** Every check, in the order of the file. */
export function compile(compiling: Compiling): readonly Check[] {
  const { expectations, schema, rules, absent } = compiling;
  const checks: Check[] = [];
  const { rows } = expectations;
  if (rows?.min !== undefined || rows?.max !== undefined) {
    const { min, max } = rows;
    const table = { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
    checks.push({ expectation: "rows", columns: [], expected: `${between(min, max)} rows`, table });
  }
  const byName = new Map(schema.columns.map((column) => [column.name, column]));
  for (const [name, expected] of Object.entries(expectations.columns)) {
    const column = byName.get(name);
    if (column !== undefined) checks.push(...columnChecks(column, expected, compiling));
    else
      checks.push({
        expectation: "column",
        columns: [name],
        expected: "a column of the table",
        absent: name,
      });
  }
  for (const columns of expectations.unique) {
    const lacks = columns.find((name) => absent.has(name));
    checks.push(
      lacks === undefined ? uniqueCheck(columns, compiling) : { ...uniqueWords(columns), absent: lacks },
    );
  }
  for (const [index, rule] of expectations.rules.entries()) {
    const expected = rule.name === undefined ? rule.sql : `${rule.name}: ${rule.sql}`;
    const sql = rules[index]!;
    const columns = namesIn(rule.sql, new Set([...byName.keys(), ...absent]));
    const check = { expectation: "rule", columns, expected } as const;
    checks.push(
      typeof sql === "string" ? { ...check, fails: `NOT (${sql}\n)` } : { ...check, absent: sql.absent },
    );
  }
  return checks;
}

function* columnChecks(
  column: ColumnSchema,
  expected: ColumnExpectations,
  compiling: Compiling,
): Generator<Check> {
  const { owner, marks, names, now } = compiling;
  const { name } = column;
  const columns = [name];
  const cell = sqlName(names.get(name)!);
  const shows = `${cell}::VARCHAR`;
  const marked = marks.get(name);
  const mark = marked === undefined ? undefined : sqlName(names.get(marked)!);
  const { kind, maxMissing, min, max, values, pattern, newest } = expected;
  if (kind === "number" || kind === "datetime" || kind === "boolean") {
    const { maxUnreadable = 0 } = expected;
    const words = `every value a ${kind}${maxUnreadable === 0 ? "" : `, but for ${percent(maxUnreadable)} of the rows`}`;
    yield {
      ...{ expectation: "kind", columns, expected: words, allowed: maxUnreadable },
      ...(mark === undefined ? { fails: "false" } : { fails: `${mark} IS NOT NULL`, shows: mark }),
    };
  }
  if (maxMissing !== undefined) {
    const words = maxMissing === 0 ? "none missing" : `at most ${percent(maxMissing)} missing`;
    const fails = `${cell} IS NULL${mark === undefined ? "" : ` AND ${mark} IS NULL`}`;
    yield { expectation: "missing", columns, expected: words, fails, allowed: maxMissing };
  }
  if (min !== undefined || max !== undefined) {
    const parts = [
      ...(min === undefined ? [] : [`${cell} < ${boundOf(column, "min", min, owner)}`]),
      ...(max === undefined ? [] : [`${cell} > ${boundOf(column, "max", max, owner)}`]),
    ];
    yield { expectation: "range", columns, expected: between(min, max), fails: parts.join(" OR "), shows };
  }
  if (values !== undefined) {
    const { maxOther = 0 } = expected;
    const words = `${values.length === 1 ? "" : "one of "}${values.join(", ")}${maxOther === 0 ? "" : `; at most ${percent(maxOther)} others`}`;
    const fails = `${cell} NOT IN (${values.map((value) => valueOf(column, value, owner)).join(", ")})`;
    yield { expectation: "values", columns, expected: words, fails, allowed: maxOther, shows };
  }
  if (pattern !== undefined) {
    if (
      column.kind === "number" ||
      column.kind === "datetime" ||
      (column.kind === "boolean" && column.written === undefined)
    )
      throw wrongKind(owner, column, "pattern", "text");
    const fails = `NOT regexp_matches(${shows}, ${sqlText(pattern)})`;
    yield { expectation: "pattern", columns, expected: `matches ${pattern}`, fails, shows };
  }
  if (expected.unique === true) yield uniqueCheck(columns, compiling);
  if (newest !== undefined) {
    if (column.kind !== "datetime") throw wrongKind(owner, column, "newest", "datetime");
    const table = { min: now - ageOf(newest)! };
    yield {
      expectation: "newest",
      columns,
      expected: `newest at most ${newest} old`,
      table,
      newest: `epoch_us(${cell})`,
    };
  }
}

function uniqueWords(columns: readonly string[]): Pick<Check, "expectation" | "columns" | "expected"> {
  const expected = columns.length === 1 ? "no value twice" : "no combination twice";
  return { expectation: "unique", columns, expected };
}

/** Every row whose values stand in another row too; a row that lacks one of them is not compared. */
function uniqueCheck(columns: readonly string[], { names }: Compiling): Check {
  const cells = columns.map((name) => sqlName(names.get(name)!));
  const present = cells.map((cell) => `${cell} IS NOT NULL`).join(" AND ");
  return {
    ...uniqueWords(columns),
    fails: `${present} AND count(*) OVER (PARTITION BY ${cells.join(", ")}) > 1`,
    shows: cells.map((cell) => `${cell}::VARCHAR`).join(" || ', ' || "),
  };
}

function boundOf(column: ColumnSchema, key: string, bound: number | string, owner: string): string {
  if (typeof bound === "number") {
    if (column.kind !== "number") throw wrongKind(owner, column, key, "number");
    return `${bound}::DOUBLE`;
  }
  if (column.kind !== "datetime") throw wrongKind(owner, column, key, "datetime");
  return timestamp(timeOf(bound)!, column);
}

function timestamp(time: number, column: ColumnSchema): string {
  const text = `make_timestamp(${Math.round(time * 1000)})`;
  return column.kind === "datetime" && column.clock === "instant" ? `${text} AT TIME ZONE 'UTC'` : text;
}

function valueOf(column: ColumnSchema, value: string | number | boolean, owner: string): string {
  if (column.kind === "datetime") {
    const time = typeof value === "string" ? timeOf(value) : undefined;
    if (time === undefined) throw badValue(owner, column, value, "a datetime as 2025-01-31T12:00");
    return timestamp(time, column);
  }
  if (column.kind === "number") {
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof number !== "number" || Number.isNaN(number)) throw badValue(owner, column, value, "a number");
    return `${number}::DOUBLE`;
  }
  if (column.kind === "boolean" && column.written === undefined) {
    if (value === true || value === "true") return "true";
    if (value === false || value === "false") return "false";
    throw badValue(owner, column, value, "true or false");
  }
  return sqlText(typeof value === "number" ? plainDecimal(value) : String(value));
}

function badValue(owner: string, column: ColumnSchema, value: unknown, needs: string): MillwrightError {
  return new MillwrightError(
    "SCHEMA_WRONG_KIND",
    `"values" of the column "${column.name}" of ${owner} hold ${JSON.stringify(value)}, and the column is read as ${column.kind}.`,
    `Write ${needs}, or state "kind": "category" beside it.`,
  );
}

function wrongKind(owner: string, column: ColumnSchema, key: string, needs: Kind): MillwrightError {
  return new MillwrightError(
    "SCHEMA_WRONG_KIND",
    `"${key}" of the column "${column.name}" of ${owner} needs a ${needs}, and the column is read as ${column.kind}.`,
    `State "kind": "${needs}" beside it, or leave it out.`,
  );
}

function between(min: number | string | undefined, max: number | string | undefined): string {
  if (max === undefined) return `at least ${shown(min!)}`;
  if (min === undefined) return `at most ${shown(max)}`;
  return min === max ? `exactly ${shown(min)}` : `from ${shown(min)} to ${shown(max)}`;
}

function shown(bound: number | string): string {
  if (typeof bound === "string" || Math.abs(bound) < 10_000) return String(bound);
  return bound.toLocaleString("en-US", { maximumFractionDigits: 12 });
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(6))} %`;
}
