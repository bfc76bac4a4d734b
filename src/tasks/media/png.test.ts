import { expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { decodeImage } from "../../data/index.ts";
import { encodePng } from "./png.ts";

test.each([1, 3] as const)("%i channels come back as they were", async (channels) => {
  const random = createRandom(channels);
  const size = { height: 7, width: 5, channels };
  const pixels = Uint8Array.from({ length: 35 * channels }, () => random.integer(256));
  const decoded = await decodeImage(encodePng(pixels, size), { channels });
  expect(decoded).toEqual({ ok: true, ...size, pixels });
});
