/**
 * Arithmetic and elementary functions, element by element.
 *
 * Operands broadcast by NumPy's rule; one of two may be a plain number. Where ONNX
 * Runtime has no float64 kernel, float64 is written out with ops that have one.
 * Source of shapes and names: ONNX operator specification, opset 21.
 */
import type { DType } from "../../core/index.ts";
import { apply, defineOp } from "../definition.ts";
import { scalar } from "../value.ts";
import { binaryOp, inferBroadcast, operands, requireFloat32, sumTo, unaryOp } from "./elementwise.ts";
import type { GradientRule, OpDefinition, Operand, Value } from "../types.ts";

const signed: readonly DType[] = ["float32", "float64", "int64", "int32"];

const addOp = binaryOp("add", "Add", "number", ({ inputs: [a, b], gradient: g }, ops) => [
  sumTo(g, a!, ops),
  sumTo(g, b!, ops),
]);
const subOp = binaryOp("sub", "Sub", "number", ({ inputs: [a, b], gradient: g, needed }, ops) => [
  sumTo(g, a!, ops),
  needed[1] ? sumTo(ops.neg(g), b!, ops) : undefined,
]);
const mulOp = binaryOp("mul", "Mul", "number", ({ inputs: [a, b], gradient: g, needed }, ops) => [
  needed[0] ? sumTo(ops.mul(g, b!), a!, ops) : undefined,
  needed[1] ? sumTo(ops.mul(g, a!), b!, ops) : undefined,
]);
const divOp = binaryOp(
  "div",
  "Div",
  "number",
  ({ inputs: [a, b], outputs: [y], gradient: g, needed }, ops) => [
    needed[0] ? sumTo(ops.div(g, b!), a!, ops) : undefined,
    needed[1] ? sumTo(ops.neg(ops.div(ops.mul(g, y!), b!)), b!, ops) : undefined,
  ],
);

/** d(a^b): b·a^(b−1) by a, and a^b·ln a by b, each 0 where its factor is (0^0 and 0^b have finite limits there). */
const powOp = defineOp({
  name: "pow",
  type: "Pow",
  inputs: [2, 2],
  infer: (call) => {
    const [base, exponent] = call.inputs;
    const shapes = inferBroadcast({ ...call, inputs: [base, base] }, signed);
    const { shape } = inferBroadcast(
      { ...call, inputs: [base, { ...exponent!, dtype: base!.dtype }] },
      signed,
    )[0]!;
    return [{ dtype: shapes[0]!.dtype, shape }];
  },
  gradient({ inputs: [a, b], outputs: [y], gradient: g, needed }, ops) {
    const exponent = ops.cast(b!, a!.dtype);
    const byBase = (): Value => {
      const slope = ops.mul(exponent, ops.pow(a!, ops.sub(exponent, 1)));
      return sumTo(ops.mul(g, ops.where(ops.equal(exponent, 0), scalar(a!.dtype, 0), slope)), a!, ops);
    };
    const byExponent = (): Value => {
      const log = ops.where(ops.greater(a!, 0), ops.log(a!), scalar(a!.dtype, 0));
      return ops.cast(sumTo(ops.mul(g, ops.mul(y!, log)), b!, ops), b!.dtype);
    };
    return [needed[0] ? byBase() : undefined, needed[1] ? byExponent() : undefined];
  },
});

/** y = a − b·q with a whole q that does not move in the small. */
const modOp = binaryOp(
  "mod",
  "Mod",
  "number",
  ({ inputs: [a, b], outputs: [y], gradient: g, needed }, ops) => [
    sumTo(g, a!, ops),
    needed[1] ? sumTo(ops.neg(ops.mul(g, ops.round(ops.div(ops.sub(a!, y!), b!)))), b!, ops) : undefined,
  ],
  { attributes: { fmod: "int" } },
);

/** The largest or smallest takes the gradient; ties share it equally. */
const extremeGradient: GradientRule = ({ inputs, outputs: [y], gradient: g, needed }, ops) => {
  const chosen = inputs.map((x) => ops.cast(ops.equal(x!, y!), y!.dtype));
  const share =
    chosen.length === 1
      ? g
      : ops.div(
          g,
          chosen.reduce((sum, mask) => ops.add(sum, mask)),
        );
  return inputs.map((x, i) => (needed[i] ? sumTo(ops.mul(share, chosen[i]!), x!, ops) : undefined));
};
const manyInputs = { inputs: [1, 2 ** 31] } as const;
const minOp = binaryOp("min", "Min", "number", extremeGradient, manyInputs);
const maxOp = binaryOp("max", "Max", "number", extremeGradient, manyInputs);
const sumOp = binaryOp(
  "sum",
  "Sum",
  "float",
  ({ inputs, gradient: g }, ops) => inputs.map((x) => sumTo(g, x!, ops)),
  manyInputs,
);
const meanOp = binaryOp(
  "mean",
  "Mean",
  "float",
  ({ inputs, gradient: g }, ops) => inputs.map((x) => sumTo(ops.div(g, inputs.length), x!, ops)),
  manyInputs,
);

/** A function of one input whose gradient is the incoming one times a slope. */
function smooth(
  name: string,
  type: string,
  slope: (x: Value, y: Value, ops: Parameters<GradientRule>[1]) => Value,
): OpDefinition {
  return unaryOp(name, type, "float", ({ inputs: [x], outputs: [y], gradient: g }, ops) => [
    ops.mul(g, slope(x!, y!, ops)),
  ]);
}

const negOp = unaryOp("neg", "Neg", signed, ({ gradient: g }, ops) => [ops.neg(g)]);
const absOp = unaryOp("abs", "Abs", "number", ({ inputs: [x], gradient: g }, ops) => [
  ops.mul(g, ops.sign(x!)),
]);
const expOp = smooth("exp", "Exp", (_x, y) => y);
const logOp = smooth("log", "Log", (x, _y, ops) => ops.reciprocal(x));
const sqrtOp = smooth("sqrt", "Sqrt", (_x, y, ops) => ops.div(0.5, y));
const reciprocalOp = smooth("reciprocal", "Reciprocal", (_x, y, ops) => ops.neg(ops.mul(y, y)));
const floorOp = unaryOp("floor", "Floor", "float", "constant");
const ceilOp = unaryOp("ceil", "Ceil", "float", "constant");
const roundOp = unaryOp("round", "Round", "float", "constant");
const signOp = unaryOp("sign", "Sign", "number", "constant");
const sinOp = smooth("sin", "Sin", (x, _y, ops) => ops.cos(x));
const cosOp = smooth("cos", "Cos", (x, _y, ops) => ops.neg(ops.sin(x)));
const tanOp = smooth("tan", "Tan", (_x, y, ops) => ops.add(ops.mul(y, y), 1));
const asinOp = smooth("asin", "Asin", (x, _y, ops) => ops.reciprocal(ops.sqrt(ops.sub(1, ops.mul(x, x)))));
const acosOp = smooth("acos", "Acos", (x, _y, ops) =>
  ops.neg(ops.reciprocal(ops.sqrt(ops.sub(1, ops.mul(x, x))))),
);
const atanOp = smooth("atan", "Atan", (x, _y, ops) => ops.reciprocal(ops.add(ops.mul(x, x), 1)));
const sinhOp = smooth("sinh", "Sinh", (x, _y, ops) => ops.cosh(x));
const coshOp = smooth("cosh", "Cosh", (x, _y, ops) => ops.sinh(x));
const asinhOp = smooth("asinh", "Asinh", (x, _y, ops) => ops.reciprocal(ops.sqrt(ops.add(ops.mul(x, x), 1))));
const acoshOp = smooth("acosh", "Acosh", (x, _y, ops) => ops.reciprocal(ops.sqrt(ops.sub(ops.mul(x, x), 1))));
const atanhOp = smooth("atanh", "Atanh", (x, _y, ops) => ops.reciprocal(ops.sub(1, ops.mul(x, x))));

/** a + b. */
export function add(a: Operand, b: Operand): Value {
  return apply(addOp, operands(a, b));
}
/** a − b. */
export function sub(a: Operand, b: Operand): Value {
  return apply(subOp, operands(a, b));
}
/** a · b, element by element. */
export function mul(a: Operand, b: Operand): Value {
  return apply(mulOp, operands(a, b));
}
/** a / b; integers truncate towards 0. */
export function div(a: Operand, b: Operand): Value {
  return apply(divOp, operands(a, b));
}
/** a to the power b; has a's dtype. */
export function pow(a: Operand, b: Operand): Value {
  return apply(powOp, operands(a, b));
}
/** Remainder. Floats: with the sign of a, as C's fmod. Integers: with the sign of b, as Python's %. */
export function mod(a: Operand, b: Operand): Value {
  const [left, right] = operands(a, b);
  return apply(modOp, [left, right], { fmod: left.dtype.startsWith("float") ? 1 : 0 });
}
/** The smaller of both. */
export function min(a: Operand, b: Operand): Value {
  return apply(minOp, operands(a, b));
}
/** The larger of both. */
export function max(a: Operand, b: Operand): Value {
  return apply(maxOp, operands(a, b));
}
/** Sum of one or more floats that broadcast. */
export function sum(values: readonly Value[]): Value {
  return apply(sumOp, values);
}
/** Mean of one or more floats that broadcast. */
export function mean(values: readonly Value[]): Value {
  return values[0]?.dtype === "float64" ? div(sum(values), values.length) : apply(meanOp, values);
}
export function neg(x: Value): Value {
  return apply(negOp, [x]);
}
export function abs(x: Value): Value {
  return apply(absOp, [x]);
}
export function exp(x: Value): Value {
  return apply(expOp, [x]);
}
/** Natural logarithm. */
export function log(x: Value): Value {
  return apply(logOp, [x]);
}
export function sqrt(x: Value): Value {
  return apply(sqrtOp, [x]);
}
/** 1 / x. */
export function reciprocal(x: Value): Value {
  return apply(reciprocalOp, [x]);
}
export function floor(x: Value): Value {
  return apply(floorOp, [x]);
}
export function ceil(x: Value): Value {
  return apply(ceilOp, [x]);
}
/** Nearest whole number; halves go to the even one. */
export function round(x: Value): Value {
  return apply(roundOp, [x]);
}
/** −1, 0 or 1. */
export function sign(x: Value): Value {
  return apply(signOp, [x]);
}
export function sin(x: Value): Value {
  return apply(sinOp, [x]);
}
export function cos(x: Value): Value {
  return apply(cosOp, [x]);
}
export function tan(x: Value): Value {
  return x.dtype === "float64" ? div(sin(x), cos(x)) : apply(tanOp, [x]);
}
/** Inverse sine. float32 only: ONNX Runtime has no float64 kernel. */
export function asin(x: Value): Value {
  return apply(asinOp, [requireFloat32("asin", x)]);
}
/** Inverse cosine. float32 only: ONNX Runtime has no float64 kernel. */
export function acos(x: Value): Value {
  return apply(acosOp, [requireFloat32("acos", x)]);
}
/** Inverse tangent. float32 only: ONNX Runtime has no float64 kernel. */
export function atan(x: Value): Value {
  return apply(atanOp, [requireFloat32("atan", x)]);
}
/** Hyperbolic sine. */
export function sinh(x: Value): Value {
  return x.dtype === "float64" ? mul(sub(exp(x), exp(neg(x))), 0.5) : apply(sinhOp, [x]);
}
/** Hyperbolic cosine. */
export function cosh(x: Value): Value {
  return x.dtype === "float64" ? mul(add(exp(x), exp(neg(x))), 0.5) : apply(coshOp, [x]);
}
/** Inverse hyperbolic sine. */
export function asinh(x: Value): Value {
  if (x.dtype !== "float64") return apply(asinhOp, [x]);
  return mul(sign(x), log(add(abs(x), sqrt(add(mul(x, x), 1)))));
}
/** Inverse hyperbolic cosine, for x ≥ 1. */
export function acosh(x: Value): Value {
  return x.dtype === "float64" ? log(add(x, sqrt(sub(mul(x, x), 1)))) : apply(acoshOp, [x]);
}
/** Inverse hyperbolic tangent, for |x| < 1. */
export function atanh(x: Value): Value {
  return x.dtype === "float64" ? mul(log(div(add(x, 1), sub(1, x))), 0.5) : apply(atanhOp, [x]);
}

export const arithmeticOps: readonly OpDefinition[] = [
  addOp,
  subOp,
  mulOp,
  divOp,
  powOp,
  modOp,
  minOp,
  maxOp,
  sumOp,
  meanOp,
  negOp,
  absOp,
  expOp,
  logOp,
  sqrtOp,
  reciprocalOp,
  floorOp,
  ceilOp,
  roundOp,
  signOp,
  sinOp,
  cosOp,
  tanOp,
  asinOp,
  acosOp,
  atanOp,
  sinhOp,
  coshOp,
  asinhOp,
  acoshOp,
  atanhOp,
];
