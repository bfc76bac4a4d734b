/** A source as a table: in memory where it fits, else streamed from the source. */
import { totalmem } from "node:os";
import { type LoadOptions, loadTable } from "./load-table.ts";
import type { RawSource } from "./raw-source.ts";
import { streamTable } from "./streamed-table.ts";
import type { Table } from "./table.ts";

/**
 * @param source - Closed with the table, or as soon as its rows are in memory.
 * @param memoryBytes - Bytes of rows that may be kept in memory; half of what this process may use by default.
 */
export async function keepTable(
  source: RawSource,
  memoryBytes: number | undefined,
  options: LoadOptions,
): Promise<Table> {
  const allowed = memoryBytes ?? usableMemory();
  if (source.expectedBytes > allowed) return streamTable(source, allowed, options);
  const table = await loadTable(source, options);
  await source.close();
  return table;
}

/** Half of the bytes that this process may use. */
export function usableMemory(): number {
  const allowed = process.constrainedMemory();
  return Math.min(totalmem(), allowed > 0 ? allowed : Number.POSITIVE_INFINITY) / 2;
}
