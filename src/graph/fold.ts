/**
 * A small evaluator for nodes over constants, used by the simplifier.
 *
 * Only operations whose result is fixed are computed: integers, comparisons,
 * moves of elements, and the float operations that IEEE 754 rounds correctly
 * (+ − × ÷, floor, conversions). Exponentials, roots and sums of many floats are
 * left to the runtime, whose last bits are its own.
 */
import type { DType, Tensor } from "../core/index.ts";
import { staticShape } from "./dims.ts";
import { isFloat } from "./definition.ts";
import { integersIn } from "./shape-data.ts";
import { constant, fillTensor, isKnown, tensorOf } from "./value.ts";
import type { Node, Value } from "./types.ts";

/** Largest constant that folding makes. */
const largest = 1024;

type Element = number | bigint | string;

/** The value of a node as a constant, or undefined if it is not folded. */
export function fold(node: Node): Value | undefined {
  const y = node.outputs[0];
  if (node.domain !== "" || node.outputs.length !== 1 || !y || !isKnown(y)) return undefined;
  const shape = staticShape(y.shape);
  if (!shape || shape.reduce((product, size) => product * size, 1) > largest) return undefined;
  const first = node.inputs[0];
  if (node.type === "Shape" || node.type === "Size")
    return first && isKnown(first) ? foldShape(node, first) : undefined;
  const tensors: Tensor[] = [];
  for (const x of node.inputs) {
    const tensor = x?.producer.kind === "constant" ? tensorOf(x) : undefined;
    if (!tensor || tensor.data.length > largest) return undefined;
    tensors.push(tensor);
  }
  const elements = compute(node, tensors, shape);
  return elements && constant({ dtype: y.dtype, shape, data: fillTensor(y.dtype, elements) });
}

function foldShape(node: Node, x: Value): Value | undefined {
  const from = node.attributes.int("start", 0);
  const to = node.attributes.has("end") ? node.attributes.int("end", 0) : undefined;
  const sizes = staticShape(node.type === "Size" ? x.shape : x.shape.slice(from, to));
  if (!sizes) return undefined;
  if (node.type === "Shape")
    return constant({ dtype: "int64", shape: [sizes.length], data: fillTensor("int64", sizes) });
  const count = sizes.reduce((product, size) => product * size, 1);
  return constant({ dtype: "int64", shape: [], data: fillTensor("int64", [count]) });
}

function compute(node: Node, tensors: readonly Tensor[], shape: readonly number[]): Element[] | undefined {
  const [x, y] = tensors;
  const { attributes } = node;
  switch (node.type) {
    case "Reshape":
    case "Squeeze":
    case "Unsqueeze":
    case "Flatten":
      return elementsOf(x!);
    case "Transpose": {
      const order = attributes.ints("perm") ?? x!.shape.map((_, i) => x!.shape.length - 1 - i);
      return pick(
        shape,
        (at) =>
          offset(
            x!.shape,
            order.map((_, axis) => at[order.indexOf(axis)]!),
          ),
        x!,
      );
    }
    case "Expand":
      return pick(shape, (at) => broadcastOffset(x!.shape, at), x!);
    case "Tile":
      return pick(
        shape,
        (at) =>
          offset(
            x!.shape,
            at.map((i, axis) => i % x!.shape[axis]!),
          ),
        x!,
      );
    case "Concat":
      return concat(tensors, attributes.int("axis", 0), shape);
    case "Gather":
      return gather(x!, y!, attributes.int("axis", 0), shape);
    case "Slice":
      return slice(node, x!, shape);
    case "ConstantOfShape": {
      const fill = (attributes.tensor("value")?.data[0] ?? 0) as Element;
      return Array<Element>(shape.reduce((product, size) => product * size, 1)).fill(fill);
    }
    case "Range":
      return isFloat(x!.dtype) ? undefined : range(x!, tensors[2]!, shape[0]!);
    case "Cast":
      return cast(x!, (node.outputs[0] as Value).dtype);
    case "Mod":
      // As C has it with fmod; else as integers are divided downwards.
      return attributes.int("fmod", 0) === 1 ? undefined : binary("Mod", x!, y!, shape);
    case "Where":
      return pick(shape, (at) => broadcastOffset(x!.shape, at), x!)!.map((test, i) =>
        broadcastElement(test === 1 ? tensors[1]! : tensors[2]!, shape, i),
      );
    default:
      return tensors.length === 1
        ? unary(node.type, x!)
        : tensors.length === 2
          ? binary(node.type, x!, y!, shape)
          : undefined;
  }
}

function elementsOf(tensor: Tensor): Element[] {
  return Array.from(tensor.data as ArrayLike<Element>);
}

/** Position of row-major element `i`. */
function position(shape: readonly number[], i: number): number[] {
  const at = Array<number>(shape.length).fill(0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at[axis] = i % shape[axis]!;
    i = Math.floor(i / shape[axis]!);
  }
  return at;
}
function offset(shape: readonly number[], at: readonly number[]): number {
  return shape.reduce((sum, size, axis) => sum * size + at[axis]!, 0);
}
function broadcastOffset(shape: readonly number[], at: readonly number[]): number {
  const lead = at.length - shape.length;
  return shape.reduce((sum, size, axis) => sum * size + (size === 1 ? 0 : at[axis + lead]!), 0);
}
function pick(shape: readonly number[], from: (at: number[]) => number, x: Tensor): Element[] {
  const count = shape.reduce((product, size) => product * size, 1);
  return Array.from({ length: count }, (_, i) => x.data[from(position(shape, i))]!);
}
function broadcastElement(x: Tensor, shape: readonly number[], i: number): Element {
  return x.data[broadcastOffset(x.shape, position(shape, i))]!;
}

function concat(tensors: readonly Tensor[], givenAxis: number, shape: readonly number[]): Element[] {
  const axis = givenAxis < 0 ? givenAxis + shape.length : givenAxis;
  const count = shape.reduce((product, size) => product * size, 1);
  return Array.from({ length: count }, (_, i) => {
    const at = position(shape, i);
    let part = 0;
    while (at[axis]! >= tensors[part]!.shape[axis]!) at[axis]! -= tensors[part++]!.shape[axis]!;
    return tensors[part]!.data[offset(tensors[part]!.shape, at)]!;
  });
}

function gather(
  x: Tensor,
  index: Tensor,
  givenAxis: number,
  shape: readonly number[],
): Element[] | undefined {
  const axis = givenAxis < 0 ? givenAxis + x.shape.length : givenAxis;
  const size = x.shape[axis]!;
  const width = index.shape.length;
  const places = elementsOf(index).map(Number);
  if (places.some((place) => place < -size || place >= size)) return undefined;
  return pick(
    shape,
    (at) => {
      const place = places[offset(index.shape, at.slice(axis, axis + width))]!;
      return offset(x.shape, [
        ...at.slice(0, axis),
        place < 0 ? place + size : place,
        ...at.slice(axis + width),
      ]);
    },
    x,
  );
}

function slice(node: Node, x: Tensor, shape: readonly number[]): Element[] | undefined {
  const [, starts, , axes, steps] = node.inputs.map((value) => integersIn(value));
  const rank = x.shape.length;
  const from = Array<number>(rank).fill(0);
  const step = Array<number>(rank).fill(1);
  starts!.forEach((start, i) => {
    const given = axes?.[i] ?? i;
    const axis = given < 0 ? given + rank : given;
    const size = x.shape[axis]!;
    step[axis] = steps?.[i] ?? 1;
    const begin = start < 0 ? start + size : start;
    from[axis] = Math.min(step[axis]! > 0 ? size : size - 1, Math.max(0, begin));
  });
  return pick(
    shape,
    (at) =>
      offset(
        x.shape,
        at.map((i, axis) => from[axis]! + i * step[axis]!),
      ),
    x,
  );
}

function range(start: Tensor, step: Tensor, count: number): Element[] {
  return Array.from({ length: count }, (_, i) => BigInt(start.data[0]!) + BigInt(i) * BigInt(step.data[0]!));
}

/** Conversions that have one right answer: no strings, no float beyond the integer's range. */
function cast(x: Tensor, to: DType): Element[] | undefined {
  if (x.dtype === "string" || to === "string") return undefined;
  const elements = elementsOf(x).map((element) => {
    if (to === "bool") return Number(element) === 0 ? 0 : 1;
    // An integer beyond 2^53 would be rounded twice on its way to float32.
    if (isFloat(to))
      return typeof element === "bigint" && !Number.isSafeInteger(Number(element))
        ? undefined
        : Number(element);
    const whole = typeof element === "bigint" ? element : Math.trunc(element as number);
    return typeof whole === "number" && !Number.isSafeInteger(whole) ? undefined : fits(BigInt(whole), to);
  });
  return elements.includes(undefined) ? undefined : (elements as Element[]);
}

/** An integer in the range of its dtype, else undefined: overflow is left to the runtime. */
function fits(value: bigint, dtype: DType): Element | undefined {
  if (dtype === "int64") return BigInt.asIntN(64, value) === value ? value : undefined;
  if (dtype === "int32") return BigInt.asIntN(32, value) === value ? Number(value) : undefined;
  return value >= 0n && value < 256n ? Number(value) : undefined;
}

function unary(type: string, x: Tensor): Element[] | undefined {
  const elements = elementsOf(x);
  if (type === "Not") return elements.map((element) => (element === 0 ? 1 : 0));
  if (!isFloat(x.dtype)) return undefined;
  const numbers = elements as number[];
  switch (type) {
    case "Neg":
      return numbers.map((a) => -a);
    case "Abs":
      return numbers.map(Math.abs);
    case "Floor":
      return numbers.map(Math.floor);
    case "Ceil":
      return numbers.map(Math.ceil);
    default:
      return undefined;
  }
}

type Operation = (a: number, b: number) => number;
const floatOperations: Readonly<Record<string, Operation>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
};
const integerOperations: Readonly<Record<string, (a: bigint, b: bigint) => bigint | undefined>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => (b === 0n ? undefined : a / b),
  Mod: (a, b) => (b === 0n ? undefined : ((a % b) + b) % b),
  Min: (a, b) => (a < b ? a : b),
  Max: (a, b) => (a > b ? a : b),
};
const relations: Readonly<Record<string, (a: Element, b: Element) => boolean>> = {
  Equal: (a, b) => a === b,
  Less: (a, b) => a < b,
  LessOrEqual: (a, b) => a <= b,
  Greater: (a, b) => a > b,
  GreaterOrEqual: (a, b) => a >= b,
  And: (a, b) => a === 1 && b === 1,
  Or: (a, b) => a === 1 || b === 1,
};

function binary(type: string, x: Tensor, y: Tensor, shape: readonly number[]): Element[] | undefined {
  const count = shape.reduce((product, size) => product * size, 1);
  const operate = operation(type, x.dtype);
  if (!operate || x.dtype !== y.dtype) return undefined;
  const result: Element[] = [];
  for (let i = 0; i < count; i++) {
    const element = operate(broadcastElement(x, shape, i), broadcastElement(y, shape, i));
    if (element === undefined) return undefined;
    result.push(element);
  }
  return result;
}

function operation(
  type: string,
  dtype: DType,
): ((a: Element, b: Element) => Element | undefined) | undefined {
  const relation = relations[type];
  if (relation) return (a, b) => (relation(a, b) ? 1 : 0);
  if (dtype === "string" || dtype === "bool") return undefined;
  if (isFloat(dtype)) {
    // A float32 operation done in float64 and rounded once more is the float32 operation (Figueroa 1995).
    const compute = floatOperations[type];
    return compute && ((a, b) => compute(a as number, b as number));
  }
  const compute = integerOperations[type];
  if (!compute) return undefined;
  return (a, b) => {
    const result = compute(BigInt(a as number), BigInt(b as number));
    return result === undefined ? undefined : fits(result, dtype);
  };
}
