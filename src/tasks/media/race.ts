/**
 * A network and a classical model as files on the same rows: the better one on the validation rows is chosen, judged
 * on rows that nothing looked at, and held against the other there.
 */
import { holdOut, type SplitPlan } from "../../data/index.ts";
import { comparePaired } from "../../evaluate/index.ts";
import { confusionMatrix, logLoss, metric as metricByName, mostProbable } from "../../metrics/index.ts";
import type { ComposedModel, Task } from "../../pipeline/index.ts";
import { askFile, writeJudged } from "../race/judged-file.ts";
import { boardOf } from "../race/record.ts";
import { versusOf } from "../race/versus.ts";
import { judgeAnswers } from "../tabular/judge.ts";
import { answerRows, type MediaRows } from "./predict-media.ts";
import type { KeptRows } from "./read-media.ts";
import type { MediaRecord } from "./run-record.ts";

/** Share of the rows outside the test that choose the epoch and the model. */
export const validationSize = 0.15;

/** Rows of one side of the split. */
export interface Part<D extends MediaRows = MediaRows> {
  /** Row-major, all of one size. */
  readonly data: D;
  readonly codes: Int32Array;
  /** Places among all rows. */
  readonly rows: Uint32Array;
}

/** Test, validation and training rows. @param size - Numbers a row. */
export function splitRows<D extends MediaRows>(
  { data, codes }: { readonly data: D; readonly codes: Int32Array },
  size: number,
  plan: SplitPlan,
  { testSize, seed }: { readonly testSize: number; readonly seed: number },
): { readonly train: Part<D>; readonly validation: Part<D>; readonly test: Part<D> } {
  const { train, validation, test } = splitPlan(plan, { testSize, seed });
  const part = (rows: Uint32Array): Part<D> => ({
    data: takeRows(data, size, rows),
    codes: codesAt(codes, rows),
    rows,
  });
  return { train: part(train), validation: part(validation), test: part(test) };
}

/** The same as places. @param testSize - None where the test rows lie elsewhere. */
export function splitPlan(
  plan: SplitPlan,
  { testSize, seed }: { readonly testSize?: number; readonly seed: number },
): { readonly train: Uint32Array; readonly validation: Uint32Array; readonly test: Uint32Array } {
  const outer = testSize === undefined ? undefined : holdOut(plan, { testSize, seed });
  const inner = holdOut(plan, { testSize: validationSize, seed: seed + 1 }, outer?.train);
  return { train: inner.train, validation: inner.test, test: outer?.test ?? new Uint32Array(0) };
}

/** The classes of some rows. */
export const codesAt = (codes: Int32Array, rows: Uint32Array): Int32Array =>
  Int32Array.from(rows, (row) => codes[row]!);

/** The rows at `rows`. @param size - Numbers a row. */
export function takeRows<D extends MediaRows>(data: D, size: number, rows: ArrayLike<number>): D {
  const taken = new (data.constructor as new (length: number) => D)(rows.length * size);
  for (let i = 0; i < rows.length; i++)
    taken.set(data.subarray(rows[i]! * size, (rows[i]! + 1) * size), i * size);
  return taken;
}

/** The classes with the rows of each. */
export function classRows({ codes, classes }: KeptRows): MediaRecord["task"]["classes"] {
  return classes.map((label, code) => ({ label, rows: codes.filter((other) => other === code).length }));
}

/** Share of each class. */
export function sharesOf(codes: Int32Array, classCount: number): Float64Array {
  const shares = new Float64Array(classCount);
  for (const code of codes) shares[code]! += 1 / codes.length;
  return shares;
}

/** A model in the race, as a file. */
export interface Entrant {
  readonly name: string;
  readonly family: "network" | "classical";
  readonly title: string;
  readonly seconds: number;
  readonly composed: ComposedModel;
}

/** With what it is chosen by, and its answers for the test rows. */
interface Ranked extends Entrant {
  readonly score: number;
  readonly logLoss: number;
  readonly answers: Float64Array;
}

export interface RaceOptions {
  readonly target: string;
  readonly classes: readonly string[];
  /** Share of each class in training: what doing nothing answers. */
  readonly shares: Float64Array;
  readonly validation: Omit<Part, "rows">;
  /** With groups, intervals are of groups. */
  readonly test: Omit<Part, "rows"> & { readonly groups?: Int32Array };
  readonly seed: number;
  /** Which one becomes the file. Default: the better one. */
  readonly ships?: Entrant["family"] | undefined;
}

/** What the race came to. */
export interface Race
  extends Pick<MediaRecord, "metric" | "leaderboard" | "chosen" | "versus" | "test" | "confusion"> {
  /** What is shipped, in words. */
  readonly title: string;
  readonly bytes: Uint8Array;
  /** Of the chosen file for the test rows, row-major [rows, classes]. */
  readonly answers: Float64Array;
}

const accuracy = metricByName("accuracy");

/** @param entrants - One network and one classical model. */
export async function raceFiles(
  entrants: readonly Entrant[],
  { target, classes, shares, validation, test, seed, ships }: RaceOptions,
): Promise<Race> {
  const classCount = classes.length;
  const ranked: Ranked[] = [];
  for (const entrant of entrants) {
    const [probabilities, answers] = await askFile(entrant.composed.write(), async (model) => [
      (await answerRows(model, validation.data)).probabilities,
      (await answerRows(model, test.data)).probabilities,
    ]);
    const y = validation.codes;
    const score = accuracy.score({ y, classCount, probabilities });
    ranked.push({ ...entrant, score, logLoss: logLoss(y, probabilities, classCount), answers });
  }
  // The loss decides where as many are right.
  ranked.sort((a, b) => b.score - a.score || a.logLoss - b.logLoss);
  const chosen = ranked.find(({ family }) => ships === undefined || family === ships)!;
  const { answers } = chosen;
  const task: Task = { kind: "classification", target, classes };
  const y = { kind: "classification", classCount, codes: test.codes } as const;
  const judged = judgeAnswers(answers, { y, ...(test.groups && { groups: test.groups }) }, task, shares, {
    metric: accuracy,
    seed,
  });
  const baseline = accuracy.score({
    y: validation.codes,
    classCount,
    probabilities: repeated(shares, validation.codes.length),
  });
  return {
    title: chosen.title,
    bytes: writeJudged(chosen.composed, test.codes.length, judged.metrics),
    answers,
    metric: { name: accuracy.name, title: accuracy.title, greaterIsBetter: true },
    leaderboard: boardOf([...ranked, { name: "baseline", family: "baseline", score: baseline, seconds: 0 }]),
    chosen: chosen.name,
    versus: compare(ranked, test.codes, classCount, seed),
    test: { rows: test.codes.length, metrics: judged.metrics },
    confusion: [...confusionMatrix(test.codes, mostProbable(answers, classCount), { classCount })],
  };
}

const repeated = (row: Float64Array, count: number): Float64Array =>
  Float64Array.from({ length: count * row.length }, (_, i) => row[i % row.length]!);

/** The network against the classical model on the test rows. */
function compare(
  ranked: readonly Ranked[],
  y: Int32Array,
  classCount: number,
  seed: number,
): MediaRecord["versus"] {
  const [network, classical] = (["network", "classical"] as const).map(
    (family) => ranked.find((entrant) => entrant.family === family)!,
  ) as [Ranked, Ranked];
  const [a, b] = [classical, network].map(({ answers }) => ({ y, classCount, probabilities: answers }));
  return versusOf(network, classical, comparePaired(accuracy, a!, b!, { seed }), {
    ahead: (amount) => `${network.name} is ${amount} more accurate than ${classical.name}`,
    little: (amount) => `${network.name} is only ${amount} ahead of ${classical.name}`,
    behind: (amount) => `${network.name} is ${amount} behind ${classical.name}`,
  });
}
