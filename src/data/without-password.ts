/** What may be shown and kept of a source's address. */

import { basename } from "node:path";

/** Names of query parameters whose values let somebody in. */
const secretParameter =
  /([?&][^=&#]*(?:key|token|secret|sig|passw|pwd|auth|credential|session)[^=&#]*=)[^&#]+/gi;

/**
 * A source as it may be shown and kept: an address without its password, which the environment gives again, and
 * without the values of parameters such as `api_key`.
 */
export function withoutPassword(source: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(source)) return source;
  return source
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#@:]*):[^/?#]*@/i, "$1@")
    .replace(secretParameter, "$1…");
}

/** A source in a report, which travels further than its address should: a file's name, and whose it is. */
export function sourceTitle(source: string): string {
  const path = source.split(/[?#]/)[0]!;
  const match = /^(https?|s3):\/\/(?:[^/@]*@)?([^/]+)\/?(.*)$/i.exec(path);
  if (match === null) return source.includes("://") ? "a database" : basename(source);
  const [, , host, rest] = match;
  return rest === "" ? host! : `${basename(rest!)} from ${host}`;
}
