import { describe, expect, test } from "vitest";
import { numbersEncoder } from "../encoders/numbers.ts";
import { ordinalEncoder } from "../encoders/ordinal.ts";
import { fitFeatures } from "../fit-features.ts";
import { byName, contextOf, frameOf, type Plain } from "../frame-fixture.ts";
import { chainOf } from "../step.ts";
import { interactions, type InteractionsOptions } from "./interactions.ts";

const { NaN: missing } = Number;
const made = async (columns: Readonly<Record<string, Plain>>, options: InteractionsOptions) => {
  const chain = chainOf(Object.keys(columns), numbersEncoder, [interactions(options)]);
  return byName((await fitFeatures([chain], frameOf(columns), contextOf())).matrix);
};
const three = { a: [2, null, -3], b: [5, 7, 0], c: [10, 1, 4] };

test.each<{ name: string; options: InteractionsOptions; expected: Record<string, number[]> }>([
  {
    name: "products beside the features",
    options: {},
    expected: {
      a: [2, missing, -3],
      b: [5, 7, 0],
      c: [10, 1, 4],
      "a × b": [10, missing, -0],
      "a × c": [20, missing, -12],
      "b × c": [50, 7, 0],
    },
  },
  {
    name: "ratios alone, the earlier over the later; over 0 is missing",
    options: { products: false, ratios: true, keep: false },
    expected: { "a / b": [0.4, missing, missing], "a / c": [0.2, missing, -0.75], "b / c": [0.5, 7, 0] },
  },
  {
    name: "powers alone",
    options: { products: false, powers: 3, keep: false },
    expected: {
      "a^2": [4, missing, 9],
      "b^2": [25, 49, 0],
      "c^2": [100, 1, 16],
      "a^3": [8, missing, -27],
      "b^3": [125, 343, 0],
      "c^3": [1000, 1, 64],
    },
  },
])("$name", async ({ options, expected }) => {
  expect(await made(three, options)).toEqual(expected);
});

test("what is too large is infinite, and a product of 0 and infinity is missing", async () => {
  const columns = { a: [1e200, -1e200, 0, Infinity], b: [1e200, 1e200, Infinity, 2] };
  expect(await made(columns, { powers: 2, keep: false })).toEqual({
    "a^2": [Infinity, Infinity, 0, Infinity],
    "b^2": [Infinity, Infinity, Infinity, 4],
    "a × b": [Infinity, -Infinity, missing, Infinity],
  });
});

test("a feature alone has its powers, and stays where there is no pair", async () => {
  expect(await made({ a: [2] }, { powers: 2 })).toEqual({ a: [2], "a^2": [4] });
  expect(await made({ a: [2] }, {})).toEqual({ a: [2] });
});

test("a product knows the columns of both sides", async () => {
  const chain = chainOf(["a", "b"], numbersEncoder, [interactions()]);
  const { features } = await fitFeatures([chain], frameOf({ a: [1], b: [2] }), contextOf());
  expect(features.at(-1)).toEqual({ name: "a × b", sources: ["a", "b"], kind: "number" });
});

describe("refused", () => {
  const four = { a: [1], b: [1], c: [1], d: [1] };
  test.each([
    {
      name: "more pairs than the limit",
      columns: four,
      options: { maxPairs: 5 },
      words: /4 features are 6 pairs, and maxPairs is 5/,
    },
    { name: "a pair of one", columns: { a: [1] }, options: { keep: false }, words: /"a" stands alone/ },
  ])("$name", async ({ columns, options, words }) => {
    await expect(made(columns, options)).rejects.toMatchObject({
      code: "PARAMETER_CONFLICT",
      message: expect.stringMatching(words) as string,
    });
  });

  test("nothing to make, and codes of categories", async () => {
    expect(() => interactions({ products: false })).toThrow(/switched off/);
    const codes = chainOf(["x"], ordinalEncoder(), [interactions({ powers: 2 })]);
    await expect(fitFeatures([codes], frameOf({ x: ["a", "b"] }), contextOf())).rejects.toThrow(
      /interactions needs numbers/,
    );
  });

  test("the limit counts pairs, which powers do not make", async () => {
    const options = { maxPairs: 1, products: false, powers: 2, keep: false };
    expect(Object.keys(await made(four, options))).toHaveLength(4);
  });
});
