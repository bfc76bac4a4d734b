import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import type { Cells, Schema } from "../schema/index.ts";
import { goldenFrame } from "./golden.ts";
import { distributionOf, minRowsShown, referenceProfile } from "./profile.ts";

const numbers = (values: number[]) => ({ type: "number" as const, values: Float64Array.from(values) });

describe("reference profile", () => {
  test("every bin holds at least five rows, and the shares with the missing ones are all rows", () => {
    const random = createRandom(1);
    for (const count of [5, 9, 10, 11, 57, 1000]) {
      const values = Array.from({ length: count }, () =>
        random.next() < 0.2 ? Number.NaN : Math.round(30 * random.next()),
      );
      const found = distributionOf(numbers(values), count);
      if (found.kind !== "histogram") throw new Error("a number has a histogram");
      expect(found.shares).toHaveLength(found.edges.length + 1);
      const present = values.filter((value) => !Number.isNaN(value)).length;
      if (present >= 2 * minRowsShown)
        for (const share of found.shares)
          expect(Math.round(share * count)).toBeGreaterThanOrEqual(minRowsShown);
      const total = found.shares.reduce((sum, share) => sum + share, found.missing);
      expect(total).toBeCloseTo(1, 12);
    }
  });

  test("the shares are those of counting rows between the edges", () => {
    const random = createRandom(2);
    const values = Array.from({ length: 400 }, () => random.normal());
    const found = distributionOf(numbers(values), 400);
    if (found.kind !== "histogram") throw new Error("a number has a histogram");
    const { edges, shares } = found;
    shares.forEach((share, bin) => {
      const inside = values.filter(
        (value) => value >= (edges[bin - 1] ?? -Infinity) && value < (edges[bin] ?? Infinity),
      );
      expect(share).toBeCloseTo(inside.length / 400, 12);
    });
  });

  test("a value held by four rows is not in the profile, one held by five is", () => {
    const cells = {
      type: "string" as const,
      dictionary: ["often", "secret", "five"],
      codes: Int32Array.from([...Array<number>(20).fill(0), 1, 1, 1, 1, 2, 2, 2, 2, 2, -1]),
    };
    const found = distributionOf(cells, 30);
    expect(found).toMatchObject({
      kind: "frequencies",
      values: ["often", "five"],
      other: 4 / 30,
      missing: 1 / 30,
    });
    expect(JSON.stringify(found)).not.toContain("secret");
  });
});

test("golden rows are drawn from the profile alone: the same seed gives the same rows, the first has nothing", () => {
  const schema: Schema = {
    columns: [
      { name: "n", kind: "number", role: "feature", dtype: "float32" },
      { name: "c", kind: "category", role: "feature" },
    ],
  };
  const frame = {
    schema,
    rowCount: 100,
    columns: new Map<string, Cells>([
      ["n", numbers(Array.from({ length: 100 }, (_, i) => i / 7))],
      [
        "c",
        {
          type: "string" as const,
          dictionary: ["a", "b"],
          codes: Int32Array.from({ length: 100 }, (_, i) => i % 2),
        },
      ],
    ]),
  };
  const profile = referenceProfile(frame, ["n", "c"]);
  const [first, again] = [
    goldenFrame(schema, profile, createRandom(1)),
    goldenFrame(schema, profile, createRandom(1)),
  ];
  expect(again).toEqual(first);
  const n = first.columns.get("n");
  const c = first.columns.get("c");
  if (n?.type !== "number" || c?.type !== "string") throw new Error("kinds are kept");
  expect(n.values[0]).toBeNaN();
  expect(c.codes[0]).toBe(-1);
  expect(c.dictionary[c.codes[1]!]).toBe("(never seen)");
  for (const value of n.values.slice(1)) expect(Math.fround(value)).toBe(value);
});
