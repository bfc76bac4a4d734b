/** A file that takes sequences: rows in the order of their time in, the next values out. */
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  add,
  concat,
  graph,
  input,
  isNaN,
  reduceSum,
  scalar,
  slice,
  squeeze,
  where,
  writeOnnx,
} from "../graph/index.ts";
import {
  defineSchema,
  number,
  type PredictionOf,
  type RowOf,
  type Sequence,
  sequence,
} from "../schema/index.ts";
import { load } from "./load.ts";
import { encodeMetadata, type ModelMetadata } from "./metadata.ts";
import { typesModule } from "./types-module.ts";

const columns = ["load", "open"] as const;
const schemaOf = (pad: "before" | "behind") =>
  defineSchema({
    sequence: sequence({ steps: 3, columns, pad }),
    load: number({ role: "target", horizon: 2 }),
  });
const schema = schemaOf("before");
const bytesOf = (values: readonly number[]): string =>
  Buffer.from(Float64Array.from(values).buffer).toString("base64");

const golden: ModelMetadata["golden"] = {
  inputs: { sequence: [bytesOf([1, 0, 2, 0, 3, 1]), bytesOf([NaN, NaN, NaN, NaN, 5, 1])] },
  prediction: [
    [6, 4],
    [5, 6],
  ],
};

/** First answer: the sum of the loads; second: the last load and whether it is open then. */
function nodes() {
  const x = input("sequence", "float64", ["batch", 3, 2]);
  const there = where(isNaN(x), scalar("float64", 0), x);
  const sum = reduceSum(slice(there, [0], [1], [2]), { axes: [1] });
  const last = squeeze(slice(there, [2], [3], [1]), [1]);
  return { x, prediction: concat([sum, add(slice(last, [0], [1], [1]), slice(last, [1], [2], [1]))], 1) };
}

function sums(told: ModelMetadata["golden"], pad: "before" | "behind" = "before"): Uint8Array {
  const { x, prediction } = nodes();
  const metadata = encodeMetadata({
    schema: schemaOf(pad),
    task: { kind: "forecast", target: "load", step: 1, stepUnit: "number" },
    golden: told,
  });
  return writeOnnx(graph({ inputs: [x], outputs: { prediction } }), { metadata });
}

describe("rows in the order of their time", () => {
  test("as objects or as numbers; the latest count, shorter ones are filled up before", async () => {
    const model = await load(sums(golden), schema);
    const rows = [9, 1, 2, 3].map((value) => ({ load: value, open: value === 3 }));
    const answers = await model.predict([
      { sequence: rows },
      { sequence: Float64Array.of(9, 0, 1, 0, 2, 0, 3, 1) },
      { sequence: [{ load: 5, open: 1 }] },
      { sequence: [{ load: null, open: null }] },
    ]);
    expect(answers.map(({ prediction }) => prediction)).toEqual([
      [6, 4],
      [6, 4],
      [5, 6],
      [0, 0],
    ]);
    expect((await model.predictOne({ sequence: rows })).prediction).toEqual([6, 4]);
    await model.close();
  });

  test("shorter ones are filled up behind where the file says so", async () => {
    const told = { inputs: { sequence: [] }, prediction: [] };
    const model = await load(sums(told, "behind"));
    const { prediction } = await model.predictOne({ sequence: [{ load: 5, open: 1 }] });
    expect(prediction).toEqual([5, 0]);
    await model.close();
  });

  test("what is no sequence is refused, and so are tables", async () => {
    const model = await load(sums(golden), undefined, { name: "sums.onnx" });
    for (const odd of [[{ load: 1 }], [{ load: "1", open: 1 }], [3], Float64Array.of(1, 2, 3), null]) {
      await expect(model.predictOne({ sequence: odd as never })).rejects.toMatchObject({
        code: "SCHEMA_WRONG_KIND",
        message: expect.stringContaining("sequence (3 steps of load, open), and rows[0] has"),
        fix: expect.stringContaining('Pass an array of rows such as { "load": 1, "open": 1 }'),
      });
    }
    const cells = new Map([["sequence", { type: "number", values: new Float64Array(1) } as const]]);
    await expect(model.predictColumns(cells, 1)).rejects.toMatchObject({
      code: "SCHEMA_WRONG_KIND",
      message: expect.stringContaining("which no column of a table holds"),
    });
    await model.close();
  });
});

test("golden sequences are proven, and must be sequences", async () => {
  const wrong = {
    ...golden,
    prediction: [
      [6, 4],
      [5, 7],
    ],
  };
  await expect(load(sums(wrong))).rejects.toMatchObject({
    code: "MODEL_CHANGED",
    message: expect.stringContaining("7 as value 2"),
  });
  for (const cell of ["AAAA", "no base64!", null]) {
    const odd = { ...golden, inputs: { sequence: [golden.inputs["sequence"]![0]!, cell] } };
    await expect(load(sums(odd))).rejects.toMatchObject({ code: "MODEL_INVALID" });
  }
  expect(() => sums({ ...golden, prediction: [[6, 4], [5]] })).toThrow("a golden answer is not 2 numbers");
});

describe("intervals of a forecast", () => {
  const withCoverage = defineSchema({
    sequence: sequence({ steps: 3, columns, pad: "before" }),
    load: number({ role: "target", horizon: 2, coverage: 0.8 }),
  });
  const low = [
    [5, 3],
    [4, 5],
  ];
  const high = [
    [8, 6],
    [7, 8],
  ];
  /** One below and two above. */
  function file(
    told: ModelMetadata["golden"],
    outputs: readonly ("low" | "high")[] = ["low", "high"],
  ): Uint8Array {
    const { x, prediction } = nodes();
    const ends = { low: add(prediction, -1), high: add(prediction, 2) };
    const own = Object.fromEntries(outputs.map((name) => [name, ends[name]]));
    const metadata = encodeMetadata({
      schema: withCoverage,
      task: { kind: "forecast", target: "load", step: 1, stepUnit: "number" },
      golden: told,
    });
    return writeOnnx(graph({ inputs: [x], outputs: { prediction, ...own } }), { metadata });
  }

  test("stand beside the values, and the types say so", async () => {
    const model = await load(file({ ...golden, low, high }), withCoverage);
    const rows = [1, 2, 3].map((value) => ({ load: value, open: value === 3 }));
    const [one, two] = await model.predict([{ sequence: rows }, { sequence: [{ load: 5, open: 1 }] }]);
    expect(one).toEqual({ prediction: [6, 4], low: [5, 3], high: [8, 6] });
    expect(two).toEqual({ prediction: [5, 6], low: [4, 5], high: [7, 8] });
    expectTypeOf(one!).toEqualTypeOf<
      { readonly prediction: readonly number[] } & {
        readonly low: readonly number[];
        readonly high: readonly number[];
      }
    >();
    await model.close();
    const text = typesModule(model.metadata, "sums");
    expect(text).toContain('  load: number({ role: "target", horizon: 2, coverage: 0.8 }),');
  });

  test("are proven, and must be there where the schema says so", async () => {
    const wrong = [low[0]!, [4, 9]];
    await expect(load(file({ ...golden, low: wrong, high }))).rejects.toMatchObject({
      code: "MODEL_CHANGED",
      message: expect.stringContaining("9 as low end 2"),
    });
    await expect(load(file({ ...golden, low, high }, ["low"]))).rejects.toThrow('has no output "high"');
    expect(() => file(golden)).toThrow("the golden low ends are not 2 × 2");
    expect(() => sums({ ...golden, low, high })).toThrow(
      "the golden rows have intervals, and the file gives none",
    );
    await expect(load(sums(golden), withCoverage)).rejects.toMatchObject({
      code: "SCHEMA_MISMATCH",
      message: expect.stringContaining("number (the next 2, with intervals of 80 %)"),
    });
  });
});

test("the types say rows in and the next values out", () => {
  expectTypeOf<RowOf<typeof schema>>().toEqualTypeOf<{ readonly sequence: Sequence }>();
  expectTypeOf<PredictionOf<typeof schema>>().toEqualTypeOf<{ readonly prediction: readonly number[] }>();
  const text = typesModule({ schema, task: { kind: "forecast", target: "load" }, golden }, "sums");
  expect(text).toContain("import { defineSchema, number, type PredictionOf, type RowOf, sequence }");
  expect(text).toContain('  sequence: sequence({ steps: 3, columns: ["load", "open"], pad: "before" }),');
  expect(text).toContain('  load: number({ role: "target", horizon: 2 }),');
});
