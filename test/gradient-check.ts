/**
 * Gradients against central differences.
 *
 * The loss is Σ w·f(x) with fixed random weights w, so every element of every
 * output counts. Each element of each input is moved by ±h and the loss is
 * computed by the same runtime. Source: the usual check, e.g. Griewank & Walther,
 * Evaluating Derivatives, 2nd ed., section 1.
 */
import { expect } from "vitest";
import { createRandom, type Random, type Tensor } from "../src/core/index.ts";
import {
  add,
  cumSum,
  type Dim,
  gradient,
  graph,
  input,
  mul,
  type Node,
  onesLike,
  reduceSum,
  sin,
  sum,
  type Value,
} from "../src/graph/index.ts";
import { compile } from "../src/runtime/index.ts";

export interface GradientCase {
  /** ONNX type whose rule is checked; a node of it must be in the graph. */
  readonly op: string;
  readonly name?: string;
  /** Shapes of the differentiated inputs; several sets are several runs. */
  readonly shapes: readonly (readonly (readonly number[])[])[];
  /** The function, from one value per shape to one or more outputs. */
  readonly f: (...x: Value[]) => Value | readonly Value[];
  /** An element from a standard normal draw: keeps away from kinks and outside of the domain. */
  readonly domain?: (z: number, random: Random, i: number) => number;
  /** float64 unless the runtime has no such kernel. */
  readonly dtype?: "float32" | "float64";
  /** Rules that need sizes when the graph is built are not tried with named ones. */
  readonly fixedOnly?: boolean;
  /** Inputs whose sizes stay numbers where the others get names, as weights do. */
  readonly weights?: readonly number[];
  /** Is tried with only the first size of the first input named, too, as a batch is. */
  readonly batched?: boolean;
  /** Also differentiates the squared gradient. */
  readonly twice?: boolean;
}

/** Which sizes get a name instead of their number. */
export type Naming = "none" | "all" | "batch";

/** The namings that a case is tried with. */
export function namingsOf({ fixedOnly, batched }: GradientCase): Naming[] {
  return ["none", ...(fixedOnly ? [] : ["all" as const]), ...(batched ? ["batch" as const] : [])];
}

/** Runs a case on one set of shapes. */
export async function checkGradient(
  test: GradientCase,
  shapes: readonly (readonly number[])[],
  naming: Naming,
): Promise<void> {
  const dtype = test.dtype ?? "float64";
  const random = createRandom(7).child(`${test.op}/${test.name ?? ""}/${JSON.stringify(shapes)}`);
  const domain = test.domain ?? ((z: number) => z);
  const sizes = new Map<number, string>();
  const nameOf = (size: number, input: number, axis: number): Dim => {
    const wanted = naming === "batch" ? input === 0 && axis === 0 : naming === "all";
    if (!wanted || size === 1 || test.weights?.includes(input)) return size;
    if (!sizes.has(size)) sizes.set(size, `n${size}`);
    return sizes.get(size)!;
  };
  const inputs = shapes.map((shape, i) =>
    input(
      `x${i}`,
      dtype,
      shape.map((size, axis) => nameOf(size, i, axis)),
    ),
  );
  const tensors = shapes.map((shape): Tensor & { data: Float64Array | Float32Array } => {
    const count = shape.reduce((a, b) => a * b, 1);
    const numbers = Array.from({ length: count }, (_, i) => domain(random.normal(), random, i));
    return {
      dtype,
      shape,
      data: dtype === "float64" ? Float64Array.from(numbers) : Float32Array.from(numbers),
    };
  });
  let result = test.f(...inputs);
  const types = nodeTypes(graph({ inputs, outputs: byNumber("y", [result].flat() as Value[]) }).nodes);
  expect(types, "the op is in its own case").toContain(test.op);
  if (test.twice) {
    const first = gradient(weightedSum([result].flat() as Value[]), inputs);
    result = first.map((g) => mul(g, g));
  }
  const outputs = [result].flat() as Value[];
  const loss = weightedSum(outputs);
  const gradients = gradient(loss, inputs);
  gradients.forEach((g, i) => expect([g.dtype, g.shape.length]).toEqual([dtype, shapes[i]!.length]));
  const session = await compile(graph({ inputs, outputs: { loss, ...byNumber("g", gradients) } }));
  const feeds = Object.fromEntries(tensors.map((tensor, i) => [`x${i}`, tensor]));
  const analytic = await session.run(feeds);
  const forward = session.bind(feeds, ["loss"]);
  const h = dtype === "float64" ? 1e-6 : 2 ** -7;
  const tolerance = dtype === "float64" ? 2e-6 : 5e-3;
  for (const [k, tensor] of tensors.entries()) {
    const g = analytic[`g${k}`]!;
    expect(g.shape, `shape of the gradient by input ${k}`).toEqual(tensor.shape);
    for (let i = 0; i < tensor.data.length; i++) {
      const kept = tensor.data[i]!;
      const at = async (x: number): Promise<number> => {
        tensor.data[i] = x;
        return Number((await forward.run()).loss!.data[0]);
      };
      const slope = ((await at(kept + h)) - (await at(kept - h))) / (2 * h);
      tensor.data[i] = kept;
      const found = Number(g.data[i]);
      const scale = Math.max(1, Math.abs(slope), Math.abs(found));
      expect(
        Math.abs(found - slope) / scale,
        `input ${k}, element ${i}: rule ${found}, differences ${slope}`,
      ).toBeLessThan(tolerance);
    }
  }
  await session.release();
}

/** Σ w·y over all outputs, with weights that depend on the position only. */
function weightedSum(outputs: readonly Value[]): Value {
  const parts = outputs.map((y, i) => reduceSum(mul(y, weights(y, i))));
  return parts.length === 1 ? parts[0]! : sum(parts);
}

/** 1.3 + sin(i·0.7 + j·1.7 + …) in the shape of y, whether that is known or not. */
function weights(y: Value, seed: number): Value {
  let phase: Value = mul(onesLike(y), 0.4 + seed);
  y.shape.forEach((_, axis) => {
    phase = add(phase, mul(cumSum(onesLike(y), axis), 0.7 + axis));
  });
  return add(sin(phase), 1.3);
}

function byNumber(prefix: string, values: readonly Value[]): Record<string, Value> {
  return Object.fromEntries(values.map((value, i) => [`${prefix}${i}`, value]));
}

function nodeTypes(nodes: readonly Node[]): Set<string> {
  return new Set(nodes.map((node) => node.type));
}
