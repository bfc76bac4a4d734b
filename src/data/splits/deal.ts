/**
 * Dealing rows out to parts: at random, by class, by whole groups.
 *
 * Each function returns the part of every row; folds are parts of equal share,
 * and a hold-out is two parts of unequal share.
 */
import { MillwrightError, type Random } from "../../core/index.ts";
import { type GroupedPlan, type RarePolicy, trainedOnly } from "./split.ts";

/** Rows shuffled, then dealt out in blocks of equal size up to one. */
export function dealRandom(rowCount: number, folds: number, random: Random): Int32Array {
  const parts = new Int32Array(rowCount);
  const order = shuffledRows(rowCount, random);
  for (let i = 0; i < rowCount; i++) parts[order[i]!] = i % folds;
  return parts;
}

/**
 * Rows of each class shuffled and dealt out in turn, going on where the class before
 * stopped: every fold's count of every class is within one of its share, and so is its size.
 * So a class of two rows or more is in every training part. A class of one row gets part
 * `trainedOnly`: tested, it would ask for a label that the training part cannot know.
 *
 * @throws MillwrightError `DATA_TOO_FEW_ROWS` under `refuse` for a class rarer than folds; under `spread` when
 *   fewer rows than folds are of a class of two.
 */
export function dealStratified(
  codes: Int32Array,
  classCount: number,
  folds: number,
  rare: RarePolicy,
  random: Random,
): Int32Array {
  const counts = classCounts(codes, classCount);
  const small = rareClasses(counts, folds);
  if (rare === "refuse" && small.length > 0) {
    throw new MillwrightError(
      "DATA_TOO_FEW_ROWS",
      `Stratified folds need ${folds} rows of each class, and class ${small[0]} has ${counts[small[0]!]}${small.length > 1 ? `; so do ${small.length - 1} other classes` : ""}.`,
      'Use fewer folds, gather more rows of it, or take what there is with { rare: "spread" }.',
    );
  }
  const strata: number[][] = Array.from({ length: classCount }, () => []);
  for (const row of shuffledRows(codes.length, random)) strata[codes[row]!]!.push(row);
  const parts = new Int32Array(codes.length).fill(trainedOnly);
  // Largest strata first: what is left over from them is evened out by the small ones.
  const bySize = strata.map((_, i) => i).sort((a, b) => strata[b]!.length - strata[a]!.length || a - b);
  let turn = 0;
  for (const stratum of bySize) {
    if (strata[stratum]!.length < 2) continue;
    for (const row of strata[stratum]!) parts[row] = turn++ % folds;
  }
  if (turn < folds) {
    throw new MillwrightError(
      "DATA_TOO_FEW_ROWS",
      `Stratified folds need ${folds} rows whose class has another row, and there are ${turn} of ${codes.length}.`,
      "Gather more rows of each class, or use fewer folds.",
    );
  }
  return parts;
}

/** Classes that have rows, but fewer than `least`. */
export function rareClasses(counts: Uint32Array, least: number): number[] {
  return Array.from(counts.keys()).filter((code) => counts[code]! > 0 && counts[code]! < least);
}

/** Rows of each class. @throws MillwrightError `DATA_BAD_VALUE` for a code outside 0 … classCount − 1. */
export function classCounts(codes: Int32Array, classCount: number): Uint32Array {
  const counts = new Uint32Array(classCount);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (!(code >= 0 && code < classCount)) {
      throw new MillwrightError(
        "DATA_BAD_VALUE",
        `A stratified split needs class codes from 0 to ${classCount - 1}, and row ${i} has ${code}.`,
        "Leave out the rows whose target is missing.",
      );
    }
    counts[code]!++;
  }
  return counts;
}

/**
 * Whole groups dealt out so that every part gets its share of rows and of every class.
 *
 * Greedy: each group in turn goes where the sum over parts and classes of
 * (share got − share due)² / share due grows least, all rows counting as one more
 * class. Folds take the groups from the largest down, which leaves the small ones
 * to even out; the idea is scikit-learn's `StratifiedGroupKFold`.
 *
 * @param shares - Share due to each part; they add up to 1.
 * @param largestFirst - Sort groups by size after shuffling; for equal shares.
 */
export function dealGrouped(
  plan: GroupedPlan,
  shares: readonly number[],
  largestFirst: boolean,
  random: Random,
): { readonly parts: Int32Array; readonly groupCount: number } {
  const { groupOf, groupCount } = numberedGroups(plan.groups);
  const classCount = plan.codes === undefined ? 0 : (plan.classCount ?? 0);
  const totals = new Float64Array(classCount + 1);
  if (plan.codes !== undefined) totals.set(classCounts(plan.codes, classCount));
  totals[classCount] = groupOf.length;

  const members = rowsByGroup(groupOf, groupCount);
  const order = Array.from(shuffledRows(groupCount, random));
  const sizeOf = (group: number): number => members.starts[group + 1]! - members.starts[group]!;
  if (largestFirst) order.sort((a, b) => sizeOf(b) - sizeOf(a));

  const got = shares.map(() => new Float64Array(classCount + 1));
  const partOfGroup = new Int32Array(groupCount);
  const counts = new Float64Array(classCount + 1);
  for (const group of order) {
    const seen = [classCount];
    counts[classCount] = sizeOf(group);
    for (let at = members.starts[group]!; plan.codes !== undefined && at < members.starts[group + 1]!; at++) {
      const code = plan.codes[members.rows[at]!]!;
      if (counts[code] === 0) seen.push(code);
      counts[code]!++;
    }
    let best = 0;
    let bestCost = Infinity;
    for (let part = 0; part < shares.length; part++) {
      let cost = 0;
      for (const c of seen) {
        const step = counts[c]! / totals[c]!;
        cost += (step * (2 * (got[part]![c]! / totals[c]! - shares[part]!) + step)) / shares[part]!;
      }
      if (cost < bestCost) {
        bestCost = cost;
        best = part;
      }
    }
    partOfGroup[group] = best;
    for (const c of seen) {
      got[best]![c]! += counts[c]!;
      counts[c] = 0;
    }
  }
  return { parts: Int32Array.from(groupOf, (group) => partOfGroup[group]!), groupCount };
}

/** Groups numbered by first appearance, every −1 a group of its own. */
function numberedGroups(groups: Int32Array): { groupOf: Int32Array; groupCount: number } {
  const numbers = new Map<number, number>();
  const groupOf = new Int32Array(groups.length);
  let groupCount = 0;
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i]!;
    let number = group < 0 ? undefined : numbers.get(group);
    if (number === undefined) {
      number = groupCount++;
      if (group >= 0) numbers.set(group, number);
    }
    groupOf[i] = number;
  }
  return { groupOf, groupCount };
}

function rowsByGroup(groupOf: Int32Array, groupCount: number): { starts: Uint32Array; rows: Uint32Array } {
  const starts = new Uint32Array(groupCount + 1);
  for (let i = 0; i < groupOf.length; i++) starts[groupOf[i]! + 1]!++;
  for (let g = 0; g < groupCount; g++) starts[g + 1]! += starts[g]!;
  const next = starts.slice();
  const rows = new Uint32Array(groupOf.length);
  for (let i = 0; i < groupOf.length; i++) rows[next[groupOf[i]!]!++] = i;
  return { starts, rows };
}

/** 0 … count − 1 in random order. */
export function shuffledRows(count: number, random: Random): Uint32Array {
  return random.shuffle(Uint32Array.from({ length: count }, (_, i) => i));
}
