/** A table whose rows name pictures is no table of numbers and words: the user says what is learnt from. */
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { MillwrightError } from "../../core/index.ts";
import { namesPicture, shellWord } from "../../data/index.ts";
import type { Frame } from "../../schema/index.ts";

/** Names of a column that are looked for. */
const looked = 5;

/**
 * Refuses a table with a column of pictures that the user has not spoken of: it would be left out as an identifier.
 *
 * @param spoken - Columns that a flag names.
 * @throws MillwrightError `PARAMETER_MISSING`.
 */
export async function refusePictureColumns(
  { schema, columns }: Frame,
  source: readonly string[],
  spoken: ReadonlySet<string>,
): Promise<void> {
  for (const { name, role } of schema.columns) {
    const cells = columns.get(name);
    if (role === "ignore" || spoken.has(name) || cells?.type !== "string") continue;
    const { dictionary } = cells;
    if (dictionary.length < 2 || !dictionary.every(namesPicture)) continue;
    const folder = dirname(source[0]!);
    const paths = dictionary.slice(0, looked).map((path) => resolve(folder, path));
    const there = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
    if (!there.some((found) => found?.isFile() === true)) continue;
    throw new MillwrightError(
      "PARAMETER_MISSING",
      `The column "${name}" names pictures (${dictionary[0]!}, …), which a table of numbers and words cannot use.`,
      `Learn from the pictures with --image ${shellWord(name)}, from the other columns with --drop ${shellWord(name)}, or take the paths as words with --keep ${shellWord(name)}.`,
    );
  }
}
