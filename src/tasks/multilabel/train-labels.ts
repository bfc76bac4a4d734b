/**
 * Rows with any number of labels: read, split, race families one label against the rest over shared features, choose
 * a threshold a label on rows left out, compose one file, and judge that file on rows that nothing looked at.
 */
import { createRandom, type Json, MillwrightError, sha256, stopAfter } from "../../core/index.ts";
import { copiedRows, readingFlags, type Split, withoutPassword } from "../../data/index.ts";
import {
  f1ByLabel,
  type LabelMetric,
  labelMetrics,
  type LabelRows,
  thresholdOfBestF1,
} from "../../metrics/index.ts";
import { take } from "../../estimators/index.ts";
import { load } from "../../model/index.ts";
import { type ComposedModel, composeLabels, referenceProfile } from "../../pipeline/index.ts";
import type { ReportData } from "../../report/index.ts";
import { featureColumns, type Frame, takeRows } from "../../schema/index.ts";
import {
  type Candidate,
  family,
  type FamilyName,
  greedyEnsemble,
  portfolio,
  workUnits,
} from "../../select/index.ts";
import { commandLine } from "../command-line.ts";
import { dataRecord } from "../read-table.ts";
import { groupsOf } from "../tabular/labelled.ts";
import { recordedCandidates, recordedShares } from "../tabular/recorded.ts";
import { raceSeconds } from "../tabular/race-seconds.ts";
import { columnFlags, namesOf } from "../tabular/reproduce.ts";
import {
  checkRequirements,
  requiredOfFrame,
  requireFittingLabels,
  type RequirementResult,
} from "../tabular/requirements.ts";
import { splitWithoutClasses } from "../tabular/splits.ts";
import { labelFitter } from "./fit-labels.ts";
import { type LabelFigure, labelFigures } from "./label-figures.ts";
import { defaultSeparator, type LabelOptions } from "./options.ts";
import { readLabelledTable } from "./read-labels.ts";
import { labelReport } from "./report-data.ts";
import { answerRival, challengeLabels } from "./rival.ts";
import type { LabelRecord } from "./run-record.ts";

export interface LabelResult {
  readonly model: Uint8Array;
  readonly record: LabelRecord;
  readonly report: ReportData;
}

const defaultBudget = 100;

/** The rows that are learnt from. */
interface Learnt {
  readonly frame: Frame;
  /** Row-major [rows, width]. */
  readonly hits: Uint8Array;
  readonly width: number;
  readonly weight?: Float64Array;
}

/** A candidate with its answers on rows that it was not fitted on. */
interface Entry {
  readonly candidate: Candidate;
  readonly units: number;
  /** Of the training rows that a fold tests, row-major [rows, labels]. */
  readonly predictions: Float64Array;
  /** Those that the file takes the mean of. */
  readonly fragments: readonly Uint8Array[];
  readonly score: number;
}

/**
 * Trains on a table whose rows bear any number of labels.
 *
 * @throws MillwrightError for every mistake in options and data; see docs/errors.md.
 */
export async function trainLabels(options: LabelOptions): Promise<LabelResult> {
  const startedMs = options.startedMs ?? performance.now();
  requireOneBudget(options);
  const progress = options.onProgress ?? (() => {});
  const metric = labelMetric(options.metric);
  const separator = options.labelsBy ?? defaultSeparator;
  progress({ stage: "read the table" });
  const table = await readLabelledTable(options);
  requireJoinable(table.labels, separator);
  requireFittingLabels(options.require ?? [], table.target);
  const { frame, labels, hits } = table;
  const width = labels.length;
  const splits = splitWithoutClasses(frame, () => copiesIn(frame), {
    testSize: options.testSize ?? 0.2,
    folds: options.folds ?? 5,
    seed: options.seed,
  });
  const { train, test, folds } = splits;
  const learnt: Learnt = {
    frame: takeRows(frame, train),
    hits: rowsOf(hits, train, width),
    width,
    ...(table.weight && { weight: take(table.weight, train) }),
  };
  const testWeight = table.weight && take(table.weight, test);
  requireSomeWeight(testWeight, options.weight);
  const groups = groupsOf(frame);
  const testGroups = groups && take(groups, test);
  const held = takeRows(frame, test);
  const rival =
    options.like === undefined
      ? undefined
      : await answerRival(options.like, held, labels, table.fingerprint, options.threads);
  // The past predicts the future: what ships learns from all rows, and the first rows are tested by no fold.
  const inTime = splits.kind === "time";
  const whole: Split = { train: Uint32Array.from(train.keys()), test: new Uint32Array(0) };
  const covered = testedRows(folds);
  const judgedBy = partOf(learnt, covered);
  const hasText = featureColumns(frame.schema).some(({ kind }) => kind === "text");
  const shape = {
    rowCount: train.length,
    columnCount: featureColumns(frame.schema).length,
    classCount: 2,
    foldCount: folds.length,
  };
  const raced = await race();
  const { entries } = raced;
  const best = entries.reduce((a, b) => (better(metric, b.score, a.score) ? b : a));
  const shares = options.recipe && recordedShares(options.recipe);
  const blend = shares ? recordedBlend(entries, shares) : blendOf(entries, judgedBy);
  const blended = averageOf(blend);
  const blendScore = scoreOf(metric, judgedBy, blended);
  const ships = blend.length > 1 && (shares !== undefined || better(metric, blendScore, best.score));
  const members = ships || shares !== undefined ? blend : [{ entry: best, weight: 1 }];
  const answers = ships ? blended : members[0]!.entry.predictions;
  const thresholds = thresholdsOf(judgedBy, answers);
  const constant = labels.map((_, k) => shareOf(learnt, k));

  progress({ stage: "compose the file" });
  const composed = await compose();
  progress({ stage: "judge the file on untouched rows" });
  const model = await load(composed.write(), undefined, { name: "model.onnx" });
  let judged: LabelRows;
  let metrics: LabelFigure[];
  let bytes: Uint8Array;
  let requirements: RequirementResult[] | undefined;
  try {
    const { probabilities } = await model.predictColumns(held.columns, held.rowCount, {
      threads: options.threads,
    });
    judged = {
      labelCount: width,
      hits: rowsOf(hits, test, width),
      probabilities: probabilities!,
      thresholds,
      ...(testWeight && { weight: testWeight }),
    };
    metrics = labelFigures(judged, constant, metric, options.seed, testGroups);
    bytes = composed.write({
      rows: "test",
      rowCount: test.length,
      values: metrics.map(({ name, value, low, high, baseline }) => ({ name, value, low, high, baseline })),
    });
    const answer = (row: Frame): Promise<unknown> => model.predictColumns(row.columns, 1);
    const file = { ...requiredOfFrame(held, answer), bytes: bytes.length, metrics };
    if (options.require) requirements = await checkRequirements(options.require, file);
  } finally {
    await model.close();
  }
  const f1 = f1ByLabel(judged);
  // Rounded up: a budget of so many units makes the same fits.
  const unitsUsed = Math.ceil(entries.reduce((sum, { units }) => sum + units, raced.lost) * 100) / 100;
  const board = [
    ...entries.map(({ candidate, units, score }) => ({
      name: candidate.name,
      family: candidate.family as string,
      score,
      units,
      weight: members.find(({ entry }) => entry.candidate === candidate)?.weight ?? 0,
    })),
    ...(ships ? [{ name: "ensemble", family: "ensemble", score: blendScore, units: 0, weight: 1 }] : []),
  ].sort((a, b) => (better(metric, a.score, b.score) ? -1 : 1));
  const record: LabelRecord = {
    format: 1,
    software: options.software,
    seconds: Math.round((performance.now() - startedMs) / 100) / 10,
    data: {
      ...dataRecord(options, table),
      trainRows: train.length,
      testRows: test.length,
      ...(splits.copies > 0 && { copies: splits.copies }),
      folds: folds.length,
      split: splits.reason,
    },
    task: { kind: "multilabel", target: table.target, labels, thresholds, separator },
    metric: { name: metric.name, title: metric.title, greaterIsBetter: metric.greaterIsBetter },
    columns: frame.schema.columns.map(({ name, kind, role }) => ({ name, kind, role })),
    test: { rows: test.length, metrics },
    labels: labels.map((label, k) => ({
      label,
      rows: judged.hits.reduce((sum, hit, at) => sum + (at % width === k ? hit : 0), 0),
      threshold: thresholds[k]!,
      f1: f1[k]!,
    })),
    tooRare: table.tooRare,
    leaderboard: board.map((row, index) => ({ rank: index + 1, ...row })),
    chosen: ships ? "ensemble" : members[0]!.entry.candidate.name,
    skipped: raced.skipped,
    ...(rival && { against: [challengeLabels(rival, judged, metric, options.seed, testGroups)] }),
    ...(requirements && { requirements }),
    findings: table.findings,
    budget: { unitsUsed, stoppedBy: raced.stoppedBy },
    reproduce: commandOf(options, unitsUsed),
    model: { bytes: bytes.length, sha256: sha256(bytes) },
  };
  return { model: bytes, record, report: labelReport(record, options, splits.kind) };

  function copiesIn(rows: Frame): Int32Array | undefined {
    const names = [...featureColumns(frame.schema).map(({ name }) => name), ...options.targets];
    return copiedRows(rows, options.weight === undefined ? names : [...names, options.weight]);
  }

  /** `lost`: units of what failed, which the same run spends again. */
  async function race(): Promise<{
    entries: Entry[];
    skipped: LabelRecord["skipped"];
    lost: number;
    stoppedBy: LabelRecord["budget"]["stoppedBy"];
  }> {
    const { recipe, time, budget = time === undefined && !recipe ? defaultBudget : Infinity } = options;
    const candidates = recipe
      ? recordedCandidates(recipe, { families: [], steps: [] })
      : portfolio("classification", options.families, undefined, { text: hasText });
    const secondsLeft = (time ?? Infinity) - (performance.now() - startedMs) / 1000;
    const endMs = time === undefined ? Infinity : performance.now() + 1000 * raceSeconds(time, secondsLeft);
    const signal = time === undefined ? options.signal : stopAfter(endMs - performance.now(), options.signal);
    const isOver = (): boolean => performance.now() >= endMs;
    const fits = inTime ? [...folds, whole] : folds;
    const found: Entry[] = [];
    const fitters = fits.map((fold, index) =>
      labelFitter(
        { ...fold, ...learnt, labelCount: width, index },
        // Doing nothing is always done: something must be shipped.
        { ...options, signal, isOver: () => found.length > 0 && isOver() },
      ),
    );
    const place = new Map(Array.from(covered, (row, at) => [row, at]));
    const skipped: { name: string; reason: string }[] = [];
    let spent = 0;
    let lost = 0;
    let failure: unknown;
    let stoppedBy: LabelRecord["budget"]["stoppedBy"] = "portfolio";
    for (const [index, candidate] of candidates.entries()) {
      const units = width * workUnits(candidate, shape);
      spent += units;
      if (found.length > 0) {
        if (options.signal?.aborted) stoppedBy = "signal";
        else if (isOver()) stoppedBy = "time";
        else if (spent > budget + 1e-9) stoppedBy = "budget";
        if (stoppedBy !== "portfolio") {
          const reason = stoppedBy === "budget" ? "beyond the budget" : "no time left";
          skipped.push(...candidates.slice(index).map(({ name }) => ({ name, reason })));
          break;
        }
      }
      try {
        const predictions = new Float64Array(covered.length * width);
        const fragments: Uint8Array[] = [];
        for (const [f, fold] of fits.entries()) {
          progress({ stage: `try ${candidate.name}`, done: f, total: fits.length });
          const fitted = await fitters[f]!(candidate);
          fold.test.forEach((row, i) =>
            predictions.set(fitted.answers.subarray(i * width, (i + 1) * width), place.get(row)! * width),
          );
          fragments.push(fitted.fragment);
        }
        const score = scoreOf(metric, judgedBy, predictions);
        found.push({
          candidate,
          units,
          predictions,
          fragments: inTime ? fragments.slice(-1) : fragments,
          score,
        });
      } catch (error) {
        // One family that cannot learn does not cost the user the others, but a recipe is fitted whole.
        if (!(error instanceof MillwrightError) || recipe !== undefined) throw error;
        if (error.code === "CANCELLED" && found.length === 0) throw error;
        const late = error.code === "CANCELLED" && isOver();
        skipped.push({ name: candidate.name, reason: late ? "no time left" : error.what });
        if (late) {
          stoppedBy = "time";
          continue;
        }
        lost += units;
        failure = error;
      }
    }
    if (found.length === 0) throw failure;
    return { entries: found, skipped, lost, stoppedBy };
  }

  async function compose(): Promise<ComposedModel> {
    const {
      targets,
      columns,
      keep,
      drop,
      id,
      weight,
      group,
      timeColumn,
      metric: by,
      families,
      folds: count,
      testSize,
      labelsBy,
    } = options;
    const chosen = {
      targets,
      labelsBy,
      metric: by,
      families,
      folds: count,
      testSize,
      columns,
      keep,
      drop,
      id,
      weight,
      group,
      timeColumn,
    };
    const given = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
    return composeLabels({
      schema: frame.schema,
      target: table.target,
      labels,
      thresholds,
      separator,
      ...(options.targets.length > 1 && { columns: options.targets }),
      constant,
      members: members.flatMap(({ entry, weight }) =>
        entry.fragments.map((fragment) => ({ fragment, weight: weight / entry.fragments.length })),
      ),
      about: {
        card: cardOf(),
        profile: referenceProfile(
          learnt.frame,
          featureColumns(frame.schema).map(({ name }) => name),
        ),
        data: {
          rowCount: frame.rowCount,
          columnCount: frame.schema.columns.length,
          sha256: table.fingerprint,
        },
        recipe: options.recipe
          ? { ...options.recipe, software: options.software }
          : {
              seed: options.seed,
              options: { ...given, task: "multilabel" } as Json,
              members: members.map(({ entry: { candidate }, weight }) => ({
                name: candidate.name,
                family: candidate.family,
                parameters: candidate.parameters,
                weight,
              })),
              software: options.software,
            },
      },
      random: createRandom(options.seed).child("compose"),
    });
  }

  function cardOf() {
    return {
      summary: `Predicts which of ${width} labels of "${table.target}" a row bears, any number of them, from ${shape.columnCount} columns.`,
      members: members.map(({ entry, weight }) => ({
        family: family(entry.candidate.family as FamilyName).title,
        weight,
        parameters: entry.candidate.parameters,
      })),
      policy: {
        "missing column": "an error that names the column and the nearest name in the row",
        "wrong kind": "an error that names the row, the column, what came and what was needed",
        "missing cell": "as learnt from missing cells in training, or the median",
        "unseen category": "the answer for categories held by fewer than 5 training rows",
      },
      leftOut: frame.schema.columns
        .filter(({ role, name }) => (role === "ignore" || role === "id") && !options.targets.includes(name))
        .map(({ name, role }) => ({ column: name, reason: role === "id" ? "it names the row" : "left out" })),
      notes: [
        "Golden rows are synthetic; no record of a person is in this file.",
        "Each label was told from the rest by itself; probabilities of a row do not sum to 1.",
        ...(table.tooRare.length > 0
          ? [`${table.tooRare.length} labels that too few rows bear are not answered.`]
          : []),
      ],
      software: options.software,
    };
  }
}

function commandOf(options: LabelOptions, unitsUsed: number): string {
  if (options.like !== undefined) {
    const sources = options.source.map(withoutPassword);
    return commandLine("train", [...sources, ...readingFlags(options), ["--like", options.like]]);
  }
  return commandLine("train", [
    ...options.source.map(withoutPassword),
    ["--target", namesOf(options.targets)],
    ...readingFlags(options),
    ["--task", "multilabel"],
    ["--labels-by", options.labelsBy],
    ["--metric", options.metric],
    ["--families", namesOf(options.families)],
    ["--folds", options.folds],
    ["--test-size", options.testSize],
    ...columnFlags(options.columns),
    ["--keep", namesOf(options.keep)],
    ["--drop", namesOf(options.drop)],
    ["--id", options.id],
    ["--weight", options.weight],
    ["--group", options.group],
    ["--time-column", options.timeColumn],
    ["--budget", unitsUsed],
    ["--seed", options.seed],
  ]);
}

/** @throws MillwrightError `PARAMETER_UNKNOWN` for a metric of another task. */
export function labelMetric(name = "microF1"): LabelMetric {
  const found = labelMetrics[name];
  if (found !== undefined) return found;
  throw new MillwrightError(
    "PARAMETER_UNKNOWN",
    `There is no metric "${name}" of several labels.`,
    `Choose from ${Object.keys(labelMetrics).join(", ")}.`,
  );
}

function requireJoinable(labels: readonly string[], separator: string): void {
  const clash = labels.find((label) => label.includes(separator));
  if (separator !== "" && clash === undefined) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    separator === ""
      ? "--labels-by is empty, and labels need something between them."
      : `The label "${clash}" holds "${separator}", which stands between the labels of an answer.`,
    "Name another separator with --labels-by.",
  );
}

const better = ({ greaterIsBetter }: LabelMetric, a: number, b: number): boolean =>
  greaterIsBetter ? a > b : a < b;

function rowsOf(hits: Uint8Array, rows: Uint32Array, width: number): Uint8Array {
  const taken = new Uint8Array(rows.length * width);
  rows.forEach((row, i) => taken.set(hits.subarray(row * width, (row + 1) * width), i * width));
  return taken;
}

const columnOf = (values: ArrayLike<number>, k: number, width: number): Float64Array =>
  Float64Array.from({ length: values.length / width }, (_, i) => values[i * width + k]!);

/** Share of the learnt rows, by weight, that bear a label. */
function shareOf({ hits, width, weight }: Learnt, k: number): number {
  const column = columnOf(hits, k, width);
  let borne = 0;
  let total = 0;
  column.forEach((hit, row) => {
    const times = weight?.[row] ?? 1;
    borne += times * hit;
    total += times;
  });
  return borne / total;
}

/** Chosen on answers to rows that were left out of the fit. */
function thresholdsOf({ hits, width, weight }: Learnt, answers: Float64Array): number[] {
  return Array.from({ length: width }, (_, k) =>
    thresholdOfBestF1(columnOf(hits, k, width), columnOf(answers, k, width), weight),
  );
}

function scoreOf(metric: LabelMetric, learnt: Learnt, probabilities: Float64Array): number {
  const thresholds = thresholdsOf(learnt, probabilities);
  const { hits, width, weight } = learnt;
  return metric.score({ labelCount: width, hits, probabilities, thresholds, weight });
}

/** The greedy blend of everything but the baseline, by the log loss of all cells. */
function blendOf(
  entries: readonly Entry[],
  { hits, width, weight }: Learnt,
): { entry: Entry; weight: number }[] {
  const racers = entries.filter(({ candidate }) => candidate.family !== "baseline");
  if (racers.length === 0) return [{ entry: entries[0]!, weight: 1 }];
  const { weights } = greedyEnsemble(racers, (answers) => {
    let loss = 0;
    for (let at = 0; at < hits.length; at++) {
      const p = Math.min(1 - 1e-9, Math.max(1e-9, answers[at]!));
      loss -= (weight?.[Math.floor(at / width)] ?? 1) * Math.log(hits[at] === 1 ? p : 1 - p);
    }
    return loss;
  });
  return racers.flatMap((entry, i) => (weights[i]! > 0 ? [{ entry, weight: weights[i]! }] : []));
}

/** The entries that a recipe records, with its shares. */
function recordedBlend(
  entries: readonly Entry[],
  shares: ReadonlyMap<string, number>,
): { entry: Entry; weight: number }[] {
  return entries.flatMap((entry) => {
    const weight = shares.get(entry.candidate.name) ?? 0;
    return weight > 0 ? [{ entry, weight }] : [];
  });
}

/** Rows that some fold tests, ascending. */
function testedRows(folds: readonly Split[]): Uint32Array {
  return Uint32Array.from(folds.flatMap(({ test }) => [...test])).sort();
}

/** Some of the rows that are learnt from. */
function partOf(learnt: Learnt, rows: Uint32Array): Learnt {
  const { frame, hits, width, weight } = learnt;
  if (rows.length === frame.rowCount) return learnt;
  return {
    frame: takeRows(frame, rows),
    hits: rowsOf(hits, rows, width),
    width,
    ...(weight && { weight: take(weight, rows) }),
  };
}

function requireOneBudget({ time, budget }: LabelOptions): void {
  if (time === undefined || budget === undefined) return;
  throw new MillwrightError("PARAMETER_CONFLICT", "--time and --budget are both given.", "Give one of them.");
}

function requireSomeWeight(weight: Float64Array | undefined, name: string | undefined): void {
  if (weight === undefined || weight.some((value) => value > 0)) return;
  throw new MillwrightError(
    "DATA_BAD_VALUE",
    `The weight "${name}" is 0 in all ${weight.length} untouched rows.`,
    "Bring more rows that count, or leave --weight out.",
  );
}

function averageOf(blend: readonly { readonly entry: Entry; readonly weight: number }[]): Float64Array {
  const sum = new Float64Array(blend[0]!.entry.predictions.length);
  for (const { entry, weight } of blend)
    for (let at = 0; at < sum.length; at++) sum[at]! += weight * entry.predictions[at]!;
  return sum;
}
