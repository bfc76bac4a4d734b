/**
 * A CSV of any size, written in blocks: twelve numbers, two whole numbers, three categories and an answer of two labels
 * that depends on them in a straight and in a crooked way. The same seed gives the same bytes.
 *
 * Cells are drawn from tables of texts made beforehand, which lie close together, so that a gigabyte takes some ten seconds.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { createRandom } from "../../src/core/index.ts";

const numbers = 12;
const shops = Array.from({ length: 40 }, (_, i) => `shop ${i + 1}`);
const colours = ["red", "green", "blue", "white", "black"];
const plans = ["basic", "family", "business"];
const drawn = 1 << 12;
const blockBytes = 1 << 20;
/** Bytes kept for a text with what stands behind it. */
const room = 16;

/** Texts, each with the comma behind it, `room` bytes apart. */
interface Texts {
  readonly bytes: Uint8Array;
  readonly lengths: Uint8Array;
}

/** Values and how each is written. */
interface Cells {
  readonly values: Float64Array;
  readonly texts: Texts;
}

export interface BigTable {
  readonly rowCount: number;
  readonly bytes: number;
}

/** @param bytes - The file is the first whole row longer than this. */
export function writeBigTable(path: string, bytes: number, seed: number): BigTable {
  const random = createRandom(seed);
  const cellsOf = (count: number, draw: () => number, write: (value: number) => string): Cells => {
    const texts = Array.from({ length: count }, () => write(draw()));
    return { values: Float64Array.from(texts, Number), texts: encoded(texts) };
  };
  const measured = Array.from({ length: numbers }, (_, j) =>
    cellsOf(
      drawn,
      () => (1 + j) * random.normal(),
      (value) => value.toFixed(2 + (j % 3)),
    ),
  );
  const ages = cellsOf(73, () => 18 + Math.floor(73 * random.next()), String);
  const counts = cellsOf(1000, () => Math.floor(-40 * Math.log(1 - random.next())), String);
  // A generator of its own: four draws of 32 bits a row.
  let state = (Math.floor(random.next() * 2 ** 32) | 1) >>> 0;
  const bits = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  const [shopTexts, colourTexts, planTexts] = [encoded(shops), encoded(colours), encoded(plans)];
  const answers = encoded(["no", "yes"], "\n");
  const block = new Uint8Array(blockBytes);
  let at = 0;
  const put = ({ bytes, lengths }: Texts, cell: number): void => {
    const from = cell * room;
    const length = lengths[cell]!;
    for (let i = 0; i < length; i++) block[at + i] = bytes[from + i]!;
    at += length;
  };
  const file = openSync(path, "w");
  const header = [
    ...measured.map((_, j) => `x${j + 1}`),
    "age",
    "visits",
    "shop",
    "colour",
    "plan",
    "bought",
  ];
  let written = writeSync(file, `${header.join(",")}\n`);
  let rowCount = 0;
  const x = new Float64Array(numbers);
  try {
    while (written < bytes) {
      at = 0;
      while (at < blockBytes - 1024 && written + at < bytes) {
        let score = -0.4;
        for (let j = 0; j < numbers; j++) {
          const cell = bits() & (drawn - 1);
          x[j] = measured[j]!.values[cell]! / (1 + j);
          put(measured[j]!.texts, cell);
          score += (j % 2 === 0 ? 0.35 : -0.2) * x[j]!;
        }
        const draw = bits();
        const age = draw % 73;
        const visits = (draw >>> 8) % 1000;
        const shop = (draw >>> 3) % shops.length;
        const colour = (draw >>> 17) % colours.length;
        const plan = (draw >>> 23) % plans.length;
        score += 0.8 * x[0]! * x[1]! + 0.6 * Math.abs(x[2]!) + (shop % 7 === 0 ? 0.9 : 0) - 0.3 * plan;
        score += 0.02 * (ages.values[age]! - 50) + (colour === 2 ? 0.5 : 0);
        put(ages.texts, age);
        put(counts.texts, visits);
        put(shopTexts, shop);
        put(colourTexts, colour);
        put(planTexts, plan);
        put(answers, bits() / 2 ** 32 < 1 / (1 + Math.exp(-score)) ? 1 : 0);
        rowCount++;
      }
      written += writeSync(file, block, 0, at);
    }
  } finally {
    closeSync(file);
  }
  return { rowCount, bytes: written };
}

function encoded(texts: readonly string[], end = ","): Texts {
  const bytes = new Uint8Array(texts.length * room);
  const lengths = Uint8Array.from(
    texts,
    (text, i) =>
      new TextEncoder().encodeInto(`${text}${end}`, bytes.subarray(i * room, (i + 1) * room)).written,
  );
  return { bytes, lengths };
}
