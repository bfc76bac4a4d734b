/** What a training on pictures is asked for. */
import type { ProgressListener } from "../../core/index.ts";
import { type ChangeName, changeNames } from "./changes.ts";
import type { NetName } from "./nets.ts";

export interface ImageOptions {
  /** A folder of class folders. */
  readonly source: string;
  /** Default `small-cnn`. */
  readonly net?: NetName;
  /** Pixels across and down that pictures are brought to; a multiple of 8. Default 64. */
  readonly size?: number;
  /** How pictures are changed while the network learns them. Default: all ways. */
  readonly augment?: readonly ChangeName[];
  /** Most epochs. Default 30. */
  readonly epochs?: number;
  /** Seconds for the whole run: fewer epochs are planned where they would not fit. */
  readonly time?: number;
  /** Share of the pictures kept untouched for the final figures. Default 0.2. */
  readonly testSize?: number;
  readonly seed: number;
  /** Threads that decode, and threads inside a step of the network. */
  readonly threads: number;
  /** Ends the training between two steps; the best epoch so far is kept. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
  /** `performance.now()` when the command began, so that all of it is counted. */
  readonly startedMs?: number;
  /** Name and version of this program, for card and recipe. */
  readonly software: string;
}

export const imageDefaults = {
  net: "small-cnn",
  size: 64,
  augment: changeNames,
  epochs: 30,
  testSize: 0.2,
} as const;
