/** Folds inside a fit of two classes: each with its share of both, by the identities of rows alone. */
import { rowUniform } from "../core/index.ts";

const foldCount = 5;

/**
 * A fold a row, each with its share of both classes; undefined where a class has fewer than two rows. It depends
 * on the identities of rows only.
 *
 * @param hit - 1 or 0 a row. Shape [n].
 */
export function stratifiedFolds(hit: Uint8Array, rowIds: Uint32Array, seed: number): Uint8Array | undefined {
  const draw = Float64Array.from(rowIds, (id) => rowUniform(seed, id));
  const members = [0, 1].map((one) =>
    Uint32Array.from(hit.keys())
      .filter((i) => hit[i] === one)
      .sort((a, b) => draw[a]! - draw[b]! || rowIds[a]! - rowIds[b]!),
  );
  const folds = Math.min(foldCount, ...members.map((rows) => rows.length));
  if (folds < 2) return undefined;
  const out = new Uint8Array(hit.length);
  for (const rows of members) rows.forEach((i, rank) => (out[i] = rank % folds));
  return out;
}
