/**
 * Windows of series for a forecast: what was known, and what came next.
 *
 * Time is cut three times for all series alike: what comes next in training lies before the first cut, in validation
 * before the second, in calibration before the third, in the test behind it. A window may look back across a cut, as it
 * will when the file is used.
 */
import { MillwrightError } from "../../core/index.ts";
import type { GridSeries } from "./read-sequences.ts";

export interface Windows {
  /** Row-major [windows, steps, columns]; NaN is missing. */
  readonly x: Float64Array;
  /** Row-major [windows, horizon]; none is missing. */
  readonly y: Float64Array;
  /** Series of each window, and the place of its last known row. */
  readonly origins: readonly { readonly series: number; readonly place: number }[];
}

export interface WindowParts {
  readonly train: Windows;
  readonly validation: Windows;
  /** What intervals are made from: NaN in `y` is a value of another part, or missing. */
  readonly calibration: Windows;
  readonly test: Windows;
  /** Times from which on targets are of validation, of calibration, and of the test. */
  readonly cuts: readonly [validation: number, calibration: number, test: number];
  /** Windows left out because a value to forecast is missing. */
  readonly gaps: number;
}

export interface WindowShape {
  readonly steps: number;
  readonly horizon: number;
  readonly columns: number;
}

/** Most windows: beyond them evenly spread ones are taken. */
const most = { train: 8000, validation: 1000, calibration: 2000, test: 2000 } as const;
const least = { train: 30, validation: 3, test: 3 } as const;

/**
 * Times that part what is learnt from, what chooses, what intervals are made from and what is untouched.
 *
 * @param shares - Of the rows that are test, and of the rest that are validation and calibration.
 */
export function cutsOf(
  series: readonly GridSeries[],
  columns: number,
  shares: { readonly test: number; readonly validation: number; readonly calibration?: number },
): WindowParts["cuts"] {
  const { test, validation, calibration = 0 } = shares;
  const times = Float64Array.from(
    series.flatMap(({ times: own, values }) =>
      Array.from(own).filter((_, i) => !Number.isNaN(values[i * columns]!)),
    ),
  ).sort();
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? Number.NaN;
  return [at((1 - test) * (1 - validation - calibration)), at((1 - test) * (1 - calibration)), at(1 - test)];
}

/** @returns Also of parts with fewer windows than a training needs: `requireEnough`. */
export function makeWindows(
  series: readonly GridSeries[],
  shape: WindowShape,
  cuts: WindowParts["cuts"],
): WindowParts {
  const { found, gaps } = findWindows(series, shape, cuts);
  const part = (name: PartName): Windows => windowsAt(series, spread(found[name], most[name]), shape);
  return {
    train: part("train"),
    validation: part("validation"),
    calibration: calibrationWindows(series, shape, cuts),
    test: part("test"),
    cuts,
    gaps,
  };
}

/** The first part with too few windows to learn from, choose by, or judge by. */
export const partTooSmall = (parts: WindowParts): PartName | undefined =>
  (["train", "validation", "test"] as const).find((name) => parts[name].origins.length < least[name]);

/** @throws MillwrightError `DATA_TOO_FEW_ROWS`. */
export function requireEnough(parts: WindowParts, shape: WindowShape): void {
  const small = partTooSmall(parts);
  if (small !== undefined) throw tooFew(small, parts[small].origins.length, shape);
}

/**
 * Each value of the part is there once for each number of steps that it is ahead: of a window that reaches beyond the
 * part, only what lies in it counts. So few rows give as many errors a step as there are rows.
 */
function calibrationWindows(
  series: readonly GridSeries[],
  shape: WindowShape,
  [, from, to]: WindowParts["cuts"],
): Windows {
  const { steps, horizon, columns } = shape;
  const counts = ({ times, values }: GridSeries, at: number): boolean =>
    at < times.length && times[at]! >= from && times[at]! < to && !Number.isNaN(values[at * columns]!);
  const found = series.flatMap((own, s) =>
    Array.from({ length: Math.max(0, own.times.length - steps) }, (_, i) => steps - 1 + i)
      .filter((place) =>
        Array.from({ length: horizon }, (_, k) => place + 1 + k).some((at) => counts(own, at)),
      )
      .map((place) => ({ series: s, place })),
  );
  const windows = windowsAt(series, spread(found, most.calibration), shape);
  windows.origins.forEach(({ series: s, place }, i) => {
    for (let k = 0; k < horizon; k++)
      if (!counts(series[s]!, place + 1 + k)) windows.y[i * horizon + k] = Number.NaN;
  });
  return windows;
}

/**
 * Windows of other series as a test part has them: side by side, each behind `steps` places that it looks back on.
 *
 * @returns At most as many as of a test part, evenly spread, and how many of `all` there are.
 * @throws MillwrightError `DATA_TOO_FEW_ROWS` where there is none.
 */
export function windowsToJudge(
  series: readonly GridSeries[],
  shape: WindowShape,
): Windows & { readonly all: number; readonly gaps: number } {
  const { found, gaps } = findWindows(series, shape, [-Infinity, -Infinity, -Infinity]);
  const { steps, horizon } = shape;
  if (found.test.length === 0) {
    const longest = Math.max(...series.map(({ times }) => times.length));
    throw new MillwrightError(
      "DATA_TOO_FEW_ROWS",
      `A forecast of ${horizon} values from ${steps} rows is judged on series of at least ${steps + horizon} rows with all of the values to forecast, and the longest of ${series.length} has ${longest}${gaps > 0 ? `, with ${gaps} windows that have a gap there` : ""}.`,
      "Bring longer series: the rows before those that are judged are read too.",
    );
  }
  return { ...windowsAt(series, spread(found.test, most.test), shape), all: found.test.length, gaps };
}

type PartName = "train" | "validation" | "test";

function findWindows(
  series: readonly GridSeries[],
  { steps, horizon, columns }: WindowShape,
  cuts: WindowParts["cuts"],
): { readonly found: Readonly<Record<PartName, Windows["origins"]>>; readonly gaps: number } {
  const found = {
    train: [] as { series: number; place: number }[],
    validation: [] as { series: number; place: number }[],
    test: [] as { series: number; place: number }[],
  };
  let gaps = 0;
  series.forEach(({ times: own, values }, s) => {
    // Test windows stand side by side, so that each value is judged once.
    let nextTest = 0;
    for (let place = steps - 1; place + horizon < own.length; place++) {
      const first = own[place + 1]!;
      const last = own[place + horizon]!;
      const part =
        last < cuts[0]
          ? "train"
          : first >= cuts[2]
            ? "test"
            : first >= cuts[0] && last < cuts[1]
              ? "validation"
              : undefined;
      if (part === undefined || (part === "test" && place < nextTest)) continue;
      if (hasGap(values, place, horizon, columns)) {
        gaps++;
        continue;
      }
      if (part === "test") nextTest = place + horizon;
      found[part].push({ series: s, place });
    }
  });
  return { found, gaps };
}

function hasGap(values: Float64Array, place: number, horizon: number, columns: number): boolean {
  for (let k = 1; k <= horizon; k++) if (Number.isNaN(values[(place + k) * columns]!)) return true;
  return false;
}

function spread<T>(items: readonly T[], count: number): readonly T[] {
  if (items.length <= count) return items;
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]!);
}

function windowsAt(
  series: readonly GridSeries[],
  origins: Windows["origins"],
  { steps, horizon, columns }: WindowShape,
): Windows {
  const x = new Float64Array(origins.length * steps * columns);
  const y = new Float64Array(origins.length * horizon);
  origins.forEach(({ series: s, place }, i) => {
    const { values } = series[s]!;
    x.set(values.subarray((place - steps + 1) * columns, (place + 1) * columns), i * steps * columns);
    for (let k = 0; k < horizon; k++) y[i * horizon + k] = values[(place + 1 + k) * columns]!;
  });
  return { x, y, origins };
}

/**
 * Mean absolute error of each next value, the nearest first.
 *
 * @param y - Row-major [windows, horizon], as `answers`.
 */
export function errorsByHorizon(y: Float64Array, answers: Float64Array, horizon: number): number[] {
  const sums = new Array<number>(horizon).fill(0);
  y.forEach((value, at) => (sums[at % horizon]! += Math.abs(value - answers[at]!)));
  return sums.map((sum) => sum / (y.length / horizon));
}

function tooFew(part: PartName, count: number, { steps, horizon }: WindowShape): MillwrightError {
  const words = { train: "learn from", validation: "choose by", test: "judge by" }[part];
  return new MillwrightError(
    "DATA_TOO_FEW_ROWS",
    `A forecast of ${horizon} values from ${steps} rows needs at least ${least[part]} windows to ${words}, and the series have ${count}.`,
    "Bring longer series, or give a smaller --horizon or --steps.",
  );
}
