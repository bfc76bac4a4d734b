/** What every race of networks against classical models did and found: the parts of `run.json` that all have. */
import { sha256 } from "../../core/index.ts";
import type { EpochRecord } from "../../nn/index.ts";
import type { MetricFigure } from "../tabular/judge.ts";

export interface RaceBoardRow {
  readonly rank: number;
  readonly name: string;
  /** "ensemble": the network and a classical model together. */
  readonly family: "network" | "classical" | "ensemble" | "baseline";
  /** In the metric, on the validation rows. */
  readonly score: number;
  /** Of the fit. */
  readonly seconds: number;
}

/** How the training of a network went. */
export interface NetworkRecord {
  readonly name: string;
  readonly parameterCount: number;
  /** Epochs that were planned. */
  readonly epochs: number;
  readonly bestEpoch: number;
  /** Why it ended: all epochs done, no better epoch for long, or stopped. */
  readonly ended: "done" | "patience" | "aborted";
  readonly history: readonly EpochRecord[];
}

/** The same where one network is trained, with what a step took. */
export interface OneNetworkRecord extends NetworkRecord {
  readonly batchSize: number;
  readonly threads: number;
  /** Where the file answers the mean of several such networks: those behind the first. */
  readonly others?: readonly Pick<NetworkRecord, "bestEpoch" | "ended" | "history">[];
}

/** All trainings of a network and those beside it. */
export const trainingsOf = (network: OneNetworkRecord): readonly Pick<NetworkRecord, "ended">[] => [
  network,
  ...(network.others ?? []),
];

/** The best network against the best classical model on the same rows, which neither learnt from. */
export interface Versus {
  readonly network: string;
  readonly classical: string;
  /** How much better the network is in the metric; paired. */
  readonly gain: number;
  readonly low: number;
  readonly high: number;
  /** Seconds of the network's fit by those of the classical one's. */
  readonly timeRatio: number;
  readonly sentence: string;
}

/** Rows that were learnt from, that chose, and that were untouched. */
export interface RaceRows {
  readonly trainRows: number;
  readonly validationRows: number;
  readonly testRows: number;
}

export interface RaceRecord {
  readonly format: 1;
  readonly software: string;
  readonly seconds: number;
  readonly data: RaceRows & { readonly sha256: string };
  readonly metric: { readonly name: string; readonly title: string; readonly greaterIsBetter: boolean };
  readonly leaderboard: readonly RaceBoardRow[];
  readonly chosen: string;
  readonly test: { readonly rows: number; readonly metrics: readonly MetricFigure[] };
  /** The command that gives the same file again; where a training was cut short, the command that goes to its end. */
  readonly reproduce: string;
  readonly model: { readonly bytes: number; readonly sha256: string };
}

/**
 * Whether the clock or the user ended a training: no command stops at the same step again. Whole epochs would not do
 * either, since the rate of each step depends on how many were planned.
 *
 * @param skipped - Networks for which no time was left.
 */
export function cutShort(
  networks: readonly Pick<NetworkRecord, "ended">[],
  skipped: readonly unknown[] = [],
): boolean {
  return skipped.length > 0 || networks.some(({ ended }) => ended === "aborted");
}

const tenths = (seconds: number): number => Math.round(seconds * 10) / 10;

/** Since a moment of `performance.now()`, as records tell it. */
export const runSeconds = (startedMs: number): number => tenths((performance.now() - startedMs) / 1000);

/** @param ranked - The best first. */
export function boardOf(ranked: readonly Omit<RaceBoardRow, "rank">[]): RaceBoardRow[] {
  return ranked.map(({ name, family, score, seconds }, i) => ({
    rank: i + 1,
    name,
    family,
    score,
    seconds: tenths(seconds),
  }));
}

export function fileRecord(bytes: Uint8Array): RaceRecord["model"] {
  return { bytes: bytes.length, sha256: sha256(bytes) };
}
