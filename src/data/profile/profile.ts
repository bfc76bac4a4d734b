/** The profile of a table: every column in figures, and what each alone tells about the target. */
import type { Frame } from "../../schema/index.ts";
import { type ColumnProfile, profileColumn } from "./column-profile.ts";
import { relation } from "./relation.ts";
import { Sorter } from "./sorted.ts";
import { type ProfileTarget, profileTarget, relationRows } from "./target.ts";

export interface Profile {
  /** Rows that the figures are of. */
  readonly rowCount: number;
  /** Rows of the table, where only some, evenly spread, were looked at. */
  readonly sampledFrom?: number;
  readonly columns: readonly ColumnProfile[];
  /** Name and nature of the target, where one was given. */
  readonly target?: { readonly name: string; readonly task: ProfileTarget["task"]; readonly rows: number };
}

export interface ProfileOptions {
  readonly target?: string;
  /** What a target of numbers is; without it two distinct values are classes, and more are numbers. */
  readonly task?: "regression" | "classification";
}

/**
 * Profiles columns in memory.
 *
 * @throws MillwrightError `TARGET_MISSING` with the nearest name, `TARGET_CONSTANT`, `DATA_ALL_MISSING`.
 */
export function profileFrame(frame: Frame, options: ProfileOptions = {}): Profile {
  const target =
    options.target === undefined
      ? undefined
      : profileTarget(frame, options.target, relationRows(frame.columns.size), options.task);
  const sorter = new Sorter();
  const columns = frame.schema.columns.map((column): ColumnProfile => {
    const cells = frame.columns.get(column.name)!;
    const figures = profileColumn(column, cells, sorter);
    if (target === undefined || column.name === target.name || column.role === "id") return figures;
    return { ...figures, relation: relation(cells, target) };
  });
  if (target === undefined) return { rowCount: frame.rowCount, columns };
  const { name, task } = target;
  const rows = columns.find((column) => column.name === name)!.present;
  return { rowCount: frame.rowCount, columns, target: { name, task, rows } };
}
