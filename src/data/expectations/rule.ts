/** Rules of the user's: SQL expressions over the columns, as DuckDB takes them. */
import { MillwrightError } from "../../core/index.ts";
import type { Engine } from "../duckdb/engine.ts";
import { sqlName } from "../duckdb/read-query.ts";
import { requireColumn } from "../table.ts";
import type { Rule } from "./expectations.ts";

/** Words of SQL that stay what they are, whatever a column is called. */
const operators = new Set(
  "and or not is null in like ilike between case when then else true false".split(" "),
);

const token =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|--|\/\*|\/\/|[\p{L}_][\p{L}\p{N}_$]*|\d[\w.]*|[();$'"[\]{}]|[^\s]/gu;

/**
 * A rule with the names of columns as the view has them, quoted, so that a column may be called "end" or "order".
 *
 * Texts are left alone, and so is a word before a bracket, which is a function.
 *
 * @param columns - Names in the view by names of the table.
 */
export function quoteColumns(sql: string, columns: ReadonlyMap<string, string>): string {
  const branches = /\bcase\b/i.test(sql);
  return sql.replace(token, (word, at: number) => {
    if (/^"/.test(word)) return inView(unquoted(word), columns) ?? word;
    const name = inView(word, columns);
    if (name === undefined || operators.has(word.toLowerCase())) return word;
    if (branches && word.toLowerCase() === "end") return word;
    return /^\s*\(/.test(sql.slice(at + word.length)) ? word : name;
  });
}

function inView(name: string, columns: ReadonlyMap<string, string>): string | undefined {
  const known = columns.get(name);
  return known === undefined ? undefined : sqlName(known);
}

function unquoted(word: string): string {
  return word.slice(1, -1).replaceAll('""', '"');
}

/** Which of some names a rule speaks of. */
export function namesIn(sql: string, names: ReadonlySet<string>): readonly string[] {
  const words = [...sql.matchAll(token)].map(([word]) => (/^"/.test(word) ? unquoted(word) : word));
  return [...new Set(words.filter((word) => names.has(word)))];
}

/**
 * What of a rule could end the brackets that it is put into; undefined where nothing can.
 *
 * Texts with a backslash or dollars around them end elsewhere than they seem to, so they are not taken.
 */
function notOneExpression(sql: string): string | undefined {
  const open: string[] = [];
  const closes: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
  const tokens = [...sql.matchAll(token)];
  for (const [index, [word]] of tokens.entries()) {
    const before = tokens[index - 1];
    if (word === ";") return "it holds a semicolon";
    if (word === "$") return "it holds a dollar sign outside of a text";
    if (word === "--" || word === "/*") return "it holds a comment";
    if (word === "'" || word === '"') return `it holds a ${word} that is not closed`;
    const touches = before !== undefined && before.index + before[0].length === tokens[index]!.index;
    if (word.startsWith("'") && touches && /^[ebxu&]$/i.test(before[0]))
      return "it holds a text with a letter before it";
    if (closes[word] !== undefined) open.push(closes[word]);
    else if (/^[)\]}]$/.test(word) && open.pop() !== word)
      return `its brackets do not match: a ${word} closes nothing`;
  }
  return open.length === 0 ? undefined : `its brackets do not match: a ${open.at(-1)} is missing`;
}

/**
 * Makes sure that DuckDB takes a rule as one boolean expression over the columns of a row.
 *
 * @param columns - Names in the view by names of the table.
 * @returns The expression with its columns quoted.
 * @throws MillwrightError `SCHEMA_MISSING_COLUMN` with the nearest name, `SOURCE_SQL`, `SCHEMA_WRONG_KIND`.
 */
export async function requireRule(
  engine: Engine,
  view: string,
  rule: Rule,
  owner: string,
  columns: ReadonlyMap<string, string>,
): Promise<string> {
  const odd = notOneExpression(rule.sql);
  if (odd !== undefined) throw refusedRule(rule, odd);
  const sql = quoteColumns(rule.sql, columns);
  let described: Awaited<ReturnType<Engine["describe"]>>;
  try {
    // The second column makes an aggregate of the whole table an error here.
    described = await engine.describe(`SELECT (${sql}\n) AS rule, COLUMNS(*) FROM ${sqlName(view)}`);
  } catch (error) {
    if (!(error instanceof MillwrightError)) throw error;
    const unknown = /Referenced column "(.+?)" not found/.exec(error.what)?.[1];
    if (unknown !== undefined) requireColumn(owner, unknown, new Set(columns.keys()));
    throw refusedRule(rule, saidBy(error), error);
  }
  const { type } = described[0]!;
  if (type === "BOOLEAN") return sql;
  throw new MillwrightError(
    "SCHEMA_WRONG_KIND",
    `The rule ${shownRule(rule)} gives ${type}, and true or false is needed.`,
    "Compare it with something, as end - start >= 0.",
  );
}

/** The error of a rule that cannot be computed. */
export function refusedRule(rule: Rule, said: string, cause?: unknown): MillwrightError {
  return new MillwrightError(
    "SOURCE_SQL",
    `The rule ${shownRule(rule)} cannot be checked: ${said}.`,
    "Write one expression over the columns of a row that is true or false, as end >= start.",
    { cause },
  );
}

/** What DuckDB said, without its list of all the functions there are. */
export function saidBy(error: MillwrightError): string {
  const said = / failed: (?:[\w ]+ Error: )?(.*)\.$/s.exec(error.what)?.[1] ?? error.what;
  if (/must appear in the GROUP BY clause|cannot contain aggregates/.test(said))
    return "it computes over all rows at once, as sum and avg do";
  return said.replace(/\.?\s*(You might need to add|Candidate functions:|Either add it).*$/s, "");
}

function shownRule({ sql }: Rule): string {
  const line = sql.replace(/\s+/g, " ").trim();
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 77)}...` : line);
}
