// What a thread of the team reads of a command: its arguments, and its share of the work.

// @ts-ignore: decorator
@inline
export function word(args: usize, index: usize): u32 {
  return load<u32>(args + (index << 2));
}

/** First row of a thread's share of [begin, end), a multiple of `unit` after `begin`. */
// @ts-ignore: decorator
@inline
export function shareStart(begin: u32, end: u32, thread: u32, threads: u32, unit: u32): u32 {
  const units = (end - begin + unit - 1) / unit;
  return min(end, begin + <u32>((<u64>units * thread) / threads) * unit);
}
