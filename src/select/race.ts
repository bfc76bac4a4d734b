/**
 * The race: a fixed, ordered portfolio tried fold by fold in worker processes
 * until the budget is spent.
 *
 * A budget is work units, which are figures and read no clock, or seconds. With
 * seconds the finished entries are always a prefix of the portfolio, so that the
 * same result comes back from the work units of that prefix and the seed.
 */
import { createRandom, type Json, MillwrightError, type ProgressListener } from "../core/index.ts";
import { type Candidate, type RaceShape, workUnits } from "./candidate.ts";
import type { FoldResult, RaceData } from "./fold-job.ts";
import { type RacePool, startRacePool } from "./race-pool.ts";
import { patience, Search, spacesOf, type Trial } from "./search/brackets.ts";

export interface RaceOptions {
  readonly candidates: readonly Candidate[];
  readonly shape: RaceShape;
  /** Most work units to spend; the first candidate is always tried. */
  readonly budgetUnits?: number;
  /** Seconds until the race must stop. */
  readonly seconds?: number;
  /** Worker processes at once. */
  readonly processes: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
  /**
   * Spends what the portfolio leaves on a search of settings, judged by this loss of answers to rows; smaller is
   * better, undefined where the rows do not define it.
   */
  readonly searchBy?: (rows: Uint32Array, answers: Float64Array) => number | undefined;
  /** Scores finished out-of-fold answers, for the progress line only. */
  readonly describe?: (entry: RaceEntry) => string;
}

/** A candidate with its answers on every covered row. */
export interface RaceEntry {
  readonly candidate: Candidate;
  readonly units: number;
  /** Out-of-fold answers for `coveredRows`, row-major. */
  readonly predictions: Float64Array;
  /** One fitted pipeline a split. */
  readonly fragments: readonly Uint8Array[];
  readonly summaries: readonly Json[];
  /** Wall-clock seconds until the last split was done; never enters a file. */
  readonly seconds: number;
  /** Seconds of the processor in the fits of all splits; never enters a file. */
  readonly fitSeconds: number;
}

export interface RaceResult {
  readonly entries: readonly RaceEntry[];
  /** Rows that some split judges, ascending. */
  readonly coveredRows: Uint32Array;
  readonly skipped: readonly { readonly candidate: Candidate; readonly reason: string }[];
  /** Units of everything finished: with the seed it reproduces this result. */
  readonly unitsUsed: number;
  /** `portfolio`: everything was tried; `search`: and nothing better was found any more. */
  readonly stoppedBy: "portfolio" | "search" | "budget" | "time" | "signal";
}

/** Rows judged by some split, ascending. */
export function coveredRows(data: Pick<RaceData, "splits">): Uint32Array {
  return Uint32Array.from(data.splits.flatMap((split) => [...split.test])).sort();
}

/** The split that judged each of the covered rows; the last where several did. */
export function foldsOf(data: Pick<RaceData, "splits">, covered: Uint32Array): Int32Array {
  const fold = new Map(data.splits.flatMap((split, index) => Array.from(split.test, (row) => [row, index])));
  return Int32Array.from(covered, (row) => fold.get(row)!);
}

/** Candidates that the units pay for, in order; the first is free. */
function affordable(options: RaceOptions): readonly Candidate[] {
  const { candidates, shape, budgetUnits = Infinity } = options;
  let spent = 0;
  const chosen: Candidate[] = [];
  for (const candidate of candidates) {
    spent += workUnits(candidate, shape);
    if (chosen.length > 0 && spent > budgetUnits + 1e-9) break;
    chosen.push(candidate);
  }
  return chosen;
}

/**
 * Runs the race.
 *
 * @throws MillwrightError `BUDGET_TOO_SMALL` when nothing was finished in time, `CANCELLED` when nothing was before the signal.
 * @throws MillwrightError of the first candidate, when every candidate failed.
 */
export async function runRace(data: RaceData, options: RaceOptions): Promise<RaceResult> {
  const started = performance.now();
  const chosen = affordable(options);
  const covered = coveredRows(data);
  const pool = startRacePool(data, Math.max(1, options.processes));
  let stoppedBy: RaceResult["stoppedBy"] = chosen.length < options.candidates.length ? "budget" : "portfolio";
  const halt = (why: "time" | "signal") => () => {
    stoppedBy = why;
    pool.stop();
  };
  const timer =
    options.seconds === undefined ? undefined : setTimeout(halt("time"), Math.max(0, options.seconds * 1000));
  const onAbort = halt("signal");
  options.signal?.addEventListener("abort", onAbort, { once: true });
  if (options.signal?.aborted) onAbort();
  try {
    let done = 0;
    const total = chosen.length * data.splits.length;
    const outcomes = chosen.map((candidate) =>
      tryCandidate(pool, data, candidate, started, () => {
        done++;
        options.onProgress?.({ stage: `try ${candidate.name}`, done, total });
      }),
    );
    const collected = await collect(outcomes, chosen, covered, data, options, () => stoppedBy);
    if (stoppedBy === "portfolio")
      stoppedBy = await searchOn(collected, pool, data, options, started, () => stoppedBy);
    const { entries, skipped } = collected;
    const unitsUsed = Math.round(collected.unitsUsed * 100) / 100;
    return { entries, coveredRows: covered, skipped, unitsUsed, stoppedBy };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", onAbort);
    pool.stop();
  }
}

/** An object of the user's own is fitted in this process. */
function isFittedHere({ own }: Candidate): boolean {
  return own !== undefined && own.module === undefined;
}

/** What the race has so far. */
interface Collected {
  readonly entries: RaceEntry[];
  readonly trials: Trial[];
  readonly skipped: { readonly candidate: Candidate; readonly reason: string }[];
  unitsUsed: number;
}

type Outcome =
  | { readonly results: readonly FoldResult[]; readonly seconds: number }
  | { readonly error: Error };

async function tryCandidate(
  pool: RacePool,
  data: RaceData,
  candidate: Candidate,
  started: number,
  onFold: () => void,
): Promise<Outcome> {
  const jobs = data.splits.map((_, split) => pool.run({ candidate, split }).finally(onFold));
  const settled = await Promise.allSettled(jobs);
  const failed = settled.find((item) => item.status === "rejected");
  if (failed !== undefined) return { error: failed.reason as Error };
  return {
    results: settled.map((item) => (item as PromiseFulfilledResult<FoldResult>).value),
    seconds: (performance.now() - started) / 1000,
  };
}

async function collect(
  outcomes: readonly Promise<Outcome>[],
  chosen: readonly Candidate[],
  covered: Uint32Array,
  data: RaceData,
  options: RaceOptions,
  stoppedBy: () => RaceResult["stoppedBy"],
): Promise<Collected> {
  const entries: RaceEntry[] = [];
  const trials: Trial[] = [];
  const skipped: { candidate: Candidate; reason: string }[] = [];
  let firstError: Error | undefined;
  let unitsUsed = 0;
  for (const [index, pending] of outcomes.entries()) {
    const candidate = chosen[index]!;
    const outcome = await pending;
    if ("error" in outcome) {
      const { error } = outcome;
      if (error instanceof MillwrightError && error.code === "CANCELLED") {
        if (isFittedHere(candidate) && stoppedBy() === "time") {
          // It runs beside the others, so what it did not finish says nothing of them.
          skipped.push({ candidate, reason: "no time left" });
          continue;
        }
        // Time is over: what comes later is dropped too, so that the rest is a prefix.
        for (const rest of chosen.slice(index)) skipped.push({ candidate: rest, reason: "no time left" });
        break;
      }
      firstError ??= error;
      // One broken candidate does not cost the user the others.
      skipped.push({ candidate, reason: reasonOf(error) });
      unitsUsed += workUnits(candidate, options.shape);
      continue;
    }
    const units = workUnits(candidate, options.shape);
    unitsUsed += units;
    const entry = entryOf(candidate, units, outcome, data, covered);
    entries.push(entry);
    trials.push({ candidate, losses: lossesOf(outcome.results, data, options) });
    const note = options.describe?.(entry);
    if (note !== undefined) options.onProgress?.({ stage: `tried ${candidate.name}`, note });
  }
  await Promise.allSettled(outcomes);
  if (entries.length === 0) {
    if (firstError !== undefined) throw firstError;
    if (stoppedBy() === "signal") {
      throw new MillwrightError(
        "CANCELLED",
        `The race was stopped before one model was fitted on ${data.frame.rowCount} rows, so there is nothing to keep.`,
        "Start it again.",
      );
    }
    throw new MillwrightError(
      "BUDGET_TOO_SMALL",
      `Not one model was fitted on ${data.frame.rowCount} rows before the time was over.`,
      "Give more with --time, or fewer rows.",
    );
  }
  const beyond = options.candidates.slice(chosen.length);
  return {
    entries,
    trials,
    skipped: [...skipped, ...beyond.map((candidate) => ({ candidate, reason: "beyond the budget" }))],
    unitsUsed,
  };
}

/** Why a candidate could not be fitted; that it is our mistake is said. */
function reasonOf(error: Error): string {
  return error instanceof MillwrightError
    ? error.what
    : `a defect of Millwright: ${error.message.split("\n")[0]}`;
}

function entryOf(
  candidate: Candidate,
  units: number,
  { results, seconds }: { readonly results: readonly FoldResult[]; readonly seconds: number },
  data: RaceData,
  covered: Uint32Array,
): RaceEntry {
  return {
    candidate,
    units,
    predictions: gatherPredictions(results, data, covered),
    fragments: results.map((result) => result.fragment),
    summaries: results.map((result) => result.summary),
    seconds,
    fitSeconds: results.reduce((sum, result) => sum + result.fitSeconds, 0),
  };
}

function lossesOf(
  results: readonly FoldResult[],
  data: RaceData,
  { searchBy }: RaceOptions,
): (number | undefined)[] {
  return data.splits.map(({ test }, split) =>
    searchBy === undefined || test.length === 0 ? undefined : searchBy(test, results[split]!.predictions),
  );
}

/**
 * Searches settings with what the portfolio left of the budget, and adds what was found to the entries. A bracket
 * that is stopped half-way leaves nothing, so that the work units tell how far the search came.
 *
 * @returns What ended it.
 */
async function searchOn(
  collected: Collected,
  pool: RacePool,
  data: RaceData,
  options: RaceOptions,
  started: number,
  stoppedBy: () => RaceResult["stoppedBy"],
): Promise<RaceResult["stoppedBy"]> {
  const { searchBy, shape, budgetUnits = Infinity } = options;
  const spaces = spacesOf(collected.trials);
  if (searchBy === undefined || spaces.size === 0) return stoppedBy();
  const judgedSplits = data.splits.filter(({ test }) => test.length > 0).length;
  const search = new Search(collected.trials, spaces, {
    run: (candidate, split) => pool.run({ candidate, split }),
    lossOf: (split, answers) => searchBy(data.splits[split]!.test, answers),
    shape,
    judgedSplits,
    splitCount: data.splits.length,
    random: createRandom(data.seed).child("search"),
  });
  const covered = coveredRows(data);
  for (let bracket = 1; search.barren < patience; bracket++) {
    const candidates = search.proposeNext();
    const units = search.unitsOf(candidates);
    if (collected.unitsUsed + units > budgetUnits + 1e-9) return "budget";
    options.onProgress?.({ stage: `search ${bracket}: ${candidates.map(({ name }) => name).join(", ")}` });
    try {
      const finished = await search.runBracket(candidates);
      const seconds = (performance.now() - started) / 1000;
      collected.unitsUsed += units;
      for (const { candidate, results } of finished) {
        const spent = workUnits(candidate, shape);
        collected.entries.push(entryOf(candidate, spent, { results, seconds }, data, covered));
      }
    } catch (error) {
      if (error instanceof MillwrightError && error.code === "CANCELLED") return stoppedBy();
      throw error;
    }
    for (const { candidate, error } of search.failures.splice(0))
      collected.skipped.push({ candidate, reason: reasonOf(error) });
  }
  return "search";
}

/** Answers of all splits in the order of the covered rows. */
function gatherPredictions(
  results: readonly FoldResult[],
  data: RaceData,
  covered: Uint32Array,
): Float64Array {
  const place = new Map<number, number>();
  for (let i = 0; i < covered.length; i++) place.set(covered[i]!, i);
  const outputs = results[0]!.predictions.length / data.splits[0]!.test.length;
  const sums = new Float64Array(covered.length * outputs);
  for (const [index, result] of results.entries()) {
    const { test } = data.splits[index]!;
    for (let i = 0; i < test.length; i++) {
      const at = place.get(test[i]!)! * outputs;
      for (let k = 0; k < outputs; k++) sums[at + k] = result.predictions[i * outputs + k]!;
    }
  }
  return sums;
}
