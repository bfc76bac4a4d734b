/** What a stretch of a CSV file holds, as it passes from a parser (here or in a worker thread) to the columns. */
import type { DelimitedParser, FieldPlan, NumbersSeen, RaggedRow } from "../../kernels/index.ts";

/** Values and codes are views on the parser's memory, which it writes again later. */
export type BlockColumn =
  | { readonly type: "skip" }
  /** The plan does not fit; the column's rows are not delivered any more. */
  | { readonly type: "odd" }
  /** `decimals`: most digits behind the point so far. */
  | {
      readonly type: "number";
      readonly values: Float64Array;
      readonly decimals: number;
      readonly seen: NumbersSeen;
    }
  | {
      readonly type: "datetime";
      readonly values: Float64Array;
      readonly zoned: boolean;
      readonly unzoned: boolean;
    }
  /**
   * Codes are the parser's own; `added` are the strings that it met for the first time. With `anew` it had forgotten
   * all strings before, and codes begin at 0 again.
   */
  | {
      readonly type: "string";
      readonly codes: Int32Array;
      readonly added: readonly string[];
      readonly anew?: true;
    };

export interface Block {
  readonly rowCount: number;
  readonly columns: readonly BlockColumn[];
  /** Rows left out, and the first of them by line, counted from the block's own first. */
  readonly raggedCount: number;
  readonly ragged: readonly RaggedRow[];
  /** Lines that the block spans. */
  readonly lines: number;
  /** Whether more blocks follow of the bytes that the parser was fed. */
  readonly more: boolean;
  /** Bytes that belong to no complete row, when no more blocks follow; and the line on which a quote stands open, 0 for none. */
  readonly leftBytes: number;
  readonly openQuoteLine: number;
}

/** Runs a parser over what it was fed, block by block. */
export class BlockParser {
  readonly parser: DelimitedParser;
  private readonly plans: readonly FieldPlan[];
  /** Strings of each column handed over so far. */
  private readonly handed: number[];
  private readonly dictionaryBytes: number;
  private raggedHanded = 0;
  private line: number;

  /** @param dictionaryBytes - A column's strings are forgotten when they take more. */
  constructor(
    parser: DelimitedParser,
    plans: readonly FieldPlan[],
    dictionaryBytes: number = Number.POSITIVE_INFINITY,
  ) {
    this.parser = parser;
    this.plans = plans;
    this.dictionaryBytes = dictionaryBytes;
    this.handed = plans.map(() => 0);
    this.line = parser.line;
  }

  /**
   * Blocks of the complete rows fed so far, at least one; each stands until the next is made.
   *
   * @param last - Whether the text ends here.
   * @throws InvalidUtf8
   */
  *blocks(last: boolean): Generator<Block> {
    for (;;) {
      const block = this.next(last);
      yield block;
      if (!block.more) return;
    }
  }

  private next(last: boolean): Block {
    const { parser, plans } = this;
    const anew = plans.map((plan, column) => plan === "string" && this.forgets(column));
    const { rowCount, more } = parser.next(last);
    parser.summarise();
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
      columns: plans.map((plan, column) => this.column(plan, column, rowCount, anew[column]!)),
      raggedCount,
      ragged,
      lines,
      more,
      leftBytes: more ? 0 : parser.unparsedBytes,
      openQuoteLine: parser.openQuoteLine,
    };
  }

  /** Whether a column's strings were too many, and are forgotten now. */
  private forgets(column: number): boolean {
    if (this.dictionaryBytes === Number.POSITIVE_INFINITY) return false;
    if (this.parser.dictionaryBytes(column) <= this.dictionaryBytes) return false;
    this.parser.forgetStrings(column);
    this.handed[column] = 0;
    return true;
  }

  private column(plan: FieldPlan, column: number, rowCount: number, anew: boolean): BlockColumn {
    const { parser } = this;
    if (plan === "skip") return { type: "skip" };
    if (parser.isOdd(column)) return { type: "odd" };
    if (plan === "string") {
      const added = parser.strings(column, this.handed[column]!);
      this.handed[column]! += added.length;
      return { type: "string", codes: parser.codes(column, rowCount), added, ...(anew && { anew }) };
    }
    const values = parser.numbers(column, rowCount);
    if (plan === "number") {
      return { type: "number", values, decimals: parser.decimals(column), seen: parser.seen(column) };
    }
    const { zoned, unzoned } = parser.zones(column);
    return { type: "datetime", values, zoned: zoned > 0, unzoned: unzoned > 0 };
  }
}
