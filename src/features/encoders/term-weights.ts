/**
 * Counts of terms as TF-IDF in rows of length 1.
 *
 * Most counts are 0, so the graph computes on the others only: on the dense table every step would
 * be one more table of the same size. Weights as scikit-learn's TfidfVectorizer.
 */
import {
  add,
  cast,
  constant,
  constantOfShape,
  div,
  gather,
  gatherND,
  int64s,
  log,
  mul,
  nonZero,
  reshape,
  scalar,
  scatterND,
  shapeOf,
  slice,
  sqrt,
  transpose,
  unsqueeze,
  type Value,
} from "../../graph/index.ts";

/**
 * @param counts - float32 [batch, terms].
 * @param idf - A weight a term.
 * @param sublinear - Whether t times count 1 + ln t.
 * @returns float64 [batch, terms], rounded to float32.
 */
export function weightTerms(counts: Value, idf: Float64Array, sublinear: boolean): Value {
  const zero = scalar("float64", 0);
  const at = transpose(nonZero(counts));
  const part = (axis: number): Value => reshape(slice(at, [axis], [axis + 1], [1]), int64s([-1]));
  const row = part(0);
  const tf = cast(gatherND(counts, at), "float64");
  const damped = sublinear ? add(log(tf), 1) : tf;
  const weighted = mul(
    damped,
    gather(constant({ dtype: "float64", shape: [idf.length], data: idf }), part(1)),
  );
  const squares = scatterND(
    constantOfShape(shapeOf(counts, 0, 1), zero),
    unsqueeze(row, [1]),
    mul(weighted, weighted),
    "add",
  );
  const unit = div(weighted, gather(sqrt(squares), row));
  const rounded = cast(cast(unit, "float32"), "float64");
  return scatterND(constantOfShape(shapeOf(counts), zero), at, rounded);
}

/** The same of one row, in place. */
export function weightRow(tf: Float64Array, idf: Float64Array, sublinear: boolean): Float64Array {
  let squares = 0;
  for (let j = 0; j < tf.length; j++) {
    if (tf[j] === 0) continue;
    tf[j] = (sublinear ? 1 + Math.log(tf[j]!) : tf[j]!) * idf[j]!;
    squares += tf[j]! ** 2;
  }
  const length = Math.sqrt(squares);
  return tf.map((value) => (value === 0 ? 0 : Math.fround(value / length)));
}
