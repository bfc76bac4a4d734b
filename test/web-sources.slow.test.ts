/**
 * A source from the web in every command that takes one: `--test` too, fingerprints of each read in run.json,
 * and secrets nowhere.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sends, startServer, type Route } from "../src/data/remote/testing/web-server.ts";
import { goodTable } from "./bad-input/case.ts";
import { runHere, temporaryFolder } from "./cli.ts";

const training = goodTable(120);
const untouched = goodTable(40);
const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Answers whoever has the key, the password and the header. */
const locked = (body: string): Route => {
  return (request, answer, url, times) => {
    const { authorization, "x-key": key } = request.headers;
    const right =
      authorization === `Basic ${btoa("anna:hush-password")}` &&
      key === "hush-header" &&
      url.searchParams.get("api_key") === "hush-query";
    if (right) sends(body, { "content-type": "text/csv" })(request, answer, url, times);
    else answer.writeHead(403).end();
  };
};

test("look, train with --test, predict and evaluate read the web, and keep what is secret", async () => {
  await using server = await startServer({ "/houses": locked(training), "/later": locked(untouched) });
  using folder = temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  const address = (path: string): string =>
    `${server.origin.replace("//", "//anna:hush-password@")}/${path}?api_key=hush-query&part=1`;
  const reading = ["--allow-private", "--http-header", "X-Key: hush-header"];
  const said: string[] = [];
  const run = async (...words: readonly string[]): Promise<void> => {
    const { code, stdout, stderr } = await runHere([...words, ...reading]);
    expect(code, stderr).toBe(0);
    said.push(stdout, stderr);
  };

  await run("look", address("houses"), "--target", "price");
  const elsewhere = ["--test", address("later"), "--out", folder.path];
  await run("train", address("houses"), "--target", "price", "--budget", "1", ...elsewhere);
  await run("predict", at("model.onnx"), address("later"), "-o", at("predictions.csv"));
  await run("evaluate", at("model.onnx"), address("later"));

  const record = JSON.parse(readFileSync(at("run.json"), "utf8")) as {
    data: { source: string[]; sha256: string; reads: object[]; testReads: object[] };
    reproduce: string;
  };
  const shown = (path: string): string =>
    `${server.origin.replace("//", "//anna@")}/${path}?api_key=…&part=1`;
  expect(record.data).toMatchObject({
    source: [shown("houses")],
    sha256: hash(training),
    reads: [{ source: shown("houses"), bytes: training.length, sha256: hash(training) }],
    testReads: [{ source: shown("later"), bytes: untouched.length, sha256: hash(untouched) }],
  });
  expect(record.reproduce).toContain("--http-header 'X-Key: ${X_KEY}' --allow-private");
  expect(readFileSync(at("predictions.csv"), "utf8").trim().split("\n")).toHaveLength(41);
  expect(readFileSync(at("report.html"), "utf8")).toContain("houses from 127.0.0.1");
  const kept = readdirSync(folder.path).map((name) => readFileSync(at(name), "latin1"));
  for (const text of [...said, ...kept]) expect(text).not.toContain("hush");
});
