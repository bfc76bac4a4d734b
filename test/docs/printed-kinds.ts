/**
 * Compares what a page says a command prints with what it prints, loosely: by kinds of lines.
 *
 * Figures, bars and times differ between machines and budgets; words do not. So
 * the kind of a line is its words, with every figure replaced. The lines of a
 * leaderboard are one kind, since a budget decides which models are on it, and so
 * is what is said of networks beside classical models.
 */

/** Stands for lines that a page leaves out. */
const leftOut = "…";

/** The kind of a line: `On 292 untouched rows: Log loss 0.41` → `On # untouched rows: Log loss #`. */
export function kindOf(line: string): string {
  const plain = line
    .replaceAll(/[▁▂▃▄▅▆▇█░]+( *[▁▂▃▄▅▆▇█░]+)*/g, "▅")
    .replaceAll(/\s+/g, " ")
    .trim();
  if (/^\d+ \D.* [\d.,e-]+ [\d.,e-]+ … [\d.,e-]+/.test(plain)) return "# model # # … #";
  if (/^(The network pays|Classical (is|may be) enough|No network was tried)\b/.test(plain))
    return "networks";
  return plain.replaceAll(/(?<![\w.])-?\d[\d,]*(\.\d+)?(e[+-]?\d+)?/g, "#").replaceAll(/#(ms|s|µs)\b/g, "#");
}

/**
 * Where a page and a program differ.
 *
 * @param shown - Lines on the page.
 * @param printed - Lines of the program.
 * @returns One sentence per difference; empty if they agree.
 */
export function differences(shown: readonly string[], printed: readonly string[]): string[] {
  const kinds = (lines: readonly string[]): Map<string, string> =>
    new Map(lines.filter((line) => line.trim() !== "").map((line) => [kindOf(line), line]));
  const [onPage, real] = [kinds(shown), kinds(printed)];
  const partial = onPage.delete(leftOut);
  const gone = [...onPage]
    .filter(([kind]) => !real.has(kind))
    .map(([, line]) => `the page shows, and it does not print: ${line}`);
  const unshown = [...real]
    .filter(([kind]) => !onPage.has(kind))
    .map(([, line]) => `it prints, and the page does not show: ${line}`);
  return partial ? gone : [...gone, ...unshown];
}
