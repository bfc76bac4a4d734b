/**
 * Sentences with foreign words in them.
 *
 * A column may be called `<script>`, end in a right-to-left override or hold an
 * escape sequence. So a sentence is kept as parts: our own words, and names that
 * came from the data. Each way out (HTML, Markdown, terminal) quotes the names in
 * its own safe way, and no sentence is written three times.
 */
import { escapeHtml, type Html, html, raw } from "./html.ts";

type Part = string | { readonly name: string } | { readonly strong: string };
/** Our words and the data's names, in order. */
export interface Sentence {
  readonly parts: readonly Part[];
}

/** Longest name printed; longer ones lose their middle. */
const nameLength = 80;

/** A word from the data: column, label, model. */
export function name(text: string): Part {
  return { name: visible(text, nameLength) };
}

/** A number or word to stand out. */
export function strong(text: string): Part {
  return { strong: text };
}

/** Builds a sentence; interpolated strings count as our own words, names must go through `name`. */
export function say(words: TemplateStringsArray, ...values: readonly (Part | Sentence)[]): Sentence {
  const parts: Part[] = [];
  words.forEach((word, i) => {
    if (word !== "") parts.push(word);
    const value = values[i];
    if (value === undefined || value === "") return;
    if (typeof value === "object" && "parts" in value) parts.push(...value.parts);
    else parts.push(value);
  });
  return { parts };
}

/** Sentences one after the other, a blank between. */
export function join(sentences: readonly (Sentence | undefined)[], between = " "): Sentence {
  const given = sentences.filter((s) => s !== undefined && s.parts.length > 0);
  return { parts: given.flatMap((s, i) => (i === 0 ? s!.parts : [between, ...s!.parts])) };
}

/** Names in a row: `a`, `b` and `c`. */
export function names(items: readonly string[], last = "and"): Sentence {
  const parts = items.flatMap((item, i): Part[] =>
    i === 0 ? [name(item)] : [i === items.length - 1 ? ` ${last} ` : ", ", name(item)],
  );
  return { parts };
}

/** HTML with the names in quotation marks, each isolated from the direction of the text around it. */
export function toHtml(sentence: Sentence): Html {
  return raw(
    sentence.parts
      .map((part) => {
        if (typeof part === "string") return escapeHtml(part);
        return "name" in part ? `“<bdi>${escapeHtml(part.name)}</bdi>”` : `<b>${escapeHtml(part.strong)}</b>`;
      })
      .join(""),
  );
}

/** The same for a heading; one that is nothing but a name needs no quotation marks. */
export function headingHtml(sentence: Sentence): Html {
  const [part] = sentence.parts;
  const alone = sentence.parts.length === 1 && typeof part === "object" && "name" in part;
  return alone ? nameHtml(part.name) : toHtml(sentence);
}

/** A name alone, where it needs no quotation marks: in a heading or a cell. */
export function nameHtml(text: string): Html {
  return html`<bdi>${visible(text, nameLength)}</bdi>`;
}

export function toPlain(sentence: Sentence): string {
  return sentence.parts
    .map((part) => (typeof part === "string" ? part : "name" in part ? `"${part.name}"` : part.strong))
    .join("");
}

export function toMarkdown(sentence: Sentence): string {
  return sentence.parts
    .map((part) => {
      if (typeof part === "string") return escapeMarkdown(part);
      return "name" in part ? markdownCode(part.name) : `**${escapeMarkdown(part.strong)}**`;
    })
    .join("");
}

/** Backslashes before what Markdown, or HTML within it, would take for mark-up; a table's bar included. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]<>|#&]/g, (c) => (c === "<" ? "&lt;" : c === "&" ? "&amp;" : `\\${c}`));
}

/** A code span with a fence longer than any run of backticks inside; bars escaped, since it may stand in a table. */
export function markdownCode(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  const pad = longest > 0 ? " " : "";
  return `${fence}${pad}${text.replaceAll("|", "\\|")}${pad}${fence}`;
}

/**
 * Foreign text made safe to print anywhere: controls, lone surrogates and
 * direction overrides become �, white space becomes one blank, and the middle is
 * cut out of what is too long.
 *
 * @param limit - In characters (code points), at least 3.
 */
export function visible(text: string, limit: number): string {
  // cut coarsely first: a cell of a megabyte shall not pass through the expressions
  const head = text.length > 8 * limit ? text.slice(0, 4 * limit) + text.slice(-4 * limit) : text;
  const clean = head
    .replace(/\s+/gu, " ")
    .replace(/[\p{Cc}\p{Cs}\p{Cf}\u2028\u2029]/gu, (c) => (c === "\u200d" || c === "\u200c" ? c : "\ufffd"))
    .trim();
  const letters = Array.from(clean);
  if (letters.length === 0) return "(empty)";
  if (letters.length <= limit) return clean;
  const front = Math.ceil((limit - 1) * 0.6);
  return `${letters.slice(0, front).join("")}…${letters.slice(letters.length - (limit - 1 - front)).join("")}`;
}
