/**
 * Expectations of a reference table: what the next table of its sort should be like.
 *
 * The reference passes its own expectations. No value held by fewer than five rows is written: rare categories
 * are allowed for as a share, extremes are rounded outward, identifiers are only said to be unique.
 */
import type { Cells, ColumnSchema } from "../../schema/index.ts";
import { fewestRows } from "../profile/column-profile.ts";
import type { Table } from "../table.ts";
import { earliestDay, type Extremes, ExtremesOf, numberBounds, rowBounds, shareBound } from "./bounds.ts";
import type { ColumnExpectations, Expectations } from "./expectations.ts";

/** A set of more values is not written, and a column with a greater share of rare values has none. */
const maxValues = 50;
const maxRareShare = 0.05;

/** Of an identifier with more distinct numbers it is not said that they are unique: a set of them fills the memory. */
const maxSeen = 5_000_000;

export interface LearnOptions {
  /** Share of a range, and of a share of missing or other values, to leave as room. 0.1 unless given. */
  readonly margin?: number;
}

/** Reads a table once and says what to expect of one like it. */
export async function expectationsOf(
  table: Table,
  { margin = 0.1 }: LearnOptions = {},
): Promise<Expectations> {
  const summaries = table.schema.columns.map((column) => {
    const odd = table.findings.find(
      ({ kind, column: name }) => kind === "mixedTypes" && name === column.name,
    );
    return new Summary(column, odd?.numbers?.["count"] ?? 0);
  });
  for await (const frame of table.stream())
    for (const summary of summaries) summary.add(frame.columns.get(summary.column.name)!);
  const columns: Record<string, ColumnExpectations> = Object.create(null);
  for (const summary of summaries)
    columns[summary.column.name] = summary.expectations(table.rowCount, margin);
  return { format: 1, rows: rowBounds(table.rowCount), columns, unique: [], rules: [] };
}

class Summary {
  readonly column: ColumnSchema;
  /** Words among its numbers. */
  private readonly unreadable: number;
  private missing = 0;
  private present = 0;
  /** Whether there are more distinct strings than the memory holds: nothing is said of them. */
  private crowded = false;
  private readonly extremes = new ExtremesOf();
  /** Distinct numbers, until there are too many. */
  private readonly numbers = new Map<number, number>();
  private counts = new Float64Array(0);
  private dictionary: readonly string[] = [];
  /** Distinct numbers of an identifier, until there are too many. */
  private seen: Set<number> | undefined;

  constructor(column: ColumnSchema, unreadable: number) {
    this.column = column;
    this.unreadable = unreadable;
    if (column.kind === "number" && column.role === "id") this.seen = new Set();
  }

  add(cells: Cells): void {
    if (cells.type === "string") {
      if (this.missing + this.present > 0 && cells.dictionary !== this.dictionary) this.crowded = true;
      this.dictionary = cells.dictionary;
      if (this.crowded) {
        for (const code of cells.codes) if (code < 0) this.missing++;
        return;
      }
      if (this.counts.length < cells.dictionary.length) {
        const grown = new Float64Array(Math.max(cells.dictionary.length, 2 * this.counts.length));
        grown.set(this.counts);
        this.counts = grown;
      }
      for (const code of cells.codes) {
        if (code < 0) this.missing++;
        else {
          this.counts[code]!++;
          this.present++;
        }
      }
      return;
    }
    this.extremes.add(cells.values);
    for (const value of cells.values) {
      if (value !== value) this.missing++;
      else {
        if (this.seen !== undefined && this.seen.add(value).size > maxSeen) this.seen = undefined;
        if (this.numbers.size <= 2) this.numbers.set(value, (this.numbers.get(value) ?? 0) + 1);
      }
    }
  }

  expectations(rowCount: number, margin: number): ColumnExpectations {
    const { column, missing } = this;
    const present = rowCount - missing;
    const base: ColumnExpectations = {
      kind: writtenKind(column, present),
      ...(this.unreadable > 0 && { maxUnreadable: shareBound(this.unreadable, rowCount, margin) }),
      ...(column.missing !== undefined && { missingWords: column.missing }),
      ...(column.kind === "datetime" && column.order !== undefined && { order: column.order }),
      maxMissing: shareBound(missing - this.unreadable, rowCount, margin),
    };
    if (present === 0) return { maxMissing: 1 };
    if (column.kind === "number" || column.kind === "datetime") {
      if (column.role === "id") return { ...base, ...(this.seen?.size === present && { unique: true }) };
      return { ...base, ...this.bounds(this.extremes.get()!, margin) };
    }
    if (this.crowded) return base;
    const distinct = this.counts.subarray(0, this.dictionary.length).filter((count) => count > 0).length;
    if (column.kind === "id" || column.role === "id")
      return { ...base, ...(distinct === present && { unique: true }) };
    if (column.kind === "text") return base;
    return { ...base, ...this.values(rowCount, distinct, margin) };
  }

  private bounds(extremes: Extremes, margin: number): ColumnExpectations {
    if (this.column.kind === "datetime") return { min: earliestDay(extremes, margin) };
    // A year or a code of two values has others tomorrow; a flag has not.
    const flag = [...this.numbers].every(([value, rows]) => Math.abs(value) <= 2 && rows >= fewestRows);
    if (flag && this.numbers.size <= 2) return { values: [...this.numbers.keys()].sort((a, b) => a - b) };
    return numberBounds(extremes, margin);
  }

  private values(rowCount: number, distinct: number, margin: number): ColumnExpectations {
    const often: string[] = [];
    let others = 0;
    for (const [code, value] of this.dictionary.entries()) {
      const rows = this.counts[code]!;
      if (rows >= fewestRows) often.push(value);
      else others += rows;
    }
    if (often.length === 0 || often.length > maxValues || others > maxRareShare * rowCount) return {};
    const values = often.sort((a, b) => (a < b ? -1 : 1));
    return { values, ...(distinct > often.length && { maxOther: shareBound(others, rowCount, margin) }) };
  }
}

/** A column of yes and no in words is written as the words themselves, which say more. */
function writtenKind(column: ColumnSchema, present: number): ColumnSchema["kind"] | undefined {
  if (present === 0) return undefined;
  return column.kind === "boolean" && column.written !== undefined ? "category" : column.kind;
}
