import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeUnlessMissing, missingPackage } from "../../../test/needs.ts";
import { Engine } from "../duckdb/engine.ts";
import { sqlText } from "../duckdb/read-query.ts";
import { unpackZstd } from "./zstd.ts";

async function* inParts(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function unpack(bytes: Uint8Array, size = 65_536): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of unpackZstd(inParts(bytes, size), "data.zst")) parts.push(part);
  return Buffer.concat(parts);
}

// Written by the reference `zstd` 1.5.4, with its checksum: 60 lines of a table, "abc", and nothing.
const table = Array.from({ length: 60 }, (_, i) => `${i},name ${i % 7},${(i * 7919) % 101}\n`).join("");
const packed = {
  table: Buffer.from(
    "KLUv/QRY3QgAppMqE6CloDl7ov8X2ESIyO7Zhr9wDwEoACQAIwCVjYEiVyAhV4UZd4LcvSBsMlRNoZ0qkM8EoufCzMIgsggiMAAQBAQRsw2bqzVXOtc4k2jmzFSZR8Q8NmShQFmGyaIlj8qjKN+QfBcC5EXiHd4SzhGcN2ji0WP0VNEypeVICxItxNCjQp8I+mzMRhfXGL29TrFOq07UToN9Sl1kuph0QaKLMfjg8TN+Vdym3C47IGCTgqoDRCOaaBDtJTrRRJPoDtGIBqKPCUF0ooXoiSS6jRBEJ5poIjpHSKIRTTQQrSN60YgmGtFEIzrRINpDohUIUXSiRXQHYgTLhEv0CXkt0S0SrYEYfi5lFGoYo4wyR5GGNsooc5SPUTyMJMX3bx0=",
    "base64",
  ),
  abc: Buffer.from("KLUv/QRYGQAAYWJjmQl3rQ==", "base64"),
  nothing: Buffer.from("KLUv/SQAAQAAmenYUQ==", "base64"),
};
const skippable = Buffer.from("502a4d18050000006869646465", "hex");

describeUnlessMissing("zstd", missingPackage("fzstd"), () => {
  test.each([1, 2, 3, 5, 17, 1000])("frames of the reference program, %i bytes at a time", async (size) => {
    expect((await unpack(packed.table, size)).toString()).toBe(table);
    expect((await unpack(packed.abc, size)).toString()).toBe("abc");
    expect((await unpack(packed.nothing, size)).length).toBe(0);
  });

  test("frames one after the other, with skippable ones between", async () => {
    const all = Buffer.concat([skippable, packed.abc, packed.nothing, skippable, packed.table, packed.abc]);
    for (const size of [1, 4, 1000]) expect((await unpack(all, size)).toString()).toBe(`abc${table}abc`);
  });

  test("a flipped bit in any byte is seen", async () => {
    let changed = 0;
    for (let byte = 0; byte < packed.table.length; byte++) {
      const broken = Buffer.from(packed.table);
      broken[byte]! ^= 1 << (byte % 8);
      const got = await unpack(broken).catch(() => undefined);
      // A bit of the header may mean nothing for this content; then the content is whole.
      if (got !== undefined && got.toString() !== table) changed++;
    }
    expect(changed).toBe(0);
  });

  test.each([
    ["nothing at all", Buffer.alloc(0), "no zstd frame"],
    ["three bytes", packed.table.subarray(0, 3), "no zstd frame"],
    ["half a frame", packed.table.subarray(0, 200), "ends inside"],
    ["a frame without its checksum", packed.table.subarray(0, -4), "ends inside"],
    ["text behind a frame", Buffer.concat([packed.abc, Buffer.from("text")]), "none"],
    ["a wrong checksum", Buffer.concat([packed.abc.subarray(0, -1), Buffer.of(0)]), "checksum"],
    ["a dictionary", Buffer.from("28b52ffd0100010000", "hex"), "dictionary"],
    ["a window of 2 GB", Buffer.from("28b52ffd00a8010000", "hex"), "data.zst is a zstd file that asks for"],
  ])("%s is an error", async (_what, bytes, says) => {
    await expect(unpack(bytes)).rejects.toThrow(says);
  });

  describe("large files, by the zstd library inside DuckDB", () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "millwright-zstd-"));
    });
    afterAll(() => rm(folder, { recursive: true }));

    test("come out as DuckDB wrote them", async () => {
      const engine = await Engine.open();
      const rows =
        "SELECT i, hash(i) % 1009 AS h, 'name ' || i % 97 AS name, sin(i) AS x FROM range(100000) t(i)";
      for (const [name, options] of Object.entries({ "t.csv": "", "t.csv.zst": ", COMPRESSION zstd" })) {
        await engine.execute(`COPY (${rows}) TO ${sqlText(join(folder, name))} (FORMAT csv${options})`);
      }
      engine.close();
      const plain = await readFile(join(folder, "t.csv"));
      const zipped = await readFile(join(folder, "t.csv.zst"));
      expect(plain.length).toBeGreaterThan(3_000_000);
      expect(plain.equals(await unpack(zipped, 100_000))).toBe(true);
    });
  });
});
