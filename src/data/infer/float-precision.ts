/**
 * Whether a column of numbers keeps its distinct values when rounded to float32.
 *
 * Exact, and cheap for the usual columns: values that are float32 already, and decimals with few digits, are
 * recognised in one pass; the rest goes through a table from rounded value to value that stops at the first
 * two values that meet.
 */

/** What one pass over some values shows; more values can follow. */
export class DigitScan {
  private exact = true;
  private skipped = false;
  private scale = 1;
  private few = true;
  private largest = 0;

  add(values: Float64Array): void {
    if (this.exact && areExact(values)) {
      // Digits are not looked at while every value is a float32; should one come that is not, the table decides.
      this.skipped = true;
      return;
    }
    this.exact = false;
    if (this.skipped) this.few = false;
    if (!this.few) return;
    let { scale, largest } = this;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value !== value) continue;
      const size = value < 0 ? -value : value;
      if (size > largest) largest = size;
      const steps = size * scale;
      // The nearest whole number; adding and taking away 2^52 rounds in two additions.
      if ((steps + 4503599627370496 - 4503599627370496) / scale === size && steps < 2251799813685248)
        continue;
      while (Math.round(size * scale) / scale !== size) {
        scale *= 10;
        if (scale > 1e9) {
          this.few = false;
          return;
        }
      }
    }
    this.scale = scale;
    this.largest = largest;
  }

  /** True when float32 is known to be enough; false means only that this does not show it. */
  get keeps(): boolean {
    if (this.exact) return true;
    return this.few && decimalsKeep(this.scale, this.largest);
  }
}

/**
 * Whether whole multiples of 1 / scale stay apart in float32 up to a size: they do where they lie further apart than
 * the float32 numbers there.
 */
export function decimalsKeep(scale: number, largest: number): boolean {
  const step = 2 ** (Math.floor(Math.log2(largest)) - 23);
  return largest < 1e38 && 1 / scale > 1.001 * step;
}

function areExact(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Math.fround(value) !== value && value === value) return false;
  }
  return true;
}

/** More distinct values than this are not looked through: float64 is never wrong. */
const maxRounded = 8_000_000;

/** Finds two different values that round to one float32; more values can follow. */
export class RoundingTable {
  /** Whether two met, one is beyond float32, or there are too many to tell. */
  met = false;
  private capacity = 1024;
  private used = 0;
  private table = new Float64Array(1024).fill(Number.NaN);
  private readonly single = new Float32Array(1);
  private readonly bits = new Uint32Array(this.single.buffer);
  private readonly most: number;

  /** @param bytes - The table may take; a column of more values than fit counts as one whose values meet. */
  constructor(bytes: number = Number.POSITIVE_INFINITY) {
    // Half of the slots are in use at most, and the old table stands beside the new one while it grows.
    this.most = Math.min(maxRounded, Math.floor(bytes / 48));
  }

  add(values: Float64Array): void {
    for (let i = 0; i < values.length && !this.met; i++) {
      const value = values[i]!;
      if (value !== value) continue;
      const rounded = Math.fround(value);
      if (!Number.isFinite(rounded)) {
        this.met = true;
        return;
      }
      let slot = this.slotOf(rounded);
      for (;;) {
        const other = this.table[slot]!;
        if (other !== other) {
          this.insert(slot, value);
          break;
        }
        if (other === value) break;
        if (Math.fround(other) === rounded) {
          this.met = true;
          return;
        }
        slot = (slot + 1) & (this.capacity - 1);
      }
    }
  }

  private slotOf(rounded: number): number {
    this.single[0] = rounded === 0 ? 0 : rounded;
    const word = this.bits[0]!;
    const hash = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) & (this.capacity - 1);
  }

  private insert(slot: number, value: number): void {
    this.table[slot] = value;
    this.met = ++this.used > this.most;
    if (this.used * 2 <= this.capacity) return;
    const old = this.table;
    this.capacity *= 2;
    this.table = new Float64Array(this.capacity).fill(Number.NaN);
    for (const kept of old) {
      if (kept !== kept) continue;
      let free = this.slotOf(Math.fround(kept));
      while (this.table[free]! === this.table[free]!) free = (free + 1) & (this.capacity - 1);
      this.table[free] = kept;
    }
  }
}

/** True when float32 is enough for these values: distinct ones stay distinct, and none overflows. NaN is left out. */
export function float32Keeps(values: Float64Array): boolean {
  const digits = new DigitScan();
  digits.add(values);
  if (digits.keeps) return true;
  const rounding = new RoundingTable();
  rounding.add(values);
  return !rounding.met;
}
