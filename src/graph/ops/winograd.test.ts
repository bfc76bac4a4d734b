import { describe, expect, test } from "vitest";
import { createRandom, type Tensor } from "../../core/index.ts";
import { compile } from "../../runtime/index.ts";
import { winogradConvolution } from "../index.ts";
import { graph } from "../graph.ts";
import { differentiate } from "../gradient.ts";
import { input } from "../value.ts";
import type { ConvOptions, Node, Value } from "../types.ts";
import { mul } from "./arithmetic.ts";
import { conv } from "./convolution.ts";
import { reduceSum } from "./reduction.ts";

type Made = Readonly<Record<"y" | "dx" | "dw" | "db", Value>>;

/** Sums and gradients, as of a loss whose gradient by the sums is `field`. */
function withGradients(y: Value, inputs: readonly Value[], field: Value): Made {
  const { gradients } = differentiate(reduceSum(mul(y, field)), inputs, []);
  return { y, dx: gradients[0]!, dw: gradients[1]!, db: gradients[2]! };
}

/** The same convolution by Winograd's algorithm. */
function winograd(y: Value, m?: number): Value | undefined {
  const { attributes, inputs } = y.producer as Node;
  return winogradConvolution(attributes, inputs as readonly (Value | undefined)[], m);
}

/** Largest difference, as a share of the largest number. */
function apart(found: Tensor, wanted: Tensor): number {
  const [a, b] = [found.data as Float32Array, wanted.data as Float32Array];
  expect(found.shape).toEqual(wanted.shape);
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0) / largest;
}

const cases: readonly [string, number[], number, ConvOptions][] = [
  ["one place around", [3, 9, 12, 12], 10, { pads: 1 }],
  ["no padding, sides that no tile divides", [2, 8, 9, 13], 11, {}],
  ["uneven padding", [2, 10, 7, 5], 8, { pads: [2, 0, 1, 3] }],
  ["padding to the same size", [5, 8, 6, 7], 8, { pads: "sameUpper" }],
  ["one sum", [4, 12, 3, 3], 9, {}],
  ["pictures smaller than a tile", [6, 16, 2, 1], 8, { pads: 1 }],
];

describe("Winograd's convolution", () => {
  describe.each([2, 3, 4])("tiles of %i", (m) => {
    test.each(cases)(
      "%s: sums and gradients as of the plain convolution (1e-5 of the largest)",
      async (_, shape, outputs, options) => {
        const inputs = [
          input("x", "float32", shape),
          input("w", "float32", [outputs, shape[1]!, 3, 3]),
          input("b", "float32", [outputs]),
        ] as const;
        const plain = conv(...inputs, options);
        const field = input("field", "float32", plain.shape);
        const random = createRandom(m);
        const feeds = Object.fromEntries(
          ([...inputs, field] as const).map((each) => {
            const sizes = each.shape.map(Number);
            const data = Float32Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, () =>
              random.normal(),
            );
            return [
              (each.producer as { name: string }).name,
              { dtype: "float32" as const, shape: sizes, data },
            ];
          }),
        );
        const answers: Readonly<Record<string, Tensor>>[] = [];
        for (const y of [plain, winograd(plain, m)!]) {
          const outcome = graph({
            inputs: [...inputs, field],
            outputs: { ...withGradients(y, inputs, field) },
          });
          const convolves = outcome.nodes.some(({ type }) => type === "Conv");
          expect(convolves).toBe(y === plain);
          const session = await compile(outcome);
          answers.push(await session.run(feeds));
          await session.release();
        }
        const [wanted, found] = answers as [Record<string, Tensor>, Record<string, Tensor>];
        for (const name of ["y", "dx", "dw", "db"])
          expect(apart(found[name]!, wanted[name]!), name).toBeLessThan(1e-5);
      },
    );
  });

  test.each<[string, number[], number[], ConvOptions]>([
    ["a window of five", [4, 16, 8, 8], [16, 16, 5, 5], {}],
    ["a step of two", [4, 16, 8, 8], [16, 16, 3, 3], { strides: 2 }],
    ["dilations", [4, 16, 8, 8], [16, 16, 3, 3], { dilations: 2 }],
    ["groups", [4, 16, 8, 8], [16, 8, 3, 3], { groups: 2 }],
    ["few channels", [4, 3, 8, 8], [16, 3, 3, 3], {}],
    ["few outputs", [4, 16, 8, 8], [4, 16, 3, 3], {}],
    ["a sequence", [4, 16, 64], [16, 16, 3], {}],
    ["large photos", [2, 64, 224, 224], [64, 64, 3, 3], {}],
  ])("%s: left to the plain convolution", (_, x, w, options) => {
    const y = conv(input("x", "float32", x), input("w", "float32", w), undefined, options);
    expect(winograd(y)).toBeUndefined();
  });

  test("sizes that are names are left to the plain convolution", () => {
    const x = input("x", "float32", ["batch", 16, 8, 8]);
    expect(winograd(conv(x, input("w", "float32", [16, 16, 3, 3])))).toBeUndefined();
  });

  test.each([
    [2, 2],
    [3, 3],
    [6, 3],
    [7, 4],
    [8, 4],
    [14, 4],
  ])("%i sums a side are cut into tiles of %i", (size, side) => {
    const inputs = [
      input("x", "float32", [4, 16, size, size]),
      input("w", "float32", [16, 16, 3, 3]),
    ] as const;
    const y = winograd(conv(...inputs, undefined, { pads: 1 }))!;
    const products = graph({ inputs, outputs: { y } }).nodes.filter(({ type }) => type === "MatMul");
    expect(products.map((node) => node.inputs[0]!.shape![0])).toContain((side + 2) ** 2);
  });
});
