/** As many rows of a table as a limit of memory lets a task hold: all of them, or some evenly spread ones. */
import { MillwrightError } from "../core/index.ts";
import type { Frame } from "../schema/index.ts";
import type { Finding } from "./finding.ts";
import { memoryLimit, sizeText } from "./memory.ts";
import type { Table } from "./table.ts";

export interface WithinOptions {
  /** Bytes that the whole command may take; three quarters of what this process may use by default. */
  readonly memory?: number | undefined;
  /** How many times over the task holds its rows; the same as when the table was opened. */
  readonly copies: number;
  /** No more rows than this, where not all of them are in memory anyway. */
  readonly most?: number;
}

export interface RowsWithin {
  readonly frame: Frame;
  /** Says which rows these are, where they are not all. */
  readonly findings: readonly Finding[];
}

/** Fewer rows say too little of a table. */
const leastRows = 1000;

/** @throws MillwrightError `DATA_LIMIT` with the memory needed, where hardly a row would fit. */
export async function readWithin(table: Table, options: WithinOptions): Promise<RowsWithin> {
  const { streamedBytes, rowCount } = table;
  if (streamedBytes === undefined) return { frame: await table.read(), findings: [] };
  const { copies, most = Number.POSITIVE_INFINITY } = options;
  const limit = memoryLimit(options.memory);
  const bytesPerRow = streamedBytes / rowCount;
  const fitting = Math.floor(limit / copies / bytesPerRow);
  const kept = Math.min(fitting, most, rowCount);
  if (kept < Math.min(leastRows, rowCount)) {
    throw new MillwrightError(
      "DATA_LIMIT",
      `${sizeText(limit)} of memory hold ${fitting} rows of ${table.owner}, and at least ${leastRows} are needed.`,
      `Give --memory ${neededText(leastRows * bytesPerRow * copies)} or more, or choose columns with --sql.`,
    );
  }
  const frame = await table.sample(kept);
  if (kept === rowCount) return { frame, findings: [] };
  const whole = fitting >= rowCount ? null : `--memory ${neededText(streamedBytes * copies)}`;
  return {
    frame,
    findings: [
      {
        kind: "sampledRows",
        column: null,
        evidence: `${kept} of ${rowCount} rows, evenly spread, are looked at: ${whole === null ? "more would hardly change what is told" : `so many fit into ${sizeText(Math.floor(limit / 1e6) * 1e6)} of memory`}.`,
        effect: "leftOut",
        undo: whole,
        numbers: { count: kept, rows: rowCount },
      },
    ],
  };
}

/** Bytes rounded up to what is easily typed. */
function neededText(bytes: number): string {
  return bytes > 2e9 ? `${Math.ceil(bytes / 1e9)}GB` : `${Math.ceil(bytes / 1e7) * 10}MB`;
}
