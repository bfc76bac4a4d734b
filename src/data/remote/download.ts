/**
 * One address into a local file, within limits: tried again with growing pauses where the failure may pass.
 *
 * 429 and 503 say when to come back (Retry-After, RFC 9110 section 10.2.3); else a pause is twice the one before.
 */
import { createWriteStream } from "node:fs";
import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { createGunzip } from "node:zlib";
import { MillwrightError } from "../../core/index.ts";
import { withoutPassword } from "../without-password.ts";
import type { HttpLimits } from "./http-options.ts";
import { type HeadersFor, request } from "./request.ts";

export interface Downloaded {
  readonly bytes: number;
  /** Where the redirects ended. */
  readonly url: URL;
  /** Lower-case names. */
  readonly headers: IncomingMessage["headers"];
}

export interface DownloadOptions {
  readonly limits: HttpLimits;
  readonly headers: HeadersFor;
  /** Bytes that this one may have still. */
  readonly maxBytes: number;
  /** The source in messages. */
  readonly name?: string;
}

const firstPauseMs = 500;
const passingStatus = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Failures of the network that may pass. */
const passingCodes = new Set([
  "ECONNRESET",
  "ETIMEDOUT",
  "EPIPE",
  "EAI_AGAIN",
  "UND_ERR_SOCKET",
  "ERR_STREAM_PREMATURE_CLOSE",
]);

/** An answer that is not the content. */
export class Refused extends MillwrightError {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];

  constructor(name: string, answer: IncomingMessage, said: string, tries: number) {
    const { statusCode: status = 0, statusMessage = "" } = answer;
    const words = `${status}${statusMessage === "" ? "" : ` ${statusMessage}`}`;
    const after = tries > 1 ? `, after ${tries} attempts` : "";
    const [code, fix] = meaningOf(status);
    super(code, `${name} answered ${words}${said}${after}.`, fix);
    this.status = status;
    this.headers = answer.headers;
  }
}

function meaningOf(status: number): readonly [MillwrightError["code"], string] {
  if (status === 404 || status === 410) return ["SOURCE_NOT_FOUND", "Check the address."];
  if (status === 401 || status === 403 || status === 407) {
    return [
      "SOURCE_UNREADABLE",
      "Give credentials that may read it, as --http-header 'Authorization: Bearer ${TOKEN}'.",
    ];
  }
  if (passingStatus.has(status))
    return ["SOURCE_UNREACHABLE", "Try again later, or with more --http-retries."];
  return ["SOURCE_UNREADABLE", "Check the address and what the server wants."];
}

/**
 * @param path - Written anew by every attempt.
 * @param explain - Words about an answer that is an error, from its body; none by default.
 * @throws MillwrightError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`, `SOURCE_UNREACHABLE`, `SOURCE_FORBIDDEN`,
 *   `DATA_LIMIT`, `OUTPUT_UNWRITABLE`, `CANCELLED`.
 */
export async function download(
  url: URL,
  path: string,
  options: DownloadOptions,
  explain: (body: string) => string = () => "",
): Promise<Downloaded> {
  const { limits } = options;
  const name = options.name ?? withoutPassword(url.href);
  for (let tries = 1; ; tries++) {
    let wait = firstPauseMs * 2 ** (tries - 1);
    try {
      const { answer, url: end } = await request(url, { ...limits, headers: options.headers });
      if (answer.statusCode === 200) {
        return { ...(await save(answer, path, name, options.maxBytes)), url: end };
      }
      const said = explain(await textOf(answer));
      const refused = new Refused(name, answer, said, tries);
      if (!passingStatus.has(refused.status) || tries > limits.retries) throw refused;
      wait = retryAfterMs(answer.headers["retry-after"]) ?? wait;
      if (performance.now() + wait > limits.deadlineMs) throw refused;
    } catch (cause) {
      if (limits.signal.aborted) throw stopped(name, limits, cause);
      if (cause instanceof MillwrightError) throw cause;
      const { code = "", message } = cause as NodeJS.ErrnoException;
      if (!passingCodes.has(code) || tries > limits.retries)
        throw unreachable(name, code, message, tries, cause);
    }
    await pause(wait, undefined, { signal: limits.signal }).catch((cause: unknown) => {
      throw stopped(name, limits, cause);
    });
  }
}

function unreachable(
  name: string,
  code: string,
  message: string,
  tries: number,
  cause: unknown,
): MillwrightError {
  if (["ENOSPC", "EACCES", "EROFS", "EDQUOT"].includes(code)) {
    return new MillwrightError(
      "OUTPUT_UNWRITABLE",
      `What ${name} holds cannot be kept: ${message}.`,
      "Free space there, or set TMPDIR to a larger disk.",
      { cause },
    );
  }
  return new MillwrightError(
    "SOURCE_UNREACHABLE",
    `${name} cannot be reached: ${message || code}${tries > 1 ? `, after ${tries} attempts` : ""}.`,
    "Check the address and the network.",
    { cause },
  );
}

function stopped(name: string, limits: HttpLimits, cause: unknown): MillwrightError {
  if ((limits.signal.reason as Error | undefined)?.name !== "TimeoutError") {
    return new MillwrightError(
      "CANCELLED",
      "Reading was stopped.",
      "Start it again to read the whole table.",
    );
  }
  return new MillwrightError(
    "SOURCE_UNREACHABLE",
    `${name} was not read within ${limits.seconds} seconds.`,
    "Give it longer with --http-timeout, or ask for less.",
    { cause },
  );
}

/** The beginning of an answer's body, for its words. */
async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  try {
    for await (const part of answer as AsyncIterable<Buffer>) {
      text += part.toString("latin1");
      if (text.length > 16_384) break;
    }
  } catch {
    // The status says enough.
  }
  answer.destroy();
  return text;
}

async function save(
  answer: IncomingMessage,
  path: string,
  name: string,
  maxBytes: number,
): Promise<Omit<Downloaded, "url">> {
  const declared = Number(answer.headers["content-length"] ?? 0);
  const tooLarge = (bytes: number): MillwrightError =>
    new MillwrightError(
      "DATA_LIMIT",
      `${name} has ${bytes === declared ? bytes : `at least ${bytes}`} bytes, and ${maxBytes} may be read.`,
      "Ask for less, or raise --http-max-bytes.",
    );
  if (declared > maxBytes) {
    answer.destroy();
    throw tooLarge(declared);
  }
  let bytes = 0;
  const count = async function* (parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const part of parts) {
      bytes += part.length;
      if (bytes > maxBytes) throw tooLarge(bytes);
      yield part;
    }
  };
  const encoding = answer.headers["content-encoding"] ?? "identity";
  if (encoding === "gzip" || encoding === "x-gzip") {
    await pipeline(answer, createGunzip(), count, createWriteStream(path));
  } else if (encoding === "identity" || encoding === "") {
    await pipeline(answer, count, createWriteStream(path));
  } else {
    answer.destroy();
    throw new MillwrightError(
      "SOURCE_FORMAT",
      `${name} is sent in the encoding ${encoding}, which was not asked for.`,
      "Let the server send it plain or as gzip.",
    );
  }
  return { bytes, headers: answer.headers };
}

/** Seconds or a date, as milliseconds from now. */
function retryAfterMs(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
