/** What a training on tagged sentences is asked for. */
import type { RunSettings } from "../run-options.ts";

/** `threads` are those inside a step of the network; `signal` ends it between two steps. */
export interface TagOptions extends RunSettings {
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
}

export const tagDefaults = { epochs: 8, testSize: 0.2 } as const;
