import { describe, expect, test } from "vitest";
import { createRandom, type Tensor } from "../../core/index.ts";
import { compile } from "../../runtime/index.ts";
import { differentiate } from "../gradient.ts";
import { graph } from "../graph.ts";
import { input } from "../value.ts";
import type { ConvOptions, Node, Value } from "../types.ts";
import { mul } from "./arithmetic.ts";
import { conv } from "./convolution.ts";
import { reduceSum } from "./reduction.ts";
import { reshape, transpose } from "./shape.ts";
import {
  type TileSide,
  type VolumeConvolution,
  volumeConvolution,
  type VolumeOptions,
} from "./volume-convolution.ts";

type Inputs = readonly [x: Value, w: Value, b: Value];

function volumeOf(y: Value, options: VolumeOptions = {}): VolumeConvolution | undefined {
  const { attributes, inputs } = y.producer as Node;
  return volumeConvolution(attributes, inputs[0] as Value, inputs[1] as Value, options);
}

/** The convolution over the volume, brought in and out. */
function overVolume({ made }: VolumeConvolution, [x, w, b]: Inputs, rows: number): Value {
  const [batch, ...sizes] = x.shape as [number, ...number[]];
  const count = batch / rows;
  const turned = transpose(reshape(x, [count, rows, -1]), [0, 2, 1]);
  const y = made(reshape(turned, [count, ...sizes, rows]), w, b);
  const [, ...stops] = y.shape.slice(0, -1).map(Number);
  return reshape(transpose(reshape(y, [count, -1, rows]), [0, 2, 1]), [batch, ...stops]);
}

/** Largest difference, as a share of the largest number. */
function apart(found: Tensor, wanted: Tensor): number {
  const [a, b] = [found.data as Float32Array, wanted.data as Float32Array];
  expect(found.shape).toEqual(wanted.shape);
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0) / largest;
}

interface Wanted extends VolumeOptions {
  readonly winograd?: boolean;
  /** Whether it stays a convolution, one over volumes. */
  readonly alone?: boolean;
}

/** Expects sums and gradients, as of a loss with a random gradient by the sums, to be those of the plain convolution. */
async function expectPlain(
  x: readonly number[],
  w: readonly number[],
  options: ConvOptions,
  { winograd = false, alone = false, ...volumes }: Wanted = {},
): Promise<void> {
  const inputs = [
    input("x", "float32", x),
    input("w", "float32", w),
    input("b", "float32", [w[0]!]),
  ] as const;
  const plain = conv(...inputs, options);
  const found = volumeOf(plain, volumes)!;
  expect(found.gain === Infinity).toBe(winograd);
  const field = input("field", "float32", plain.shape);
  const random = createRandom(1);
  const feeds = Object.fromEntries(
    [...inputs, field].map(({ shape, producer }) => {
      const sizes = shape.map(Number);
      const data = Float32Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, () => random.normal());
      return [(producer as { name: string }).name, { dtype: "float32" as const, shape: sizes, data }];
    }),
  );
  const answers: Readonly<Record<string, Tensor>>[] = [];
  for (const y of [plain, overVolume(found, inputs, volumes.rows ?? x[0]!)]) {
    const { gradients } = differentiate(reduceSum(mul(y, field)), inputs);
    const [dx, dw, db] = gradients as [Value, Value, Value];
    const outcome = graph({ inputs: [...inputs, field], outputs: { y, dx, dw, db } });
    expect(outcome.nodes.some(({ type }) => type.startsWith("Conv"))).toBe(alone || y === plain);
    const session = await compile(outcome);
    answers.push(await session.run(feeds));
    await session.release();
  }
  for (const [name, wanted] of Object.entries(answers[0]!))
    expect(apart(answers[1]![name]!, wanted), name).toBeLessThan(1e-5);
}

describe("a convolution with the batch innermost has the sums and gradients of the plain one (1e-5 of the largest)", () => {
  describe.each<TileSide>([2, 3, 4])("by Winograd's tiles of %i", (side) => {
    test.each<[string, number[], number, ConvOptions]>([
      ["one place around", [8, 9, 12, 12], 10, { pads: 1 }],
      ["no padding, sides that no tile divides", [8, 8, 9, 13], 11, {}],
      ["uneven padding", [9, 10, 7, 5], 8, { pads: [2, 0, 1, 3] }],
      ["padding to the same size", [8, 8, 6, 7], 8, { pads: "sameUpper" }],
      ["one sum", [8, 12, 3, 3], 9, {}],
      ["pictures smaller than a tile", [8, 16, 2, 1], 8, { pads: 1 }],
    ])("%s", async (_, x, outputs, options) => {
      await expectPlain(x, [outputs, x[1]!, 3, 3], options, { winograd: true, side });
    });
  });

  test.each<[string, number[], number[], ConvOptions]>([
    ["a window of one place", [8, 5, 6, 7], [4, 5, 1, 1], {}],
    ["a window of one place with padding", [8, 5, 6, 7], [4, 5, 1, 1], { pads: 1 }],
    ["a window of one place in steps of two", [8, 5, 6, 7], [4, 5, 1, 1], { strides: 2 }],
    ["steps of two", [8, 16, 8, 7], [9, 16, 3, 3], { strides: 2, pads: 1 }],
    ["steps beyond the window", [8, 3, 11, 11], [4, 3, 2, 2], { strides: 3 }],
    ["dilations, uneven padding", [8, 6, 9, 8], [5, 6, 3, 2], { dilations: [2, 3], pads: [2, 0, 1, 3] }],
    ["five by five", [8, 3, 10, 9], [7, 3, 5, 5], { pads: 2 }],
    ["few channels", [8, 1, 8, 8], [16, 1, 3, 3], { pads: 1 }],
    ["few outputs", [8, 16, 8, 8], [2, 16, 3, 3], { pads: 1 }],
  ])("by columns, %s", async (_, x, w, options) => {
    await expectPlain(x, w, options);
  });

  test.each<[string, number[], number[], ConvOptions]>([
    ["one place around", [16, 5, 6, 7], [5, 1, 3, 3], { pads: 1 }],
    ["one block", [8, 5, 6, 7], [5, 1, 3, 3], { pads: 1 }],
    ["steps of two", [16, 3, 8, 9], [3, 1, 3, 3], { strides: 2, pads: 1 }],
    [
      "steps of two with padding to the same size",
      [16, 3, 8, 9],
      [3, 1, 3, 3],
      { strides: 2, pads: "sameUpper" },
    ],
    ["steps along one side", [16, 3, 8, 9], [3, 1, 3, 2], { strides: [1, 3], pads: 1 }],
    ["steps of which the last leaves places over", [16, 3, 9, 10], [3, 1, 2, 2], { strides: 3 }],
    ["steps beyond the window", [16, 2, 11, 11], [2, 1, 2, 2], { strides: 4 }],
    ["dilations, uneven padding", [24, 4, 9, 8], [4, 1, 3, 2], { dilations: [2, 3], pads: [2, 0, 1, 3] }],
    ["more padding than the window", [8, 2, 5, 5], [2, 1, 2, 2], { pads: 2 }],
    ["a window of one place", [8, 4, 5, 6], [4, 1, 1, 1], {}],
    ["sequences", [16, 4, 20], [4, 1, 5], { dilations: 2, pads: [8, 0] }],
    ["sequences in steps", [16, 4, 21], [4, 1, 5], { strides: 2, pads: "sameUpper" }],
  ])("in blocks of rows, channels by themselves, %s", async (_, x, w, options) => {
    await expectPlain(x, w, { ...options, groups: w[0]! }, { rows: 8, alone: true });
  });

  test.each<[string, number[], number[], ConvOptions]>([
    ["a window of one place", [16, 5, 6, 7], [4, 5, 1, 1], {}],
    ["a window of three", [24, 5, 6, 7], [4, 5, 3, 3], { strides: 2, pads: 1 }],
    ["sequences", [16, 4, 20], [7, 4, 3], { pads: 1 }],
  ])("in blocks of rows, by columns, %s", async (_, x, w, options) => {
    await expectPlain(x, w, options, { rows: 8 });
  });
});

describe("a convolution is left as it is", () => {
  test.each<[string, number[], number[], ConvOptions]>([
    ["in groups", [8, 16, 8, 8], [16, 8, 3, 3], { groups: 2 }],
    ["by channel, without blocks", [8, 16, 8, 8], [16, 1, 3, 3], { groups: 16 }],
    ["over sequences", [8, 16, 64], [16, 16, 3], {}],
    ["over volumes", [8, 16, 4, 4, 4], [16, 16, 3, 3, 3], {}],
    ["of few pictures", [4, 16, 8, 8], [16, 16, 3, 3], {}],
    ["of large photos, by tiles", [8, 64, 256, 256], [64, 64, 3, 3], {}],
    ["of large photos, by columns", [32, 3, 224, 224], [64, 3, 7, 7], { strides: 2 }],
  ])("%s", (_, x, w, options) => {
    const y = conv(input("x", "float32", x), input("w", "float32", w), undefined, options);
    expect(volumeOf(y)).toBeUndefined();
  });

  test("of a batch that is no whole blocks", () => {
    const y = conv(input("x", "float32", [20, 16, 8, 8]), input("w", "float32", [16, 1, 3, 3]), undefined, {
      groups: 16,
    });
    expect(volumeOf(y, { rows: 8 })).toBeUndefined();
  });

  test("with sizes that are names", () => {
    const x = input("x", "float32", ["batch", 16, 8, 8]);
    expect(volumeOf(conv(x, input("w", "float32", [16, 16, 3, 3])))).toBeUndefined();
  });
});

test.each([
  [2, 2],
  [3, 3],
  [6, 3],
  [7, 4],
  [8, 4],
  [14, 4],
])("%i sums a side are cut into tiles of %i, which need the fewest products", (size, side) => {
  const w = input("w", "float32", [16, 16, 3, 3]);
  const volume = input("volume", "float32", [1, 16, size, size, 8]);
  const plain = conv(input("x", "float32", [8, 16, size, size]), w, undefined, { pads: 1 });
  const outcome = graph({ inputs: [volume, w], outputs: { y: volumeOf(plain)!.made(volume, w) } });
  const products = outcome.nodes.filter(({ type }) => type === "MatMul");
  expect(products.map((node) => node.inputs[0]!.shape![0])).toContain((side + 2) ** 2);
});
