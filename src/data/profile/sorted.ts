/**
 * The present values of a number column in ascending order.
 *
 * Most columns hold float32 values, whose 32 bits sort in three passes of counting (radix sort, least significant
 * digit first); the others take the built-in sort. The buffers are used again from column to column.
 */

const digitBits = 11;
const digits = 1 << digitBits;

export class Sorter {
  private values = new Float64Array(0);
  private keys = new Uint32Array(0);
  private spare = new Uint32Array(0);
  private readonly single = new Float32Array(1);
  private readonly bits = new Uint32Array(this.single.buffer);

  /** Values without NaN, ascending, as a view that stands until the next call. */
  sort(values: Float64Array): Float64Array {
    if (this.values.length < values.length) this.values = new Float64Array(values.length);
    const out = this.values;
    let count = 0;
    let exact = true;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value !== value) continue;
      if (exact && Math.fround(value) !== value) exact = false;
      // One zero: the order of −0 and 0 means nothing.
      out[count++] = value + 0;
    }
    const present = out.subarray(0, count);
    if (!exact || count < 2000) return present.sort();
    this.sortSingles(present);
    return present;
  }

  private sortSingles(values: Float64Array): void {
    const count = values.length;
    if (this.keys.length < count) {
      this.keys = new Uint32Array(count);
      this.spare = new Uint32Array(count);
    }
    let [from, to] = [this.keys, this.spare];
    const counts = [new Uint32Array(digits), new Uint32Array(digits), new Uint32Array(digits)] as const;
    const { single, bits } = this;
    for (let i = 0; i < count; i++) {
      single[0] = values[i]!;
      const word = bits[0]!;
      // Negative floats sort backwards by their bits, and before the positive ones.
      const key = (word & 0x80000000 ? ~word : word | 0x80000000) >>> 0;
      from[i] = key;
      counts[0][key & (digits - 1)]!++;
      counts[1][(key >>> digitBits) & (digits - 1)]!++;
      counts[2][key >>> (2 * digitBits)]!++;
    }
    for (let pass = 0; pass < 3; pass++) {
      const places = counts[pass as 0 | 1 | 2];
      let place = 0;
      for (let digit = 0; digit < digits; digit++) {
        const size = places[digit]!;
        places[digit] = place;
        place += size;
      }
      const shift = pass * digitBits;
      for (let i = 0; i < count; i++) {
        const key = from[i]!;
        const digit = (key >>> shift) & (digits - 1);
        to[places[digit]!++] = key;
      }
      [from, to] = [to, from];
    }
    for (let i = 0; i < count; i++) {
      const key = from[i]!;
      bits[0] = key & 0x80000000 ? key & 0x7fffffff : ~key;
      values[i] = single[0]!;
    }
  }
}
