/** Comparisons and logic, element by element with broadcasting; the results are bool. */
import type { DType } from "../../core/index.ts";
import { apply } from "../definition.ts";
import { type Allowed, binaryOp, operands, unaryOp } from "./elementwise.ts";
import type { OpDefinition, Operand, Value } from "../types.ts";

const anything: readonly DType[] = ["float32", "float64", "int64", "int32", "bool", "string", "uint8"];
const bool: readonly DType[] = ["bool"];

function relation(name: string, type: string, allowed: Allowed): OpDefinition {
  return binaryOp(name, type, allowed, "constant", { dtype: "bool" });
}
const equalOp = relation("equal", "Equal", anything);
const lessOp = relation("less", "Less", "number");
const lessOrEqualOp = relation("lessOrEqual", "LessOrEqual", "number");
const greaterOp = relation("greater", "Greater", "number");
const greaterOrEqualOp = relation("greaterOrEqual", "GreaterOrEqual", "number");
const andOp = relation("and", "And", bool);
const orOp = relation("or", "Or", bool);
const xorOp = relation("xor", "Xor", bool);
const notOp = unaryOp("not", "Not", bool, "constant");

/** a = b. Strings too; NaN equals nothing. */
export function equal(a: Operand, b: Operand): Value {
  return apply(equalOp, operands(a, b));
}
/** a < b. */
export function less(a: Operand, b: Operand): Value {
  return apply(lessOp, operands(a, b));
}
/** a ≤ b. */
export function lessOrEqual(a: Operand, b: Operand): Value {
  return apply(lessOrEqualOp, operands(a, b));
}
/** a > b. */
export function greater(a: Operand, b: Operand): Value {
  return apply(greaterOp, operands(a, b));
}
/** a ≥ b. */
export function greaterOrEqual(a: Operand, b: Operand): Value {
  return apply(greaterOrEqualOp, operands(a, b));
}
export function and(a: Value, b: Value): Value {
  return apply(andOp, [a, b]);
}
export function or(a: Value, b: Value): Value {
  return apply(orOp, [a, b]);
}
export function xor(a: Value, b: Value): Value {
  return apply(xorOp, [a, b]);
}
export function not(x: Value): Value {
  return apply(notOp, [x]);
}

export const comparisonOps: readonly OpDefinition[] = [
  equalOp,
  lessOp,
  lessOrEqualOp,
  greaterOp,
  greaterOrEqualOp,
  andOp,
  orOp,
  xorOp,
  notOp,
];
