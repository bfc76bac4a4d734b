/** The rows of a folder of class folders: decoded one after the other, the classes of those that could be read. */
import { createHash } from "node:crypto";
import { MillwrightError } from "../../core/index.ts";
import type { MediaRows } from "./predict-media.ts";

/** Share of files that may be broken before a run ends. */
export const mostBad = 0.1;

/** Files with their classes, before any is opened. */
interface LabelledFiles {
  readonly files: readonly string[];
  readonly labels: { readonly codes: Int32Array; readonly dictionary: readonly string[] };
}

/** The classes of the rows that could be read. */
export interface KeptRows {
  /** Relative paths. */
  readonly files: readonly string[];
  /** Class of each. */
  readonly codes: Int32Array;
  readonly classes: readonly string[];
}

/**
 * @param kept - Places in `media.files`.
 * @param source - For the message.
 * @throws MillwrightError `TARGET_CONSTANT` where fewer than two classes are left.
 */
export function keptRows(
  { files, labels }: LabelledFiles,
  kept: readonly number[],
  source: string,
  noun: { readonly one: string; readonly many: string },
): KeptRows {
  const found = new Set(kept.map((row) => labels.codes[row]!));
  const classes = labels.dictionary.filter((_, code) => found.has(code));
  if (classes.length < 2) {
    throw new MillwrightError(
      "TARGET_CONSTANT",
      `${source} has ${classes.length} class with a ${noun.one} that can be read.`,
      `Add ${noun.many} of another class.`,
    );
  }
  const codeOf = new Map(classes.map((label, code) => [label, code]));
  return {
    files: kept.map((row) => files[row]!),
    codes: Int32Array.from(kept, (row) => codeOf.get(labels.dictionary[labels.codes[row]!]!)!),
    classes,
  };
}

/** SHA-256 of names, classes and content. */
export function fingerprintOf({ files, codes, classes }: KeptRows, data: MediaRows): string {
  const hash = createHash("sha256");
  files.forEach((file, i) => hash.update(`${file}\0${classes[codes[i]!]!}\0`));
  hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest("hex");
}
