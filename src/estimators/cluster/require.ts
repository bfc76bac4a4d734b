/** What every clusterer asks of its rows. */
import { MillwrightError } from "../../core/index.ts";

/** @throws MillwrightError `DATA_TOO_FEW_ROWS`. */
export function requireRows(method: string, rowCount: number, needed: number): void {
  if (rowCount >= needed) return;
  throw new MillwrightError(
    "DATA_TOO_FEW_ROWS",
    `${method} needs at least ${needed} rows, and has ${rowCount}.`,
    "Bring more rows, or ask for fewer clusters.",
  );
}
