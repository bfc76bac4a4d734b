/** Limits on how far two tables may differ, as a user states them. */
import { MillwrightError } from "../../core/index.ts";
import type { Difference } from "./diff.ts";

/** A number of rows, or a share of them. */
export type RowLimit = { readonly rows: number } | { readonly share: number };

export interface DiffLimits {
  /** Of the rows that both tables have. */
  readonly changed?: RowLimit | undefined;
  /** Of the rows of the first table. */
  readonly added?: RowLimit | undefined;
  readonly removed?: RowLimit | undefined;
  /** Drift of any column, 0 … 1. */
  readonly drift?: number | undefined;
}

/** What became of one limit. */
export interface LimitResult {
  readonly limit: "changed" | "added" | "removed" | "drift";
  /** As it was stated: rows, or a share. */
  readonly atMost: number;
  /** In the same unit. */
  readonly observed: number;
  readonly unit: "rows" | "share";
  readonly exceeded: boolean;
  /** Of drift: the columns beyond it, the farthest first. */
  readonly columns?: readonly string[];
}

/**
 * Each limit that was stated, held against a difference.
 *
 * @throws MillwrightError `PARAMETER_CONFLICT` for a limit on changed rows where rows have no id.
 */
export function heldTo(difference: Difference, limits: DiffLimits): readonly LimitResult[] {
  const { rows, before } = difference;
  const results: LimitResult[] = [];
  if (limits.changed !== undefined && rows.changed === null) throw changedNeedsId();
  if (limits.changed !== undefined)
    results.push(rowResult("changed", limits.changed, rows.changed!, rows.matched));
  if (limits.added !== undefined) results.push(rowResult("added", limits.added, rows.added, before.rows));
  if (limits.removed !== undefined)
    results.push(rowResult("removed", limits.removed, rows.removed, before.rows));
  if (limits.drift !== undefined) {
    const atMost = limits.drift;
    const drifts = difference.columns.filter((column) => column.drift !== null);
    const beyond = drifts.filter((column) => column.drift! > atMost).sort((a, b) => b.drift! - a.drift!);
    results.push({
      limit: "drift",
      atMost,
      observed: drifts.reduce((most, column) => Math.max(most, column.drift!), 0),
      unit: "share",
      exceeded: beyond.length > 0,
      columns: beyond.map((column) => column.name),
    });
  }
  return results;
}

/** Without an id a changed row is one removed and one added. */
export function changedNeedsId(): MillwrightError {
  return new MillwrightError(
    "PARAMETER_CONFLICT",
    "--max-changed needs rows that can be told apart, and no --id is given.",
    "Name the column that names the rows with --id, or limit --max-added and --max-removed.",
  );
}

function rowResult(
  name: "changed" | "added" | "removed",
  limit: RowLimit,
  count: number,
  of: number,
): LimitResult {
  const inRows = "rows" in limit;
  const atMost = inRows ? limit.rows : limit.share;
  const observed = inRows ? count : of === 0 ? (count > 0 ? 1 : 0) : count / of;
  return { limit: name, atMost, observed, unit: inRows ? "rows" : "share", exceeded: observed > atMost };
}
