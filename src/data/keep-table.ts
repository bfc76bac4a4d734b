/** A source as a table: in memory where it fits, else streamed from the source. */
import { type LoadOptions, loadTable } from "./load-table.ts";
import { memoryLimit } from "./memory.ts";
import type { RawSource } from "./raw-source.ts";
import { streamTable } from "./streamed-table.ts";
import type { Table } from "./table.ts";

/** How much of the source may be kept, and how. */
export interface KeepOptions extends LoadOptions {
  /** Bytes that the whole command may take; three quarters of what this process may use by default. */
  readonly memory?: number | undefined;
  /** How many times over what is done with the rows holds them; 2 by default. */
  readonly copies?: number | undefined;
  /** Bytes of rows that may be kept in memory, whatever `memory` and `copies` say. */
  readonly memoryBytes?: number | undefined;
}

/** @param source - Closed with the table, or as soon as its rows are in memory. */
export async function keepTable(source: RawSource, options: KeepOptions): Promise<Table> {
  const allowed = options.memoryBytes ?? memoryLimit(options.memory) / (options.copies ?? 2);
  if (source.expectedBytes > allowed) return streamTable(source, allowed, options);
  const table = await loadTable(source, options);
  await source.close();
  return table;
}
