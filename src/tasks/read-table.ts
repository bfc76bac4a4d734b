/** A run's table: opened with what the user said of its columns, and read as far as the memory goes. */
import {
  type ContentRead,
  type Finding,
  openTable,
  readingOf,
  readWithin,
  withoutPassword,
} from "../data/index.ts";
import type { Frame } from "../schema/index.ts";
import { type NamedColumns, overridesOf } from "./roles.ts";
import type { RunOptions } from "./run-options.ts";

/** What a run keeps of the table that it read. */
export interface TableRead {
  /** Rows of the source, where only some of them, evenly spread, fitted into memory. */
  readonly sampledFrom?: number;
  readonly fingerprint: string;
  readonly reads: readonly ContentRead[];
}

/**
 * @param named - Columns that the task's flags give a role.
 * @param copies - How many times over the task holds its rows.
 * @returns The rows, and what reading found.
 * @throws MillwrightError `SCHEMA_*`, `SOURCE_*`, `DATA_*`, `PARAMETER_CONFLICT`.
 */
export async function readTable(
  options: RunOptions,
  named: readonly NamedColumns[],
  copies: number,
): Promise<{ readonly frame: Frame; readonly findings: readonly Finding[]; readonly read: TableRead }> {
  const table = await openTable(options.source, {
    ...readingOf(options),
    ...(options.signal && { signal: options.signal }),
    threads: options.threads,
    columns: overridesOf(options, named),
    copies,
  });
  try {
    const { frame, findings } = await readWithin(table, { memory: options.memory, copies });
    return {
      frame,
      findings: [...table.findings, ...findings],
      read: {
        ...(frame.rowCount < table.rowCount && { sampledFrom: table.rowCount }),
        fingerprint: await table.fingerprint(),
        reads: await table.reads(),
      },
    };
  } finally {
    await table.close();
  }
}

/** What `run.json` tells of the table. */
export interface DataRecord {
  readonly source: readonly string[];
  readonly sql?: string;
  readonly sha256: string;
  /** Each file, address, object or query of it. */
  readonly reads: readonly ContentRead[];
  readonly rows: number;
  /** Rows of the source, where `rows` of them, evenly spread, are all that fitted into `memory`. */
  readonly sampledFrom?: number;
  /** Bytes given with `--memory`. */
  readonly memory?: number;
  readonly columns: number;
}

/** @param rows - Those that were read, whatever of them was used. */
export function dataRecord(
  options: RunOptions,
  { frame, fingerprint, reads, sampledFrom }: TableRead & { readonly frame: Frame },
  rows: number = frame.rowCount,
): DataRecord {
  return {
    source: options.source.map(withoutPassword),
    ...(options.sql !== undefined && { sql: options.sql }),
    sha256: fingerprint,
    reads,
    rows,
    ...(sampledFrom !== undefined && { sampledFrom }),
    ...(options.memory !== undefined && { memory: options.memory }),
    columns: frame.schema.columns.length,
  };
}
