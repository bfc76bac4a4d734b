/** A fitted naive Bayes model in the graph and by hand. */
import type { Matrix } from "../../features/index.ts";
import {
  add,
  cast,
  clip,
  constant,
  div,
  gather,
  isNaN as isMissing,
  lessOrEqual,
  or,
  greaterOrEqual,
  mul,
  neg,
  pad,
  pow,
  reduceSum,
  softmax,
  sub,
  unsqueeze,
  type Value,
  where,
} from "../../graph/index.ts";
import type { Fitted } from "../index.ts";

/** Classes with rows are numbered 0 … c − 1 in `present`; the others have probability 0. */
export interface NaiveBayesModel {
  readonly classCount: number;
  readonly present: readonly number[];
  /** Log shares. Shape [c]. */
  readonly prior: Float64Array;
  /** Features read as numbers, a of them. */
  readonly numbers: readonly number[];
  /** Whole mean and deviation of each. Shape [a]. */
  readonly center: Float64Array;
  readonly scale: Float64Array;
  /** By class, in whole deviations. Shape [c, a]. */
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
  /** Features read as codes. */
  readonly categories: readonly number[];
  readonly cardinality: readonly number[];
  /** Log frequencies, a row of 0 last. Shape [cardinality + 1, c] each. */
  readonly tables: readonly Float64Array[];
}

/** How far from the mean a number is read at most, in deviations: squares and sums stay finite. */
const farthest = 1e8;

export function fittedNaiveBayes(model: NaiveBayesModel): Fitted {
  return {
    family: "naiveBayes",
    emit: (x) => emitModel(model, x),
    reference: (x) => referenceModel(model, x),
    summary: {
      classes: model.present.length,
      numbers: model.numbers.length,
      categories: model.categories.length,
    },
  };
}

const float64 = (data: Float64Array, shape: readonly number[]): Value =>
  constant({ dtype: "float64", shape, data });

function emitModel(model: NaiveBayesModel, x: Value): Value {
  const { present, classCount, prior, numbers, categories } = model;
  const c = present.length;
  const parts: Value[] = [];
  if (numbers.length > 0) parts.push(emitNumbers(model, x));
  if (categories.length > 0) parts.push(emitCategories(model, x));
  // Without a factor the prior still needs a row for each row of x.
  if (parts.length === 0) parts.push(reduceSum(emptyRows(x, c), { axes: [1] }));
  const score = parts.reduce((sum, part) => add(sum, part));
  return spreadClasses(softmax(add(score, float64(prior, [1, c])), 1), present, classCount);
}

/** Puts the columns of the classes with rows in their places, 0 for the others. */
export function spreadClasses(p: Value, present: readonly number[], classCount: number): Value {
  if (present.length === classCount) return p;
  const places = Array.from({ length: classCount }, (_, k) => {
    const at = present.indexOf(k);
    return at < 0 ? present.length : at;
  });
  return gather(pad(p, [0, 0, 0, 1]), places, 1);
}

/** Log densities summed over the numbers that are there. [batch, c]. */
function emitNumbers({ numbers, center, scale, mean, deviation, present }: NaiveBayesModel, x: Value): Value {
  const a = numbers.length;
  const c = present.length;
  const read = gather(x, numbers, 1);
  const missing = isMissing(read);
  const there = sub(1, cast(missing, "float64"));
  const z = div(sub(where(missing, 0, read), float64(center, [1, a])), float64(scale, [1, a]));
  const near = unsqueeze(clip(z, -farthest, farthest), [1]);
  const distance = div(sub(near, float64(mean, [1, c, a])), float64(deviation, [1, c, a]));
  const density = sub(neg(mul(pow(distance, 2), 0.5)), float64(deviation.map(Math.log), [1, c, a]));
  return reduceSum(mul(density, unsqueeze(there, [1])), { axes: [2] });
}

/** Log frequencies summed over the codes that are known. [batch, c]. */
function emitCategories({ categories, cardinality, tables, present }: NaiveBayesModel, x: Value): Value {
  const c = present.length;
  const starts: number[] = [];
  let rows = 0;
  for (const size of cardinality) {
    starts.push(rows);
    rows += size + 1;
  }
  const all = new Float64Array(rows * c);
  tables.forEach((part, a) => all.set(part, starts[a]! * c));
  const q = categories.length;
  const row = (values: readonly number[]): Value => float64(Float64Array.from(values), [1, q]);
  const code = gather(x, categories, 1);
  const unknown = or(isMissing(code), or(lessOrEqual(code, -1), greaterOrEqual(code, row(cardinality))));
  const index = add(where(unknown, row(cardinality), code), row(starts));
  return reduceSum(gather(float64(all, [rows, c]), cast(index, "int64"), 0), { axes: [1] });
}

/** Zeros [batch, 0, c]. */
function emptyRows(x: Value, c: number): Value {
  const none = gather(x, constant({ dtype: "int64", shape: [0], data: new BigInt64Array(0) }), 1);
  return mul(unsqueeze(none, [2]), float64(new Float64Array(c), [1, 1, c]));
}

function referenceModel(model: NaiveBayesModel, x: Matrix): Float64Array {
  const { classCount, present, prior, numbers, center, scale, mean, deviation } = model;
  const { categories, cardinality, tables } = model;
  const c = present.length;
  const out = new Float64Array(x.rowCount * classCount);
  for (let i = 0; i < x.rowCount; i++) {
    const score = prior.slice();
    numbers.forEach((j, a) => {
      const value = x.columns[j]![i]!;
      if (Number.isNaN(value)) return;
      const z = Math.max(-farthest, Math.min(farthest, (value - center[a]!) / scale[a]!));
      for (let k = 0; k < c; k++) {
        const s = deviation[k * numbers.length + a]!;
        const distance = (z - mean[k * numbers.length + a]!) / s;
        score[k]! += -0.5 * distance * distance - Math.log(s);
      }
    });
    categories.forEach((j, a) => {
      const code = x.columns[j]![i]!;
      if (!(code > -1 && code < cardinality[a]!)) return;
      for (let k = 0; k < c; k++) score[k]! += tables[a]![Math.trunc(code) * c + k]!;
    });
    const top = score.reduce((most, s) => Math.max(most, s), -Infinity);
    const e = score.map((s) => Math.exp(s - top));
    const total = e.reduce((sum, v) => sum + v, 0);
    present.forEach((k, at) => {
      out[i * classCount + k] = e[at]! / total;
    });
  }
  return out;
}
