/**
 * A parser of delimited text on the compiled kernels: bytes in, blocks of columns out.
 *
 * It has a memory of its own and runs on the calling thread, so that each worker thread has one. The state that
 * it shares with `delimited.as.ts` is a block of words; addresses are byte offsets in the memory.
 */
import { MillwrightError } from "../../core/index.ts";
import { instantiate, kernelModule } from "../kernels.ts";
import { KernelMemory } from "../memory.ts";
import { fillPowers, powerBytes } from "./powers.ts";

/** How a file separates its fields; each is one byte. */
export interface Dialect {
  readonly delimiter: number;
  /** 0 when the file quotes nothing. */
  readonly quote: number;
  /** Byte that escapes a quote inside quotes: the quote itself, or a backslash. */
  readonly escape: number;
  /** Byte that ends a row: line feed, or carriage return in very old files. */
  readonly newline: 10 | 13;
}

/** How a column is read. */
export type FieldPlan = "skip" | "number" | "datetime" | "string";

/** A row that was left out: its number of fields is not the table's, or text follows a closing quote. */
export interface RaggedRow {
  /** 1-based line of the text where the row starts. */
  readonly line: number;
  readonly fieldCount: number;
  readonly problem: "fields" | "quote";
}

/** Thrown when a distinct string is not valid UTF-8. */
export class InvalidUtf8 extends Error {}

const planCodes: Readonly<Record<FieldPlan, number>> = { skip: 0, number: 1, datetime: 2, string: 3 };
/** Fields split before they are converted: their text and bounds stay near in the cache. */
const batchFields = 2048;
/** Fields of a block, the rows that are handed out at a time. */
const blockFields = 262_144;
/** Bytes behind the bounds that may be overwritten. */
const boundsSlack = 1024;
const stateWords = 32;
const descriptorBytes = 64;
const raggedExamples = 20;
const summaryBytes = 64;
/** Words of a descriptor, and of the dictionary inside it. */
const ODD = 1;
const ZONED = 2;
const UNZONED = 3;
const OUT = 4;
const SLOTS = 5;
const OFFSETS = 7;
const SIZE = 9;
const ARENA = 10;
const NOT_ASCII = 12;
const DECIMALS = 14;
const OUT_BASE = 15;
/** Words of the state that change. */
const AT = 8;
const END = 9;
const LAST = 10;
const LINE = 11;
const COUNT = 12;
const OPEN_QUOTE_LINE = 13;
const RAGGED_COUNT = 14;
const SLOW_COUNT = 18;
const HEAP = 20;
const SUMMARIES = 22;

/** Exports of kernels.wasm that are called here. */
interface Exports {
  prepareNumbers(): void;
  parseDelimited(state: number): number;
  summariseBlock(state: number): void;
}

/** What the numbers of a block are; a missing one is passed over. */
export interface NumbersSeen {
  readonly rowCount: number;
  readonly present: number;
  /** Smallest and largest value; ±Infinity where all are missing. */
  readonly low: number;
  readonly high: number;
  /** Rows of the smallest value and the next larger one, where the smallest is a whole number below zero. */
  readonly lowRows: number;
  readonly next: number;
  /** Whether all are whole numbers. */
  readonly integral: boolean;
  /** Whether none is missing and they count up by one; only meant for whole numbers. */
  readonly counting: boolean;
  /** Value of the first row. */
  readonly first: number;
}

/** Words of a summary, as in `summaries.as.ts`. */
type Summary = readonly [number, number, number, number, number, number, number, number];
/** A number left to exact arithmetic: its column, its row in the block, and the bounds of its text. */
type Slow = readonly [column: number, row: number, start: number, end: number];

export class DelimitedParser {
  readonly #memory = new KernelMemory();
  readonly #exports: Exports;
  readonly #columns: number;
  readonly #state: number;
  readonly #descriptors: number;
  readonly #ragged: number;
  readonly #slow: number;
  readonly #summaries: number;
  /** Bytes between the values of a column in one slot and in the next. */
  readonly #slotBytes: number;
  #input: number;
  #inputBytes: number;

  /**
   * @param line - 1-based line of the file on which the first byte stands.
   * @param slots - Blocks whose values can stand at a time; see `useSlot`.
   */
  constructor(dialect: Dialect, plans: readonly FieldPlan[], line: number, slots = 1) {
    const memory = this.#memory;
    const exports = instantiate(kernelModule(), memory.wasm).exports as unknown as Exports;
    exports.prepareNumbers();
    this.#exports = exports;
    const columns = plans.length;
    this.#columns = columns;
    const batch = Math.max(1, Math.floor(batchFields / columns));
    const capacity = Math.max(batch, Math.floor(blockFields / columns));
    fillPowers(memory.u8(memory.take(powerBytes), powerBytes));
    this.#state = memory.take(stateWords * 4);
    this.#descriptors = memory.take(columns * descriptorBytes);
    const bounds = memory.take(columns * batch * 8 + boundsSlack);
    this.#ragged = memory.take(raggedExamples * 12);
    // A block ends with the batch in which so many were exceeded.
    this.#slow = memory.take(2 * columns * batch * 16);
    this.#summaries = memory.take(columns * summaryBytes);
    memory.u32(this.#descriptors, columns * 16).fill(0);
    this.#slotBytes = capacity * 8;
    for (const [column, plan] of plans.entries()) this.#describe(column, plan, slots * this.#slotBytes);
    this.#inputBytes = 1 << 16;
    this.#input = memory.take(this.#inputBytes);
    const { delimiter, quote, escape, newline } = dialect;
    const state = memory.u32(this.#state, stateWords).fill(0);
    state.set([delimiter, quote, escape, newline, columns, capacity, bounds, batch]);
    state.set([this.#input, this.#input], AT);
    state[LINE] = line;
    state.set([this.#ragged, this.#descriptors, this.#slow], 15);
    state[SUMMARIES] = this.#summaries;
    // From here on the kernels take memory themselves, above everything taken so far.
    state[HEAP] = memory.used;
  }

  #describe(column: number, plan: FieldPlan, outBytes: number): void {
    const memory = this.#memory;
    const words = (): Uint32Array => memory.u32(this.#descriptors + column * descriptorBytes, 16);
    words()[0] = planCodes[plan];
    if (plan === "skip") return;
    const out = memory.take(outBytes);
    words()[OUT] = out;
    words()[OUT_BASE] = out;
    if (plan !== "string") return;
    const [slots, codes, bytes] = [256, 128, 2048];
    const at = memory.take(slots * 8);
    memory.i32(at, slots * 2).fill(-1);
    const offsets = memory.take((codes + 1) * 4);
    memory.u32(offsets, 1)[0] = 0;
    const arena = memory.take(bytes);
    words().set([at, slots, offsets, codes, 0, arena, bytes, 0], SLOTS);
  }

  get #words(): Uint32Array {
    return this.#memory.u32(this.#state, stateWords);
  }

  #descriptor(column: number): Uint32Array {
    return this.#memory.u32(this.#descriptors + column * descriptorBytes, 16);
  }

  /** Adds bytes behind those that belong to no complete row yet. */
  feed(block: Uint8Array): void {
    this.room(block.length).set(block);
    this.fed(block.length);
  }

  /** Where the next bytes may be written, instead of feeding them; tell `fed` how many came. */
  room(bytes: number): Uint8Array {
    const left = this.unparsedBytes;
    const from = this.#words[AT]!;
    const needed = left + bytes + 64;
    let to = this.#input;
    if (needed > this.#inputBytes) {
      to = this.#take(needed * 1.25);
      this.#inputBytes = Math.floor(needed * 1.25);
    }
    if (left > 0) new Uint8Array(this.#memory.wasm.buffer).copyWithin(to, from, from + left);
    this.#input = to;
    this.#words.set([to, to + left], AT);
    return this.#memory.u8(to + left, bytes);
  }

  /** Bytes were written to the room; those behind a row's end may be given back by telling fewer. */
  fed(bytes: number): void {
    this.#words[END]! += bytes;
  }

  /** Forgets the first bytes of what is not parsed. */
  skip(bytes: number): void {
    this.#words[AT]! += bytes;
  }

  /** Bytes fed that belong to no complete row yet. */
  get unparsedBytes(): number {
    const words = this.#words;
    return words[END]! - words[AT]!;
  }

  /** Line on which the unparsed bytes start. */
  get line(): number {
    return this.#words[LINE]!;
  }

  /** Line on which a quote opened that did not close; 0 when none is open. */
  get openQuoteLine(): number {
    return this.#words[OPEN_QUOTE_LINE]!;
  }

  /** Chooses where the values of the next blocks are written, so that those of earlier blocks can stand. */
  useSlot(slot: number): void {
    for (let column = 0; column < this.#columns; column++) {
      const words = this.#descriptor(column);
      words[OUT] = words[OUT_BASE]! + slot * this.#slotBytes;
    }
  }

  /** The memory in which the values lie, to be read by another thread. */
  get buffer(): SharedArrayBuffer {
    return this.#memory.wasm.buffer as unknown as SharedArrayBuffer;
  }

  /**
   * Splits and converts the next rows.
   *
   * @param last - Whether the text ends with the bytes fed: then the last row needs no newline.
   * @returns The number of rows, whose values stand until the next call, and whether more may follow.
   * @throws MillwrightError `DATA_LIMIT` when the distinct strings do not fit into 4 GiB.
   */
  next(last: boolean): { readonly rowCount: number; readonly more: boolean } {
    this.#words[LAST] = last ? 1 : 0;
    let more: number;
    try {
      more = this.#exports.parseDelimited(this.#state);
    } catch (cause) {
      throw new MillwrightError(
        "DATA_LIMIT",
        "The distinct strings of these columns take more than the 4 GiB that a reader can hold.",
        "Leave out the column with the longest texts.",
        { cause },
      );
    }
    const words = this.#words;
    const rowCount = words[COUNT]!;
    if (words[SLOW_COUNT]! > 0) this.#finishSlowNumbers(words[SLOW_COUNT]!);
    return { rowCount, more: more === 1 };
  }

  /** Numbers that only exact arithmetic rounds. */
  #finishSlowNumbers(count: number): void {
    const list = this.#memory.u32(this.#slow, count * 4);
    const bytes = new Uint8Array(this.#memory.wasm.buffer);
    for (let i = 0; i < count; i++) {
      const [column, row, start, end] = list.subarray(4 * i, 4 * i + 4) as unknown as Slow;
      let text = "";
      for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
      const value = Number(text);
      // Beyond float64: the column's own parser says what that means.
      if (Number.isFinite(value)) this.#memory.f64(this.#descriptor(column)[OUT]!, row + 1)[row] = value;
      else this.#descriptor(column)[ODD] = 1;
    }
  }

  /** Whether a field of the column could not be read by its plan; nothing more is read of it then. */
  isOdd(column: number): boolean {
    return this.#descriptor(column)[ODD] === 1;
  }

  /** Datetimes so far with a zone and without one. */
  zones(column: number): { readonly zoned: number; readonly unzoned: number } {
    const words = this.#descriptor(column);
    return { zoned: words[ZONED]!, unzoned: words[UNZONED]! };
  }

  /** Most digits behind the point of a number column so far; 99 where a number was written with an exponent. */
  decimals(column: number): number {
    return this.#descriptor(column)[DECIMALS]!;
  }

  /** Looks through the numbers of the last block, before `seen` is asked. */
  summarise(): void {
    this.#exports.summariseBlock(this.#state);
  }

  /** What the numbers of a column in the last block are. */
  seen(column: number): NumbersSeen {
    const words = this.#memory.f64(this.#summaries + column * summaryBytes, 8) as unknown as Summary;
    const [present, low, lowRows, next, high, integral, counting, first] = words;
    const rowCount = this.#words[COUNT]!;
    return {
      rowCount,
      present,
      low,
      high,
      lowRows,
      next,
      integral: integral === 1,
      counting: counting === 1,
      first,
    };
  }

  /** Values of a number or datetime column in the last block, as a view. */
  numbers(column: number, rowCount: number): Float64Array {
    return this.#memory.f64(this.#descriptor(column)[OUT]!, rowCount);
  }

  /** Codes of a string column in the last block, as a view; −1 is an empty field. */
  codes(column: number, rowCount: number): Int32Array {
    return this.#memory.i32(this.#descriptor(column)[OUT]!, rowCount);
  }

  /**
   * Distinct strings of a column, by code from `first` on.
   *
   * @throws InvalidUtf8
   */
  strings(column: number, first: number): string[] {
    const words = this.#descriptor(column);
    const size = words[SIZE]!;
    if (first >= size) return [];
    const offsets = this.#memory.u32(words[OFFSETS]!, size + 1);
    // A copy, since text decoders refuse shared memory.
    const from = offsets[first]!;
    const bytes = this.#memory.u8(words[ARENA]! + from, offsets[size]! - from).slice();
    const values: string[] = [];
    if (words[NOT_ASCII] === 0) {
      const text = Buffer.from(bytes.buffer).toString("latin1");
      for (let code = first; code < size; code++)
        values.push(text.slice(offsets[code]! - from, offsets[code + 1]! - from));
      return values;
    }
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    for (let code = first; code < size; code++) {
      try {
        values.push(decoder.decode(bytes.subarray(offsets[code]! - from, offsets[code + 1]! - from)));
      } catch {
        throw new InvalidUtf8();
      }
    }
    return values;
  }

  /** Bytes that the distinct strings of a column take here, about. */
  dictionaryBytes(column: number): number {
    const words = this.#descriptor(column);
    const size = words[SIZE]!;
    return 24 * size + this.#memory.u32(words[OFFSETS]!, size + 1)[size]!;
  }

  /** Forgets the distinct strings of a column: codes begin at 0 again, in the memory that the old ones took. */
  forgetStrings(column: number): void {
    const words = this.#descriptor(column);
    this.#memory.i32(words[SLOTS]!, 2 * words[SLOTS + 1]!).fill(-1);
    this.#memory.u32(words[OFFSETS]!, 1)[0] = 0;
    words[SIZE] = 0;
    words[NOT_ASCII] = 0;
  }

  /** Rows left out so far. */
  get raggedCount(): number {
    return this.#words[RAGGED_COUNT]!;
  }

  /** The first rows left out. */
  get ragged(): RaggedRow[] {
    const count = Math.min(raggedExamples, this.raggedCount);
    const words = this.#memory.u32(this.#ragged, count * 3);
    return Array.from({ length: count }, (_, i) => ({
      line: words[3 * i]!,
      fieldCount: words[3 * i + 1]!,
      problem: words[3 * i + 2] === 1 ? "quote" : "fields",
    }));
  }

  /** Takes bytes above everything that the kernels took. */
  #take(bytes: number): number {
    const at = this.#words[HEAP]!;
    const top = Math.ceil((at + bytes + 64) / 64) * 64;
    const missing = Math.ceil(top / 65536) - this.#memory.size / 65536;
    if (missing > 0) this.#memory.wasm.grow(missing);
    this.#words[HEAP] = top;
    return at;
  }
}
