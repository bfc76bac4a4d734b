/**
 * Sums of products by Einstein's convention: one letter an index, summed where the result does not have it.
 *
 * An ellipsis stands for any number of leading indices that broadcast. A letter has one size in all operands, or 1.
 * The gradient by an operand is again such a sum: of the gradient and the other operands, with the operand's letters
 * as the result.
 */
import { Attributes } from "../attributes.ts";
import { apply, defineOp, requireDtype, requireSameDtype, shapeError } from "../definition.ts";
import { sameDim, showShape, staticShape } from "../dims.ts";
import { sumTo } from "./elementwise.ts";
import type { Dim, InferCall, OpDefinition, Ops, Value } from "../types.ts";

/** One letter for each axis of each operand and of the result; no ellipses. */
interface Indices {
  readonly operands: readonly (readonly string[])[];
  readonly result: readonly string[];
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const term = /^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/;

/** Reads an equation, giving the axes behind an ellipsis letters that it does not use. */
function parse(call: Pick<InferCall, "name" | "attributes">, shapes: readonly (readonly Dim[])[]): Indices {
  const equation = call.attributes.string("equation", "").replaceAll(" ", "");
  const [left = "", right, ...more] = equation.split("->");
  const terms = left.split(",");
  if (more.length > 0 || ![...terms, right ?? ""].every((each) => term.test(each))) {
    throw shapeError(call, `cannot read the equation "${equation}".`, 'Write it as in "bij,bjk->bik".');
  }
  if (terms.length !== shapes.length) {
    throw shapeError(
      call,
      `has ${shapes.length} operands, and the equation "${equation}" has ${terms.length}.`,
      "Write one term an operand.",
    );
  }
  const free = alphabet.split("").filter((letter) => !equation.includes(letter));
  const hidden = terms.map((each, i) => {
    const rank = shapes[i]!.length;
    const named = each.replace("...", "").length;
    if (each.includes("...") ? rank >= named : rank === named) return rank - named;
    throw shapeError(
      call,
      `has the term "${each}" for an operand of shape ${showShape(shapes[i])}.`,
      "Write one letter an axis.",
    );
  });
  const most = Math.max(...hidden);
  if (most > free.length) throw shapeError(call, `has ${most} axes behind an ellipsis.`, "Reshape first.");
  const behind = free.slice(0, most);
  const lettersOf = (each: string, count: number): string[] => {
    const [before = "", after = ""] = each.split("...");
    return [...before.split(""), ...behind.slice(most - count), ...after.split("")];
  };
  const operands = terms.map((each, i) => lettersOf(each, each.includes("...") ? hidden[i]! : 0));
  const result =
    right === undefined ? implied(terms, behind) : lettersOf(right, right.includes("...") ? most : 0);
  const known = new Set(operands.flat());
  if (new Set(result).size < result.length || result.some((letter) => !known.has(letter))) {
    throw shapeError(
      call,
      `has the result "${right}" in the equation "${equation}".`,
      "Name each index of the result once, out of those of the operands.",
    );
  }
  return { operands, result };
}

/** Without an arrow, the result has the broadcast axes, then the letters that occur once, in order of the alphabet. */
function implied(terms: readonly string[], behind: readonly string[]): string[] {
  const letters = terms.join("").replaceAll(".", "").split("");
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter));
  return [...behind, ...once.sort((a, b) => (a < b ? -1 : 1))];
}

/** The size of each letter; 1 gives way to any other. */
function sizesOf(call: InferCall, indices: Indices): Map<string, Dim> {
  const sizes = new Map<string, Dim>();
  indices.operands.forEach((letters, i) => {
    letters.forEach((letter, axis) => {
      const size = call.inputs[i]!.shape[axis]!;
      const before = sizes.get(letter) ?? 1;
      if (
        typeof before === "number" &&
        typeof size === "number" &&
        before !== 1 &&
        ![1, before].includes(size)
      ) {
        throw shapeError(
          call,
          `has the sizes ${before} and ${size} for one index, in ${call.inputs.map((x) => showShape(x!.shape)).join(" and ")}.`,
          "Check the letters of the equation against the shapes.",
        );
      }
      if (before === 1 || (size !== 1 && typeof before === "string")) sizes.set(letter, size);
    });
  });
  return sizes;
}

const einsumOp = defineOp({
  name: "einsum",
  type: "Einsum",
  inputs: [1, 2 ** 31 - 1],
  attributes: { equation: "string" },
  infer(call) {
    requireDtype(call, 0, ["float32", "float64", "int64", "int32"]);
    const dtype = requireSameDtype(call);
    const indices = parse(
      call,
      call.inputs.map((x) => x!.shape),
    );
    const sizes = sizesOf(call, indices);
    return [{ dtype, shape: indices.result.map((letter) => sizes.get(letter)!) }];
  },
  gradient({ inputs, attributes, gradient: g, needed }, ops) {
    const operands = inputs as readonly Value[];
    const indices = parse(
      { name: "einsum", attributes },
      operands.map((x) => x.shape),
    );
    return operands.map((_, i) => (needed[i] ? byOperand(i, operands, indices, g, ops) : undefined));
  },
});

/** An equation without ellipses: the runtime's shape rule refuses those over named sizes that differ. */
function written(terms: readonly (readonly string[])[], result: readonly string[]): string {
  return `${terms.map((each) => each.join("")).join(",")}->${result.join("")}`;
}

function byOperand(at: number, operands: readonly Value[], indices: Indices, g: Value, ops: Ops): Value {
  const x = operands[at]!;
  const letters = indices.operands[at]!;
  const others = operands.filter((_, i) => i !== at);
  const terms = [indices.result, ...indices.operands.filter((_, i) => i !== at)];
  const found = new Set(terms.flat());
  const distinct = [...new Set(letters)];
  const kept = distinct.filter((letter) => found.has(letter));
  const product = ops.einsum(written(terms, kept), [g, ...others]);
  // An index that only this operand has was summed away: each of its places gets the same gradient.
  const missing = distinct.flatMap((letter, i) => (found.has(letter) ? [] : [i]));
  const whole = missing.length === 0 ? product : ops.unsqueeze(product, missing);
  return distinct.length === letters.length
    ? fit(whole, x, ops)
    : ontoDiagonal(whole, x, letters, distinct, ops);
}

/** Brings a gradient to an operand's shape: spread where it has size 1, summed where the operand has. */
function fit(g: Value, x: Value, ops: Ops): Value {
  const spread = g.shape.some((dim, axis) => !sameDim(dim, x.shape[axis]!) && x.shape[axis] !== 1);
  // Expand goes both ways: a size of 1 on either side gives way.
  const wide = spread ? ops.expand(g, staticShape(x.shape) ?? ops.shapeOf(x)) : g;
  return sumTo(wide, x, ops);
}

/** Where a letter repeats in one operand, only its diagonal took part: the gradient off it is 0. */
function ontoDiagonal(
  g: Value,
  x: Value,
  letters: readonly string[],
  distinct: readonly string[],
  ops: Ops,
): Value {
  const first = letters.map((letter) => letters.indexOf(letter));
  const along = (axis: number): Value => {
    const shape = letters.map((_, i) => (i === axis ? -1 : 1));
    return ops.reshape(ops.positions(x, axis), shape);
  };
  const repeats = letters.flatMap((_, axis) => (first[axis] === axis ? [] : [axis]));
  // Letters in order of their first place: only axes of size 1 are to be put between.
  const wide = ops.unsqueeze(g, repeats);
  const masks = repeats.map((axis) => ops.equal(along(axis), along(first[axis]!)));
  const mask = masks.reduce((a, b) => ops.and(a, b));
  return fit(ops.mul(wide, ops.cast(mask, x.dtype)), x, ops);
}

/**
 * Sum of products of operands by Einstein's convention.
 *
 * @param equation - Letters of the axes of each operand, and of the result: "bij,bjk->bik". Without "->", the result
 * has the letters that occur once, sorted. "..." stands for axes that broadcast.
 * @returns In the operands' dtype, with the axes of the result.
 * @throws MillwrightError `SHAPE_MISMATCH` where equation and shapes do not fit.
 */
export function einsum(equation: string, operands: readonly Value[]): Value {
  const attributes = Attributes.of(einsumOp.attributes, { equation });
  const indices = parse(
    { name: "einsum", attributes },
    operands.map((x) => x.shape),
  );
  return apply(einsumOp, operands, { equation: written(indices.operands, indices.result) });
}

export const einsumOps: readonly OpDefinition[] = [einsumOp];
