import { describe, expect, test } from "vitest";
import type { ColumnSchema, Frame } from "../schema/index.ts";
import { encodeTarget, inferTaskKind, readTask, rowsWithTarget } from "./target.ts";

function numbers(...values: number[]): Frame {
  const column: ColumnSchema = { name: "y", kind: "number", role: "target", dtype: "float64" };
  return {
    schema: { columns: [column] },
    rowCount: values.length,
    columns: new Map([["y", { type: "number", values: Float64Array.from(values) }]]),
  };
}

function labels(...cells: (string | null)[]): Frame {
  const dictionary = [...new Set(cells.filter((cell) => cell !== null))];
  return {
    schema: { columns: [{ name: "y", kind: "category", role: "target" }] },
    rowCount: cells.length,
    columns: new Map([
      [
        "y",
        {
          type: "string",
          codes: Int32Array.from(cells, (cell) => (cell === null ? -1 : dictionary.indexOf(cell))),
          dictionary,
        },
      ],
    ]),
  };
}

const task = (frame: Frame, kind?: "regression" | "classification", positive?: string) =>
  readTask(frame, frame.schema.columns[0]!, { kind, positive });

describe("levels", () => {
  const levels = (frame: Frame, order?: readonly string[], positive?: string) =>
    readTask(frame, frame.schema.columns[0]!, { kind: "ordinal", order, positive });
  const words = labels("high", "low", "medium", "low");

  test.each([
    ["numbers ascend", numbers(10, 2, 3, 2), undefined, ["2", "3", "10"]],
    ["words of a known scale stand in its order", words, undefined, ["low", "medium", "high"]],
    [
      "case and joints of words do not matter",
      labels("Very Good", "very_bad", "OK"),
      undefined,
      ["very_bad", "OK", "Very Good"],
    ],
    ["the user's order comes first", words, ["high", "medium", "low"], ["high", "medium", "low"]],
  ] as const)("%s", (_, frame, order, classes) => {
    expect(levels(frame, order)).toEqual({ kind: "classification", target: "y", classes, ordered: true });
  });

  test("--order alone asks for levels, and their codes stand in it", () => {
    const order = ["low", "medium", "high"];
    const found = readTask(words, words.schema.columns[0]!, { order });
    expect(encodeTarget(words, found)).toEqual({
      kind: "classification",
      classCount: 3,
      codes: Int32Array.of(2, 0, 1, 0),
      ordered: true,
    });
  });

  test.each([
    [
      labels("red", "green", "blue"),
      undefined,
      /order of the levels of "y" is not known.*PARAMETER_MISSING/s,
    ],
    [words, ["low", "high"], /does not name "medium".*PARAMETER_RANGE/s],
    [words, ["low", "medium", "high", "top"], /names "top", which no row holds.*PARAMETER_RANGE/s],
    [words, ["low", "medium", "low", "high"], /names "low" twice.*PARAMETER_RANGE/s],
    [labels("low", "high"), undefined, /has 2 levels.*--task classification.*PARAMETER_CONFLICT/s],
    [numbers(...Array.from({ length: 31 }, (_, i) => i)), undefined, /31 levels.*PARAMETER_CONFLICT/s],
  ] as const)("what cannot be ordered is refused: %#", (frame, order, message) => {
    expect(() => levels(frame, order)).toThrow(message);
  });

  test("a positive label, and an order of another task, are refused", () => {
    expect(() => levels(words, undefined, "low")).toThrow(/PARAMETER_CONFLICT/);
    expect(() =>
      readTask(words, words.schema.columns[0]!, { kind: "classification", order: ["low", "medium", "high"] }),
    ).toThrow(/PARAMETER_CONFLICT/);
  });
});

describe("task", () => {
  test.each([
    ["two whole numbers are classes", [0, 1, 1, 0], "classification"],
    ["three whole numbers are a quantity", [1, 2, 3], "regression"],
    ["fractions are a quantity", [0.5, 1, 0.5], "regression"],
  ] as const)("%s", (_, values, kind) => {
    const frame = numbers(...values);
    expect(inferTaskKind(frame.schema.columns[0]!, frame)).toBe(kind);
  });

  test("labels stand in a fixed order, numbers by value, whatever the order of rows", () => {
    expect(task(numbers(10, 2, 10, 9), "classification")).toMatchObject({ classes: ["2", "9", "10"] });
    expect(task(labels("b", "a", "c"))).toMatchObject({ classes: ["a", "b", "c"] });
    expect(task(labels("c", "b", "a"))).toMatchObject({ classes: ["a", "b", "c"] });
  });

  test.each([
    ["a word for the event", ["no", "yes", "no", "yes", "yes"], "yes"],
    ["1 of 0 and 1", ["0", "1", "1"], "1"],
    ["the rarer label, when no word tells", ["red", "blue", "blue"], "red"],
  ] as const)("the positive label is %s", (_, cells, positive) => {
    expect(task(labels(...cells))).toMatchObject({ positive });
  });

  test("the user's positive label is kept, and must be one of the labels", () => {
    expect(task(labels("no", "yes"), undefined, "no")).toMatchObject({ positive: "no" });
    expect(() => task(labels("no", "yes"), undefined, "maybe")).toThrow(/"maybe".*no, yes.*PARAMETER_RANGE/s);
    expect(() => task(labels("a", "b", "c"), undefined, "a")).toThrow(/PARAMETER_CONFLICT/);
  });

  test("a constant target is refused with its value", () => {
    expect(() => task(labels("a", "a", null))).toThrow(/one value, "a", in all 3 rows.*TARGET_CONSTANT/s);
    expect(() => task(numbers(7, 7), "regression")).toThrow(/TARGET_CONSTANT/);
  });

  test("numbers whose squares float64 does not hold are refused with another unit", () => {
    expect(() => task(numbers(1e200, -2e200, 0), "regression")).toThrow(
      /2\.000e\+200.*\/ 2e\+200.*DATA_BAD_VALUE/s,
    );
    expect(() => task(numbers(1e-200, 3e-200, 0), "regression")).toThrow(/3\.000e-200.*DATA_BAD_VALUE/s);
    expect(task(numbers(1e100, -2e100, 0), "regression")).toMatchObject({ kind: "regression" });
  });

  test("regression of labels is refused with the two ways out", () => {
    expect(() => task(labels("1", "2"), "regression")).toThrow(/--task classification.*--column y=number/s);
    expect(() => task(labels("it's", "no"), "regression")).toThrow(
      /--sql "SELECT \* REPLACE \(CASE y WHEN 'it''s' THEN 1 ELSE 0 END AS y\) FROM FILE"/,
    );
  });

  test("almost as many labels as rows is no classification", () => {
    expect(() => task(labels(...Array.from({ length: 90 }, (_, i) => `label ${i}`)))).toThrow(
      /90 different labels in 90 rows/,
    );
  });
});

test("rows without a target are set aside, infinities too", () => {
  expect([...rowsWithTarget(numbers(1, Number.NaN, 2, Infinity), "y")]).toEqual([0, 2]);
  expect([...rowsWithTarget(labels("a", null, "b"), "y")]).toEqual([0, 2]);
});

test("a label that the model does not know names the row", () => {
  expect(() =>
    encodeTarget(labels("a", "z"), { kind: "classification", target: "y", classes: ["a", "b"] }),
  ).toThrow(/Row 2 has the label "z" in "y", and the model knows a, b/);
});
