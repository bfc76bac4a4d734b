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
  private scale = 1;
  private few = true;
  private largest = 0;

  add(values: Float64Array): void {
    if (this.exact) this.exact = areExact(values);
    if (!this.few) return;
    let { scale, largest } = this;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value !== value) continue;
      const size = Math.abs(value);
      if (size > largest) largest = size;
      while (Math.round(value * scale) / scale !== value) {
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
    // Neighbours r / scale lie further apart than float32 steps there, so no two round to the same.
    const step = 2 ** (Math.floor(Math.log2(this.largest)) - 23);
    return this.few && this.largest < 1e38 && 1 / this.scale > 1.001 * step;
  }
}

function areExact(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Math.fround(value) !== value && value === value) return false;
  }
  return true;
}

/** Finds two different values that round to one float32; more values can follow. */
export class RoundingTable {
  /** Whether two met, or one is beyond float32. */
  met = false;
  private capacity = 1024;
  private used = 0;
  private table = new Float64Array(1024).fill(Number.NaN);
  private readonly single = new Float32Array(1);
  private readonly bits = new Uint32Array(this.single.buffer);

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
    if (++this.used * 2 <= this.capacity) return;
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

/** True when float32 is enough: distinct values stay distinct, and none overflows. NaN is left out. */
export function float32Keeps(values: Float64Array): boolean {
  const digits = new DigitScan();
  digits.add(values);
  if (digits.keeps) return true;
  const rounding = new RoundingTable();
  rounding.add(values);
  return !rounding.met;
}
