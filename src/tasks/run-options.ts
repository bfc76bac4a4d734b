/** What every run on a table may be asked for, whatever it makes of it. */
import type { ProgressListener } from "../core/index.ts";
import type { Reading } from "../data/index.ts";
import type { ColumnsAsked } from "./roles.ts";

export interface RunOptions extends Reading, ColumnsAsked {
  /** Files, globs or one database URL. */
  readonly source: readonly string[];
  readonly id?: string;
  readonly seed: number;
  /** Cores to use. */
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
  /** `performance.now()` when the command began, so that all of it is counted. */
  readonly startedMs?: number;
  /** Name and version of this program, for card and recipe. */
  readonly software: string;
}
