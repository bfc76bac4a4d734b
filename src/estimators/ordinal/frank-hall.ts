/**
 * Levels in their order by any family that tells two classes apart: one fit a cut, "above level k or not".
 *
 * Fitted apart, P(level > k) may rise with k where it must fall. So each is put in the middle of the largest that
 * comes at its cut or after it and the smallest that comes at it or before: both fall, and where nothing was wrong
 * both are the answer itself. Neighbours subtracted give the levels. Source: Frank & Hall 2001, ECML, "A simple
 * approach to ordinal classification"; the correction is the average of the two monotone envelopes.
 */
import { MillwrightError } from "../../core/index.ts";
import { add, concat, max, min, mul, pad, scalar, slice, sub, type Value } from "../../graph/index.ts";
import type { Estimator, Fitted, Target, TrainingSet } from "../index.ts";

/**
 * Lifts a family of two classes to levels in their order.
 *
 * @param inner - Fitted once a cut, each with randomness of its own.
 * @throws MillwrightError from `fit`: `SCHEMA_WRONG_KIND` for a number as target, and what the family throws.
 */
export function ordered(inner: Estimator): Estimator {
  return {
    family: inner.family,
    parameters: inner.parameters,
    tasks: ["classification"],
    ...(inner.sparse && { sparse: true }),
    async fit(rows, context) {
      const { y } = rows;
      if (y.kind === "regression") {
        throw new MillwrightError(
          "SCHEMA_WRONG_KIND",
          `Levels are told apart by ${inner.family}, and the target is a number in ${rows.x.rowCount} rows.`,
          "Name the levels in their order with --order.",
        );
      }
      // Two levels have one cut, which the family answers by itself.
      if (y.classCount === 2) return inner.fit(rows, context);
      const present = levelsPresent(rows);
      if (present.length < 2) return inner.fit(rows, context);
      const cuts: Fitted[] = [];
      for (const level of present.slice(0, -1)) {
        const { validation } = context;
        cuts.push(
          await inner.fit(above(rows, level), {
            ...context,
            random: context.random.child(`above ${level}`),
            ...(validation && { validation: above(validation, level) }),
          }),
        );
      }
      return fittedLevels(inner.family, cuts, present, y.classCount);
    },
  };
}

/** The family that learns a target: for levels in their order, lifted where it does not read the order itself. */
export function forLevels(estimator: Estimator, y: Target): Estimator {
  const levels = y.kind === "classification" && y.ordered === true;
  return levels && estimator.readsLevels !== true ? ordered(estimator) : estimator;
}

/** Levels with a row of weight above 0, ascending. */
function levelsPresent({ y, weight }: TrainingSet): number[] {
  if (y.kind === "regression") return [];
  const seen = new Set<number>();
  for (let i = 0; i < y.codes.length; i++) if ((weight?.[i] ?? 1) > 0) seen.add(y.codes[i]!);
  return [...seen].sort((a, b) => a - b);
}

/** The same rows, told apart at one cut. */
function above(rows: TrainingSet, level: number): TrainingSet {
  const codes = rows.y.kind === "regression" ? new Int32Array(0) : rows.y.codes;
  const y: Target = {
    kind: "classification",
    classCount: 2,
    codes: codes.map((code) => Number(code > level)),
  };
  return { ...rows, y };
}

function fittedLevels(
  family: string,
  cuts: readonly Fitted[],
  present: readonly number[],
  classCount: number,
): Fitted {
  const importances = cuts.flatMap(({ importance }) => (importance ? [importance] : []));
  const importance =
    importances.length === cuts.length
      ? importances[0]!.map((_, j) => importances.reduce((sum, one) => sum + one[j]!, 0) / cuts.length)
      : undefined;
  return {
    family,
    emit(x) {
      const apart = cuts.map((cut) => slice(cut.emit(x), [1], [2], [1]));
      const share = concat(monotone<Value>(apart, { max, min, middle: (a, b) => mul(add(a, b), 0.5) }), 1);
      // Above the level before the first is everything, above the last nothing.
      const levels = sub(pad(share, [0, 1, 0, 0], { value: scalar("float64", 1) }), pad(share, [0, 0, 0, 1]));
      return placed(levels, present, classCount);
    },
    reference(x) {
      const apart = cuts.map((cut) => cut.reference(x));
      const out = new Float64Array(x.rowCount * classCount);
      for (let i = 0; i < x.rowCount; i++) {
        const shares = monotone(
          apart.map((p) => p[2 * i + 1]!),
          { max: Math.max, min: Math.min, middle: (a, b) => (a + b) * 0.5 },
        );
        present.forEach((level, at) => {
          out[i * classCount + level] = (at === 0 ? 1 : shares[at - 1]!) - (shares[at] ?? 0);
        });
      }
      return out;
    },
    ...(importance && { importance }),
    summary: { levels: present.length, cuts: cuts.map(({ summary }) => summary) },
  };
}

/** Shares above each cut, made to fall. */
function monotone<T>(
  shares: readonly T[],
  by: { max(a: T, b: T): T; min(a: T, b: T): T; middle(a: T, b: T): T },
): T[] {
  const before: T[] = [];
  for (const share of shares) before.push(before.length === 0 ? share : by.min(before.at(-1)!, share));
  const after: T[] = [];
  for (const share of shares.toReversed())
    after.unshift(after.length === 0 ? share : by.max(after[0]!, share));
  return shares.map((_, k) => by.middle(before[k]!, after[k]!));
}

/** Puts the columns of the levels with rows in their places, 0 for the others. */
function placed(p: Value, present: readonly number[], classCount: number): Value {
  if (present.length === classCount) return p;
  const columns: Value[] = [];
  const none = mul(slice(p, [0], [1], [1]), 0);
  for (let level = 0; level < classCount; level++) {
    const at = present.indexOf(level);
    columns.push(at < 0 ? none : slice(p, [at], [at + 1], [1]));
  }
  return concat(columns, 1);
}
