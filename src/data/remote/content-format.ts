/** What an answer holds: its name's extension says, or its content type. */
import { MillwrightError } from "../../core/index.ts";
import { type Format, formatOf } from "../source.ts";

const formatsByType: Readonly<Record<string, Format>> = {
  "text/csv": "csv",
  "application/csv": "csv",
  "text/plain": "csv",
  "text/tab-separated-values": "tsv",
  "application/json": "json",
  "text/json": "json",
  "application/x-ndjson": "ndjson",
  "application/ndjson": "ndjson",
  "application/jsonl": "ndjson",
  "application/x-jsonlines": "ndjson",
  "application/vnd.apache.parquet": "parquet",
  "application/x-parquet": "parquet",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
};

/**
 * @param name - The source in messages.
 * @param path - The path of its address.
 * @throws MillwrightError `SOURCE_FORMAT` where neither says.
 */
export function contentFormat(
  name: string,
  path: string,
  contentType: string | undefined,
  bytes: number,
): Format {
  const type = contentType?.split(";")[0]!.trim().toLowerCase() ?? "";
  // A login page under the name of a table.
  const page = type === "text/html" || type === "application/xhtml+xml";
  const found = (page ? undefined : formatOf(path)) ?? (/\+json$/.test(type) ? "json" : formatsByType[type]);
  if (found !== undefined) return found;
  throw new MillwrightError(
    "SOURCE_FORMAT",
    `${name} is ${bytes} bytes of ${type === "" ? "no stated type" : type}, which is no known table.`,
    "Check the address, or say what it is with --format.",
  );
}
