/** Labels that are probably one word: they differ by letter case, or by spaces around or inside them, and by nothing else. */
import type { Cells } from "../../schema/index.ts";
import type { Finding } from "../finding.ts";

/** Words that are told; the rest is counted. */
const shownWords = 3;
const shownSpellings = 5;
/** A column of more values holds names rather than labels, and names may differ by a letter's case. */
const mostValues = 1000;

interface Spelling {
  readonly text: string;
  readonly rows: number;
}

/** A hint on labels that stand for several; undefined where each word is spelled in one way. */
export function spellings(name: string, cells: Cells): Finding | undefined {
  if (cells.type !== "string") return undefined;
  const counts = new Uint32Array(cells.dictionary.length);
  for (const code of cells.codes) if (code >= 0) counts[code]!++;
  const held = cells.dictionary.flatMap((text, code) =>
    counts[code]! > 0 ? [{ text, rows: counts[code]! }] : [],
  );
  if (held.length > mostValues) return undefined;
  const words = new Map<string, Spelling[]>();
  for (const { text, rows } of held) {
    const word = text.normalize("NFC").trim().replace(/\s+/gu, " ").toLowerCase();
    words.set(word, [...(words.get(word) ?? []), { text, rows }]);
  }
  const several = [...words.values()]
    .filter(({ length }) => length > 1)
    .map((ways) => ways.sort((a, b) => b.rows - a.rows || (a.text < b.text ? -1 : 1)))
    .sort((a, b) => rowsOf(b) - rowsOf(a) || (a[0]!.text < b[0]!.text ? -1 : 1));
  if (several.length === 0) return undefined;
  const told = several.slice(0, shownWords).map(listed);
  const more = several.length - told.length;
  // The commonest spelling of a word needs no mending.
  const odd = several.reduce((sum, ways) => sum + rowsOf(ways) - ways[0]!.rows, 0);
  const quoted = `"${name.replaceAll('"', '""')}"`;
  return {
    kind: "spellings",
    column: name,
    evidence: `${told.join("; ")}${more > 0 ? `; and ${more} more words` : ""}: they differ by letter case or spaces alone, and each is taken for a value of its own. Where they mean the same, mend the table, or read it by --sql with lower(trim(${quoted})).`,
    effect: "hint",
    undo: null,
    numbers: { words: several.length, spellings: several.flat().length, rows: odd },
  };
}

const rowsOf = (ways: readonly Spelling[]): number => ways.reduce((sum, { rows }) => sum + rows, 0);

function listed(ways: readonly Spelling[]): string {
  const shown = ways.slice(0, shownSpellings).map(({ text, rows }) => `${JSON.stringify(text)} (${rows})`);
  const more = ways.length - shown.length;
  return more > 0
    ? `${shown.join(", ")} and ${more} more`
    : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)!}`;
}
