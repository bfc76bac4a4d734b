// The team: threads that run one command together, meeting at barriers, and the commands themselves.
//
// Thread 0 is the caller; the others sit in `serve`. A command splits its rows or features evenly; sums are
// integers or belong to fixed chunks, so the number of threads changes no bit of the result.
import { binDoubles, binFloats } from "../binning/binning.as";
import {
  gammaGradients, gradientSums, huberGradients, logisticGradients, poissonGradients, quantileGradients, quantise,
  softmaxGradients, squaredGradients, tweedieGradients,
} from "../gradients/gradients.as";
import { histogram } from "../histogram/histogram.as";
import { partition } from "../partition/partition.as";
import { addToScores } from "../scores/scores.as";
import { clearAnswer, leafGain, scanFeature, subtractHistogram } from "../split/split.as";

/** Control block, at a fixed address above the tables that the compiler places from 1024 on. */
const SEQUENCE: usize = 32768;
const COMMAND: usize = 32772;
const ARGUMENTS: usize = 32776;
const THREADS: usize = 32780;
const ARRIVED: usize = 32832;
const PHASE: usize = 32896;

// Sleeping goes through JavaScript's Atomics: V8 11's baseline compiler miscompiles `memory.atomic.wait32` (the
// sleeper is then not found by a notification). Only the slow path pays for the call.
// @ts-ignore: decorator
@external("env", "sleep")
declare function sleep(word: usize, seen: u32): void;
// @ts-ignore: decorator
@external("env", "wake")
declare function wake(word: usize): void;

/** A worker's desk, 16 bytes: reported (u32), sequence number plus 1 when taken in (u32), thread number (u32). */
const JOINED: usize = 4;
const NUMBER: usize = 8;

/** Rounds of looking before a thread goes to sleep: some 20 µs. */
const SPINS: i32 = 4000;

/** Waits until the word differs from `seen`. */
function waitChange(word: usize, seen: u32): void {
  for (let spin = 0; spin < SPINS; spin++) {
    if (atomic.load<u32>(word) != seen) return;
  }
  while (atomic.load<u32>(word) == seen) sleep(word, seen);
}

function barrier(threads: u32): void {
  if (threads == 1) return;
  const phase = atomic.load<u32>(PHASE);
  if (atomic.add<u32>(ARRIVED, 1) == threads - 1) {
    atomic.store<u32>(ARRIVED, 0);
    atomic.store<u32>(PHASE, phase + 1);
    wake(PHASE);
  } else {
    waitChange(PHASE, phase);
  }
}

/**
 * A worker's life: report for duty at its desk, wait to be taken in, then wait for commands and run them; command 0
 * ends it.
 */
export function serve(desk: usize): void {
  atomic.store<u32>(desk, 1);
  waitChange(desk + JOINED, 0);
  const thread = load<u32>(desk, NUMBER);
  let seen = atomic.load<u32>(desk + JOINED) - 1;
  for (;;) {
    waitChange(SEQUENCE, seen);
    seen = atomic.load<u32>(SEQUENCE);
    const command = load<u32>(COMMAND);
    if (command == 0) return;
    execute(command, <usize>load<u32>(ARGUMENTS), thread, load<u32>(THREADS));
  }
}

/** Takes a worker that has reported into the team as this thread. Returns false if it has not reported yet. */
export function takeIn(desk: usize, thread: u32): bool {
  if (atomic.load<u32>(desk) == 0) return false;
  store<u32>(desk, thread, NUMBER);
  atomic.store<u32>(desk + JOINED, atomic.load<u32>(SEQUENCE) + 1);
  wake(desk + JOINED);
  return true;
}

/** Runs a command with the whole team; the caller is thread 0. */
export function lead(command: u32, args: usize, threads: u32): void {
  store<u32>(COMMAND, command);
  store<u32>(ARGUMENTS, <u32>args);
  store<u32>(THREADS, threads);
  atomic.add<u32>(SEQUENCE, 1);
  wake(SEQUENCE);
  execute(command, args, 0, threads);
}

/** Runs a thread's part of a command. Commands are numbered as in `commands.ts`. */
export function execute(command: u32, args: usize, thread: u32, threads: u32): void {
  if (command == 1) runBin(args, thread, threads);
  else if (command == 2) runGradients(args, thread, threads);
  else if (command == 3) runQuantise(args, thread, threads);
  else if (command == 4) runLeaf(args, thread, threads);
  else if (command == 5) runSplit(args, thread, threads);
  else if (command == 6) runScores(args, thread, threads);
  barrier(threads);
}

// @ts-ignore: decorator
@inline
function word(args: usize, index: usize): u32 {
  return load<u32>(args + (index << 2));
}

/** First row of a thread's share of [begin, end), a multiple of `unit` after `begin`. */
// @ts-ignore: decorator
@inline
function shareStart(begin: u32, end: u32, thread: u32, threads: u32, unit: u32): u32 {
  const units = (end - begin + unit - 1) / unit;
  return min(end, begin + <u32>((<u64>units * thread) / threads) * unit);
}

function runBin(args: usize, thread: u32, threads: u32): void {
  const count = word(args, 1);
  const begin = shareStart(0, count, thread, threads, 64);
  const end = shareStart(0, count, thread + 1, threads, 64);
  const double = word(args, 7);
  const values = <usize>word(args, 0) + (<usize>begin << (double ? 3 : 2));
  const stride = <usize>word(args, 6);
  const first = <usize>word(args, 4);
  const column = first == 0 ? <usize>0 : first + <usize>begin;
  const block = <usize>word(args, 5) + <usize>begin * stride;
  if (double) binDoubles(values, end - begin, word(args, 2), word(args, 3), column, block, stride);
  else binFloats(values, end - begin, word(args, 2), word(args, 3), column, block, stride);
}

function runGradients(args: usize, thread: u32, threads: u32): void {
  const objective = word(args, 0);
  const scores = <usize>word(args, 1);
  const targets = <usize>word(args, 2);
  const weights = <usize>word(args, 3);
  const pairs = <usize>word(args, 4);
  const count = word(args, 5);
  const classes = word(args, 6);
  const stride = word(args, 7);
  const sums = <usize>word(args, 8);
  const begin = shareStart(0, count, thread, threads, 4096);
  const end = shareStart(0, count, thread + 1, threads, 4096);
  if (objective == 0) squaredGradients(scores, targets, weights, pairs, begin, end);
  else if (objective == 1) logisticGradients(scores, targets, weights, pairs, begin, end);
  else if (objective == 2) softmaxGradients(scores, targets, weights, pairs, begin, end, classes, stride);
  else if (objective == 3) poissonGradients(scores, targets, weights, pairs, begin, end);
  else if (objective == 4) gammaGradients(scores, targets, weights, pairs, begin, end);
  else {
    const parameter = load<f64>(args, 40);
    if (objective == 5) tweedieGradients(scores, targets, weights, pairs, begin, end, parameter);
    else if (objective == 6) huberGradients(scores, targets, weights, pairs, begin, end, parameter);
    else quantileGradients(scores, targets, weights, pairs, begin, end, parameter);
  }
  const chunks = (<usize>count + 4095) / 4096;
  for (let k: usize = 0; k < <usize>classes; k++) {
    gradientSums(pairs + k * (<usize>stride << 3), begin, end, sums + k * (chunks << 4));
  }
}

function runQuantise(args: usize, thread: u32, threads: u32): void {
  const count = word(args, 1);
  const begin = shareStart(0, count, thread, threads, 4096);
  const end = shareStart(0, count, thread + 1, threads, 4096);
  quantise(word(args, 0), begin, end, load<f64>(args, 8), load<f64>(args, 16));
}

function runScores(args: usize, thread: u32, threads: u32): void {
  const scores = <usize>word(args, 0);
  const rows = <usize>word(args, 1);
  const count = word(args, 2);
  const leaves = <usize>word(args, 3);
  const leafCount = <usize>word(args, 4);
  const begin = shareStart(0, count, thread, threads, 64);
  const end = shareStart(0, count, thread + 1, threads, 64);
  for (let leaf: usize = 0; leaf < leafCount; leaf++) {
    const entry = leaves + (leaf << 4);
    const from = max(begin, load<u32>(entry));
    const to = min(end, load<u32>(entry, 4));
    if (from < to) addToScores(scores, rows, from, to, load<f64>(entry, 8));
  }
}

/** Fields of a leaf or split command, as in `commands.ts`. */
const ROWS: usize = 0;
const GRADIENTS: usize = 1;
const BLOCKS: usize = 2;
const BLOCK_COUNT: usize = 3;
const FEATURES: usize = 4;
const HIST_BYTES: usize = 5;
const PARTIALS: usize = 6;
const ANSWERS: usize = 7;
const SCRATCH: usize = 8;
const BEGIN: usize = 9;
const END: usize = 10;
const PASSIVE_BEGIN: usize = 11;
const PASSIVE_END: usize = 12;
const COLUMN: usize = 13;
const GOES_LEFT: usize = 14;
const LEFT_TEMP: usize = 15;
const RIGHT_TEMP: usize = 16;
const PARENT_HIST: usize = 17;
const CHILD_HIST: usize = 18;
const MIN_ROWS: usize = 19;
const SCAN: usize = 20;
const LIST_LEFT: usize = 21;
const LIST_LEFT_COUNT: usize = 22;
const LIST_RIGHT: usize = 23;
const LIST_RIGHT_COUNT: usize = 24;
const OPTIONS_LEFT: usize = 25;
const OPTIONS_RIGHT: usize = 26;
const COUNTS: usize = 27;
const CATEGORY_ROWS: usize = 41;
const GROUP_ROWS: usize = 42;
const COLUMN_STRIDE: usize = 43;
const TOTAL_LEFT: usize = 112; // bytes from here on
const TOTAL_RIGHT: usize = 120;
const FLOOR_LEFT: usize = 128;
const FLOOR_RIGHT: usize = 136;
const MIN_HESSIAN: usize = 144;
const OUT_LEFT: usize = 152;
const OUT_PASSIVE_LEFT: usize = 156;
const OUT_SCANNED: usize = 160;

/** Bytes of one thread's answers (left and right child) and sort space. */
const ANSWER_BYTES: usize = 512;
const SCRATCH_BYTES: usize = 8192;

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
function runLeaf(args: usize, thread: u32, threads: u32): void {
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
function setMinHessian(args: usize, options: usize, total: i64, rows: u32): void {
  const row = <f64>(<u32>total) / <f64>max(rows, 1);
  const child = (<f64>word(args, MIN_ROWS) - 0.5) * row;
  store<f64>(options, max(max(load<f64>(args, MIN_HESSIAN), child), 1), 8);
  store<f64>(options, <f64>word(args, CATEGORY_ROWS) * row, 64);
  store<f64>(options, <f64>word(args, GROUP_ROWS) * row, 80);
}

function runSplit(args: usize, thread: u32, threads: u32): void {
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
  const size = word(args, END) - word(args, BEGIN);
  let leftSize: u32 = 0;
  for (let t: u32 = 0; t < threads; t++) leftSize += load<u32>(counts + (<usize>t << 3));
  const rightSize = size - leftSize;
  const least = word(args, MIN_ROWS) * 2;
  const scan = word(args, SCAN) != 0;
  const scanLeft = scan && leftSize >= least;
  const scanRight = scan && rightSize >= least;
  if (thread == 0) {
    store<u32>(args, (scanLeft ? 1 : 0) | (scanRight ? 2 : 0), OUT_SCANNED);
    setMinHessian(args, word(args, OPTIONS_LEFT), load<i64>(args, TOTAL_LEFT), leftSize);
    setMinHessian(args, word(args, OPTIONS_RIGHT), load<i64>(args, TOTAL_RIGHT), rightSize);
  }
  if (!scanLeft && !scanRight) return;
  barrier(threads);
  // 3. The smaller child's histogram is summed, the larger one's is what is left of the parent's.
  const leftSmaller = leftSize <= rightSize;
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
  if (scanLeft) scanList(args, LIST_LEFT, left, TOTAL_LEFT, OPTIONS_LEFT, answer, thread, first, last);
  if (scanRight) {
    scanList(args, LIST_RIGHT, right, TOTAL_RIGHT, OPTIONS_RIGHT, answer + ANSWER_BYTES, thread, first, last);
  }
}
