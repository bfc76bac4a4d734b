import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import {
  batchNormalizationInTraining,
  conv,
  type ConvOptions,
  differentiate,
  type Graph,
  graph,
  input,
  mul,
  reduceSum,
  relu,
  shapeOf,
  type Value,
} from "../graph/index.ts";
import { blockSize, compile, createTrainState } from "./index.ts";
import { lowerFor } from "./lowering.ts";

function convolutions(channels: number, kernel: number, groups = 1): Graph {
  const x = input("x", "float32", ["batch", channels, 5, 5]);
  const w = input("w", "float32", [4, channels / groups, kernel, kernel]);
  return graph({ inputs: [x, w], outputs: { y: relu(conv(x, w, undefined, { groups })) } });
}

describe("lowering", () => {
  test.each([
    [6, 3],
    [5, 3],
    [9, 2],
  ])(
    "%i channels under a window of %i are filled up to a multiple of four, and the answers stay",
    async (channels, kernel) => {
      const plain = convolutions(channels, kernel);
      const lowered = lowerFor("webgpu", plain);
      const node = lowered.nodes.find(({ type }) => type === "Conv")!;
      expect(node.inputs.map((value) => Number(value!.shape![1]) % 4)).toEqual([0, 0]);
      const random = createRandom(1);
      const tensor = (...shape: number[]) => ({
        dtype: "float32" as const,
        shape,
        data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
      });
      const feeds = { x: tensor(2, channels, 5, 5), w: tensor(4, channels, kernel, kernel) };
      const answers: Float32Array[] = [];
      for (const each of [plain, lowered]) {
        const session = await compile(each);
        answers.push((await session.run(feeds))["y"]!.data as Float32Array);
        await session.release();
      }
      answers[0]!.forEach((value, i) => expect(answers[1]![i]).toBeCloseTo(value, 5));
    },
  );

  test("normalisation by the batch is written out on every device, and answers as by plain loops (1e-5)", async () => {
    const x = input("x", "float32", ["batch", 3, 5]);
    const [scale, shift] = [input("scale", "float32", [3]), input("shift", "float32", [3])];
    const { y, mean, variance } = batchNormalizationInTraining(x, scale, shift, { epsilon: 0.01 });
    // Used, not given out: only then did the runtime's own op overwrite one by the other.
    const outputs = { y: relu(y), mean: mul(mean, 2), variance: mul(variance, 2), size: shapeOf(y) };
    const plain = graph({ inputs: [x, scale, shift], outputs });
    expect(plain.nodes.map(({ type }) => type)).toContain("BatchNormalization");
    for (const device of ["cpu", "webgpu"] as const)
      expect(lowerFor(device, plain).nodes.map(({ type }) => type)).not.toContain("BatchNormalization");
    const random = createRandom(2);
    const tensor = (...shape: number[]) => ({
      dtype: "float32" as const,
      shape,
      data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 + random.normal()),
    });
    const feeds = { x: tensor(4, 3, 5), scale: tensor(3), shift: tensor(3) };
    const session = await compile(plain);
    const found = await session.run(feeds);
    await session.release();
    expect(found["size"]!.data).toEqual(BigInt64Array.of(4n, 3n, 5n));
    for (let channel = 0; channel < 3; channel++) {
      const places = [...feeds.x.data.keys()].filter((at) => Math.floor(at / 5) % 3 === channel);
      const values = places.map((at) => feeds.x.data[at]!);
      const middle = values.reduce((sum, value) => sum + value, 0) / 20;
      const spread = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / 20;
      expect(Number(found["mean"]!.data[channel])).toBeCloseTo(2 * middle, 5);
      expect(Number(found["variance"]!.data[channel])).toBeCloseTo(2 * spread, 5);
      const slope = feeds.scale.data[channel]! / Math.sqrt(spread + 0.01);
      places.forEach((at, i) => {
        const wanted = Math.max(0, (values[i]! - middle) * slope + feeds.shift.data[channel]!);
        expect(Number(found["y"]!.data[at])).toBeCloseTo(wanted, 5);
      });
    }
  });

  test.each<[string, number[], number[], ConvOptions]>([
    ["3 × 3", [4, 32, 16, 17], [48, 32, 3, 3], { pads: 1 }],
    [
      "strides, dilations, uneven padding",
      [3, 16, 40, 41],
      [16, 16, 2, 3],
      { strides: [2, 1], dilations: [1, 2], pads: [0, 1, 1, 2] },
    ],
    ["padding to the same size", [4, 16, 17, 18], [32, 16, 3, 2], { pads: "sameUpper" }],
    [
      "each channel by itself, by strides",
      [16, 32, 18, 18],
      [32, 1, 3, 3],
      { groups: 32, strides: 2, pads: 1 },
    ],
    ["a sequence", [8, 16, 200], [32, 16, 5], { dilations: 2, pads: [8, 0] }],
  ])(
    "a training step's convolution, %s, answers in blocks what it answers plainly (1e-5)",
    async (_name, x, w, options) => {
      const inputs = [
        input("x", "float32", x),
        input("w", "float32", w),
        input("b", "float32", [w[0]!]),
      ] as const;
      const plain = graph({ inputs, outputs: { y: relu(conv(...inputs, options)) } });
      const types = lowerFor("cpu", plain, 16).nodes.map(({ type, domain }) => `${domain}:${type}`);
      expect(types).toContain("com.microsoft.nchwc:Conv");
      expect(types).not.toContain(":Conv");
      const random = createRandom(1);
      const tensor = (shape: readonly number[]) => ({
        dtype: "float32" as const,
        shape,
        data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
      });
      const feeds = { x: tensor(x), w: tensor(w), b: tensor([w[0]!]) };
      const session = await compile(plain);
      const wanted = (await session.run(feeds))["y"]!;
      await session.release();
      // The step of a machine without such kernels is the plain one.
      const step = await createTrainState(plain, { next: {}, initial: {} });
      const found = (await step.step(feeds))["y"]!;
      await step.release();
      expect(found.shape).toEqual(wanted.shape);
      const data = found.data as Float32Array;
      const largest = data.reduce((most, value) => Math.max(most, value), 0);
      data.forEach((value, i) =>
        expect(Math.abs(value - Number(wanted.data[i]))).toBeLessThan(1e-5 * largest),
      );
    },
  );

  test.each<[string, number[], number[], ConvOptions]>([
    ["3 × 3", [2, 5, 7, 6], [5, 1, 3, 3, 1], { pads: [1, 1, 0, 1, 1, 0] }],
    ["by strides", [2, 5, 9, 8], [5, 1, 3, 3, 1], { strides: [2, 2, 1], pads: [1, 0, 0, 1, 1, 0] }],
    ["dilations", [1, 3, 9, 8], [3, 1, 2, 3, 1], { dilations: [1, 2, 1], pads: [0, 1, 0, 1, 2, 0] }],
    ["a sequence", [2, 3, 20], [3, 1, 5, 1], { dilations: [2, 1], pads: [8, 0, 0, 0] }],
  ])(
    "a convolution by channel over volumes of blocks, %s, and its gradients are computed as they stand (1e-5)",
    async (_name, sizes, w, options) => {
      // The block of this machine, where it has such kernels.
      const block = (await blockSize("cpu")) || 16;
      const shapes = { x: [...sizes, block], w, b: [w[0]!] };
      const inputs = Object.entries(shapes).map(([name, shape]) => input(name, "float32", shape));
      const [x, weights, b] = inputs as [Value, Value, Value];
      const y = conv(x, weights, b, { ...options, groups: w[0]! });
      const field = input("field", "float32", y.shape);
      const { gradients } = differentiate(reduceSum(mul(y, field)), [x, weights]);
      const [dx, dw] = gradients as [Value, Value];
      const plain = graph({ inputs: [...inputs, field], outputs: { y, dx, dw } });
      const lowered = lowerFor("cpu", plain, block).nodes.map(({ type, domain }) => `${domain}:${type}`);
      expect(lowered.filter((type) => type === "com.microsoft.nchwc:Conv")).toHaveLength(3);
      expect(lowered.filter((type) => /:Conv|Reorder/.test(type))).toHaveLength(3);
      const random = createRandom(1);
      const tensor = (shape: readonly number[]) => ({
        dtype: "float32" as const,
        shape,
        data: Float32Array.from({ length: shape.reduce((a, n) => a * n, 1) }, () => random.normal()),
      });
      const feeds = Object.fromEntries(
        Object.entries({ ...shapes, field: y.shape.map(Number) }).map(([name, shape]) => [
          name,
          tensor(shape),
        ]),
      );
      const session = await compile(plain);
      const wanted = await session.run(feeds);
      await session.release();
      const step = await createTrainState(plain, { next: {}, initial: {} });
      const found = await step.step(feeds);
      await step.release();
      for (const [name, { shape, data }] of Object.entries(wanted)) {
        expect(found[name]!.shape).toEqual(shape);
        const values = data as Float32Array;
        const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        values.forEach((value, i) =>
          expect(Math.abs(value - Number(found[name]!.data[i])), name).toBeLessThan(1e-5 * largest),
        );
      }
    },
  );

  test("a window over a whole block leaves one place of it, as plainly", async () => {
    const block = (await blockSize("cpu")) || 16;
    const [x, w] = [input("x", "float32", [2, 5, 10, block]), input("w", "float32", [5, 1, 4, block])];
    const plain = graph({ inputs: [x, w], outputs: { y: conv(x, w, undefined, { groups: 5 }) } });
    expect(lowerFor("cpu", plain, block).nodes.map(({ domain }) => domain)).toContain("com.microsoft.nchwc");
    const ones = (shape: number[]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return { dtype: "float32" as const, shape, data: new Float32Array(size).fill(1) };
    };
    const step = await createTrainState(plain, { next: {}, initial: {} });
    const { y } = await step.step({ x: ones([2, 5, 10, block]), w: ones([5, 1, 4, block]) });
    await step.release();
    expect(y!.shape).toEqual([2, 5, 7, 1]);
    expect(new Set(y!.data as Float32Array)).toEqual(new Set([4 * block]));
  });

  test.each<[string, number[], number[], ConvOptions]>([
    ["volumes of another depth", [2, 8, 7, 6, 8], [8, 1, 3, 3, 1], { groups: 8 }],
    ["a window of two rows", [2, 8, 7, 6, 16], [8, 1, 3, 3, 2], { groups: 8 }],
    ["a window with rows around", [2, 8, 7, 6, 16], [8, 1, 3, 3, 1], { groups: 8, pads: 1 }],
    ["steps over rows", [2, 8, 7, 6, 16], [8, 1, 3, 3, 1], { groups: 8, strides: 2 }],
    ["two outputs a channel", [2, 8, 7, 6, 16], [16, 1, 3, 3, 1], { groups: 8 }],
    ["two channels a group", [2, 8, 7, 6, 16], [8, 2, 3, 3, 1], { groups: 4 }],
    ["channels that are no whole blocks", [8, 24, 16, 16], [32, 24, 3, 3], {}],
    ["outputs that are none", [8, 32, 16, 16], [24, 32, 3, 3], {}],
    ["groups of two", [8, 32, 16, 16], [32, 16, 3, 3], { groups: 2 }],
    ["a window of one place", [8, 32, 16, 16], [32, 32, 1, 1], {}],
    ["small pictures", [64, 32, 5, 5], [32, 32, 3, 3], { pads: 1 }],
    ["few rows", [1, 32, 20, 20], [32, 32, 3, 3], {}],
    ["volumes", [4, 16, 8, 8, 8], [16, 16, 3, 3, 3], {}],
  ])("%s: left as they are", (_name, x, w, options) => {
    const inputs = [input("x", "float32", x), input("w", "float32", w)] as const;
    const plain = graph({ inputs, outputs: { y: relu(conv(...inputs, undefined, options)) } });
    expect(lowerFor("cpu", plain, 16).nodes.map(({ domain }) => domain)).toEqual(["", ""]);
  });

  test.each([
    ["three channels", convolutions(3, 3)],
    ["a multiple of four", convolutions(8, 3)],
    ["one by one", convolutions(6, 1)],
    ["channels by themselves", convolutions(4, 3, 4)],
  ])("%s: left as it is, and so is every convolution on the CPU", (_name, each) => {
    expect(lowerFor("webgpu", each)).toBe(each);
    const odd = convolutions(6, 3);
    expect(lowerFor("cpu", odd)).toBe(odd);
  });
});
