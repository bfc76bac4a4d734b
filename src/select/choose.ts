/**
 * From the race to a decision: the ensemble, every entry's score on rows that it
 * was not fitted on, and whether a simpler entry would do.
 *
 * Scores come from out-of-fold answers; a metric that ranks rows ranks them fold by fold. The test rows play no part
 * here.
 */
import {
  bootstrapInterval,
  comparePaired,
  type PairedComparison,
  scoredRows,
  withinFolds,
} from "../evaluate/index.ts";
import type { Metric } from "../metrics/index.ts";
import { MillwrightError } from "../core/index.ts";
import { greedyEnsemble } from "./ensemble.ts";
import { familyOf, kindOf } from "./candidate.ts";
import { type CostLimits, type EntryCost, keepsTo, paretoFront, sumOfCosts } from "./cost.ts";
import type { FamilyParameters } from "./families.ts";
import type { RaceEntry, RaceResult } from "./race.ts";
import { answersAt, type JudgedRows, judgedAt, samplePlaces } from "./rows.ts";

export interface BoardEntry {
  readonly name: string;
  /** Family, or "ensemble". */
  readonly family: string;
  /** Out-of-fold score in the metric's own direction. */
  readonly score: number;
  /** 95 % interval over the rows. */
  readonly low: number;
  readonly high: number;
  /** What was set; the rest stands at its default. */
  readonly parameters: FamilyParameters;
  /** Work units spent. */
  readonly units: number;
  /** Seconds until its last fold was done; for a person, never in a file. */
  readonly seconds: number;
  /** Seconds of the processor in its fits, of all folds; 0 of the ensemble, which is not fitted. */
  readonly fitSeconds: number;
  /** Share in what is shipped. */
  readonly weight: number;
  /** What it costs where it is used. */
  readonly cost: EntryCost;
  /** Whether no other entry is as good, as fast and as small. */
  readonly pareto: boolean;
}

/** A race entry that goes into the file, and its share. */
interface Member {
  readonly entry: RaceEntry;
  readonly weight: number;
}

export interface Choice {
  /** Best first; the baseline is always there when it was fitted. */
  readonly board: readonly BoardEntry[];
  readonly members: readonly Member[];
  /** Name on the board of what is shipped. */
  readonly chosen: string;
  /** Out-of-fold answers of what is shipped, row-major over the covered rows. */
  readonly answers: Float64Array;
  /**
   * The simplest entry whose distance from the chosen one is within the noise of the rows, or else the best of the
   * simplest; `gain` is what the chosen one adds.
   */
  readonly simpler?: {
    readonly name: string;
    readonly comparison: PairedComparison;
    readonly withinNoise: boolean;
  };
  /** The best network against the best classical model, each by itself; absent without one of both. */
  readonly versus?: NetworkGain;
}

export interface NetworkGain {
  readonly network: RaceEntry;
  readonly classical: RaceEntry;
  /** What the network gains, paired by the rows. */
  readonly comparison: PairedComparison;
  /** Rows compared on, which neither was fitted on. */
  readonly rowCount: number;
}

/** Rows that the greedy search and the intervals look at most. */
const maxSearchRows = 20_000;
const replicates = 300;

export interface ChooseOptions {
  readonly seed: number;
  /** Of every entry. */
  readonly costs: ReadonlyMap<RaceEntry, EntryCost>;
  /** What is chosen keeps to these; nothing is asked of settled shares. */
  readonly limits?: CostLimits | undefined;
  /** What the user stated, for the message, where `limits` are drawn tighter. */
  readonly stated?: CostLimits | undefined;
  /** Of each candidate by name, where they are settled; else they are chosen here. */
  readonly shares?: ReadonlyMap<string, number> | undefined;
}

/**
 * @param judged - The covered rows of the race, in their order.
 * @throws MillwrightError `LIMIT_UNREACHED` when no model keeps to the limits.
 */
export function choose(
  race: RaceResult,
  judged: JudgedRows,
  metric: Metric,
  { seed, costs, limits = {}, stated = limits, shares }: ChooseOptions,
): Choice {
  const rowCount = race.coveredRows.length;
  const places = samplePlaces(rowCount, maxSearchRows, seed);
  const sample = judgedAt(judged, places);
  const cost = (score: number): number => (metric.greaterIsBetter ? -score : score);
  const sampled = (answers: Float64Array): Float64Array => answersAt(answers, rowCount, places);

  const scoreOf = (rows: JudgedRows, answers: Float64Array): number =>
    metricOn(metric, rows).score(scoredRows(rows.y, answers, rows));
  const sampleMetric = metricOn(metric, sample);

  const ranked = race.entries.map((entry) => ({
    name: entry.candidate.name,
    family: entry.candidate.family,
    simplicity: familyOf(entry.candidate).simplicity,
    answers: entry.predictions,
    score: scoreOf(judged, entry.predictions),
    entry: entry as RaceEntry | undefined,
  }));
  const settled = shares && settledMembers(race.entries, shares);
  let chosen = settled
    ? ranked.find((item) => item.entry === settled[0]!.entry)!
    : allowedOf(ranked, costs, limits, stated).reduce((best, other) =>
        cost(other.score) < cost(best.score) ? other : best,
      );
  let members: readonly Member[] = [{ entry: chosen.entry!, weight: 1 }];
  const greedy =
    settled ?? blendOf(race.entries, (answers) => cost(scoreOf(sample, answers)), sampled, { costs, limits });
  /** Whether `more` is better than `less` beyond the noise of the rows. */
  const surpasses = (more: readonly Member[], less: readonly Member[]): boolean => {
    const rowsOf = (members: readonly Member[]) => scoredRows(sample.y, sampled(average(members)), sample);
    const how = { seed, replicates, groups: sample.groups };
    return !(comparePaired(sampleMetric, rowsOf(less), rowsOf(more), how).low <= 0);
  };
  const blend = settled ?? lightened(greedy, costs, surpasses);
  // What was left out is not to come back alone.
  const decided = settled !== undefined || blend !== greedy;
  if (decided && blend.length === 1) {
    members = blend;
    chosen = ranked.find((item) => item.entry === blend[0]!.entry)!;
  }
  if (blend.length > 1) {
    const answers = average(blend);
    const score = scoreOf(judged, answers);
    if (decided || cost(score) < cost(chosen.score)) {
      members = blend;
      chosen = {
        name: "ensemble",
        family: "ensemble",
        simplicity: Infinity,
        answers,
        score,
        entry: undefined,
      };
      ranked.push(chosen);
    }
  }
  const board = ranked.map(({ name, family: familyName, answers, score, entry }): BoardEntry => {
    const { low, high } = bootstrapInterval(sampleMetric, scoredRows(sample.y, sampled(answers), sample), {
      seed,
      replicates,
      groups: sample.groups,
    });
    const weight = entry === undefined ? 1 : (members.find((member) => member.entry === entry)?.weight ?? 0);
    return {
      name,
      family: familyName,
      score,
      low,
      high,
      parameters: entry?.candidate.parameters ?? {},
      units: entry?.units ?? 0,
      seconds: entry?.seconds ?? 0,
      fitSeconds: entry?.fitSeconds ?? 0,
      weight,
      cost: sumOfCosts((entry === undefined ? members : [{ entry }]).map((one) => costs.get(one.entry)!)),
      pareto: false,
    };
  });
  const front = paretoFront(board.map((entry) => ({ ...entry.cost, loss: cost(entry.score) })));
  board.forEach((entry, index) => Object.assign(entry, { pareto: front[index]! }));
  board.sort((a, b) => cost(a.score) - cost(b.score));
  const sampledRows = (answers: Float64Array) => scoredRows(sample.y, sampled(answers), sample);
  /** What the first loses to the second. */
  const compare = (less: Float64Array, more: Float64Array): PairedComparison =>
    comparePaired(sampleMetric, sampledRows(less), sampledRows(more), {
      seed,
      replicates,
      groups: sample.groups,
    });
  const bestOf = (kind: ReturnType<typeof kindOf>): RaceEntry | undefined =>
    board
      .map(({ name }) => race.entries.find(({ candidate }) => candidate.name === name))
      .find((entry) => entry !== undefined && kindOf(entry.candidate) === kind);
  const [network, classical] = [bestOf("network"), bestOf("classical")];
  const compared = ranked
    .filter((other) => other.simplicity < chosen.simplicity && other.simplicity > 0)
    .sort((a, b) => a.simplicity - b.simplicity || cost(a.score) - cost(b.score))
    .map(({ name, simplicity, answers }) => ({
      name,
      simplicity,
      comparison: compare(answers, chosen.answers),
    }));
  const enough = compared.find(({ comparison }) => comparison.low <= 0);
  // Where none is, the best of the simplest is what a reader asks about.
  const simpler = enough ?? compared.find(({ simplicity }) => simplicity === 1);
  const told = simpler && {
    name: simpler.name,
    comparison: simpler.comparison,
    withinNoise: simpler === enough,
  };
  return {
    board,
    members,
    chosen: chosen.name,
    answers: chosen.answers,
    ...(told && { simpler: told }),
    ...(network &&
      classical && {
        versus: {
          network,
          classical,
          comparison: compare(classical.predictions, network.predictions),
          rowCount: places.length,
        },
      }),
  };
}

/** Entries with their settled shares; what could not be fitted leaves its share to the others. */
function settledMembers(entries: readonly RaceEntry[], shares: ReadonlyMap<string, number>): Member[] {
  const members = entries.flatMap((entry) => {
    const weight = shares.get(entry.candidate.name) ?? 0;
    return weight > 0 ? [{ entry, weight }] : [];
  });
  const wanted = [...shares].filter(([, share]) => share > 0);
  if (members.length === 0) {
    throw new MillwrightError(
      "FIT_DIVERGED",
      `None of the ${wanted.length} models of the recipe could be fitted: ${wanted.map(([name]) => name).join(", ")}.`,
      "Train with a search, without --like.",
    );
  }
  if (members.length === wanted.length) return members;
  const total = members.reduce((sum, { weight }) => sum + weight, 0);
  return members.map(({ entry, weight }) => ({ entry, weight: weight / total }));
}

function metricOn(metric: Metric, rows: JudgedRows): Metric {
  return metric.ranks && rows.folds !== undefined ? withinFolds(metric, rows.folds) : metric;
}

/**
 * The entries that keep to the limits, all of them where there are none.
 *
 * @throws MillwrightError `LIMIT_UNREACHED`.
 */
function allowedOf<T extends { readonly entry: RaceEntry | undefined; readonly name: string }>(
  ranked: readonly T[],
  costs: ReadonlyMap<RaceEntry, EntryCost>,
  limits: CostLimits,
  stated: CostLimits,
): readonly T[] {
  if (limits.bytes === undefined && limits.rowMs === undefined) return ranked;
  const models = ranked.filter(({ entry }) => entry!.candidate.family !== "baseline");
  const allowed = models.filter(({ entry }) => keepsTo(costs.get(entry!)!, limits));
  if (allowed.length > 0) return allowed;
  const least = (of: (cost: EntryCost) => number): T =>
    models.reduce((a, b) => (of(costs.get(b.entry!)!) < of(costs.get(a.entry!)!) ? b : a));
  const fastest = least(({ rowMs }) => rowMs);
  const smallest = least(({ bytes }) => bytes);
  throw new MillwrightError(
    "LIMIT_UNREACHED",
    `None of the ${models.length} models keeps to ${describeLimits(stated)}: the fastest, ${fastest.name}, takes ${costs.get(fastest.entry!)!.rowMs.toPrecision(2)} ms a row, and the smallest, ${smallest.name}, ${(costs.get(smallest.entry!)!.bytes / 1e6).toPrecision(2)} MB.`,
    "Raise --max-latency or --max-size, leave text columns out, or use fewer folds with --folds 2: the models of all folds are shipped.",
  );
}

/** `0.05 ms a row and 1 MB`. */
export function describeLimits({ bytes, rowMs }: CostLimits): string {
  const parts = [
    ...(rowMs === undefined ? [] : [`${Number(rowMs.toPrecision(3))} ms a row`]),
    ...(bytes === undefined ? [] : [`${Number((bytes / 1e6).toPrecision(3))} MB`]),
  ];
  return parts.join(" and ");
}

/** The greedy ensemble of everything but the baseline that keeps to the limits. */
function blendOf(
  entries: readonly RaceEntry[],
  loss: (answers: Float64Array) => number,
  sampled: (answers: Float64Array) => Float64Array,
  { costs, limits }: { readonly costs: ReadonlyMap<RaceEntry, EntryCost>; readonly limits: CostLimits },
): Member[] {
  const racers = entries.filter(
    (entry) => entry.candidate.family !== "baseline" && keepsTo(costs.get(entry)!, limits),
  );
  if (racers.length < 2) return [];
  const { weights } = greedyEnsemble(
    racers.map((entry) => ({ predictions: sampled(entry.predictions) })),
    loss,
    { allowed: (members) => keepsTo(sumOfCosts(members.map((m) => costs.get(racers[m]!)!)), limits) },
  );
  return racers.flatMap((entry, i) => (weights[i]! > 0 ? [{ entry, weight: weights[i]! }] : []));
}

/** From so many bytes on, and as so much of the file, a member must be worth its weight. */
const heavy = { bytes: 32e6, share: 0.75 };

/**
 * The blend without members that make most of a large file and nothing better beyond the noise of the rows.
 *
 * @param surpasses - Whether the first is better than the second beyond it.
 */
function lightened(
  blend: readonly Member[],
  costs: ReadonlyMap<RaceEntry, EntryCost>,
  surpasses: (more: readonly Member[], less: readonly Member[]) => boolean,
): readonly Member[] {
  if (blend.length < 2) return blend;
  const bytesOf = ({ entry }: Member): number => costs.get(entry)!.bytes;
  const heaviest = blend.reduce((a, b) => (bytesOf(b) > bytesOf(a) ? b : a));
  const total = blend.reduce((sum, member) => sum + bytesOf(member), 0);
  if (bytesOf(heaviest) < Math.max(heavy.bytes, heavy.share * total)) return blend;
  const kept = 1 - heaviest.weight;
  const rest = blend
    .filter((member) => member !== heaviest)
    .map(({ entry, weight }) => ({ entry, weight: weight / kept }));
  return surpasses(blend, rest) ? blend : lightened(rest, costs, surpasses);
}

function average(members: readonly Member[]): Float64Array {
  const sum = new Float64Array(members[0]!.entry.predictions.length);
  for (const { entry, weight } of members) {
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + weight * entry.predictions[i]!;
  }
  return sum;
}
