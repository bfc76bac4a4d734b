/** Cross-validation: every row is tested once a repeat (by time: every row after the first stretch; by class: every row but the only one of its class). */
import { createRandom, MillwrightError } from "../../core/index.ts";
import { dealGrouped, dealRandom, dealStratified } from "./deal.ts";
import { partition, planWithin, rowCountOf, type Split, type SplitPlan } from "./split.ts";
import { timeFolds } from "./time.ts";

export interface FoldOptions {
  /** Parts, at least 2; default 5. */
  readonly folds?: number | undefined;
  /** How often everything is dealt out anew; default 1. By time there is one way only. */
  readonly repeats?: number | undefined;
  readonly seed: number;
}

/**
 * Folds of a table, or of some of its rows.
 *
 * @param rows - Only these rows take part (the training part of an outer split, for nested validation); all when absent.
 * @returns `folds × repeats` splits, repeat by repeat, with row numbers of the table. The same seed gives the same splits.
 * @throws MillwrightError `DATA_TOO_FEW_ROWS` if there are fewer rows, groups or times than folds, or a class is too rare under `refuse`.
 * @throws MillwrightError `DATA_BAD_VALUE` for a code out of range or a missing time.
 * @throws MillwrightError `PARAMETER_RANGE` for folds below 2 or repeats below 1, `PARAMETER_CONFLICT` for repeats by time.
 */
export function makeFolds(plan: SplitPlan, options: FoldOptions, rows?: Uint32Array): Split[] {
  const { folds = 5, repeats = 1, seed } = options;
  requireWhole("folds", folds, 2);
  requireWhole("repeats", repeats, 1);
  if (plan.kind === "time" && repeats > 1) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `Folds by time can be made in one way only, and ${repeats} repeats were asked for.`,
      "Set repeats to 1, or use more folds.",
    );
  }
  const inner = rows === undefined ? plan : planWithin(plan, rows);
  const rowCount = rowCountOf(inner);
  if (rowCount < folds)
    throw tooFew(`${folds} folds need at least ${folds} rows, and there are ${rowCount}.`);
  const splits: Split[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) splits.push(...oneRound(inner, folds, seed, repeat));
  return rows === undefined ? splits : splits.map((split) => translated(split, rows));
}

function oneRound(plan: SplitPlan, folds: number, seed: number, repeat: number): Split[] {
  if (plan.kind === "time") return timeFolds(plan, folds);
  const random = createRandom(seed).child("folds").child(repeat);
  let parts: Int32Array;
  if (plan.kind === "random") parts = dealRandom(plan.rowCount, folds, random);
  else if (plan.kind === "stratified") {
    parts = dealStratified(plan.codes, plan.classCount, folds, plan.rare ?? "spread", random);
  } else {
    const dealt = dealGrouped(plan, new Array<number>(folds).fill(1 / folds), true, random);
    if (dealt.groupCount < folds) {
      throw tooFew(`${folds} folds need at least ${folds} groups, and there are ${dealt.groupCount}.`);
    }
    parts = dealt.parts;
  }
  return Array.from({ length: folds }, (_, fold) => partition(parts, fold));
}

/** A split of the rows 0 … rows.length − 1 told in row numbers of the table. */
export function translated(split: Split, rows: Uint32Array): Split {
  return { train: split.train.map((i) => rows[i]!), test: split.test.map((i) => rows[i]!) };
}

function tooFew(what: string): MillwrightError {
  return new MillwrightError("DATA_TOO_FEW_ROWS", what, "Use fewer folds, or gather more rows.");
}

function requireWhole(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new MillwrightError(
    "PARAMETER_RANGE",
    `makeFolds.${name} is ${value}, and needs a whole number of at least ${least}.`,
    "Change it.",
  );
}
