import { expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import { cast, graph, input, murmurHash3 } from "../graph/index.ts";
import { compile } from "../runtime/index.ts";
import { bucketOf, murmur3 } from "./murmur3.ts";

test("murmur3 has the published values", () => {
  // The verification values of seed 0 in the reference implementation's discussion (Wikipedia, MurmurHash).
  expect(murmur3("")).toBe(0);
  expect(murmur3("test") >>> 0).toBe(0xba6bd213);
  expect(murmur3("Hello, world!") >>> 0).toBe(0xc0363e43);
  expect(murmur3("The quick brown fox jumps over the lazy dog") >>> 0).toBe(0x2e4ff723);
});

test("murmur3 equals ONNX Runtime's on strings of every length and many scripts", async () => {
  const random = createRandom(1);
  const letters = ["a", "Z", "9", " ", "é", "ß", "東", "\u{1f600}", "\u0301", "\u00a0"];
  const texts = Array.from({ length: 500 }, (_, i) =>
    Array.from({ length: i % 40 }, () => letters[random.integer(letters.length)]!).join(""),
  );
  const x = input("x", "string", ["batch", 1]);
  const session = await compile(graph({ inputs: [x], outputs: { y: cast(murmurHash3(x), "int64") } }));
  const { y } = await session.run({ x: { dtype: "string", shape: [texts.length, 1], data: texts } });
  await session.release();
  expect(Array.from(y!.data as BigInt64Array, Number)).toEqual(texts.map(murmur3));
});

test("buckets are spread evenly, and never negative", () => {
  const counts = new Float64Array(8);
  for (let i = 0; i < 8000; i++) counts[bucketOf(`value ${i}`, 8)]!++;
  expect(counts.every((count) => count > 850 && count < 1150)).toBe(true);
});
