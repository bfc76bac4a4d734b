/** What a training on tagged sentences did and found: `run.json`; docs/schemas/tags.json. */
import type { BadLine } from "../../data/index.ts";
import type { EpochRecord } from "../../nn/index.ts";
import type { MetricFigure } from "../tabular/judge.ts";

export interface TagBoardRow {
  readonly rank: number;
  readonly name: string;
  readonly family: "network" | "classical" | "baseline";
  /** Span F1 on the validation sentences. */
  readonly score: number;
  /** Of the fit. */
  readonly seconds: number;
}

export interface TagRecord {
  readonly format: 1;
  readonly software: string;
  readonly seconds: number;
  readonly data: {
    readonly source: string;
    readonly validation: string | null;
    readonly test: string | null;
    readonly sha256: string;
    /** Sentences and tokens of all parts. */
    readonly sentences: number;
    readonly tokens: number;
    /** Lines that could not be read, and the file that they are in. */
    readonly bad: readonly (BadLine & { readonly file: string })[];
    readonly trainRows: number;
    readonly validationRows: number;
    readonly testRows: number;
    /** Most tokens of a sentence that the file takes at once. */
    readonly places: number;
  };
  readonly task: {
    readonly kind: "tags";
    readonly target: string;
    /** Tags, with the tokens that bear them. */
    readonly classes: readonly { readonly label: string; readonly rows: number }[];
  };
  readonly metric: { readonly name: string; readonly title: string; readonly greaterIsBetter: boolean };
  readonly network: {
    readonly name: string;
    readonly parameterCount: number;
    readonly epochs: number;
    readonly bestEpoch: number;
    readonly batchSize: number;
    readonly threads: number;
    readonly ended: "done" | "patience" | "aborted";
    readonly history: readonly EpochRecord[];
  };
  readonly leaderboard: readonly TagBoardRow[];
  readonly chosen: string;
  /** The network against the classical model on the untouched sentences. */
  readonly versus: {
    readonly network: string;
    readonly classical: string;
    /** How much higher the network's span F1 is; paired. */
    readonly gain: number;
    readonly low: number;
    readonly high: number;
    /** Seconds of the network's fit by those of the classical one's. */
    readonly timeRatio: number;
    readonly sentence: string;
  };
  /** Of the chosen file; the baseline is the tag look-up. */
  readonly test: { readonly rows: number; readonly metrics: readonly MetricFigure[] };
  /** Spans of the test sentences by kind. */
  readonly kinds: readonly {
    readonly kind: string;
    readonly spans: number;
    readonly predicted: number;
    readonly precision: number;
    readonly recall: number;
    readonly f1: number;
  }[];
  /** The command that gives the same file again. */
  readonly reproduce: string;
  readonly model: { readonly bytes: number; readonly sha256: string };
}
