/** Scaled windows against plain loops, to 1e-12, with gaps. */
import { expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { naiveForecasts } from "./forecasters.ts";
import { runOver } from "./run-graph.ts";
import { type ForecastShape, scaleWindow, unscaled } from "./scale.ts";

const day = 86_400_000;
const shape: ForecastShape = {
  steps: 10,
  columns: 3,
  horizon: 5,
  period: 4,
  calendar: [day],
  stepMs: day / 4,
  figures: [
    { mean: 100, deviation: 20 },
    { mean: 5, deviation: 2 },
    { mean: 0, deviation: 1 },
  ],
};
const random = createRandom(4);
const rows = 40;
const x = Float64Array.from({ length: rows * 30 }, (_, at) => {
  const [row, step, column] = [Math.floor(at / 30), Math.floor(at / 3) % 10, at % 3];
  if (column === 2) return (row * 7 + step) * (day / 4) + 1000;
  return random.next() < 0.25 ? Number.NaN : (column === 0 ? 100 : 5) + 10 * random.normal();
});
const series = (row: number): number[] => Array.from({ length: 10 }, (_, step) => x[row * 30 + step * 3]!);

test("mean, spread, others and phases are those of the definition", async () => {
  const found = await runOver(x, { steps: 10, columns: 3 }, (value) => {
    const window = scaleWindow(value, shape);
    return {
      z: window.z,
      others: window.others!,
      phases: window.phases!,
      back: unscaled(window.z, window),
    };
  });
  for (let row = 0; row < rows; row++) {
    const known = series(row).filter((value) => !Number.isNaN(value));
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length;
    const deviation = Math.sqrt(variance + 1e-4 * mean ** 2 + 0.2 ** 2 + 1e-9);
    series(row).forEach((value, step) => {
      const z = Number.isNaN(value) ? 0 : (value - mean) / deviation;
      expect(found.z[row * 10 + step]).toBeCloseTo(z, 12);
      expect(found.back[row * 10 + step]).toBeCloseTo(Number.isNaN(value) ? mean : value, 9);
      const other = x[row * 30 + step * 3 + 1]!;
      expect(found.others[row * 10 + step]).toBeCloseTo(Number.isNaN(other) ? 0 : (other - 5) / 2, 12);
      const time = x[row * 30 + step * 3 + 2]!;
      expect(found.phases[row * 10 + step]).toBeCloseTo((time % day) / day, 9);
    });
  }
});

test("naive forecasts are the last known value, and the nearest known one whole seasons before", async () => {
  const [last, seasonal] = naiveForecasts(shape);
  const found = await runOver(x, { steps: 10, columns: 3 }, (value) => ({
    last: last!.emit(value),
    seasonal: seasonal!.emit(value),
  }));
  for (let row = 0; row < rows; row++) {
    const values = series(row);
    const known = values.findLast((value) => !Number.isNaN(value))!;
    for (let k = 0; k < 5; k++) {
      expect(found.last[row * 5 + k]).toBeCloseTo(known, 9);
      let expected = known;
      // Value 10 + k, one and two seasons of 4 before; the fifth value looks back to the first again.
      for (const at of [10 + (k % 4) - 8, 10 + (k % 4) - 4])
        if (!Number.isNaN(values[at]!)) expected = values[at]!;
      expect(found.seasonal[row * 5 + k]).toBeCloseTo(expected, 9);
    }
  }
});
