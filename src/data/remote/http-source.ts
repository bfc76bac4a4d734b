/**
 * An http or https address as local files: its pages are followed and kept, JSON as the rows inside it.
 *
 * The next page is where the Link header says (rel="next", RFC 8288), or a field of the JSON, or the next number.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { appendFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { MillwrightError } from "../../core/index.ts";
import { packingOf, readBlocks } from "../bytes.ts";
import { type Format, type SourceFile, stemOf } from "../source.ts";
import { decoded } from "../percent-decoded.ts";
import { withoutPassword } from "../without-password.ts";
import { contentFormat } from "./content-format.ts";
import { download, type Downloaded, Refused } from "./download.ts";
import { headersOf, type HttpLimits, type HttpOptions, limitsOf } from "./http-options.ts";
import { fieldOf, type JsonPage, parsePage, rowLines, rowsPath } from "./json-rows.ts";
import { keptFile } from "./kept-file.ts";
import type { HeadersFor } from "./request.ts";

export interface FetchOptions extends HttpOptions {
  readonly format?: Format;
  readonly signal?: AbortSignal | undefined;
}

/** A page of JSON is read as one string, which Node ends here. */
const maxJsonBytes = 400e6;

/** @throws MillwrightError `SOURCE_NOT_FOUND` for an address that is none. */
export function parseAddress(address: string): URL {
  if (URL.canParse(address)) return new URL(address);
  throw new MillwrightError(
    "SOURCE_NOT_FOUND",
    // What a broken address holds of a password cannot be told.
    `${address.includes("@") ? "The address with a user" : withoutPassword(address)} cannot be read as a URL.`,
    "Write it as https://host/path.",
  );
}

/**
 * @param folder - Where the files are put.
 * @throws MillwrightError what `download` brings; `SOURCE_FORMAT` where the content is no table, `DATA_LIMIT` for too
 *   many pages, `PARAMETER_*`.
 */
export async function fetchHttp(
  address: string,
  folder: string,
  options: FetchOptions,
): Promise<readonly SourceFile[]> {
  const url = parseAddress(address);
  const reader = new PageReader(url, folder, options);
  return reader.readAll();
}

class PageReader {
  private readonly first: URL;
  private readonly folder: string;
  private readonly options: FetchOptions;
  private readonly limits: HttpLimits;
  private readonly headers: HeadersFor;
  private readonly name: string;
  private readonly seen = new Set<string>();
  private readonly files: SourceFile[] = [];
  /** Where rows of JSON pages are gathered. */
  private readonly rowsFile: string;
  private rowsPages = 0;
  private bytes = 0;
  private pages = 0;
  private lastHash = "";

  constructor(first: URL, folder: string, options: FetchOptions) {
    this.first = first;
    this.folder = folder;
    this.options = options;
    this.limits = limitsOf(options, options.signal);
    this.headers = headersFor(first, options.httpHeader);
    this.name = withoutPassword(first.href);
    this.rowsFile = join(folder, "rows.ndjson");
  }

  async readAll(): Promise<readonly SourceFile[]> {
    let next: URL | undefined = this.firstPage();
    while (next !== undefined) {
      this.requirePage(next);
      const path = join(this.folder, `page-${++this.pages}`);
      const got = await this.get(next, path);
      if (got === undefined) break;
      this.bytes += got.bytes;
      next = await this.take(next, path, got);
    }
    if (this.rowsPages > 0) this.files.push(await this.fileOf(this.rowsFile, "ndjson"));
    return this.files;
  }

  private firstPage(): URL {
    const { httpPage } = this.options;
    if (httpPage === undefined || this.first.searchParams.has(httpPage)) return this.first;
    return withParameter(this.first, httpPage, "1");
  }

  private requirePage(url: URL): void {
    if (this.seen.has(url.href)) {
      throw new MillwrightError(
        "SOURCE_FORMAT",
        `Page ${this.pages} of ${this.name} says that the next is one that was already read.`,
        "Check what --http-next and --http-cursor name.",
      );
    }
    this.seen.add(url.href);
    if (this.pages < this.limits.maxPages) return;
    throw new MillwrightError(
      "DATA_LIMIT",
      `${this.name} has more than ${this.limits.maxPages} pages.`,
      "Ask for larger pages, or raise --http-max-pages.",
    );
  }

  /** A page; undefined where counting has gone past the last one. */
  private async get(url: URL, path: string): Promise<Downloaded | undefined> {
    const { limits, headers } = this;
    const maxBytes = limits.maxBytes - this.bytes;
    try {
      return await download(url, path, { limits, headers, maxBytes });
    } catch (error) {
      const past = error instanceof Refused && error.status === 404 && this.pages > 1;
      if (past && this.options.httpPage !== undefined) return undefined;
      throw error;
    }
  }

  /** Keeps a page, and says where the next one is. */
  private async take(url: URL, path: string, got: Downloaded): Promise<URL | undefined> {
    const { headers } = got;
    const format =
      this.options.format ?? contentFormat(this.name, got.url.pathname, headers["content-type"], got.bytes);
    const linked = nextLink(headers.link, got.url);
    if (format !== "json") {
      const rows = await hasRows(path, format);
      const next = linked ?? (await this.counted(url, path, rows));
      if (this.pages === 1 || rows || this.options.httpPage === undefined) {
        this.files.push(await this.fileOf(path, format));
      }
      return next;
    }
    const paged = linked !== undefined || this.pages > 1 || this.options.httpPage !== undefined;
    const page = parsePage(await this.textOf(path), this.name);
    const told = this.options.httpRows;
    const rows = rowsPath(page, this.name, told);
    if (rows === undefined || (rows === "" && !paged && this.options.httpNext === undefined)) {
      if (paged) throw this.noList();
      this.files.push(await this.fileOf(path, "json"));
      return undefined;
    }
    const lines = rowLines(page, rows);
    await appendFile(this.rowsFile, lines.map((line) => `${line}\n`).join(""));
    this.rowsPages++;
    return this.named(page, got.url) ?? linked ?? (await this.counted(url, path, lines.length > 0));
  }

  private noList(): MillwrightError {
    return new MillwrightError(
      "SOURCE_FORMAT",
      `Page ${this.pages} of ${this.name} has no list of rows.`,
      "Say where the rows are with --http-rows.",
    );
  }

  /** The next page by a field of this one. */
  private named(page: JsonPage, url: URL): URL | undefined {
    const { httpNext, httpCursor, httpPage } = this.options;
    if (httpPage !== undefined || Array.isArray(page.value)) return undefined;
    const field = httpNext ?? "next";
    const value = fieldOf(page.value, field);
    if (value === undefined || value === null || value === "" || value === false) return undefined;
    if (httpCursor !== undefined && (typeof value === "string" || typeof value === "number")) {
      return withParameter(this.first, httpCursor, String(value));
    }
    if (typeof value === "string" && (/^(https?:\/\/|\/|\?)/.test(value) || httpNext !== undefined)) {
      const next = URL.canParse(value, url.href) ? new URL(value, url) : undefined;
      if (next !== undefined && /^https?:$/.test(next.protocol)) return next;
    }
    throw new MillwrightError(
      "PARAMETER_MISSING",
      `${this.name} says in "${field}" that there is a next page, and not its address.`,
      "Name the query parameter that takes it with --http-cursor, or where the address is with --http-next.",
    );
  }

  /** The next page by its number, as long as there are rows. */
  private async counted(url: URL, path: string, rows: boolean): Promise<URL | undefined> {
    const { httpPage } = this.options;
    if (httpPage === undefined || !rows) return undefined;
    const hash = await hashOf(path);
    if (hash === this.lastHash) {
      throw new MillwrightError(
        "PARAMETER_RANGE",
        `Pages ${this.pages - 1} and ${this.pages} of ${this.name} are the same.`,
        "Name the query parameter that counts pages with --http-page.",
      );
    }
    this.lastHash = hash;
    const now = Number(url.searchParams.get(httpPage));
    if (!Number.isSafeInteger(now)) {
      throw new MillwrightError(
        "PARAMETER_RANGE",
        `The parameter ${httpPage} of ${this.name} is no whole number.`,
        "Name the query parameter that counts pages with --http-page.",
      );
    }
    return withParameter(url, httpPage, String(now + 1));
  }

  private async textOf(path: string): Promise<string> {
    const packing = await packingOf(path);
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const block of readBlocks(path, packing, this.name)) {
      parts.push(block);
      size += block.length;
      if (size <= maxJsonBytes) continue;
      throw new MillwrightError(
        "DATA_LIMIT",
        `${this.name} has a page of JSON of more than ${maxJsonBytes} bytes.`,
        "Ask for smaller pages, or for NDJSON or CSV.",
      );
    }
    return new TextDecoder().decode(Buffer.concat(parts));
  }

  private fileOf(path: string, format: Format): Promise<SourceFile> {
    const stem = stemOf(decoded(this.first.pathname)) || this.first.hostname;
    const page = this.pages > 1 && path !== this.rowsFile ? ` (page ${this.pages})` : "";
    return keptFile(path, format, { name: `${this.name}${page}`, stem });
  }
}

/** The user's headers and the address's own credentials, for the origin that they were given for alone. */
function headersFor(first: URL, given: readonly string[] | undefined): HeadersFor {
  const headers: Record<string, string> = {};
  if (first.username !== "" || first.password !== "") {
    const pair = `${decoded(first.username)}:${decoded(first.password)}`;
    headers["authorization"] = `Basic ${Buffer.from(pair).toString("base64")}`;
  }
  Object.assign(headers, headersOf(given));
  return (url) => (url.origin === first.origin ? headers : {});
}

function withParameter(url: URL, name: string, value: string): URL {
  const next = new URL(url);
  next.searchParams.set(name, value);
  return next;
}

/** The target of rel="next" in a Link header. */
export function nextLink(header: string | readonly string[] | undefined, from: URL): URL | undefined {
  const text = typeof header === "string" ? header : (header ?? []).join(",");
  for (const [, target, parameters] of text.matchAll(
    /<([^>]*)>((?:\s*;\s*[^,;"=]+(?:=(?:"[^"]*"|[^,;"]*))?)*)/g,
  )) {
    const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s,;"]+))/i.exec(parameters!);
    const words = (relation?.[1] ?? relation?.[2] ?? "").toLowerCase().split(/\s+/);
    if (!words.includes("next") || !URL.canParse(target!, from.href)) continue;
    const next = new URL(target!, from);
    if (/^https?:$/.test(next.protocol)) return next;
  }
  return undefined;
}

/** Whether a page has more than a header. */
async function hasRows(path: string, format: Format): Promise<boolean> {
  if (format !== "csv" && format !== "tsv") return (await stat(path)).size > 0;
  let text = "";
  for await (const block of readBlocks(path, await packingOf(path))) {
    text += Buffer.from(block).toString("latin1");
    if (/[\r\n]\s*\S/.test(text)) return true;
    if (text.length > 1e6) return true;
  }
  return false;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path) as AsyncIterable<Buffer>) hash.update(part);
  return hash.digest("hex");
}
