/**
 * Classes without a row in a fit: each gets the share that Laplace's rule of succession gives, whatever the family.
 *
 * Left to themselves families disagree: some answer 0, whose log loss of 36 nats a row would decide a race, some a
 * floor of their own, some what a network started with. None of it was learnt from rows. The rule: of n rows and K
 * classes a class that never came has the share 1 / (n + K); the other shares are divided among the classes that came.
 * Source: Laplace 1774, Mémoire sur la probabilité des causes; Manning & Schütze 1999, section 6.2.2.
 */
import { add, constant, div, mul, reduceSum, type Value } from "../graph/index.ts";
import type { Fitted, Target } from "./estimator.ts";

/** Codes of the classes that have no row of a weight above 0, and the share of each. */
export interface UnseenClasses {
  readonly codes: readonly number[];
  readonly share: number;
}

/** @returns undefined for a number, and where every class has a row. */
export function unseenClasses(y: Target, weight?: Float64Array): UnseenClasses | undefined {
  if (y.kind === "regression") return undefined;
  const seen = new Uint8Array(y.classCount);
  let rows = 0;
  for (let i = 0; i < y.codes.length; i++) {
    if (weight?.[i] === 0) continue;
    seen[y.codes[i]!] = 1;
    rows++;
  }
  const codes = Array.from(seen.keys()).filter((code) => seen[code] === 0);
  return codes.length === 0 ? undefined : { codes, share: 1 / (rows + y.classCount) };
}

/** Gives unseen classes their share, in place. `shares` are row-major [rows × classCount]. */
export function shareWithUnseen(
  shares: Float64Array,
  classCount: number,
  { codes, share }: UnseenClasses,
): void {
  for (let start = 0; start < shares.length; start += classCount) {
    for (const code of codes) shares[start + code] = 0;
    let total = 0;
    for (let k = 0; k < classCount; k++) total += shares[start + k]!;
    const scale = (1 - codes.length * share) / total;
    for (let k = 0; k < classCount; k++) shares[start + k]! *= scale;
    for (const code of codes) shares[start + code] = share;
  }
}

/** The model with the classes that its rows lacked; the model itself where they lacked none. */
export function withUnseenClasses(fitted: Fitted, y: Target, weight?: Float64Array): Fitted {
  const unseen = unseenClasses(y, weight);
  if (unseen === undefined || y.kind === "regression") return fitted;
  const { classCount } = y;
  return {
    ...fitted,
    emit: (x) => emitShares(fitted.emit(x), classCount, unseen),
    reference(x) {
      const shares = fitted.reference(x);
      shareWithUnseen(shares, classCount, unseen);
      return shares;
    },
  };
}

function emitShares(p: Value, classCount: number, { codes, share }: UnseenClasses): Value {
  const row = (of: (code: number) => number): Value =>
    constant({
      dtype: "float64",
      shape: [1, classCount],
      data: Float64Array.from({ length: classCount }, (_, code) => of(code)),
    });
  const seen = mul(
    p,
    row((code) => (codes.includes(code) ? 0 : 1)),
  );
  const rest = div(seen, reduceSum(seen, { axes: [1], keepDims: true }));
  return add(
    mul(
      rest,
      row(() => 1 - codes.length * share),
    ),
    row((code) => (codes.includes(code) ? share : 0)),
  );
}
