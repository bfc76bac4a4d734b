/** A sound drawn: as high as said, the waveform where it is loud, the band where its tone is. */
import { inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { drawSound } from "./draw-sound.ts";

/** The pixels of a PNG whose lines have no filter and whose data is one piece. */
function pixelsOf(png: Buffer): { width: number; height: number; at: (x: number, y: number) => number[] } {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const start = png.indexOf("IDAT") + 4;
  const lines = inflateSync(png.subarray(start, start + png.readUInt32BE(start - 8)));
  const at = (x: number, y: number): number[] => [
    ...lines.subarray(y * (3 * width + 1) + 1 + 3 * x, y * (3 * width + 1) + 4 + 3 * x),
  ];
  return { width, height, at };
}

test("waveform above, spectrogram below with the lowest band at the bottom", () => {
  const [bands, frames] = [4, 10];
  const levels = new Float32Array(bands * frames);
  levels.fill(1, frames, 2 * frames); // the second band from below
  const samples = Float32Array.from({ length: 1000 }, (_, i) => (i < 500 ? 0 : i % 2 === 0 ? 0.5 : -0.5));
  const { width, height, at } = pixelsOf(Buffer.from(drawSound(samples, levels, bands), "base64"));
  expect([width, height]).toEqual([12 * frames, 24 + 2 + bands]);
  const ground = at(0, 0);
  // Silent half: a line in the middle alone; loud half: from top to bottom.
  expect(at(24, 1)).toEqual(ground);
  expect(at(84, 0)).not.toEqual(ground);
  expect(at(84, 23)).toEqual(at(84, 0));
  expect(at(3, height - 2)).not.toEqual(at(3, height - 1));
  expect(at(3, height - 1)).toEqual(at(3, height - 3));
});

test("long sounds are drawn no wider than 120 columns, each by its loudest frame", () => {
  const levels = new Float32Array(1 * 1000);
  levels[507] = 1;
  const png = pixelsOf(Buffer.from(drawSound(new Float32Array(5), levels, 1), "base64"));
  expect(png.width).toBe(120);
  const loud = Array.from({ length: 120 }, (_, x) => x).filter((x) => png.at(x, 26)[0]! < 100);
  expect(loud).toEqual([60]);
});
