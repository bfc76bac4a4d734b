/**
 * A table larger than memory: the race ran on the rows that fit, and what it chose is fitted once more on all the others
 * that its own form of a row has room for.
 *
 * Boosting keeps a row as bins, an order of magnitude smaller than the race does, so it learns from far more rows than
 * were raced on, mostly from all. The untouched rows are left out by their places in the source. Where rows belong
 * together by group or by time, places do not tell which rows may be learnt from, and the race's fits are shipped.
 */
import { createRandom, MillwrightError } from "../../core/index.ts";
import { memoryLimit, readingOf, streamRows } from "../../data/index.ts";
import type { TrainingSet } from "../../estimators/index.ts";
import {
  type BoostingSettings,
  boostedRowBytes,
  fitBoostingStreamed,
  type StreamedRows,
} from "../../estimators/trees/index.ts";
import { defaultChains, fitFeatures, type FittedFeatures, graphInputs } from "../../features/index.ts";
import { graph, simplify, writeOnnx } from "../../graph/index.ts";
import { encodeTarget, type Task } from "../../pipeline/index.ts";
import { type Frame, takeRows } from "../../schema/index.ts";
import type { Choice, RaceEntry } from "../../select/index.ts";
import { weighClasses } from "./class-weights.ts";
import { judgedSchema, type LabelledFrame } from "./labelled.ts";
import type { TrainOptions } from "./options.ts";
import type { PreparedTable } from "./prepare.ts";
import { ownCopies } from "./processes.ts";
import type { RunSplits } from "./splits.ts";

/** What a chosen candidate became on more rows. */
export interface Widened {
  /** Its pipeline, as the race's fits: columns in, answer out. */
  readonly fragment: Uint8Array;
  /** Rows that it was fitted on. */
  readonly rowCount: number;
}

export interface WideningRun {
  readonly options: TrainOptions;
  readonly table: PreparedTable;
  readonly splits: RunSplits;
  /** The rows of the race, weighted as there. */
  readonly training: LabelledFrame;
  readonly classWeights: Float64Array | undefined;
}

/** One fit holds at most 4 GiB in the kernels' memory. */
const kernelBytes = 4e9;

/**
 * Fits chosen candidates of boosting on the whole source, as far as it fits; nothing where all rows were raced on.
 *
 * @param known - Those fitted already, which grow by the new ones.
 */
export async function widen(
  choice: Choice,
  run: WideningRun,
  known: Map<RaceEntry, Widened>,
): Promise<ReadonlyMap<RaceEntry, Widened>> {
  const widened = new Map<RaceEntry, Widened>();
  const { sampledFrom, places } = run.table;
  const { kind } = run.splits;
  if (sampledFrom === undefined || places === undefined || kind === "time" || kind === "grouped")
    return widened;
  run.options.onProgress?.({ stage: "fit what was chosen on more rows" });
  for (const { entry } of choice.members) {
    if (entry.candidate.family !== "boosting") continue;
    const more = known.get(entry) ?? (await widenBoosting(entry, run));
    known.set(entry, more);
    widened.set(entry, more);
  }
  return widened;
}

async function widenBoosting(entry: RaceEntry, run: WideningRun): Promise<Widened> {
  const { options, table, training } = run;
  const random = createRandom(options.seed).child(entry.candidate.name).child("all rows");
  const { frame, y, weight } = training;
  const chains = defaultChains(frame.schema, "trees", { frame, target: true });
  const features = await fitFeatures(chains, frame, {
    random: random.child("features"),
    target: y,
    ...(weight && { weight }),
  });
  const sample: TrainingSet = { x: features.matrix, y, ...(weight && { weight }) };
  const cells = 8 * frame.schema.columns.length;
  const free = memoryLimit(options.memory) - ownCopies * cells * table.frame.rowCount;
  const rowBytes = boostedRowBytes(features.features.length, y, weight !== undefined);
  const room = Math.floor(Math.min(free, kernelBytes) / rowBytes);
  const rows = new SourceRows(run, features, Math.max(frame.rowCount, Math.min(room, table.sampledFrom!)));
  const rounds = Math.max(...entry.summaries.map((summary) => roundsOf(summary)));
  const fitted = await fitBoostingStreamed(
    entry.candidate.parameters as BoostingSettings,
    sample,
    rows,
    rounds,
    {
      random: random.child("model"),
      threads: options.threads,
      ...(options.signal && { signal: options.signal }),
      ...(options.onProgress && { onProgress: options.onProgress }),
    },
  );
  const inputs = graphInputs(frame.schema, features.columns);
  const answer = fitted.emit(features.emit(inputs));
  const whole = simplify(graph({ inputs: [...inputs.values()], outputs: { answer } }));
  return { fragment: writeOnnx(whole), rowCount: rows.taken };
}

function roundsOf(summary: RaceEntry["summaries"][number]): number {
  return Math.max(1, (summary as { readonly rounds: number }).rounds);
}

/** Rows of the source to learn from: with a known answer, not among the untouched ones, thinned evenly where they are too many. */
class SourceRows implements StreamedRows {
  readonly rowCount: number;
  readonly weighted: boolean;
  /** Rows given out. */
  taken = 0;
  private readonly run: WideningRun;
  private readonly features: FittedFeatures;
  private readonly untouched: Float64Array;

  constructor(run: WideningRun, features: FittedFeatures, rowCount: number) {
    this.run = run;
    this.features = features;
    this.rowCount = rowCount;
    this.weighted = run.training.weight !== undefined;
    const { places } = run.table;
    this.untouched = Float64Array.from(run.splits.test, (row) => places![row]!).sort();
  }

  async each(begin: () => void, take: (rows: TrainingSet) => void): Promise<void> {
    const { options, table, classWeights } = this.run;
    const schema = judgedSchema(table.frame.schema);
    const weightName = schema.columns.find(({ role }) => role === "weight")?.name;
    let before = 0;
    let next = 0;
    const how = { schema, ...readingOf(options), threads: options.threads, signal: options.signal };
    await streamRows(options.source, how, {
      begin: () => {
        before = 0;
        next = 0;
        this.taken = 0;
        begin();
      },
      take: async (chunk) => {
        const known = knownRows(chunk, table.task);
        if (weightName !== undefined) leaveOutWeightless(known, chunk, weightName, before);
        const wanted: number[] = [];
        for (let row = 0; row < chunk.rowCount; row++) {
          const place = before + row;
          while (next < this.untouched.length && this.untouched[next]! < place) next++;
          if (this.untouched[next] === place || known[row] === 0 || !this.keeps(place)) continue;
          if (this.taken + wanted.length < this.rowCount) wanted.push(row);
        }
        before += chunk.rowCount;
        if (wanted.length === 0) return;
        const frame = takeRows(chunk, Uint32Array.from(wanted));
        const cells = weightName === undefined ? undefined : frame.columns.get(weightName);
        const weighed = weighClasses(
          {
            y: encodeTarget(frame, table.task),
            ...(cells?.type === "number" && { weight: cells.values }),
          },
          classWeights,
        );
        take({ x: await this.features.transform(frame), ...weighed });
        this.taken += wanted.length;
      },
    });
  }

  /** Every row where all fit, else evenly spread ones. */
  private keeps(place: number): boolean {
    const all = this.run.table.sampledFrom!;
    if (this.rowCount >= all) return true;
    return Math.floor(((place + 1) * this.rowCount) / all) > Math.floor((place * this.rowCount) / all);
  }
}

/** 1 for each row with an answer that the raced rows have too. */
function knownRows(frame: Frame, task: Task): Uint8Array {
  const cells = frame.columns.get(task.target)!;
  if (task.kind === "regression" && cells.type === "number")
    return Uint8Array.from(cells.values, (value) => (Number.isFinite(value) ? 1 : 0));
  const labels = new Set(task.kind === "classification" ? task.classes : []);
  if (cells.type === "number")
    return Uint8Array.from(cells.values, (value) => (labels.has(String(value)) ? 1 : 0));
  const known = cells.dictionary.map((label) => (labels.has(label) ? 1 : 0));
  return Uint8Array.from(cells.codes, (code) => (code < 0 ? 0 : known[code]!));
}

/** A weight of 0 is as if the row were absent. @throws MillwrightError `DATA_BAD_VALUE` for one that is none. */
function leaveOutWeightless(known: Uint8Array, frame: Frame, name: string, before: number): void {
  const cells = frame.columns.get(name);
  if (cells?.type !== "number") return;
  for (const [row, value] of cells.values.entries()) {
    if (known[row] === 0) continue;
    if (value === 0) known[row] = 0;
    else if (!(value > 0 && value < Infinity)) {
      throw new MillwrightError(
        "DATA_BAD_VALUE",
        `The weight "${name}" is ${Number.isNaN(value) ? "missing" : value} in row ${before + row + 1}, and weights are finite and not negative.`,
        "Clean that row, or leave --weight out.",
      );
    }
  }
}
