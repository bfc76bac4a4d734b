/** How long a model takes for one row. */
import { type Frame, takeRows } from "../../schema/index.ts";

/** Answers a row that is ready. */
export type SingleRow = () => Promise<unknown>;

/** The first rows of a frame, each by itself. */
export function singleRows(
  answer: (row: Frame) => Promise<unknown>,
  frame: Frame,
  most: number,
): SingleRow[] {
  return Array.from({ length: Math.min(most, frame.rowCount) }, (_, i) => {
    const row = takeRows(frame, Uint32Array.of(i));
    return () => answer(row);
  });
}

/**
 * Milliseconds of single rows, ascending.
 *
 * @param single - At least one; they are taken in turn.
 * @param rows - How many are timed.
 * @param warm - How many go before them untimed.
 */
export async function rowTimes(
  single: readonly SingleRow[],
  { rows, warm }: { readonly rows: number; readonly warm: number },
): Promise<Float64Array> {
  const times = new Float64Array(rows);
  for (let i = -warm; i < rows; i++) {
    const answer = single[(i + warm) % single.length]!;
    const start = performance.now();
    await answer();
    if (i >= 0) times[i] = performance.now() - start;
  }
  return times.sort();
}
