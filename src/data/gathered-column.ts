/** One column of rows picked from chunk after chunk, filled in place. */
import type { Cells } from "../schema/index.ts";

export class GatheredColumn {
  private readonly values: Float64Array | Int32Array;
  private dictionary: string[] | undefined;
  /** Whether the dictionary is this column's own, because that of the chunks began anew. */
  private own = false;
  private readonly codeOf = new Map<string, number>();
  private known: Int32Array = new Int32Array(0);
  private from: readonly string[] | undefined;

  constructor(first: Cells, rowCount: number) {
    this.values = first.type === "number" ? new Float64Array(rowCount) : new Int32Array(rowCount);
  }

  /**
   * @param rows - Rows of the table to take from this chunk, ascending.
   * @param at - Where they go.
   * @param before - Rows of the table before this chunk.
   */
  add(cells: Cells, rows: Float64Array, at: number, before: number): void {
    const { values } = this;
    if (cells.type === "number") {
      for (let i = 0; i < rows.length; i++) values[at + i] = cells.values[rows[i]! - before]!;
      return;
    }
    if (this.dictionary === undefined) {
      // The dictionary of the table, which grows with the chunks to come.
      this.dictionary = cells.dictionary as string[];
      this.from = cells.dictionary;
    }
    if (cells.dictionary !== this.from) this.begin(cells.dictionary);
    if (!this.own) {
      for (let i = 0; i < rows.length; i++) values[at + i] = cells.codes[rows[i]! - before]!;
      return;
    }
    if (this.known.length < cells.dictionary.length) {
      const grown = new Int32Array(Math.max(cells.dictionary.length, 2 * this.known.length)).fill(-1);
      grown.set(this.known);
      this.known = grown;
    }
    for (let i = 0; i < rows.length; i++) {
      const code = cells.codes[rows[i]! - before]!;
      values[at + i] = code < 0 ? -1 : this.codeFor(code, cells.dictionary);
    }
  }

  get cells(): Cells {
    return this.values instanceof Float64Array
      ? { type: "number", values: this.values }
      : { type: "string", codes: this.values, dictionary: this.dictionary ?? [] };
  }

  /** Codes mean something else from here on: strings are looked up in a dictionary of this column. */
  private begin(dictionary: readonly string[]): void {
    if (!this.own) {
      this.own = true;
      this.dictionary = [...this.dictionary!];
      this.dictionary.forEach((text, code) => this.codeOf.set(text, code));
    }
    this.from = dictionary;
    this.known = new Int32Array(0);
  }

  private codeFor(code: number, dictionary: readonly string[]): number {
    let own = this.known[code]!;
    if (own >= 0) return own;
    const text = dictionary[code]!;
    own = this.codeOf.get(text) ?? this.dictionary!.push(text) - 1;
    this.codeOf.set(text, own);
    this.known[code] = own;
    return own;
  }
}
