/** What a stretch of a CSV file holds, as it passes from a parser (here or in a worker thread) to the columns. */
import type { DelimitedParser, FieldPlan, RaggedRow } from "../../kernels/index.ts";

export type BlockColumn =
  | { readonly type: "skip" }
  /** The plan does not fit; the column's rows are not delivered any more. */
  | { readonly type: "odd" }
  | { readonly type: "number"; readonly values: Float64Array }
  | {
      readonly type: "datetime";
      readonly values: Float64Array;
      readonly zoned: boolean;
      readonly unzoned: boolean;
    }
  /** Codes are the parser's own; `added` are the strings that it met for the first time. */
  | { readonly type: "string"; readonly codes: Int32Array; readonly added: readonly string[] };

export interface Block {
  readonly rowCount: number;
  readonly columns: readonly BlockColumn[];
  /** Rows left out, and the first of them by line of this block's own count. */
  readonly raggedCount: number;
  readonly ragged: readonly RaggedRow[];
  /** Lines that the block spans. */
  readonly lines: number;
  /** Bytes that belong to no complete row, and the line on which a quote stands open, 0 for none. */
  readonly leftBytes: number;
  readonly openQuoteLine: number;
}

/** Runs a parser over what it was fed and collects its batches. */
export class BlockParser {
  readonly parser: DelimitedParser;
  private readonly plans: readonly FieldPlan[];
  /** Strings of each column handed over so far. */
  private readonly handed: number[];
  private raggedHanded = 0;
  private line: number;

  constructor(parser: DelimitedParser, plans: readonly FieldPlan[]) {
    this.parser = parser;
    this.plans = plans;
    this.handed = plans.map(() => 0);
    this.line = parser.line;
  }

  /**
   * @param last - Whether the text ends here.
   * @throws InvalidUtf8
   */
  run(last: boolean): Block {
    const { parser, plans } = this;
    const columns = plans.map((plan) => new Pieces(plan));
    let rowCount = 0;
    for (;;) {
      const batch = parser.next(last);
      if (batch.rowCount > 0) {
        for (let column = 0; column < columns.length; column++) {
          columns[column]!.add(parser, column, batch.rowCount);
        }
      }
      rowCount += batch.rowCount;
      if (!batch.more) break;
    }
    const ragged = parser.ragged.slice(Math.min(20, this.raggedHanded));
    const raggedCount = parser.raggedCount - this.raggedHanded;
    this.raggedHanded += raggedCount;
    const lines = parser.line - this.line;
    this.line = parser.line;
    return {
      rowCount,
      columns: plans.map((plan, column) => this.finish(plan, column, columns[column]!)),
      raggedCount,
      ragged,
      lines,
      leftBytes: parser.unparsedBytes,
      openQuoteLine: parser.openQuoteLine,
    };
  }

  private finish(plan: FieldPlan, column: number, pieces: Pieces): BlockColumn {
    const { parser } = this;
    if (plan === "skip") return { type: "skip" };
    if (parser.isOdd(column)) return { type: "odd" };
    if (plan === "string") {
      const added = parser.strings(column, this.handed[column]!);
      this.handed[column]! += added.length;
      return { type: "string", codes: pieces.takeCodes(), added };
    }
    if (plan === "number") return { type: "number", values: pieces.takeNumbers() };
    const { zoned, unzoned } = parser.zones(column);
    return { type: "datetime", values: pieces.takeNumbers(), zoned: zoned > 0, unzoned: unzoned > 0 };
  }
}

/** Batches of one column in one growing array. */
class Pieces {
  private readonly plan: FieldPlan;
  private numbers = new Float64Array(0);
  private codes = new Int32Array(0);
  private length = 0;

  constructor(plan: FieldPlan) {
    this.plan = plan;
  }

  add(parser: DelimitedParser, column: number, rowCount: number): void {
    if (this.plan === "skip") return;
    const end = this.length + rowCount;
    if (this.plan === "string") {
      if (end > this.codes.length) {
        const grown = new Int32Array(Math.max(end, 2 * this.codes.length, 8192));
        grown.set(this.codes.subarray(0, this.length));
        this.codes = grown;
      }
      this.codes.set(parser.codes(column, rowCount), this.length);
    } else {
      if (end > this.numbers.length) {
        const grown = new Float64Array(Math.max(end, 2 * this.numbers.length, 8192));
        grown.set(this.numbers.subarray(0, this.length));
        this.numbers = grown;
      }
      this.numbers.set(parser.numbers(column, rowCount), this.length);
    }
    this.length = end;
  }

  takeCodes(): Int32Array {
    return this.codes.subarray(0, this.length);
  }

  takeNumbers(): Float64Array {
    return this.numbers.subarray(0, this.length);
  }
}
