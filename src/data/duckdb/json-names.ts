/**
 * Names of JSON's columns as its keys are written. DuckDB does not tell letter case apart, and calls the second of the
 * keys "a" and "A" the column "A_1": where that may be, the keys themselves are asked.
 */
import { MillwrightError } from "../../core/index.ts";
import type { Engine } from "./engine.ts";

/**
 * @param names - Of the columns, as DuckDB gives them.
 * @param objects - SQL that reads the rows as objects: a table function with the column `json`.
 * @returns The key of each column that has another name.
 * @throws MillwrightError `SCHEMA_DUPLICATE_COLUMN` where a column may be of either of two keys.
 */
export async function writtenNames(
  engine: Engine,
  owner: string,
  names: readonly string[],
  objects: string,
): Promise<ReadonlyMap<string, string>> {
  const known = new Set(names);
  const folded = new Set(names.map(fold));
  const odd = names.filter((name) => {
    const base = baseOf(name);
    return base !== undefined && !known.has(base) && folded.has(fold(base));
  });
  if (odd.length === 0) return new Map();
  const keys = new Set<string>();
  const sql = `SELECT DISTINCT key FROM (SELECT unnest(json_keys(json)) AS key FROM ${objects})`;
  for await (const chunk of engine.stream(sql))
    for (let row = 0; row < chunk.rowCount; row++) keys.add(chunk.string(0, row) ?? "");
  const written = new Map<string, string>();
  for (const name of odd) {
    const key = baseOf(name)!;
    if (!keys.has(key)) continue;
    if (keys.has(name)) throw clash(owner, key, name, names);
    written.set(name, key);
  }
  return written;
}

/** `A` of `A_1`. */
const baseOf = (name: string): string | undefined => /^(.*)_\d+$/s.exec(name)?.[1];

const fold = (name: string): string => name.toLowerCase();

function clash(owner: string, key: string, name: string, names: readonly string[]): MillwrightError {
  const other = names.find((each) => fold(each) === fold(key))!;
  return new MillwrightError(
    "SCHEMA_DUPLICATE_COLUMN",
    `${owner} has the keys "${other}" and "${key}", which differ by letter case alone, and "${name}" beside them, so that their columns cannot be told apart.`,
    "Rename one of them.",
  );
}
