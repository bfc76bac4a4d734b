/**
 * How two tables differ: columns, rows and distributions.
 *
 * Both are typed by the readers of `look` and put into DuckDB, which joins and counts; it spills to disk what
 * does not fit into memory. Counts are whole numbers, so every figure is exact and the same on each run.
 *
 * Distances: Kolmogorov–Smirnov for numbers and datetimes (the largest difference of the two distribution
 * functions), total variation for categories (half the sum of the differences of the shares).
 */
import { MillwrightError } from "../../core/index.ts";
import type { ColumnSchema, Kind } from "../../schema/index.ts";
import { Engine } from "../duckdb/engine.ts";
import { loadTable } from "../duckdb/load-table.ts";
import { sqlName } from "../duckdb/read-query.ts";
import { freeName, namesInSql, numbered, renamed } from "../expectations/checked-table.ts";
import type { Finding } from "../finding.ts";
import { memoryLimit, requireMemory } from "../memory.ts";
import type { OpenOptions } from "../open-table.ts";
import { requireColumn, type Table } from "../table.ts";
import { type CommonColumn, openPair, type Pair } from "./same-reading.ts";

/** One of the two tables. */
export interface TableFacts {
  readonly rows: number;
  /** SHA-256 of the source's content, as a run records it. */
  readonly sha256: string;
  /** How its cells were read in a way of their own. */
  readonly findings: readonly Finding[];
}

export interface Difference {
  readonly before: TableFacts;
  readonly after: TableFacts;
  readonly schema: {
    readonly added: readonly { readonly name: string; readonly kind: Kind }[];
    readonly removed: readonly { readonly name: string; readonly kind: Kind }[];
    /** As `look` finds each table's column. */
    readonly changed: readonly { readonly name: string; readonly from: Kind; readonly to: Kind }[];
  };
  readonly rows: RowDifference;
  /** Columns that both tables have, in the order of the first. */
  readonly columns: readonly ColumnDifference[];
}

export interface RowDifference {
  /** The columns that name a row; empty where rows are compared by all their common columns. */
  readonly id: readonly string[];
  /** Without an id: columns that look as if they named the rows of both tables. */
  readonly idCandidates: readonly string[];
  readonly added: number;
  readonly removed: number;
  /** Rows of one id that hold other values; null without an id. */
  readonly changed: number | null;
  /** Rows that both tables have: by id, or as a whole. */
  readonly matched: number;
  /** 1-based numbers of the first five: added ones in the second table, the others in the first. */
  readonly examples: {
    readonly added: readonly number[];
    readonly removed: readonly number[];
    readonly changed: readonly number[];
  };
}

export interface ColumnDifference {
  readonly name: string;
  /** In the second table; in the first where it has no value there. */
  readonly kind: Kind;
  /** Rows of one id with another value; null without an id. */
  readonly changed: number | null;
  readonly measure: "kolmogorovSmirnov" | "totalVariation" | null;
  /** Between the present values, 0 … 1; null of identifiers and texts, and where a table has no value. */
  readonly distance: number | null;
  /** Of numbers, and of datetimes in epoch milliseconds: the lower median. Null without a distance. */
  readonly median: { readonly before: number; readonly after: number } | null;
  /** Of categories: the value whose share moved farthest; null where none did. */
  readonly moved: { readonly value: string; readonly before: number; readonly after: number } | null;
  /** Share of the rows without a value. */
  readonly missingBefore: number;
  readonly missingAfter: number;
  /** The larger of the distance and the difference of the missing shares; null of the columns of the id. */
  readonly drift: number | null;
}

export interface DiffOptions extends Omit<OpenOptions, "schema" | "optional" | "exactNumbers"> {
  /** The columns that name a row. */
  readonly id?: readonly string[];
}

/**
 * Compares two tables.
 *
 * @throws MillwrightError what `openTable` throws; `SCHEMA_MISMATCH` for tables without a common column,
 *   `SCHEMA_MISSING_COLUMN` for an id that a table lacks, `DATA_BAD_VALUE` for one that is missing in a row or
 *   names two.
 */
export async function diffTables(
  before: string,
  after: string,
  options: DiffOptions = {},
): Promise<Difference> {
  const { id = [], threads, memory, ...reading } = options;
  requireMemory(memory);
  const memoryBytes = options.memoryBytes ?? memoryLimit(memory) / 2;
  const threading = threads === undefined ? {} : { threads };
  const pair = await openPair([before, after], { ...reading, ...threading, memoryBytes: memoryBytes / 4 });
  const { common } = pair;
  const engine = await Engine.open({ ...threading, memoryBytes });
  try {
    requireCommon(pair);
    for (const table of [pair.before, pair.after])
      for (const name of id)
        requireColumn(table.owner, name, new Set(table.schema.columns.map((column) => column.name)));
    const sides: readonly [Side, Side] = [
      await load(engine, "millwright before", pair.before, common, (column) => column.before === null),
      await load(engine, "millwright after", pair.after, common, (column) => column.after === null),
    ];
    const counted = [pair.before.rowCount, pair.after.rowCount] as const;
    const values = common.map((column) => column.name).filter((name) => !id.includes(name));
    const found =
      id.length > 0
        ? await byId(engine, sides, id, values, [pair.before.owner, pair.after.owner])
        : await byContent(engine, sides, values, counted[0]);
    const columns: ColumnDifference[] = [];
    for (const column of common) {
      const changed = found.changedBy?.get(column.name) ?? null;
      columns.push(await compare(engine, sides, column, counted, changed, id.includes(column.name)));
    }
    return {
      before: await factsOf(pair.before),
      after: await factsOf(pair.after),
      schema: schemaDifference(pair.before, pair.after, common),
      rows: {
        id,
        idCandidates: id.length > 0 ? [] : common.filter(isId).map(({ name }) => name),
        ...found.rows,
      },
      columns,
    };
  } finally {
    engine.close();
    await pair.before.close();
    await pair.after.close();
  }
}

async function factsOf(table: Table): Promise<TableFacts> {
  const findings = table.findings.filter(({ effect, kind }) => effect === "readAs" || kind === "raggedRows");
  return { rows: table.rowCount, sha256: await table.fingerprint(), findings };
}

/** @throws MillwrightError `SCHEMA_MISMATCH` */
function requireCommon({ before, after, common }: Pair): void {
  if (common.length > 0) return;
  const some = ({ schema: { columns } }: Table): string => {
    const names = columns.slice(0, 5).map(({ name }) => (name.length > 40 ? `${name.slice(0, 40)}…` : name));
    return names.join(", ") + (columns.length > 5 ? ", …" : "");
  };
  throw new MillwrightError(
    "SCHEMA_MISMATCH",
    `${before.owner} (${some(before)}) and ${after.owner} (${some(after)}) have no column in common.`,
    "Give two versions of one table, or rename the columns of one of them with --sql.",
  );
}

/** Whether a column was found to name the rows of both tables. */
function isId({ before, after }: CommonColumn): boolean {
  return [before, after].every((column) => column !== null && (column.kind === "id" || column.role === "id"));
}

function schemaDifference(
  before: Table,
  after: Table,
  common: readonly CommonColumn[],
): Difference["schema"] {
  const shared = new Set(common.map((column) => column.name));
  const others = (table: Table): { name: string; kind: Kind }[] =>
    table.schema.columns
      .filter((column) => !shared.has(column.name))
      .map(({ name, kind }) => ({ name, kind }));
  const changed = common.flatMap(({ name, before: from, after: to }) =>
    from === null || to === null || from.kind === to.kind ? [] : [{ name, from: from.kind, to: to.kind }],
  );
  return { added: others(after), removed: others(before), changed };
}

/** A table in DuckDB: a view, the column of row numbers, and how each common column is compared. */
interface Side {
  readonly view: string;
  readonly row: string;
  readonly cells: ReadonlyMap<string, string>;
}

async function load(
  engine: Engine,
  view: string,
  table: Table,
  common: readonly CommonColumn[],
  isEmpty: (column: CommonColumn) => boolean,
): Promise<Side> {
  const names = namesInSql(table.schema);
  const rows = renamed(table, names);
  const row = freeName(rows.schema, "millwright row");
  await loadTable(engine, view, numbered(rows, row));
  const cells = new Map(
    common.map((column) => {
      const { name, family } = column;
      const type = family === "number" ? "DOUBLE" : family === "datetime" ? "BIGINT" : "VARCHAR";
      const inView = sqlName(names.get(name)!);
      const cell = family === "datetime" ? `epoch_us(${inView})` : inView;
      return [name, isEmpty(column) ? `NULL::${type}` : `${cell}::${type}`] as const;
    }),
  );
  return { view: sqlName(view), row: sqlName(row), cells };
}

interface Found {
  readonly rows: Omit<RowDifference, "id" | "idCandidates">;
  readonly changedBy?: ReadonlyMap<string, number>;
}

const examples = 5;

/** Row numbers as one text: the first five of those that satisfy a condition. */
function firstRows(row: string, condition: string): string {
  return `coalesce(array_to_string(min((${row})::BIGINT, ${examples}) FILTER (WHERE ${condition}), ' '), '')`;
}

const numbersOf = (text: string | null): number[] => (text ?? "").split(" ").filter(Boolean).map(Number);

/** The columns of a side as k0, k1 … and its row number. */
function keyed({ view, row, cells }: Side, names: readonly string[]): string {
  const columns = names.map((name, index) => `, ${cells.get(name)!} AS k${index}`);
  return `SELECT ${row} AS r${columns.join("")} FROM ${view}`;
}

async function byId(
  engine: Engine,
  sides: readonly [Side, Side],
  id: readonly string[],
  values: readonly string[],
  owners: readonly [string, string],
): Promise<Found> {
  for (const [index, side] of sides.entries()) await requireUnique(engine, side, id, owners[index]!);
  const names = [...id, ...values];
  const on = id.map((_, index) => `l.k${index} = r.k${index}`).join(" AND ");
  const differs = values.map((_, index) => {
    const key = `k${id.length + index}`;
    return `(l.r IS NOT NULL AND r.r IS NOT NULL AND l.${key} IS DISTINCT FROM r.${key}) AS d${index}`;
  });
  const any = values.length === 0 ? "false" : values.map((_, index) => `d${index}`).join(" OR ");
  const conditions = { added: "lr IS NULL", removed: "rr IS NULL", changed: any };
  const counts = [...Object.values(conditions), ...values.map((_, index) => `d${index}`)];
  const outer = [
    ...counts.map((condition) => `(count(*) FILTER (WHERE ${condition}))::DOUBLE`),
    firstRows("rr", conditions.added),
    firstRows("lr", conditions.removed),
    firstRows("lr", conditions.changed),
    "(count(*) FILTER (WHERE lr IS NOT NULL AND rr IS NOT NULL))::DOUBLE",
  ];
  const joined = `SELECT ${["l.r AS lr", "r.r AS rr", ...differs].join(", ")} FROM (${keyed(sides[0], names)}) l FULL JOIN (${keyed(sides[1], names)}) r ON ${on}`;
  for await (const chunk of engine.stream(`SELECT ${outer.join(", ")} FROM (${joined})`)) {
    const number = (column: number): number => chunk.doubles(column)[0]!;
    const text = (at: number): number[] => numbersOf(chunk.string(counts.length + at, 0));
    return {
      rows: {
        added: number(0),
        removed: number(1),
        changed: number(2),
        matched: number(counts.length + 3),
        examples: { added: text(0), removed: text(1), changed: text(2) },
      },
      changedBy: new Map(values.map((name, index) => [name, number(3 + index)])),
    };
  }
  throw new Error("Millwright defect: a count gave no row");
}

/** @throws MillwrightError `DATA_BAD_VALUE` */
async function requireUnique(
  engine: Engine,
  side: Side,
  id: readonly string[],
  owner: string,
): Promise<void> {
  const keys = id.map((_, index) => `k${index}`);
  const missing = keys.map((key) => `${key} IS NULL`).join(" OR ");
  const inner = `SELECT r, (${missing}) AS m, count(*) OVER (PARTITION BY ${keys.join(", ")}) > 1 AS t FROM (${keyed(side, id)})`;
  const sql = `SELECT (count(*) FILTER (WHERE m))::DOUBLE, (count(*) FILTER (WHERE t AND NOT m))::DOUBLE, ${firstRows("r", "m")}, ${firstRows("r", "t AND NOT m")} FROM (${inner})`;
  for await (const chunk of engine.stream(sql)) {
    const named = id.map((name) => `"${name}"`).join(" and ");
    const [without, twice] = [chunk.doubles(0)[0]!, chunk.doubles(1)[0]!];
    if (without + twice === 0) return;
    const rows = numbersOf(chunk.string(without > 0 ? 2 : 3, 0)).join(", ");
    throw new MillwrightError(
      "DATA_BAD_VALUE",
      without > 0
        ? `${without} rows of ${owner} have no ${named}: ${rows}${without > examples ? ", …" : ""}.`
        : `${twice} rows of ${owner} share their ${named} with another row: ${rows}${twice > examples ? ", …" : ""}.`,
      "Name columns that name each row with --id, or leave it out to compare rows by all that they hold.",
    );
  }
}

/** Rows as multisets: the second of two equal rows is matched by the second of the other table. */
async function byContent(
  engine: Engine,
  sides: readonly [Side, Side],
  values: readonly string[],
  rowCount: number,
): Promise<Found> {
  const keys = values.map((_, index) => `k${index}`);
  const copies = (side: Side): string =>
    `SELECT *, row_number() OVER (PARTITION BY ${keys.length === 0 ? "true" : keys.join(", ")} ORDER BY r) AS copy FROM (${keyed(side, values)})`;
  const equal = ["l.copy = r.copy", ...keys.map((key) => `l.${key} IS NOT DISTINCT FROM r.${key}`)].join(
    " AND ",
  );
  const joined = `SELECT l.r AS lr, r.r AS rr FROM (${copies(sides[0])}) l FULL JOIN (${copies(sides[1])}) r ON ${equal}`;
  const sql = `SELECT (count(*) FILTER (WHERE lr IS NULL))::DOUBLE, (count(*) FILTER (WHERE rr IS NULL))::DOUBLE, ${firstRows("rr", "lr IS NULL")}, ${firstRows("lr", "rr IS NULL")} FROM (${joined})`;
  for await (const chunk of engine.stream(sql)) {
    const [added, removed] = [chunk.doubles(0)[0]!, chunk.doubles(1)[0]!];
    return {
      rows: {
        added,
        removed,
        changed: null,
        matched: rowCount - removed,
        examples: {
          added: numbersOf(chunk.string(2, 0)),
          removed: numbersOf(chunk.string(3, 0)),
          changed: [],
        },
      },
    };
  }
  throw new Error("Millwright defect: a count gave no row");
}

async function compare(
  engine: Engine,
  sides: readonly [Side, Side],
  column: CommonColumn,
  counted: readonly [number, number],
  changed: number | null,
  inId: boolean,
): Promise<ColumnDifference> {
  const { name, family } = column;
  const named = [column.before, column.after].some((schema) => schema !== null && namesOrTells(schema));
  const measure = named || inId ? null : family === "string" ? "totalVariation" : "kolmogorovSmirnov";
  const { present, distance, median, moved } = await distribution(engine, sides, column, measure);
  const missingBefore = (counted[0] - present[0]) / counted[0];
  const missingAfter = (counted[1] - present[1]) / counted[1];
  return {
    name,
    kind: (column.after ?? column.before)?.kind ?? "number",
    changed,
    measure: distance === null ? null : measure,
    distance,
    median,
    moved,
    missingBefore,
    missingAfter,
    drift: inId ? null : Math.max(distance ?? 0, Math.abs(missingAfter - missingBefore)),
  };
}

/** Identifiers and texts have values of their own in each row, so that their shares tell nothing. */
function namesOrTells({ kind, role }: ColumnSchema): boolean {
  return kind === "id" || kind === "text" || role === "id";
}

interface Distribution extends Pick<ColumnDifference, "distance" | "median" | "moved"> {
  /** Rows with a value on each side. */
  readonly present: readonly [number, number];
}

/** How a column is distributed on both sides. */
async function distribution(
  engine: Engine,
  [left, right]: readonly [Side, Side],
  { name, family }: CommonColumn,
  measure: ColumnDifference["measure"],
): Promise<Distribution> {
  const cell = (side: Side, sign: 0 | 1): string =>
    `SELECT ${side.cells.get(name)!} AS v, ${sign} AS s FROM ${side.view}`;
  const both = `FROM (${cell(left, 0)} UNION ALL ${cell(right, 1)}) WHERE v IS NOT NULL`;
  const counts = "count(*) FILTER (WHERE s = 0) AS l, count(*) FILTER (WHERE s = 1) AS r";
  const totals = `(SELECT l AS nl, r AS nr FROM (SELECT ${counts} ${both}))`;
  const byValue = `(SELECT v, ${counts} ${both} GROUP BY v)`;
  const cumulative = `(SELECT v, sum(l) OVER (ORDER BY v) AS l, sum(r) OVER (ORDER BY v) AS r FROM ${byValue})`;
  // Whole numbers up to rows × rows: HUGEINT holds them exactly.
  const gap = "abs(l::HUGEINT * nr - r::HUGEINT * nl)";
  const farthest = (what: string): string => `max_by(${what}, (${gap}, v))`;
  const columns = {
    none: [],
    totalVariation: [`sum(${gap})::DOUBLE / 2`, `${farthest("l")}::DOUBLE`, `${farthest("r")}::DOUBLE`],
    kolmogorovSmirnov: [
      `max(${gap})::DOUBLE`,
      "(min(v) FILTER (WHERE 2 * l >= nl))::DOUBLE",
      "(min(v) FILTER (WHERE 2 * r >= nr))::DOUBLE",
    ],
  }[measure ?? "none"];
  const texts = measure === "totalVariation" ? [farthest("v")] : [];
  const from = {
    none: totals,
    totalVariation: `${byValue}, ${totals}`,
    kolmogorovSmirnov: `${cumulative}, ${totals}`,
  };
  const sql = `SELECT ${[
    ...["any_value(nl)::DOUBLE", "any_value(nr)::DOUBLE", ...columns].map(
      (column) => `coalesce(${column}, 0)`,
    ),
    ...texts,
  ].join(", ")} FROM ${from[measure ?? "none"]}`;
  for await (const chunk of engine.stream(sql)) {
    const number = (index: number): number => chunk.doubles(index)[0]!;
    const present = [number(0), number(1)] as const;
    const [nl, nr] = present;
    if (measure === null || nl === 0 || nr === 0)
      return { present, distance: null, median: null, moved: null };
    const distance = number(2) / (nl * nr);
    if (measure === "totalVariation") {
      const value = chunk.string(5, 0)!;
      return {
        present,
        distance,
        median: null,
        moved: distance === 0 ? null : { value, before: number(3) / nl, after: number(4) / nr },
      };
    }
    const unit = family === "datetime" ? 1000 : 1;
    return { present, distance, median: { before: number(3) / unit, after: number(4) / unit }, moved: null };
  }
  throw new Error("Millwright defect: a count gave no row");
}
