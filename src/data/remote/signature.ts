/**
 * AWS Signature Version 4 of a GET request: a hash of the request, keyed by the secret, the day, the region and the
 * service.
 *
 * Source: the Amazon S3 API reference, "Signature calculations for the Authorization header: transferring payload in a
 * single chunk". Paths are signed as they are sent: S3 keys are not normalised.
 */
import { createHash, createHmac } from "node:crypto";

export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface SigningScope {
  readonly region: string;
  readonly service: string;
  readonly date: Date;
}

/** SHA-256 of an empty body. */
export const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/**
 * The value of the Authorization header.
 *
 * @param url - Path and query percent-encoded as `encodeRfc3986` does.
 * @param headers - Every header to sign, names in lower case; `host` is added.
 */
export function authorization(
  url: URL,
  headers: Readonly<Record<string, string>>,
  keys: SigningKeys,
  { region, service, date }: SigningScope,
): string {
  const all: Record<string, string> = { ...headers, host: url.host };
  const names = Object.keys(all).sort();
  const query = url.search
    .slice(1)
    .split("&")
    .filter(Boolean)
    .map((pair) => (pair.includes("=") ? pair : `${pair}=`))
    .sort((a, b) => compareQuery(a, b));
  const canonical = [
    "GET",
    url.pathname,
    query.join("&"),
    ...names.map((name) => `${name}:${all[name]!.trim().replace(/ +/g, " ")}`),
    "",
    names.join(";"),
    headers["x-amz-content-sha256"] ?? emptyHash,
  ].join("\n");
  const time = amzDate(date);
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const hash = createHash("sha256").update(canonical).digest("hex");
  const text = ["AWS4-HMAC-SHA256", time, scope, hash].join("\n");
  let key: string | Buffer = `AWS4${keys.secretAccessKey}`;
  for (const part of [time.slice(0, 8), region, service, "aws4_request"]) key = hmac(key, part);
  const signature = hmac(key, text).toString("hex");
  return `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
}

/** By name, then by value, in the order of bytes. */
function compareQuery(a: string, b: string): number {
  const [nameA, nameB] = [a.slice(0, a.indexOf("=")), b.slice(0, b.indexOf("="))];
  if (nameA !== nameB) return nameA < nameB ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** "20130524T000000Z". */
export function amzDate(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
}

/** Percent-encodes everything but letters, digits, "-", ".", "_" and "~". */
export function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
