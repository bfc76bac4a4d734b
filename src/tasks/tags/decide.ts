/**
 * From scores to tags: of the sequences of tags that may be, the one with the highest sum of scores, after that of O is
 * lowered by an offset.
 *
 * Most tokens are O, so a model that is fitted to be right about tokens says too seldom that one is not; the offset that
 * gives the best span F1 on validation sentences makes up for it, as a threshold does for two classes. An I- goes on with
 * a span of its kind, unless the training sentences have it otherwise. The best sequence is found place by place: Viterbi
 * 1967, "Error bounds for convolutional codes and an asymptotically optimum decoding algorithm".
 */
import * as ops from "../../graph/index.ts";
import type { Value } from "../../graph/index.ts";
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

/** Whether the column's class may stand behind the row's; O stands before the first place. */
export type TagOrder = readonly (readonly boolean[])[];

/** An I- only behind a tag of its kind; behind any, where a span of its kind begins with one in these sentences. */
export function tagOrder(classes: readonly string[], tags: readonly (readonly string[])[]): TagOrder {
  const goesOn = (from: string, to: string): boolean =>
    !to.startsWith("I-") || (from !== classes[outsideCode] && from.slice(2) === to.slice(2));
  const free = new Set<string>();
  for (const sentence of tags)
    sentence.forEach((tag, k) => {
      if (!goesOn(sentence[k - 1] ?? classes[outsideCode]!, tag)) free.add(tag);
    });
  return classes.map((from) => classes.map((to) => free.has(to) || goesOn(from, to)));
}

/** Taken off where one tag may not stand behind another: no sum of scores makes up for it. */
const never = 1e9;

export interface TagDecision {
  readonly classes: readonly string[];
  readonly places: number;
  readonly order: TagOrder;
}

/**
 * Tags of sentences, in plain loops; `emitTagCodes` is the same in a graph.
 *
 * @param scores - Row-major [sentences, places, classes], O the first class.
 * @param lengths - Tokens of each sentence.
 */
export function tagsOfScores(
  scores: Float32Array | Float64Array,
  lengths: readonly number[],
  { classes, places, order }: TagDecision,
  offset: number,
): string[][] {
  const width = classes.length;
  const barred = order.map((row) => row.map((may) => (may ? 0 : never)));
  return lengths.map((length, row) => {
    const own = (k: number, c: number): number =>
      scores[(row * places + k) * width + c]! - (c === outsideCode ? offset : 0);
    let sums = classes.map((_, c) => own(0, c) - barred[outsideCode]![c]!);
    const before: Int32Array[] = [];
    for (let k = 1; k < length; k++) {
      const from = new Int32Array(width);
      sums = classes.map((_, c) => {
        let most = Number.NEGATIVE_INFINITY;
        for (let b = 0; b < width; b++) {
          const sum = sums[b]! - barred[b]![c]!;
          if (sum <= most) continue;
          most = sum;
          from[c] = b;
        }
        return most + own(k, c);
      });
      before.push(from);
    }
    let code = sums.indexOf(Math.max(...sums));
    const found = [classes[code]!];
    for (const from of before.toReversed()) {
      code = from[code]!;
      found.unshift(classes[code]!);
    }
    return found;
  });
}

/**
 * Codes of tags int64 [batch, places]; behind the end of a sentence they mean nothing.
 *
 * @param scores - float64 [batch, places, classes], the offset taken off.
 * @param present - 1 for tokens, 0 behind them: float64 [batch, places].
 */
export function emitTagCodes(scores: Value, present: Value, { classes, places, order }: TagDecision): Value {
  const width = classes.length;
  const barred = Float64Array.from(order.flat(), (may) => (may ? 0 : -never));
  const matrix = (data: Float64Array, rows: number): Value =>
    ops.constant({ dtype: "float64", shape: [rows, width], data });
  // Behind the end all tags score 0, and O may stand behind any: the best sequence up to the end stays the best.
  const counted = ops.mul(scores, ops.unsqueeze(present, [2]));
  const own = (k: number): Value => ops.squeeze(ops.slice(counted, [k], [k + 1], [1]), [1]);
  const steps = matrix(barred, width);
  let sums = ops.add(own(0), matrix(barred.subarray(0, width), 1));
  const before: Value[] = [];
  for (let k = 1; k < places; k++) {
    const come = ops.add(ops.unsqueeze(sums, [2]), steps);
    before.push(ops.argMax(come, { axis: 1, keepDims: false }));
    sums = ops.add(ops.reduceMax(come, { axes: [1] }), own(k));
  }
  const codes = [ops.argMax(sums, { axis: 1, keepDims: true })];
  for (const from of before.toReversed()) codes.unshift(ops.gatherElements(from, codes[0]!, 1));
  return codes.length === 1 ? codes[0]! : ops.concat(codes, 1);
}
