import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { augment, augmentation } from "../index.ts";
import { atPitch, stretched } from "./change-pitch.ts";
import { ofLength } from "./sound-steps.ts";
import type { SampleData, Step } from "./step.ts";

const { addNoise, changePitch, changeSpeed, dropTokens, gain, maskFrequency, maskTime, shiftTime } = augment;

const rate = 16_000;
function tone(frequency: number, seconds: number): Float32Array {
  return Float32Array.from(
    { length: rate * seconds },
    (_, i) => 0.5 * Math.sin((2 * Math.PI * frequency * i) / rate),
  );
}
const run = <T extends SampleData>(step: Step, data: T, shape: readonly number[] = [data.length], seed = 1) =>
  augmentation([step]).apply(data, shape, createRandom(seed));

/** The frequency of a tone by its zero crossings in the middle. */
function frequencyOf(sound: Float32Array): number {
  const [start, end] = [Math.floor(sound.length * 0.2), Math.floor(sound.length * 0.8)];
  const crossings: number[] = [];
  for (let i = start; i < end; i++) {
    if (sound[i]! < 0 && sound[i + 1]! >= 0) crossings.push(i + sound[i]! / (sound[i]! - sound[i + 1]!));
  }
  return ((crossings.length - 1) * rate) / (crossings.at(-1)! - crossings[0]!);
}
const power = (sound: Float32Array): number =>
  sound.reduce((sum, value) => sum + value * value, 0) / sound.length;

describe("time and loudness", () => {
  test("shifts reach the share that is given on both sides, and no further", () => {
    const sound = Float32Array.from({ length: 50 }, (_, i) => i + 1);
    const by = Array.from({ length: 300 }, (_, seed) => {
      const { data } = run(shiftTime({ share: 0.1 }), sound, [50], seed);
      return data.indexOf(25) - 24;
    });
    expect(Math.min(...by)).toBe(-5);
    expect(Math.max(...by)).toBe(5);
  });

  test("gain is one factor within its decibels", () => {
    const sound = tone(300, 0.01);
    for (let seed = 0; seed < 50; seed++) {
      const { data } = run(gain({ decibels: 6 }), sound, [160], seed);
      const decibels = 10 * Math.log10(power(data) / power(sound));
      expect(Math.abs(decibels)).toBeLessThanOrEqual(6.001);
      expect(data[40]! / sound[40]!).toBeCloseTo(10 ** (decibels / 20), 5);
    }
  });
});

describe("noise", () => {
  test.each([-10, 0, 20, 60])(
    "at %i dB its energy is the sound's less that ratio, within 5 standard errors",
    (snr) => {
      const sound = tone(440, 0.5);
      const { data } = run(addNoise({ minSnr: snr, maxSnr: snr, probability: 1 }), sound);
      const noise = data.map((value, i) => value - sound[i]!);
      expect(Math.abs(10 * Math.log10(power(sound) / power(noise)) - snr)).toBeLessThan(0.35);
      // White: neighbours have nothing in common, within 5 standard errors.
      const product = noise.reduce((sum, value, i) => sum + value * (noise[i + 1] ?? 0), 0) / noise.length;
      expect(Math.abs(product / power(noise))).toBeLessThan(5 / Math.sqrt(noise.length));
    },
  );

  test("silence, and nothing at all, stay as they are", () => {
    const silence = new Float32Array(100);
    expect(run(addNoise({ probability: 1 }), silence).data).toEqual(silence);
    expect(run(addNoise({ probability: 1 }), new Float32Array(0)).data).toEqual(new Float32Array(0));
  });
});

describe("speed and pitch", () => {
  test.each([0.8, 1, 1.25])("speed %f moves pitch and length together, within 0.1 %", (factor) => {
    const { data, shape } = run(changeSpeed({ min: factor, max: factor, keepLength: false }), tone(440, 0.5));
    expect(shape).toEqual([data.length]);
    expect(data.length).toBe(Math.ceil(8000 / factor));
    expect(Math.abs(frequencyOf(data) / (440 * factor) - 1)).toBeLessThan(0.001);
  });

  test("the length before is kept by cutting the end off or by silence", () => {
    const sound = tone(440, 0.1);
    const fast = run(changeSpeed({ min: 2, max: 2 }), sound).data;
    expect(fast.length).toBe(sound.length);
    expect(new Set(fast.subarray(800))).toEqual(new Set([0]));
    expect(run(changeSpeed({ min: 0.5, max: 0.5 }), sound).data.length).toBe(sound.length);
    expect([...ofLength(Float32Array.of(1, 2, 3), 2)]).toEqual([1, 2]);
    expect([...ofLength(Float32Array.of(1), 3)]).toEqual([1, 0, 0]);
  });

  test.each([-12, -5, 3, 12])(
    "%i semitones move the pitch and keep length and loudness, within 1 %",
    (semitones) => {
      const sound = tone(440, 1);
      const moved = atPitch(sound, semitones);
      expect(moved.length).toBe(sound.length);
      expect(Math.abs(frequencyOf(moved) / (440 * 2 ** (semitones / 12)) - 1)).toBeLessThan(0.01);
      const middle = (data: Float32Array) => data.subarray(4000, 12_000);
      expect(Math.abs(power(middle(moved)) / power(middle(sound)) - 1)).toBeLessThan(0.1);
    },
  );

  test.each([0.6, 1.7])("made %f times as long the pitch stays, within 1 %", (factor) => {
    const long = stretched(tone(300, 1), factor);
    expect(long.length).toBe(Math.ceil(rate * factor));
    expect(Math.abs(frequencyOf(long) / 300 - 1)).toBeLessThan(0.01);
  });

  test("a constant stays a constant: windows add up to one", () => {
    const flat = stretched(new Float32Array(4000).fill(0.5), 1.3);
    for (let i = 0; i < 5000; i++) expect(flat[i]).toBeCloseTo(0.5, 5);
  });

  test("short, empty and silent sounds are taken", () => {
    for (const length of [0, 1, 100, 640]) {
      const { data } = run(changePitch({ probability: 1 }), new Float32Array(length));
      expect([...data]).toEqual(new Array(length).fill(0));
      expect(run(changeSpeed(), new Float32Array(length)).data.length).toBe(length);
    }
  });
});

describe("masks", () => {
  const [bands, frames] = [12, 30];
  const shape = [bands, frames];
  const spectrogram = Float32Array.from({ length: bands * frames }, (_, i) => 1 + i);
  const mean = (1 + bands * frames) / 2;

  test("a time mask covers whole frames by the mean, one run a mask, at most so many", () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 60; seed++) {
      const got = run(maskTime({ count: 1, most: 7 }), spectrogram, shape, seed);
      expect(got.shape).toEqual(shape);
      const covered = Array.from({ length: frames }, (_, f) => f).filter(
        (f) => got.data[f] !== spectrogram[f],
      );
      if (covered.length > 0) expect(covered.at(-1)! - covered[0]! + 1).toBe(covered.length);
      seen.add(covered.length);
      for (const [i, value] of got.data.entries())
        expect(value).toBe(covered.includes(i % frames) ? mean : spectrogram[i]);
    }
    expect(Math.min(...seen)).toBe(0);
    expect(Math.max(...seen)).toBe(7);
  });

  test("a frequency mask covers bands in all frames, by a level where one is given", () => {
    const step = maskFrequency({ count: 2, most: 3, with: "level", level: -80 });
    let most = 0;
    for (let seed = 0; seed < 30; seed++) {
      const { data } = run(step, spectrogram, shape, seed);
      const covered = Array.from({ length: bands }, (_, b) => b).filter((b) => data[b * frames] === -80);
      most = Math.max(most, covered.length);
      for (const [i, value] of data.entries()) {
        expect(value).toBe(covered.includes(Math.floor(i / frames)) ? -80 : spectrogram[i]);
      }
    }
    expect(most).toBeGreaterThan(3);
    expect(most).toBeLessThanOrEqual(6);
  });

  test("masks larger than the spectrogram, and ones without frames or bands", () => {
    expect(run(maskTime({ most: 1000 }), spectrogram, shape).data.length).toBe(bands * frames);
    for (const step of [maskTime(), maskFrequency()]) {
      for (const empty of [
        [0, frames],
        [bands, 0],
      ])
        expect(run(step, new Float32Array(0), empty).shape).toEqual(empty);
    }
  });
});

describe("dropTokens", () => {
  const tokens = Int32Array.from({ length: 40 }, (_, i) => (i < 30 ? i + 2 : 0));

  test("replaced tokens are the unknown one, padding stays, and the share is the one asked for", () => {
    let dropped = 0;
    for (let seed = 0; seed < 200; seed++) {
      const { data } = run(dropTokens({ probability: 0.2, unknown: 1 }), tokens, [40], seed);
      for (const [i, token] of data.entries())
        expect(token === 1 && i < 30 ? tokens[i] : token).toBe(tokens[i]);
      dropped += data.filter((token) => token === 1).length;
    }
    expect(Math.abs(dropped / 6000 - 0.2)).toBeLessThan(4 * Math.sqrt(0.16 / 6000));
  });

  test("removed tokens leave no gap, the same ones that would be replaced", () => {
    for (let seed = 0; seed < 20; seed++) {
      const replaced = run(dropTokens({ probability: 0.3, unknown: 1 }), tokens, [40], seed).data;
      const removed = run(dropTokens({ probability: 0.3, how: "remove" }), tokens, [40], seed).data;
      const left = [...replaced].filter((token) => token !== 1 && token !== 0);
      expect([...removed]).toEqual([...left, ...new Array<number>(40 - left.length).fill(0)]);
    }
  });

  test("one token is always left; without any there is none to leave", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { data } = run(dropTokens({ probability: 1, how: "remove" }), tokens, [40], seed);
      expect(data.filter((token) => token !== 0).length).toBe(1);
    }
    expect([...run(dropTokens({ probability: 1 }), new Int32Array(4)).data]).toEqual([0, 0, 0, 0]);
    expect(run(dropTokens(), new Int32Array(0)).data.length).toBe(0);
  });
});
