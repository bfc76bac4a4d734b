/**
 * Finds how a CSV file is written: delimiter, quote, newline, and whether the first row is a header.
 *
 * Each delimiter splits a sample; the one under which the most rows have the same number of fields wins.
 * A first row is a header when its cells differ in sort from those below: words over numbers, or words that
 * never come again.
 */
import { MillwrightError } from "../../core/index.ts";
import type { Dialect } from "../../kernels/index.ts";
import { parseDatetimeCell, parseNumberCell } from "../../schema/index.ts";

/** What the user fixed; the rest is found. */
export interface DialectOptions {
  /** One character. */
  readonly delimiter?: string;
  /** One character, or "" for a file without quotes. */
  readonly quote?: string;
  /** Whether the first row names the columns. */
  readonly header?: boolean;
}

export interface FoundDialect {
  readonly dialect: Dialect;
  /** Names of the columns; made up (`column_1`) where the file has none. */
  readonly names: readonly string[];
  readonly hasHeader: boolean;
  /** Bytes and lines before the first row of data. */
  readonly headerBytes: number;
  readonly headerLines: number;
  /** Mean length of a row in the sample, at least 1. */
  readonly bytesPerRow: number;
  /** Some rows below the header, for a first guess at the kinds. */
  readonly sample: readonly (readonly string[])[];
}

const candidates = ["\t", ";", "|", ","];
/** Rows that decide on the delimiter, and rows that the columns are guessed from. */
const decidingRows = 100;
const sampleRows = 1000;

interface Split {
  readonly rows: readonly (readonly string[])[];
  /** Characters and lines of the first row with its newline. */
  readonly firstLength: number;
  readonly firstLines: number;
  /** Characters that the rows take. */
  readonly length: number;
  /** Fields with text behind their closing quote. */
  readonly strayTexts: number;
}

/**
 * @param text - The beginning of the file.
 * @param complete - Whether that is all of it; else its last, broken, row is left out.
 * @param owner - The file, for messages.
 * @throws MillwrightError `DATA_EMPTY` for a file without rows, `PARAMETER_RANGE` for a delimiter of several bytes.
 */
export function findDialect(
  text: string,
  complete: boolean,
  owner: string,
  options: DialectOptions = {},
): FoundDialect {
  if (text.trim() === "") {
    throw new MillwrightError("DATA_EMPTY", `${owner} is empty.`, "Give a file with a header and rows.");
  }
  const newline = text.includes("\n") ? "\n" : text.includes("\r") ? "\r" : "\n";
  for (const [name, value] of Object.entries({ delimiter: options.delimiter, quote: options.quote })) {
    if (value === undefined || (value.length === 1 && value < "\u0080") || (name === "quote" && value === ""))
      continue;
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `The ${name} is ${JSON.stringify(value)}, and must be one ASCII character.`,
      "Give a single character, such as ',' or ';'.",
    );
  }
  let quote =
    options.quote ?? (/(^|[,;|\t\n])'[^'\n]*'([,;|\t\r\n]|$)/.test(text) && !text.includes('"') ? "'" : '"');
  let escape = quote === '"' && text.includes('\\"') && !/[^,;|\t\n\\]""/.test(text) ? "\\" : quote;
  const delimiters = options.delimiter === undefined ? candidates : [options.delimiter];
  let { delimiter } = bestSplit(text, complete, delimiters, { quote, escape, newline });
  let split = splitRows(text, complete, { delimiter, quote, escape, newline }, sampleRows);
  if (options.quote === undefined && split.strayTexts > 0) {
    // Text behind closing quotes: quotes may be plain characters here.
    const plain = { quote: "", escape: "", newline };
    const unquoted = bestSplit(text, complete, delimiters, plain);
    const rows = splitRows(text, complete, { ...plain, delimiter: unquoted.delimiter }, sampleRows);
    if (agreement(rows) >= agreement(split)) {
      ({ delimiter } = unquoted);
      split = rows;
      quote = "";
      escape = "";
    }
  }
  const { rows } = split;
  const hasHeader = options.header ?? looksLikeHeader(rows);
  const below = hasHeader ? rows.slice(1) : rows;
  const width = commonWidth(below.length === 0 ? rows : below);
  const names = hasHeader ? headerNames(rows[0]!, below, width) : makeNames(width);
  const code = (character: string): number => (character === "" ? 0 : character.charCodeAt(0));
  return {
    dialect: {
      delimiter: code(delimiter),
      quote: code(quote),
      escape: code(escape),
      newline: newline === "\n" ? 10 : 13,
    },
    names,
    hasHeader,
    headerBytes: hasHeader ? Buffer.byteLength(text.slice(0, split.firstLength)) : 0,
    headerLines: hasHeader ? split.firstLines : 0,
    bytesPerRow: Math.max(1, split.length / Math.max(1, rows.length)),
    sample: below.filter((row) => row.length === names.length),
  };
}

interface Attempt {
  readonly delimiter: string;
  readonly split: Split;
  readonly score: number;
}

/** The delimiter under which the most rows agree; a comma when none separates anything. */
function bestSplit(
  text: string,
  complete: boolean,
  delimiters: readonly string[],
  rest: Omit<Characters, "delimiter">,
): Attempt {
  let best: Attempt | undefined;
  for (const delimiter of delimiters) {
    const split = splitRows(text, complete, { delimiter, ...rest }, decidingRows);
    const score = agreement(split);
    if (best === undefined || score > best.score) best = { delimiter, split, score };
  }
  if (best!.score > 0 || delimiters.length === 1) return best!;
  return {
    delimiter: ",",
    split: splitRows(text, complete, { delimiter: ",", ...rest }, decidingRows),
    score: 0,
  };
}

function makeNames(width: number): string[] {
  return Array.from({ length: width }, (_, index) => `column_${index + 1}`);
}

function headerNames(
  first: readonly string[],
  below: readonly (readonly string[])[],
  width: number,
): string[] {
  const cells = [...first];
  const trailing = below.length > 0 && below.every((row) => row.length !== width || row[width - 1] === "");
  if (width === cells.length + 1 && !trailing && haveRowNames(below, width)) cells.unshift("row_names");
  // A delimiter after the last name, and after every row, is no column.
  if (cells.length > 1 && cells[cells.length - 1]!.trim() === "" && trailing && width === cells.length)
    cells.pop();
  return cells.map((cell, index) => cell.trim() || `column_${index + 1}`);
}

/**
 * Whether rows begin with a cell that the header has no name for. R writes its row names so: every row has one, and no
 * two are alike. Else a row with a cell too many would have all its cells read under the names beside theirs.
 *
 * @param width - Cells of such a row, one more than the header has.
 */
function haveRowNames(below: readonly (readonly string[])[], width: number): boolean {
  if (below.some((row) => row.length === width - 1)) return false;
  const names = below.filter((row) => row.length === width).map((row) => row[0]!.trim());
  return names.length > 1 && new Set(names).size === names.length && !names.includes("");
}

/** How well the rows of a split agree, less the share with text behind a closing quote. */
function agreement(split: Split): number {
  return consistency(split.rows) - split.strayTexts / Math.max(1, split.rows.length);
}

/** Share of rows with the commonest number of fields; 0 when that is one field or the first row disagrees. */
function consistency(rows: readonly (readonly string[])[]): number {
  const width = commonWidth(rows);
  if (width < 2) return 0;
  const first = rows[0]!.length;
  const agree = rows.filter((row) => row.length === width).length / rows.length;
  if (first !== width && first !== width - 1) return agree >= 0.5 ? agree / 4 : 0;
  return agree;
}

function commonWidth(rows: readonly (readonly string[])[]): number {
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(row.length, (counts.get(row.length) ?? 0) + 1);
  let width = 0;
  let most = 0;
  for (const [length, count] of counts) {
    if (count > most || (count === most && length > width)) {
      width = length;
      most = count;
    }
  }
  return width;
}

function looksLikeHeader(rows: readonly (readonly string[])[]): boolean {
  const first = rows[0]!;
  if (rows.length < 2) return first.every((cell) => !isValue(cell));
  let votes = 0;
  for (const [column, cell] of first.entries()) {
    const below = rows
      .slice(1, 200)
      .map((row) => row[column] ?? "")
      .filter((other) => other.trim() !== "");
    if (below.length === 0) continue;
    const values = below.filter(isValue).length / below.length;
    if (isValue(cell)) {
      // A number over numbers is a value, unless it is a label such as a year over measurements.
      votes -= values > 0.5 ? 1 : 0;
    } else if (cell.trim() === "") votes += 0;
    else if (values > 0.5) votes += 2;
    else if (below.includes(cell)) votes -= 2;
    else votes += 0.01;
  }
  return votes > 0;
}

function isValue(cell: string): boolean {
  const number = parseNumberCell(cell);
  if (number !== undefined) return !Number.isNaN(number);
  const time = parseDatetimeCell(cell, { clock: "wall", order: "dmy" });
  return time !== undefined && !Number.isNaN(time);
}

interface Characters {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  readonly newline: string;
}

/** Splits the beginning of a text into rows of cells; a last row without its newline counts only if it is complete. */
function splitRows(text: string, complete: boolean, characters: Characters, limit: number): Split {
  const { delimiter, quote, escape, newline } = characters;
  const rows: string[][] = [];
  let firstLength = 0;
  let firstLines = 0;
  let length = 0;
  let lines = 1;
  let strayTexts = 0;
  let at = 0;
  const delimiters = placesOf(delimiter, text);
  const newlines = placesOf(newline, text);
  while (at < text.length && rows.length < limit) {
    const row: string[] = [];
    let ended = false;
    for (;;) {
      let cell = "";
      const quoted = quote !== "" && text[at] === quote;
      if (quoted) {
        const start = ++at;
        let escaped = false;
        for (; at < text.length; at++) {
          const character = text[at]!;
          if (character === newline) lines++;
          if (character === escape && escape !== quote) {
            escaped = true;
            at++;
          } else if (character === quote) {
            if (escape !== quote || text[at + 1] !== quote) break;
            escaped = true;
            at++;
          }
        }
        cell = text.slice(start, at);
        if (escaped) cell = unescape(cell, escape);
        at++;
      }
      const start = at;
      at = Math.min(delimiters(start), newlines(start));
      const rest = text.slice(start, newline === "\n" && text[at - 1] === "\r" && at > start ? at - 1 : at);
      if (!quoted) cell = rest;
      else if (rest.trim() !== "") strayTexts++;
      row.push(cell);
      ended = at < text.length && text[at] === newline;
      if (ended || at >= text.length) break;
      at++;
    }
    at++;
    if (!ended && !complete) break;
    if (ended) lines++;
    length = Math.min(at, text.length);
    if (firstLength === 0) {
      firstLength = length;
      firstLines = ended ? lines - 1 : lines;
    }
    if (row.length > 1 || row[0] !== "") rows.push(row);
  }
  return { rows, firstLength, firstLines, length, strayTexts };
}

/** Looks for a character from places on that only grow; the text's length where none follows. */
function placesOf(character: string, text: string): (from: number) => number {
  let place = -1;
  return (from) => {
    if (place < from) {
      place = text.indexOf(character, from);
      if (place < 0) place = text.length;
    }
    return place;
  };
}

function unescape(cell: string, escape: string): string {
  let plain = "";
  for (let at = 0; at < cell.length; at++) {
    if (cell[at] === escape && at + 1 < cell.length) at++;
    plain += cell[at];
  }
  return plain;
}
