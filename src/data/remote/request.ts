/**
 * One GET request that reaches public addresses only, redirects included.
 *
 * A name is resolved once, every address that it has is checked, and the connection is made to those very
 * addresses: a name that answers differently the second time (DNS rebinding) gains nothing.
 */
import { lookup as resolveName } from "node:dns";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { MillwrightError } from "../../core/index.ts";
import { withoutPassword } from "../without-password.ts";

export type Headers = Readonly<Record<string, string>>;

/** Headers for an address: credentials may depend on it, or be signed for it. */
export type HeadersFor = (url: URL) => Headers;

export interface RequestOptions {
  readonly headers: HeadersFor;
  /** Whether an address must not be connected to; absent where all may. */
  readonly refuses?: ((address: string, url: URL) => boolean) | undefined;
  readonly signal: AbortSignal;
}

const maxRedirects = 10;
/** A server that sends nothing for this long is given up. */
const idleMs = 60_000;

/** An answer, its body not yet read, and the address that gave it. */
export interface Answer {
  readonly answer: IncomingMessage;
  readonly url: URL;
}

/**
 * @returns The answer of the last address.
 * @throws MillwrightError `SOURCE_FORBIDDEN` for a private address, or a redirect to one; the errors of `node:http`.
 */
export async function request(url: URL, options: RequestOptions): Promise<Answer> {
  let at = url;
  for (let redirects = 0; ; redirects++) {
    const answer = await requestOnce(at, options);
    const { statusCode = 0, headers } = answer;
    if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) {
      return { answer, url: at };
    }
    answer.destroy();
    const next = parseRedirect(at, headers.location);
    if (redirects === maxRedirects) {
      throw new MillwrightError(
        "SOURCE_UNREACHABLE",
        `${shown(url)} redirects more than ${maxRedirects} times.`,
        "Give the address that it ends at.",
      );
    }
    if (at.protocol === "https:" && next.protocol === "http:") {
      throw new MillwrightError(
        "SOURCE_FORBIDDEN",
        `${shown(at)} redirects to ${shown(next)}, which is not encrypted.`,
        "Give that address itself if it can be trusted.",
      );
    }
    at = next;
  }
}

function parseRedirect(from: URL, location: string): URL {
  const next = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (next !== undefined && /^https?:$/.test(next.protocol)) return next;
  throw new MillwrightError(
    "SOURCE_FORBIDDEN",
    `${shown(from)} redirects to what is no http or https address.`,
    "Give the address of the data itself.",
  );
}

function shown(url: URL): string {
  return withoutPassword(url.href);
}

function requestOnce(url: URL, options: RequestOptions): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && options.refuses?.(host, url) === true) throw refusal(url, host);
  return new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? requestHttps : requestHttp;
    const sent = send(
      url,
      {
        agent: false,
        // Credentials in the address are turned into a header by the caller, for its own origin only.
        auth: "",
        headers: {
          "user-agent": "millwright",
          accept: "*/*",
          "accept-encoding": "gzip",
          ...options.headers(url),
        },
        signal: options.signal,
        timeout: idleMs,
        ...(options.refuses && { lookup: lookupChecked(url, options.refuses) }),
      },
      resolve,
    );
    sent.on("timeout", () => sent.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
    sent.on("error", reject);
    sent.end();
  });
}

/** Resolves a name, and refuses it if any of its addresses is refused. */
function lookupChecked(url: URL, refuses: (address: string, url: URL) => boolean): LookupFunction {
  return (name, options, done) => {
    resolveName(name, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, "");
      const refused = addresses.find(({ address }) => refuses(address, url));
      if (refused !== undefined) return done(refusal(url, refused.address), "");
      if (options.all === true) return done(null, addresses);
      done(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}

function refusal(url: URL, address: string): MillwrightError & NodeJS.ErrnoException {
  return new MillwrightError(
    "SOURCE_FORBIDDEN",
    `${shown(url)} leads to ${address}, which is an address of this machine or of a private network.`,
    "Allow such addresses with --allow-private, if whoever named this one may read there.",
  );
}
