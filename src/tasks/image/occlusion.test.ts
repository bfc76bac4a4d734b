import { expect, test } from "vitest";
import { lit, occlusion, places } from "./occlusion.ts";

const size = { height: 16, width: 32, channels: 3 } as const;
const bytes = size.height * size.width * size.channels;
/** Grey with one bright pixel. */
function spot(y: number, x: number): Uint8Array {
  const picture = new Uint8Array(bytes).fill(50);
  picture.fill(250, (y * size.width + x) * 3, (y * size.width + x + 1) * 3);
  return picture;
}
/** A file that knows the class by the brightest pixel. */
const byBrightest = async (covered: Uint8Array): Promise<Float64Array> =>
  Float64Array.from({ length: covered.length / bytes }, (_, i) =>
    Math.max(...covered.subarray(i * bytes, (i + 1) * bytes)) > 200 ? 0.9 : 0.2,
  );

test("the places that cover the pixel which decides are those where the answer falls, and no other", async () => {
  const [y, x] = [5, 20];
  const falls = await occlusion(spot(y, x), size, 0.9, byBrightest);
  falls.forEach((fall, place) => {
    const [row, column] = [Math.floor(place / places), place % places];
    const down = y >= Math.round((row - 0.5) * 2) && y < Math.round((row + 1.5) * 2);
    const across = x >= Math.round((column - 0.5) * 4) && x < Math.round((column + 1.5) * 4);
    expect(fall).toBeCloseTo(down && across ? 0.7 : 0, 12);
  });
});

test("what decides keeps its colours, and the rest is dim", async () => {
  const picture = spot(5, 20);
  const drawn = lit(picture, size, await occlusion(picture, size, 0.9, byBrightest))!;
  expect(drawn).toHaveLength(bytes);
  expect(drawn[(5 * size.width + 20) * 3]!).toBeGreaterThan(200);
  expect(drawn[(15 * size.width + 2) * 3]!).toBe(15);
});

test("a grey picture is drawn in three channels; an answer that rests on no place is not drawn", async () => {
  const grey = { ...size, channels: 1 } as const;
  const picture = new Uint8Array(bytes / 3).fill(99);
  expect(lit(picture, grey, new Float64Array(places * places))).toBeUndefined();
  const falls = new Float64Array(places * places).fill(0.5);
  expect(lit(picture, grey, falls)).toEqual(new Uint8Array(bytes).fill(99));
});
