// The team: threads that run one command together, meeting at barriers, and the commands themselves.
//
// Thread 0 is the caller; the others sit in `serve`. A command splits its rows or features evenly; sums are
// integers or belong to fixed chunks, so the number of threads changes no bit of the result.
import { binDoubles, binFloats } from "../binning/binning.as";
import {
  gammaGradients, gradientSums, huberGradients, logisticGradients, poissonGradients, quantileGradients, quantise,
  softmaxGradients, squaredGradients, tweedieGradients,
} from "../gradients/gradients.as";
import { addToScores } from "../scores/scores.as";
import { barrier, waitChange, wake } from "./barrier.as";
import { runLeaf, runSplit } from "./leaf.as";
import { shareStart, word } from "./shares.as";
import { runSparseLeaf, runSparseSplit } from "./sparse-leaf.as";

/** Control block, at a fixed address above the tables that the compiler places from 1024 on. */
const SEQUENCE: usize = 32768;
const COMMAND: usize = 32772;
const ARGUMENTS: usize = 32776;
const THREADS: usize = 32780;

/** A worker's desk, 16 bytes: reported (u32), sequence number plus 1 when taken in (u32), thread number (u32). */
const JOINED: usize = 4;
const NUMBER: usize = 8;

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
  else if (command == 7) runSparseLeaf(args, thread, threads);
  else if (command == 8) runSparseSplit(args, thread, threads);
  barrier(threads);
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

