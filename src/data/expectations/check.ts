/**
 * A table held against what is expected of it.
 *
 * The source is read by the readers of `look`, typed, and put into DuckDB row by row with its numbers; then one
 * query answers every expectation: the rows that fail it, and the first five of them. Files cannot be reached
 * from there any more, so that a rule sees the table and nothing else.
 */
import { MillwrightError, nearest } from "../../core/index.ts";
import { Engine } from "../duckdb/engine.ts";
import { loadTable } from "../duckdb/load-table.ts";
import { sqlName, sqlText } from "../duckdb/read-query.ts";
import type { Finding } from "../finding.ts";
import { memoryLimit, requireMemory } from "../memory.ts";
import type { OpenOptions } from "../open-table.ts";
import { requireColumn } from "../table.ts";
import { columnsOf, freeName, namesInSql, numbered, readByCell, renamed } from "./checked-table.ts";
import { type Check, compile, type ExpectationKind } from "./compile.ts";
import type { Expectations } from "./expectations.ts";
import { openForChecks } from "./open-for-checks.ts";
import { namesIn, refusedRule, requireRule, saidBy } from "./rule.ts";

/** What came of one expectation. */
export interface Checked {
  readonly expectation: ExpectationKind;
  readonly columns: readonly string[];
  readonly expected: string;
  readonly passed: boolean;
  /** Rows that fail it; null where it is about the table as a whole, or a column is absent. */
  readonly failing: number | null;
  /** Share of the rows that may fail it. */
  readonly allowed: number;
  /** The first five of them, in the order of the source. */
  readonly examples: readonly FailingRow[];
  /** Of an expectation about the whole table: its rows, or its newest datetime; null where it has none. */
  readonly observed?: number | string | null;
  /** Where it could not be looked at, and so fails: the column that is not there, and the nearest name that is. */
  readonly absent?: { readonly column: string; readonly nearest: string | null };
}

export interface FailingRow {
  /** 1-based. */
  readonly row: number;
  /** The cell, or the cells of a combination; null where it is missing, and of rules. */
  readonly value: string | null;
}

export interface CheckReport {
  readonly rowCount: number;
  /** SHA-256 of the source's content. */
  readonly sha256: string;
  readonly passed: boolean;
  readonly checks: readonly Checked[];
  /** Columns of the table that nothing is expected of. */
  readonly otherColumns: readonly string[];
  /** How cells were read in a way of their own. */
  readonly findings: readonly Finding[];
}

export interface CheckOptions extends Omit<OpenOptions, "columns" | "schema" | "optional" | "exactNumbers"> {
  /** Epoch milliseconds that ages are counted back from; the clock unless given. */
  readonly now?: number;
}

const view = "millwright checks";

/**
 * Checks a source.
 *
 * @param owner - The file of the expectations, for messages.
 * @throws MillwrightError what `openTable` throws; `SCHEMA_MISSING_COLUMN` for a rule or a combination with a
 *   column that is not there, `SCHEMA_WRONG_KIND` for an expectation that does not fit its column, `SOURCE_SQL`
 *   for a rule and `PARAMETER_RANGE` for a pattern that DuckDB does not take.
 */
export async function checkTable(
  source: string | readonly string[],
  expectations: Expectations,
  owner: string,
  options: CheckOptions = {},
): Promise<CheckReport> {
  const { now = Date.now(), threads, memory, ...reading } = options;
  requireMemory(memory);
  const memoryBytes = options.memoryBytes ?? memoryLimit(memory) / 2;
  const { table, byCell } = await openForChecks(source, expectations, {
    ...reading,
    ...(threads !== undefined && { threads }),
    memoryBytes: memoryBytes / 2,
  });
  const engine = await Engine.open({ ...(threads !== undefined && { threads }), memoryBytes });
  try {
    const present = new Set(table.schema.columns.map((column) => column.name));
    const absent = new Set(Object.keys(expectations.columns).filter((name) => !present.has(name)));
    for (const combination of expectations.unique)
      for (const name of combination) if (!absent.has(name)) requireColumn(table.owner, name, present);
    const read = readByCell(table, byCell);
    const names = namesInSql(read.schema);
    const number = freeName(
      { columns: [...names.values()].map((name) => ({ ...numbers, name })) },
      "millwright row",
    );
    const marks = new Map(byCell.map((column) => [column.name, column.mark]));
    const compiling = { expectations, owner, schema: read.schema, names, marks, absent, now };
    // What does not fit its column is told before the rows are read.
    compile({ ...compiling, rules: expectations.rules.map(() => "true") });
    await requirePatterns(engine, expectations, owner);
    const asked = columnsOf(read, (name) => isAsked(name, names.get(name) ?? name, expectations, marks));
    await loadTable(engine, view, numbered(renamed(asked, names), number));
    await engine.execute("SET enable_external_access = false");
    const ofTable = new Map([...names].filter(([name]) => present.has(name)));
    const rules: (string | { absent: string })[] = [];
    for (const rule of expectations.rules) {
      const [lacks] = namesIn(rule.sql, absent);
      if (lacks === undefined) rules.push(await requireRule(engine, view, rule, table.owner, ofTable));
      else rules.push({ absent: lacks });
    }
    const checks = compile({ ...compiling, rules });
    const checked = await run(engine, checks, number, table.rowCount, present).catch(
      async (error: unknown) => {
        throw (await failedRule(engine, expectations, rules)) ?? error;
      },
    );
    return {
      rowCount: table.rowCount,
      sha256: await table.fingerprint(),
      passed: checked.every((check) => check.passed),
      checks: checked,
      otherColumns: [...present].filter((name) => !Object.hasOwn(expectations.columns, name)),
      findings: table.findings.filter(
        (finding) => finding.effect === "readAs" || finding.kind === "raggedRows",
      ),
    };
  } finally {
    engine.close();
    await table.close();
  }
}

/** Whether anything is asked of a column: DuckDB takes longer to hold a column than we to read it. */
function isAsked(
  name: string,
  inSql: string,
  { columns, unique, rules }: Expectations,
  marks: ReadonlyMap<string, string>,
): boolean {
  if (Object.hasOwn(columns, name) || [...marks.values()].includes(name)) return true;
  if (unique.some((combination) => combination.includes(name))) return true;
  // A rule names it somewhere, or takes columns by a pattern.
  const words = [name, inSql].map((word) => word.toLowerCase().replaceAll('"', '""'));
  return rules.some(
    ({ sql }) => /columns\s*\(/i.test(sql) || words.some((word) => sql.toLowerCase().includes(word)),
  );
}

const numbers = { kind: "number", role: "ignore", dtype: "float64" } as const;

/** @throws MillwrightError `PARAMETER_RANGE` for a pattern that is no regular expression. */
async function requirePatterns(engine: Engine, expectations: Expectations, owner: string): Promise<void> {
  for (const [name, { pattern }] of Object.entries(expectations.columns)) {
    if (pattern === undefined) continue;
    try {
      await engine.number(`SELECT regexp_matches('', ${sqlText(pattern)})::INTEGER::DOUBLE`);
    } catch (cause) {
      if (!(cause instanceof MillwrightError)) throw cause;
      throw new MillwrightError(
        "PARAMETER_RANGE",
        `"pattern" of the column "${name}" of ${owner} is ${JSON.stringify(pattern)}, which is no regular expression: ${saidBy(cause)}.`,
        "Write it in the syntax of RE2, which has no look-ahead and no back-references.",
        { cause },
      );
    }
  }
}

/** The error of the first rule that cannot be computed for some row. */
async function failedRule(
  engine: Engine,
  { rules }: Expectations,
  compiled: readonly (string | { readonly absent: string })[],
): Promise<MillwrightError | undefined> {
  for (const [index, sql] of compiled.entries()) {
    if (typeof sql !== "string") continue;
    try {
      await engine.number(
        `SELECT (count(*) FILTER (WHERE r))::DOUBLE FROM (SELECT (${sql}\n) AS r FROM ${sqlName(view)})`,
      );
    } catch (error) {
      if (error instanceof MillwrightError) return refusedRule(rules[index]!, saidBy(error), error);
      throw error;
    }
  }
  return undefined;
}

const examples = 5;

/** One query for all: each check's failing rows, counted and the first five shown. */
async function run(
  engine: Engine,
  checks: readonly Check[],
  number: string,
  rowCount: number,
  present: ReadonlySet<string>,
): Promise<readonly Checked[]> {
  const row = sqlName(number);
  const inner: string[] = [row];
  const outer: string[] = ["count(*)::DOUBLE"];
  for (const [index, { fails, shows, newest, absent }] of checks.entries()) {
    if (absent !== undefined) continue;
    if (fails !== undefined) {
      const failing = `FILTER (WHERE "fails ${index}")`;
      inner.push(`(${fails}) AS "fails ${index}"`, `${shows ?? "NULL::VARCHAR"} AS "shows ${index}"`);
      const example = `{'row': ${row}::BIGINT, 'value': "shows ${index}"}`;
      outer.push(`(count(*) ${failing})::DOUBLE`);
      outer.push(`coalesce(to_json(arg_min(${example}, ${row}, ${examples}) ${failing})::VARCHAR, '[]')`);
    } else if (newest !== undefined) {
      inner.push(`${newest!} AS "newest ${index}"`);
      outer.push(`coalesce(max("newest ${index}")::DOUBLE / 1000, 'nan'::DOUBLE)`);
    }
  }
  const results: Checked[] = [];
  for await (const chunk of engine.stream(
    `SELECT ${outer.join(", ")} FROM (SELECT ${inner.join(", ")} FROM ${sqlName(view)})`,
  )) {
    let at = 1;
    for (const check of checks) {
      const told = { ...wordsOf(check), failing: null, examples: [] };
      if (check.absent !== undefined) {
        const guess = nearest(check.absent, present) ?? null;
        results.push({ ...told, passed: false, absent: { column: check.absent, nearest: guess } });
      } else if (check.fails !== undefined) {
        const failing = chunk.doubles(at++)[0]!;
        const shown = JSON.parse(chunk.string(at++, 0)!) as readonly FailingRow[];
        results.push({ ...told, passed: failing / rowCount <= told.allowed, failing, examples: shown });
      } else {
        const value = check.expectation === "rows" ? rowCount : chunk.doubles(at++)[0]!;
        const { min = -Infinity, max = Infinity } = check.table!;
        const newest = value === value ? new Date(value).toISOString() : null;
        const observed = check.expectation === "rows" ? value : newest;
        results.push({ ...told, passed: value >= min && value <= max, observed });
      }
    }
  }
  return results;
}

function wordsOf({ expectation, columns, expected, allowed = 0 }: Check) {
  return { expectation, columns, expected, allowed };
}
