/** What was noticed about a table: each finding says what, how it is known, and the flag that undoes it. */

export const findingKinds = [
  "identifier",
  "constant",
  "allMissing",
  "highMissing",
  "duplicateRows",
  "sharedRows",
  "leak",
  "targetInId",
  "timeOrder",
  "groupedRows",
  "shiftedTarget",
  "mixedUnits",
  "missingCode",
  "mixedTypes",
  "imbalance",
  "loneLabel",
  "orderedTarget",
  "spellings",
  "format",
  "raggedRows",
  "encoding",
  "header",
  "infinite",
  "sheet",
  "sampledRows",
  "emptyClass",
  "skippedFiles",
  "missingFiles",
] as const;
export type FindingKind = (typeof findingKinds)[number];

export interface Finding {
  readonly kind: FindingKind;
  /** The column, or null where the whole table is meant. */
  readonly column: string | null;
  /** What was seen, with its numbers, one sentence. */
  readonly evidence: string;
  /** What it leads to: the column is left out, its cells are read in a way of their own, or nothing (a hint). */
  readonly effect: "leftOut" | "readAs" | "hint";
  /** The flag that undoes the effect, or the flag to set where it is a hint; null where there is none. */
  readonly undo: string | null;
  /** The figures of the evidence, by name. */
  readonly numbers?: Readonly<Record<string, number>>;
}

/** Findings without those that say the same again: of a file, and of a query's rows from it. */
export function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  const said = new Map(
    findings.map((finding) => [JSON.stringify([finding.kind, finding.column, finding.evidence]), finding]),
  );
  return [...said.values()];
}

/** An argument of a command line as a shell takes it: quoted only where it must be. */
export function shellWord(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
