/**
 * Leaks: columns that hold the answer, and that nobody has when the answer is needed.
 *
 * A column leaks when it equals the target, maps one to one onto it, is part of a sum that gives it, tells by
 * itself nearly every answer, is filled only where the answer is known, or alone predicts it far better than every other column and as well as all of
 * them together; and then every column that follows from such a one.
 */
import type { Cells, Frame } from "../../schema/index.ts";
import { type Finding, shellWord } from "../finding.ts";
import { binRows, type Bins } from "../profile/bins.ts";
import { relation, relationOfBins } from "../profile/relation.ts";
import { type ProfileTarget, thin, thinTarget } from "../profile/target.ts";
import { additiveScore } from "./additive-model.ts";
import { findClassSum } from "./class-sums.ts";
import { knownLater } from "./known-later.ts";
import { findSum } from "./sums.ts";

/** A score from which a column tells nearly every answer by itself. */
const tellsAll = 0.999;
/** More columns than this do not leak at once: the classes are easy to tell apart. */
const maxTellers = 10;
/**
 * From which score a column can be suspicious, and which share of the next best column's error it may leave.
 * A strong feature can be honest (a fare follows from the distance), so without another sign a column must be
 * nearly the target itself; signs are a name that says prediction, a word shared with the target's name, or
 * a number on the target's own scale.
 */
const thresholds = {
  named: { floor: 0.6, share: 0.8 },
  sameScale: { floor: 0.6, share: 0.5 },
  classes: { floor: 0.8, share: 0.35 },
  numbers: { floor: 0.97, share: 0.35 },
} as const;
/** From here on a column follows from another. */
const follows = 0.98;
const modelRows = 20_000;
const namedPrediction =
  /(^|[^a-z])(pred|predicted|predictions?|prob|proba|probability|probabilities|scored?|forecast|y_?hat|fitted|logits?)([^a-z]|$)/i;

/**
 * Columns that give the target away.
 *
 * @param names - Columns to look at: features, without the target.
 * @param scores - `relation` of each column to the target, where already known.
 */
export function findLeaks(
  frame: Frame,
  target: ProfileTarget,
  names: readonly string[],
  scores: ReadonlyMap<string, number> = new Map(),
): readonly Finding[] {
  const leaks = new Map<string, Finding>();
  const report = (column: string, evidence: string, numbers: Record<string, number>): void => {
    if (leaks.has(column)) return;
    const undo = `--keep ${shellWord(column)}`;
    leaks.set(column, { kind: "leak", column, evidence, effect: "leftOut", undo, numbers });
  };
  const left = (): string[] => names.filter((name) => !leaks.has(name));

  for (const name of names) {
    const same = sameAsTarget(frame.columns.get(name)!, frame.columns.get(target.name)!, target.rows);
    if (same !== undefined) report(name, same.evidence, same.numbers);
  }
  if (target.task === "regression") {
    for (;;) {
      const sum = findSum(frame, left(), target.rows, target.values);
      if (sum === undefined) break;
      const percent = Number((100 * sum.share).toPrecision(4));
      const evidence = `${target.name} = ${sum.formula} in ${percent} % of the rows.`;
      for (const name of sum.columns) report(name, evidence, { share: sum.share });
    }
  } else {
    for (;;) {
      const sum = findClassSum(frame, left(), target);
      if (sum === undefined) break;
      const percent = Number((100 * sum.share).toPrecision(4));
      const evidence = `${sum.formula} tells ${target.name} in ${percent} % of the rows.`;
      for (const name of sum.columns) report(name, evidence, { share: sum.share });
    }
  }
  for (const name of left()) {
    const later = knownLater(frame.columns.get(name)!, target);
    if (later === undefined) continue;
    const [filled, otherwise] = [later.filledWith, later.filledWithout].map((share) => percentOf(share));
    report(
      name,
      `It seems to be known only afterwards: other than ${later.blank} in ${filled} % of the rows where ${target.name} ${later.event}, and in ${otherwise} % of the others.`,
      { filledWith: later.filledWith, filledWithout: later.filledWithout },
    );
  }
  const known = new Map(
    left().map((name) => [name, scores.get(name) ?? relation(frame.columns.get(name)!, target)]),
  );
  const tellers = [...known].filter(([, score]) => score >= tellsAll);
  for (const [name, score] of tellers) {
    if (tellers.length > maxTellers || target.rows.length < 50) break;
    report(name, `It alone tells ${target.name} (score ${figure(score)} of 1).`, { score });
  }
  for (const [name, value] of modeTellers(frame, target, left())) {
    report(name, `It alone tells whether ${target.name} is ${value}.`, { value });
  }
  // Where that many columns tell everything, none of them stands out.
  if (tellers.length <= maxTellers) findOutstanding(frame, target, known, left, report);
  findFollowers(frame, target, known, leaks, report);
  return [...leaks.values()];
}

function percentOf(share: number): string {
  return String(Number((100 * share).toPrecision(2)));
}

function figure(score: number): string {
  return score.toFixed(3);
}

/** Equal in every row, or one to one between the distinct values with several rows a value. */
function sameAsTarget(
  cells: Cells,
  target: Cells,
  rows: Uint32Array,
): { readonly evidence: string; readonly numbers: Record<string, number> } | undefined {
  const valueOf = (column: Cells, row: number): number | string | undefined => {
    if (column.type === "number") {
      const value = column.values[row]!;
      return Number.isNaN(value) ? undefined : value;
    }
    return column.codes[row]! < 0 ? undefined : column.dictionary[column.codes[row]!];
  };
  const onto = new Map<number | string, number | string>();
  const back = new Map<number | string, number | string>();
  let both = 0;
  let equal = 0;
  for (const row of rows) {
    const x = valueOf(cells, row);
    const y = valueOf(target, row)!;
    if (x === undefined) continue;
    both++;
    if (String(x) === String(y)) equal++;
    const known = onto.get(x);
    if (known === undefined) onto.set(x, y);
    else if (known !== y) return undefined;
    const other = back.get(y);
    if (other === undefined) back.set(y, x);
    else if (other !== x) return undefined;
  }
  if (both < 0.5 * rows.length || both < 10 || onto.size < 2) return undefined;
  if (equal === both)
    return { evidence: `It equals the target in all ${both} rows.`, numbers: { rows: both } };
  // Values that occur once map one to one onto anything.
  if (both < 3 * onto.size) {
    return inOneOrder(onto)
      ? { evidence: `Its order is exactly the target's, in all ${both} rows.`, numbers: { rows: both } }
      : undefined;
  }
  const numbers = { values: onto.size, rows: both };
  return {
    evidence: `Its ${onto.size} values map one to one onto the target's, in all ${both} rows.`,
    numbers,
  };
}

/** Whether the numbers of one column rise (or fall) wherever those of the other do: another scale of the same. */
function inOneOrder(pairs: ReadonlyMap<number | string, number | string>): boolean {
  if (pairs.size < 20) return false;
  const sorted = [...pairs];
  if (sorted.some(([x, y]) => typeof x !== "number" || typeof y !== "number")) return false;
  sorted.sort(([a], [b]) => (a as number) - (b as number));
  const sign = Math.sign((sorted[1]![1] as number) - (sorted[0]![1] as number));
  return sorted.every(
    ([, y], i) => i === 0 || Math.sign((y as number) - (sorted[i - 1]![1] as number)) === sign,
  );
}

/** Columns that tell exactly where a numeric target has its commonest value: a claim's cost is 0 without a claim. */
function* modeTellers(
  frame: Frame,
  target: ProfileTarget,
  names: readonly string[],
): Generator<readonly [name: string, value: number]> {
  if (target.task !== "regression" || target.rows.length < 50) return;
  const counts = new Map<number, number>();
  for (const value of target.values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let mode = 0;
  let most = 0;
  for (const [value, count] of counts) {
    if (count > most) {
      mode = value;
      most = count;
    }
  }
  if (most < 0.1 * target.rows.length || target.rows.length - most < 20) return;
  const isMode: ProfileTarget = {
    name: target.name,
    rows: target.rows,
    task: "classification",
    labels: ["other", "mode"],
    codes: Int32Array.from(target.values, (value) => (value === mode ? 1 : 0)),
  };
  for (const name of names) if (relation(frame.columns.get(name)!, isMode) >= tellsAll) yield [name, mode];
}

/** The best column, as long as it stands far above the next and holds against a model of all the others. */
function findOutstanding(
  frame: Frame,
  target: ProfileTarget,
  scores: ReadonlyMap<string, number>,
  left: () => string[],
  report: (column: string, evidence: string, numbers: Record<string, number>) => void,
): void {
  const small = thinTarget(target, modelRows);
  const bins = new Map<string, Bins>();
  const binsOf = (name: string): Bins => {
    const known = bins.get(name) ?? binRows(frame.columns.get(name)!, small.rows, 32);
    bins.set(name, known);
    return known;
  };
  for (;;) {
    const ranked = left()
      .map((name) => ({ name, score: scores.get(name)! }))
      .sort((a, b) => b.score - a.score);
    let found = false;
    for (const [index, { name, score }] of ranked.entries()) {
      const next = ranked[index === 0 ? 1 : 0]?.score ?? 0;
      const { floor, share } = thresholds[signOf(name, frame.columns.get(name)!, target)];
      if (score < floor || 1 - score > share * (1 - next)) continue;
      const others = ranked.filter((other) => other.name !== name && other.score > 0.001).slice(0, 60);
      const rest = additiveScore(
        others.map((other) => binsOf(other.name)),
        small,
      );
      if (score < rest) continue;
      report(
        name,
        `It alone predicts ${target.name} with a score of ${figure(score)}; the next best column reaches ${figure(next)}, all the others together ${figure(rest)}.`,
        { score, next, rest },
      );
      found = true;
      break;
    }
    if (!found) return;
  }
}

/** What else speaks against a column that predicts well. */
function signOf(name: string, cells: Cells, target: ProfileTarget): keyof typeof thresholds {
  if (namedPrediction.test(name)) return "named";
  const words = wordsOf(target.name);
  if (wordsOf(name).some((word) => words.includes(word))) return "sameScale";
  if (target.task === "classification") return "classes";
  return cells.type === "number" && isOnScale(cells.values, target.rows, target.values)
    ? "sameScale"
    : "numbers";
}

/** Words of at least four letters in a column's name. */
function wordsOf(name: string): readonly string[] {
  const words = name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return words.split(/[^a-z]+/).filter((word) => word.length >= 4);
}

/** Whether the least-squares slope of the target over the column is about 1: the same quantity in the same unit. */
function isOnScale(column: Float64Array, rows: Uint32Array, target: Float64Array): boolean {
  let n = 0;
  let meanX = 0;
  let meanY = 0;
  for (let i = 0; i < rows.length; i++) {
    const x = column[rows[i]!]!;
    if (x !== x) continue;
    n++;
    meanX += x;
    meanY += target[i]!;
  }
  meanX /= n;
  meanY /= n;
  let xx = 0;
  let xy = 0;
  for (let i = 0; i < rows.length; i++) {
    const x = column[rows[i]!]!;
    if (x !== x) continue;
    xx += (x - meanX) ** 2;
    xy += (x - meanX) * (target[i]! - meanY);
  }
  const slope = xy / xx;
  return slope >= 0.8 && slope <= 1.25;
}

/** Columns that are a function of a leak: a label cut from a leaked probability. */
function findFollowers(
  frame: Frame,
  target: ProfileTarget,
  scores: ReadonlyMap<string, number>,
  leaks: ReadonlyMap<string, Finding>,
  report: (column: string, evidence: string, numbers: Record<string, number>) => void,
): void {
  const found = [...leaks.values()].filter((leak) => leak.numbers?.["next"] !== undefined);
  for (const leak of found) {
    for (const [name, score] of scores) {
      if (leaks.has(name) || score < 0.1) continue;
      const follower = asTarget(frame, name, thin(target.rows, modelRows));
      if (follower === undefined) continue;
      const by = relationOfBins(binRows(frame.columns.get(leak.column!)!, follower.rows, 256), follower);
      if (by < follows) continue;
      report(name, `It follows from ${leak.column}, which gives ${target.name} away.`, {
        score,
        follows: by,
      });
    }
  }
}

function asTarget(frame: Frame, name: string, rows: Uint32Array): ProfileTarget | undefined {
  const cells = frame.columns.get(name)!;
  if (cells.type === "string") {
    const known = rows.filter((row) => cells.codes[row]! >= 0);
    const codes = Int32Array.from(known, (row) => cells.codes[row]!);
    if (new Set(codes).size < 2) return undefined;
    return { name, rows: known, task: "classification", labels: cells.dictionary, codes };
  }
  const known = rows.filter((row) => !Number.isNaN(cells.values[row]!));
  const values = Float64Array.from(known, (row) => cells.values[row]!);
  const labels = [...new Set(values.subarray(0, 1000))];
  if (labels.length === 2 && values.every((value) => labels.includes(value))) {
    const codes = Int32Array.from(values, (value) => labels.indexOf(value));
    return { name, rows: known, task: "classification", labels: labels.map(String), codes };
  }
  return labels.length < 2 ? undefined : { name, rows: known, task: "regression", values };
}
