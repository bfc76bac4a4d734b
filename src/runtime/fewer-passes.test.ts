import { describe, expect, test } from "vitest";
import { createRandom, type Tensor } from "../core/index.ts";
import {
  add,
  batchNormalizationInTraining,
  cast,
  differentiate,
  type Graph,
  graph,
  greater,
  input,
  mul,
  neg,
  reduceSum,
  relu,
  reshape,
  type Value,
} from "../graph/index.ts";
import { compile } from "./index.ts";
import { inFewerPasses } from "./fewer-passes.ts";

const x = input("x", "float32", [4, 3, 5, 2]);
const [slope, shift] = [input("slope", "float32", [3]), input("shift", "float32", [3])];
const wide = (vector: Value): Value => reshape(vector, [3, 1, 1]);
const ofInputs = (outputs: Readonly<Record<string, Value>>): Graph =>
  graph({ inputs: [x, slope, shift], outputs });
const typesOf = ({ nodes }: Graph): string[] => nodes.map(({ type }) => type);

const random = createRandom(3);
const tensor = (shape: readonly number[]): Tensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
});
const feeds = { x: tensor([4, 3, 5, 2]), slope: tensor([3]), shift: tensor([3]) };

async function answers(of: Graph, given: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
  const session = await compile(of);
  const found = await session.run(given);
  await session.release();
  return found;
}

async function expectSame(plain: Graph): Promise<string[]> {
  const fewer = inFewerPasses(plain);
  const [wanted, found] = [await answers(plain, feeds), await answers(fewer, feeds)];
  for (const [name, { shape, data }] of Object.entries(wanted)) {
    expect(found[name]!.shape).toEqual(shape);
    (data as Float32Array).forEach((value, i) => expect(found[name]!.data[i], name).toBeCloseTo(value, 5));
  }
  return typesOf(fewer);
}

describe("in fewer passes, answers stay (1e-5)", () => {
  test.each<[string, () => Value]>([
    ["a product and a sum by channel", () => add(mul(x, wide(slope)), wide(shift))],
    ["the other way round", () => add(wide(shift), mul(wide(slope), x))],
  ])("%s are one op", async (_, y) => {
    expect(await expectSame(ofInputs({ y: y() }))).not.toContain("Mul");
  });

  test("normalisation by the batch and its gradients scale and shift in one op each", async () => {
    const { y } = batchNormalizationInTraining(x, slope, shift);
    const { loss, gradients } = differentiate(reduceSum(mul(relu(y), y)), [x, slope, shift]);
    const [dx, dslope, dshift] = gradients as [Value, Value, Value];
    const types = await expectSame(ofInputs({ loss, dx, dslope, dshift }));
    expect(types.filter((type) => type === "BatchNormalization")).toHaveLength(2);
    expect(types).toContain("HardSigmoid");
    expect(types).not.toContain("Greater");
  });

  test("where a rectifier lets through, from the smallest normal number on", async () => {
    const values = [-Infinity, -3, -(2 ** -126), -0, 0, 2 ** -126, 1e-30, 1, 3.4e38, Infinity];
    const some = input("some", "float32", [values.length]);
    const plain = graph({ inputs: [some], outputs: { y: cast(greater(some, 0), "float32") } });
    const fewer = inFewerPasses(plain);
    expect(typesOf(fewer)).toEqual(["HardSigmoid"]);
    const given: Tensor = { dtype: "float32", shape: [values.length], data: Float32Array.from(values) };
    const { y } = await answers(fewer, { some: given });
    expect(Array.from(y!.data as Float32Array)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
  });
});

test.each<[string, () => Readonly<Record<string, Value>>]>([
  [
    "a product that is wanted too",
    () => {
      const product = mul(x, wide(slope));
      return { y: add(product, wide(shift)), z: neg(product) };
    },
  ],
  [
    "a number for all channels",
    () => ({ y: add(mul(x, reshape(reduceSum(slope), [1, 1, 1])), wide(shift)) }),
  ],
  ["a shift of every place", () => ({ y: add(mul(x, wide(slope)), x) })],
  ["rows of features", () => ({ y: add(mul(reshape(x, [-1, 3]), slope), shift) })],
  ["another bound", () => ({ y: cast(greater(x, 1), "float32") })],
  ["another bound for each place", () => ({ y: cast(greater(x, mul(x, x)), "float32") })],
  ["whole numbers", () => ({ y: cast(greater(cast(x, "int64"), 0), "float32") })],
  ["whether it is above", () => ({ y: greater(x, 0) })],
  ["double precision", () => ({ y: cast(greater(cast(x, "float64"), 0), "float64") })],
])("%s: left as they are", (_, outputs) => {
  const plain = ofInputs(outputs());
  expect(typesOf(inFewerPasses(plain))).toEqual(typesOf(plain));
});
