/** What a training on sounds is asked for. */
import type { RunSettings } from "../run-options.ts";
import { type SoundChange, soundChanges } from "./changes.ts";
import type { SoundNet } from "./nets.ts";

/** `threads` decode, and are the threads inside a step of the network; `signal` ends it between two steps. */
export interface AudioOptions extends RunSettings {
  /** A folder of class folders; or a table, with `column` and `target`. */
  readonly source: string;
  /** Of a table: the column of paths, relative to the table's file. */
  readonly column?: string;
  /** Of a table: the column of labels. */
  readonly target?: string;
  /**
   * Sounds of one group never stand on both sides of a split. Of a folder: a regular expression, matched against the path
   * below the folder, whose first parentheses hold the group (`_(\w+)_`). Of a table: a column.
   */
  readonly group?: string;
  /** A folder of class folders to test on, in place of a part of `source`. */
  readonly test?: string;
  /** Default `ds-cnn`. */
  readonly net?: SoundNet;
  /** Networks of `net`, from the seed and those behind it, whose mean the file answers: 1 … 20. Default 1. */
  readonly members?: number;
  /** Samples a second that sounds are brought to. Default: what most files have, at most 16,000. */
  readonly rate?: number;
  /** Seconds that the file hears. Default: what 19 of 20 training sounds fit into, at most 10. */
  readonly length?: number;
  /** How sounds are changed while the network learns them. Default: all ways. */
  readonly augment?: readonly SoundChange[];
  /** Most epochs. Default 24. */
  readonly epochs?: number;
  /** Seconds for the whole run: fewer epochs are planned where they would not fit. */
  readonly time?: number;
  /** Share of the sounds kept untouched for the final figures. Default 0.2. */
  readonly testSize?: number;
}

export const audioDefaults = {
  net: "ds-cnn",
  augment: soundChanges,
  epochs: 24,
  testSize: 0.2,
  members: 1,
} as const;
