import { expect, test } from "vitest";
import { bootstrapInterval, scoredRows } from "../../evaluate/index.ts";
import { metric } from "../../metrics/index.ts";
import type { ColumnSchema } from "../../schema/index.ts";
import { judgedAt } from "../../select/index.ts";
import { judgedRows, judgedSchema } from "./labelled.ts";

const rowCount = 400;
const columns: ColumnSchema[] = [
  { name: "x", kind: "number", role: "feature", dtype: "float64" },
  { name: "customer", kind: "category", role: "group" },
  { name: "note", kind: "text", role: "ignore" },
  { name: "y", kind: "number", role: "target", dtype: "float64" },
];
/** Ten rows a customer, all wrong by the customer's own amount. */
const customers = Int32Array.from({ length: rowCount }, (_, row) => Math.floor(row / 10));
const errors = Float64Array.from(customers, (customer) => (customer * 7) % 11);

test("rows are judged with their groups, whose intervals are wider than those of rows drawn alone", () => {
  const frame = {
    schema: { columns },
    rowCount,
    columns: new Map([
      [
        "customer",
        {
          type: "string",
          codes: customers,
          dictionary: Array.from({ length: 40 }, (_, i) => `${i}`),
        } as const,
      ],
    ]),
  };
  const y = { kind: "regression", values: new Float64Array(rowCount) } as const;
  const places = Uint32Array.from({ length: 200 }, (_, i) => 2 * i);
  const task = { kind: "regression", target: "y" } as const;
  const judged = judgedAt(judgedRows({ frame, y }, task), places);
  expect(judged.groups).toEqual(Int32Array.from(places, (place) => customers[place]!));
  const rows = scoredRows(
    judged.y,
    Float64Array.from(places, (place) => errors[place]!),
    judged,
  );
  const width = (groups: Int32Array | undefined): number => {
    const { low, high } = bootstrapInterval(metric("mae"), rows, { seed: 1, groups });
    return high - low;
  };
  // Five equal rows a customer: the honest interval is √5 times as wide.
  expect(width(judged.groups) / width(undefined)).toBeGreaterThan(1.9);
  expect(judgedRows({ y }, task).groups).toBeUndefined();
});

test("judging reads what the model takes, the answers, and the column of the groups", () => {
  expect(judgedSchema({ columns }).columns.map(({ name }) => name)).toEqual(["x", "customer", "y"]);
});
