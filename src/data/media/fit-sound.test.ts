/** Sounds of one length around the centre of their energy. */
import { describe, expect, test } from "vitest";
import { decodeSound, fitSound } from "./fit-sound.ts";
import { wavFile } from "./wav-fixture.ts";

const pulse = (length: number, at: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => (i === at ? 0.5 : 0));

describe("fitSound", () => {
  test.each([
    ["longer than wanted", 100, 70],
    ["at the very start", 100, 0],
    ["at the very end", 100, 99],
    ["shorter than wanted", 5, 1],
  ])("puts the centre of the energy into the middle: %s", (_, length, at) => {
    const fitted = fitSound(pulse(length, at), 20);
    expect(fitted).toHaveLength(20);
    expect([...fitted]).toEqual([...pulse(20, 10)]);
  });

  test("silence before and behind changes nothing", () => {
    const word = [0.1, -0.4, 0.3, 0.2, -0.1];
    const padded = [...new Array<number>(37).fill(0), ...word, ...new Array<number>(400).fill(0)];
    expect(fitSound(Float32Array.from(padded), 9)).toEqual(fitSound(Float32Array.from(word), 9));
  });

  test("takes the middle of a constant, and silence of silence", () => {
    const level = fitSound(new Float32Array(10).fill(0.25), 4);
    expect([...level]).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect([...fitSound(new Float32Array(3), 5)]).toEqual([0, 0, 0, 0, 0]);
    expect([...fitSound(new Float32Array(0), 2)]).toEqual([0, 0]);
  });
});

test("decodeSound brings a file to rate and length, and refuses what is none", async () => {
  const data = Buffer.alloc(800);
  for (let i = 0; i < 400; i++) data.writeInt16LE(Math.round(8000 * Math.sin(i / 5)), 2 * i);
  const sound = await decodeSound(wavFile(data, { rate: 8000 }), { rate: 4000, length: 150 });
  if (!sound.ok) throw new Error(sound.reason);
  expect(sound).toMatchObject({ rate: 4000, channels: 1 });
  expect(sound.samples).toHaveLength(150);
  const own = await decodeSound(wavFile(data, { rate: 8000 }));
  expect(own.ok && own.samples.length).toBe(400);
  expect(await decodeSound(Buffer.from("no sound"))).toMatchObject({ ok: false });
  await expect(decodeSound(data, { length: 0 })).rejects.toMatchObject({ code: "PARAMETER_RANGE" });
});
