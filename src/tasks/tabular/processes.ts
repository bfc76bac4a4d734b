/**
 * How often training holds its rows, and so how many worker processes a limit of memory allows.
 *
 * This process holds them about five times: as read, parted into rows to learn and rows untouched, and written for the
 * workers. A worker holds up to eight: what it reads, one fold of it, and the fold's matrix, which 0/1 columns make wide.
 * docs/benchmarks.md tells what was measured.
 */
import { memoryLimit } from "../../data/index.ts";
import type { Frame } from "../../schema/index.ts";
import type { TrainOptions } from "./options.ts";

/** Of this process alone. */
export const ownCopies = 5;
const workerCopies = 8;

/** Of this process and two workers: what a table must fit into, whatever the number of cores. */
export const trainCopies = ownCopies + 2 * workerCopies;

/** Worker processes at once: as many as there are threads, unless `--memory` or a table larger than memory says fewer. */
export function processesWithin(
  { memory, threads }: Pick<TrainOptions, "memory" | "threads">,
  { frame, sampledFrom }: { readonly frame: Frame; readonly sampledFrom?: number },
): number {
  if (memory === undefined && sampledFrom === undefined) return threads;
  const bytes = 8 * frame.rowCount * frame.schema.columns.length;
  const fitting = Math.floor((memoryLimit(memory) / bytes - ownCopies) / workerCopies);
  return Math.max(1, Math.min(threads, fitting));
}
