/** A table with a column of paths as labelled pictures: one a row, its class in the target column. */
import { MillwrightError } from "../../core/index.ts";
import {
  type Finding,
  type Media,
  mediaFromTable,
  openTable,
  type Reading,
  shellWord,
} from "../../data/index.ts";

/** Name of the model file's input. */
export const imageColumn = "image";

export interface PictureTable {
  /** The column of paths, relative to the table's file. */
  readonly image: string;
  readonly target: string;
  /** Other columns, which are not used. */
  readonly drop?: readonly string[];
  readonly reading?: Reading;
}

/** Files with their classes. */
export interface LabelledFiles extends Media {
  readonly labels: { readonly codes: Int32Array; readonly dictionary: readonly string[] };
}

/**
 * Reads the paths and classes of a table. No picture is opened.
 *
 * @throws MillwrightError as `openTable` and `mediaFromTable`; `PARAMETER_CONFLICT` for columns that would not be used
 *   and that nobody left out, `TARGET_MISSING`, and `SCHEMA_WRONG_KIND` for a target without classes.
 */
export async function labelledFiles(
  source: string,
  { image, target, drop = [], reading = {} }: PictureTable,
  { threads, signal }: { readonly threads: number; readonly signal?: AbortSignal },
): Promise<LabelledFiles> {
  if (target === image || target === imageColumn) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      target === image
        ? `--target and --image both name the column "${image}".`
        : `The target is named "${imageColumn}", as the model file names the picture.`,
      target === image ? "Name the column of classes with --target." : "Rename the column.",
    );
  }
  const ignored = drop.map((name) => [name, { role: "ignore" }] as const);
  const columns = Object.fromEntries([
    ...ignored,
    [image, {}],
    [target, { kind: "category", role: "target" }],
  ]);
  const table = await openTable(source, { ...reading, threads, ...(signal && { signal }), columns });
  try {
    const names = table.schema.columns.map(({ name }) => name);
    const others = names.filter((name) => name !== image && name !== target && !drop.includes(name));
    if (others.length > 0) {
      throw new MillwrightError(
        "PARAMETER_CONFLICT",
        `--image learns from pictures alone, and ${table.owner} has other columns too: ${others.join(", ")}.`,
        `Leave them out with --drop ${shellWord(others.map((name) => name.replaceAll(",", "\\,")).join(","))}, or learn from them without the pictures: --drop ${shellWord(image)} and no --image.`,
      );
    }
    const media = await mediaFromTable(table, image, { kind: "image" });
    const cells = (await table.read([target])).columns.get(target)!;
    if (cells.type !== "string") throw noClasses(table.owner, target, table.rowCount, table.rowCount);
    const kept = [...media.rows.keys()].filter((i) => cells.codes[media.rows[i]!]! >= 0);
    if (kept.length === 0) {
      throw new MillwrightError(
        "TARGET_MISSING",
        `The target "${target}" is missing in all ${table.rowCount} rows of ${table.owner} that have a picture.`,
        "Choose another target, or bring rows with answers.",
      );
    }
    const codes = Int32Array.from(kept, (i) => cells.codes[media.rows[i]!]!);
    const distinct = new Set(codes).size;
    if (distinct > 2 && distinct > kept.length / 2)
      throw noClasses(table.owner, target, distinct, kept.length);
    const told = table.findings.filter(({ column }) => column === null || column === target);
    return {
      ...media,
      files: kept.map((i) => media.files[i]!),
      labels: { codes, dictionary: cells.dictionary },
      findings: [...told, ...media.findings, ...unlabelled(target, media.files.length - kept.length)],
    };
  } finally {
    await table.close();
  }
}

const noClasses = (owner: string, target: string, distinct: number, rows: number): MillwrightError =>
  new MillwrightError(
    "SCHEMA_WRONG_KIND",
    `The target "${target}" of ${owner} has ${distinct} distinct values in ${rows} rows, and pictures are told apart by classes.`,
    "Name a column of classes; numbers can be put into bands first.",
  );

function unlabelled(target: string, count: number): Finding[] {
  if (count === 0) return [];
  const evidence = `${count} ${count === 1 ? "picture has" : "pictures have"} no ${target} and ${count === 1 ? "is" : "are"} left out.`;
  return [
    {
      kind: "skippedFiles",
      column: target,
      evidence,
      effect: "leftOut",
      undo: null,
      numbers: { files: count },
    },
  ];
}
