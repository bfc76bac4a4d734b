/**
 * What an entry of the race costs where it is used, and which of several are worth it.
 *
 * The time of a row is told by one fit of the entry, on rows one by one; a bag of fits takes as many times that, less
 * what each run of the runtime costs by itself. It is an estimate: the shipped file is timed before it is said to
 * keep a limit.
 */
import { featureColumns, type Frame, takeRows } from "../schema/index.ts";
import { feedsOf } from "../features/index.ts";
import { compile } from "../runtime/index.ts";
import type { RaceEntry } from "./race.ts";

export interface EntryCost {
  /** Bytes in the file. */
  readonly bytes: number;
  /** Milliseconds of one row. */
  readonly rowMs: number;
}

/** Most that a shipped file may cost. */
export interface CostLimits {
  readonly bytes?: number;
  readonly rowMs?: number;
}

const timedRows = 60;
const warmRows = 10;

/**
 * @param shipped - The fits of an entry that go into the file.
 * @param frame - Rows to be timed on.
 */
export async function measureCosts(
  entries: readonly RaceEntry[],
  shipped: (entry: RaceEntry) => readonly Uint8Array[],
  frame: Frame,
): Promise<ReadonlyMap<RaceEntry, EntryCost>> {
  const times = new Map<RaceEntry, number>();
  for (const entry of entries) times.set(entry, await timeOfRow(shipped(entry)[0]!, frame));
  const overhead = Math.min(...times.values());
  return new Map(
    entries.map((entry) => {
      const fits = shipped(entry);
      const bytes = fits.reduce((sum, fit) => sum + fit.length, 0);
      return [entry, { bytes, rowMs: overhead + (times.get(entry)! - overhead) * fits.length }];
    }),
  );
}

/** The least of the milliseconds of one row: other work on the machine only ever adds. */
async function timeOfRow(fragment: Uint8Array, frame: Frame): Promise<number> {
  const session = await compile(fragment, { threads: 1 });
  try {
    const known = new Set(featureColumns(frame.schema).map(({ name }) => name));
    const names = session.inputs.map(({ name }) => name).filter((name) => known.has(name));
    let least = Infinity;
    for (let i = -warmRows; i < timedRows; i++) {
      const row = takeRows(frame, Uint32Array.of((i + warmRows) % frame.rowCount));
      const feeds = feedsOf(row, names);
      const start = performance.now();
      await session.run(feeds);
      if (i >= 0) least = Math.min(least, performance.now() - start);
    }
    return least;
  } finally {
    await session.release();
  }
}

/** What several together cost in one file. */
export function sumOfCosts(costs: readonly EntryCost[]): EntryCost {
  return costs.reduce((sum, { bytes, rowMs }) => ({ bytes: sum.bytes + bytes, rowMs: sum.rowMs + rowMs }), {
    bytes: 0,
    rowMs: 0,
  });
}

export function keepsTo({ bytes, rowMs }: EntryCost, limits: CostLimits): boolean {
  return bytes <= (limits.bytes ?? Infinity) && rowMs <= (limits.rowMs ?? Infinity);
}

/**
 * Which entries lie on the Pareto frontier: no other is at least as good, as fast and as small, and better in one.
 *
 * @param loss - Smaller is better.
 */
export function paretoFront(entries: readonly (EntryCost & { readonly loss: number })[]): boolean[] {
  return entries.map(
    (one) =>
      !entries.some(
        (other) =>
          other.loss <= one.loss &&
          other.rowMs <= one.rowMs &&
          other.bytes <= one.bytes &&
          (other.loss < one.loss || other.rowMs < one.rowMs || other.bytes < one.bytes),
      ),
  );
}
