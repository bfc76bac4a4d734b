/** Log-mel spectrograms: golden values of transformers' (librosa's formulas), laws of the filters, errors. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createRandom, MillwrightError } from "../../core/index.ts";
import * as nn from "../index.ts";
import { fromMel, melFilters, toMel } from "./mel-filters.ts";

interface Case {
  readonly options: nn.MelSpectrogramOptions;
  readonly x: readonly number[];
  readonly shape: readonly number[];
  readonly decibels: readonly number[];
}
const { cases } = JSON.parse(
  readFileSync(new URL("../../../test/golden/mel.json", import.meta.url), "utf8"),
) as { cases: readonly Case[] };

function furthest(got: ArrayLike<number | bigint>, wanted: readonly number[]): number {
  expect(got.length).toBe(wanted.length);
  return wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - Number(got[i]))), 0);
}

describe("melSpectrogram", () => {
  test.each(cases.map((each) => ({ name: JSON.stringify(each.options), ...each })))(
    "librosa's decibels: $name (0.01 dB)",
    async ({ options, x, shape, decibels }) => {
      const got = await nn.applyLayer(nn.melSpectrogram(options), {
        dtype: "float32",
        shape: [x.length],
        data: Float32Array.from(x),
      });
      expect(got.shape).toEqual(shape);
      expect(furthest(got.data, decibels)).toBeLessThan(0.01);
    },
  );

  test("figures of the training rows make bands of mean 0 and spread 1 (1e-4)", async () => {
    const random = createRandom(4);
    const options = { rate: 8000, frame: 128, hop: 64, mels: 10 };
    const rows: nn.RowData = {
      dtype: "float32",
      shape: [1000],
      data: Float32Array.from({ length: 70_000 }, () => random.normal()),
    };
    const decibels = await nn.applyLayer(nn.melSpectrogram(options), rows, { batchSize: 32 });
    const frames = decibels.shape[1]!;
    const figures = nn.melFigures(decibels.data as Float32Array, 10, frames);
    const normal = await nn.applyLayer(nn.melSpectrogram({ ...options, figures }), rows);
    const after = nn.melFigures(normal.data as Float32Array, 10, frames);
    for (const mean of after.mean) expect(Math.abs(mean)).toBeLessThan(1e-4);
    for (const deviation of after.deviation) expect(Math.abs(deviation - 1)).toBeLessThan(1e-4);
    // A band that never changes is divided by 1.
    expect(nn.melFigures(new Float32Array(8).fill(3), 2, 2)).toEqual({ mean: [3, 3], deviation: [1, 1] });
  });

  test("with a range, how loud a sound is changes nothing (1e-3 dB)", async () => {
    const random = createRandom(5);
    const x = Float32Array.from({ length: 600 }, () => random.normal());
    const layer = nn.melSpectrogram({ rate: 8000, frame: 128, hop: 64, mels: 8, range: 30 });
    const apply = (data: Float32Array): Promise<nn.RowData> =>
      nn.applyLayer(layer, { dtype: "float32", shape: [600], data });
    const loud = await apply(x);
    const soft = await apply(x.map((sample) => sample / 100));
    expect(furthest(soft.data, Array.from(loud.data as Float32Array))).toBeLessThan(1e-3);
    expect(Math.max(...(loud.data as Float32Array))).toBe(0);
  });

  const good = { rate: 8000, frame: 256, hop: 128 };
  test.each([
    {
      name: "bands above half the rate",
      options: { ...good, high: 5000 },
      code: "PARAMETER_RANGE",
      says: "5000",
    },
    { name: "a range of 0", options: { ...good, range: 0 }, code: "PARAMETER_RANGE", says: "range: 0" },
    { name: "a hop of 0", options: { ...good, hop: 0 }, code: "PARAMETER_RANGE", says: "hop" },
    {
      name: "mels between frequencies",
      options: { ...good, frame: 64, mels: 60 },
      code: "PARAMETER_CONFLICT",
      says: "60 mels",
    },
    {
      name: "figures of another number",
      options: { ...good, mels: 3, figures: { mean: [0, 0], deviation: [1, 1] } },
      code: "SHAPE_MISMATCH",
      says: "2 means",
    },
    {
      name: "a deviation of 0",
      options: { ...good, mels: 1, figures: { mean: [0], deviation: [0] } },
      code: "SHAPE_MISMATCH",
      says: "above 0",
    },
  ])("refuses $name", ({ options, code, says }) => {
    expect(() => nn.melSpectrogram(options)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(says) }),
    );
  });

  test("refuses sounds shorter than a frame, and layers with parameters as features", async () => {
    const rows: nn.RowData = { dtype: "float32", shape: [200], data: new Float32Array(200) };
    await expect(nn.applyLayer(nn.melSpectrogram(good), rows)).rejects.toThrow("256 samples");
    await expect(nn.applyLayer(nn.dense(3), rows)).rejects.toThrow(MillwrightError);
  });
});

describe("mel scales", () => {
  test.each(["slaney", "htk"] as const)(
    "%s goes up, and back to the same hertz (relative 1e-12)",
    (scale) => {
      let before = -1;
      for (const hz of [0, 50, 440, 999.9, 1000, 1000.1, 3000, 8000]) {
        const mel = toMel(hz, scale);
        expect(mel).toBeGreaterThan(before);
        before = mel;
        expect(Math.abs(fromMel(mel, scale) - hz)).toBeLessThan(1e-12 * Math.max(1, hz) * 10);
      }
    },
  );

  test("1,000 Hz is 15 mel by Slaney and 999.99 by HTK (0.01)", () => {
    expect(toMel(1000, "slaney")).toBeCloseTo(15, 10);
    expect(Math.abs(toMel(1000, "htk") - 999.99)).toBeLessThan(0.01);
  });

  test("filters overlap their neighbours alone", () => {
    const weights = melFilters({ rate: 8000, length: 256, mels: 12, low: 0, high: 4000, scale: "htk" });
    for (let bin = 0; bin < 129; bin++) {
      const filters = Array.from({ length: 12 }, (_, m) => m).filter((m) => weights[m * 129 + bin]! > 0);
      expect(filters.length).toBeLessThanOrEqual(2);
      if (filters.length === 2) expect(filters[1]! - filters[0]!).toBe(1);
    }
  });
});
