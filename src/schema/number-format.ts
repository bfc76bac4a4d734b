/**
 * Numbers as people write them: currency, percent, thousands separators, decimal comma.
 *
 * One parser serves training and `predict`, so a cell means the same in both. A format is recognised
 * from the distinct cells of a column: the first candidate that reads all of them wins, and the plain
 * one is tried first.
 */
import type { NumberFormat } from "./schema.ts";

const plain = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const notFinite = /^[+-]?(?:inf|infinity|nan)$/i;
const currencySigns = "[$€£¥₹₽₩₺₴₪฿₫₦₱¢]|R\\$|US\\$|A\\$|C\\$|zł|kr\\.?|Kč|Ft|lei|Fr\\.?";
const currencyCodes =
  "USD|EUR|GBP|JPY|CNY|CHF|CAD|AUD|NZD|INR|RUB|BRL|MXN|KRW|SEK|NOK|DKK|PLN|CZK|HUF|TRY|ZAR|SGD|HKD|ILS|THB";
const currencyMark = new RegExp(
  `^(?:${currencySigns}|${currencyCodes})|(?:${currencySigns}|${currencyCodes})$`,
);

/**
 * Reads one cell as a number.
 *
 * @param text - The cell as it stands; surrounding spaces do not matter.
 * @param format - How numbers are written in this column; plain when absent.
 * @returns The number; NaN for an empty cell and for "nan", "inf" and numbers beyond float64, which all
 *   count as missing; undefined when the cell is not a number in this format.
 */
export function parseNumberCell(text: string, format?: NumberFormat): number | undefined {
  let cell = text.trim();
  if (cell === "") return Number.NaN;
  if (notFinite.test(cell)) return Number.NaN;
  let negative = false;
  if (format !== undefined) {
    if (format.currency !== undefined) {
      if (cell.startsWith("(") && cell.endsWith(")")) {
        negative = true;
        cell = cell.slice(1, -1).trim();
      } else if (/^[-−]\s*\D/.test(cell)) {
        negative = true;
        cell = cell.slice(1).trim();
      }
      if (cell.startsWith(format.currency)) cell = cell.slice(format.currency.length).trim();
      else if (cell.endsWith(format.currency)) cell = cell.slice(0, -format.currency.length).trim();
    }
    if (format.percent === true && cell.endsWith("%")) cell = cell.slice(0, -1).trim();
    const ungrouped = ungroup(cell, format);
    if (ungrouped === undefined) return undefined;
    cell = ungrouped;
  }
  if (cell.startsWith("−")) cell = `-${cell.slice(1)}`;
  if (!plain.test(cell)) return undefined;
  const value = Number(cell);
  if (!Number.isFinite(value)) return Number.NaN;
  return negative ? -value : value;
}

/** The cell without thousands separators and with a decimal point, or undefined when they stand wrongly. */
function ungroup(cell: string, format: NumberFormat): string | undefined {
  const decimal = format.decimal ?? ".";
  const { thousands } = format;
  let text = cell;
  if (thousands !== undefined) {
    if (thousands === " ") text = text.replace(/[\u00a0\u202f\u2009]/g, " ");
    if (thousands === "'") text = text.replace(/’/g, "'");
    const point = text.indexOf(decimal);
    const whole = point < 0 ? text : text.slice(0, point);
    const rest = point < 0 ? "" : text.slice(point);
    if (rest.includes(thousands)) return undefined;
    if (whole.includes(thousands)) {
      const groups = whole.split(thousands);
      if (!/^[+\-−]?[1-9]\d{0,2}$/.test(groups[0]!)) return undefined;
      for (let i = 1; i < groups.length; i++) if (!/^\d{3}$/.test(groups[i]!)) return undefined;
      text = groups.join("") + rest;
    }
  }
  if (decimal === ",") {
    if (text.includes(".")) return undefined;
    text = text.replace(",", ".");
  }
  return text;
}

const groupings: readonly NumberFormat[] = [
  {},
  { thousands: "," },
  { decimal: "," },
  { decimal: ",", thousands: "." },
  { decimal: ",", thousands: " " },
  { thousands: " " },
  { thousands: "'" },
  { decimal: ",", thousands: "'" },
];

/**
 * Finds how a column writes its numbers.
 *
 * @param cells - Distinct cells that are not missing, at least one.
 * @param preferDecimalComma - Whether "1,234" means 1.234: true for files separated by semicolons.
 * @returns The first format that reads every cell as a number, `{}` for plain numbers, or undefined.
 */
export function recogniseNumberFormat(
  cells: readonly string[],
  preferDecimalComma = false,
): NumberFormat | undefined {
  const marks = new Set<string>();
  let percent = false;
  for (const cell of cells) {
    const text = cell.trim().replace(/^\((.*)\)$/, "$1");
    if (text.endsWith("%")) percent = true;
    const mark = currencyMark.exec(text.replace(/^[-−+]\s*/, ""))?.[0];
    if (mark !== undefined) marks.add(mark);
  }
  if (marks.size > 1) return undefined;
  const [currency] = marks;
  const base: NumberFormat = {
    ...(currency === undefined ? {} : { currency }),
    ...(percent ? { percent } : {}),
  };
  const order = preferDecimalComma
    ? [groupings[0]!, groupings[2]!, groupings[1]!, ...groupings.slice(3)]
    : groupings;
  return order
    .map((grouping) => ({ ...grouping, ...base }))
    .find((format) => {
      const written = Object.keys(format).length === 0 ? undefined : format;
      return cells.every((cell) => parseNumberCell(cell, written) !== undefined);
    });
}
