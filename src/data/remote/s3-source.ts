/**
 * Objects of Amazon S3, and of other stores that speak its protocol, as local files.
 *
 * Keys, region and endpoint come from the environment variables that AWS's own tools read. Without keys requests are
 * not signed, which public buckets allow.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MillwrightError } from "../../core/index.ts";
import { type SourceFile, stemOf } from "../source.ts";
import { xmlText } from "../xml-text.ts";
import { contentFormat } from "./content-format.ts";
import { download, type Downloaded, Refused } from "./download.ts";
import { type HttpLimits, limitsOf } from "./http-options.ts";
import type { FetchOptions } from "./http-source.ts";
import { keptFile } from "./kept-file.ts";
import type { Headers } from "./request.ts";
import { amzDate, authorization, emptyHash, encodeRfc3986, type SigningKeys } from "./signature.ts";

/**
 * @param address - `s3://bucket/key`; `*`, `?` and `**` in the key match as in paths.
 * @param folder - Where the files are put.
 * @throws MillwrightError what `download` brings; `SOURCE_NOT_FOUND` for no match, `PARAMETER_MISSING` for half a pair
 *   of keys, `PARAMETER_RANGE` for an address or an endpoint that is none.
 */
export async function fetchS3(
  address: string,
  folder: string,
  options: FetchOptions,
): Promise<readonly SourceFile[]> {
  const [, bucket, key] = /^s3:\/\/([a-z0-9][a-z0-9._-]+)\/(.+)$/i.exec(address) ?? [];
  if (bucket === undefined || key === undefined || key.endsWith("/")) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `${address} names no object of a bucket.`,
      "Write it as s3://bucket/folder/name.csv, or with a pattern: 's3://bucket/folder/*.csv'.",
    );
  }
  const store = new Store(bucket, folder, limitsOf(options, options.signal));
  const keys = /[*?]/.test(key) ? await store.matching(address, key) : [key];
  const files: SourceFile[] = [];
  for (const [index, one] of keys.entries()) {
    files.push(await store.fetch(one, join(folder, `object-${index}`), options));
  }
  return files;
}

/** One bucket, and what may be read of it still. */
class Store {
  private readonly bucket: string;
  private readonly folder: string;
  private readonly limits: HttpLimits;
  private readonly keys = keysOf(process.env);
  private readonly endpoint = endpointOf(process.env);
  private region = process.env["AWS_REGION"] || process.env["AWS_DEFAULT_REGION"] || "us-east-1";
  private bytes = 0;

  constructor(bucket: string, folder: string, limits: HttpLimits) {
    this.bucket = bucket;
    this.folder = folder;
    const { refuses } = limits;
    const { endpoint } = this;
    // Whoever set the endpoint in the environment means that very server, wherever it is.
    this.limits =
      refuses === undefined || endpoint === undefined
        ? limits
        : { ...limits, refuses: (ip, url) => url.origin !== endpoint.origin && refuses(ip, url) };
  }

  /** Keys that match a pattern, in their order. */
  async matching(address: string, pattern: string): Promise<readonly string[]> {
    const prefix = pattern.slice(0, pattern.search(/[*?]/));
    const matches = matcherOf(pattern);
    const found: string[] = [];
    let token: string | undefined;
    do {
      const query = { "list-type": "2", prefix, ...(token !== undefined && { "continuation-token": token }) };
      const text = await this.list(query);
      for (const [, content] of text.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)) {
        const key = xmlText(/<Key>([\s\S]*?)<\/Key>/.exec(content!)?.[1] ?? "");
        if (matches.test(key) && !key.endsWith("/")) found.push(key);
      }
      const more = /<IsTruncated>\s*true\s*<\/IsTruncated>/.test(text);
      const next = xmlText(
        /<NextContinuationToken>([\s\S]*?)<\/NextContinuationToken>/.exec(text)?.[1] ?? "",
      );
      token = more && next !== "" ? next : undefined;
    } while (token !== undefined);
    if (found.length > 0) return found.sort((a, b) => (a < b ? -1 : 1));
    throw new MillwrightError(
      "SOURCE_NOT_FOUND",
      `No object matches ${address}.`,
      "Check the pattern and the bucket.",
    );
  }

  async fetch(key: string, path: string, options: FetchOptions): Promise<SourceFile> {
    const name = `s3://${this.bucket}/${key}`;
    const got = await this.get(name, path, key, {});
    this.bytes += got.bytes;
    const format = options.format ?? contentFormat(name, key, got.headers["content-type"], got.bytes);
    return keptFile(path, format, { name, stem: stemOf(key) });
  }

  private async list(query: Readonly<Record<string, string>>): Promise<string> {
    const path = join(this.folder, "list.xml");
    await this.get(`s3://${this.bucket}`, path, "", query);
    return readFile(path, "utf8");
  }

  private async get(
    name: string,
    path: string,
    key: string,
    query: Readonly<Record<string, string>>,
  ): Promise<Downloaded> {
    const { limits } = this;
    const headers = (url: URL): Headers => this.signed(url);
    const maxBytes = limits.maxBytes - this.bytes;
    for (let moved = false; ; moved = true) {
      try {
        return await download(this.urlOf(key, query), path, { limits, headers, maxBytes, name }, codeIn);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        const region = error.headers["x-amz-bucket-region"];
        if (!moved && typeof region === "string" && region !== this.region && this.endpoint === undefined) {
          this.region = region;
          continue;
        }
        throw this.explained(error);
      }
    }
  }

  private explained(error: Refused): MillwrightError {
    if (error.status !== 401 && error.status !== 403 && error.status !== 400) return error;
    const fix =
      this.keys === undefined
        ? "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to keys that may read it."
        : "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_REGION, and that they may read it.";
    return new MillwrightError("SOURCE_UNREADABLE", error.what, fix, { cause: error });
  }

  private urlOf(key: string, query: Readonly<Record<string, string>>): URL {
    if (key.split("/").some((part) => part === "." || part === "..")) {
      throw new MillwrightError(
        "PARAMETER_RANGE",
        `The key ${key} has a part "." or "..", which no address can hold.`,
        "Copy the object to another key.",
      );
    }
    const path = key.split("/").map(encodeRfc3986).join("/");
    const search = Object.entries(query)
      .map(([name, value]) => `${name}=${encodeRfc3986(value)}`)
      .join("&");
    const host = `s3.${this.region}.amazonaws.com${this.region.startsWith("cn-") ? ".cn" : ""}`;
    // A dot in a bucket's name does not fit the certificate.
    const base =
      this.endpoint !== undefined
        ? `${this.endpoint.href.replace(/\/$/, "")}/${this.bucket}`
        : this.bucket.includes(".")
          ? `https://${host}/${this.bucket}`
          : `https://${this.bucket}.${host}`;
    return new URL(`${base}/${path}${search === "" ? "" : `?${search}`}`);
  }

  /** Headers of a request to the store itself; a redirect to elsewhere is not signed. */
  private signed(url: URL): Headers {
    const ours = this.endpoint === undefined ? isAmazonS3(url.hostname) : url.origin === this.endpoint.origin;
    if (this.keys === undefined || !ours) return {};
    const date = new Date();
    const { sessionToken } = this.keys;
    const headers: Record<string, string> = {
      "x-amz-content-sha256": emptyHash,
      "x-amz-date": amzDate(date),
      ...(sessionToken !== undefined && { "x-amz-security-token": sessionToken }),
    };
    const scope = { region: this.region, service: "s3", date };
    return { ...headers, authorization: authorization(url, headers, this.keys, scope) };
  }
}

/** The code in an error of the store, such as NoSuchBucket. */
function codeIn(body: string): string {
  const code = /<Code>([A-Za-z]+)<\/Code>/.exec(body)?.[1];
  return code === undefined ? "" : ` (${code})`;
}

function keysOf(environment: NodeJS.ProcessEnv): SigningKeys | undefined {
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"] || undefined;
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"] || undefined;
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const [set, missing] =
      accessKeyId === undefined
        ? ["AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"]
        : ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    throw new MillwrightError(
      "PARAMETER_MISSING",
      `${set} is set, and ${missing} is not.`,
      "Set both, or neither to read what is public.",
    );
  }
  return { accessKeyId, secretAccessKey, sessionToken: environment["AWS_SESSION_TOKEN"] || undefined };
}

function endpointOf(environment: NodeJS.ProcessEnv): URL | undefined {
  const text = environment["AWS_ENDPOINT_URL_S3"] || environment["AWS_ENDPOINT_URL"] || undefined;
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  throw new MillwrightError(
    "PARAMETER_RANGE",
    "AWS_ENDPOINT_URL is no http or https address.",
    "Write it as https://host:port.",
  );
}

/** `*` and `?` match inside a part of the key, `**` over parts. */
function matcherOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*\*\/|\*\*|\*|\?/g, (wild) =>
      wild === "**/" ? "(?:.*/)?" : wild === "**" ? ".*" : wild === "*" ? "[^/]*" : "[^/]",
    );
  return new RegExp(`^${source}$`, "s");
}

/** Whether a host is S3 itself: other names under amazonaws.com are its customers', who must not see a session. */
export function isAmazonS3(hostname: string): boolean {
  return /(^|\.)s3([.-][a-z0-9-]+)?\.amazonaws\.com(\.cn)?$/.test(hostname);
}
