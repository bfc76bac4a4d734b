/**
 * Folders of media: `images/<class>/*.jpg`, `audio/<class>/*.wav`, `texts/<class>/*.txt`.
 *
 * The first folder below the one that is named is the class; deeper ones only keep files apart. The order is that of
 * names by UTF-16 code units, folder by folder, so that it is the same on every machine whatever its locale and
 * file system. Names are compared and told in Unicode's composed form (NFC): macOS may store "é" as two characters.
 */
import { join } from "node:path";
import { MillwrightError } from "../../core/index.ts";
import type { StringCells } from "../../schema/index.ts";
import type { Finding } from "../finding.ts";
import {
  counted,
  extensionOf,
  extensionsOf,
  type Media,
  type MediaKind,
  mediaKinds,
  mediumOf,
  plural,
} from "./media.ts";
import { type Found, walkFolder, type Walked } from "./walk-folder.ts";

export interface MediaFolderOptions {
  /** The kind to read where files of several kinds lie together; the others are then skipped and counted. */
  readonly kind?: MediaKind;
}

export interface MediaClassOptions extends MediaFolderOptions {
  /** Fewest class folders: 1 is enough to judge what was learnt elsewhere, and 2, the default, to learn. */
  readonly minClasses?: 1 | 2;
}

/** Files that were passed over. */
export interface SkippedFiles {
  /** Names that begin with a dot, and what systems leave behind (`Thumbs.db`, `__MACOSX`). A folder counts as one. */
  readonly hidden: number;
  /** Files of another kind, or of none. */
  readonly other: number;
  /** Media of the kind in formats that are not read, by extension. */
  readonly unread: Readonly<Record<string, number>>;
  /** Links that lead nowhere, folders that may not be opened, and what is neither file nor folder. */
  readonly unreachable: number;
  /** Media beside the class folders, which have no label. */
  readonly unlabelled: number;
}

/** Labelled files: one class a folder. */
export interface MediaFolder extends Media {
  /** The class of each file; codes by first appearance, which is the order of names. */
  readonly labels: StringCells;
  readonly skipped: SkippedFiles;
}

/** Names of parts of a split, which are no classes. */
const parts = new Set(["train", "training", "test", "testing", "val", "valid", "validation", "dev", "eval"]);

/**
 * Reads the names of a folder of class folders. No file is opened.
 *
 * @param path - The folder whose folders are the classes.
 * @throws MillwrightError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`; `DATA_EMPTY` without media; `SOURCE_FORMAT` for media
 *   of several kinds, or of formats that are not read; `TARGET_MISSING` without class folders, `TARGET_CONSTANT` with
 *   one where two are needed.
 */
export async function readMediaFolder(path: string, options: MediaClassOptions = {}): Promise<MediaFolder> {
  const walked = await walkFolder(path);
  const { kind, files, skipped } = chooseKind(path, walked, options.kind, true);
  const labelled = files.filter((file) => file.label !== undefined);
  requireClasses(path, kind, walked, files, labelled, options.minClasses ?? 2);
  const labels = encodeLabels(labelled.map((file) => file.label!));
  const all = { ...skipped, unlabelled: files.length - labelled.length };
  return {
    kind,
    root: path,
    files: labelled.map((file) => file.path),
    labels,
    missing: [],
    skipped: all,
    findings: findingsOf(kind, walked, labels, all),
  };
}

/**
 * The media files of a folder in any layout, without labels: what is to be predicted.
 *
 * @throws MillwrightError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`, `DATA_EMPTY`, `SOURCE_FORMAT`.
 */
export async function listMediaFiles(path: string, options: MediaFolderOptions = {}): Promise<Media> {
  const walked = await walkFolder(path);
  const { kind, files, skipped } = chooseKind(path, walked, options.kind, false);
  return {
    kind,
    root: path,
    files: files.map((file) => file.path),
    missing: [],
    findings: skippedFindings(kind, { ...skipped, unlabelled: 0 }),
  };
}

/** The one kind of the media, and what else lies there. */
function chooseKind(
  path: string,
  walked: Walked,
  given: MediaKind | undefined,
  inClasses: boolean,
): {
  readonly kind: MediaKind;
  readonly files: readonly Found[];
  readonly skipped: Omit<SkippedFiles, "unlabelled">;
} {
  const labelled =
    inClasses && walked.found.some((file) => file.label !== undefined && mediumOf(file.path)?.read === true);
  const counts = new Map<MediaKind, number>();
  for (const file of walked.found) {
    const medium = mediumOf(file.path);
    // A README beside the class folders does not make a folder of photos one of mixed media.
    if (medium?.read !== true || (labelled && file.label === undefined)) continue;
    counts.set(medium.kind, (counts.get(medium.kind) ?? 0) + 1);
  }
  if (given === undefined && counts.size > 1) {
    const told = mediaKinds.filter((kind) => counts.has(kind));
    throw new MillwrightError(
      "SOURCE_FORMAT",
      `${path} holds media of several kinds: ${told.map((kind) => counted(counts.get(kind)!, kind)).join(", ")}.`,
      `Say which to read ({ kind: "${told[0]}" }), or put them into folders of their own.`,
    );
  }
  const kind = given ?? [...counts.keys()][0];
  if (kind === undefined || !counts.has(kind)) throw noMedia(path, walked, given, inClasses);
  const files: Found[] = [];
  const unread: Record<string, number> = {};
  let other = 0;
  for (const file of walked.found) {
    const medium = mediumOf(file.path);
    if (medium?.kind !== kind) other++;
    else if (medium.read) files.push(file);
    else unread[extensionOf(file.path)] = (unread[extensionOf(file.path)] ?? 0) + 1;
  }
  return { kind, files, skipped: { hidden: walked.hidden, other, unread, unreachable: walked.unreachable } };
}

function noMedia(
  path: string,
  walked: Walked,
  given: MediaKind | undefined,
  inClasses: boolean,
): MillwrightError {
  const unread = walked.found.filter(({ path: file }) => {
    const medium = mediumOf(file);
    return medium?.read === false && (given === undefined || medium.kind === given);
  });
  const kinds = given === undefined ? mediaKinds : [given];
  if (unread.length > 0) {
    const { kind } = mediumOf(unread[0]!.path)!;
    return new MillwrightError(
      "SOURCE_FORMAT",
      `${path} holds ${unread.length} ${unread.length === 1 ? "file" : "files"} like ${unread[0]!.path}, and the ${plural(kind)} that are read are ${extensionsOf(kind)}.`,
      kind === "audio" ? "Convert them to WAV." : "Convert them, to PNG for example.",
    );
  }
  return new MillwrightError(
    "DATA_EMPTY",
    `${path} holds ${walked.found.length} files, and none is ${kinds.map((kind) => `${kind} (${extensionsOf(kind)})`).join(", ")}.`,
    inClasses
      ? "Name the folder of the class folders."
      : `Name a folder or files of ${kinds.map(plural).join(", ")}.`,
  );
}

/** The other way to tell classes. */
function orInTable(kind: MediaKind): string {
  return kind === "text" ? "" : `, or name files and classes in a table, its column of paths with --${kind}`;
}

function requireClasses(
  path: string,
  kind: MediaKind,
  walked: Walked,
  files: readonly Found[],
  labelled: readonly Found[],
  minClasses: number,
): void {
  const classes = [...new Set(labelled.map((file) => file.label!))];
  if (classes.length === 0) {
    throw new MillwrightError(
      "TARGET_MISSING",
      `${path} holds ${counted(files.length, kind)} and no class folders.`,
      `Put the ${plural(kind)} of each class into a folder with its name${orInTable(kind)}.`,
    );
  }
  if (classes.length > 1 && classes.every((name) => parts.has(name.toLowerCase()))) {
    throw new MillwrightError(
      "TARGET_MISSING",
      `The folders of ${path} are parts of a split, not classes: ${classes.join(", ")}.`,
      `Name one of them: ${join(path, classes.find((name) => /^train/i.test(name)) ?? classes[0]!)}.`,
    );
  }
  if (classes.length < minClasses) {
    const deeper = labelled.some((file) => file.path.split("/").length > 2);
    throw new MillwrightError(
      "TARGET_CONSTANT",
      `${path} has one class folder with ${plural(kind)}, "${classes[0]}"${walked.folders.length > 1 ? `, among its ${walked.folders.length} folders` : ""}.`,
      deeper
        ? `Name the folder of the class folders: ${join(path, classes[0]!)}, if they lie there.`
        : `Add a folder of another class${orInTable(kind)}.`,
    );
  }
}

function encodeLabels(labels: readonly string[]): StringCells {
  const codeOf = new Map<string, number>();
  const codes = new Int32Array(labels.length);
  for (const [row, label] of labels.entries()) {
    let code = codeOf.get(label);
    if (code === undefined) codeOf.set(label, (code = codeOf.size));
    codes[row] = code;
  }
  return { type: "string", codes, dictionary: [...codeOf.keys()] };
}

function findingsOf(
  kind: MediaKind,
  walked: Walked,
  labels: StringCells,
  skipped: SkippedFiles,
): readonly Finding[] {
  const counts = new Uint32Array(labels.dictionary.length);
  for (const code of labels.codes) counts[code]!++;
  const lone = labels.dictionary.filter((_, code) => counts[code] === 1);
  const known = new Set(labels.dictionary);
  const bare = [...new Set(walked.folders)].filter((name) => !known.has(name)).sort();
  const findings: Finding[] = [];
  if (lone.length > 0) {
    findings.push(
      hint(
        "loneLabel",
        `${lone.length === 1 ? `The class ${quoted(lone)} has one example` : `${lone.length} classes have one example each: ${quoted(lone)}`}; it can be trained on or tested on, not both.`,
        { classes: lone.length },
      ),
    );
  }
  if (bare.length > 0) {
    findings.push(
      hint(
        "emptyClass",
        `${bare.length === 1 ? `The folder ${quoted(bare)} holds` : `${bare.length} folders hold`} no ${kind}${bare.length === 1 ? "" : `: ${quoted(bare)}`}, and ${bare.length === 1 ? "is no class" : "are no classes"}.`,
        { folders: bare.length },
      ),
    );
  }
  return [...findings, ...skippedFindings(kind, skipped)];
}

function skippedFindings(kind: MediaKind, skipped: SkippedFiles): readonly Finding[] {
  const findings: Finding[] = [];
  const unread = Object.entries(skipped.unread).sort(([a], [b]) => (a < b ? -1 : 1));
  if (unread.length > 0) {
    findings.push(
      hint(
        "skippedFiles",
        `${unread.map(([extension, count]) => `${count} .${extension}`).join(", ")} skipped: the ${plural(kind)} that are read are ${extensionsOf(kind)}.`,
        { files: unread.reduce((sum, [, count]) => sum + count, 0) },
      ),
    );
  }
  const rest = [
    [skipped.hidden, "hidden"],
    [skipped.other, `of another kind than ${kind}`],
    [skipped.unreachable, "that cannot be reached"],
    [skipped.unlabelled, "beside the class folders"],
  ] as const;
  const told = rest.filter(([count]) => count > 0);
  if (told.length > 0) {
    findings.push(
      hint("skippedFiles", `Files skipped: ${told.map(([count, what]) => `${count} ${what}`).join(", ")}.`, {
        files: told.reduce((sum, [count]) => sum + count, 0),
      }),
    );
  }
  return findings;
}

function hint(kind: Finding["kind"], evidence: string, numbers: Record<string, number>): Finding {
  return { kind, column: null, evidence, effect: "hint", undo: null, numbers };
}

/** The first names of a list, and how many more there are. */
function quoted(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `"${name}"`);
  return shown.join(", ") + (names.length > shown.length ? ` and ${names.length - shown.length} more` : "");
}
