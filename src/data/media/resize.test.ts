import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { resizePixels } from "./resize.ts";

interface Case {
  readonly height: number;
  readonly width: number;
  readonly toHeight: number;
  readonly toWidth: number;
  readonly pixels: readonly number[];
  readonly resized: readonly number[];
}
const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/media.json", import.meta.url), "utf8"),
) as { readonly resize: readonly Case[] };

const whole = (width: number, height: number) => ({ left: 0, top: 0, width, height });

describe("resizePixels", () => {
  test.each(golden.resize)(
    "$height × $width to $toHeight × $toWidth is ONNX Runtime's Resize with antialias, rounded",
    ({ height, width, toHeight, toWidth, pixels, resized }) => {
      const box = whole(width, height);
      const got = resizePixels(Uint8Array.from(pixels), width, 1, box, toWidth, toHeight);
      expect(got.length).toBe(resized.length);
      // Half a level of rounding, and float32's own error.
      for (const [i, value] of resized.entries()) expect(Math.abs(got[i]! - value)).toBeLessThan(0.5001);
    },
  );

  test("channels are resized apart, and a part as if it were the whole", () => {
    const [width, height] = [11, 7];
    const planes = [0, 1, 2].map((c) =>
      Uint8Array.from({ length: width * height }, (_, i) => (i * (7 + c) * 31) % 256),
    );
    const colour = Uint8Array.from(
      { length: width * height * 3 },
      (_, i) => planes[i % 3]![Math.floor(i / 3)]!,
    );
    const box = { left: 2, top: 1, width: 6, height: 5 };
    const got = resizePixels(colour, width, 3, box, 4, 3);
    for (const [c, plane] of planes.entries()) {
      const part = Uint8Array.from(
        { length: box.width * box.height },
        (_, i) => plane[(box.top + Math.floor(i / box.width)) * width + box.left + (i % box.width)]!,
      );
      const alone = resizePixels(part, box.width, 1, whole(box.width, box.height), 4, 3);
      expect([...got].filter((_, i) => i % 3 === c)).toEqual([...alone]);
    }
  });

  test("one level stays that level, and no value leaves the range of its picture", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.uint8Array({ minLength: 1600, maxLength: 1600 }),
        (width, height, toWidth, toHeight, values) => {
          const flat = new Uint8Array(width * height).fill(values[0]!);
          const same = resizePixels(flat, width, 1, whole(width, height), toWidth, toHeight);
          expect(new Set(same)).toEqual(new Set([values[0]!]));
          const pixels = values.subarray(0, width * height);
          const got = resizePixels(pixels, width, 1, whole(width, height), toWidth, toHeight);
          expect(Math.min(...got)).toBeGreaterThanOrEqual(Math.min(...pixels));
          expect(Math.max(...got)).toBeLessThanOrEqual(Math.max(...pixels));
          if (toWidth === width && toHeight === height) expect(got).toEqual(pixels);
        },
      ),
    );
  });
});
