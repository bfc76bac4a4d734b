/**
 * The pictures of `millwright demo dl`: a disc, a square, a triangle or a cross, made from a seed.
 *
 * Place, size, turn, colours and noise differ from picture to picture, so that no single pixel tells the shape: what a
 * network that looks for edges finds, and a model of average levels does not.
 */
import { createRandom, type Random } from "../../core/index.ts";
import { encodePng } from "../media/png.ts";

type Inside = (x: number, y: number) => boolean;

/** Whether a point belongs to the shape, in units of its size, turned upright. */
const shapes: Readonly<Record<string, Inside>> = {
  cross: (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 1 && Math.min(Math.abs(x), Math.abs(y)) < 0.33,
  disc: (x, y) => x * x + y * y < 0.8,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.8,
  triangle: (x, y) => y > -0.7 && y < 0.9 - 2 * Math.abs(x),
};
export const shapeNames: readonly string[] = Object.keys(shapes);

/** Pixels across and down. */
export const shapeSide = 32;

/** PNG files by `<shape>/<number>.png`, `perShape` of each. */
export function shapeFiles(perShape: number, seed: number): Record<string, Uint8Array> {
  const random = createRandom(seed).child("demo pictures");
  const files: Record<string, Uint8Array> = {};
  for (const name of shapeNames)
    for (let i = 0; i < perShape; i++)
      files[`${name}/${String(i).padStart(3, "0")}.png`] = encodePng(
        draw(shapes[name]!, random.child(`${name} ${i}`)),
        { height: shapeSide, width: shapeSide, channels: 3 },
      );
  return files;
}

/** [32, 32, 3] */
function draw(inside: Inside, random: Random): Uint8Array {
  const size = 7 + 5 * random.next();
  const turn = (random.next() - 0.5) * 0.6;
  const [cx, cy] = [place(size, random), place(size, random)];
  const ground = colour(random);
  const paint = lighter(ground, random);
  const pixels = new Uint8Array(shapeSide * shapeSide * 3);
  for (let row = 0; row < shapeSide; row++) {
    for (let column = 0; column < shapeSide; column++) {
      const [dx, dy] = [(column - cx) / size, (cy - row) / size];
      const x = dx * Math.cos(turn) + dy * Math.sin(turn);
      const y = dy * Math.cos(turn) - dx * Math.sin(turn);
      const own = inside(x, y) ? paint : ground;
      for (let c = 0; c < 3; c++) {
        const level = own[c]! + 12 * random.normal();
        pixels[(row * shapeSide + column) * 3 + c] = Math.min(255, Math.max(0, Math.round(level)));
      }
    }
  }
  return pixels;
}

/** A centre from which the whole shape stays inside. */
function place(size: number, random: Random): number {
  return size + random.next() * (shapeSide - 1 - 2 * size);
}

/** A dark colour. */
function colour(random: Random): number[] {
  return Array.from({ length: 3 }, () => 20 + random.next() * 110);
}

/** A colour that can be told from a darker one. */
function lighter(ground: readonly number[], random: Random): number[] {
  return ground.map((level) => level + 40 + random.next() * 80);
}
