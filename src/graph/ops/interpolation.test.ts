import { afterAll, describe, expect, test } from "vitest";
import { evaluate } from "../../../test/evaluate.ts";
import { releaseIdleSessions } from "../../runtime/index.ts";
import { Attributes, type PlainAttribute } from "../attributes.ts";
import { apply } from "../definition.ts";
import { gradient } from "../gradient.ts";
import type { Node } from "../types.ts";
import { constant, int64s } from "../value.ts";
import { definitionOf } from "./catalogue.ts";
import { mul, reduceSum, resize } from "./index.ts";
import { resizeMatrix } from "./interpolation.ts";

afterAll(releaseIdleSessions);

const resizeOp = definitionOf("", "Resize")!;
const vector = (...numbers: number[]) =>
  constant({ dtype: "float32", shape: [numbers.length], data: Float32Array.from(numbers) });

type Settings = Readonly<Record<string, PlainAttribute>>;
const coordinates = [
  "half_pixel",
  "half_pixel_symmetric",
  "pytorch_half_pixel",
  "asymmetric",
  "align_corners",
  "tf_crop_and_resize",
];
const roundings = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"];
const settings: Settings[] = coordinates.flatMap((coordinate_transformation_mode): Settings[] => [
  ...roundings.map((nearest_mode) => ({ mode: "nearest", coordinate_transformation_mode, nearest_mode })),
  { mode: "linear", coordinate_transformation_mode },
  { mode: "cubic", coordinate_transformation_mode },
  { mode: "cubic", coordinate_transformation_mode, exclude_outside: 1, cubic_coeff_a: -0.5 },
  ...(coordinate_transformation_mode === "tf_crop_and_resize"
    ? []
    : [
        { mode: "linear", coordinate_transformation_mode, antialias: 1 },
        { mode: "linear", coordinate_transformation_mode, antialias: 1, exclude_outside: 1 },
        { mode: "cubic", coordinate_transformation_mode, antialias: 1 },
      ]),
]);

describe("the matrix of a resize is what ONNX Runtime does with each unit vector (1e-5)", () => {
  test.each(settings.map((each) => [JSON.stringify(each), each] as const))("%s", async (_name, each) => {
    for (const [size, scale] of [
      [4, 2],
      [5, 1.6],
      [6, 0.5],
      [7, 0.4],
      [10, 0.3],
    ] as const) {
      const unit = Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
      // Two dimensions, since antialiasing knows no others.
      const x = constant({ dtype: "float32", shape: [size, 1, 1, size], data: unit });
      const made = Math.floor(Math.fround(size * Math.fround(scale)));
      const cropped = each.coordinate_transformation_mode === "tf_crop_and_resize";
      const region = cropped ? ([0.1, 0.8] as const) : ([0, 1] as const);
      const inputs = cropped
        ? [x, vector(0, 0, 0, region[0], 1, 1, 1, region[1]), undefined, int64s([size, 1, 1, made])]
        : [x, undefined, vector(1, 1, 1, scale)];
      const y = apply(resizeOp, inputs, each);
      const [found] = await evaluate(y);
      expect([y.shape, made]).toEqual([found!.shape, found!.shape[3]]);
      const axis = { size, made, scale: Math.fround(cropped ? made / size : scale), region };
      const attributes = Attributes.of(resizeOp.attributes, each);
      resizeMatrix(attributes, axis).forEach((row, place) => {
        for (let i = 0; i < size; i++) {
          expect(
            Math.abs((row.get(i) ?? 0) - Number(found!.data[i * made + place])),
            `${size} × ${scale}: input ${i} in output ${place}`,
          ).toBeLessThan(1e-5);
        }
      });
    }
  });
});

test("a long dimension, whose matrix would be large, gets the same gradient by scattering (1e-5)", async () => {
  const x = constant({ dtype: "float32", shape: [2, 1, 1500], data: new Float32Array(3000) });
  for (const [y, matrix] of [
    [resize(x, { scales: 2, mode: "cubic" }), { size: 1500, made: 3000, scale: 2 }],
    [
      resize(x, { sizes: [1000], mode: "linear" }),
      { size: 1500, made: 1000, scale: Math.fround(1000 / 1500) },
    ],
  ] as const) {
    const weights = Float32Array.from({ length: 2 * matrix.made }, (_, i) => Math.sin(i));
    const by = constant({ dtype: "float32", shape: [2, 1, matrix.made], data: weights });
    const [g] = await evaluate(...gradient(reduceSum(mul(y, by)), [x]));
    const wanted = new Float64Array(3000);
    const node = y.producer as Node;
    resizeMatrix(node.attributes, { ...matrix, region: [0, 1] }).forEach((row, place) => {
      for (const [at, weight] of row)
        for (const i of [0, 1]) wanted[i * 1500 + at]! += weight * weights[i * matrix.made + place]!;
    });
    wanted.forEach((value, i) => expect(Math.abs(value - Number(g!.data[i]))).toBeLessThan(1e-5));
  }
});
