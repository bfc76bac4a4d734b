/**
 * Sentences of tokens: CoNLL files (a token a line with its tag behind it, an empty line between sentences), and plain
 * texts of a sentence a line.
 *
 * The first field of a line is the token, the last one its tag; fields between them (parts of speech, lemmas) are not
 * read. Fields are parted by tabs, or by blanks in a file without any. Lines that start with `-DOCSTART-` part
 * documents and are left out. Source of the format: Tjong Kim Sang & De Meulder 2003, CoNLL-2003 shared task.
 */
import { basename } from "node:path";
import { stat } from "node:fs/promises";
import { MillwrightError, sha256 } from "../core/index.ts";
import { isBioTag } from "../metrics/index.ts";
import { packingOf, readBlocks } from "./bytes.ts";
import { detectEncoding, toUtf8 } from "./encoding.ts";

/** A line that could not be read, by its number from 1. */
export interface BadLine {
  readonly line: number;
  readonly reason: string;
}

export interface TokenSentences {
  /** Tokens of each sentence; none is empty. */
  readonly tokens: readonly (readonly string[])[];
  readonly sha256: string;
}

export interface TaggedSentences extends TokenSentences {
  /** One tag a token. */
  readonly tags: readonly (readonly string[])[];
  /** Sentences with such a line are left out whole. */
  readonly bad: readonly BadLine[];
}

/** Share of lines that may be bad before the file is refused. */
const badShare = 0.01;
/** Bytes of a file, unpacked, that are read at most. */
const maxBytes = 1024 * 1024 * 1024;
/** Bad lines that a message names. */
const namedLines = 5;

/**
 * Reads a CoNLL file with tags in the BIO scheme.
 *
 * A line without a tag, or with one that is not O, B-… or I-…, is bad: its sentence is left out, and up to 1 % of the
 * lines may be so.
 *
 * @param path - The file, as it is or packed by gzip or zstd, in any encoding that tables have.
 * @throws MillwrightError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`; `DATA_EMPTY` without a sentence;
 *   `DATA_RAGGED_ROWS` naming the lines where too many are bad.
 */
export async function readConll(path: string): Promise<TaggedSentences> {
  const { lines, sha256 } = await linesOf(path);
  const tokens: string[][] = [];
  const tags: string[][] = [];
  const bad: BadLine[] = [];
  let filled = 0;
  for (const group of sentencesOf(lines)) {
    filled += group.lines.length;
    const read = group.lines.map((line, i) => fieldsOf(line, group.first + i));
    const broken = read.filter((each) => "reason" in each);
    bad.push(...broken);
    if (broken.length > 0) continue;
    const fields = read as { token: string; tag: string }[];
    tokens.push(fields.map(({ token }) => token));
    tags.push(fields.map(({ tag }) => tag));
  }
  if (bad.length > badShare * filled) {
    const named = bad
      .slice(0, namedLines)
      .map(({ line, reason }) => `line ${line} ${reason}`)
      .join("; ");
    throw new MillwrightError(
      "DATA_RAGGED_ROWS",
      `${path} has ${bad.length} of ${filled} lines that are no token with its tag: ${named}${bad.length > namedLines ? "; …" : ""}.`,
      "Give a token and its tag (O, B-person, I-person) a line, parted by a tab, and an empty line between sentences.",
    );
  }
  if (tokens.length === 0) throw empty(path);
  return { tokens, tags, bad, sha256 };
}

/**
 * Reads sentences without their tags: the first field of each line of a CoNLL file; or of a file that is named *.txt,
 * the words of each line, parted by blanks.
 *
 * @throws MillwrightError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`, `DATA_EMPTY`.
 */
export async function readTokens(path: string): Promise<TokenSentences> {
  const { lines, sha256 } = await linesOf(path);
  const plain = /\.txt(\.gz|\.zst)?$/i.test(basename(path));
  const tokens = plain
    ? lines
        .map((line) => line.split(/\s+/u).filter((word) => word !== ""))
        .filter((words) => words.length > 0)
    : [...sentencesOf(lines)]
        .map((group) => group.lines.map((line) => splitFields(line)[0]!).filter((token) => token !== ""))
        .filter((words) => words.length > 0);
  if (tokens.length === 0) throw empty(path);
  return { tokens, sha256 };
}

async function linesOf(path: string): Promise<{ lines: string[]; sha256: string }> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined || !info.isFile()) {
    throw new MillwrightError(
      "SOURCE_NOT_FOUND",
      `There is no file ${path}.`,
      "Give the path of a CoNLL file, or of a text file.",
    );
  }
  const blocks: Uint8Array[] = [];
  let total = 0;
  for await (const block of readBlocks(path, await packingOf(path))) {
    blocks.push(block);
    total += block.length;
    if (total > maxBytes) {
      throw new MillwrightError(
        "DATA_LIMIT",
        `${path} holds more than ${maxBytes} bytes, and sentences are read into memory.`,
        "Split the file.",
      );
    }
  }
  const bytes = Buffer.concat(blocks);
  const { encoding, markBytes } = detectEncoding(bytes);
  const parts: Uint8Array[] = [];
  for await (const part of toUtf8(once(bytes), encoding, markBytes, path)) parts.push(part);
  const text = new TextDecoder().decode(Buffer.concat(parts)).replaceAll("\0", "\ufffd");
  return { lines: text.split(/\r\n|\n|\r/), sha256: sha256(bytes) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Lines between empty ones, with the number of the first. */
function* sentencesOf(lines: readonly string[]): Generator<{ first: number; lines: string[] }> {
  let group: string[] = [];
  for (let i = 0; i <= lines.length; i++) {
    const line = lines[i] ?? "";
    if (line.trim() !== "" && !line.startsWith("-DOCSTART-")) {
      group.push(line);
      continue;
    }
    if (group.length > 0) yield { first: i - group.length + 1, lines: group };
    group = [];
  }
}

const splitFields = (line: string): string[] =>
  line.includes("\t") ? line.split("\t").map((field) => field.trim()) : line.trim().split(/ +/);

function fieldsOf(text: string, line: number): { token: string; tag: string } | BadLine {
  const fields = splitFields(text);
  const token = fields[0]!;
  const tag = fields.at(-1)!;
  if (fields.length < 2) return { line, reason: `has no tag (${quoted(text)})` };
  if (token === "") return { line, reason: `has no token (${quoted(text)})` };
  if (!isBioTag(tag)) return { line, reason: `has the tag ${quoted(tag)}` };
  return { token, tag };
}

const quoted = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

function empty(path: string): MillwrightError {
  return new MillwrightError("DATA_EMPTY", `${path} holds no sentence.`, "Give a token a line.");
}
