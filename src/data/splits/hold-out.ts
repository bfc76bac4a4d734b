/** Hold-out: one part of the rows is set aside, to be looked at once. */
import { createRandom, MillwrightError, type Random } from "../../core/index.ts";
import { classCounts, dealGrouped, rareClasses, shuffledRows } from "./deal.ts";
import { translated } from "./folds.ts";
import {
  partition,
  planWithin,
  rowCountOf,
  type Split,
  type SplitPlan,
  type StratifiedPlan,
} from "./split.ts";
import { timeHoldOut } from "./time.ts";

export interface HoldOutOptions {
  /** Share of the rows in the test part, between 0 and 1; default 0.2. */
  readonly testSize?: number | undefined;
  readonly seed: number;
}

/**
 * Splits a table, or some of its rows, into a training and a test part.
 *
 * Stratified: each class gives its share, rounded so that the whole is right, and a
 * class of two rows or more is on both sides. A class of one row is trained on.
 * Grouped: as near to the share as whole groups come. By time: the latest rows.
 *
 * @param rows - Only these rows take part; all when absent.
 * @returns Row numbers of the table. The same seed gives the same split.
 * @throws MillwrightError `DATA_TOO_FEW_ROWS` if a part would be empty, or a class has one row under `refuse`.
 * @throws MillwrightError `DATA_BAD_VALUE` for a code out of range or a missing time; `PARAMETER_RANGE`.
 */
export function holdOut(plan: SplitPlan, options: HoldOutOptions, rows?: Uint32Array): Split {
  const { testSize = 0.2, seed } = options;
  if (!(testSize > 0 && testSize < 1)) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `holdOut.testSize is ${testSize}, and needs a number between 0 and 1.`,
      "Pass 0.2 to set every fifth row aside.",
    );
  }
  const inner = rows === undefined ? plan : planWithin(plan, rows);
  if (rowCountOf(inner) < 2) {
    throw new MillwrightError(
      "DATA_TOO_FEW_ROWS",
      `A hold-out needs at least 2 rows, and there are ${rowCountOf(inner)}.`,
      "Gather more rows.",
    );
  }
  const split = oneHoldOut(inner, testSize, createRandom(seed).child("hold-out"));
  return rows === undefined ? split : translated(split, rows);
}

function oneHoldOut(plan: SplitPlan, testSize: number, random: Random): Split {
  if (plan.kind === "time") return timeHoldOut(plan, testSize);
  if (plan.kind === "stratified") return partition(stratifiedParts(plan, testSize, random), 1);
  if (plan.kind === "random") {
    const parts = new Int32Array(plan.rowCount);
    const tested = clamp(Math.round(testSize * plan.rowCount), 1, plan.rowCount - 1);
    for (const row of shuffledRows(plan.rowCount, random).subarray(0, tested)) parts[row] = 1;
    return partition(parts, 1);
  }
  const { parts, groupCount } = dealGrouped(plan, [1 - testSize, testSize], false, random);
  if (groupCount < 2) {
    throw new MillwrightError(
      "DATA_TOO_FEW_ROWS",
      `A hold-out by group needs at least 2 groups, and all ${parts.length} rows are of one.`,
      "Check the group column, or split at random.",
    );
  }
  const split = partition(parts, 1);
  if (split.test.length > 0 && split.train.length > 0) return split;
  return oneGroupAside(plan.groups, testSize);
}

/** Where the deal leaves a part empty: the group whose size is nearest to the share is the test part. */
function oneGroupAside(groups: Int32Array, testSize: number): Split {
  const sizes = new Map<number, number>();
  groups.forEach((group, i) => {
    const key = group < 0 ? -1 - i : group;
    sizes.set(key, (sizes.get(key) ?? 0) + 1);
  });
  const wanted = testSize * groups.length;
  let best: [group: number, size: number] | undefined;
  for (const entry of sizes) {
    if (best === undefined || Math.abs(entry[1] - wanted) < Math.abs(best[1] - wanted)) best = entry;
  }
  return partition(
    groups.map((group, i) => ((group < 0 ? -1 - i : group) === best![0] ? 1 : 0)),
    1,
  );
}

/** 1 for test rows: each class gives floor or ceiling of its share, the largest remainders rounded up. */
function stratifiedParts(plan: StratifiedPlan, testSize: number, random: Random): Int32Array {
  const { codes, classCount } = plan;
  const counts = classCounts(codes, classCount);
  const single = rareClasses(counts, 2);
  if (plan.rare === "refuse" && single.length > 0) {
    throw new MillwrightError(
      "DATA_TOO_FEW_ROWS",
      `A stratified hold-out needs 2 rows of each class, and class ${single[0]} has 1.`,
      'Gather more rows of it, or train on it only with { rare: "spread" }.',
    );
  }
  const wanted = clamp(Math.round(testSize * codes.length), 1, codes.length - 1);
  const least = counts.map((count) => (count > 1 ? 1 : 0));
  const most = counts.map((count) => Math.max(count - 1, 0));
  const take = counts.map((count, c) => clamp(Math.floor(count * testSize), least[c]!, most[c]!));
  let missing = wanted - take.reduce((sum, value) => sum + value, 0);
  const ties = shuffledRows(classCount, random);
  const byRemainder = Array.from(ties).sort(
    (a, b) => counts[b]! * testSize - take[b]! - (counts[a]! * testSize - take[a]!),
  );
  for (let i = 0; missing > 0 && i < classCount; i++) {
    const c = byRemainder[i]!;
    if (take[c]! >= most[c]!) continue;
    take[c]!++;
    missing--;
  }
  const parts = new Int32Array(codes.length);
  for (const row of shuffledRows(codes.length, random)) {
    const code = codes[row]!;
    if (take[code]! === 0) continue;
    take[code]!--;
    parts[row] = 1;
  }
  if (!parts.includes(1)) {
    throw new MillwrightError(
      "DATA_TOO_FEW_ROWS",
      `A stratified hold-out needs a class of 2 rows, and all ${codes.length} rows are of different classes.`,
      "Check that the target is a category, or gather more rows.",
    );
  }
  return parts;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
