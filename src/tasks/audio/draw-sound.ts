/** Sounds as a report shows them: the waveform above, the spectrogram below, low tones at the bottom. */
import { encodePng } from "../media/png.ts";

/** Columns at most: fewer frames are repeated, more are drawn by their loudest. */
const mostColumns = 120;
const waveHeight = 24;
const gap = 2;
/** Levels from silent to loud, evenly spaced. */
const colours = [
  [252, 252, 250],
  [214, 226, 234],
  [132, 176, 206],
  [52, 104, 160],
  [18, 38, 92],
] as const;
const ink = [52, 104, 160] as const;

function colourOf(level: number): readonly number[] {
  const at = Math.min(1, Math.max(0, level)) * (colours.length - 1);
  const low = Math.min(colours.length - 2, Math.floor(at));
  return colours[0].map((_, c) =>
    Math.round(colours[low]![c]! + (at - low) * (colours[low + 1]![c]! - colours[low]![c]!)),
  );
}

/**
 * @param levels - Of the spectrogram, 0 … 1. Shape [bands, frames].
 * @returns Base64 of a PNG, bands + 26 pixels high.
 */
export function drawSound(samples: Float32Array, levels: Float32Array, bands: number): string {
  const frames = levels.length / bands;
  const width = frames > mostColumns ? mostColumns : frames * Math.floor(mostColumns / frames);
  const height = waveHeight + gap + bands;
  const pixels = new Uint8Array(height * width * 3).fill(252);
  const put = (x: number, y: number, colour: readonly number[]): void =>
    pixels.set(colour, 3 * (y * width + x));
  let peak = 1e-6;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  for (let x = 0; x < width; x++) {
    const [from, to] = [x, x + 1].map((at) => Math.floor((at * samples.length) / width)) as [number, number];
    let [low, high] = [0, 0];
    for (let i = from; i < to; i++) {
      low = Math.min(low, samples[i]!);
      high = Math.max(high, samples[i]!);
    }
    const middle = (waveHeight - 1) / 2;
    const top = Math.round(middle - (high / peak) * middle);
    const bottom = Math.round(middle - (low / peak) * middle);
    for (let y = top; y <= bottom; y++) put(x, y, ink);
    const [first, last] = [Math.floor((x * frames) / width), Math.ceil(((x + 1) * frames) / width)];
    for (let band = 0; band < bands; band++) {
      let level = 0;
      for (let frame = first; frame < last; frame++) level = Math.max(level, levels[band * frames + frame]!);
      put(x, height - 1 - band, colourOf(level));
    }
  }
  return encodePng(pixels, { height, width, channels: 3 }).toString("base64");
}
