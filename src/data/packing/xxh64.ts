/**
 * XXH64, the checksum inside zstd files, fed in parts.
 *
 * Source: the XXH64 specification, github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md. A 64-bit number is two
 * 32-bit halves: BigInt costs ten times as much.
 */

/** The primes of the specification, low and high half. */
const p1 = { low: 0x85ebca87 | 0, high: 0x9e3779b1 | 0 };
const p2 = { low: 0x27d4eb4f | 0, high: 0xc2b2ae3d | 0 };
const p3 = { low: 0x9e3779f9 | 0, high: 0x165667b1 | 0 };
const p4 = { low: 0xc2b2ae63 | 0, high: 0x85ebca77 | 0 };
const p5 = { low: 0x165667c5 | 0, high: 0x27d4eb2f | 0 };

interface Halves {
  readonly low: number;
  readonly high: number;
}

/** The number that the operations below work on. */
let low = 0;
let high = 0;

function set(value: Halves): void {
  low = value.low;
  high = value.high;
}

function add(otherLow: number, otherHigh: number): void {
  const sum = (low >>> 0) + (otherLow >>> 0);
  high = (high + otherHigh + (sum > 0xffffffff ? 1 : 0)) | 0;
  low = sum | 0;
}

function multiply(by: Halves): void {
  const a0 = low & 0xffff;
  const a1 = low >>> 16;
  const b0 = by.low & 0xffff;
  const b1 = by.low >>> 16;
  const low00 = a0 * b0;
  const middle = a1 * b0 + (low00 >>> 16);
  const middle2 = a0 * b1 + (middle & 0xffff);
  // `middle` may exceed 32 bits, so its upper part is a division, not a shift.
  const carried = a1 * b1 + Math.floor(middle / 65536) + Math.floor(middle2 / 65536);
  high = (Math.imul(low, by.high) + Math.imul(high, by.low) + (carried | 0)) | 0;
  low = Math.imul(low, by.low);
}

/** @param by - 1 to 31. */
function rotateLeft(by: number): void {
  const turned = (low << by) | (high >>> (32 - by));
  high = (high << by) | (low >>> (32 - by));
  low = turned;
}

/** @param by - 1 to 63. */
function shiftXor(by: number): void {
  if (by < 32) {
    low ^= (low >>> by) | (high << (32 - by));
    high ^= high >>> by;
  } else low ^= by === 32 ? high : high >>> (by - 32);
}

/** A lane with eight bytes mixed in. */
function round(laneLow: number, laneHigh: number, inputLow: number, inputHigh: number): void {
  low = inputLow;
  high = inputHigh;
  multiply(p2);
  add(laneLow, laneHigh);
  rotateLeft(31);
  multiply(p1);
}

const stripeBytes = 32;

/** A running XXH64 with seed 0. */
export class Xxh64 {
  /** Four lanes, low and high half in turn. */
  private readonly lanes = new Int32Array(8);
  private readonly rest = new Uint8Array(stripeBytes);
  private restLength = 0;
  private total = 0;

  constructor() {
    set(p1);
    add(p2.low, p2.high);
    this.lanes.set([low, high, p2.low, p2.high, 0, 0], 0);
    low = 0;
    high = 0;
    add(-p1.low, ~p1.high);
    this.lanes.set([low, high], 6);
  }

  update(bytes: Uint8Array): void {
    this.total += bytes.length;
    let at = 0;
    if (this.restLength > 0) {
      at = Math.min(bytes.length, stripeBytes - this.restLength);
      this.rest.set(bytes.subarray(0, at), this.restLength);
      this.restLength += at;
      if (this.restLength < stripeBytes) return;
      this.stripes(this.rest, 0, 1);
      this.restLength = 0;
    }
    const count = Math.floor((bytes.length - at) / stripeBytes);
    this.stripes(bytes, at, count);
    at += count * stripeBytes;
    this.rest.set(bytes.subarray(at));
    this.restLength = bytes.length - at;
  }

  /** The low 32 bits of the hash, unsigned: what a zstd frame ends with. */
  low32(): number {
    this.finish();
    return low >>> 0;
  }

  /** All 64 bits, as 16 hexadecimal digits. */
  hex(): string {
    this.finish();
    const digits = (half: number): string => (half >>> 0).toString(16).padStart(8, "0");
    return digits(high) + digits(low);
  }

  private stripes(bytes: Uint8Array, start: number, count: number): void {
    const { lanes } = this;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let stripe = 0, at = start; stripe < count; stripe++) {
      for (let lane = 0; lane < 8; lane += 2, at += 8) {
        round(lanes[lane]!, lanes[lane + 1]!, view.getInt32(at, true), view.getInt32(at + 4, true));
        lanes[lane] = low;
        lanes[lane + 1] = high;
      }
    }
  }

  /** Leaves the hash in `low` and `high`; the state stays, so that more may follow. */
  private finish(): void {
    const { rest, restLength } = this;
    if (this.total < stripeBytes) set(p5);
    else this.mergeLanes();
    add(this.total | 0, Math.floor(this.total / 4294967296));
    const view = new DataView(rest.buffer);
    let at = 0;
    for (; at + 8 <= restLength; at += 8) {
      const before = { low, high };
      round(0, 0, view.getInt32(at, true), view.getInt32(at + 4, true));
      low ^= before.low;
      high ^= before.high;
      rotateLeft(27);
      multiply(p1);
      add(p4.low, p4.high);
    }
    if (at + 4 <= restLength) {
      const before = { low, high };
      low = view.getInt32(at, true);
      high = 0;
      multiply(p1);
      low ^= before.low;
      high ^= before.high;
      rotateLeft(23);
      multiply(p2);
      add(p3.low, p3.high);
      at += 4;
    }
    for (; at < restLength; at++) {
      const before = { low, high };
      low = rest[at]!;
      high = 0;
      multiply(p5);
      low ^= before.low;
      high ^= before.high;
      rotateLeft(11);
      multiply(p1);
    }
    shiftXor(33);
    multiply(p2);
    shiftXor(29);
    multiply(p3);
    shiftXor(32);
  }

  private mergeLanes(): void {
    const { lanes } = this;
    const sum = { low: 0, high: 0 };
    for (const [lane, by] of [1, 7, 12, 18].entries()) {
      low = lanes[2 * lane]!;
      high = lanes[2 * lane + 1]!;
      rotateLeft(by);
      add(sum.low, sum.high);
      sum.low = low;
      sum.high = high;
    }
    for (let lane = 0; lane < 8; lane += 2) {
      const before = { low, high };
      round(0, 0, lanes[lane]!, lanes[lane + 1]!);
      low ^= before.low;
      high ^= before.high;
      multiply(p1);
      add(p4.low, p4.high);
    }
  }
}
