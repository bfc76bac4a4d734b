/** What a training on tagged sentences is asked for. */
import type { ProgressListener } from "../../core/index.ts";

export interface TagOptions {
  /** A CoNLL file of sentences to learn. */
  readonly source: string;
  /** Sentences that choose the epoch, the offset and the model. Default: 15 % of those to learn. */
  readonly validation?: string;
  /** Untouched sentences. Default: a share of those of the source. */
  readonly test?: string;
  /** Share of the sentences kept untouched where no file is given. Default 0.2. */
  readonly testSize?: number;
  /** Most epochs. Default 8. */
  readonly epochs?: number;
  /** Seconds for the whole run: training ends in time, with the best epoch so far. */
  readonly time?: number;
  readonly seed: number;
  /** Threads inside a step of the network. */
  readonly threads: number;
  /** Ends the training between two steps; the best epoch so far is kept. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
  /** `performance.now()` when the command began, so that all of it is counted. */
  readonly startedMs?: number;
  /** Name and version of this program, for card and recipe. */
  readonly software: string;
}

export const tagDefaults = { epochs: 8, testSize: 0.2 } as const;
