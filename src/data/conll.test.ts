/** CoNLL files and plain lines: fields, sentences, bad lines by number, packing, encodings. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { readConll, readTokens } from "./index.ts";
import { describeWithSharedData } from "../../test/shared-data.ts";

const folder = mkdtempSync(join(tmpdir(), "conll-"));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;
function file(content: string | Uint8Array, extension = "conll"): string {
  const path = join(folder, `${count++}.${extension}`);
  writeFileSync(path, content);
  return path;
}

test("tokens with their tags, an empty line between sentences, several of them and none at the end", async () => {
  const { tokens, tags, bad } = await readConll(
    file("Ada\tB-person\nsaw\tO\n\n\n \t\nNew\tB-place\nYork\tI-place"),
  );
  expect(tokens).toEqual([
    ["Ada", "saw"],
    ["New", "York"],
  ]);
  expect(tags).toEqual([
    ["B-person", "O"],
    ["B-place", "I-place"],
  ]);
  expect(bad).toEqual([]);
});

test("the first field and the last one count, parted by blanks too; documents are parted and line ends may differ", async () => {
  const text = "-DOCSTART- -X- O O\r\n\r\nEU NNP B-NP B-ORG\r\nrejects VBZ B-VP O\r\n";
  const { tokens, tags } = await readConll(file(text));
  expect([tokens, tags]).toEqual([[["EU", "rejects"]], [["B-ORG", "O"]]]);
  const blank = await readConll(file("New York\tB-place\n"));
  expect(blank.tokens).toEqual([["New York"]]);
});

test("gzip, a byte order mark, UTF-16 and Windows-1252 are read", async () => {
  const text = "Zoë\tB-person\n";
  for (const bytes of [
    gzipSync(text),
    Buffer.from(`\ufeff${text}`),
    Buffer.from(`\ufeff${text}`, "utf16le"),
    Buffer.from(text, "latin1"),
  ])
    expect((await readConll(file(bytes))).tokens).toEqual([["Zoë"]]);
});

test("few bad lines are named and their sentences left out; many are an error with their numbers", async () => {
  const good = "a\tO\n\n".repeat(300);
  const few = await readConll(file(`${good}x\tO\nlonely\ny\tperson\n\n\tO\n`));
  expect(few.tokens).toHaveLength(300);
  expect(few.bad).toEqual([
    { line: 602, reason: 'has no tag ("lonely")' },
    { line: 603, reason: 'has the tag "person"' },
    { line: 605, reason: 'has no token ("\\tO")' },
  ]);
  await expect(readConll(file("a\tO\nb\n"))).rejects.toMatchObject({
    code: "DATA_RAGGED_ROWS",
    message: expect.stringContaining('1 of 2 lines that are no token with its tag: line 2 has no tag ("b")'),
  });
});

test("no file and no sentence are errors", async () => {
  await expect(readConll(join(folder, "none.conll"))).rejects.toMatchObject({ code: "SOURCE_NOT_FOUND" });
  await expect(readConll(file("\n\n"))).rejects.toMatchObject({ code: "DATA_EMPTY" });
  await expect(readTokens(file(" \n", "txt"))).rejects.toMatchObject({ code: "DATA_EMPTY" });
});

test("tokens alone: the first field of a line, or the words of a line of a text", async () => {
  expect((await readTokens(file("Ada\tB-person\nsaw\n\nit\n"))).tokens).toEqual([["Ada", "saw"], ["it"]]);
  expect((await readTokens(file("Ada saw  it .\n\nAnd\tnow\n", "txt"))).tokens).toEqual([
    ["Ada", "saw", "it", "."],
    ["And", "now"],
  ]);
});

describeWithSharedData("WNUT-17", (data) => {
  test.each([
    ["train", 3394, 62_730],
    ["dev", 1009, 15_733],
    ["test", 1287, 23_394],
  ])("%s has %i sentences of %i tokens", async (part, sentences, tokenCount) => {
    const { tokens, bad } = await readConll(join(data, "text", `wnut17-${part}.conll.gz`));
    expect(tokens).toHaveLength(sentences);
    expect(tokens.reduce((sum, each) => sum + each.length, 0)).toBe(tokenCount);
    expect(bad).toEqual([]);
  });
});
