/**
 * A power of each feature that makes it most like a normal one, then mean 0 and deviation 1.
 *
 * `yeoJohnson` takes any number: (1 + x)^λ on one side of 0, −(1 − x)^(2 − λ) on the
 * other. `boxCox` takes x^λ and numbers above 0 only; a fit refuses others, and a
 * later row's become missing. λ is the one of greatest likelihood. A constant feature
 * becomes 0. NaN stays NaN, and infinities go where the power goes; both are ignored in fitting.
 * Source: scikit-learn's PowerTransformer.
 */
import {
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
} from "../../core/index.ts";
import {
  abs,
  add,
  constant,
  div,
  equal,
  exp,
  greater,
  less,
  log,
  mul,
  neg,
  scalar,
  sub,
  type Value,
  where,
} from "../../graph/index.ts";
import { type ColumnRef, transformOrChain } from "../columns.ts";
import { numbersEncoder } from "../encoders/numbers.ts";
import type { Feature } from "../matrix.ts";
import { moments, sortedFinite } from "../statistics.ts";
import { type Chain, chainOf, type StepContext, type Transform } from "../step.ts";
import { eachFeature } from "./each-feature.ts";
import { powerLambda, powerOf, type PowerPoints } from "./power-lambda.ts";
import { requireNumbers, rowConstant } from "./row-constant.ts";

export const powerTransformParameters = {
  method: {
    type: "choice",
    default: "yeoJohnson",
    choices: ["yeoJohnson", "boxCox"],
    meaning: "any numbers, or powers of numbers above 0",
  },
} as const satisfies ParameterTable;
export type PowerTransformOptions = Partial<ParameterValues<typeof powerTransformParameters>>;
type Method = ParameterValues<typeof powerTransformParameters>["method"];
type Column = Float32Array | Float64Array;

/** What is learned of a feature. */
interface Power {
  readonly lambda: number;
  /** Box-Cox: mean of ln x, taken off first, so that numbers far from 1 keep their digits; it does not change λ. */
  readonly centre: number;
  readonly shift: number;
  readonly width: number;
}

function powerTransformTransform(options: PowerTransformOptions = {}): Transform {
  const parameters = resolveParameters("powerTransform", powerTransformParameters, options);
  const { method } = parameters;
  return {
    kind: "powerTransform",
    parameters,
    fit(x, context) {
      requireNumbers("powerTransform", x.features);
      if (method === "boxCox") x.columns.forEach((column, j) => requirePositive(x.features[j]!, column));
      const features = x.features.map((feature) => ({ ...feature, name: `${feature.name}:power` }));
      return eachFeature(
        features,
        x.columns.map((column) => learn(column, method, context)),
        (powers) => ({
          emit: (value) => emit(value, method, powers),
          reference: (row) =>
            powers.map((power, j) => (curve(row[j]!, method, power) - power.shift) / power.width),
        }),
      );
    },
  };
}

function requirePositive({ name }: Feature, column: Column): void {
  let count = 0;
  let least = Infinity;
  for (let i = 0; i < column.length; i++) {
    if (!(column[i]! <= 0)) continue;
    count++;
    least = Math.min(least, column[i]!);
  }
  if (count === 0) return;
  throw new MillwrightError(
    "DATA_BAD_VALUE",
    `powerTransform by boxCox needs numbers above 0, and "${name}" has ${count} of ${column.length} at ${least === 0 ? "0" : "0 or below"}.`,
    'Use powerTransform({ method: "yeoJohnson" }), which takes any number.',
  );
}

function learn(column: Column, method: Method, context: StepContext): Power {
  const { count, mean, deviation } = moments(column, context);
  const straight = { lambda: 1, centre: 0, width: 1 };
  // With λ = 1 Box-Cox is x − 1.
  if (count === 0) return { ...straight, shift: method === "boxCox" ? -1 : 0 };
  if (deviation === 0) return { ...straight, shift: curve(mean, method, straight) };
  const sorted = sortedFinite(column, context);
  const found = method === "boxCox" ? boxCoxPoints(sorted) : yeoJohnsonPoints(sorted);
  const power = { lambda: powerLambda(found), centre: found.centre };
  const made = moments(
    Float64Array.from(column, (x) => (Number.isFinite(x) ? curve(x, method, power) : Number.NaN)),
    context,
  );
  const { deviation: width } = made;
  return { ...power, shift: made.mean, width: width > 0 && Number.isFinite(width) ? width : 1 };
}

/** Values that `bends` looks at, evenly spread ranks of longer columns. */
const ranksSeen = 10_000;
/** Least share of a power's variance that the column does not have. */
const leastBend = 0.002;

/**
 * Whether the power of a column that makes it most like a normal one is another feature than the column: 1 − r² of the
 * two is at least 0.002. Below that, as of a column symmetric about 0, whose exponent is nearly 1, a sum of both
 * follows a bend only by large slopes that hold each other in balance, and what is learned hangs on the third decimal
 * of the exponent.
 *
 * @returns False for fewer than three values.
 */
export function bends(column: Column): boolean {
  const all = Float64Array.from(column).filter(Number.isFinite).sort();
  const stride = Math.max(1, Math.ceil(all.length / ranksSeen));
  const sorted = all.filter((_, i) => i % stride === 0);
  const { values, counts } = distinct(sorted);
  if (values.length < 3) return false;
  const power = { lambda: powerLambda(yeoJohnsonPoints(sorted)), centre: 0 };
  const curved = values.map((value) => curve(value, "yeoJohnson", power));
  const [a, b] = [centred(values, counts), centred(curved, counts)];
  return 1 - dot(a, b, counts) ** 2 / (dot(a, a, counts) * dot(b, b, counts)) >= leastBend;
}

/** Without its mean, in units of the largest, so that squares neither overflow nor vanish. */
function centred(values: Float64Array, counts: Float64Array): Float64Array {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let [mean, total] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    mean += counts[i]! * (values[i]! / largest);
    total += counts[i]!;
  }
  return values.map((value) => value / largest - mean / total);
}

function dot(a: Float64Array, b: Float64Array, counts: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += counts[i]! * a[i]! * b[i]!;
  return sum;
}

function boxCoxPoints(sorted: Float64Array): PowerPoints & { centre: number } {
  const { values, counts } = distinct(sorted);
  const logs = values.map(Math.log);
  let centre = 0;
  for (let i = 0; i < logs.length; i++) centre += (counts[i]! / sorted.length) * logs[i]!;
  return {
    logs: logs.map((value) => value - centre),
    mirrored: new Uint8Array(logs.length),
    counts,
    centre,
  };
}

function yeoJohnsonPoints(sorted: Float64Array): PowerPoints & { centre: number } {
  const { values, counts } = distinct(sorted);
  return {
    logs: values.map((value) => Math.log1p(Math.abs(value))),
    mirrored: Uint8Array.from(values, (value) => Number(value < 0)),
    counts,
    centre: 0,
  };
}

function distinct(sorted: Float64Array): { values: Float64Array; counts: Float64Array } {
  const values = new Float64Array(sorted.length);
  const counts = new Float64Array(sorted.length);
  let size = 0;
  for (const value of sorted) {
    if (size === 0 || values[size - 1] !== value) values[size++] = value;
    counts[size - 1]!++;
  }
  return { values: values.subarray(0, size), counts: counts.subarray(0, size) };
}

/** One number before it is standardised. */
function curve(x: number, method: Method, { lambda, centre }: Pick<Power, "lambda" | "centre">): number {
  if (method === "boxCox") return x > 0 ? powerOf(Math.log(x) - centre, lambda) : Number.NaN;
  return x < 0 ? -powerOf(Math.log1p(-x), 2 - lambda) : powerOf(Math.log1p(x), lambda);
}

function emit(value: Value, method: Method, powers: readonly Power[]): Value {
  const row = (of: (power: Power) => number): Value => rowConstant(Float64Array.from(powers, of));
  const standard = (curved: Value): Value =>
    div(
      sub(
        curved,
        row(({ shift }) => shift),
      ),
      row(({ width }) => width),
    );
  const lambda = row((power) => power.lambda);
  if (method === "boxCox") {
    const positive = where(greater(value, 0), value, scalar("float64", Number.NaN));
    const logs = sub(
      log(positive),
      row(({ centre }) => centre),
    );
    return standard(powered(logs, lambda));
  }
  const below = less(value, 0);
  const exponent = where(
    below,
    row((power) => 2 - power.lambda),
    lambda,
  );
  const curved = powered(log1p(abs(value)), exponent);
  return standard(where(below, neg(curved), curved));
}

/** (e^{m·L} − 1) / m, and L where m is 0. */
function powered(logs: Value, m: Value): Value {
  const flat = equal(m, 0);
  return where(flat, logs, div(expm1(mul(m, logs)), where(flat, one, m)));
}

const one = constant({ dtype: "float64", shape: [1, 1], data: Float64Array.of(1) });

// No op keeps the digits of ln(1 + x) and eˣ − 1 near 0. The rounding of 1 + x and of eˣ is undone by the ratio of the
// rounded number to its exact logarithm. Source: Higham 2002, "Accuracy and Stability of Numerical Algorithms", 1.14.1.

/** ln(1 + x) of x ≥ 0. */
function log1p(x: Value): Value {
  const u = add(x, 1);
  const ratio = where(less(x, 1), div(x, sub(u, 1)), one);
  return where(equal(u, 1), x, mul(log(u), ratio));
}

/** eˣ − 1. */
function expm1(x: Value): Value {
  const u = exp(x);
  const above = sub(u, 1);
  const near = where(equal(u, 1), x, div(mul(above, x), log(u)));
  return where(less(abs(x), 0.5), near, above);
}

/**
 * Makes features most like normal ones by a power of each.
 *
 * Given columns, it is their chain: numbers as they are, then transformed; missing ones stay missing.
 *
 * @throws MillwrightError In a fit by `boxCox`: `DATA_BAD_VALUE` where a number is 0 or below.
 */
export function powerTransform(options?: PowerTransformOptions): Transform;
export function powerTransform(...columns: readonly [ColumnRef<"number">, ...ColumnRef<"number">[]]): Chain;
export function powerTransform(
  ...args: readonly (ColumnRef | PowerTransformOptions | undefined)[]
): Transform | Chain {
  return transformOrChain(args, powerTransformTransform, (names) => chainOf(names, numbersEncoder));
}
