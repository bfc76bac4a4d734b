/** What a training on pictures is asked for. */
import type { BackboneOptions } from "./backbone.ts";
import { type ChangeName, changeNames } from "./changes.ts";
import type { PictureTable } from "./label-table.ts";
import type { NetName } from "./nets.ts";
import type { RunSettings } from "../run-options.ts";

/** `threads` decode, and are the threads inside a step of the network; `signal` ends it between two steps. */
export interface ImageOptions extends RunSettings {
  /** A folder of class folders, or the table's file. */
  readonly source: string;
  /** Where the source is a table with a column of paths. */
  readonly table?: PictureTable;
  /** Default `small-cnn`. */
  readonly net?: NetName;
  /** A network to begin with, in place of `net`. */
  readonly from?: BackboneOptions;
  /** Networks of `net`, from the seed and those behind it, whose mean the file answers: 1 … 20. Default 1. */
  readonly members?: number;
  /** What may become the file; the other is held against it all the same. Default: the better one. */
  readonly ships?: "network" | "forest";
  /** Pixels across and down that pictures are brought to; a multiple of 8. Default 64, or what `from` takes. */
  readonly size?: number;
  /** How pictures are changed while the network learns them. Default: all ways; none where the backbone runs once. */
  readonly augment?: readonly ChangeName[];
  /** Most epochs. Default 30; 100 where the backbone runs once. */
  readonly epochs?: number;
  /** Seconds for the whole run: fewer epochs are planned where they would not fit. */
  readonly time?: number;
  /** Share of the pictures kept untouched for the final figures. Default 0.2. */
  readonly testSize?: number;
}

export const imageDefaults = {
  net: "small-cnn",
  size: 64,
  augment: changeNames,
  epochs: 30,
  headEpochs: 100,
  members: 1,
  testSize: 0.2,
} as const;
