/**
 * Axes with round ticks that we choose ourselves.
 *
 * ECharts would choose its own, but then the margin that the labels need is not
 * known before drawing. With our ticks, labels, decimals and margins agree, and a
 * logarithmic axis is a linear one over log10. Tick steps: 1, 2, 2.5, 5 × 10ⁿ
 * (Wilkinson, The Grammar of Graphics, 2005, section 6.2).
 */
import { fixed, number } from "../format.ts";

/** One axis of a plot; positions are in `at` units, labels in the data's. */
export interface Axis {
  readonly title: string;
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
  /** Data to position: identity, or log10. */
  readonly at: (value: number) => number;
  /** Hairlines at the ticks. */
  readonly grid?: boolean;
}

export interface AxisOptions {
  readonly title: string;
  readonly label?: (value: number, decimals: number) => string;
  /** Grow the range to whole ticks. */
  readonly round?: boolean;
  readonly ticks?: number;
  readonly grid?: boolean;
}

/** Linear axis over the values. */
export function linearAxis(values: readonly number[], options: AxisOptions): Axis {
  const { low, high } = extent(values);
  const step = tickStep((high - low) / (options.ticks ?? 5));
  const inside = options.round === false;
  const first = (inside ? Math.ceil(low / step - 1e-9) : Math.floor(low / step + 1e-9)) * step;
  const last = (inside ? Math.floor(high / step + 1e-9) : Math.ceil(high / step - 1e-9)) * step;
  const decimals = Math.min(12, stepDecimals(step));
  const label = options.label ?? tickLabel;
  const ticks = [];
  for (let i = 0; i < 100 && first + i * step <= last + step / 2; i++) {
    const at = Number((first + i * step).toPrecision(12));
    ticks.push({ at, label: label(at, decimals) });
  }
  return {
    title: options.title,
    min: inside ? low : Math.min(first, low),
    max: inside ? high : Math.max(last, high),
    ticks,
    at: (value) => value,
    grid: options.grid ?? false,
  };
}

/** Logarithmic axis for positive values: ticks at 1, 2 and 5 of each decade, fewer where it spans many. */
export function logAxis(values: readonly number[], options: AxisOptions): Axis {
  const positive = values.filter((v) => v > 0);
  if (positive.length === 0) return linearAxis(values, options);
  const low = Math.log10(Math.min(...positive));
  const high = Math.log10(Math.max(...positive));
  const wide = high - low > 2.2;
  const ticks = [];
  for (let decade = Math.floor(low); decade <= Math.ceil(high); decade++) {
    for (const mantissa of wide ? [1] : [1, 2, 5]) {
      const value = mantissa * 10 ** decade;
      const at = Math.log10(value);
      if (at >= low - 0.02 && at <= high + 0.02) ticks.push({ at, label: number(value) });
    }
  }
  return { title: options.title, min: low, max: high > low ? high : low + 1, ticks, at: Math.log10 };
}

const dayMs = 86_400_000;

/** Axis of epoch milliseconds: ticks at starts of years or months, or plain days where it spans few. */
export function dateAxis(values: readonly number[]): Axis {
  const { low, high } = extent(values);
  const months = (high - low) / (dayMs * 30.4);
  if (!(Math.abs(low) < 8e15 && Math.abs(high) < 8e15) || months < 2.5) {
    return linearAxis(values, { title: "", ticks: 2, round: false, label: (at) => dateText(at, 10) });
  }
  const step = [1, 3, 6, 12, 24, 60, 120, 240, 600, 1200].find((m) => months / m <= 4.5) ?? 6000;
  const start = new Date(low);
  const first = Math.floor((start.getUTCFullYear() * 12 + start.getUTCMonth()) / step) * step;
  const ticks = [];
  for (let month = first; ; month += step) {
    const at = Date.UTC(Math.floor(month / 12), month % 12, 1);
    if (at > high) break;
    if (at >= low) ticks.push({ at, label: dateText(at, step % 12 === 0 ? 4 : 7) });
  }
  return { title: "", min: low, max: high, ticks, at: (value) => value };
}

function dateText(value: number, length: number): string {
  return Math.abs(value) < 8e15 ? new Date(value).toISOString().slice(0, length) : number(value);
}

/** Axis of names: the first at the top, one unit apart. */
export function nameAxis(labels: readonly string[]): Axis {
  return {
    title: "",
    min: -(labels.length - 0.5),
    max: 0.5,
    ticks: labels.map((label, i) => ({ at: -i, label })),
    at: (value) => -value,
  };
}

/** Beyond this a difference of two values is no longer finite. */
const drawable = 1e300;

/** Smallest and largest drawable value, widened where they are equal. */
export function extent(values: readonly number[]): { low: number; high: number } {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!(Math.abs(value) <= drawable)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return { low: 0, high: 1 };
  if (high - low > Math.abs(high) * 1e-9) return { low, high };
  const pad = Math.abs(high) > 0 ? Math.abs(high) * 0.1 : 1;
  return { low: low - pad, high: high + pad };
}

function tickStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const mantissa = [1, 2, 2.5, 5, 10].find((m) => m * power >= rough * 0.999) ?? 10;
  return mantissa * power;
}

/** 0.25 needs two decimals although its size is in the first. */
function stepDecimals(step: number): number {
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const scaled = step * 10 ** decimals;
  return Math.abs(scaled - Math.round(scaled)) > 1e-6 ? decimals + 1 : decimals;
}

/** Large numbers short: `1.2M`, `250k`; the rest with the decimals of the step. */
export function tickLabel(value: number, decimals: number): string {
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e12 || (decimals > 5 && size < 1e-4))) return number(value, 2);
  if (size >= 1e9) return `${trimmed(value / 1e9)}G`;
  if (size >= 1e6) return `${trimmed(value / 1e6)}M`;
  if (size >= 1e4) return `${trimmed(value / 1e3)}k`;
  return fixed(value, decimals);
}

function trimmed(value: number): string {
  return fixed(value, Math.min(3, stepDecimals(Math.abs(value % 1) < 1e-9 ? 1 : Math.abs(value % 1))));
}

/** Tick label of a share: `40%`. */
export function percentTick(value: number, decimals: number): string {
  return `${fixed(value * 100, Math.max(0, decimals - 2))}%`;
}
