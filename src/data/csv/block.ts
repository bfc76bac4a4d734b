/** What a stretch of a CSV file holds, as it passes from a parser (here or in a worker thread) to the columns. */
import type { DelimitedParser, FieldPlan, RaggedRow } from "../../kernels/index.ts";

export type BlockColumn =
  | { readonly type: "skip" }
  /** The plan does not fit; the column's rows are not delivered any more. */
  | { readonly type: "odd" }
  /** `decimals`: most digits behind the point so far. */
  | { readonly type: "number"; readonly values: Float64Array; readonly decimals: number }
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
  /** Rows left out, and the first of them by line, counted from the block's own first. */
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
  private readonly keepArrays: boolean;
  private pieces: readonly Pieces[] = [];
  /** Rows of the last block: the next has about as many. */
  private rowsExpected = 4096;

  /** @param keepArrays - Blocks are used up before the next is made, so that its arrays can be used again. */
  constructor(parser: DelimitedParser, plans: readonly FieldPlan[], keepArrays: boolean) {
    this.parser = parser;
    this.plans = plans;
    this.keepArrays = keepArrays;
    this.handed = plans.map(() => 0);
    this.line = parser.line;
  }

  /**
   * @param last - Whether the text ends here.
   * @throws InvalidUtf8
   */
  run(last: boolean): Block {
    const { parser, plans } = this;
    if (!this.keepArrays || this.pieces.length === 0) {
      this.pieces = plans.map((plan) => new Pieces(plan, this.rowsExpected));
    }
    const columns = this.pieces;
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
    this.rowsExpected = Math.ceil(rowCount * 1.05);
    const before = this.line - 1;
    const ragged = parser.ragged
      .slice(Math.min(20, this.raggedHanded))
      .map((row) => ({ ...row, line: row.line - before }));
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
    if (parser.isOdd(column)) {
      pieces.takeNumbers();
      return { type: "odd" };
    }
    if (plan === "string") {
      const added = parser.strings(column, this.handed[column]!);
      this.handed[column]! += added.length;
      return { type: "string", codes: pieces.takeCodes(), added };
    }
    if (plan === "number") {
      return { type: "number", values: pieces.takeNumbers(), decimals: parser.decimals(column) };
    }
    const { zoned, unzoned } = parser.zones(column);
    return { type: "datetime", values: pieces.takeNumbers(), zoned: zoned > 0, unzoned: unzoned > 0 };
  }
}

/** Batches of one column in one growing array. */
class Pieces {
  private readonly plan: FieldPlan;
  private numbers: Float64Array;
  private codes: Int32Array;
  private length = 0;

  constructor(plan: FieldPlan, capacity: number) {
    this.plan = plan;
    this.numbers = new Float64Array(plan === "number" || plan === "datetime" ? capacity : 0);
    this.codes = new Int32Array(plan === "string" ? capacity : 0);
  }

  add(parser: DelimitedParser, column: number, rowCount: number): void {
    if (this.plan === "skip") return;
    const end = this.length + rowCount;
    if (this.plan === "string") {
      if (end > this.codes.length) {
        const grown = new Int32Array(Math.max(end, 2 * this.codes.length));
        grown.set(this.codes.subarray(0, this.length));
        this.codes = grown;
      }
      this.codes.set(parser.codes(column, rowCount), this.length);
    } else {
      if (end > this.numbers.length) {
        const grown = new Float64Array(Math.max(end, 2 * this.numbers.length));
        grown.set(this.numbers.subarray(0, this.length));
        this.numbers = grown;
      }
      this.numbers.set(parser.numbers(column, rowCount), this.length);
    }
    this.length = end;
  }

  takeCodes(): Int32Array {
    const taken = this.codes.subarray(0, this.length);
    this.length = 0;
    return taken;
  }

  takeNumbers(): Float64Array {
    const taken = this.numbers.subarray(0, this.length);
    this.length = 0;
    return taken;
  }
}
