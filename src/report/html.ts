/**
 * HTML that cannot forget to escape.
 *
 * The tag `html` escapes every interpolated string and number; only a value that
 * `html` or `raw` made goes in as it stands. So mark-up from the data cannot reach
 * the page, and no call has to remember it.
 */

/** Mark-up that is safe to insert. */
export interface Html {
  readonly markup: string;
}

type Content = Html | string | number | undefined | false | readonly Content[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes text for element content and quoted attributes; what HTML forbids becomes �. */
export function escapeHtml(text: string): string {
  return text
    .replace(/[&<>"']/g, (c) => entities[c]!)
    .replace(/[^\P{Cc}\t\n\r]|[\p{Cs}\ufffe\uffff]/gu, "\ufffd");
}

/** Declares a string to be mark-up already. */
export function raw(markup: string): Html {
  return { markup };
}

function markupOf(content: Content): string {
  if (content === undefined || content === false) return "";
  if (typeof content === "string") return escapeHtml(content);
  if (typeof content === "number") return String(content);
  if ("markup" in content) return content.markup;
  return content.map(markupOf).join("");
}

/** Template of mark-up: strings are escaped, arrays joined, `undefined` and `false` leave nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return raw(strings.map((string, i) => string + (i < values.length ? markupOf(values[i]) : "")).join(""));
}
