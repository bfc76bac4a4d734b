/** How long a model takes for one row. */
import { type Frame, takeRows } from "../../schema/index.ts";

/**
 * Milliseconds of single rows, ascending.
 *
 * @param rows - How many are timed; the frame's are taken in turn.
 * @param warm - How many go before them untimed.
 */
export async function rowTimes(
  answer: (row: Frame) => Promise<unknown>,
  frame: Frame,
  { rows, warm }: { readonly rows: number; readonly warm: number },
): Promise<Float64Array> {
  const single = Array.from({ length: Math.min(rows, frame.rowCount) }, (_, row) =>
    takeRows(frame, Uint32Array.of(row)),
  );
  const times = new Float64Array(rows);
  for (let i = -warm; i < rows; i++) {
    const row = single[(i + warm) % single.length]!;
    const start = performance.now();
    await answer(row);
    if (i >= 0) times[i] = performance.now() - start;
  }
  return times.sort();
}
