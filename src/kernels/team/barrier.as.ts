// Where threads of the team wait for each other.

/** In the control block of the team. */
const ARRIVED: usize = 32832;
const PHASE: usize = 32896;

// Sleeping goes through JavaScript's Atomics: V8 11's baseline compiler miscompiles `memory.atomic.wait32` (the
// sleeper is then not found by a notification). Only the slow path pays for the call.
// @ts-ignore: decorator
@external("env", "sleep")
declare function sleep(word: usize, seen: u32): void;
// @ts-ignore: decorator
@external("env", "wake")
export declare function wake(word: usize): void;

/** Rounds of looking before a thread goes to sleep: some 20 µs. */
const SPINS: i32 = 4000;

/** Waits until the word differs from `seen`. */
export function waitChange(word: usize, seen: u32): void {
  for (let spin = 0; spin < SPINS; spin++) {
    if (atomic.load<u32>(word) != seen) return;
  }
  while (atomic.load<u32>(word) == seen) sleep(word, seen);
}

export function barrier(threads: u32): void {
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
