/**
 * An interval as a small drawing inside a table's line, so that scores can be
 * compared down the column without reading numbers.
 *
 * All lines share one scale and a pale band (the interval of the line that the others
 * are compared with). What lies off the scale becomes an arrow at its edge: a bad
 * baseline must not squeeze the rest together.
 */
import { type Html, html } from "./html.ts";
import type { Estimate } from "./report-data.ts";

const width = 170;
const height = 34;
const inset = 8;

export interface IntervalScale {
  readonly low: number;
  readonly high: number;
  /** The drawing of one estimate. */
  mark(e: Estimate, style: "main" | "other"): Html;
}

/**
 * @param estimates - Everything in the column.
 * @param reference - The pale band, or line where it has no borders; always on the scale.
 */
export function intervalScale(estimates: readonly Estimate[], reference: Estimate): IntervalScale {
  const ends = (e: Estimate): [number, number] => [e.low ?? e.value, e.high ?? e.value];
  const widths = estimates.map((e) => ends(e)[1] - ends(e)[0]).sort((a, b) => a - b);
  const typical = widths[Math.floor(widths.length / 2)] ?? 0;
  let [low, high] = ends(reference);
  const byDistance = [...estimates].sort(
    (a, b) => Math.abs(a.value - reference.value) - Math.abs(b.value - reference.value),
  );
  for (const e of byDistance) {
    const [a, b] = ends(e);
    const span = Math.max(high, b) - Math.min(low, a);
    if (typical > 0 && span > 9 * typical) continue;
    low = Math.min(low, a);
    high = Math.max(high, b);
  }
  if (!(high > low)) {
    low -= Math.abs(low) * 0.1 || 1;
    high += Math.abs(high) * 0.1 || 1;
  }
  const x = (value: number): string =>
    (inset + ((value - low) / (high - low)) * (width - 2 * inset)).toFixed(1);
  const middle = height / 2;
  const [bandLow, bandHigh] = ends(reference);
  const band =
    bandHigh > bandLow
      ? html`<rect class="band" x="${x(bandLow)}" y="0" width="${(((bandHigh - bandLow) / (high - low)) * (width - 2 * inset)).toFixed(1)}" height="${height}"/>`
      : html`<line class="rule" x1="${x(bandLow)}" x2="${x(bandLow)}" y1="0" y2="${height}"/>`;
  return {
    low,
    high,
    mark(e, style) {
      const [a, b] = ends(e);
      const slack = (high - low) * 1e-9;
      const off = e.value < low - slack ? -1 : e.value > high + slack ? 1 : 0;
      const edge = off < 0 ? inset - 6 : width - inset + 6;
      const drawing =
        off === 0
          ? html`<line class="interval" x1="${x(Math.max(a, low))}" x2="${x(Math.min(b, high))}" y1="${middle}" y2="${middle}"/><circle cx="${x(e.value)}" cy="${middle}" r="4.5"/>`
          : html`<path class="off" d="M${edge - off * 6} ${middle - 5}L${edge} ${middle}L${edge - off * 6} ${middle + 5}"/>`;
      return html`<svg class="mark ${style}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" aria-hidden="true">${band}${drawing}</svg>`;
    },
  };
}
