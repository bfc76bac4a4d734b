import * as fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import { type Json, MillwrightError } from "../core/index.ts";
import { boolean, category, datetime, defineSchema, number, type Schema, text } from "../schema/index.ts";
import { type FromJsonSchema, findProblem } from "./json-schema.ts";
import { decodeMetadata, encodeMetadata, type ModelMetadata } from "./metadata.ts";
import { metadataSchemas } from "./metadata-schemas.ts";

const binary: ModelMetadata = {
  schema: {
    columns: defineSchema({
      age: number({ dtype: "float32", missing: ["-1"], format: { decimal: ",", percent: true } }),
      plan: category(),
      paid: boolean({ written: ["yes", "no"] }),
      when: datetime({ clock: "wall", order: "dmy" }),
      note: text(),
      left: category({ role: "target", labels: ["no", "yes"] }),
    }).columns,
  },
  task: { kind: "binary", target: "left", positive: "yes", threshold: 0.3 },
  classes: ["no", "yes"],
  golden: {
    inputs: {
      age: [30.5, null],
      plan: ["a", null],
      paid: ["true", null],
      when: [0, null],
      note: ["x y", null],
    },
    prediction: ["yes", "no"],
    probabilities: [
      [0.25, 0.75],
      [0.5, 0.5],
    ],
  },
  card: {
    summary: "Predicts left from 5 columns.",
    members: [{ family: "boosting", weight: 1, parameters: { maxLeaves: 31 }, summary: { trees: 100 } }],
    policy: { "missing column": "error" },
    leftOut: [{ column: "id", reason: "names a row" }],
    notes: [],
    software: "millwright 0.1.0",
  },
  metrics: {
    rows: "test",
    rowCount: 100,
    values: [{ name: "rocAuc", value: 0.9, low: 0.8, high: 0.95, baseline: 0.5 }],
  },
  data: { rowCount: 1000, columnCount: 7, sha256: "0".repeat(64) },
  profile: {
    rowCount: 1000,
    columns: {
      age: {
        kind: "histogram",
        missing: 0.1,
        edges: [20, 40],
        shares: [0.3, 0.3, 0.3],
        mean: 30,
        deviation: 8,
      },
      plan: { kind: "frequencies", missing: 0, values: ["a"], shares: [0.9], other: 0.1 },
    },
    prediction: { kind: "histogram", missing: 0, edges: [0.5], shares: [0.5, 0.5] },
  },
  recipe: { seed: 1, options: { budget: 10 }, software: "millwright 0.1.0" },
};
const regression: ModelMetadata = {
  schema: { columns: defineSchema({ rooms: number(), price: number({ role: "target" }) }).columns },
  task: { kind: "regression", target: "price" },
  golden: { inputs: { rooms: [1] }, prediction: [10] },
};
/** A deep change of plain data. */
function changed(
  pairs: Record<string, string>,
  key: string,
  change: (value: never) => unknown,
): Record<string, string> {
  const value = JSON.parse(pairs[key]!) as never;
  return { ...pairs, [key]: JSON.stringify(change(value) ?? value) };
}

test.each([
  ["binary", binary],
  ["regression", regression],
])("%s metadata survive the file", (_, metadata) => {
  expect(decodeMetadata({ ...encodeMetadata(metadata), author: "me" }, "x.onnx")).toEqual(metadata);
});

test("the inferred types are those of the contracts", () => {
  type ColumnsInFile = FromJsonSchema<(typeof metadataSchemas)["millwright.schema"]>;
  expectTypeOf<ColumnsInFile>().toExtend<Schema>();
  expectTypeOf<Schema>().toExtend<ColumnsInFile>();
  type Keys<C> = C extends { readonly kind: infer K extends string } ? `${K}.${keyof C & string}` : never;
  expectTypeOf<Keys<ColumnsInFile["columns"][number]>>().toEqualTypeOf<Keys<Schema["columns"][number]>>();
  expectTypeOf<ModelMetadata["task"]>().toEqualTypeOf<{
    readonly kind:
      | "regression"
      | "binary"
      | "multiclass"
      | "ordinal"
      | "multilabel"
      | "clustering"
      | "forecast"
      | "tags";
    readonly target: string;
    readonly positive?: string;
    readonly threshold?: number;
    readonly thresholds?: readonly number[];
    readonly separator?: string;
    readonly columns?: readonly string[];
    readonly step?: number;
    readonly stepUnit?: "milliseconds" | "months" | "number";
    readonly season?: number;
    readonly constant?: readonly number[];
  }>();
  expectTypeOf<NonNullable<ModelMetadata["card"]>["members"][number]["parameters"]>().toEqualTypeOf<Json>();
});

const pairs = encodeMetadata(binary);
const plain = encodeMetadata(regression);
describe("MODEL_INVALID for broken metadata", () => {
  test.each<[string, Record<string, string>, string]>([
    ["no format", {}, "without the metadata key millwright.format"],
    ["no schema", { "millwright.format": "1" }, "has no metadata key millwright.schema"],
    [
      "a constant answer of another width",
      changed(pairs, "millwright.task", (task: object) => ({ ...task, constant: [0.2, 0.3, 0.5] })),
      "doing nothing answers 3 numbers, and the file 2",
    ],
    ["an unknown key", { ...pairs, "millwright.codes": "1" }, '"millwright.codes"'],
    ["not JSON", { ...pairs, "millwright.task": "{kind" }, "no JSON under millwright.task"],
    [
      "an unknown kind",
      changed(pairs, "millwright.schema", (v: { columns: { kind: string }[] }) => {
        v.columns[1]!.kind = "colour";
      }),
      'columns[1].kind is "colour"',
    ],
    [
      "an unknown dtype",
      changed(pairs, "millwright.schema", (v: { columns: { dtype: string }[] }) => {
        v.columns[0]!.dtype = "int8";
      }),
      "columns[0].dtype",
    ],
    [
      "an unknown property",
      changed(pairs, "millwright.task", (v: object) => ({ ...v, extra: 1 })),
      'unknown property "extra"',
    ],
    [
      "a threshold of 2",
      changed(pairs, "millwright.task", (v: object) => ({ ...v, threshold: 2 })),
      "threshold is 2",
    ],
    ["a repeated class", { ...pairs, "millwright.classes": '["no","no"]' }, "repeats an item"],
    ["no class", { ...pairs, "millwright.classes": "[]" }, "has 0 items"],
    ["another order of classes", { ...pairs, "millwright.classes": '["yes","no"]' }, "labels differ"],
    [
      "a positive that is no class",
      changed(pairs, "millwright.task", (v: object) => ({ ...v, positive: "y" })),
      "is not a class",
    ],
    [
      "another target",
      changed(pairs, "millwright.task", (v: object) => ({ ...v, target: "age" })),
      'predicts "age"',
    ],
    ["classes of a number", { ...plain, "millwright.classes": '["1"]' }, "has no millwright.classes"],
    [
      "a number as a class",
      changed(plain, "millwright.task", (v: object) => ({ ...v, kind: "regression", target: "rooms" })),
      '"rooms"',
    ],
    [
      "golden rows of other columns",
      changed(plain, "millwright.golden", () => ({ inputs: { room: [1] }, prediction: [1] })),
      'lack the column "rooms"',
    ],
    [
      "golden rows of other lengths",
      changed(plain, "millwright.golden", () => ({ inputs: { rooms: [1, 2] }, prediction: [1] })),
      "1 answers",
    ],
    [
      "golden labels of a number",
      changed(plain, "millwright.golden", () => ({ inputs: { rooms: [1] }, prediction: ["1"] })),
      "not a number",
    ],
    [
      "golden probabilities of another width",
      changed(pairs, "millwright.golden", (v: object) => ({ ...v, probabilities: [[1], [1]] })),
      "2 × 2",
    ],
    [
      "no feature",
      changed(plain, "millwright.schema", (v: { columns: { role: string }[] }) => {
        v.columns[0]!.role = "ignore";
      }),
      "no column of the schema is a feature",
    ],
    [
      "a prototype as a key",
      changed(plain, "millwright.golden", () => JSON.parse('{"inputs":{"__proto__":[1]},"prediction":[1]}')),
      'lack the column "rooms"',
    ],
  ])("%s", (_, broken, words) => {
    expect(() => decodeMetadata(broken, "x.onnx")).toThrow(
      expect.objectContaining({ code: "MODEL_INVALID", message: expect.stringContaining(words) }),
    );
  });
});

test("another version of the file is MODEL_VERSION", () => {
  expect(() => decodeMetadata({ ...pairs, "millwright.format": "7" }, "x.onnx")).toThrow(
    expect.objectContaining({ code: "MODEL_VERSION", message: expect.stringContaining('version "7"') }),
  );
});

test("whatever JSON stands under a key, the answer is metadata or one MillwrightError", () => {
  const keys = Object.keys(metadataSchemas);
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
      try {
        decodeMetadata({ ...pairs, [key]: JSON.stringify(value) }, "x.onnx");
      } catch (error) {
        expect(error).toBeInstanceOf(MillwrightError);
        expect((error as Error).message.length).toBeLessThan(600);
      }
    }),
    { numRuns: 500, seed: 1 },
  );
});

test("each required property of the card is asked for by name", () => {
  const { card } = binary;
  expect(findProblem(metadataSchemas["millwright.card"], card)).toBeUndefined();
  for (const key of metadataSchemas["millwright.card"].required) {
    const { [key]: _, ...rest } = card!;
    expect(findProblem(metadataSchemas["millwright.card"], rest, "card")).toBe(`card lacks "${key}"`);
  }
});
