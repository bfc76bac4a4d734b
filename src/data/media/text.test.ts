import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readText } from "./text.ts";

const written = "Grüße, naïve café — 猫が好き 🐈‍⬛ مرحبا\r\nzweite Zeile";
const western = "Grüße, naïve café — “so”";

function utf16(text: string, big: boolean, mark: boolean): Buffer {
  const bytes = Buffer.from((mark ? "\ufeff" : "") + text, "utf16le");
  return big ? bytes.swap16() : bytes;
}

test.each([
  ["UTF-8", Buffer.from(written), "utf-8", written],
  ["UTF-8 with a mark", Buffer.from(`\ufeff${written}`), "utf-8", written],
  ["UTF-16 with a mark", utf16(written, false, true), "utf-16le", written],
  ["big-endian UTF-16 with a mark", utf16(written, true, true), "utf-16be", written],
  ["UTF-16 without a mark", utf16("plain words", false, false), "utf-16le", "plain words"],
  ["big-endian UTF-16 without a mark", utf16("plain words", true, false), "utf-16be", "plain words"],
  ["Latin-1", Buffer.from("Grüße, naïve café", "latin1"), "windows-1252", "Grüße, naïve café"],
  [
    "Windows-1252",
    Buffer.from(western.split("").map((c) => ({ "—": 0x97, "“": 0x93, "”": 0x94 })[c] ?? c.charCodeAt(0))),
    "windows-1252",
    western,
  ],
  ["an empty file", Buffer.alloc(0), "utf-8", ""],
  ["a mark alone", Buffer.from("\ufeff"), "utf-8", ""],
  ["blanks", Buffer.from(" \n\t"), "utf-8", " \n\t"],
])("%s", async (_, bytes, encoding, text) => {
  expect(await readText(bytes)).toEqual({ ok: true, text, encoding });
});

test("a text of 1 MB is read, one byte more is refused", async () => {
  const most = Buffer.alloc(1_000_000, "a");
  const got = await readText(most);
  expect(got.ok && got.text.length).toBe(1_000_000);
  expect(await readText(Buffer.concat([most, most.subarray(0, 1)]))).toEqual({
    ok: false,
    reason: "has 1000001 bytes, more than the limit of 1 MB",
  });
});

test.each([
  ["bytes of a program", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 9, 1]), "holds zero bytes"],
  ["half a pair of UTF-16", Buffer.from([0xff, 0xfe, 0x41, 0, 0x42]), "is utf-16le by its first bytes"],
  ["a lone surrogate", Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x42, 0]), "is utf-16le by its first bytes"],
])("%s are refused", async (_, bytes, words) => {
  const got = await readText(bytes);
  expect(got.ok ? got.text : got.reason).toContain(words);
  expect(got.ok).toBe(false);
});

test("paths: a file, a folder, nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "millwright-text-"));
  try {
    await writeFile(join(folder, "a.txt"), written);
    expect(await readText(join(folder, "a.txt"))).toMatchObject({ ok: true, text: written });
    expect(await readText(folder)).toEqual({ ok: false, reason: "is no file" });
    expect(await readText(join(folder, "b.txt"))).toEqual({ ok: false, reason: "is not there" });
  } finally {
    await rm(folder, { recursive: true });
  }
});
