import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTable } from "../open-table.ts";
import { isAmazonS3 } from "./s3-source.ts";
import { amzDate, authorization } from "./signature.ts";
import { answerAsStore, type StoredObject } from "./testing/object-store.ts";
import { sends, startServer, type TestServer } from "./testing/web-server.ts";

const variables = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_ENDPOINT_URL",
  "AWS_ENDPOINT_URL_S3",
];
const set = (values: Readonly<Record<string, string>>): void => {
  for (const name of variables) delete process.env[name];
  Object.assign(process.env, values);
};
const before = Object.fromEntries(
  variables.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
);
const temporary = mkdtempSync(join(tmpdir(), "millwright-s3-test-"));
beforeAll(() => {
  process.env["TMPDIR"] = temporary;
});
afterAll(() => {
  set(before as Record<string, string>);
  rmSync(temporary, { recursive: true });
});

async function numbers(address: string): Promise<readonly number[]> {
  const table = await openTable(address);
  const cells = (await table.read()).columns.get("n");
  await table.close();
  return cells?.type === "number" ? [...cells.values] : [];
}

describe("an object store", () => {
  let server: TestServer;
  const keys = { AWS_ACCESS_KEY_ID: "reader", AWS_SECRET_ACCESS_KEY: "sesame/+=" };
  const objects = new Map<string, StoredObject>([
    ["t.csv", { body: "n\n1\n2\n", type: "text/csv" }],
    ["bare", { body: '{"n":1}\n{"n":2}\n', type: "application/x-ndjson" }],
    ["years/2024/a b+c&(ü)<1>%41.csv", { body: "n\n1\n", type: "text/csv" }],
    ["years/2024/b.csv", { body: "n\n2\n", type: "text/csv" }],
    ["years/2024/", { body: "", type: "application/x-directory" }],
    ["years/2024/notes.txt", { body: "none", type: "text/plain" }],
    ["years/2025/deep/c.csv.gz", { body: gzipSync("n\n3\n"), type: "application/gzip" }],
  ]);
  for (let i = 0; i < 25; i++) objects.set(`many/${i + 100}.csv`, { body: `n\n${i}\n`, type: "text/csv" });
  const store = { bucket: "tables", objects, secrets: { reader: "sesame/+=" }, open: false, pageKeys: 10 };
  beforeAll(async () => {
    server = await startServer({ "*": (request, answer) => answerAsStore(request, answer, store) });
  });
  afterAll(() => server[Symbol.asyncDispose]());
  beforeEach(() => set({ ...keys, AWS_ENDPOINT_URL: server.origin }));

  test.each([
    ["an object", "s3://tables/t.csv", [1, 2]],
    ["an object that its content type tells", "s3://tables/bare", [1, 2]],
    ["a key of every kind of character", "s3://tables/years/2024/a b+c&(ü)<1>%41.csv", [1]],
    ["a pattern", "s3://tables/years/2024/*.csv", [1, 2]],
    ["a pattern over folders", "s3://tables/years/**/*.csv*", [1, 2, 3]],
    ["a pattern in a folder's name", "s3://tables/years/202?/b.csv", [2]],
  ])("%s", async (_what, address, expected) => {
    expect(await numbers(address)).toEqual(expected);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test("a list of more than one page", async () => {
    expect(await numbers("s3://tables/many/*.csv")).toEqual(Array.from({ length: 25 }, (_, i) => i));
    expect(server.asked.filter((path) => path.includes("list-type=2&prefix=many")).length).toBe(3);
  });

  test("the fingerprint is that of the object's bytes", async () => {
    const table = await openTable("s3://tables/t.csv");
    expect(await table.fingerprint()).toBe(createHash("sha256").update("n\n1\n2\n").digest("hex"));
  });

  test("without keys what is public is read, and nothing else", async () => {
    const open = await startServer({
      "*": (request, answer) => answerAsStore(request, answer, { ...store, open: true }),
    });
    set({ AWS_ENDPOINT_URL_S3: `${open.origin}/` });
    expect(await numbers("s3://tables/t.csv")).toEqual([1, 2]);
    await open[Symbol.asyncDispose]();
    set({ AWS_ENDPOINT_URL: server.origin });
    await expect(openTable("s3://tables/t.csv")).rejects.toMatchObject({
      code: "SOURCE_UNREADABLE",
      message: expect.stringContaining("(AccessDenied). Set AWS_ACCESS_KEY_ID"),
    });
  });

  test.each([
    [
      "an object that is not there",
      "s3://tables/u.csv",
      {},
      "SOURCE_NOT_FOUND",
      "s3://tables/u.csv answered 404 Not Found (NoSuchKey)",
    ],
    ["a bucket that is not there", "s3://none/u.csv", {}, "SOURCE_NOT_FOUND", "(NoSuchBucket)"],
    [
      "a pattern that matches nothing",
      "s3://tables/y*.csv",
      {},
      "SOURCE_NOT_FOUND",
      "No object matches s3://tables/y*.csv",
    ],
    [
      "a wrong secret",
      "s3://tables/t.csv",
      { AWS_SECRET_ACCESS_KEY: "hush" },
      "SOURCE_UNREADABLE",
      "(SignatureDoesNotMatch)",
    ],
    [
      "a wrong key",
      "s3://tables/t.csv",
      { AWS_ACCESS_KEY_ID: "hush" },
      "SOURCE_UNREADABLE",
      "(InvalidAccessKeyId)",
    ],
    [
      "half a pair of keys",
      "s3://tables/t.csv",
      { AWS_SECRET_ACCESS_KEY: "" },
      "PARAMETER_MISSING",
      "AWS_SECRET_ACCESS_KEY is not",
    ],
    [
      "an endpoint that is none",
      "s3://tables/t.csv",
      { AWS_ENDPOINT_URL: "store" },
      "PARAMETER_RANGE",
      "AWS_ENDPOINT_URL",
    ],
    ["no key", "s3://tables/", {}, "PARAMETER_RANGE", "s3://bucket/folder/name.csv"],
    ["a key that no address holds", "s3://tables/a/../t.csv", {}, "PARAMETER_RANGE", '".."'],
  ] as const)("%s is an error", async (_what, address, values, code, says) => {
    Object.assign(process.env, values);
    const failed = await openTable(address).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code, message: expect.stringContaining(says) });
    expect((failed as Error).message).not.toContain("hush");
  });
});

describe("what requests say", () => {
  let server: TestServer;
  let other: TestServer;
  const asked: Record<string, string | undefined>[] = [];
  beforeAll(async () => {
    other = await startServer({ "/t.csv": sends("n\n1\n") }, "127.0.0.2");
    server = await startServer({
      "/tables/t.csv": (request, answer, url, times) => {
        asked.push(request.headers as Record<string, string>);
        // A pause lies between the attempts: each is signed anew.
        if (times === 1) return void answer.writeHead(503, { "retry-after": "1" }).end();
        answer.end("n\n1\n2\n");
      },
      "/tables/moved.csv": (_, answer) =>
        void answer.writeHead(307, { location: `${other.origin}/t.csv` }).end(),
    });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  });

  test("session token and region are signed, and each attempt has its own time", async () => {
    const keys = { accessKeyId: "key", secretAccessKey: "secret", sessionToken: "token" };
    set({
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_SESSION_TOKEN: keys.sessionToken,
      AWS_REGION: "eu-central-1",
      AWS_ENDPOINT_URL: server.origin,
    });
    expect(await numbers("s3://tables/t.csv")).toEqual([1, 2]);
    const times = asked.map((headers) => headers["x-amz-date"]!);
    expect(new Set(times).size).toBe(2);
    for (const headers of asked) {
      const time = headers["x-amz-date"]!;
      const date = new Date(time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
      expect(amzDate(date)).toBe(time);
      const signed = Object.fromEntries(
        ["x-amz-content-sha256", "x-amz-date", "x-amz-security-token"].map((name) => [name, headers[name]!]),
      );
      const scope = { region: "eu-central-1", service: "s3", date };
      const url = new URL(`${server.origin}/tables/t.csv`);
      expect(headers["authorization"]).toBe(authorization(url, signed, keys, scope));
    }
  });

  test("the endpoint of the environment may be private, and a redirect away from it may not", async () => {
    set({ AWS_ENDPOINT_URL: server.origin });
    await expect(openTable("s3://tables/moved.csv")).rejects.toMatchObject({ code: "SOURCE_FORBIDDEN" });
    expect(other.asked).toEqual([]);
  });
});

test.each([
  ["tables.s3.eu-central-1.amazonaws.com", true],
  ["s3.us-west-2.amazonaws.com", true],
  ["tables.s3.amazonaws.com", true],
  ["tables.s3-eu-west-1.amazonaws.com", true],
  ["tables.s3.cn-north-1.amazonaws.com.cn", true],
  ["abc.execute-api.eu-central-1.amazonaws.com", false],
  ["s3.evil.elb.eu-central-1.amazonaws.com", false],
  ["s3.amazonaws.com.evil.example", false],
  ["evils3.amazonaws.com", false],
])("requests to %s are signed: %s", (host, signed) => {
  expect(isAmazonS3(host)).toBe(signed);
});
