/** Progress as typed events: the library reports, whoever called it decides how to show it. */
export interface ProgressEvent {
  /** What is being done: "read", "fit boosting 3/12". */
  readonly stage: string;
  /** Work done and in all, in the same unit; absent when unknown. */
  readonly done?: number;
  readonly total?: number;
  /** A short remark: the best score so far, rows per second. */
  readonly note?: string;
}
export type ProgressListener = (event: ProgressEvent) => void;
