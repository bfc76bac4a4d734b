/** What is told of a cluster: the largest difference of a column, and what its rows are where two say the same. */
import { expect, test } from "vitest";
import { category, defineSchema, type Frame, number } from "../../schema/index.ts";
import { describeClusters } from "./describe.ts";

/** 10 rows of "yes" with 1, then 10 of "no" with 3. */
const frame: Frame = {
  rowCount: 20,
  schema: { columns: defineSchema({ member: category(), size: number() }).columns },
  columns: new Map([
    [
      "member",
      {
        type: "string",
        codes: Int32Array.from({ length: 20 }, (_, i) => (i < 10 ? 1 : 0)),
        dictionary: ["no", "yes"],
      },
    ],
    ["size", { type: "number", values: Float64Array.from({ length: 20 }, (_, i) => (i < 10 ? 1 : 3)) }],
  ]),
};
const members = Int32Array.from({ length: 20 }, (_, i) => (i < 10 ? 0 : 1));

test("each cluster is told by the value that it has, with its effect in deviations", () => {
  const [first, second] = describeClusters(frame, members, ["1", "2"]);
  expect(first!.differences).toEqual([
    { kind: "share", column: "member", value: "yes", share: 1, overall: 0.5, effect: 1 },
    { kind: "mean", column: "size", of: "number", mean: 1, overall: 2, effect: -1 },
  ]);
  expect(second!.differences[0]).toMatchObject({ value: "no", share: 1, effect: 1 });
});

test("a cluster of fewer than five rows is counted and not described", () => {
  const few = members.map((_, i) => (i < 4 ? 0 : 1));
  const [first, second] = describeClusters(frame, few, ["1", "2"]);
  expect(first).toMatchObject({ rows: 4, differences: [] });
  expect(second).toMatchObject({ rows: 16 });
});
