/** Broken web addresses: what cannot be reached, may not be, or is no table. */
import { type Route, sends } from "../../src/data/remote/testing/web-server.ts";
import type { BadInput } from "./case.ts";

const answers = (status: number): Route => {
  return (_, answer) => void answer.writeHead(status).end("secret-word");
};
const json = { "content-type": "application/json" };

const storeError = (status: number, code: string): Route => {
  return (_, answer) => void answer.writeHead(status).end(`<Error><Code>${code}</Code></Error>`);
};
const store = {
  AWS_ENDPOINT_URL: "web:/store",
  AWS_ACCESS_KEY_ID: "reader",
  AWS_SECRET_ACCESS_KEY: "secret-word",
};

/** What the web server of these cases holds. */
export const badRoutes: Readonly<Record<string, Route>> = {
  "/broken": answers(500),
  "/denied": answers(403),
  "/large.csv": sends(`a,b\n${"1,2\n".repeat(5000)}`),
  "/silent.csv": (_, answer) => void answer.write("a,b\n"),
  "/login.csv": sends("<html>Who are you?</html>", { "content-type": "text/html" }),
  "/pages.csv": (_, answer, url) => {
    if (url.search !== "") return void answer.end("a,c\n1,2\n");
    answer.writeHead(200, { link: '<?p=2>; rel="next"' }).end("a,b\n1,2\n");
  },
  "/unsaid": sends("a,b\n1,2\n", { "content-type": "application/octet-stream" }),
  "/not.json": sends("a,b\n1,2\n"),
  "/two-lists": sends('{"cats": [{"a": 1}], "dogs": [{"a": 2}]}', json),
  "/round": (_, answer) => void answer.writeHead(302, { location: "/round" }).end(),
  "/file": (_, answer) => void answer.writeHead(302, { location: "file:///etc/passwd" }).end(),
  "/store/tables/none.csv": storeError(404, "NoSuchKey"),
  "/store/none/data.csv": storeError(404, "NoSuchBucket"),
  "/store/tables/locked.csv": storeError(403, "AccessDenied"),
  "/store/tables/": sends("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"),
  "/cursor": sends('{"next": "abc", "items": [{"a": 1}]}', json),
};

/** `look` at an address of the server, which is a private one. */
const look = (path: string, ...more: readonly string[]): readonly string[] => [
  "look",
  `web:${path}`,
  "--allow-private",
  ...more,
];

export const badAddresses: readonly BadInput[] = [
  {
    name: "an address that is not there",
    command: look("/none.csv"),
    code: "SOURCE_NOT_FOUND",
    says: ["/none.csv", "404 Not Found"],
  },
  {
    name: "an address that is none",
    command: ["look", "https://:99999/"],
    code: "SOURCE_NOT_FOUND",
    says: ["https://:99999/", "URL"],
  },
  {
    name: "an address whose password breaks it",
    command: ["look", "https://user:secret-word/more@host/data.csv"],
    code: "SOURCE_NOT_FOUND",
    says: ["URL", "https://host/path"],
  },
  {
    name: "pages with different columns",
    command: look("/pages.csv"),
    code: "SCHEMA_MISMATCH",
    says: ["/pages.csv has", "/pages.csv (page 2)", '"b"', '"c"'],
  },
  {
    name: "a server that fails for ever",
    command: look("/broken", "--http-retries", "1"),
    code: "SOURCE_UNREACHABLE",
    says: ["500 Internal Server Error", "after 2 attempts", "--http-retries"],
  },
  {
    name: "an address that wants credentials",
    command: look("/denied", "--http-header", "Authorization: Bearer secret-word"),
    code: "SOURCE_UNREADABLE",
    says: ["403 Forbidden", "--http-header"],
  },
  {
    name: "more bytes than may be read",
    command: look("/large.csv", "--http-max-bytes", "10kB"),
    code: "DATA_LIMIT",
    says: ["/large.csv", "20004 bytes", "10000", "--http-max-bytes"],
  },
  {
    name: "a server that takes too long",
    command: look("/silent.csv", "--http-timeout", "0.2"),
    code: "SOURCE_UNREACHABLE",
    says: ["/silent.csv", "0.2 seconds", "--http-timeout"],
  },
  {
    name: "a page under the name of a table",
    command: look("/login.csv"),
    code: "SOURCE_FORMAT",
    says: ["/login.csv", "text/html", "--format"],
  },
  {
    name: "bytes of no known type",
    command: look("/unsaid"),
    code: "SOURCE_FORMAT",
    says: ["application/octet-stream", "--format"],
  },
  {
    name: "CSV under the name of JSON",
    command: look("/not.json"),
    code: "SOURCE_FORMAT",
    says: ["/not.json", "not JSON"],
  },
  {
    name: "JSON with two lists",
    command: look("/two-lists"),
    code: "PARAMETER_MISSING",
    says: ["2 lists: cats, dogs", "--http-rows"],
  },
  {
    name: "rows that are not where they are said to be",
    command: look("/two-lists", "--http-rows", "birds"),
    code: "SOURCE_FORMAT",
    says: ['"birds"', "cats, dogs"],
  },
  {
    name: "a next page without its address",
    command: look("/cursor"),
    code: "PARAMETER_MISSING",
    says: ['"next"', "--http-cursor"],
  },
  {
    name: "redirects without end",
    command: look("/round"),
    code: "SOURCE_UNREACHABLE",
    says: ["/round", "10 times"],
  },
  {
    name: "a redirect to a file",
    command: look("/file"),
    code: "SOURCE_FORBIDDEN",
    says: ["/file", "http"],
  },
  {
    name: "a private address",
    command: ["look", "web:/large.csv"],
    code: "SOURCE_FORBIDDEN",
    says: ["127.0.0.1", "--allow-private"],
  },
  {
    name: "the metadata of a cloud",
    command: ["look", "http://169.254.169.254/latest/meta-data.json"],
    code: "SOURCE_FORBIDDEN",
    says: ["169.254.169.254", "--allow-private"],
  },
  {
    name: "a server that is not there",
    command: ["look", "http://user:secret-word@127.0.0.1:1/data.csv", "--allow-private"],
    code: "SOURCE_UNREACHABLE",
    says: ["user@127.0.0.1:1", "ECONNREFUSED"],
  },
  {
    name: "a header without a name",
    command: look("/large.csv", "--http-header", "secret-word"),
    code: "PARAMETER_RANGE",
    says: ["--http-header", "'Name: value'"],
  },
  {
    name: "a header of a variable that is not set",
    command: look("/large.csv", "--http-header", "X-Key: ${MILLWRIGHT_TEST_NOT_SET}"),
    code: "PARAMETER_MISSING",
    says: ["X-Key", "MILLWRIGHT_TEST_NOT_SET"],
  },
  {
    name: "two ways of paging",
    command: look("/cursor", "--http-page", "p", "--http-cursor", "c"),
    code: "PARAMETER_CONFLICT",
    says: ["--http-page", "--http-cursor"],
  },
  {
    name: "an option of the web for a file",
    files: { "data.csv": "a,b\n1,2\n" },
    command: ["look", "./data.csv", "--http-rows", "items"],
    code: "PARAMETER_CONFLICT",
    says: ["--http-rows", "no source is an http or https address"],
  },
  {
    name: "leave for private addresses that nothing needs",
    files: { "data.csv": "a,b\n1,2\n" },
    command: ["train", "./data.csv", "--target", "a", "--allow-private", "--out", "./out"],
    code: "PARAMETER_CONFLICT",
    says: ["--allow-private", "no source"],
  },
  {
    name: "a sheet of what is no workbook",
    files: { "data.csv": "a,b\n1,2\n" },
    command: ["look", "./data.csv", "--sheet", "2"],
    code: "PARAMETER_CONFLICT",
    says: ["--sheet", "Excel"],
  },
  {
    name: "a size that is none",
    command: look("/large.csv", "--http-max-bytes", "plenty"),
    code: "PARAMETER_RANGE",
    says: ["--http-max-bytes", "plenty", "2GB"],
  },
  {
    name: "an object that is not there",
    command: ["look", "s3://tables/none.csv"],
    environment: store,
    code: "SOURCE_NOT_FOUND",
    says: ["s3://tables/none.csv", "NoSuchKey"],
  },
  {
    name: "a bucket that is not there",
    command: ["look", "s3://none/data.csv"],
    environment: store,
    code: "SOURCE_NOT_FOUND",
    says: ["s3://none/data.csv", "NoSuchBucket"],
  },
  {
    name: "an object that may not be read",
    command: ["look", "s3://tables/locked.csv"],
    environment: store,
    code: "SOURCE_UNREADABLE",
    says: ["s3://tables/locked.csv", "AccessDenied", "AWS_ACCESS_KEY_ID"],
  },
  {
    name: "a pattern that no object matches",
    command: ["look", "s3://tables/*.csv"],
    environment: store,
    code: "SOURCE_NOT_FOUND",
    says: ["No object matches s3://tables/*.csv"],
  },
  {
    name: "a bucket without an object",
    command: ["look", "s3://tables"],
    environment: store,
    code: "PARAMETER_RANGE",
    says: ["s3://tables", "s3://bucket/folder/name.csv"],
  },
  {
    name: "half a pair of keys",
    command: ["look", "s3://tables/data.csv"],
    environment: { ...store, AWS_SECRET_ACCESS_KEY: "" },
    code: "PARAMETER_MISSING",
    says: ["AWS_ACCESS_KEY_ID is set", "AWS_SECRET_ACCESS_KEY is not"],
  },
];
