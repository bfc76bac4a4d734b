/**
 * From scores to tags: the highest score wins, after that of O is lowered by an offset.
 *
 * Most tokens are O, so a model that is fitted to be right about tokens says too seldom that one is not; the offset that
 * gives the best span F1 on validation sentences makes up for it, as a threshold does for two classes.
 */
import { type SpanCounts, spanCounts, spanScoresOf } from "../../metrics/index.ts";

/** Place of O among the classes. */
export const outsideCode = 0;

/** Offsets that are tried. */
const offsets = Array.from({ length: 21 }, (_, k) => k / 4);

/**
 * The smallest offset whose span F1 is within a standard error of the best, and that best F1.
 *
 * The curve is flat about its top, so the best itself is a matter of chance, and it is bound to how often the validation
 * sentences have spans; the smaller offset stays nearer to what was learnt from many more sentences. Source of the rule:
 * Breiman et al. 1984, "Classification and regression trees", for the size of a tree.
 */
export function bestOffset(
  actual: readonly (readonly string[])[],
  tagsAt: (offset: number) => readonly (readonly string[])[],
): { readonly offset: number; readonly f1: number } {
  const tried = offsets.map((offset) => {
    const counts = tagsAt(offset).map((tags, i) => spanCounts(actual[i]!, tags));
    return { offset, counts, f1: spanScoresOf(counts).f1 };
  });
  const best = tried.reduce((top, each) => (each.f1 > top.f1 ? each : top));
  const least = best.f1 - standardError(best.counts);
  return { offset: tried.find(({ f1 }) => f1 >= least)!.offset, f1: best.f1 };
}

/** Of the span F1 over sentences, by its linear approximation. */
function standardError(counts: readonly SpanCounts[]): number {
  const { predicted, actual, f1 } = spanScoresOf(counts);
  if (predicted + actual === 0) return 0;
  const squares = counts.reduce(
    (sum, each) => sum + (2 * each.right - f1 * (each.predicted + each.actual)) ** 2,
    0,
  );
  return Math.sqrt(squares) / (predicted + actual);
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
