/** How addresses are read: limits, headers, paging. Each is a flag of the commands that take a source. */
import { MillwrightError, stopAfter } from "../../core/index.ts";
import { isPrivateAddress } from "./private-address.ts";

export interface HttpOptions {
  /** Request headers, each as "Name: value"; `${NAME}` in a value is that environment variable. */
  readonly httpHeader?: readonly string[];
  /** Bytes that one source may have in all its pages; 4 GB by default. */
  readonly httpMaxBytes?: number;
  /** Seconds that one source may take; 600 by default. */
  readonly httpTimeout?: number;
  /** Times that a request is tried again; 4 by default. */
  readonly httpRetries?: number;
  /** Where in a JSON page the rows are: field names with points between them. */
  readonly httpRows?: string;
  /** Where in a JSON page the address of the next one is, or with `httpCursor` its cursor; "next" by default. */
  readonly httpNext?: string;
  /** The query parameter that takes the cursor of the next page. */
  readonly httpCursor?: string;
  /** The query parameter that counts pages, from its value in the address, or from 1. */
  readonly httpPage?: string;
  /** Pages that one source may have; 10,000 by default. */
  readonly httpMaxPages?: number;
  /** Lets addresses lie in private networks and on this machine. */
  readonly allowPrivate?: boolean;
}

/** What requests of one source share. */
export interface HttpLimits {
  readonly maxBytes: number;
  readonly retries: number;
  readonly maxPages: number;
  /** Whether an address must not be connected to; absent where all may. */
  readonly refuses?: (address: string, url: URL) => boolean;
  readonly seconds: number;
  /** When the time is over, by `performance.now()`. */
  readonly deadlineMs: number;
  /** Ends every request: the time is over, or the user said stop. */
  readonly signal: AbortSignal;
}

/** Headers that belong to the connection, not to the user. */
const ownHeaders = new Set(["host", "connection", "content-length", "transfer-encoding", "upgrade"]);

/** @throws MillwrightError `PARAMETER_CONFLICT` for two ways of paging. */
export function limitsOf(options: HttpOptions, signal?: AbortSignal): HttpLimits {
  if (options.httpPage !== undefined && (options.httpNext ?? options.httpCursor) !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      "Pages are to be counted with --http-page and followed with --http-next or --http-cursor.",
      "Give one way of paging.",
    );
  }
  const seconds = options.httpTimeout ?? 600;
  return {
    maxBytes: options.httpMaxBytes ?? 4e9,
    retries: options.httpRetries ?? 4,
    maxPages: options.httpMaxPages ?? 10_000,
    ...(options.allowPrivate !== true && { refuses: isPrivateAddress }),
    seconds,
    deadlineMs: performance.now() + seconds * 1000,
    signal: stopAfter(seconds * 1000, signal),
  };
}

/**
 * Headers as a record, with environment variables filled in.
 *
 * @throws MillwrightError `PARAMETER_RANGE` for what is no header, `PARAMETER_MISSING` for a variable that is not
 *   set. No message holds a value.
 */
export function headersOf(given: readonly string[] = []): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const text of given) {
    const match = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(text);
    const name = match?.[1]!.toLowerCase();
    if (match === null || name === undefined || ownHeaders.has(name)) {
      const shown = match?.[1] ?? /^[\w-]{1,40}(?=:)/.exec(text)?.[0];
      throw new MillwrightError(
        "PARAMETER_RANGE",
        `--http-header does not take ${shown === undefined ? "a header without a name" : `the header ${shown} as given`}.`,
        "Write it as 'Name: value', in one line; Host and the headers of the connection are ours.",
      );
    }
    headers[name] = match[2]!.replace(variable, (_, wanted: string) => environment(match[1]!, wanted));
  }
  return headers;
}

const variable = /\$\{(\w+)\}/g;

function environment(header: string, wanted: string): string {
  const value = process.env[wanted];
  if (value !== undefined && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value;
  throw new MillwrightError(
    "PARAMETER_MISSING",
    `The header ${header} names the environment variable ${wanted}, which ${value === undefined ? "is not set" : "holds what no header can"}.`,
    `Set ${wanted} to the value.`,
  );
}

/** A header as a command line may show it: its value only where that comes from the environment. */
export function headerWithoutValue(text: string): string {
  const at = text.indexOf(":");
  const name = text.slice(0, at).trim();
  const value = text.slice(at + 1).trim();
  if (/^(?:[A-Za-z]+ )?\$\{\w+\}$/.test(value)) return `${name}: ${value}`;
  return `${name}: \${${name.toUpperCase().replaceAll("-", "_")}}`;
}
