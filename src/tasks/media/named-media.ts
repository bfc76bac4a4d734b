/** Files with their labels and groups, before any is opened: of class folders, or of a table with a column of paths. */
import { MillwrightError } from "../../core/index.ts";
import {
  type Finding,
  type Media,
  mediaFromTable,
  type MediaKind,
  openTable,
  type Reading,
  readMediaFolder,
} from "../../data/index.ts";

export interface NamedMedia {
  readonly media: Media;
  /** One a file. */
  readonly labels: { readonly codes: Int32Array; readonly dictionary: readonly string[] };
  /** Group of each file. */
  readonly groups?: readonly string[];
  readonly findings: readonly Finding[];
}

/** What a file is called in messages. */
export interface MediaNoun {
  readonly one: string;
  readonly many: string;
}

export const mediaNouns = {
  image: { one: "picture", many: "pictures" },
  audio: { one: "sound", many: "sounds" },
} as const satisfies Partial<Record<MediaKind, MediaNoun>>;

/**
 * @param group - A regular expression whose first parentheses hold the group in the path below the folder.
 * @param minClasses - Fewest classes. Default 2.
 * @throws MillwrightError as `readMediaFolder`; `PARAMETER_UNKNOWN` for a pattern that is none, `DATA_BAD_VALUE` where a
 *   file has no group.
 */
export async function namedInFolder(
  folder: string,
  {
    kind,
    group,
    minClasses,
  }: { readonly kind: MediaKind; readonly group?: string | undefined; readonly minClasses?: 1 | 2 },
): Promise<NamedMedia> {
  const media = await readMediaFolder(folder, { kind, ...(minClasses !== undefined && { minClasses }) });
  const { labels, findings } = media;
  return { media, labels, findings, ...(group !== undefined && { groups: groupsOf(media.files, group) }) };
}

/** What the pattern's first parentheses hold in each path. */
function groupsOf(files: readonly string[], pattern: string): string[] {
  let expression: RegExp;
  try {
    expression = new RegExp(pattern, "u");
  } catch (error) {
    throw new MillwrightError(
      "PARAMETER_UNKNOWN",
      `--group ${JSON.stringify(pattern)} is no regular expression: ${(error as Error).message}.`,
      "Write one such as _(.+)_ that matches each path, the group in parentheses.",
    );
  }
  const found = files.map((file) => expression.exec(file)?.[1]);
  const odd = files.filter((_, i) => found[i] === undefined);
  if (odd.length > 0) {
    throw new MillwrightError(
      "DATA_BAD_VALUE",
      `--group ${JSON.stringify(pattern)} finds no group in ${odd.length} of ${files.length} paths, ${JSON.stringify(odd[0])} among them.`,
      "Write a pattern that matches every path, the group in its first parentheses: _(.+)_.",
    );
  }
  return found as string[];
}

export interface MediaTable {
  readonly source: string;
  readonly kind: MediaKind;
  readonly noun: MediaNoun;
  /** The column of paths, relative to the table's file. */
  readonly column: string;
  /** The column of labels. */
  readonly target: string;
  /** The column of groups. */
  readonly group?: string | undefined;
  readonly reading?: Reading;
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The files that a column of paths names, with the labels and groups of other columns; rows without a label are left out.
 *
 * @throws MillwrightError as `openTable` and `mediaFromTable`; `TARGET_MISSING` where no file has a label,
 *   `DATA_BAD_VALUE` where one has a label and no group.
 */
export async function namedInTable(named: MediaTable): Promise<NamedMedia> {
  const { source, kind, noun, column, target, group, reading = {}, threads, signal } = named;
  const asked = [...new Set([column, target, ...(group === undefined ? [] : [group])])];
  const words = Object.fromEntries(asked.map((name) => [name, { kind: "category" } as const]));
  const table = await openTable([source], {
    ...reading,
    threads,
    columns: words,
    ...(signal && { signal }),
  });
  try {
    const media = await mediaFromTable(table, column, { kind });
    const { columns } = await table.read(asked);
    const wordsOf = (name: string): (string | undefined)[] => {
      const cells = columns.get(name)!;
      // A column without any value is read as one of numbers.
      if (cells.type !== "string") return Array.from(media.rows, () => undefined);
      return Array.from(media.rows, (row) => cells.dictionary[cells.codes[row]!]);
    };
    const labelled = wordsOf(target);
    const places = labelled.flatMap((label, i) => (label === undefined ? [] : [i]));
    if (places.length === 0) {
      throw new MillwrightError(
        "TARGET_MISSING",
        `The target "${target}" is missing in all ${media.files.length} rows of ${table.owner} that have a ${noun.one}.`,
        "Name the column of labels with --target, or bring rows with answers.",
      );
    }
    const unlabelled = labelled.length - places.length;
    const dictionary = [...new Set(places.map((i) => labelled[i]!))].sort();
    const groups = group === undefined ? undefined : wordsOf(group);
    const alone = groups?.findIndex((name, i) => name === undefined && labelled[i] !== undefined) ?? -1;
    if (alone >= 0) {
      throw new MillwrightError(
        "DATA_BAD_VALUE",
        `The column "${group!}" of ${source} is empty for ${media.files[alone]!}.`,
        `Fill it in: a ${noun.one} without a group may stand on both sides.`,
      );
    }
    return {
      media: { ...media, files: places.map((i) => media.files[i]!) },
      labels: { dictionary, codes: Int32Array.from(places, (i) => dictionary.indexOf(labelled[i]!)) },
      ...(groups && { groups: places.map((i) => groups[i]!) }),
      findings: [...table.findings, ...media.findings, ...unlabelledFindings(target, unlabelled, noun)],
    };
  } finally {
    await table.close();
  }
}

function unlabelledFindings(column: string, count: number, noun: MediaNoun): Finding[] {
  if (count === 0) return [];
  return [
    {
      kind: "skippedFiles",
      column,
      evidence: `${count} ${count === 1 ? `${noun.one} has` : `${noun.many} have`} no label in "${column}" and ${count === 1 ? "is" : "are"} left out.`,
      effect: "leftOut",
      undo: null,
      numbers: { rows: count },
    },
  ];
}
