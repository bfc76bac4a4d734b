/**
 * A dictionary of byte strings: equal bytes give the same code, and codes count up by first appearance.
 *
 * Open addressing over the bytes themselves, so that a cell seen before costs a hash and a comparison and
 * makes no JavaScript string; the distinct ones are decoded once at the end.
 */

/** Thrown by `decode` when a distinct value is not valid UTF-8. */
export class InvalidUtf8 extends Error {}

export class StringTable {
  private slots = new Int32Array(256).fill(-1);
  private hashes = new Int32Array(128);
  private offsets = new Float64Array(129);
  private arena = new Uint8Array(2048);
  private ascii = true;
  size = 0;

  /** Code of bytes [start, end). */
  intern(bytes: Uint8Array, start: number, end: number): number {
    let hash = (end - start) | 0;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    hash ^= hash >>> 15;
    const { slots, hashes, offsets, arena } = this;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const code = slots[slot]!;
      if (code < 0) return this.add(bytes, start, end, hash, slot);
      if (hashes[code] === hash) {
        const from = offsets[code]!;
        if (offsets[code + 1]! - from === end - start) {
          let i = start;
          let j = from;
          while (i < end && bytes[i] === arena[j]) {
            i++;
            j++;
          }
          if (i === end) return code;
        }
      }
      slot = (slot + 1) & mask;
    }
  }

  /** The distinct values decoded from `first` on. @throws InvalidUtf8 */
  decode(first = 0): string[] {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const values: string[] = [];
    for (let code = first; code < this.size; code++) {
      const bytes = this.arena.subarray(this.offsets[code]!, this.offsets[code + 1]!);
      if (this.ascii && bytes.length < 32) {
        let text = "";
        for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!);
        values.push(text);
        continue;
      }
      try {
        values.push(decoder.decode(bytes));
      } catch {
        throw new InvalidUtf8();
      }
    }
    return values;
  }

  private add(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const code = this.size++;
    const from = this.offsets[code]!;
    const length = end - start;
    if (from + length > this.arena.length) {
      const grown = new Uint8Array(Math.max(this.arena.length * 2, from + length));
      grown.set(this.arena.subarray(0, from));
      this.arena = grown;
    }
    if (code + 2 > this.offsets.length) {
      const offsets = new Float64Array(this.offsets.length * 2);
      offsets.set(this.offsets);
      this.offsets = offsets;
      const hashes = new Int32Array(this.hashes.length * 2);
      hashes.set(this.hashes);
      this.hashes = hashes;
    }
    for (let i = 0; i < length; i++) {
      const byte = bytes[start + i]!;
      if (byte > 127) this.ascii = false;
      this.arena[from + i] = byte;
    }
    this.offsets[code + 1] = from + length;
    this.hashes[code] = hash;
    this.slots[slot] = code;
    if (this.size * 2 > this.slots.length) this.rehash();
    return code;
  }

  private rehash(): void {
    const slots = new Int32Array(this.slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let code = 0; code < this.size; code++) {
      let slot = this.hashes[code]! & mask;
      while (slots[slot]! >= 0) slot = (slot + 1) & mask;
      slots[slot] = code;
    }
    this.slots = slots;
  }
}
