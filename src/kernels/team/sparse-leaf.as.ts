// Leaves of sparse rows. Each thread sums and scans features of its own, so there is nothing to reduce.
//
// The histogram of a child is summed where everything is 0. It stays there if the child has many rows; else its rows
// are walked once more to make everything 0 again, which costs less than clearing and keeping all bins.
import { clearAnswer, leafGain, scanFeature } from "../split/split.as";
import {
  addSparseColumn, addSparseRows, clearSparseRows, moveSparseRows,
} from "../sparse-histogram/sparse-histogram.as";
import { barrier } from "./barrier.as";
import { childrenToScan, partitionLeaf, setMinHessian } from "./leaf.as";
import {
  ANSWER_BYTES, ANSWERS, BEGIN, CHILD_HIST, END, FEATURES, FLOOR_LEFT, FLOOR_RIGHT, GRADIENTS, KEEP_ROWS, LIST_LEFT,
  LIST_RIGHT, OPTIONS_LEFT, OPTIONS_RIGHT, OUT_SCANNED, PARENT_HIST, ROWS, SCRATCH, SCRATCH_BYTES, SPARSE, TOTAL_LEFT,
  TOTAL_RIGHT,
} from "./leaf-arguments.as";
import { word } from "./shares.as";

/** Words of the table of sparse rows: addresses of arrays, and the number of features. */
const STARTS: usize = 0;
const ENTRY_FEATURES: usize = 1;
const ENTRY_SLOTS: usize = 2;
const FIRST_SLOTS: usize = 3; // u32 by feature
const ZERO_SLOTS: usize = 4; // u32 by feature
const COLUMN_STARTS: usize = 5; // u32 by feature and one more: entries of the features before it
const FEATURE_COUNT: usize = 6;
const COLUMN_ROWS: usize = 7;
const COLUMN_BINS: usize = 8;
const MASKED: usize = 9; // i64 by row: gradients of a leaf's rows, 0 for the others
const ROW_COUNT: usize = 10;

/** A leaf of at least this part of the rows is summed by columns. */
const COLUMN_PART: u32 = 8;

/** Least hessian of a child, in a side's options. */
const MIN_H: usize = 8;
/** Set in the answer of a command whose new histogram stays. */
const KEPT: u32 = 4;

/** First feature of a thread's share: about as many entries each. */
function featureStart(table: usize, thread: u32, threads: u32): u32 {
  const count = word(table, FEATURE_COUNT);
  if (thread == threads) return count;
  const starts = <usize>word(table, COLUMN_STARTS);
  const wanted = <u32>((<u64>load<u32>(starts + (<usize>count << 2)) * thread) / threads);
  let from: u32 = 0;
  let to = count;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (load<u32>(starts + (<usize>middle << 2)) < wanted) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** What a walk over rows does. */
const ADD: u32 = 0;
const TAKE_AWAY: u32 = 1;
const CLEAR: u32 = 2;
const MOVE: u32 = 3;

/** Walks rows[begin … end) for the features of a thread; `parent` is what rows are moved from. */
function walk(
  args: usize, mode: u32, begin: u32, end: u32, target: usize, parent: usize, first: u32, last: u32,
): void {
  const table = <usize>word(args, SPARSE);
  const starts = <usize>word(table, STARTS);
  const features = <usize>word(table, ENTRY_FEATURES);
  const places = <usize>word(table, ENTRY_SLOTS);
  const rows = <usize>word(args, ROWS);
  const gh = <usize>word(args, GRADIENTS);
  const slots = slotsOf(args, target);
  if (mode == CLEAR) {
    clearSparseRows(starts, features, places, rows, begin, end, first, last, target, slots);
  } else if (mode == MOVE) {
    moveSparseRows(
      starts, features, places, rows, gh, begin, end, first, last, target, slots, parent, slotsOf(args, parent),
    );
  } else {
    addSparseRows(starts, features, places, rows, gh, begin, end, first, last, target, slots, mode == TAKE_AWAY);
  }
}

// @ts-ignore: decorator
@inline
function slotsOf(args: usize, histogram: usize): usize {
  return histogram + (<usize>word(word(args, SPARSE), FEATURE_COUNT) << 3);
}

/** Whether a leaf of so many rows is summed by columns. */
// @ts-ignore: decorator
@inline
function byColumns(args: usize, rows: u32): bool {
  return rows >= word(word(args, SPARSE), ROW_COUNT) / COLUMN_PART;
}

/** Packed sum of rows[begin … end); where a leaf is summed by columns, its gradients go to the masked ones. */
function sumLeaf(args: usize, begin: u32, end: u32): i64 {
  const rows = <usize>word(args, ROWS);
  const gradients = <usize>word(args, GRADIENTS);
  const table = <usize>word(args, SPARSE);
  const mask = byColumns(args, end - begin);
  const masked = <usize>word(table, MASKED);
  if (mask) memory.fill(masked, 0, <usize>word(table, ROW_COUNT) << 3);
  let total: i64 = 0;
  for (let i = <usize>begin; i < <usize>end; i++) {
    const at = <usize>load<u32>(rows + (i << 2)) << 3;
    const value = load<i64>(gradients + at);
    if (mask) store<i64>(masked + at, value);
    total += value;
  }
  return total;
}

/** Bins of a feature, the one for missing values among them. */
// @ts-ignore: decorator
@inline
function bins(args: usize, feature: u32): u32 {
  return <u32>load<u16>(<usize>word(args, FEATURES) + (<usize>feature << 3)) + 1;
}

/** Sums the listed features from their columns, and takes them away from the parent where there is one. */
function sumColumns(args: usize, target: usize, parent: usize, first: u32, last: u32): void {
  const table = <usize>word(args, SPARSE);
  const starts = <usize>word(table, COLUMN_STARTS);
  const firstSlots = <usize>word(table, FIRST_SLOTS);
  const slots = slotsOf(args, target);
  const features = <usize>word(args, LIST_LEFT);
  const count = <usize>word(args, LIST_LEFT + 1);
  for (let i: usize = 0; i < count; i++) {
    const feature = load<u32>(features + (i << 2));
    if (feature < first) continue;
    if (feature >= last) break;
    const at = <usize>feature << 2;
    const sum = addSparseColumn(
      word(table, COLUMN_ROWS), word(table, COLUMN_BINS), load<u32>(starts + at), load<u32>(starts + at, 4),
      word(table, MASKED), slots + (<usize>load<u32>(firstSlots + at) << 3),
    );
    store<i64>(target + (<usize>feature << 3), sum);
    if (parent == 0) continue;
    const left = parent + (<usize>feature << 3);
    store<i64>(left, load<i64>(left) - sum);
    const to = slots + (<usize>(load<u32>(firstSlots + at) + bins(args, feature)) << 3);
    for (let slot = slots + (<usize>load<u32>(firstSlots + at) << 3); slot < to; slot += 8) {
      store<i64>(slot + parent - target, load<i64>(slot + parent - target) - load<i64>(slot));
    }
  }
}

/**
 * Tries the listed features of a thread's share. A split needs enough hessian on the side without the bin of zero too,
 * so a feature that holds less outside that bin has none.
 */
function scan(
  args: usize, list: usize, histogram: usize, total: i64, options: usize, answer: usize, thread: u32, first: u32,
  last: u32,
): void {
  const table = <usize>word(args, SPARSE);
  const firstSlots = <usize>word(table, FIRST_SLOTS);
  const zeroSlots = <usize>word(table, ZERO_SLOTS);
  const slots = slotsOf(args, histogram);
  const features = <usize>word(args, list);
  const count = <usize>word(args, list + 1);
  const minH = load<f64>(options, MIN_H);
  const scratch = <usize>word(args, SCRATCH) + <usize>thread * SCRATCH_BYTES;
  for (let i: usize = 0; i < count; i++) {
    const feature = load<u32>(features + (i << 2));
    if (feature < first) continue;
    if (feature >= last) break;
    const covered = load<i64>(histogram + (<usize>feature << 3));
    if (<f64>(<u32>covered) < minH) continue;
    const zero = slots + (<usize>load<u32>(zeroSlots + (<usize>feature << 2)) << 3);
    store<i64>(zero, total - covered);
    scanFeature(
      slots + (<usize>load<u32>(firstSlots + (<usize>feature << 2)) << 3), total, feature, word(args, FEATURES), options,
      scratch, answer,
    );
    store<i64>(zero, 0);
  }
}

/** Histogram and best split of one leaf from nothing. */
export function runSparseLeaf(args: usize, thread: u32, threads: u32): void {
  const begin = word(args, BEGIN);
  const end = word(args, END);
  const target = <usize>word(args, CHILD_HIST);
  const options = <usize>word(args, OPTIONS_LEFT);
  if (thread == 0) {
    const total = sumLeaf(args, begin, end);
    store<i64>(args, total, TOTAL_LEFT);
    setMinHessian(args, options, total, end - begin);
  }
  barrier(threads);
  const table = <usize>word(args, SPARSE);
  const first = featureStart(table, thread, threads);
  const last = featureStart(table, thread + 1, threads);
  if (byColumns(args, end - begin)) sumColumns(args, target, 0, first, last);
  else walk(args, ADD, begin, end, target, 0, first, last);
  const total = load<i64>(args, TOTAL_LEFT);
  const answer = <usize>word(args, ANSWERS) + <usize>thread * (ANSWER_BYTES * 2);
  clearAnswer(answer, leafGain(options, total) + load<f64>(args, FLOOR_LEFT));
  scan(args, LIST_LEFT, target, total, options, answer, thread, first, last);
  const kept = end - begin >= word(args, KEEP_ROWS);
  if (thread == 0) store<u32>(args, kept ? KEPT : 0, OUT_SCANNED);
  if (!kept) walk(args, CLEAR, begin, end, target, 0, first, last);
}

/** Splits a leaf; the larger child's histogram is the parent's, from which the smaller one's rows are taken away. */
export function runSparseSplit(args: usize, thread: u32, threads: u32): void {
  const leftSize = partitionLeaf(args, thread, threads);
  const children = childrenToScan(args, leftSize, thread);
  if (children == 0) return;
  barrier(threads);
  const middle = word(args, BEGIN) + leftSize;
  const leftSmaller = leftSize <= word(args, END) - middle;
  const begin = leftSmaller ? word(args, BEGIN) : middle;
  const end = leftSmaller ? middle : word(args, END);
  if (byColumns(args, end - begin)) {
    if (thread == 0) sumLeaf(args, begin, end);
    barrier(threads);
  }
  const smaller: u32 = leftSmaller ? 1 : 2;
  const child = <usize>word(args, CHILD_HIST);
  const parent = <usize>word(args, PARENT_HIST);
  const table = <usize>word(args, SPARSE);
  const first = featureStart(table, thread, threads);
  const last = featureStart(table, thread + 1, threads);
  const answer = <usize>word(args, ANSWERS) + <usize>thread * (ANSWER_BYTES * 2);
  clearAnswer(answer, load<f64>(args, FLOOR_LEFT));
  clearAnswer(answer + ANSWER_BYTES, load<f64>(args, FLOOR_RIGHT));
  if (!(children & smaller)) walk(args, TAKE_AWAY, begin, end, parent, 0, first, last);
  else if (byColumns(args, end - begin)) sumColumns(args, child, parent, first, last);
  else walk(args, MOVE, begin, end, child, parent, first, last);
  if (children & 1) {
    scan(
      args, LIST_LEFT, leftSmaller ? child : parent, load<i64>(args, TOTAL_LEFT), word(args, OPTIONS_LEFT), answer,
      thread, first, last,
    );
  }
  if (children & 2) {
    scan(
      args, LIST_RIGHT, leftSmaller ? parent : child, load<i64>(args, TOTAL_RIGHT), word(args, OPTIONS_RIGHT),
      answer + ANSWER_BYTES, thread, first, last,
    );
  }
  if (!(children & smaller)) return;
  if (end - begin < word(args, KEEP_ROWS)) walk(args, CLEAR, begin, end, child, 0, first, last);
  else if (thread == 0) store<u32>(args, children | KEPT, OUT_SCANNED);
}
