/** A table's profile and findings: the two questions of `look`, for tables and for columns in memory. */
import type { Frame } from "../schema/index.ts";
import { findingsOfFrame, type FindingsOptions } from "./checks/findings.ts";
import type { Finding } from "./finding.ts";
import { type Profile, profileFrame, type ProfileOptions } from "./profile/profile.ts";
import type { Table } from "./table.ts";

/** Rows that a table is looked at on, at most; larger ones are thinned evenly. */
const maxRows = 2_000_000;

/**
 * Every column in figures; with a target, what each column alone tells about it.
 *
 * @throws MillwrightError `TARGET_MISSING` with the nearest name, `TARGET_CONSTANT`, `DATA_ALL_MISSING`.
 */
export async function profile(table: Table | Frame, options: ProfileOptions = {}): Promise<Profile> {
  const frame = await frameOf(table);
  const figures = profileFrame(frame, options);
  return frame.rowCount < table.rowCount ? { ...figures, sampledFrom: table.rowCount } : figures;
}

/**
 * Everything worth telling, findings of reading first. With a target: leaks, rare classes.
 *
 * @param options - `profile` spares measuring relations to the same target again.
 * @throws MillwrightError `TARGET_MISSING` with the nearest name, `TARGET_CONSTANT`, `DATA_ALL_MISSING`.
 */
export async function findings(
  table: Table | Frame,
  options: ProfileOptions & Pick<FindingsOptions, "profile" | "suggestLevels"> = {},
): Promise<readonly Finding[]> {
  const read = "findings" in table ? table.findings : [];
  return findingsOfFrame(await frameOf(table), { ...options, read });
}

async function frameOf(table: Table | Frame): Promise<Frame> {
  return "read" in table ? table.sample(maxRows) : table;
}
