/**
 * Strings of a dictionary as DuckDB's vectors hold short ones: sixteen bytes, the length and up to twelve bytes of
 * UTF-8, the rest zero. Source: duckdb_string_t in duckdb.h.
 */

const longest = 12;
const encoder = new TextEncoder();

export class StringImages {
  private words = new Uint32Array(0);
  private size = 0;
  private readonly long = new Set<number>();

  /** Takes over what the dictionary has grown by. */
  add(dictionary: readonly string[]): void {
    const { length } = dictionary;
    if (4 * length > this.words.length) {
      const grown = new Uint32Array(4 * Math.max(length, this.words.length / 2));
      grown.set(this.words);
      this.words = grown;
    }
    const bytes = new Uint8Array(this.words.buffer);
    for (; this.size < length; this.size++) {
      const text = dictionary[this.size]!;
      const encoded = text.length > longest ? undefined : encoder.encode(text);
      if (encoded === undefined || encoded.length > longest) this.long.add(this.size);
      else {
        this.words[4 * this.size] = encoded.length;
        bytes.set(encoded, 16 * this.size + 4);
      }
    }
  }

  /** Whether the string does not fit into an image; an empty one stands in its place. */
  isLong(code: number): boolean {
    return this.long.size > 0 && this.long.has(code);
  }

  /** Copies the image of a code, of the empty string for −1, to a row of `out`. */
  copy(code: number, out: Uint32Array, row: number): void {
    const to = 4 * row;
    if (code < 0) {
      out[to] = out[to + 1] = out[to + 2] = out[to + 3] = 0;
      return;
    }
    const { words } = this;
    const from = 4 * code;
    out[to] = words[from]!;
    out[to + 1] = words[from + 1]!;
    out[to + 2] = words[from + 2]!;
    out[to + 3] = words[from + 3]!;
  }
}
