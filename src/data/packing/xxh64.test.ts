import fc from "fast-check";
import { expect, test } from "vitest";
import { Xxh64 } from "./xxh64.ts";

function hash(...parts: readonly Uint8Array[]): string {
  const running = new Xxh64();
  for (const part of parts) running.update(part);
  return running.hex();
}

/** The specification step by step in BigInt: slow, and the oracle. */
function reference(bytes: Uint8Array): string {
  const wrap = (x: bigint): bigint => BigInt.asUintN(64, x);
  const [p1, p2, p3, p4, p5] = [
    11400714785074694791n,
    14029467366897019727n,
    1609587929392839161n,
    9650029242287828579n,
    2870177450012600261n,
  ] as const;
  const rotate = (x: bigint, by: bigint): bigint => wrap(x << by) | (x >> (64n - by));
  const round = (lane: bigint, input: bigint): bigint => wrap(rotate(wrap(lane + input * p2), 31n) * p1);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let h: bigint = p5;
  if (bytes.length >= 32) {
    const lanes = [wrap(p1 + p2), p2, 0n, wrap(-p1)];
    for (; at + 32 <= bytes.length; at += 32) {
      for (const lane of lanes.keys()) {
        lanes[lane] = round(lanes[lane]!, view.getBigUint64(at + 8 * lane, true));
      }
    }
    h = wrap([1n, 7n, 12n, 18n].reduce((sum, by, lane) => sum + rotate(lanes[lane]!, by), 0n));
    for (const lane of lanes) h = wrap((h ^ round(0n, lane)) * p1 + p4);
  }
  h = wrap(h + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) {
    h = wrap(rotate(h ^ round(0n, view.getBigUint64(at, true)), 27n) * p1 + p4);
  }
  if (at + 4 <= bytes.length) {
    h = wrap(rotate(h ^ wrap(BigInt(view.getUint32(at, true)) * p1), 23n) * p2 + p3);
    at += 4;
  }
  for (; at < bytes.length; at++) h = wrap(rotate(h ^ wrap(BigInt(bytes[at]!) * p5), 11n) * p1);
  h = wrap((h ^ (h >> 33n)) * p2);
  h = wrap((h ^ (h >> 29n)) * p3);
  return (h ^ (h >> 32n)).toString(16).padStart(16, "0");
}

// Published values, of the reference implementation.
test.each([
  ["", "ef46db3751d8e999"],
  ["abc", "44bc2cf5ad770999"],
  ["Nobody inspects the spammish repetition", "fbcea83c8a378bf1"],
])("of %j is %s", (text, expected) => {
  expect(hash(Buffer.from(text))).toBe(expected);
});

test("equals the specification in BigInt, in one part or in many", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), fc.nat(200), (bytes, a, b) => {
      const [first, second] = a < b ? [a, b] : [b, a];
      const expected = reference(bytes);
      expect(hash(bytes)).toBe(expected);
      const parts = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
      expect(hash(...parts)).toBe(expected);
    }),
  );
});
