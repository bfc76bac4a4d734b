/**
 * Objects inside cells as columns of their own: `o` with `{"a": 1}` becomes `o.a`, as deep as they go.
 *
 * Only what is the same in every row can be a column, so lists and maps stay text, and a finding says how a query
 * unpacks them. Names are those of pandas' `json_normalize`.
 */
import { type Finding, shellWord } from "../finding.ts";
import { sqlName, sqlText } from "./read-query.ts";

interface Typed {
  readonly name: string;
  /** As DuckDB writes it: `STRUCT(a BIGINT, "b c" VARCHAR[])`. */
  readonly type: string;
}

/** A column that a cell's object becomes: where it stands in the query's own columns, and how SQL takes it out. */
interface Leaf extends Typed {
  readonly path: readonly string[];
  readonly expression: string;
}

/**
 * A query with every object of its columns taken apart, the query itself where there is none, and what stays text
 * because its rows differ in shape. An object stays whole where one of its parts would have the name of another column.
 */
export function flattened(
  sql: string,
  columns: readonly Typed[],
): { readonly sql: string; readonly findings: readonly Finding[] } {
  const whole = (column: Typed): Leaf => ({
    ...column,
    path: [column.name],
    expression: sqlName(column.name),
  });
  const leaves = columns.map((column) => leavesOf(whole(column)));
  const count = new Map<string, number>();
  for (const { name } of leaves.flat()) count.set(fold(name), (count.get(fold(name)) ?? 0) + 1);
  const chosen = columns.flatMap((column, at) =>
    leaves[at]!.some(({ name }) => count.get(fold(name))! > 1) ? [whole(column)] : leaves[at]!,
  );
  const findings = chosen.flatMap(nestedFinding);
  if (chosen.every(({ path }) => path.length === 1)) return { sql, findings };
  const taken = chosen.map(({ name, expression }) => `${expression} AS ${sqlName(name)}`);
  return { sql: `SELECT ${taken.join(", ")} FROM (${sql})`, findings };
}

/** What a column holds that no column can, and the SQL that unpacks it. */
function shapeOf(type: string, at: string): readonly [holds: string, ...ways: string[]] | undefined {
  if (/\[\d*\]$/.test(type)) return ["lists", `len(${at})`, `${at}[1]`];
  if (type.startsWith("MAP(")) return ["objects whose keys differ", `map_keys(${at})`, `${at}['KEY']`];
  if (type === "JSON" || type.startsWith("UNION(")) {
    return ["values of several shapes", `json_extract_string(${at}, '$.KEY')`];
  }
  const fields = structFields(type);
  if (fields === undefined) return undefined;
  return ["objects with a part named like another column", `${at}.${sqlWord(fields[0]!.name)}`];
}

function nestedFinding({ name, type, path }: Leaf): Finding[] {
  const [holds, ...ways] = shapeOf(type, path.map(sqlWord).join(".")) ?? [];
  if (holds === undefined) return [];
  return [
    {
      kind: "mixedTypes",
      column: name,
      evidence: `Its cells are ${holds}, read as text; a query (--sql) unpacks them: ${ways.join(", ")}.`,
      effect: "hint",
      undo: `--drop ${shellWord(name)}`,
    },
  ];
}

/** A name as a person would write it in SQL. */
function sqlWord(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : sqlName(name);
}

/** DuckDB does not tell capitals apart in names. */
function fold(name: string): string {
  return name.toLowerCase();
}

function leavesOf(leaf: Leaf): Leaf[] {
  const fields = structFields(leaf.type);
  if (fields === undefined) return [leaf];
  return fields.flatMap(({ name, type }) =>
    leavesOf({
      name: `${leaf.name}.${name}`,
      type,
      path: [...leaf.path, name],
      expression: `struct_extract(${leaf.expression}, ${sqlText(name)})`,
    }),
  );
}

/** The fields of `STRUCT(…)`; undefined for any other type, a list of structs among them, and for one without names. */
function structFields(type: string): Typed[] | undefined {
  if (!type.startsWith("STRUCT(")) return undefined;
  const fields: Typed[] = [];
  let start = "STRUCT(".length;
  let depth = 1;
  for (let at = start; at < type.length; at++) {
    const character = type[at]!;
    if (character === '"' || character === "'") at = type.indexOf(character, at + 1);
    else if (character === "(") depth++;
    else if (character === ")") depth--;
    if (at < 0) return undefined;
    if (depth === 0 || (depth === 1 && character === ",")) {
      const field = fieldOf(type.slice(start, at).trim());
      if (field === undefined) return undefined;
      fields.push(field);
      start = at + 1;
    }
    if (depth === 0) return at === type.length - 1 ? fields : undefined;
  }
  return undefined;
}

/** `name TYPE`, the name in double quotes where it must be. */
function fieldOf(text: string): Typed | undefined {
  const match = /^(?:"((?:[^"]|"")+)"|([^\s"(),]+)) (.+)$/s.exec(text);
  if (match === null) return undefined;
  return { name: match[2] ?? match[1]!.replaceAll('""', '"'), type: match[3]! };
}
