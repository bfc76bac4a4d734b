/**
 * A file that answers pictures or sounds, scored on labelled ones: folders of class folders, or a table that names
 * files. Files are decoded and answered block by block, so that no more than a block of them is in memory.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { MillwrightError, nearest } from "../../core/index.ts";
import { type BadFile, readingFlags, readingOf } from "../../data/index.ts";
import { confusionMatrix, metric as metricByName, mostProbable } from "../../metrics/index.ts";
import type { Model } from "../../model/index.ts";
import type { Task } from "../../pipeline/index.ts";
import { inputCells } from "../../schema/index.ts";
import {
  type EvaluateOptions,
  type Evaluation,
  inOrder,
  requireOwnOptions,
  requireTaskMetrics,
  undefinedNotes,
} from "../tabular/evaluate.ts";
import { judgeAnswers } from "../tabular/judge.ts";
import { checkRequirements, requiredMetrics } from "../tabular/requirements.ts";
import { classFigures } from "./class-figures.ts";
import { mediaNouns, type NamedMedia, namedInFolder, namedInTable } from "./named-media.ts";
import { answerRows, decodeRows, mediaColumn, type MediaRows } from "./predict-media.ts";
import { mostBad } from "./read-media.ts";

/** Files that are answered at a time. */
const blockRows = 64;
/** Times of single rows for `p99Ms`: one may take many milliseconds. */
const timedRows = 200;

/** Files that were answered. */
interface AnsweredMedia {
  /** Class of each. */
  readonly codes: Int32Array;
  /** Row-major [files, classes]. */
  readonly answers: Float64Array;
  readonly groups?: Int32Array;
  readonly bad: readonly BadFile[];
  /** The first rows as the file takes them. */
  readonly first: readonly MediaRows[];
}

/**
 * @param source - Folders of class folders; with `image` or `audio` one table.
 * @throws MillwrightError as `readMediaFolder`, `openTable` and `mediaFromTable`; `SOURCE_UNREADABLE` where more than a
 *   tenth of the files is broken; `SCHEMA_WRONG_KIND` for a class that the file does not know; `PARAMETER_*`, and as a
 *   metric that is asked for and has no figure.
 */
export async function evaluateMedia(
  { model, bytes }: { readonly model: Model; readonly bytes: number },
  source: readonly string[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { target } = model.metadata.task;
  const classes = model.metadata.classes!;
  const task: Task = { kind: "classification", target, classes };
  requireTaskMetrics(model.name, task, options);
  const named = await namedMedia(model, source, options);
  const { codes, answers, groups, bad, first } = await answerAll(model, named, source, options);
  const wanted = (options.metrics ?? []).map(metricByName);
  const required = options.require ?? [];
  const y = { kind: "classification", classCount: classes.length, codes } as const;
  const constant = Float64Array.from(model.metadata.task.constant!);
  const { metrics, undefinedMetrics } = judgeAnswers(
    answers,
    { y, ...(groups && { groups }) },
    task,
    constant,
    {
      // As in training.
      metric: wanted[0] ?? metricByName("accuracy"),
      also: [...wanted, ...requiredMetrics(required)],
      asked: wanted,
      seed: options.seed,
    },
  );
  const predicted = mostProbable(answers, classes.length);
  const confusion = [...confusionMatrix(codes, predicted, { classCount: classes.length })];
  const single = (most: number) => first.slice(0, most).map((row) => () => answerRows(model, row));
  const file = { bytes, metrics, undefinedMetrics, rowCount: codes.length, single, timedRows };
  return {
    name: model.name,
    rowCount: codes.length,
    noun: mediaNouns[mediaColumn(model)!.kind],
    metrics: inOrder(metrics, wanted),
    notes: [
      ...named.findings.map(({ evidence }) => evidence),
      ...ungroupedNotes(model, groups),
      ...undefinedNotes(undefinedMetrics),
    ],
    ...(options.require && { requirements: await checkRequirements(required, file) }),
    classes: classFigures(classes, confusion),
    confusion,
    bad,
  };
}

async function namedMedia(
  model: Model,
  source: readonly string[],
  options: EvaluateOptions,
): Promise<NamedMedia> {
  const { kind } = mediaColumn(model)!;
  const { group, threads } = options;
  const noun = mediaNouns[kind];
  const other = kind === "image" ? "audio" : "image";
  if (options[other] !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${model.name} answers ${noun.many}, and --${other} names ${mediaNouns[other].many}.`,
      `Name the column of their paths with --${kind}, or folders of ${noun.many}.`,
    );
  }
  const column = options[kind];
  if (column === undefined) {
    requireOwnOptions(model, options);
    await requireFolders(model.name, kind, source, options);
    return joined(await Promise.all(source.map((folder) => folderNamed(folder, kind, group))), source);
  }
  const { target = model.metadata.task.target, ...rest } = options;
  requireOwnOptions(model, rest);
  const [only, ...more] = source;
  if (more.length > 0) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `--${kind} names a column of one table, whose folder the paths are relative to, and ${source.length} sources are given.`,
      "Give one table.",
    );
  }
  const reading = readingOf(rest);
  return await namedInTable({ source: only!, kind, noun, column, target, group, reading, threads });
}

/** @throws MillwrightError `PARAMETER_MISSING` for a file, `PARAMETER_CONFLICT` for flags of tables. */
async function requireFolders(
  name: string,
  kind: keyof typeof mediaNouns,
  source: readonly string[],
  options: EvaluateOptions,
): Promise<void> {
  const { many } = mediaNouns[kind];
  for (const place of source) {
    const isFile = (await stat(place).catch(() => undefined))?.isFile() === true;
    if (!isFile) continue;
    throw new MillwrightError(
      "PARAMETER_MISSING",
      `${name} answers ${many}, and ${place} is a file.`,
      `Name a folder with a folder of ${many} a class; of a table, the column of their paths with --${kind}.`,
    );
  }
  const [refused] = readingFlags(readingOf(options));
  if (refused === undefined) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `${name} answers ${many}, and folders of them are read, for which ${refused} has no meaning.`,
    `Leave it out, or name the column of a table that holds their paths with --${kind}.`,
  );
}

async function folderNamed(
  folder: string,
  kind: keyof typeof mediaNouns,
  group: string | undefined,
): Promise<NamedMedia> {
  const named = await namedInFolder(folder, { kind, group, minClasses: 1 });
  // One file of a class can be judged as well as many.
  return { ...named, findings: named.findings.filter((finding) => finding.kind !== "loneLabel") };
}

/** Several folders as one; files are then named from where the command runs. */
function joined(parts: readonly NamedMedia[], folders: readonly string[]): NamedMedia {
  const [only] = parts;
  if (parts.length === 1) return only!;
  const dictionary = [...new Set(parts.flatMap(({ labels }) => labels.dictionary))];
  return {
    media: {
      ...only!.media,
      root: ".",
      files: parts.flatMap(({ media }, i) => media.files.map((file) => join(folders[i]!, file))),
    },
    labels: {
      dictionary,
      codes: Int32Array.from(
        parts.flatMap(({ labels }) =>
          Array.from(labels.codes, (code) => dictionary.indexOf(labels.dictionary[code]!)),
        ),
      ),
    },
    ...(only!.groups && { groups: parts.flatMap(({ groups }) => groups!) }),
    findings: parts.flatMap(({ findings }) => findings),
  };
}

/** The file's code of each of some labels. */
function codesOf(
  { labels: { codes, dictionary } }: NamedMedia,
  model: Model,
  source: readonly string[],
): Int32Array {
  const classes = model.metadata.classes!;
  const noun = mediaNouns[mediaColumn(model)!.kind];
  const counts = new Map<string, number>();
  for (const code of codes) {
    const label = dictionary[code]!;
    if (!classes.includes(label)) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  if (counts.size > 0) {
    const shown = [...counts]
      .slice(0, 5)
      .map(([label, count]) => `${JSON.stringify(label)} (${count} ${count === 1 ? noun.one : noun.many})`);
    const more = counts.size > shown.length ? ` and ${counts.size - shown.length} more` : "";
    const [label] = [...counts.keys()];
    const guess = counts.size === 1 ? nearest(label!, classes) : undefined;
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `${source.join(", ")} ${source.length === 1 ? "has" : "have"} the ${counts.size === 1 ? "class" : "classes"} ${shown.join(", ")}${more}, and ${model.name} knows ${classes.slice(0, 10).join(", ")}${classes.length > 10 ? ", …" : ""}${guess === undefined ? "" : `; the nearest name is "${guess}"`}.`,
      "Leave them out, name them as in training, or train again with them.",
    );
  }
  return Int32Array.from(codes, (code) => classes.indexOf(dictionary[code]!));
}

async function answerAll(
  model: Model,
  named: NamedMedia,
  source: readonly string[],
  { threads, onProgress }: EvaluateOptions,
): Promise<AnsweredMedia> {
  const known = codesOf(named, model, source);
  const column = mediaColumn(model)!;
  const width = model.metadata.classes!.length;
  const { media } = named;
  const size = inputCells(column, 1).length;
  const block = inputCells(column, blockRows) as MediaRows;
  const answers = new Float64Array(media.files.length * width);
  const kept: number[] = [];
  const first: MediaRows[] = [];
  let waiting = 0;
  const answer = async (): Promise<void> => {
    const { probabilities } = await answerRows(model, block.subarray(0, waiting * size));
    answers.set(probabilities, (kept.length - waiting) * width);
    waiting = 0;
  };
  const files = decodeRows(media, column, { threads, maxBad: mostBad });
  for await (const { row, cells } of files.rows) {
    if (first.length < blockRows) first.push(cells);
    block.set(cells, waiting * size);
    kept.push(row);
    if (++waiting < blockRows) continue;
    await answer();
    onProgress?.(row + 1, media.files.length);
  }
  if (waiting > 0) await answer();
  const names = [...new Set(named.groups)];
  return {
    codes: Int32Array.from(kept, (row) => known[row]!),
    answers: answers.subarray(0, kept.length * width),
    ...(named.groups && { groups: Int32Array.from(kept, (row) => names.indexOf(named.groups![row]!)) }),
    bad: files.bad,
    first,
  };
}

/** A training by groups has intervals of groups; here they are of single files unless the user says how. */
function ungroupedNotes({ metadata }: Model, groups: Int32Array | undefined): string[] {
  const { group } = (metadata.recipe?.options ?? {}) as { readonly group?: string };
  if (group === undefined || groups !== undefined) return [];
  return [
    `The intervals take each file for itself; the training kept groups together (--group ${JSON.stringify(group)}), and with --group the intervals here are of groups too`,
  ];
}
