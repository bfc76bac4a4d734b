/**
 * One unit of the race: a candidate fitted on the training rows of one split and
 * run, as a graph by the same runtime as the shipped file, on the split's other rows.
 *
 * A job is plain data in and out, so that it can run in another process.
 */
import { createRandom, type Json } from "../core/index.ts";
import type { Split } from "../data/index.ts";
import { takeTarget, type Target } from "../estimators/index.ts";
import { forLevels } from "../estimators/ordinal/index.ts";
import { defaultChains, feedsOf, graphInputs } from "../features/index.ts";
import { batchRows, graph, simplify, writeOnnx } from "../graph/index.ts";
import { fitRecipe, type LabelledRows } from "../pipeline/index.ts";
import { boundedRuns, compile } from "../runtime/index.ts";
import { type Frame, takeRows } from "../schema/index.ts";
import { type Candidate, estimatorOf, familyOf } from "./candidate.ts";
import type { FamilyParameters } from "./families.ts";
import { loadedSteps, type OwnStepCode } from "./own.ts";

/** What every job of a race shares: sent once to each worker process. */
export interface RaceData {
  readonly frame: Frame;
  readonly y: Target;
  readonly weight?: Float64Array;
  readonly splits: readonly Split[];
  /** Feature steps of the user's own, beside those of every family. */
  readonly steps?: readonly OwnStepCode[];
  /** Options of Node by which a worker process reads modules of the user's: `--import tsx`, say. */
  readonly loaders?: readonly string[];
  readonly seed: number;
  /** Threads of one fit. */
  readonly threads: number;
}

export interface FoldJob {
  readonly candidate: Candidate;
  /** Index into the splits. */
  readonly split: number;
  /** Learn from a shuffled target: the null test. */
  readonly shuffleTarget?: boolean;
  /** Columns left out for this job. */
  readonly without?: readonly string[];
}

export interface FoldResult {
  /** Answers for the split's test rows, row-major [rows, 1 or classes]. */
  readonly predictions: Float64Array;
  /** The fitted pipeline as an ONNX fragment: columns in, `answer` out. */
  readonly fragment: Uint8Array;
  /** Size and outcome of the fit. */
  readonly summary: Json;
  /** Seconds of the processor that the fit took, features included: as many beside other processes. In no file. */
  readonly fitSeconds: number;
  /** Parameters that the fit settled by itself. */
  readonly settled?: FamilyParameters;
}

/** Most rows a prediction run takes at once. */
const mostRows = 8192;

/** Fits and judges one candidate on one split. */
export async function runFoldJob(data: RaceData, job: FoldJob, signal?: AbortSignal): Promise<FoldResult> {
  const { train, test } = data.splits[job.split]!;
  const { style, powers = false } = familyOf(job.candidate);
  const random = createRandom(data.seed).child(job.candidate.name).child(job.split);
  const frame = job.without?.length ? withoutColumns(data.frame, job.without) : data.frame;
  const rows = labelledRows(frame, data, train);
  const y = job.shuffleTarget ? shuffled(rows.y, createRandom(data.seed).child("null test")) : rows.y;
  const recipe = {
    chains: defaultChains(frame.schema, style, {
      frame: rows.frame,
      target: true,
      powers,
      ...(data.steps && !job.candidate.withoutSteps && { own: await loadedSteps(data.steps) }),
    }),
    estimator: forLevels(await estimatorOf(job.candidate), y),
  };
  const before = process.cpuUsage();
  const fitted = await fitRecipe(
    recipe,
    { ...rows, y },
    { random, threads: data.threads, ...(signal && { signal }) },
  );
  const spent = process.cpuUsage(before);
  const inputs = graphInputs(frame.schema, fitted.features.columns);
  const whole = simplify(graph({ inputs: [...inputs.values()], outputs: { answer: fitted.emit(inputs) } }));
  const fragment = writeOnnx(whole);
  return {
    predictions: await runFragment(
      fragment,
      takeRows(frame, test),
      fitted.features.columns,
      batchRows(whole, mostRows),
    ),
    fragment,
    summary: fitted.model.summary,
    fitSeconds: (spent.user + spent.system) / 1e6,
    ...(fitted.model.settled && { settled: fitted.model.settled }),
  };
}

/** Runs a fragment over a frame in row blocks on one thread, so that the answers never depend on threads. */
export async function runFragment(
  fragment: Uint8Array,
  frame: Frame,
  columns: readonly string[],
  blockRows: number,
): Promise<Float64Array> {
  const session = await compile(fragment, { threads: 1 });
  try {
    let answers: Float64Array | undefined;
    let outputs = 1;
    for (let start = 0; start < frame.rowCount; start += blockRows) {
      const end = Math.min(frame.rowCount, start + blockRows);
      const rows = Uint32Array.from({ length: end - start }, (_, i) => start + i);
      for (const run of boundedRuns(feedsOf(takeRows(frame, rows), columns), "The model")) {
        const { answer } = await session.run(run.feeds);
        const values = answer!.data as Float64Array;
        outputs = values.length / run.count;
        answers ??= new Float64Array(frame.rowCount * outputs);
        answers.set(values, (start + run.start) * outputs);
      }
    }
    return answers ?? new Float64Array(0);
  } finally {
    await session.release();
  }
}

function labelledRows(frame: Frame, data: RaceData, rows: Uint32Array): LabelledRows {
  return {
    frame: takeRows(frame, rows),
    y: takeTarget(data.y, rows),
    rowIds: rows,
    ...(data.weight && { weight: Float64Array.from(rows, (row) => data.weight![row]!) }),
  };
}

function shuffled(y: Target, random: ReturnType<typeof createRandom>): Target {
  return y.kind === "regression"
    ? { ...y, values: random.shuffle(y.values.slice()) }
    : { ...y, codes: random.shuffle(y.codes.slice()) };
}

function withoutColumns(frame: Frame, names: readonly string[]): Frame {
  return {
    schema: { columns: frame.schema.columns.filter((column) => !names.includes(column.name)) },
    rowCount: frame.rowCount,
    columns: new Map([...frame.columns].filter(([name]) => !names.includes(name))),
  };
}
