/** Sets of pictures: parts of others, files of MNIST's form, made ones, and pictures turned by quarters. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createRandom, type Random } from "../../src/core/index.ts";
import type * as nn from "../../src/nn/index.ts";
import type { Frame, Pictures } from "./picture-peer.ts";

/** Pictures at some places. */
export function taken(
  { pixels, codes }: Pictures,
  places: readonly number[],
  { side, channels }: Frame,
): Pictures {
  const bytes = side * side * channels;
  const out = new Uint8Array(places.length * bytes);
  places.forEach((from, to) => out.set(pixels.subarray(from * bytes, (from + 1) * bytes), to * bytes));
  return { pixels: out, codes: Uint8Array.from(places, (from) => codes[from]!) };
}

/** The training or the test pictures of a folder in MNIST's form. */
export function readIdx(folder: string, part: "train" | "t10k"): Pictures {
  const read = (name: string, header: number): Uint8Array =>
    gunzipSync(readFileSync(join(folder, `${part}-${name}-ubyte.gz`))).subarray(header);
  return { pixels: read("images-idx3", 16), codes: read("labels-idx1", 8) };
}

/** Bars of as many widths as there are classes, with noise: what a smoke run learns. */
export function bars(count: number, seed: number, { side, channels, classes }: Frame): Pictures {
  const random = createRandom(seed);
  const codes = Uint8Array.from({ length: count }, (_, i) => i % classes);
  const pixels = new Uint8Array(count * side * side * channels);
  for (let i = 0; i < pixels.length; i++) {
    const at = Math.floor(i / channels);
    const bar = (at % side) / side < 0.15 + (0.75 * codes[Math.floor(at / (side * side))]!) / classes;
    pixels[i] = (bar ? 180 : 20) + random.integer(60);
  }
  return { pixels, codes };
}

/** The pictures of some classes, their codes counted from 0. */
export function ofClasses(all: Pictures, classes: readonly number[], frame: Frame): Pictures {
  const places = [...all.codes.keys()].filter((i) => classes.includes(all.codes[i]!));
  const { pixels, codes } = taken(all, places, frame);
  return { pixels, codes: codes.map((code) => classes.indexOf(code)) };
}

/** As many of each class, drawn by a seed. */
export function few(all: Pictures, perClass: number, seed: number, frame: Frame): Pictures {
  const random = createRandom(seed);
  const places = Array.from({ length: frame.classes }, (_, code) => {
    const own = Uint32Array.from([...all.codes.keys()].filter((i) => all.codes[i] === code));
    return [...random.child(code).shuffle(own).subarray(0, perClass)];
  }).flat();
  return taken(all, places, frame);
}

/** The same pictures, with room after each class for its three quarter turns: what `quarterTurns` is given. */
export const spacedForTurns = ({ pixels, codes }: Pictures): Pictures => ({
  pixels,
  codes: codes.map((code) => 4 * code),
});

/** Each picture of a batch turned by 0 to 3 quarters, and its target moved by as many classes. */
export function quarterTurns(batch: nn.Batch, random: Random): nn.Batch {
  const given = batch.inputs["x"]!;
  const [rows, side] = given.shape as [number, number, number, number];
  const size = side * side;
  const [pixels, targets] = [given.data as Float32Array, batch.target.data as Float32Array];
  const data = new Float32Array(pixels.length);
  const moved = new Float32Array(targets.length);
  const classes = targets.length / rows;
  for (let row = 0; row < rows; row++) {
    const turn = random.child(row).integer(4);
    for (let i = 0; i < size; i++) data[row * size + turnedPlace(i, turn, side)] = pixels[row * size + i]!;
    for (let k = 0; k + turn < classes; k++) moved[row * classes + k + turn] = targets[row * classes + k]!;
  }
  return { ...batch, inputs: { x: { ...given, data } }, target: { ...batch.target, data: moved } };
}

/** Where a pixel of a square picture goes when that is turned by quarters to the right. */
function turnedPlace(at: number, quarters: number, side: number): number {
  let [down, across] = [Math.floor(at / side), at % side];
  for (let quarter = 0; quarter < quarters; quarter++) [down, across] = [across, side - 1 - down];
  return down * side + across;
}
