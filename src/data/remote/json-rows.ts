/**
 * The rows inside a page of JSON, as their own text: numbers keep every digit, which `JSON.parse` would not.
 *
 * The text is known to be valid JSON, so the walk over it only has to find where values end.
 */
import { MillwrightError } from "../../core/index.ts";

export interface JsonPage {
  readonly text: string;
  readonly value: unknown;
}

/** @throws MillwrightError `SOURCE_FORMAT` for what is not JSON. */
export function parsePage(text: string, name: string): JsonPage {
  try {
    return { text, value: JSON.parse(text) as unknown };
  } catch (cause) {
    throw new MillwrightError(
      "SOURCE_FORMAT",
      `${name} is not JSON: ${cause instanceof Error ? cause.message.replace(/\s+/g, " ").slice(0, 120) : String(cause)}.`,
      "Check the address, or tell what it is with --format.",
      { cause },
    );
  }
}

/** The value at "a.b.c"; undefined where there is none. */
export function fieldOf(value: unknown, path: string): unknown {
  let at = value;
  for (const key of path.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

/**
 * Where the rows of a page are: as told, else the page itself, else its only list.
 *
 * @returns A path, "" for the page itself; undefined for a page that is one row.
 * @throws MillwrightError `SOURCE_FORMAT` where there is no list, `PARAMETER_MISSING` where there are several.
 */
export function rowsPath(page: JsonPage, name: string, told: string | undefined): string | undefined {
  const { value } = page;
  if (told !== undefined) {
    if (Array.isArray(fieldOf(value, told))) return told;
    const known =
      typeof value === "object" && value !== null ? Object.keys(value).slice(0, 8).join(", ") : "";
    throw new MillwrightError(
      "SOURCE_FORMAT",
      `${name} has no list at "${told}"${known === "" ? "" : `; it holds ${known}`}.`,
      "Say where the rows are with --http-rows.",
    );
  }
  if (Array.isArray(value)) return "";
  if (typeof value !== "object" || value === null) {
    throw new MillwrightError(
      "SOURCE_FORMAT",
      `${name} is a single ${value === null ? "null" : typeof value}, and no list of rows.`,
      "Check the address.",
    );
  }
  const lists = Object.entries(value).filter(
    ([, item]) => Array.isArray(item) && item.every((row) => typeof row === "object" && row !== null),
  );
  if (lists.length === 0) return undefined;
  // An empty list beside one that holds rows is no rival: "errors": [].
  const filled = lists.filter(([, item]) => (item as unknown[]).length > 0);
  const found = filled.length > 0 ? filled : lists;
  if (found.length === 1) return found[0]![0].includes(".") ? undefined : found[0]![0];
  throw new MillwrightError(
    "PARAMETER_MISSING",
    `${name} holds ${found.length} lists: ${found
      .map(([key]) => key)
      .slice(0, 8)
      .join(", ")}.`,
    "Say which is the rows with --http-rows.",
  );
}

/** The rows of a page as lines of NDJSON. */
export function rowLines(page: JsonPage, path: string): readonly string[] {
  const { text } = page;
  let at = skipSpace(text, 0);
  for (const key of path === "" ? [] : path.split(".")) at = valueOfKey(text, at, key);
  const lines: string[] = [];
  at = skipSpace(text, at + 1);
  while (text[at] !== "]") {
    const end = endOfValue(text, at);
    // Line ends stand only between tokens: inside strings they are escaped.
    lines.push(text.slice(at, end).replace(/[\r\n]+/g, " "));
    at = skipSpace(text, end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return lines;
}

/** Where the value of a key of an object starts; of a key that comes twice the last, as `JSON.parse` has it. */
function valueOfKey(text: string, object: number, wanted: string): number {
  let found = -1;
  let at = skipSpace(text, object + 1);
  while (text[at] !== "}") {
    const keyEnd = endOfValue(text, at);
    const key = JSON.parse(text.slice(at, keyEnd)) as string;
    at = skipSpace(text, skipSpace(text, keyEnd) + 1);
    if (key === wanted) found = at;
    at = skipSpace(text, endOfValue(text, at));
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return found;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) <= 32) at++;
  return at;
}

function endOfValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  for (;;) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else {
      if (character === "{" || character === "[") depth++;
      if (character === "}" || character === "]") depth--;
      at++;
    }
    if (depth > 0) continue;
    if (character === '"' || character === "}" || character === "]") return at;
    // A number or a word ends where something else begins.
    const next = text[at];
    if (next === undefined || next === "," || next === "}" || next === "]" || next <= " ") return at;
  }
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    at = text.indexOf('"', at);
    let slashes = 0;
    while (text[at - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
}
