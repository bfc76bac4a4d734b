/** Sounds of class folders, or of a table that names them, at one rate; broken files counted and named. */
import { MillwrightError, type ProgressListener } from "../../core/index.ts";
import {
  type BadFile,
  badFindings,
  decodeSounds,
  type Finding,
  fitSound,
  type Media,
  readWav,
} from "../../data/index.ts";
import { mediaNouns, type NamedMedia, namedInFolder, namedInTable } from "../media/named-media.ts";
import { type KeptRows, keptRows, mostBad } from "../media/read-media.ts";
import { join } from "node:path";

export const soundNoun = mediaNouns.audio;

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

/**
 * @throws MillwrightError as `readMediaFolder`, `mediaFromTable` and `decodeSounds`: `SOURCE_UNREADABLE` where more than a
 *   tenth of the files is broken; `TARGET_CONSTANT` where fewer than two classes have a sound; `PARAMETER_UNKNOWN` for a
 *   pattern that is none, `DATA_BAD_VALUE` where a file has no group.
 */
export async function readSounds(options: ReadSoundsOptions): Promise<LabelledSounds> {
  const { source, mostSeconds, threads, onProgress, signal } = options;
  const { media, labels, groups, findings } = await named(options);
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

function named({ source, column, target, group, threads, signal }: ReadSoundsOptions): Promise<NamedMedia> {
  if (column === undefined) return namedInFolder(source, { kind: "audio", group });
  if (target === undefined) {
    throw new MillwrightError(
      "PARAMETER_MISSING",
      `--audio names the sounds of ${source}, and --target does not name their labels.`,
      "Give --target.",
    );
  }
  return namedInTable({ source, kind: "audio", noun: soundNoun, column, target, group, threads, signal });
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
