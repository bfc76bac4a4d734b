/**
 * Why and where: importance of columns, dependence on the most important ones, the
 * words of texts that the answers rest on, the segments where the file does worst,
 * and what more rows would bring.
 *
 * All of it is bounded: by a number of predictions, and by the seconds left. What
 * is not done by then is absent from the report.
 */
import { type MillwrightError, stopAfter } from "../../core/index.ts";
import {
  type Dependence,
  growingParts,
  type Importance,
  type LabelNoise,
  labelNoise,
  learningSizes,
  partialDependence,
  permutationImportance,
  scoredRows,
  type Segments,
  type WordEffects,
  wordEffects,
  worstSegments,
} from "../../evaluate/index.ts";
import type { Metric } from "../../metrics/index.ts";
import type { Model } from "../../model/index.ts";
import { featureColumns } from "../../schema/index.ts";
import {
  type Candidate,
  type Choice,
  judgedAt,
  type RaceData,
  type JudgedRows,
  type RaceResult,
  startRacePool,
} from "../../select/index.ts";
import { answersOf, type Judgement } from "./judge.ts";
import type { LabelledFrame } from "./labelled.ts";

export interface Explanation {
  readonly importance?: Importance;
  readonly dependence: readonly Dependence[];
  readonly segments?: Segments;
  /** Words of the text columns; absent where there is none, or no word of enough rows. */
  readonly words?: WordEffects;
  /** Scores on the first fold's rows of fits on growing parts of its training rows. */
  readonly learning: readonly { readonly rows: number; readonly score: number }[];
  readonly labels?: LabelNoise;
}

export interface ExplainOptions {
  readonly metric: Metric;
  readonly seed: number;
  readonly threads: number;
  readonly secondsLeft: number;
  readonly signal?: AbortSignal | undefined;
}

/** Predictions spent on importance at most. */
const importanceBudget = 60_000;
const importanceRepeats = 3;
const dependenceColumns = 4;

/** What an explanation is about. */
export interface ExplainedRun {
  readonly model: Model;
  /** Untouched rows, and what the file answered for them. */
  readonly held: LabelledFrame;
  readonly judgement: Judgement;
  readonly race: RaceResult;
  readonly data: RaceData;
  /** The rows of `data` as they are judged: without class weights. */
  readonly learnt: JudgedRows;
  readonly choice: Choice;
}

export async function explainModel(run: ExplainedRun, options: ExplainOptions): Promise<Explanation> {
  const { model, held, judgement, race, data, learnt, choice } = run;
  const { metric, seed, secondsLeft } = options;
  const { signal: stop = new AbortController().signal } = options;
  const signal = Number.isFinite(secondsLeft) ? stopAfter(secondsLeft * 700, stop) : stop;
  const predict = (frame: LabelledFrame["frame"]): Promise<Float64Array> =>
    answersOf(model, frame, options.threads);
  const columns = featureColumns(model.metadata.schema).map((column) => column.name);
  const { weight, positive } = judgement.rows;
  const importance = await ifPossible(() =>
    permutationImportance({
      predict,
      frame: held.frame,
      target: held.y,
      weight,
      positive,
      metric,
      seed,
      columns,
      repeats: importanceRepeats,
      maxRows: Math.max(
        200,
        Math.min(2000, Math.floor(importanceBudget / (columns.length * importanceRepeats))),
      ),
      signal,
    }),
  );
  const dependence: Dependence[] = [];
  for (const { columns: names, drop } of importance?.columns.slice(0, 2 * dependenceColumns) ?? []) {
    const kind = held.frame.schema.columns.find((column) => column.name === names[0])?.kind;
    if (signal.aborted || dependence.length === dependenceColumns || kind === "text" || !(drop > 0)) continue;
    const shown = await ifPossible(() =>
      partialDependence({
        predict,
        frame: held.frame,
        column: names[0]!,
        seed,
        gridSize: 16,
        maxRows: 200,
      }),
    );
    if (shown !== undefined) dependence.push(shown);
  }
  const words = await ifPossible(() =>
    wordEffects({
      predict,
      frame: held.frame,
      output: judgement.answers,
      learntRows: data.frame.rowCount,
      seed,
      signal,
    }),
  );
  const segments = worstSegments({
    frame: held.frame,
    target: held.y,
    output: judgement.answers,
    metric,
    seed,
    columns,
    weight,
    positive,
  });
  const judged = judgedAt(learnt, race.coveredRows);
  const labels =
    judged.y.kind === "classification"
      ? labelNoise(judged.y.codes, choice.answers, judged.y.classCount, judged.weight)
      : undefined;
  const learning = signal.aborted
    ? []
    : await learn(bestSingle(choice, race), data, learnt, metric, options, signal);
  return {
    ...(importance && { importance }),
    dependence,
    segments,
    ...(words && words.words > 0 && { words }),
    learning,
    ...(labels && { labels }),
  };
}

/** The candidate behind the best single entry that learns anything. */
function bestSingle(choice: Choice, race: RaceResult): Candidate {
  const name = choice.board.find((entry) => entry.family !== "ensemble" && entry.family !== "baseline")?.name;
  return (race.entries.find((entry) => entry.candidate.name === name) ?? race.entries[0]!).candidate;
}

async function learn(
  candidate: Candidate,
  data: RaceData,
  learnt: JudgedRows,
  metric: Metric,
  options: ExplainOptions,
  signal: AbortSignal,
): Promise<Explanation["learning"]> {
  const { train, test } = data.splits[0]!;
  const plan =
    data.y.kind === "classification"
      ? ({ kind: "stratified", codes: data.y.codes, classCount: data.y.classCount } as const)
      : ({ kind: "random", rowCount: data.frame.rowCount } as const);
  const parts = growingParts(plan, train, learningSizes(train.length, 50, 5), options.seed);
  const pool = startRacePool(
    { ...data, splits: parts.map((part) => ({ train: part, test })) },
    options.threads,
  );
  const stop = (): void => pool.stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const rows = judgedAt(learnt, test);
    const settled = await Promise.allSettled(parts.map((_, split) => pool.run({ candidate, split })));
    const scores = await ifPossible(() =>
      settled.flatMap((item, i) =>
        item.status === "fulfilled"
          ? [
              {
                rows: parts[i]!.length,
                score: metric.score(scoredRows(rows.y, item.value.predictions, rows)),
              },
            ]
          : [],
      ),
    );
    return scores ?? [];
  } finally {
    signal.removeEventListener("abort", stop);
    pool.stop();
  }
}

/** What is stopped, or not defined on the rows drawn for it (a rare class is absent, no value has five rows), is left out of the report. */
async function ifPossible<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as Partial<MillwrightError>;
    if (code === "CANCELLED" || code?.startsWith("DATA_")) return undefined;
    throw error;
  }
}
