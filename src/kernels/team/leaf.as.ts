// Leaves whose rows lie in blocks of bytes: their histograms, best splits, and the parts that a split makes of them.
import { histogram } from "../histogram/histogram.as";
import { partition } from "../partition/partition.as";
import { clearAnswer, leafGain, scanFeature, subtractHistogram } from "../split/split.as";
import { barrier } from "./barrier.as";
import {
  ANSWER_BYTES, ANSWERS, BEGIN, BLOCK_COUNT, BLOCKS, CATEGORY_ROWS, CHILD_HIST, COLUMN, COLUMN_STRIDE, COUNTS, END,
  FEATURES, FLOOR_LEFT, FLOOR_RIGHT, GOES_LEFT, GRADIENTS, GROUP_ROWS, HIST_BYTES, LEFT_TEMP, LIST_LEFT, LIST_RIGHT,
  MIN_HESSIAN, MIN_ROWS, OPTIONS_LEFT, OPTIONS_RIGHT, OUT_LEFT, OUT_SCANNED, PARENT_HIST, PARTIALS, RIGHT_TEMP, ROWS,
  SCAN, SCRATCH, SCRATCH_BYTES, TOTAL_LEFT, TOTAL_RIGHT,
} from "./leaf-arguments.as";
import { shareStart, word } from "./shares.as";

/** Histograms of rows[begin … end) over the team: thread 0 into `target`, the others into their partials. */
function gather(args: usize, begin: u32, end: u32, target: usize, thread: u32, threads: u32): void {
  const bytes = <usize>word(args, HIST_BYTES);
  const own = thread == 0 ? target : <usize>word(args, PARTIALS) + (<usize>thread - 1) * bytes;
  const from = shareStart(begin, end, thread, threads, 64);
  const to = shareStart(begin, end, thread + 1, threads, 64);
  const blocks = <usize>word(args, BLOCKS);
  for (let b: usize = 0; b < <usize>word(args, BLOCK_COUNT); b++) {
    const block = blocks + b * 20;
    const quads = <usize>load<u32>(block, 8);
    const hist = own + <usize>load<u32>(block, 16);
    for (let q: usize = 0; q < <usize>load<u32>(block, 12); q++) {
      memory.fill(hist + <usize>load<u32>(quads + (q << 2)) * 8192, 0, 8192);
    }
    histogram(
      load<u32>(block), load<u32>(block, 4), word(args, ROWS), word(args, GRADIENTS), from, to,
      quads, load<u32>(block, 12), hist,
      <usize>word(args, SCRATCH) + <usize>thread * SCRATCH_BYTES,
    );
  }
}

/** Adds the partials of one feature into `target`. */
// @ts-ignore: decorator
@inline
function reduce(args: usize, target: usize, offset: usize, threads: u32): void {
  const bytes = <usize>word(args, HIST_BYTES);
  const partials = <usize>word(args, PARTIALS) + offset;
  for (let t: u32 = 1; t < threads; t++) addInto(target + offset, partials + <usize>(t - 1) * bytes);
}

function addInto(target: usize, source: usize): void {
  for (let i: usize = 0; i < 2048; i += 16) {
    v128.store(target + i, i64x2.add(v128.load(target + i), v128.load(source + i)));
  }
}

/** Histograms and best split of one leaf from nothing: the root, or a leaf whose parent's histograms were given up. */
export function runLeaf(args: usize, thread: u32, threads: u32): void {
  const target = <usize>word(args, CHILD_HIST);
  gather(args, word(args, BEGIN), word(args, END), target, thread, threads);
  barrier(threads);
  const slots = word(args, HIST_BYTES) >> 11;
  const first = shareStart(0, slots, thread, threads, 1);
  const last = shareStart(0, slots, thread + 1, threads, 1);
  for (let f = first; f < last; f++) reduce(args, target, <usize>f << 11, threads);
  barrier(threads);
  // Every thread finds the same total, from the first listed feature.
  let total: i64 = 0;
  const sums = target + (<usize>load<u32>(word(args, LIST_LEFT)) << 11);
  for (let i: usize = 0; i < 2048; i += 8) total += load<i64>(sums + i);
  const options = <usize>word(args, OPTIONS_LEFT);
  const answer = <usize>word(args, ANSWERS) + <usize>thread * (ANSWER_BYTES * 2);
  if (thread == 0) {
    store<i64>(args, total, TOTAL_LEFT);
    setMinHessian(args, options, total, word(args, END) - word(args, BEGIN));
  }
  barrier(threads);
  clearAnswer(answer, leafGain(options, total) + load<f64>(args, FLOOR_LEFT));
  scanList(args, LIST_LEFT, target, TOTAL_LEFT, OPTIONS_LEFT, answer, thread, first, last);
}

/** Tries the listed features (ascending) that lie in the thread's slots. */
function scanList(
  args: usize, list: usize, hist: usize, total: usize, options: usize, answer: usize, thread: u32, first: u32, last: u32,
): void {
  const features = <usize>word(args, list);
  const count = <usize>word(args, list + 1);
  const scratch = <usize>word(args, SCRATCH) + <usize>thread * SCRATCH_BYTES;
  for (let i: usize = 0; i < count; i++) {
    const feature = load<u32>(features + (i << 2));
    if (feature < first || feature >= last) continue;
    scanFeature(
      hist + (<usize>feature << 11), load<i64>(args + total), feature, word(args, FEATURES), word(args, options), scratch,
      answer,
    );
  }
}

/** What counts of rows ask for, as shares of the leaf's hessian; a least hessian of a child may also be given. */
export function setMinHessian(args: usize, options: usize, total: i64, rows: u32): void {
  const row = <f64>(<u32>total) / <f64>max(rows, 1);
  const child = (<f64>word(args, MIN_ROWS) - 0.5) * row;
  store<f64>(options, max(max(load<f64>(args, MIN_HESSIAN), child), 1), 8);
  store<f64>(options, <f64>word(args, CATEGORY_ROWS) * row, 64);
  store<f64>(options, <f64>word(args, GROUP_ROWS) * row, 80);
}

/** Moves the rows of a split leaf, and the passive ones, to the places of its children; returns the rows on the left. */
export function partitionLeaf(args: usize, thread: u32, threads: u32): u32 {
  const rows = <usize>word(args, ROWS);
  const counts = <usize>word(args, COUNTS);
  // 1. Each thread partitions its part of both lists into the temporary lists, at the place of its part.
  for (let list: usize = 0; list < 2; list++) {
    const begin = word(args, BEGIN + 2 * list);
    const end = word(args, END + 2 * list);
    const from = shareStart(begin, end, thread, threads, 64);
    const to = shareStart(begin, end, thread + 1, threads, 64);
    const left = partition(
      word(args, COLUMN), word(args, COLUMN_STRIDE), rows, from, to, word(args, GOES_LEFT),
      <usize>word(args, LEFT_TEMP) + (<usize>from << 2), <usize>word(args, RIGHT_TEMP) + (<usize>from << 2),
    );
    store<u32>(counts + (((<usize>thread << 1) + list) << 2), left);
  }
  barrier(threads);
  // 2. With all counts known, the parts move to their final places.
  for (let list: usize = 0; list < 2; list++) {
    const begin = word(args, BEGIN + 2 * list);
    const end = word(args, END + 2 * list);
    let lefts: u32 = 0;
    let leftBefore: u32 = 0;
    for (let t: u32 = 0; t < threads; t++) {
      if (t == thread) leftBefore = lefts;
      lefts += load<u32>(counts + (((<usize>t << 1) + list) << 2));
    }
    const own = load<u32>(counts + (((<usize>thread << 1) + list) << 2));
    const from = shareStart(begin, end, thread, threads, 64);
    const to = shareStart(begin, end, thread + 1, threads, 64);
    memory.copy(
      rows + (<usize>(begin + leftBefore) << 2), <usize>word(args, LEFT_TEMP) + (<usize>from << 2), <usize>own << 2,
    );
    const rightBefore = from - begin - leftBefore;
    memory.copy(
      rows + (<usize>(begin + lefts + rightBefore) << 2), <usize>word(args, RIGHT_TEMP) + (<usize>from << 2),
      <usize>(to - from - own) << 2,
    );
    if (thread == 0) store<u32>(args + OUT_LEFT + (list << 2), lefts);
  }
  let leftSize: u32 = 0;
  for (let t: u32 = 0; t < threads; t++) leftSize += load<u32>(counts + (<usize>t << 3));
  return leftSize;
}

/** Whether a child is to be scanned, the left one in bit 0 and the right one in bit 1; both totals are known by then. */
export function childrenToScan(args: usize, leftSize: u32, thread: u32): u32 {
  const rightSize = word(args, END) - word(args, BEGIN) - leftSize;
  const least = word(args, MIN_ROWS) * 2;
  const scan = word(args, SCAN) != 0;
  const children: u32 = (scan && leftSize >= least ? 1 : 0) | (scan && rightSize >= least ? 2 : 0);
  if (thread == 0) {
    store<u32>(args, children, OUT_SCANNED);
    setMinHessian(args, word(args, OPTIONS_LEFT), load<i64>(args, TOTAL_LEFT), leftSize);
    setMinHessian(args, word(args, OPTIONS_RIGHT), load<i64>(args, TOTAL_RIGHT), rightSize);
  }
  return children;
}

export function runSplit(args: usize, thread: u32, threads: u32): void {
  const leftSize = partitionLeaf(args, thread, threads);
  const children = childrenToScan(args, leftSize, thread);
  if (children == 0) return;
  barrier(threads);
  // The smaller child's histogram is summed, the larger one's is what is left of the parent's.
  const leftSmaller = leftSize <= word(args, END) - word(args, BEGIN) - leftSize;
  const middle = word(args, BEGIN) + leftSize;
  const child = <usize>word(args, CHILD_HIST);
  const parent = <usize>word(args, PARENT_HIST);
  if (leftSmaller) gather(args, word(args, BEGIN), middle, child, thread, threads);
  else gather(args, middle, word(args, END), child, thread, threads);
  barrier(threads);
  const slots = word(args, HIST_BYTES) >> 11;
  const first = shareStart(0, slots, thread, threads, 1);
  const last = shareStart(0, slots, thread + 1, threads, 1);
  for (let f = first; f < last; f++) {
    const offset = <usize>f << 11;
    reduce(args, child, offset, threads);
    subtractHistogram(parent + offset, child + offset, 256);
  }
  const answer = <usize>word(args, ANSWERS) + <usize>thread * (ANSWER_BYTES * 2);
  clearAnswer(answer, load<f64>(args, FLOOR_LEFT));
  clearAnswer(answer + ANSWER_BYTES, load<f64>(args, FLOOR_RIGHT));
  const left = leftSmaller ? child : parent;
  const right = leftSmaller ? parent : child;
  if (children & 1) scanList(args, LIST_LEFT, left, TOTAL_LEFT, OPTIONS_LEFT, answer, thread, first, last);
  if (children & 2) {
    scanList(args, LIST_RIGHT, right, TOTAL_RIGHT, OPTIONS_RIGHT, answer + ANSWER_BYTES, thread, first, last);
  }
}
