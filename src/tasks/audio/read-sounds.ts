/** Sounds of class folders, or of a table that names them, at one rate; broken files counted and named. */
import { MillwrightError, type ProgressListener } from "../../core/index.ts";
import {
  type BadFile,
  decodeSounds,
  type Finding,
  fitSound,
  type Media,
  mediaFromTable,
  openTable,
  readMediaFolder,
  readWav,
} from "../../data/index.ts";
import { badFindings } from "../media/race.ts";
import { type KeptRows, keptRows, mostBad } from "../media/read-media.ts";
import { join } from "node:path";

export const soundNoun = { one: "sound", many: "sounds" } as const;

export interface LabelledSounds extends KeptRows {
  /** Each of its own length, at most `mostSeconds`. */
  readonly samples: readonly Float32Array[];
  /** Samples a second, of all. */
  readonly rate: number;
  /** Group of each, and their names. */
  readonly groups?: { readonly codes: Int32Array; readonly names: readonly string[] };
  readonly bad: readonly BadFile[];
  readonly findings: readonly Finding[];
}

export interface ReadSoundsOptions {
  readonly source: string;
  readonly column?: string | undefined;
  readonly target?: string | undefined;
  readonly group?: string | undefined;
  readonly rate?: number | undefined;
  /** Seconds of a sound that are kept, those around the centre of its energy. */
  readonly mostSeconds: number;
  readonly threads: number;
  readonly onProgress?: ProgressListener;
  readonly signal?: AbortSignal | undefined;
}

interface NamedSounds {
  readonly media: Media;
  readonly labels: { readonly codes: Int32Array; readonly dictionary: readonly string[] };
  /** Group of each file. */
  readonly groups?: readonly string[];
  readonly findings: readonly Finding[];
}

/**
 * @throws MillwrightError as `readMediaFolder`, `mediaFromTable` and `decodeSounds`: `SOURCE_UNREADABLE` where more than a
 *   tenth of the files is broken; `TARGET_CONSTANT` where fewer than two classes have a sound; `PARAMETER_UNKNOWN` for a
 *   pattern that is none, `DATA_BAD_VALUE` where a file has no group.
 */
export async function readSounds(options: ReadSoundsOptions): Promise<LabelledSounds> {
  const { source, mostSeconds, threads, onProgress, signal } = options;
  const { media, labels, groups, findings } =
    options.column === undefined ? await ofFolder(options) : await ofTable(options, options.column);
  const rate = options.rate ?? (await commonRate(media));
  const most = Math.round(mostSeconds * rate);
  const kept: number[] = [];
  const samples: Float32Array[] = [];
  let cutShort = 0;
  const files = decodeSounds(media, { rate, threads, maxBad: mostBad, ...(signal && { signal }) });
  for await (const sound of files) {
    kept.push(sound.row);
    if (sound.cutShort) cutShort++;
    samples.push(sound.samples.length > most ? fitSound(sound.samples, most) : sound.samples);
    if (sound.row % 100 === 0)
      onProgress?.({ stage: "read sounds", done: sound.row, total: media.files.length });
  }
  const rows = keptRows({ files: media.files, labels }, kept, source, soundNoun);
  const names = [...new Set(kept.map((row) => groups?.[row] ?? ""))];
  return {
    ...rows,
    samples,
    rate,
    ...(groups && {
      groups: { names, codes: Int32Array.from(kept, (row) => names.indexOf(groups[row]!)) },
    }),
    bad: files.bad,
    findings: [...findings, ...badFindings(files.bad, soundNoun), ...cutFindings(cutShort)],
  };
}

function cutFindings(count: number): Finding[] {
  if (count === 0) return [];
  return [
    {
      kind: "skippedFiles",
      column: null,
      evidence: `${count} ${count === 1 ? "sound ends" : "sounds end"} before ${count === 1 ? "its header says" : "their headers say"}; what is there is used.`,
      effect: "hint",
      undo: null,
      numbers: { files: count },
    },
  ];
}

async function ofFolder({ source, group }: ReadSoundsOptions): Promise<NamedSounds> {
  const media = await readMediaFolder(source, { kind: "audio" });
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

/** The sounds that a column of paths names, with the labels and groups of other columns. */
async function ofTable(
  { source, target, group, threads, signal }: ReadSoundsOptions,
  column: string,
): Promise<NamedSounds> {
  if (target === undefined) {
    throw new MillwrightError(
      "PARAMETER_MISSING",
      `--audio names the sounds of ${source}, and --target does not name their labels.`,
      "Give --target.",
    );
  }
  const asked = [column, target, ...(group === undefined ? [] : [group])];
  const words = Object.fromEntries(asked.map((name) => [name, { kind: "category" } as const]));
  const table = await openTable([source], { threads, columns: words, ...(signal && { signal }) });
  try {
    const media = await mediaFromTable(table, column, { kind: "audio" });
    const { columns } = await table.read(asked);
    const wordsOf = (name: string): (string | undefined)[] => {
      const cells = columns.get(name)!;
      if (cells.type !== "string") throw new Error(`Millwright defect: "${name}" was not read as words.`);
      return Array.from(media.rows, (row) => cells.dictionary[cells.codes[row]!]);
    };
    const labelled = wordsOf(target);
    const places = labelled.flatMap((label, i) => (label === undefined ? [] : [i]));
    const unlabelled = labelled.length - places.length;
    const dictionary = [...new Set(places.map((i) => labelled[i]!))].sort();
    const groups = group === undefined ? undefined : wordsOf(group);
    const alone = groups?.findIndex((name, i) => name === undefined && labelled[i] !== undefined) ?? -1;
    if (alone >= 0) {
      throw new MillwrightError(
        "DATA_BAD_VALUE",
        `The column "${group!}" of ${source} is empty for ${media.files[alone]!}.`,
        "Fill it in: a sound without a group may stand on both sides.",
      );
    }
    return {
      media: { ...media, files: places.map((i) => media.files[i]!) },
      labels: { dictionary, codes: Int32Array.from(places, (i) => dictionary.indexOf(labelled[i]!)) },
      ...(groups && { groups: places.map((i) => groups[i]!) }),
      findings: [...table.findings, ...media.findings, ...unlabelledFindings(target, unlabelled)],
    };
  } finally {
    await table.close();
  }
}

function unlabelledFindings(column: string, count: number): Finding[] {
  if (count === 0) return [];
  return [
    {
      kind: "skippedFiles",
      column,
      evidence: `${count} ${count === 1 ? "sound has" : "sounds have"} no label in "${column}" and ${count === 1 ? "is" : "are"} left out.`,
      effect: "leftOut",
      undo: null,
      numbers: { rows: count },
    },
  ];
}

const headersRead = 100;
const [leastRate, mostRate] = [4000, 16_000];

/** The rate of most of some evenly spread files; 16,000 samples a second hold what tells words apart. */
async function commonRate({ root, files }: Media): Promise<number> {
  const counts = new Map<number, number>();
  const step = Math.max(1, files.length / headersRead);
  for (let at = 0; at < files.length; at += step) {
    const sound = await readWav(join(root, files[Math.floor(at)]!));
    if (sound.ok) counts.set(sound.rate, (counts.get(sound.rate) ?? 0) + 1);
  }
  const [common] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return Math.min(mostRate, Math.max(leastRate, common?.[0] ?? mostRate));
}
