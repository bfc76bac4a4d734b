/** What every run may be asked for, whatever it learns from and makes. */
import type { ProgressListener } from "../core/index.ts";
import type { Reading } from "../data/index.ts";
import type { ColumnsAsked } from "./roles.ts";

export interface RunSettings {
  readonly seed: number;
  /** Cores to use. */
  readonly threads: number;
  /** Ends the run early; the best so far is kept. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
  /** `performance.now()` when the command began, so that all of it is counted. */
  readonly startedMs?: number;
  /** Name and version of this program, for card and recipe. */
  readonly software: string;
}

/** A run on a table. */
export interface RunOptions extends RunSettings, Reading, ColumnsAsked {
  /** Files, globs or one database URL. */
  readonly source: readonly string[];
  readonly id?: string;
}
