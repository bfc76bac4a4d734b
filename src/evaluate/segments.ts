/**
 * Cutting a table's columns into segments that can be named: "age over 50",
 * "contract = monthly", "income missing".
 *
 * Numbers are cut near their quartiles at rounded edges; categories are taken as
 * they are where enough rows hold them.
 */
import { quantile } from "../core/index.ts";
import type { Cells, ColumnSchema, Frame } from "../schema/index.ts";
import { rounded } from "./partial-dependence.ts";

/** One named part of a column. */
export interface Condition {
  readonly column: string;
  /** For people: "age over 50". */
  readonly text: string;
}

/** A column cut into parts. */
export interface Cut {
  readonly conditions: readonly Condition[];
  /** Index of each row's condition, −1 where it is in none. Shape [n]. */
  readonly part: Int16Array;
}

/** Categories that get a segment of their own, the most frequent first. */
const CATEGORY_LIMIT = 20;

/**
 * The segments of one column that hold at least `minRows` rows; undefined for a
 * column that cannot be cut (texts, ids, one value).
 */
export function cutColumn(frame: Frame, column: ColumnSchema, minRows: number): Cut | undefined {
  const cells = frame.columns.get(column.name);
  if (cells === undefined || column.kind === "text" || column.kind === "id") return undefined;
  const raw =
    cells.type === "number"
      ? cutNumbers(column.name, cells, column.kind === "datetime")
      : cutCategories(column.name, cells);
  return keepLarge(raw, minRows);
}

function cutNumbers(name: string, cells: Extract<Cells, { type: "number" }>, isTime: boolean): Cut {
  const present = cells.values.filter((value) => !Number.isNaN(value)).sort();
  const span = present.length === 0 ? 0 : quantile(present, 0.95) - quantile(present, 0.05);
  const edges: number[] = [];
  for (const share of present.length === 0 ? [] : [0.25, 0.5, 0.75]) {
    const at = quantile(present, share);
    const edge = isTime ? Math.floor(at / 86_400_000) * 86_400_000 : rounded(at, span);
    if (edge >= present[0]! && edge < present.at(-1)! && !edges.includes(edge)) edges.push(edge);
  }
  edges.sort((a, b) => a - b);
  const told = (edge: number): string =>
    isTime
      ? new Date(edge).toISOString().slice(0, 10)
      : edge.toLocaleString("en-US", { maximumFractionDigits: 12 });
  const texts = [...edges, Infinity].map((edge, i) => {
    if (edges.length === 0) return `${name} present`;
    if (i === 0) return `${name} up to ${told(edge)}`;
    return i === edges.length
      ? `${name} over ${told(edges[i - 1]!)}`
      : `${name} over ${told(edges[i - 1]!)} up to ${told(edge)}`;
  });
  const part = Int16Array.from(cells.values, (value) => {
    if (Number.isNaN(value)) return texts.length;
    let i = 0;
    while (i < edges.length && value > edges[i]!) i++;
    return i;
  });
  return { conditions: [...texts, `${name} missing`].map((text) => ({ column: name, text })), part };
}

function cutCategories(name: string, cells: Extract<Cells, { type: "string" }>): Cut {
  const counts = new Float64Array(cells.dictionary.length);
  for (const code of cells.codes) if (code >= 0) counts[code]!++;
  const kept = Array.from(counts.keys())
    .filter((code) => counts[code]! > 0)
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, CATEGORY_LIMIT);
  const index = new Int16Array(cells.dictionary.length).fill(-1);
  kept.forEach((code, i) => {
    index[code] = i;
  });
  const texts = [...kept.map((code) => `${name} = ${cells.dictionary[code]}`), `${name} missing`];
  return {
    conditions: texts.map((text) => ({ column: name, text })),
    part: Int16Array.from(cells.codes, (code) => (code < 0 ? kept.length : index[code]!)),
  };
}

/** Without the segments of too few rows; undefined if fewer than two are left, or one that leaves out too few. */
function keepLarge(cut: Cut, minRows: number): Cut | undefined {
  const counts = new Uint32Array(cut.conditions.length);
  for (const part of cut.part) if (part >= 0) counts[part]!++;
  const large = Array.from(counts.keys()).filter(
    (part) => counts[part]! >= minRows && cut.part.length - counts[part]! >= minRows,
  );
  if (large.length === 0) return undefined;
  const index = new Int16Array(counts.length).fill(-1);
  large.forEach((part, i) => {
    index[part] = i;
  });
  return {
    conditions: large.map((part) => cut.conditions[part]!),
    part: cut.part.map((part) => (part < 0 ? -1 : index[part]!)),
  };
}
