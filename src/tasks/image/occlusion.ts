/**
 * Which places of a picture an answer rests on, by covering them: the file answers the picture once for each place with
 * that place in the picture's mean colour, and the fall of the answer's probability is what the place brought. It asks
 * the file alone, so that it tells of a forest as well as of a network. Source: Zeiler & Fergus 2014, "Visualizing and
 * understanding convolutional networks", section 4.2.
 */
import type { PictureSize } from "./read-pictures.ts";

/** Places down and across. */
export const places = 8;

/**
 * @param picture - [height, width, channels].
 * @param answer - Of covered pictures [places × places, height, width, channels]: the probability of the answer in each.
 * @param probability - Of the answer in the picture as it is.
 * @returns Fall of the probability, at least 0, row-major [places, places].
 */
export async function occlusion(
  picture: Uint8Array,
  { height, width, channels }: PictureSize,
  probability: number,
  answer: (covered: Uint8Array) => Promise<Float64Array>,
): Promise<Float64Array> {
  const mean = Array.from({ length: channels }, (_, c) => {
    let sum = 0;
    for (let i = c; i < picture.length; i += channels) sum += picture[i]!;
    return Math.round((sum * channels) / picture.length);
  });
  const covered = new Uint8Array(places * places * picture.length);
  // A box is twice as large as a place: what lies on a border is covered whole by one of them.
  const edge = (at: number, length: number): number =>
    Math.min(length, Math.max(0, Math.round((at * length) / places)));
  for (let place = 0; place < places * places; place++) {
    const [row, column] = [Math.floor(place / places), place % places];
    const own = covered.subarray(place * picture.length, (place + 1) * picture.length);
    own.set(picture);
    for (let y = edge(row - 0.5, height); y < edge(row + 1.5, height); y++)
      for (let x = edge(column - 0.5, width); x < edge(column + 1.5, width); x++)
        own.set(mean, (y * width + x) * channels);
  }
  const shares = await answer(covered);
  return shares.map((share) => Math.max(0, probability - share));
}

/** Least fall that is drawn: below it no place alone decides. */
const least = 0.02;

/**
 * The picture with what the answer rests on in its own colours, and the rest dim and grey.
 *
 * @param falls - Of `occlusion`.
 * @returns [height, width, 3]; undefined where no place alone brings the answer anything.
 */
export function lit(
  picture: Uint8Array,
  { height, width, channels }: PictureSize,
  falls: Float64Array,
): Uint8Array | undefined {
  const greatest = Math.max(...falls);
  if (!(greatest >= least)) return undefined;
  const out = new Uint8Array(height * width * 3);
  const at = (row: number, column: number): number =>
    falls[Math.min(places - 1, Math.max(0, row)) * places + Math.min(places - 1, Math.max(0, column))]!;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [v, u] = [((y + 0.5) * places) / height - 0.5, ((x + 0.5) * places) / width - 0.5];
      const [row, column] = [Math.floor(v), Math.floor(u)];
      const [a, b] = [v - row, u - column];
      const fall =
        (1 - a) * ((1 - b) * at(row, column) + b * at(row, column + 1)) +
        a * ((1 - b) * at(row + 1, column) + b * at(row + 1, column + 1));
      const share = fall / greatest;
      const from = (y * width + x) * channels;
      const colours = [0, 1, 2].map((c) => picture[from + (channels === 3 ? c : 0)]!);
      const dim = 0.3 * ((colours[0]! + colours[1]! + colours[2]!) / 3);
      colours.forEach((level, c) => {
        out[(y * width + x) * 3 + c] = Math.round(share * level + (1 - share) * dim);
      });
    }
  }
  return out;
}
