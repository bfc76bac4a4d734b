/**
 * The search after the portfolio: brackets of trials by successive halving over the folds.
 *
 * A bracket proposes a few settings, fits them on one fold, where a family may settle some of them by itself, keeps the better ones for some more folds, and the best
 * of these for the rest: most settings cost one fit. What a trial lost is measured against one entry of the
 * portfolio on the same folds, so that trials judged by different folds compare. Everything follows from the seed and
 * the answers, and a bracket's cost is fixed when it is proposed: so many work units always buy the same trials.
 * Source: Jamieson & Talwalkar 2016 (successive halving), with folds as the resource.
 */
import { MillwrightError, type Random } from "../../core/index.ts";
import { type Candidate, familyOf, type RaceShape, workUnits } from "../candidate.ts";
import type { FoldResult } from "../fold-job.ts";
import { type Observation, propose } from "./propose.ts";
import { fromUnit, searchSpace, type Space, toUnit } from "./space.ts";

/** A candidate of the race as the search remembers it. */
export interface Trial {
  readonly candidate: Candidate;
  /** Loss on each split that judges, where it was fitted there; smaller is better. */
  readonly losses: readonly (number | undefined)[];
}

/** A trial that saw every split. */
export interface FinishedTrial {
  readonly candidate: Candidate;
  /** By split. */
  readonly results: readonly FoldResult[];
}

export interface SearchOptions {
  readonly run: (candidate: Candidate, split: number) => Promise<FoldResult>;
  /** Loss of answers to the test rows of a split. */
  readonly lossOf: (split: number, answers: Float64Array) => number | undefined;
  readonly shape: RaceShape;
  /** Splits whose test rows judge; those behind them are only fitted. */
  readonly judgedSplits: number;
  readonly splitCount: number;
  readonly random: Random;
}

/** Settings tried in a bracket, and those of them that see every fold. */
const tried = 6;
const finished = 2;
/** Brackets in a row without a better model after which the search ends. */
export const patience = 4;
/** Chance that a setting is of the family that leads. */
const leaderShare = 0.6;

/** Everything that a search knows; it grows by brackets. */
export class Search {
  /** Settings that could not be fitted. */
  readonly failures: { readonly candidate: Candidate; readonly error: Error }[] = [];
  /** Brackets in a row without a better model. */
  barren = 0;
  /** The portfolio's trials, and then the search's. */
  private readonly trials: Trial[];
  private readonly options: SearchOptions;
  private readonly spaces: ReadonlyMap<string, Space>;
  private readonly reference: Trial;
  private best: number;
  private bracket = 0;

  /** @param portfolio - Complete trials, at least one of a family with parameters to search. */
  constructor(portfolio: readonly Trial[], spaces: ReadonlyMap<string, Space>, options: SearchOptions) {
    this.trials = [...portfolio];
    this.options = options;
    this.spaces = spaces;
    this.reference = portfolio.reduce((best, other) => (meanOf(other) < meanOf(best) ? other : best));
    this.best = 0;
  }

  /** The settings of the next bracket, which do not depend on how much of the budget is left. */
  proposeNext(): readonly Candidate[] {
    const random = this.options.random.child(this.bracket);
    const counts = new Map<string, number>();
    const ranked = this.familiesByLoss();
    for (let slot = 0; slot < tried; slot++) {
      const leads = random.next() < leaderShare;
      const name = leads ? ranked[0]! : ranked[random.integer(ranked.length)]!;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const candidates: Candidate[] = [];
    for (const name of ranked) {
      const count = counts.get(name) ?? 0;
      if (count === 0) continue;
      const space = this.spaces.get(name)!;
      for (const point of propose(space.length, this.observationsOf(name), count, random.child(name))) {
        const parameters = { ...this.startOf(name).parameters, ...fromUnit(space, point) };
        candidates.push({
          name: `${name} ${this.bracket + 1}.${candidates.length + 1}`,
          family: name,
          parameters,
        });
      }
    }
    return candidates;
  }

  /** Work units of a bracket, whichever of its settings survive. */
  unitsOf(candidates: readonly Candidate[]): number {
    const { shape, splitCount } = this.options;
    const mean =
      candidates.reduce((sum, candidate) => sum + workUnits(candidate, shape), 0) / candidates.length;
    const fits = rungs(splitCount).reduce((sum, { trials, splits }) => sum + trials * splits, 0);
    return Math.ceil(((mean * fits) / splitCount) * 100) / 100;
  }

  /**
   * Runs a bracket.
   *
   * @returns The trials that saw every split, best first. A setting that cannot be fitted loses.
   * @throws MillwrightError `CANCELLED` when the race is stopped; then the bracket does not count.
   */
  async runBracket(candidates: readonly Candidate[]): Promise<readonly FinishedTrial[]> {
    const { splitCount, judgedSplits } = this.options;
    const order = Array.from({ length: splitCount }, (_, i) =>
      i < judgedSplits ? (i + this.bracket) % judgedSplits : i,
    );
    const all = candidates.map((candidate) => new Running(candidate, splitCount));
    let alive = all;
    let seen = 0;
    for (const rung of rungs(splitCount)) {
      alive = this.ranked(alive).slice(0, rung.trials);
      const splits = order.slice(seen, seen + rung.splits);
      await Promise.all(alive.flatMap((trial) => splits.map((split) => this.fit(trial, split))));
      seen += rung.splits;
    }
    this.bracket++;
    const complete = this.ranked(alive);
    this.trials.push(...this.ranked(all));
    const best = complete.length === 0 ? Infinity : this.behind(complete[0]!);
    this.barren = best < this.best ? 0 : this.barren + 1;
    this.best = Math.min(best, this.best);
    return complete.map(({ candidate, results }) => ({ candidate, results: results as FoldResult[] }));
  }

  private async fit(trial: Running, split: number): Promise<void> {
    const { run, lossOf, judgedSplits } = this.options;
    try {
      const result = await run(trial.candidate, split);
      // What the first fit settles, the others need not find out again: most of the time goes into the number of rounds.
      const { settled } = result;
      if (settled)
        trial.candidate = { ...trial.candidate, parameters: { ...trial.candidate.parameters, ...settled } };
      trial.results[split] = result;
      if (split < judgedSplits) trial.losses[split] = lossOf(split, result.predictions);
    } catch (error) {
      if (error instanceof MillwrightError && error.code === "CANCELLED") throw error;
      if (!trial.failed) this.failures.push({ candidate: trial.candidate, error: error as Error });
      trial.failed = true;
    }
  }

  /** Those that could be fitted, best first. */
  private ranked(trials: readonly Running[]): Running[] {
    return trials.filter((trial) => !trial.failed).sort((a, b) => this.behind(a) - this.behind(b));
  }

  /** By how much a trial lost to the reference, on average over the splits that judged it; 0 before the first. */
  private behind(trial: Trial): number {
    let sum = 0;
    let count = 0;
    trial.losses.forEach((loss, split) => {
      const other = this.reference.losses[split];
      if (loss === undefined || other === undefined) return;
      sum += loss - other;
      count++;
    });
    return count === 0 ? 0 : sum / count;
  }

  private observationsOf(name: string): Observation[] {
    const space = this.spaces.get(name)!;
    return this.trials
      .filter(({ candidate }) => candidate.family === name)
      .map((trial) => ({ point: toUnit(space, trial.candidate.parameters), loss: this.behind(trial) }));
  }

  /** Families to search, the one with the best trial first. */
  private familiesByLoss(): readonly string[] {
    const best = [...this.spaces.keys()].map((name) => {
      const own = this.trials.filter(({ candidate }) => candidate.family === name);
      return { name, behind: Math.min(...own.map((trial) => this.behind(trial))) };
    });
    return best.sort((a, b) => a.behind - b.behind).map(({ name }) => name);
  }

  /** The plainest candidate of the family in the portfolio, whose settings every trial has where they are not searched. */
  private startOf(name: string): Candidate {
    const own = this.trials.filter(({ candidate }) => candidate.family === name);
    const count = ({ candidate }: Trial): number => Object.keys(candidate.parameters).length;
    return own.reduce((plainest, other) => (count(other) < count(plainest) ? other : plainest)).candidate;
  }
}

/** A trial while its bracket runs. */
class Running implements Trial {
  candidate: Candidate;
  readonly results: (FoldResult | undefined)[];
  readonly losses: (number | undefined)[];
  failed = false;

  constructor(candidate: Candidate, splitCount: number) {
    this.candidate = candidate;
    this.results = new Array<undefined>(splitCount).fill(undefined);
    this.losses = new Array<undefined>(splitCount).fill(undefined);
  }
}

/** The spaces of the families that were raced and have parameters to search. */
export function spacesOf(trials: readonly Trial[]): ReadonlyMap<string, Space> {
  const spaces = new Map<string, Space>();
  for (const { candidate } of trials) {
    const { searched } = familyOf(candidate);
    const space = searched === undefined ? [] : searchSpace(searched);
    if (space.length > 0) spaces.set(candidate.family, space);
  }
  return spaces;
}

function meanOf({ losses }: Trial): number {
  const known = losses.filter((loss) => loss !== undefined);
  return known.reduce((sum, loss) => sum + loss, 0) / known.length;
}

/** How many trials are fitted on how many further splits, in turn. */
function rungs(splitCount: number): readonly { readonly trials: number; readonly splits: number }[] {
  if (splitCount < 4)
    return [
      { trials: tried, splits: 1 },
      { trials: finished, splits: splitCount - 1 },
    ];
  return [
    { trials: tried, splits: 1 },
    { trials: tried / 2, splits: 1 },
    { trials: finished, splits: splitCount - 2 },
  ];
}
