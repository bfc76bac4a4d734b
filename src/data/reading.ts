/** How a source is read where it does not say so itself: the flags that all commands on tables share. */
import type { OpenOptions } from "./open-table.ts";

/** What the user says of a source; the rest is found. */
export type Reading = Pick<OpenOptions, "sql" | "format" | "encoding" | "delimiter" | "quote" | "header">;

/** The part of some options that says how to read. */
export function readingOf({ sql, format, encoding, delimiter, quote, header }: Reading): Reading {
  return {
    ...(sql !== undefined && { sql }),
    ...(format !== undefined && { format }),
    ...(encoding !== undefined && { encoding }),
    ...(delimiter !== undefined && { delimiter }),
    ...(quote !== undefined && { quote }),
    ...(header !== undefined && { header }),
  };
}

/** The flags that say the same, word by word. */
export function readingFlags(reading: Reading): readonly string[] {
  const { sql, format, encoding, delimiter, quote, header } = reading;
  const flags: string[] = [];
  if (sql !== undefined) flags.push("--sql", sql);
  if (format !== undefined) flags.push("--format", format);
  if (encoding !== undefined) flags.push("--encoding", encoding);
  if (delimiter !== undefined) flags.push("--delimiter", delimiter === "\t" ? "\\t" : delimiter);
  if (quote !== undefined) flags.push("--quote", quote);
  if (header !== undefined) flags.push(header ? "--header" : "--no-header");
  return flags;
}

/** A source as it may be shown and kept: a database's address without its password, which `PGPASSWORD` gives again. */
export function withoutPassword(source: string): string {
  return source.replace(/^([a-z]+:\/\/[^/?#@:]*):[^/?#]*@/i, "$1@");
}
