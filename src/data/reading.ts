/** How a source is read where it does not say so itself: the flags that all commands on tables share. */
import { MillwrightError } from "../core/index.ts";
import { sizeText } from "./memory.ts";
import type { OpenOptions } from "./open-table.ts";
import { headerWithoutValue } from "./remote/http-options.ts";

/** Every option of reading, and the flag that says the same. */
const flags = {
  sql: "--sql",
  format: "--format",
  encoding: "--encoding",
  delimiter: "--delimiter",
  quote: "--quote",
  header: "--header",
  sheet: "--sheet",
  memory: "--memory",
  httpHeader: "--http-header",
  httpRows: "--http-rows",
  httpNext: "--http-next",
  httpCursor: "--http-cursor",
  httpPage: "--http-page",
  httpMaxPages: "--http-max-pages",
  httpMaxBytes: "--http-max-bytes",
  httpTimeout: "--http-timeout",
  httpRetries: "--http-retries",
  allowPrivate: "--allow-private",
} as const satisfies { readonly [key in keyof OpenOptions]?: string };

/** What the user says of a source; the rest is found. */
export type Reading = Pick<OpenOptions, keyof typeof flags>;

/** The part of some options that says how to read. */
export function readingOf(options: Reading): Reading {
  const names = Object.keys(flags) as (keyof Reading)[];
  return Object.fromEntries(
    names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
}

/** The flags that say the same, word by word. A header's value stands in none of them. */
export function readingFlags(reading: Reading): readonly string[] {
  return (Object.keys(flags) as (keyof Reading)[]).flatMap((name) => {
    const value = reading[name];
    if (value === undefined) return [];
    if (typeof value === "boolean") {
      return value ? [flags[name]] : name === "header" ? ["--no-header"] : [];
    }
    if (typeof value === "object") return value.flatMap((item) => [flags[name], headerWithoutValue(item)]);
    if (name === "memory") return [flags[name], sizeText(Number(value))];
    return [flags[name], name === "delimiter" && value === "\t" ? "\\t" : String(value)];
  });
}

/** Options that only sources of some kind can use: how such a source is known, and what it is called. */
const usedBy: readonly {
  readonly names: readonly (keyof Reading)[];
  readonly source: RegExp;
  readonly title: string;
}[] = [
  {
    names: ["httpHeader", "httpRows", "httpNext", "httpCursor", "httpPage", "httpMaxPages"],
    source: /^https?:\/\//i,
    title: "an http or https address",
  },
  {
    names: ["httpMaxBytes", "httpTimeout", "httpRetries", "allowPrivate"],
    source: /^(https?|s3):\/\//i,
    title: "an http, https or s3 address",
  },
  // What an address holds, only its answer tells.
  { names: ["sheet"], source: /^(https?|s3):\/\/|\.xls[xm]$/i, title: "an Excel workbook" },
];

/**
 * Refuses an option that none of the sources can use: it would do nothing.
 *
 * @throws MillwrightError `PARAMETER_CONFLICT`.
 */
export function requireReadingUsed(reading: Reading, sources: readonly string[]): void {
  for (const { names, source, title } of usedBy) {
    const given = names.find((name) => reading[name] !== undefined);
    if (given === undefined || sources.some((name) => source.test(name))) continue;
    if (given === "sheet" && reading.format === "xlsx") continue;
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${flags[given]} is given, and no source is ${title}.`,
      "Leave it out.",
    );
  }
}
