/** What a split is, and the plan that says how to make one. */

/** Row numbers of the table, rising, that never overlap. */
export interface Split {
  readonly train: Uint32Array;
  readonly test: Uint32Array;
}

/**
 * What happens to a class with fewer rows than folds. `spread`: its rows go to as many folds, and the only row
 * of a class is trained on in every fold and tested in none; `refuse`: an error names it.
 */
export type RarePolicy = "spread" | "refuse";

/** Rows are dealt out at random. */
export interface RandomPlan {
  readonly kind: "random";
  readonly rowCount: number;
}

/** Every part gets its share of every class. */
export interface StratifiedPlan {
  readonly kind: "stratified";
  /** Class code a row, 0 … classCount − 1. Shape [n]. */
  readonly codes: Int32Array;
  readonly classCount: number;
  /** Default `spread`. */
  readonly rare?: RarePolicy | undefined;
}

/** Rows of one group stay together; a group of −1 (missing) is a group of its own. */
export interface GroupedPlan {
  readonly kind: "grouped";
  /** Group code a row, −1 for none. Shape [n]. */
  readonly groups: Int32Array;
  /** With the class codes, parts also get near their share of every class, as far as whole groups allow. */
  readonly codes?: Int32Array | undefined;
  readonly classCount?: number | undefined;
}

/** The test rows come after the training rows; rows of one time stay together. */
export interface TimePlan {
  readonly kind: "time";
  /** Any rising number, such as epoch milliseconds. Shape [n]. */
  readonly times: Float64Array;
  /** Training rows closer than this before the first test row are left out, in the unit of `times`; default 0. */
  readonly gap?: number | undefined;
  /** Training rows of a group that is also in the test part are left out. Shape [n]. */
  readonly groups?: Int32Array | undefined;
}

export type SplitPlan = RandomPlan | StratifiedPlan | GroupedPlan | TimePlan;

/** Number of rows that a plan is about. */
export function rowCountOf(plan: SplitPlan): number {
  switch (plan.kind) {
    case "random":
      return plan.rowCount;
    case "stratified":
      return plan.codes.length;
    case "grouped":
      return plan.groups.length;
    case "time":
      return plan.times.length;
  }
}

/** The plan of some rows only, numbered 0 … rows.length − 1: for folds inside a training part. */
export function planWithin(plan: SplitPlan, rows: Uint32Array): SplitPlan {
  const codesAt = (codes: Int32Array): Int32Array => Int32Array.from(rows, (row) => codes[row]!);
  switch (plan.kind) {
    case "random":
      return { kind: "random", rowCount: rows.length };
    case "stratified":
      return { ...plan, codes: codesAt(plan.codes) };
    case "grouped":
      return {
        ...plan,
        groups: codesAt(plan.groups),
        codes: plan.codes === undefined ? undefined : codesAt(plan.codes),
      };
    case "time":
      return {
        ...plan,
        times: Float64Array.from(rows, (row) => plan.times[row]!),
        groups: plan.groups === undefined ? undefined : codesAt(plan.groups),
      };
  }
}

/** The part of a row that every training part has and no test part. */
export const trainedOnly = -2;

/** Row numbers whose part is `part`, and all others. Rows of part −1 are in neither, those of `trainedOnly` in the others. */
export function partition(parts: Int32Array, part: number): Split {
  let size = 0;
  let others = 0;
  for (let i = 0; i < parts.length; i++) {
    if (parts[i] === part) size++;
    else if (parts[i] !== -1) others++;
  }
  const test = new Uint32Array(size);
  const train = new Uint32Array(others);
  for (let i = 0, t = 0, r = 0; i < parts.length; i++) {
    if (parts[i] === part) test[t++] = i;
    else if (parts[i] !== -1) train[r++] = i;
  }
  return { train, test };
}
