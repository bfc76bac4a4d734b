/**
 * One of our tables as a view in DuckDB, for SQL: typed and parsed as `look` shows it, not as DuckDB would guess.
 *
 * Numbers and datetimes are appended as DOUBLE, everything else as VARCHAR; a view gives them their SQL types,
 * with NULL for missing.
 */
import { MillwrightError } from "../../core/index.ts";
import type { ColumnSchema, Frame } from "../../schema/index.ts";
import type { Table } from "../table.ts";
import type { Engine } from "./engine.ts";
import { sqlName } from "./read-query.ts";

/**
 * @param name - Of the view.
 * @param table - Its numbers must not be rounded to float32.
 * @throws MillwrightError `SCHEMA_DUPLICATE_COLUMN` for names that differ by letter case alone.
 */
export async function loadTable(
  engine: Engine,
  name: string,
  table: Pick<Table, "schema" | "stream">,
): Promise<void> {
  const { columns } = table.schema;
  requireNamesOfSql(
    name,
    columns.map((column) => column.name),
  );
  const stored = sqlName(`millwright rows of ${name}`);
  const types = columns.map((column) => (isNumeric(column) ? "DOUBLE" : "VARCHAR"));
  await engine.execute(
    `CREATE TABLE ${stored} (${columns.map((column, index) => `${sqlName(column.name)} ${types[index]}`).join(", ")})`,
  );
  const whole = columns.map((column) => column.kind === "number");
  for await (const frame of table.stream()) {
    engine.append(`millwright rows of ${name}`, frame);
    for (const [index, column] of columns.entries()) whole[index] &&= isWhole(frame, column.name);
  }
  const expressions = columns.map(
    (column, index) => `${expression(column, whole[index]!)} AS ${sqlName(column.name)}`,
  );
  await engine.execute(`CREATE VIEW ${sqlName(name)} AS SELECT ${expressions.join(", ")} FROM ${stored}`);
}

/** SQL takes "Size" and "size" for one name. */
function requireNamesOfSql(view: string, names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const plain = name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
    const other = seen.get(plain);
    if (other !== undefined) {
      throw new MillwrightError(
        "SCHEMA_DUPLICATE_COLUMN",
        `The columns "${other}" and "${name}" of ${view} are one to SQL, which does not tell letter case apart.`,
        "Rename one of them, or read the table without --sql.",
      );
    }
    seen.set(plain, name);
  }
}

function isNumeric(column: ColumnSchema): boolean {
  return column.kind === "number" || column.kind === "datetime";
}

function isWhole(frame: Frame, name: string): boolean {
  const cells = frame.columns.get(name)!;
  return cells.type === "number" && areWhole(cells.values);
}

function expression(column: ColumnSchema, whole: boolean): string {
  const name = sqlName(column.name);
  const known = (then: string): string => `CASE WHEN isnan(${name}) THEN NULL ELSE ${then} END`;
  if (column.kind === "number") return known(whole ? `${name}::BIGINT` : name);
  if (column.kind === "datetime") {
    const time = `make_timestamp((${name} * 1000)::BIGINT)`;
    return known(column.clock === "instant" ? `${time} AT TIME ZONE 'UTC'` : time);
  }
  const text = `nullif(${name}, '')`;
  return column.kind === "boolean" && column.written === undefined ? `${text}::BOOLEAN` : text;
}

function areWhole(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === value && !Number.isSafeInteger(value)) return false;
  }
  return true;
}
