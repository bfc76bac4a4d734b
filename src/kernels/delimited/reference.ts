/**
 * Delimited text to columns, plainly: one character at a time, strings for cells, `Number` and `Date` for values.
 * The oracle of the compiled parser.
 */
import type { Dialect, FieldPlan, RaggedRow } from "./delimited.ts";

export interface ReferenceTable {
  readonly rowCount: number;
  /** By plan: numbers, or strings with null for an empty field; undefined where a field does not fit the plan. */
  readonly columns: readonly (readonly (number | string | null)[] | undefined)[];
  readonly ragged: readonly RaggedRow[];
}

/** Parses the whole text; it ends with its last row. */
export function parseReference(text: string, dialect: Dialect, plans: readonly FieldPlan[]): ReferenceTable {
  const { rows, ragged } = splitReference(text, dialect, plans.length);
  const columns = plans.map((plan, column) => {
    const cells = rows.map((row) => row[column]!);
    if (plan === "skip") return [];
    if (plan === "string") return cells.map((cell) => (cell === "" ? null : cell));
    const values = cells.map((cell) => (plan === "number" ? numberOf(cell) : datetimeOf(cell)));
    if (values.includes(undefined)) return undefined;
    const zones = new Set(
      cells
        .filter((cell) => cell.trim() !== "")
        .map((cell) => /(Z|[+-]\d\d(:?\d\d)?)$/.test(cell.trim().slice(10))),
    );
    return plan === "datetime" && zones.size > 1 ? undefined : (values as number[]);
  });
  return { rowCount: rows.length, columns, ragged };
}

function splitReference(
  text: string,
  dialect: Dialect,
  width: number,
): { readonly rows: readonly (readonly string[])[]; readonly ragged: readonly RaggedRow[] } {
  const [delimiter, quote, escape, newline] = [
    dialect.delimiter,
    dialect.quote,
    dialect.escape,
    dialect.newline,
  ].map((code) => (code === 0 ? undefined : String.fromCharCode(code)));
  const rows: string[][] = [];
  const ragged: RaggedRow[] = [];
  let line = 1;
  for (let at = 0; at < text.length; ) {
    const startLine = line;
    const start = at;
    const row: string[] = [];
    let stray = false;
    for (;;) {
      let cell = "";
      let quoted = false;
      if (quote !== undefined && text[at] === quote) {
        quoted = true;
        at++;
        while (at < text.length) {
          if (text[at] === escape && escape !== quote && at + 1 < text.length) {
            cell += text[at + 1];
            at += 2;
          } else if (text[at] === quote && escape === quote && text[at + 1] === quote) {
            cell += quote;
            at += 2;
          } else if (text[at] === quote) break;
          else {
            if (text[at] === newline) line++;
            cell += text[at++];
          }
        }
        // A quote that never closes takes the rest: no row.
        if (at >= text.length) return { rows, ragged };
        at++;
      }
      while (at < text.length && text[at] !== delimiter && text[at] !== newline) {
        if (!quoted) cell += text[at];
        else if (text[at]! > " ") stray = true;
        at++;
      }
      const atEnd = at >= text.length || text[at] === newline;
      if (!quoted && newline === "\n" && atEnd && cell.endsWith("\r")) cell = cell.slice(0, -1);
      row.push(cell);
      if (text[at] !== delimiter || at >= text.length) break;
      at++;
    }
    const rowText = text.slice(start, at);
    if (text[at] === newline) {
      line++;
      at++;
    }
    const closed = row.length === width + 1 && rowText.replace(/[\r\n]+$/, "").endsWith(delimiter!);
    if (!stray && (row.length === width || closed)) rows.push(row);
    else if (row.length > 1 || row[0] !== "" || rowText.startsWith(quote ?? "\0")) {
      ragged.push({ line: startLine, fieldCount: row.length, problem: stray ? "quote" : "fields" });
    }
  }
  return { rows, ragged };
}

function numberOf(cell: string): number | undefined {
  const text = cell.trim();
  if (text === "") return Number.NaN;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) || /^[+-]?0\d/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function datetimeOf(cell: string): number | undefined {
  const text = cell.trim();
  if (text === "") return Number.NaN;
  const match =
    /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|([+-])(\d\d)(?::?(\d\d))?)?)?$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [
    ,
    year,
    month,
    day,
    hour = "0",
    minute = "0",
    second = "0",
    fraction = "",
    ,
    sign,
    offsetHour = "0",
    offsetMinute = "0",
  ] = match;
  const parts = [Number(year), Number(month) - 1, Number(day)] as const;
  const date = new Date(0);
  date.setUTCFullYear(...parts);
  const real = date.getUTCMonth() === parts[1] && date.getUTCDate() === parts[2];
  if (!real || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const milliseconds = Number(fraction.padEnd(3, "0").slice(0, 3));
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === "-" ? -60_000 : 60_000);
  return (
    date.getTime() +
    ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 +
    milliseconds -
    offset
  );
}
