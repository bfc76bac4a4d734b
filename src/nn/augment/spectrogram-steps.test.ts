/** Spectrograms stretched and tilted: what becomes of rows of which the answer is known. Masks: sound-steps.test.ts. */
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { augment, augmentation } from "../index.ts";
import type { Step } from "./step.ts";

const { tiltSpectrogram, warpSpectrogram } = augment;
const bands = 10;
const frames = 12;
const random = createRandom(3);
const row = Float32Array.from({ length: bands * frames }, () => random.normal());
const still = { minPitch: 1, maxPitch: 1, minTime: 1, maxTime: 1, shift: 0 };
const changed = (step: Step, data: Float32Array, shape = [bands, frames], seed = 1): Float32Array =>
  augmentation([step]).apply(data, shape, createRandom(seed)).data;

describe("warpSpectrogram", () => {
  test("by 1 changes nothing; planes stay planes inside (1e-5)", () => {
    expect(changed(warpSpectrogram(still), row)).toEqual(row);
    const plane = Float32Array.from(
      { length: bands * frames },
      (_, i) => Math.floor(i / frames) + 0.1 * (i % frames),
    );
    const step = warpSpectrogram({ minPitch: 1.25, maxPitch: 1.25, minTime: 2, maxTime: 2, shift: 0 });
    const after = changed(step, plane);
    const middle = (frames - 1) / 2;
    for (let band = 0; band < bands; band++)
      for (let frame = 0; frame < frames; frame++) {
        const wanted = band / 1.25 + 0.1 * (middle + (frame - middle) / 2);
        expect(Math.abs(after[band * frames + frame]! - wanted)).toBeLessThan(1e-5);
      }
  });

  test("moves frames, and the rim goes on (1e-5)", () => {
    const ramp = Float32Array.from({ length: frames }, (_, i) => i);
    const after = changed(warpSpectrogram({ ...still, shift: 4 }), ramp, [1, frames], 5);
    const by = ramp[6]! - after[6]!;
    expect(Math.abs(by)).toBeGreaterThan(0.1);
    for (const [i, x] of after.entries())
      expect(Math.abs(x - Math.min(frames - 1, Math.max(0, i - by)))).toBeLessThan(1e-5);
  });

  test("refuses ranges that end before they begin", () => {
    expect(() => warpSpectrogram({ minTime: 2, maxTime: 1 })).toThrow(
      expect.objectContaining({ code: "PARAMETER_CONFLICT" }),
    );
    expect(() => warpSpectrogram({ shift: -1 })).toThrow(
      expect.objectContaining({ code: "PARAMETER_RANGE" }),
    );
  });
});

test("tiltSpectrogram adds a line over the bands, the same in each frame (1e-5)", () => {
  const after = changed(tiltSpectrogram({ most: 2 }), row, [bands, frames], 7);
  const added = Array.from({ length: bands }, (_, band) => after[band * frames]! - row[band * frames]!);
  const step = added[1]! - added[0]!;
  expect(Math.abs(step)).toBeGreaterThan(1e-3);
  expect(Math.max(...added.map(Math.abs))).toBeLessThan(2);
  for (const [i, x] of after.entries()) {
    const band = Math.floor(i / frames);
    expect(Math.abs(x - row[i]! - (added[0]! + band * step))).toBeLessThan(1e-5);
  }
});
