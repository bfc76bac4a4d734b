// A dictionary of byte strings: equal bytes give the same code, and codes count up by first appearance.
//
// Open addressing; a slot holds the hash beside the code, so that most strings cost one look at a slot and one at the
// bytes. Tables double as they fill, and what they leave behind is not reused, which costs at most as much again.

/** Words of a dictionary, as in `delimited.ts`. */
const SLOTS: usize = 0;
const SLOT_COUNT: usize = 1;
const OFFSETS: usize = 2;
const CAPACITY: usize = 3;
const SIZE: usize = 4;
const ARENA: usize = 5;
const ARENA_BYTES: usize = 6;
const NOT_ASCII: usize = 7;

/** A slot without a code. */
const EMPTY: u64 = 0xffffffffffffffff;

// @ts-ignore: decorator
@inline
function word(at: usize, index: usize): u32 {
  return load<u32>(at + (index << 2));
}

// @ts-ignore: decorator
@inline
function setWord(at: usize, index: usize, value: u32): void {
  store<u32>(at + (index << 2), value);
}

/** Takes bytes from the heap, whose top stands at `heap`, and 16 behind them. */
function take(heap: usize, bytes: usize): usize {
  const at = <usize>load<u32>(heap);
  const top = (at + bytes + 16 + 63) & ~63;
  // Past 4 GiB addresses wrap around: stop with a trap that the caller names.
  if (top < at) unreachable();
  const pages = <i32>((top + 65535) >>> 16);
  if (pages > memory.size() && memory.grow(pages - memory.size()) < 0) unreachable();
  store<u32>(heap, <u32>top);
  return at;
}

/** Hash of bytes [start, end). */
export function hashOf(start: usize, end: usize): u32 {
  let hash: u64 = <u64>(end - start) * 0x9e3779b97f4a7c15;
  let at = start;
  for (; at + 8 <= end; at += 8) hash = rotl<u64>((hash ^ load<u64>(at)) * 0xbf58476d1ce4e5b9, 31);
  if (at < end) {
    // The bytes behind the field are readable, and masked out.
    const rest = load<u64>(at) & ((<u64>1 << (<u64>(end - at) << 3)) - 1);
    hash = rotl<u64>((hash ^ rest) * 0xbf58476d1ce4e5b9, 31);
  }
  hash ^= hash >> 32;
  return <u32>(hash * 0x94d049bb133111eb >> 32);
}

function same(a: usize, b: usize, length: usize): bool {
  let at: usize = 0;
  for (; at + 8 <= length; at += 8) if (load<u64>(a + at) != load<u64>(b + at)) return false;
  if (at == length) return true;
  const mask = (<u64>1 << (<u64>(length - at) << 3)) - 1;
  return ((load<u64>(a + at) ^ load<u64>(b + at)) & mask) == 0;
}

/** Code of bytes [start, end) with their hash. */
export function intern(dictionary: usize, heap: usize, start: usize, end: usize, hash: u32): i32 {
  const length = end - start;
  const slots = <usize>word(dictionary, SLOTS);
  const mask = word(dictionary, SLOT_COUNT) - 1;
  let slot = hash & mask;
  let entry = load<u64>(slots + (<usize>slot << 3));
  while (entry != EMPTY) {
    if (<u32>(entry >> 32) == hash) {
      const code = <u32>entry;
      const offset = <usize>word(dictionary, OFFSETS) + (<usize>code << 2);
      const from = load<u32>(offset);
      const to = load<u32>(offset, 4);
      const there = <usize>word(dictionary, ARENA) + <usize>from;
      if (<usize>(to - from) == length && same(start, there, length)) return <i32>code;
    }
    slot = (slot + 1) & mask;
    entry = load<u64>(slots + (<usize>slot << 3));
  }
  return add(dictionary, heap, start, length, hash, slot);
}

function add(dictionary: usize, heap: usize, start: usize, length: usize, hash: u32, slot: u32): i32 {
  const code = word(dictionary, SIZE);
  if (code + 1 >= word(dictionary, CAPACITY)) growCodes(dictionary, heap, code);
  const offsets = <usize>word(dictionary, OFFSETS);
  const from = load<u32>(offsets + (<usize>code << 2));
  const used = <usize>from + length;
  if (used > <usize>word(dictionary, ARENA_BYTES)) {
    const size = used * 2;
    const arena = take(heap, size);
    memory.copy(arena, <usize>word(dictionary, ARENA), <usize>from);
    setWord(dictionary, ARENA, <u32>arena);
    setWord(dictionary, ARENA_BYTES, <u32>size);
  }
  const to = <usize>word(dictionary, ARENA) + <usize>from;
  memory.copy(to, start, length);
  if (word(dictionary, NOT_ASCII) == 0) {
    for (let i: usize = 0; i < length; i++) {
      if (load<u8>(to + i) > 127) {
        setWord(dictionary, NOT_ASCII, 1);
        break;
      }
    }
  }
  store<u32>(offsets + (<usize>code << 2), <u32>used, 4);
  store<u64>(<usize>word(dictionary, SLOTS) + (<usize>slot << 3), (<u64>hash << 32) | <u64>code);
  setWord(dictionary, SIZE, code + 1);
  if ((code + 1) * 2 > word(dictionary, SLOT_COUNT)) growSlots(dictionary, heap);
  return <i32>code;
}

function growCodes(dictionary: usize, heap: usize, size: u32): void {
  const capacity = word(dictionary, CAPACITY) * 2;
  const offsets = take(heap, (<usize>capacity + 1) << 2);
  memory.copy(offsets, <usize>word(dictionary, OFFSETS), (<usize>size + 1) << 2);
  setWord(dictionary, OFFSETS, <u32>offsets);
  setWord(dictionary, CAPACITY, capacity);
}

function growSlots(dictionary: usize, heap: usize): void {
  const before = word(dictionary, SLOT_COUNT);
  const count = before * 2;
  const slots = take(heap, <usize>count << 3);
  memory.fill(slots, 0xff, <usize>count << 3);
  const old = <usize>word(dictionary, SLOTS);
  for (let at: u32 = 0; at < before; at++) {
    const entry = load<u64>(old + (<usize>at << 3));
    if (entry == EMPTY) continue;
    let slot = <u32>(entry >> 32) & (count - 1);
    while (load<u64>(slots + (<usize>slot << 3)) != EMPTY) slot = (slot + 1) & (count - 1);
    store<u64>(slots + (<usize>slot << 3), entry);
  }
  setWord(dictionary, SLOTS, <u32>slots);
  setWord(dictionary, SLOT_COUNT, count);
}
