import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OpenOptions, openTable } from "../open-table.ts";
import { readingFlags } from "../reading.ts";
import { withoutPassword } from "../without-password.ts";
import { nextLink } from "./http-source.ts";
import { request } from "./request.ts";
import { type Route, sends, startServer, type TestServer } from "./testing/web-server.ts";

const csv = "n,city\n1,Ulm\n2,Köln\n3,Ulm\n";
const json = { "content-type": "application/json; charset=utf-8" };
const rowsFrom = (from: number, to: number): readonly object[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => ({ n: from + i, city: "Ulm" }));

let server: TestServer;
let other: TestServer;
const failedAt: number[] = [];
const given: Record<string, string | undefined> = {};
const keeps: Route = (asked, answer) => {
  given["authorization"] = asked.headers.authorization;
  given["x-key"] = asked.headers["x-key"] as string | undefined;
  answer.writeHead(200, { "content-type": "text/csv" }).end(csv);
};
const to = (location: () => string, status = 302): Route => {
  return (_, answer) => void answer.writeHead(status, { location: location() }).end();
};
/** Seven rows, three a page. */
const page = (at: number): readonly object[] => rowsFrom(3 * at, Math.min(7, 3 * at + 3));

// A folder of this test's own, so that what is left behind is seen.
const temporary = mkdtempSync(join(tmpdir(), "millwright-http-test-"));

beforeAll(async () => {
  process.env["TMPDIR"] = temporary;
  other = await startServer({ "/keeps": keeps, "/t.csv": sends(csv) }, "127.0.0.2");
  server = await startServer({
    "/t.csv": sends(csv),
    "/sized.csv": sends(csv, { "content-length": String(Buffer.byteLength(csv)) }),
    "/keeps": keeps,
    "/typed": sends(csv, { "content-type": "text/csv" }),
    "/tabs": sends(csv.replaceAll(",", "\t"), { "content-type": "text/tab-separated-values" }),
    "/lines": sends(
      rowsFrom(1, 4)
        .map((row) => JSON.stringify(row))
        .join("\n"),
      {
        "content-type": "application/x-ndjson",
      },
    ),
    "/array": sends(JSON.stringify(rowsFrom(1, 4)), json),
    "/envelope": sends(JSON.stringify({ meta: { ok: true }, items: rowsFrom(1, 4) }), json),
    "/t.csv.gz": sends(gzipSync(csv)),
    "/encoded": sends(gzipSync(csv), { "content-type": "text/csv", "content-encoding": "gzip" }),
    "/moved": to(() => "t.csv", 301),
    "/elsewhere": to(() => `${other.origin}/keeps`),
    "/busy.csv": (_, answer, __, times) => {
      if (times < 3) answer.writeHead(times === 1 ? 503 : 429, { "retry-after": "0" }).end();
      else answer.end(csv);
    },
    "/failing.csv": (_, answer) => {
      failedAt.push(performance.now());
      answer.writeHead(500).end();
    },
    "/later.csv": (_, answer) => void answer.writeHead(503, { "retry-after": "3600" }).end(),
    "/dated.csv": (_, answer, __, times) => {
      const date = new Date(Date.now() + 2000).toUTCString();
      if (times === 1) answer.writeHead(503, { "retry-after": date }).end();
      else answer.end(csv);
    },
    "/cut.csv": (_, answer, __, times) => {
      if (times > 1) return void answer.end(csv);
      answer.writeHead(200, { "content-length": String(csv.length) });
      answer.write(csv.slice(0, 10), () => answer.destroy());
    },
    "/linked.csv": (_, answer, url) => {
      const at = Number(url.searchParams.get("from") ?? 0);
      const rows = page(at).map((row) => Object.values(row).join(","));
      const link =
        at < 2 ? { link: `<?first>; rel="prev", <linked.csv?from=${at + 1}>; title="a,b"; rel=next` } : {};
      answer.writeHead(200, { "content-type": "text/csv", ...link }).end(`n,city\n${rows.join("\n")}\n`);
    },
    "/linked.json": (_, answer, url) => {
      const at = Number(url.searchParams.get("from") ?? 0);
      const link = at < 2 ? { link: `</linked.json?from=${at + 1}>; rel="next"` } : {};
      answer.writeHead(200, { ...json, ...link }).end(JSON.stringify(page(at)));
    },
    "/next": (_, answer, url) => {
      const at = Number(url.searchParams.get("p") ?? 0);
      const next = at < 2 ? `/next?p=${at + 1}` : null;
      answer.writeHead(200, json).end(JSON.stringify({ count: 7, next, results: page(at) }));
    },
    "/cursor": (_, answer, url) => {
      const at = Number(url.searchParams.get("after")?.slice(1) ?? 0);
      const body = { data: { list: page(at) }, paging: { cursor: at < 2 ? `c${at + 1}` : "" } };
      answer.writeHead(200, json).end(JSON.stringify(body));
    },
    "/bare-cursor": sends(JSON.stringify({ next: "abc", items: rowsFrom(0, 2) }), json),
    "/counted": (_, answer, url) => {
      const at = Number(url.searchParams.get("page")) - 1;
      answer.writeHead(200, json).end(JSON.stringify({ items: page(at) }));
    },
    "/counted.csv": (_, answer, url) => {
      const at = Number(url.searchParams.get("page")) - 1;
      const rows = page(at).map((row) => `${Object.values(row).join(",")}\n`);
      if (at > 2) return void answer.writeHead(404).end();
      answer.end(`n,city\n${rows.join("")}`);
    },
    "/circle": sends(JSON.stringify({ next: "/circle?again", items: rowsFrom(0, 2) }), json),
    "/huge.csv": (_, answer) => {
      answer.writeHead(200);
      const timer = setInterval(() => answer.write("1,2,3\n".repeat(10_000)), 1);
      answer.on("close", () => clearInterval(timer));
    },
    "/slow.csv": (_, answer) => void answer.write("n,city\n"),
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  rmSync(temporary, { recursive: true });
});

async function numbers(path: string, options: OpenOptions = {}): Promise<readonly number[]> {
  const table = await openTable(`${server.origin}${path}`, { allowPrivate: true, ...options });
  const cells = (await table.read()).columns.get("n");
  expect(await table.fingerprint()).toMatch(/^[0-9a-f]{64}$/);
  await table.close();
  return cells?.type === "number" ? [...cells.values] : [];
}

test.each(["/t.csv", "/typed", "/tabs", "/lines", "/array", "/envelope", "/t.csv.gz", "/encoded", "/moved"])(
  "%s is a table of three rows",
  async (path) => {
    expect(await numbers(path)).toEqual([1, 2, 3]);
  },
);

test("the content's fingerprint is that of the same bytes in a file, and nothing is left behind", async () => {
  const table = await openTable(`${server.origin}/t.csv`, { allowPrivate: true });
  const { createHash } = await import("node:crypto");
  expect(await table.fingerprint()).toBe(createHash("sha256").update(csv).digest("hex"));
  await table.close();
  await expect(openTable(`${server.origin}/none.csv`, { allowPrivate: true })).rejects.toThrow("404");
  expect(readdirSync(temporary)).toEqual([]);
});

test("several addresses and files are views of one query", async () => {
  const table = await openTable([`${server.origin}/t.csv`, `${server.origin}/array`], {
    allowPrivate: true,
    sql: 'SELECT t.n, a.n * 2 AS twice FROM t JOIN "array" a USING (n)',
  });
  expect((await table.read()).columns.get("twice")).toMatchObject({ values: Float64Array.of(2, 4, 6) });
});

describe("pages", () => {
  const all = [0, 1, 2, 3, 4, 5, 6];
  test.each([
    ["the Link header, CSV", "/linked.csv", {}],
    ["the Link header, JSON", "/linked.json", {}],
    ["a field that holds the address", "/next", {}],
    ["a cursor", "/cursor", { httpRows: "data.list", httpNext: "paging.cursor", httpCursor: "after" }],
    ["numbers, JSON, until a page is empty", "/counted", { httpPage: "page" }],
    ["numbers, CSV, until there is none", "/counted.csv", { httpPage: "page" }],
  ])("by %s", async (_what, path, options) => {
    expect(await numbers(path, options)).toEqual(all);
  });

  test("counting starts at the number in the address", async () => {
    expect(await numbers("/counted?page=2", { httpPage: "page" })).toEqual([3, 4, 5, 6]);
  });

  test.each([
    ["pages that name each other", "/circle", {}, "SOURCE_FORMAT", "already read"],
    ["a cursor without its parameter", "/bare-cursor", {}, "PARAMETER_MISSING", "--http-cursor"],
    [
      "a counter that the server does not know",
      "/array",
      { httpPage: "p" },
      "PARAMETER_RANGE",
      "are the same",
    ],
    ["more than may be", "/next", { httpMaxPages: 2 }, "DATA_LIMIT", "--http-max-pages"],
    ["two ways at once", "/next", { httpPage: "p", httpNext: "n" }, "PARAMETER_CONFLICT", "--http-page"],
  ] as const)("%s: an error", async (_what, path, options, code, says) => {
    await expect(numbers(path, options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(says),
    });
  });

  test.each([
    ['<https://a.b/x?p=2>; rel="next"', "https://a.b/x?p=2"],
    ['<y>; rel=next; title="x, y"', "https://a.b/y"],
    ['<1>; rel="prev first", <2>; rel="last next"', "https://a.b/2"],
    ['<1>; rel="prev"', undefined],
    ["<javascript:x>; rel=next", undefined],
    ["", undefined],
  ])("Link: %s", (header, expected) => {
    expect(nextLink(header, new URL("https://a.b/x"))?.href).toBe(expected);
  });
});

describe("failures that may pass", () => {
  test("503 and 429 are tried again when they say, and a body that broke off is read anew", async () => {
    expect(await numbers("/busy.csv")).toEqual([1, 2, 3]);
    expect(server.asked.filter((path) => path === "/busy.csv").length).toBe(3);
    expect(await numbers("/cut.csv")).toEqual([1, 2, 3]);
  });

  test("a pause is half a second, then twice the one before", async () => {
    await expect(numbers("/failing.csv", { httpRetries: 2 })).rejects.toMatchObject({
      code: "SOURCE_UNREACHABLE",
      message: expect.stringContaining("500 Internal Server Error, after 3 attempts"),
    });
    const pauses = failedAt.slice(1).map((at, index) => at - failedAt[index]!);
    expect(pauses).toHaveLength(2);
    expect(pauses[0]).toBeGreaterThan(490);
    expect(pauses[1]).toBeGreaterThan(990);
  });

  test("Retry-After may be a date, and one beyond the time limit ends it at once", async () => {
    const started = performance.now();
    expect(await numbers("/dated.csv")).toEqual([1, 2, 3]);
    // A date has whole seconds.
    expect(performance.now() - started).toBeGreaterThan(900);
    const before = server.asked.length;
    await expect(numbers("/later.csv", { httpTimeout: 60 })).rejects.toMatchObject({
      message: expect.stringContaining("503 Service Unavailable"),
    });
    expect(server.asked.length).toBe(before + 1);
  });

  test.each([
    ["too many bytes", "/huge.csv", { httpMaxBytes: 100_000 }, "DATA_LIMIT", "100000 may be read"],
    ["a declared length beyond the limit", "/sized.csv", { httpMaxBytes: 5 }, "DATA_LIMIT", "has 27 bytes"],
    ["too long", "/slow.csv", { httpTimeout: 0.3 }, "SOURCE_UNREACHABLE", "--http-timeout"],
  ] as const)("%s", async (_what, path, options, code, says) => {
    await expect(numbers(path, options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(says),
    });
  });

  test("a signal ends it", async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    await expect(numbers("/slow.csv", { signal: stop.signal })).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("secrets", () => {
  test("headers and credentials reach the origin that they were given for, and no other", async () => {
    process.env["MILLWRIGHT_TEST_TOKEN"] = "sesame";
    const httpHeader = ["X-Key: ${MILLWRIGHT_TEST_TOKEN}"];
    const withUser = server.origin.replace("//", "//anna:open%20up@");
    const options = { allowPrivate: true, httpHeader };
    await (await openTable(`${withUser}/keeps`, options)).close();
    expect(given).toEqual({ authorization: `Basic ${btoa("anna:open up")}`, "x-key": "sesame" });
    await (await openTable(`${withUser}/elsewhere`, options)).close();
    expect(given).toEqual({ authorization: undefined, "x-key": undefined });
    delete process.env["MILLWRIGHT_TEST_TOKEN"];
    await expect(openTable(`${withUser}/keeps`, options)).rejects.toMatchObject({
      code: "PARAMETER_MISSING",
    });
  });

  test("no message holds a password, a key or a header", async () => {
    const address = `${server.origin.replace("//", "//anna:hush-1@")}/none.csv?api_key=hush-2&day=1`;
    const failed = await openTable(address, {
      allowPrivate: true,
      httpHeader: ["Authorization: Bearer hush-3"],
    }).catch((error: Error) => error);
    expect((failed as Error).message).toContain("//anna@127.0.0.1");
    expect((failed as Error).message).toContain("api_key=…&day=1");
    expect(JSON.stringify([(failed as Error).message, (failed as Error).stack])).not.toContain("hush");
    await expect(openTable(address, { httpHeader: ["hush-4\nX: 1"] })).rejects.toThrow(/^(?!.*hush).*$/s);
  });

  test("command lines that give a run again hold none", () => {
    const httpHeader = ["Authorization: Bearer ${TOKEN}", "X-Api-Key: hush", "Cookie: a=hush ${B}"];
    expect(readingFlags({ httpHeader, httpRows: "a b", allowPrivate: true })).toEqual([
      ...["--http-header", "Authorization: Bearer ${TOKEN}"],
      ...["--http-header", "X-Api-Key: ${X_API_KEY}"],
      ...["--http-header", "Cookie: ${COOKIE}"],
      ...["--http-rows", "a b", "--allow-private"],
    ]);
    expect(withoutPassword("https://u:p@h/x?sig=a%2Fb&Token=t&x=1#k")).toBe(
      "https://u@h/x?sig=…&Token=…&x=1#k",
    );
    expect(withoutPassword("data/token=1.csv")).toBe("data/token=1.csv");
  });
});

describe("private addresses", () => {
  test.each(["127.0.0.1", "localhost", "[::1]", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"])(
    "%s is refused before anything is asked",
    async (host) => {
      const before = server.asked.length;
      await expect(openTable(`http://${host}:${server.port}/t.csv`)).rejects.toMatchObject({
        code: "SOURCE_FORBIDDEN",
        message: expect.stringContaining("--allow-private"),
      });
      expect(server.asked.length).toBe(before);
    },
  );

  // No test reaches the public internet: one loopback address stands for it, another for what is private.
  const options = () => ({
    headers: () => ({}),
    refuses: (address: string): boolean => address !== "127.0.0.1",
    // Its time starts with the request, not when this file is read.
    signal: AbortSignal.timeout(60_000),
  });
  test("a redirect to one is refused", async () => {
    const allowed = await request(new URL(`${server.origin}/moved`), options());
    allowed.answer.destroy();
    expect(allowed.url.pathname).toBe("/t.csv");
    const before = other.asked.length;
    await expect(request(new URL(`${server.origin}/elsewhere`), options())).rejects.toMatchObject({
      code: "SOURCE_FORBIDDEN",
    });
    expect(other.asked.length).toBe(before);
  });

  test("a name is looked up once, and what was checked is what is connected to", async () => {
    const checked: string[] = [];
    const refuses = (address: string): boolean => {
      checked.push(address);
      return false;
    };
    const { answer } = await request(new URL(`http://localhost:${server.port}/t.csv`), {
      ...options(),
      refuses,
    });
    expect(checked).toContain(answer.socket.remoteAddress);
    expect(new Set(checked).size).toBe(checked.length);
    answer.destroy();
  });
});
