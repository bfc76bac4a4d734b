/**
 * Words with a meaning of their own in cells: yes and no in several languages, and the usual ways to write
 * "missing".
 */

const pairs: readonly (readonly [yes: string, no: string])[] = [
  ["true", "false"],
  ["yes", "no"],
  ["y", "n"],
  ["t", "f"],
  ["ja", "nein"],
  ["j", "n"],
  ["oui", "non"],
  ["si", "no"],
  ["sí", "no"],
  ["sim", "não"],
  ["ja", "nee"],
  ["ja", "nej"],
  ["tak", "nie"],
  ["da", "ne"],
  ["да", "нет"],
  ["on", "off"],
  ["wahr", "falsch"],
  ["vrai", "faux"],
];

/**
 * Finds whether a column's distinct cells are the usual words for yes and no.
 *
 * @param cells - Distinct cells that are not missing.
 * @returns How yes and no are written here, or undefined. 0 and 1 are numbers, not words.
 */
export function recogniseBoolean(cells: readonly string[]): readonly [yes: string, no: string] | undefined {
  if (cells.length !== 2) return undefined;
  const [a, b] = cells as readonly [string, string];
  for (const [yes, no] of pairs) {
    const [lowerA, lowerB] = [a.trim().toLowerCase(), b.trim().toLowerCase()];
    if (lowerA === yes && lowerB === no) return [a, b];
    if (lowerA === no && lowerB === yes) return [b, a];
  }
  return undefined;
}

/** Words that mean "missing" in any column. */
const always = new Set(["na", "n/a", "#n/a", "nan", "null", "?", "<na>", "#na", "n.a.", "\\n", "(null)"]);
/** Words that mean it only among numbers or dates: elsewhere they can be a category ("None" of a garage). */
const amongValues = new Set([
  "",
  "-",
  "--",
  "---",
  ".",
  "..",
  "none",
  "nil",
  "missing",
  "unknown",
  "#value!",
  "#div/0!",
  "#ref!",
  "k.a.",
  "keine angabe",
  "*",
  "nd",
  "n.d.",
  "nat",
]);

/** Whether a cell is one of the usual words for "missing". `among`: in a column of numbers or dates more words count. */
export function meansMissing(cell: string, among: "values" | "words"): boolean {
  const word = cell.trim().toLowerCase();
  return word === "" || always.has(word) || (among === "values" && amongValues.has(word));
}
