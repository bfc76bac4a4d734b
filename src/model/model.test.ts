import { rmSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import {
  churnColumns,
  churnGraph,
  churnProbability,
  makeChurnModel,
} from "../../test/fixtures/churn-model.ts";
import { createRandom } from "../core/index.ts";
import { constant, graph, input, mul, scalar, writeOnnx } from "../graph/index.ts";
import { type Cells, category, defineSchema, number, type RowOf } from "../schema/index.ts";
import { load, readMetadata } from "./load.ts";
import { encodeMetadata, type ModelMetadata } from "./metadata.ts";
import type { Model } from "./model.ts";

type Row = RowOf<typeof churnColumns>;
let bytes: Uint8Array;
let metadata: ModelMetadata;
let model: Model<typeof churnColumns>;
beforeAll(async () => {
  ({ bytes, metadata } = await makeChurnModel());
  model = await load(bytes, churnColumns, { name: "churn.onnx" });
});
afterAll(() => model.close());

function randomRows(count: number): Row[] {
  const random = createRandom(3);
  const maybe = <T>(value: T): T | null => (random.next() < 0.1 ? null : value);
  const plans = ["basic", "plus", "größe L", "never seen", "😀"];
  return Array.from({ length: count }, () => ({
    tenure: maybe(random.normal() * 40),
    charges: maybe(random.next() < 0.01 ? Number.MAX_VALUE : random.next() * 200),
    plan: maybe(plans[random.integer(plans.length)]!),
    paperless: maybe(random.next() < 0.5),
    signup: maybe(new Date(Math.floor((random.next() - 0.2) * 2e12))),
    lastCall: maybe(new Date(Math.floor(random.next() * 2e12)).toISOString().slice(0, 19)),
    note: maybe(random.next() < 0.5 ? "" : "called"),
  }));
}
function reference(row: Row): number {
  return churnProbability({
    tenure: row.tenure ?? Number.NaN,
    charges: row.charges ?? Number.NaN,
    plan: row.plan ?? "",
    paperless: row.paperless === null ? "" : row.paperless ? "yes" : "no",
    signup: row.signup?.getTime() ?? Number.NaN,
    lastCall: row.lastCall === null ? Number.NaN : Date.parse(`${row.lastCall}Z`),
    note: row.note ?? "",
  });
}

test("rows are answered as the plain reference does, to 1e-12, in order, across blocks", async () => {
  const rows = randomRows(3000);
  const answers = await model.predict(rows);
  expect(answers).toHaveLength(rows.length);
  answers.forEach((answer, i) => {
    const expected = reference(rows[i]!);
    expect(answer.probabilities.Yes).toBeCloseTo(expected, 12);
    expect(answer.probabilities.No).toBeCloseTo(1 - expected, 12);
    expect(answer.prediction).toBe(expected >= 0.5 ? "Yes" : "No");
  });
  const labels = new Set(answers.map((answer) => answer.prediction));
  expect(labels).toEqual(new Set(["Yes", "No"]));
});

test("a row alone, many at once, and rows in flight together get the answer of their own row", async () => {
  const rows = randomRows(300);
  const together = await model.predict(rows);
  const singly = await Promise.all(rows.map((row) => model.predictOne(row)));
  const refused = rows.slice(0, 20).map((row) => model.predictOne({ ...row, tenure: "x" as never }));
  for (const result of await Promise.allSettled(refused)) expect(result.status).toBe("rejected");
  const again = await Promise.all(rows.map(async (row) => (await model.predict([row]))[0]));
  singly.forEach((answer, i) => {
    expect(answer.probabilities.Yes).toBeCloseTo(together[i]!.probabilities.Yes, 14);
    expect(again[i]).toEqual(answer);
  });
});

test("a row where rows are asked for is told so", async () => {
  await expect(model.predict(randomRows(1)[0] as never)).rejects.toMatchObject({
    code: "SCHEMA_WRONG_KIND",
    fix: "Pass [row], or call predictOne(row).",
  });
  await expect(model.predict(null as never)).rejects.toMatchObject({ code: "SCHEMA_WRONG_KIND" });
});

test("no row is no run", async () => {
  expect(await model.predict([])).toEqual([]);
  const none: Cells = { type: "number", values: new Float64Array(0) };
  const empty: Cells = { type: "string", codes: new Int32Array(0), dictionary: [] };
  const columns = new Map<string, Cells>([
    ...["tenure", "charges", "signup", "lastCall"].map((name) => [name, none] as const),
    ...["plan", "paperless", "note"].map((name) => [name, empty] as const),
  ]);
  expect(await model.predictColumns(columns, 0)).toEqual({
    prediction: [],
    probabilities: new Float64Array(0),
  });
});

test("types: rows and labels come from the schema", async () => {
  expectTypeOf<Parameters<(typeof model)["predictOne"]>>().toEqualTypeOf<[row: Row]>();
  const answer = await model.predictOne(randomRows(1)[0]!);
  expectTypeOf(answer.prediction).toEqualTypeOf<"No" | "Yes">();
  const untyped = await load(bytes);
  const loose = await untyped.predictOne({ ...randomRows(1)[0]! });
  expectTypeOf(loose).toEqualTypeOf<{
    readonly prediction: string | number | readonly string[] | readonly number[];
    readonly probabilities?: Readonly<Record<string, number>>;
    readonly distances?: Readonly<Record<string, number>>;
    readonly low?: readonly number[];
    readonly high?: readonly number[];
  }>();
  expect(loose.prediction).toBe(answer.prediction);
  await untyped.close();
});

test("an error names model, column and row", async () => {
  const rows = randomRows(2000);
  const { charges, ...rest } = rows[1500]!;
  rows[1500] = { ...rest, charge: charges } as never;
  await expect(model.predict(rows)).rejects.toMatchObject({
    code: "SCHEMA_MISSING_COLUMN",
    what: 'churn.onnx needs the column "charges" (number), and rows[1500] has 7 columns without it; the nearest name is "charge".',
  });
});

function cellsOf(rows: readonly Row[]): Map<string, Cells> {
  const numbers = (pick: (row: Row) => number | null): Cells => ({
    type: "number",
    values: Float64Array.from(rows, (row) => pick(row) ?? Number.NaN),
  });
  const strings = (pick: (row: Row) => string | null): Cells => {
    const dictionary: string[] = [];
    const codes = Int32Array.from(rows, (row) => {
      const value = pick(row);
      if (value === null || value === "") return -1;
      if (!dictionary.includes(value)) dictionary.push(value);
      return dictionary.indexOf(value);
    });
    return { type: "string", codes, dictionary };
  };
  return new Map([
    ["unused", numbers(() => 1)],
    ["tenure", numbers((row) => row.tenure)],
    ["charges", numbers((row) => row.charges)],
    ["plan", strings((row) => row.plan)],
    ["paperless", strings((row) => (row.paperless === null ? null : row.paperless ? "yes" : "no"))],
    ["signup", numbers((row) => row.signup?.getTime() ?? null)],
    ["lastCall", numbers((row) => (row.lastCall === null ? null : Date.parse(`${row.lastCall}Z`)))],
    ["note", strings((row) => row.note)],
  ]);
}

describe("predictColumns", () => {
  test("gives the bits of predict, at 1, 2 and 3 threads, twice", async () => {
    const rows = randomRows(25_000);
    const columns = cellsOf(rows);
    const alone = await model.predictColumns(columns, rows.length);
    const answers = await model.predict(rows);
    expect(alone.prediction).toEqual(answers.map((answer) => answer.prediction));
    const positive = Float64Array.from(answers, (answer) => answer.probabilities.Yes);
    expect(alone.probabilities!.filter((_, i) => i % 2 === 1)).toEqual(positive);
    for (const threads of [2, 3, 2]) {
      expect(await model.predictColumns(columns, rows.length, { threads })).toEqual(alone);
    }
  });

  test("names the missing column and the nearest one", async () => {
    const columns = cellsOf(randomRows(3));
    columns.set("tenures", columns.get("tenure")!);
    columns.delete("tenure");
    await expect(model.predictColumns(columns, 3)).rejects.toMatchObject({
      code: "SCHEMA_MISSING_COLUMN",
      message: expect.stringContaining(
        '"tenure" (number), and the table has 8 columns without it; the nearest name is "tenures"',
      ),
    });
    columns.set("tenure", columns.get("plan")!);
    await expect(model.predictColumns(columns, 3)).rejects.toMatchObject({ code: "SCHEMA_WRONG_KIND" });
  });
});

test("a closed model ends what is in flight, with its threads, and takes no more", async () => {
  const short = await load(bytes, churnColumns);
  const rows = randomRows(20_000);
  const inFlight = short.predictColumns(cellsOf(rows), rows.length, { threads: 2 });
  const single = short.predictOne(rows[0]!);
  await short.close();
  expect((await inFlight).prediction).toHaveLength(rows.length);
  expect((await single).prediction).toMatch(/Yes|No/);
  await expect(short.predictOne(rows[0]!)).rejects.toMatchObject({
    message: expect.stringContaining("was closed"),
  });
  await short.close();
});

test("a regression answers numbers", async () => {
  const rooms = input("rooms", "float64", ["batch", 1]);
  const price = defineSchema({ rooms: number(), price: number({ role: "target" }) });
  const file = writeOnnx(
    graph({ inputs: [rooms], outputs: { prediction: mul(rooms, scalar("float64", 3)) } }),
    {
      metadata: encodeMetadata({
        schema: { columns: price.columns },
        task: { kind: "regression", target: "price" },
        golden: { inputs: { rooms: [1, 2] }, prediction: [3, 6.000001] },
      }),
    },
  );
  const loaded = await load(file, price);
  expect(await loaded.predict([{ rooms: 2 }, { rooms: 0.5 }])).toEqual([
    { prediction: 6 },
    { prediction: 1.5 },
  ]);
  const cells = new Map<string, Cells>([["rooms", { type: "number", values: Float64Array.of(7) }]]);
  expect(await loaded.predictColumns(cells, 1)).toEqual({ prediction: Float64Array.of(21) });
  await loaded.close();
});

describe("where a file comes from", () => {
  const folder = mkdtempSync(join(tmpdir(), "millwright-load-"));
  const path = join(folder, "churn.onnx");
  beforeAll(() => writeFileSync(path, bytes));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    ["a path", () => path],
    ["a file address", () => pathToFileURL(path)],
    ["bytes in an ArrayBuffer", () => new Uint8Array(bytes).buffer],
  ])("%s", async (_, source) => {
    expect((await readMetadata(source())).task).toEqual(metadata.task);
  });

  test("an http address, and what goes wrong with one", async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === "/models/churn.onnx?v=2" ? 200 : 404;
      response.end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const loaded = await load(`${base}/models/churn.onnx?v=2`, churnColumns);
    expect(loaded.name).toBe("churn.onnx");
    await loaded.close();
    await expect(load(`${base}/other.onnx`)).rejects.toMatchObject({
      code: "SOURCE_UNREACHABLE",
      what: expect.stringContaining("404"),
    });
    await new Promise((resolve) => server.close(resolve));
    await expect(load(`${base}/models/churn.onnx`)).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE" });
  });

  test("no file, and a folder", async () => {
    await expect(load(join(folder, "none.onnx"))).rejects.toMatchObject({ code: "SOURCE_NOT_FOUND" });
    await expect(load(folder)).rejects.toMatchObject({ code: "SOURCE_UNREADABLE" });
  });
});

describe("a file that is not what it should be", () => {
  test("another schema is refused by the column's name", async () => {
    const { tenure: _, ...others } = Object.fromEntries(
      churnColumns.columns.map((column) => [column.name, column]),
    );
    const renamed = defineSchema({
      ...(others as Record<string, ReturnType<typeof number>>),
      months: number(),
    });
    await expect(load(bytes, renamed, { name: "churn.onnx" })).rejects.toMatchObject({
      code: "SCHEMA_MISMATCH",
      what: 'churn.onnx is another model than this code was written for: the file reads the column "tenure" (number), and the schema has no such feature.',
      fix: expect.stringContaining("millwright types churn.onnx"),
    });
    const kinds = defineSchema({
      ...(others as Record<string, ReturnType<typeof number>>),
      tenure: category(),
    });
    await expect(load(bytes, kinds)).rejects.toThrow(
      /"tenure" is number in the file and category in the schema/,
    );
  });

  test("changed answers are MODEL_CHANGED", async () => {
    const forged = await makeChurnModel((given) => ({
      ...given,
      golden: {
        ...given.golden,
        probabilities: given.golden.probabilities!.map(([a, b]) => [a! - 2e-6, b! + 2e-6]),
      },
    }));
    await expect(load(forged.bytes)).rejects.toMatchObject({
      code: "MODEL_CHANGED",
      what: expect.stringContaining("golden row 1"),
    });
    const label = await makeChurnModel((given) => ({
      ...given,
      golden: {
        ...given.golden,
        prediction: given.golden.prediction.map((each) => (each === "Yes" ? "No" : "Yes")),
      },
    }));
    await expect(load(label.bytes)).rejects.toMatchObject({ code: "MODEL_CHANGED" });
    const near = await makeChurnModel((given) => ({
      ...given,
      golden: {
        ...given.golden,
        probabilities: given.golden.probabilities!.map(([a, b]) => [a! - 2e-7, b! + 2e-7]),
      },
    }));
    await (await load(near.bytes)).close();
  });

  test("a golden cell of another kind is MODEL_INVALID", async () => {
    const forged = await makeChurnModel((given) => ({
      ...given,
      golden: { ...given.golden, inputs: { ...given.golden.inputs, tenure: ["a", 1, 2] } },
    }));
    await expect(load(forged.bytes)).rejects.toMatchObject({
      code: "MODEL_INVALID",
      what: expect.stringContaining('"tenure"'),
    });
  });

  const written = (pairs: Record<string, string>): Uint8Array => writeOnnx(churnGraph(), { metadata: pairs });
  test.each<[string, (pairs: Record<string, string>) => Uint8Array, string, string]>([
    ["not a file at all", () => new Uint8Array([1, 2, 3]), "MODEL_INVALID", ""],
    ["no byte", () => new Uint8Array(0), "MODEL_INVALID", ""],
    ["text", () => new TextEncoder().encode("age,income\n1,2\n"), "MODEL_INVALID", ""],
    ["half a file", (pairs) => written(pairs).slice(0, 900), "MODEL_INVALID", ""],
    [
      "an ONNX file of another tool",
      () => written({}),
      "MODEL_INVALID",
      "without the metadata key millwright.format",
    ],
    [
      "a newer file",
      (pairs) => written({ ...pairs, "millwright.format": "2" }),
      "MODEL_VERSION",
      'version "2"',
    ],
    [
      "an input that is no feature",
      (pairs) =>
        written({
          ...pairs,
          ...encodeMetadata({
            ...metadata,
            schema: { columns: metadata.schema.columns.filter((c) => c.name !== "note") },
            golden: {
              ...metadata.golden,
              inputs: Object.fromEntries(
                Object.entries(metadata.golden.inputs).filter(([name]) => name !== "note"),
              ),
            },
          }),
        }),
      "MODEL_INVALID",
      'the input "note", which is no feature',
    ],
    [
      "a feature that is no input",
      (pairs) =>
        written({
          ...pairs,
          ...encodeMetadata({
            ...metadata,
            schema: { columns: [...defineSchema({ more: number() }).columns, ...metadata.schema.columns] },
            golden: { ...metadata.golden, inputs: { ...metadata.golden.inputs, more: [1, 2, 3] } },
          }),
        }),
      "MODEL_INVALID",
      'no input "more"',
    ],
    [
      "another dtype",
      (pairs) =>
        written({
          ...pairs,
          "millwright.schema": pairs["millwright.schema"]!.replace('"float32"', '"float64"'),
        }),
      "MODEL_INVALID",
      '"tenure" as float32 [batch, 1], and the contract says float64',
    ],
    [
      "no probabilities",
      (pairs) => {
        const { inputs, outputs } = churnGraph();
        return writeOnnx(graph({ inputs, outputs: { prediction: outputs.get("prediction")! } }), {
          metadata: pairs,
        });
      },
      "MODEL_INVALID",
      'no output "probabilities"',
    ],
    [
      "probabilities of another width",
      (pairs) => {
        const { inputs, outputs } = churnGraph();
        const data = Float64Array.of(0.2, 0.3, 0.5);
        const three = constant({ dtype: "float64", shape: [1, 3], data });
        return writeOnnx(
          graph({ inputs, outputs: { prediction: outputs.get("prediction")!, probabilities: three } }),
          { metadata: pairs },
        );
      },
      "MODEL_INVALID",
      'the output "probabilities" as float64 [1, 3]',
    ],
  ])("%s", async (_, make, code, words) => {
    await expect(load(make(encodeMetadata(metadata)), undefined, { name: "x.onnx" })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
  });

  test("every cut and 300 random changes of bytes are an error of ours or a model that still answers", async () => {
    const random = createRandom(5);
    for (let i = 0; i < 300; i++) {
      const copy = bytes.slice(0, i < 60 ? Math.floor((bytes.length * i) / 60) : bytes.length);
      if (i >= 60) copy[random.integer(copy.length)] = random.integer(256);
      const outcome = await load(copy).then(
        (loaded) => loaded.close(),
        (error: unknown) => error,
      );
      if (outcome !== undefined) expect(outcome).toMatchObject({ name: "MillwrightError" });
    }
  });
});
