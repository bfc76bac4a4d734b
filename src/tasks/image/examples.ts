/** Pictures as a report shows them: small. */
import { encodePng } from "../media/png.ts";
import type { PictureSize } from "./read-pictures.ts";

/** Pixels across and down, at most. */
const side = 96;

/** A picture as base64 of a PNG, every second (third, …) pixel of it where it is large. */
export function thumbnail(pixels: Uint8Array, row: number, { height, width, channels }: PictureSize): string {
  const step = Math.ceil(Math.max(height, width) / side);
  const small = { height: Math.floor(height / step), width: Math.floor(width / step), channels };
  const from = pixels.subarray(row * height * width * channels);
  const out = new Uint8Array(small.height * small.width * channels);
  for (let y = 0; y < small.height; y++)
    for (let x = 0; x < small.width; x++)
      for (let c = 0; c < channels; c++)
        out[(y * small.width + x) * channels + c] = from[(y * step * width + x * step) * channels + c]!;
  return encodePng(out, small).toString("base64");
}
