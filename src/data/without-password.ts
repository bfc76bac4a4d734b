/** What may be shown and kept of a source's address. */

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
