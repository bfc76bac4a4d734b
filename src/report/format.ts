/**
 * Numbers as people read them: three significant digits, thousands separators,
 * a real minus sign, and as many decimals as the interval deserves.
 *
 * Own code and not `Intl`, so that the same number gives the same bytes on every
 * machine, whatever its locale data.
 */
import type { Estimate } from "./report-data.ts";

const minus = "\u2212";
/** Printed where a number does not exist. */
const none = "\u2013";

/** Fixed decimals with thousands separators: `-1234.5, 1` → `−1,234.5`. A zero never has a sign. */
export function fixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? none : value > 0 ? "∞" : `${minus}∞`;
  if (Math.abs(value) >= 1e15) return scientific(value);
  const [whole = "0", fraction] = Math.abs(value).toFixed(decimals).split(".");
  const digits = whole.replace(/\B(?=(\d{3})+$)/g, ",") + (fraction === undefined ? "" : `.${fraction}`);
  return value < 0 && /[1-9]/.test(digits) ? minus + digits : digits;
}

/** Decimals that show `digits` significant digits of the largest of the values; whole digits are never cut. */
export function decimalsFor(values: readonly number[], digits = 3): number {
  const largest = Math.max(0, ...values.filter(Number.isFinite).map(Math.abs));
  if (largest === 0) return 0;
  // toPrecision first: 9.996 has three digits as 10.0
  const exponent = Math.floor(Math.log10(Number(largest.toPrecision(digits))));
  return Math.min(12, Math.max(0, digits - 1 - exponent));
}

/** Three significant digits: `0.08314` → `0.0831`, `12345.6` → `12,346`, `3e-9` → `3 × 10⁻⁹`. */
export function number(value: number, digits = 3): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (Number.isFinite(value) && (size < 1e-4 || size >= 1e12)) return scientific(value, digits);
  if (Number.isInteger(value)) return fixed(value, 0);
  return fixed(value, decimalsFor([value], digits));
}

/** A measured amount in running text: three digits, four from a thousand on: `34,600`, `125,500`. */
export function amount(value: number): string {
  return number(Math.abs(value) >= 1000 ? Number(value.toPrecision(4)) : value);
}

function scientific(value: number, digits = 3): string {
  const [mantissa = "", exponent = "0"] = value.toExponential(digits - 1).split("e");
  const superscript = Array.from(exponent.replace("+", ""), (c) =>
    c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]!,
  );
  const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return `${short.replace("-", minus)} × 10${superscript.join("")}`;
}

/** Whole count with thousands separators; weighted counts are rounded. */
export function count(value: number): string {
  return fixed(Math.round(value), 0);
}

/** Count with its noun: `1 row`, `1,204 rows`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${Math.round(value) === 1 ? one : many}`;
}

/** Share as percent: `0.714` → `71.4%`; close to the ends it says so instead of rounding to 0 or 100. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return none;
  const value = share * 100;
  if (value > 0 && value < 0.1) return "less than 0.1%";
  if (value < 100 && value > 99.95) return "more than 99.9%";
  return `${fixed(value, Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : 1)}%`;
}

/** Share as percent with one decimal always, for columns of a table. */
export function percentCell(share: number | undefined): string {
  return share === undefined || !Number.isFinite(share) ? none : `${fixed(share * 100, 1)}%`;
}

/** Of a hundred: whole, and honest at the ends. */
export function ofHundred(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.5) return "fewer than 1";
  if (value < 100 && value >= 99.5) return "more than 99";
  return fixed(value, 0);
}

/** `1536000` → `1.54 MB`. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let power = 0;
  let size = value;
  while (size >= 999.5 && power < units.length - 1) {
    size /= 1000;
    power++;
  }
  return `${number(Number(size.toPrecision(3)))} ${units[power]!}`;
}

/** `0.0124` → `12 ms`, `42.13` → `42.1 s`, `200` → `3 min 20 s`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return none;
  if (seconds < 0.9995) return `${number(Number((seconds * 1000).toPrecision(2)))} ms`;
  if (seconds < 99.95) return `${number(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 === 0 ? "" : ` ${whole % 60} s`}`;
  const minutes = Math.round(whole / 60);
  return `${count(Math.floor(minutes / 60))} h${minutes % 60 === 0 ? "" : ` ${minutes % 60} min`}`;
}

/** Decimals for estimates shown together: three digits of the largest, more where the narrowest interval resolves more. */
export function estimateDecimals(estimates: readonly Estimate[]): number {
  const values = estimates.flatMap((e) => [e.value, e.low ?? e.value, e.high ?? e.value]);
  const halves = estimates.flatMap((e) =>
    e.low === undefined || e.high === undefined || !(e.high > e.low) ? [] : [(e.high - e.low) / 2],
  );
  const resolved = halves.length === 0 ? 0 : Math.ceil(-Math.log10(Math.min(...halves)) - 1e-9);
  const usual = decimalsFor(values);
  return Math.min(usual + 3, Math.max(usual, resolved));
}

/** `0.849–0.877`; with a negative border `−0.002 to 0.008`. */
export function range(low: number, high: number, decimals = decimalsFor([low, high])): string {
  const join = low < 0 || high < 0 ? " to " : "–";
  return `${fixed(low, decimals)}${join}${fixed(high, decimals)}`;
}

/** `0.863 (0.849–0.877)`, or the value alone where there is no interval. */
export function estimate(e: Estimate, decimals = estimateDecimals([e])): string {
  const value = fixed(e.value, decimals);
  return e.low === undefined || e.high === undefined ? value : `${value} (${range(e.low, e.high, decimals)})`;
}

/** `a, b and c`. */
export function list(items: readonly string[], last = "and"): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} ${last} ${items.at(-1)!}`;
}

/** Upper-cases the first letter of a sentence. */
export function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
