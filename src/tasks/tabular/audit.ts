/**
 * Two questions asked before the race, each with small fits on the first fold:
 * what would a leak have made us report, and does a shuffled target score chance?
 */
import { createRandom, MillwrightError } from "../../core/index.ts";
import { bootstrapInterval, scoredRows } from "../../evaluate/index.ts";
import type { Metric } from "../../metrics/index.ts";
import type { Schema } from "../../schema/index.ts";
import { judgedAt, startRacePool } from "../../select/index.ts";
import { judgedRows, type LabelledFrame } from "./labelled.ts";
import type { PreparedTable } from "./prepare.ts";
import type { RunSplits } from "./splits.ts";

export interface Audit {
  /** The score with each leaking column and with all of them ("a + b"), and without any. */
  readonly leaks: readonly {
    readonly column: string;
    readonly withColumn: number;
    readonly without: number;
  }[];
  /** A fit on a shuffled target, and the score that knows nothing. Passed: the interval holds it. */
  readonly nullTest?: {
    readonly score: number;
    readonly low: number;
    readonly high: number;
    readonly chance: number;
    readonly passed: boolean;
  };
}

export interface AuditOptions {
  readonly seed: number;
  readonly threads: number;
  /** The audit gives up what is not done by then. */
  readonly secondsLeft: number;
  readonly signal?: AbortSignal | undefined;
}

const probe = { name: "audit", family: "boosting", parameters: { rounds: 60 } } as const;
const constant = { name: "audit baseline", family: "baseline", parameters: {} } as const;

/** @param training - The rows of the race. */
export async function auditTable(
  table: PreparedTable,
  training: LabelledFrame,
  splits: RunSplits,
  metric: Metric,
  options: AuditOptions,
): Promise<Audit> {
  const split = splits.folds[0]!;
  const schema: Schema = {
    columns: training.frame.schema.columns.map((column) =>
      table.leaks.includes(column.name) ? { ...column, role: "feature" } : column,
    ),
  };
  const pool = startRacePool(
    {
      frame: { ...training.frame, schema },
      y: training.y,
      ...(training.weight && { weight: training.weight }),
      splits: [split],
      seed: options.seed,
      threads: 1,
    },
    options.threads,
  );
  const timer = Number.isFinite(options.secondsLeft)
    ? setTimeout(() => pool.stop(), Math.max(0, options.secondsLeft * 1000))
    : undefined;
  const stop = (): void => pool.stop();
  options.signal?.addEventListener("abort", stop, { once: true });
  if (options.signal?.aborted) stop();
  const rows = judgedAt(judgedRows(training, table.task), split.test);
  const fit = async (
    without: readonly string[],
    shuffleTarget = false,
    candidate: typeof probe | typeof constant = probe,
  ) =>
    scoredRows(rows.y, (await pool.run({ candidate, split: 0, without, shuffleTarget })).predictions, rows);
  try {
    const chance = fit(table.leaks, false, constant);
    const shuffled = fit(table.leaks, true);
    const honest = table.leaks.length > 0 ? fit(table.leaks) : undefined;
    // Each leak alone, and all together: a sum gives the target away only with all of its parts.
    const sets = [...table.leaks.map((column) => [column]), ...(table.leaks.length > 1 ? [table.leaks] : [])];
    const leaking = sets.map((kept) => fit(table.leaks.filter((other) => !kept.includes(other))));
    const settled = await Promise.allSettled([chance, shuffled, honest, ...leaking]);
    const [base, nothing, without, ...withColumn] = settled.map((item) =>
      item.status === "fulfilled" ? item.value : undefined,
    );
    const score = (given: typeof base): number | undefined =>
      given === undefined ? undefined : ifDefined(() => metric.score(given));
    const honestScore = score(without);
    const nullTest =
      base && nothing && ifDefined(() => nullTestOf(metric, base, nothing, options.seed, rows.groups));
    return {
      leaks: sets.flatMap((kept, i) => {
        const leaked = score(withColumn[i]);
        return leaked === undefined || honestScore === undefined
          ? []
          : [{ column: kept.join(" + "), withColumn: leaked, without: honestScore }];
      }),
      ...(nullTest && { nullTest }),
    };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", stop);
    pool.stop();
  }
}

/** A figure, or nothing where one fold's rows do not define it: a rare class may be absent from them. */
function ifDefined<T>(figure: () => T): T | undefined {
  try {
    return figure();
  } catch (error) {
    if (error instanceof MillwrightError && error.code.startsWith("DATA_")) return undefined;
    throw error;
  }
}

/**
 * The best score of knowing nothing. Where labels are judged, that may be to answer one class always, or classes at
 * random as often as they are: the commonest class alone has no true positive, an F1 of 0, and any guess has more.
 */
function chanceOf(metric: Metric, base: ReturnType<typeof scoredRows>, seed: number): number {
  const score = metric.score(base);
  if (metric.needs !== "labels" || !("classCount" in base)) return score;
  const { y, classCount } = base;
  const guesses = [
    createRandom(seed).child("chance").shuffle(Int32Array.from(y)),
    ...Array.from({ length: classCount }, (_, code) => new Int32Array(y.length).fill(code)),
  ];
  const scores = [score, ...guesses.map((predicted) => metric.score({ ...base, predicted }))];
  return metric.greaterIsBetter ? Math.max(...scores) : Math.min(...scores);
}

/**
 * A model of a shuffled target may be worse than knowing nothing, never better beyond the noise.
 * What differs in the last bits is no difference.
 */
export function nullTestOf(
  metric: Metric,
  base: ReturnType<typeof scoredRows>,
  shuffled: ReturnType<typeof scoredRows>,
  seed: number,
  groups?: Int32Array,
): NonNullable<Audit["nullTest"]> {
  const chance = chanceOf(metric, base, seed);
  const interval = bootstrapInterval(metric, shuffled, {
    seed,
    replicates: 300,
    confidence: 0.99,
    groups,
  });
  const { score } = interval;
  // Where no interval is defined the score stands for itself.
  const [low, high] = Number.isNaN(interval.low) ? [score, score] : [interval.low, interval.high];
  const slack = 1e-6 * Math.max(1, Math.abs(chance));
  const passed = metric.greaterIsBetter ? low <= chance + slack : high >= chance - slack;
  return { score, low: interval.low, high: interval.high, chance, passed };
}
