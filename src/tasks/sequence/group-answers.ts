/** The one answer of each group of rows. */
import { MillwrightError } from "../../core/index.ts";
import type { Frame } from "../../schema/index.ts";
import type { Sequence } from "./read-sequences.ts";

export interface GroupAnswer {
  readonly sequence: Sequence;
  /** As it stands in the table. */
  readonly text: string;
}

/**
 * @param fix - What to do where the answer changes within a group.
 * @returns The groups with an answer, and how many have none.
 * @throws MillwrightError `DATA_BAD_VALUE` where it changes within a group.
 */
export function oneAnswerEach(
  frame: Frame,
  sequences: readonly Sequence[],
  target: string,
  fix: string,
): { readonly known: readonly GroupAnswer[]; readonly without: number } {
  const cells = frame.columns.get(target)!;
  const textAt = (row: number): string | undefined => {
    if (cells.type === "string")
      return cells.codes[row]! < 0 ? undefined : cells.dictionary[cells.codes[row]!]!;
    return Number.isNaN(cells.values[row]!) ? undefined : String(cells.values[row]!);
  };
  const told = sequences.map((sequence) => {
    const found = new Set<string>();
    for (const row of sequence.rows) {
      const text = textAt(row);
      if (text !== undefined) found.add(text);
    }
    return { sequence, found: [...found] };
  });
  const changing = told.filter(({ found }) => found.length > 1);
  if (changing.length > 0) {
    const [first] = changing;
    throw new MillwrightError(
      "DATA_BAD_VALUE",
      `"${target}" changes within ${changing.length} of ${told.length} groups (${first!.found.slice(0, 3).join(", ")} in "${first!.sequence.name}"), so that a group has no one answer.`,
      fix,
    );
  }
  const known = told.flatMap(({ sequence, found: [text] }) =>
    text === undefined ? [] : [{ sequence, text }],
  );
  return { known, without: told.length - known.length };
}
