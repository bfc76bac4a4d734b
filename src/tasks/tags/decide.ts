/**
 * From scores to tags: the highest score wins, after that of O is lowered by an offset.
 *
 * Most tokens are O, so a model that is fitted to be right about tokens says too seldom that one is not; the offset that
 * gives the best span F1 on validation sentences makes up for it, as a threshold does for two classes.
 */
import { spanScores } from "../../metrics/index.ts";

/** Place of O among the classes. */
export const outsideCode = 0;

/** Offsets that are tried. */
const offsets = Array.from({ length: 21 }, (_, k) => k / 4);

/** The offset of the best span F1; the smallest where several are as good. */
export function bestOffset(
  actual: readonly (readonly string[])[],
  tagsAt: (offset: number) => readonly (readonly string[])[],
): { readonly offset: number; readonly f1: number } {
  let best = { offset: 0, f1: -1 };
  for (const offset of offsets) {
    const { f1 } = spanScores(actual, tagsAt(offset));
    if (f1 > best.f1) best = { offset, f1 };
  }
  return best;
}

/**
 * Tags of sentences.
 *
 * @param scores - Row-major [sentences, places, classes], O the first class.
 * @param lengths - Tokens of each sentence.
 */
export function tagsOfScores(
  scores: Float32Array | Float64Array,
  lengths: readonly number[],
  classes: readonly string[],
  places: number,
  offset: number,
): string[][] {
  const width = classes.length;
  return lengths.map((length, row) =>
    Array.from({ length }, (_, k) => {
      const from = (row * places + k) * width;
      let best = outsideCode;
      let most = scores[from + outsideCode]! - offset;
      for (let c = 0; c < width; c++) {
        if (c === outsideCode || scores[from + c]! <= most) continue;
        best = c;
        most = scores[from + c]!;
      }
      return classes[best]!;
    }),
  );
}
