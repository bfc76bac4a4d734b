/**
 * What is known about the numbers inside a value that holds sizes.
 *
 * Shape arithmetic of imported graphs (Shape, Gather, Concat …) is followed with
 * named dimensions, so that a Reshape by a computed shape still has a shape.
 */
import { productDim, quotientDim, staticShape, sumDim, unknownDim } from "./dims.ts";
import { isKnown, tensorOf } from "./value.ts";
import type { AnyValue, Dim, Node } from "./types.ts";

/** Longest vector that is followed. */
const longest = 64;
const memo = new WeakMap<AnyValue, readonly Dim[] | null>();

/** The elements of an integer scalar or vector as sizes, or undefined if they are not known at all. */
export function sizesIn(value: AnyValue | undefined): readonly Dim[] | undefined {
  if (value === undefined) return undefined;
  // Producers come first: no recursion, since a chain may be as long as a hostile file makes it.
  const stack: AnyValue[] = [value];
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    if (memo.has(top)) {
      stack.pop();
      continue;
    }
    const needed = follows(top) ? (top.producer as Node).inputs : [];
    const open = needed.filter((x) => x !== undefined && !memo.has(x)) as AnyValue[];
    if (open.length > 0) stack.push(...open);
    else {
      memo.set(top, compute(top) ?? null);
      stack.pop();
    }
  }
  return memo.get(value) ?? undefined;
}

/** The integers of a constant value, or undefined if one of them is not a number. */
export function integersIn(value: AnyValue | undefined): number[] | undefined {
  const tensor = value && tensorOf(value);
  if (tensor) {
    if (tensor.dtype !== "int64" && tensor.dtype !== "int32") return undefined;
    return Array.from(tensor.data as ArrayLike<number | bigint>, clampInteger);
  }
  const sizes = sizesIn(value);
  return sizes && staticShape(sizes);
}

/** The "to the end" marks near ±2^63 become ±2^53: beyond every size, and exact. */
function clampInteger(value: number | bigint): number {
  const number = Number(value);
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, number));
}

const followed = new Set([
  "Gather",
  "Concat",
  "Slice",
  "Squeeze",
  "Unsqueeze",
  "Cast",
  "Identity",
  "Mul",
  "Div",
  "Add",
  "Sub",
  "Mod",
  "Reshape",
]);

function follows(value: AnyValue): boolean {
  const { producer } = value;
  return (
    producer.kind === "node" &&
    producer.definition !== undefined &&
    producer.domain === "" &&
    followed.has(producer.type) &&
    isKnown(value) &&
    value.shape.length <= 1 &&
    (value.dtype === "int64" || value.dtype === "int32")
  );
}

function compute(value: AnyValue): readonly Dim[] | undefined {
  const { producer } = value;
  if (!isKnown(value) || value.shape.length > 1) return undefined;
  if (producer.kind === "constant") {
    const { dtype, data } = producer.tensor;
    if ((dtype !== "int64" && dtype !== "int32") || data.length > longest) return undefined;
    return Array.from(data as ArrayLike<number | bigint>, clampInteger);
  }
  if (producer.kind !== "node" || producer.domain !== "") return undefined;
  const [first, second] = producer.inputs;
  if (producer.type === "Shape" && first && isKnown(first)) {
    const start = producer.attributes.int("start", 0);
    return first.shape.slice(
      start,
      producer.attributes.has("end") ? producer.attributes.int("end", 0) : undefined,
    );
  }
  if (producer.type === "Size" && first && isKnown(first)) return [productDim(first.shape)];
  return follows(value) ? combine(producer, found(first), found(second)) : undefined;
}

function found(value: AnyValue | undefined): readonly Dim[] | undefined {
  return (value && memo.get(value)) ?? undefined;
}

function combine(
  node: Node,
  a: readonly Dim[] | undefined,
  b: readonly Dim[] | undefined,
): readonly Dim[] | undefined {
  if (node.type === "Concat") {
    const parts = node.inputs.map(found);
    if (parts.includes(undefined)) return undefined;
    const all = parts.flatMap((part) => part!);
    return all.length <= longest ? all : undefined;
  }
  if (!a) return undefined;
  switch (node.type) {
    case "Squeeze":
    case "Unsqueeze":
    case "Identity":
    case "Cast":
    case "Reshape":
      return a;
    case "Gather":
      return b?.map((i) => (typeof i === "number" ? (a.at(i) ?? unknownDim) : unknownDim));
    case "Slice":
      return slice(node, a);
  }
  if (!b) return undefined;
  const operation = node.type === "Mul" ? productDim : node.type === "Add" ? sumDim : undefined;
  if (a.length !== b.length && a.length !== 1 && b.length !== 1) return undefined;
  const length = a.length === 1 ? b.length : a.length;
  return Array.from({ length }, (_, i) => {
    const x = a[a.length === 1 ? 0 : i]!;
    const y = b[b.length === 1 ? 0 : i]!;
    if (typeof x === "number" && typeof y === "number") return ofNumbers(node.type, x, y);
    if (operation) return operation([x, y]);
    if (node.type === "Div") return quotientDim(x, y);
    return node.type === "Sub" && y === 0 ? x : unknownDim;
  });
}

function ofNumbers(type: string, x: number, y: number): Dim {
  const result =
    type === "Mul"
      ? x * y
      : type === "Add"
        ? x + y
        : type === "Sub"
          ? x - y
          : y === 0
            ? NaN
            : type === "Mod"
              ? x < 0 || y < 0
                ? NaN
                : x % y
              : Math.trunc(x / y);
  return Number.isSafeInteger(result) ? result : unknownDim;
}

function slice(node: Node, a: readonly Dim[]): readonly Dim[] | undefined {
  const [, starts, ends, axes, steps] = node.inputs.map((x) => (x ? integersIn(x) : undefined));
  if (starts?.length !== 1 || ends?.length !== 1) return undefined;
  if (node.inputs[3] && axes?.[0] !== 0 && axes?.[0] !== -1) return undefined;
  if (node.inputs[4] && steps?.[0] !== 1) return undefined;
  return a.slice(starts[0]!, ends[0]!);
}
