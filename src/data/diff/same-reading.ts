/**
 * Two tables opened so that their cells compare: a column is a number in both or text in both, what means
 * missing in one means it in the other, and dates that can be read day first and month first are read as in the
 * table that tells which.
 */
import type { ColumnSchema } from "../../schema/index.ts";
import type { ColumnOverride } from "../infer/infer-column.ts";
import { type OpenOptions, openTable } from "../open-table.ts";
import type { Table } from "../table.ts";

/** How two cells of a column are compared. */
export type Family = "number" | "datetime" | "string";

/** A column that both tables have. */
export interface CommonColumn {
  readonly name: string;
  readonly family: Family;
  /** As found in each table by itself; null where it has no value. */
  readonly before: ColumnSchema | null;
  readonly after: ColumnSchema | null;
}

export interface Pair {
  readonly before: Table;
  readonly after: Table;
  readonly common: readonly CommonColumn[];
}

type Overrides = Record<string, ColumnOverride>;

/** Opens both; those of them that were read otherwise than the other are read a second time. */
export async function openPair(
  sources: readonly [before: string, after: string],
  options: OpenOptions,
): Promise<Pair> {
  const open = (source: string, columns: Overrides): Promise<Table> =>
    openTable(source, { ...options, exactNumbers: true, columns: { ...columns, ...options.columns } });
  let before = await open(sources[0], {});
  let after: Table | undefined;
  try {
    after = await open(sources[1], {});
    const common: CommonColumn[] = [];
    const again: [Overrides, Overrides] = [Object.create(null), Object.create(null)];
    const others = new Map(after.schema.columns.map((column) => [column.name, column]));
    for (const column of before.schema.columns) {
      const other = others.get(column.name);
      if (other === undefined) continue;
      const one = hasValues(before, column.name) ? column : null;
      const two = hasValues(after, column.name) ? other : null;
      common.push({ name: column.name, family: settle(one, two, again), before: one, after: two });
      settleOrder(column, other, [before, after], again);
    }
    if (Object.keys(again[0]).length > 0) {
      await before.close();
      before = await open(sources[0], again[0]);
    }
    if (Object.keys(again[1]).length > 0) {
      await after.close();
      after = await open(sources[1], again[1]);
    }
    return { before, after, common };
  } catch (error) {
    await before.close();
    await after?.close();
    throw error;
  }
}

function hasValues(table: Table, name: string): boolean {
  return !table.findings.some((finding) => finding.kind === "allMissing" && finding.column === name);
}

/** The family of a column, and what must be declared of it in each table. */
function settle(
  before: ColumnSchema | null,
  after: ColumnSchema | null,
  again: readonly [Overrides, Overrides],
): Family {
  if (before === null || after === null) return familyOf(before ?? after);
  const family = familyOf(before);
  if (family !== familyOf(after)) {
    for (const [index, column] of [before, after].entries())
      if (familyOf(column) !== "string") again[index]![column.name] = { kind: "category" };
    return "string";
  }
  // A column with words among its numbers is read by a rule of its own, which a declaration would end.
  if ([before, after].some((column) => column.kind === "number" && column.wordsAreMissing === true))
    return family;
  const missing = [...new Set([...(before.missing ?? []), ...(after.missing ?? [])])];
  for (const [index, column] of [before, after].entries()) {
    if (missing.some((code) => column.missing?.includes(code) !== true))
      again[index]![column.name] = { kind: column.kind, role: column.role, missing };
  }
  return family;
}

/** Dates of one table that can be read both ways take the order of the other's that cannot. */
function settleOrder(
  before: ColumnSchema,
  after: ColumnSchema,
  [one, two]: readonly [Table, Table],
  again: readonly [Overrides, Overrides],
): void {
  if (before.kind !== "datetime" || after.kind !== "datetime" || before.order === after.order) return;
  const open = [one, two].map((table) =>
    table.findings.some(
      ({ column, numbers }) => column === before.name && numbers?.["readBothWays"] !== undefined,
    ),
  );
  if (open[0] === open[1]) return;
  const [side, order] = open[0] === true ? ([0, after.order] as const) : ([1, before.order] as const);
  if (order === undefined || order === "ymd") return;
  again[side][before.name] = { kind: "datetime", role: before.role, ...again[side][before.name], order };
}

function familyOf(column: ColumnSchema | null): Family {
  return column?.kind === "number" || column?.kind === "datetime"
    ? column.kind
    : column === null
      ? "number"
      : "string";
}
