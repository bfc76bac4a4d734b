/** One file from several fitted pipelines: it answers what their plain float64 references answer. */
import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import { constantBaseline } from "../estimators/baseline/index.ts";
import type { Estimator, Target } from "../estimators/index.ts";
import { logistic, ridge } from "../estimators/linear/index.ts";
import { boosting } from "../estimators/trees/index.ts";
import { defaultChains, graphInputs, type PlanStyle } from "../features/index.ts";
import {
  cast,
  constant,
  equal,
  graph,
  matMul,
  parameter,
  readOnnx,
  simplify,
  writeOnnx,
} from "../graph/index.ts";
import { load } from "../model/index.ts";
import type { Cells, ColumnSchema, Frame } from "../schema/index.ts";
import { composeModel } from "./compose.ts";
import { type FittedPipeline, fitRecipe } from "./fit.ts";
import { referenceProfile } from "./profile.ts";
import type { Task } from "./target.ts";

const cities = ["Paris", "Köln", "São Paulo", "東京"];

/** A table with a number, a category, a boolean, a wall-clock time and a text, some cells missing. */
function table(rowCount: number, seed: number): { frame: Frame; drive: Float64Array } {
  const random = createRandom(seed);
  const age = new Float64Array(rowCount);
  const when = new Float64Array(rowCount);
  const city = new Int32Array(rowCount);
  const member = new Int32Array(rowCount);
  const note = new Int32Array(rowCount);
  const drive = new Float64Array(rowCount);
  for (let i = 0; i < rowCount; i++) {
    age[i] = random.next() < 0.1 ? Number.NaN : Math.fround(20 + 50 * random.next());
    when[i] = Date.UTC(2020, random.integer(24), 1 + random.integer(28), random.integer(24));
    city[i] = random.next() < 0.05 ? -1 : random.integer(cities.length);
    member[i] = random.integer(2);
    note[i] = random.integer(2);
    drive[i] =
      (Number.isNaN(age[i]!) ? 0 : (age[i]! - 45) / 20) +
      (city[i] === 2 ? 1 : 0) -
      member[i]! +
      note[i]! +
      0.3 * random.normal();
  }
  const columns: ColumnSchema[] = [
    { name: "age", kind: "number", role: "feature", dtype: "float32" },
    { name: "when", kind: "datetime", role: "feature", clock: "wall" },
    { name: "city", kind: "category", role: "feature" },
    { name: "member", kind: "boolean", role: "feature" },
    { name: "note", kind: "text", role: "feature" },
  ];
  const cells = new Map<string, Cells>([
    ["age", { type: "number", values: age }],
    ["when", { type: "number", values: when }],
    ["city", { type: "string", codes: city, dictionary: cities }],
    ["member", { type: "string", codes: member, dictionary: ["false", "true"] }],
    ["note", { type: "string", codes: note, dictionary: ["all is well", "the bill is too high"] }],
  ]);
  return { frame: { schema: { columns }, rowCount, columns: cells }, drive };
}

async function fitted(
  frame: Frame,
  y: Target,
  estimator: Estimator,
  style: PlanStyle,
): Promise<FittedPipeline> {
  return await fitRecipe(
    { chains: defaultChains(frame.schema, style, { frame, target: true }), estimator },
    { frame, y },
    { random: createRandom(3), threads: 1 },
  );
}

function fragmentOf(pipeline: FittedPipeline, frame: Frame): Uint8Array {
  const inputs = graphInputs(frame.schema, pipeline.features.columns);
  return writeOnnx(
    simplify(graph({ inputs: [...inputs.values()], outputs: { answer: pipeline.emit(inputs) } })),
  );
}

function withTarget(frame: Frame, column: ColumnSchema): Frame["schema"] {
  return { columns: [...frame.schema.columns, column] };
}

const about = (frame: Frame) => ({
  card: { summary: "test", members: [], policy: {}, software: "test" },
  profile: referenceProfile(
    frame,
    frame.schema.columns.map((column) => column.name),
  ),
  data: { rowCount: frame.rowCount, columnCount: 6, sha256: "0".repeat(64) },
  recipe: { seed: 0, options: {}, software: "test" },
});

describe("composeModel", () => {
  test("a blend of boosting and logistic regression answers as the references do, within 1e-9", async () => {
    const { frame, drive } = table(600, 1);
    const y: Target = {
      kind: "classification",
      classCount: 2,
      codes: Int32Array.from(drive, (d) => (d > 0 ? 1 : 0)),
    };
    const parts = [
      await fitted(frame, y, boosting({ rounds: 20 }), "trees"),
      await fitted(frame, y, logistic(), "linear"),
    ];
    const task: Task = { kind: "classification", target: "left", classes: ["no", "yes"], positive: "yes" };
    const composed = await composeModel({
      schema: withTarget(frame, { name: "left", kind: "category", role: "target" }),
      task,
      threshold: 0.3,
      members: [
        { fragment: fragmentOf(parts[0]!, frame), weight: 0.75 },
        { fragment: fragmentOf(parts[1]!, frame), weight: 0.25 },
      ],
      about: about(frame),
      random: createRandom(5),
    });
    const model = await load(composed.write());
    const fresh = table(300, 2).frame;
    const { prediction, probabilities } = await model.predictColumns(fresh.columns, fresh.rowCount);
    const references = parts.map((part) => part.model.reference(part.features.reference(fresh)));
    for (let i = 0; i < 2 * fresh.rowCount; i++) {
      const expected = 0.75 * references[0]![i]! + 0.25 * references[1]![i]!;
      expect(Math.abs(probabilities![i]! - expected)).toBeLessThan(1e-9);
    }
    expect(
      prediction.every((label, row) => label === (probabilities![2 * row + 1]! >= 0.3 ? "yes" : "no")),
    ).toBe(true);
    await model.close();
  });

  test("a regression ships what its reference answers, and a column that no member reads is ignored", async () => {
    const { frame, drive } = table(400, 3);
    const y: Target = { kind: "regression", values: drive };
    const part = await fitted(frame, y, ridge(), "linear");
    const unused: ColumnSchema = { name: "unused", kind: "number", role: "feature", dtype: "float64" };
    const composed = await composeModel({
      schema: {
        columns: [
          ...withTarget(frame, { name: "y", kind: "number", role: "target", dtype: "float64" }).columns,
          unused,
        ],
      },
      task: { kind: "regression", target: "y" },
      members: [{ fragment: fragmentOf(part, frame), weight: 1 }],
      about: about(frame),
      random: createRandom(5),
    });
    const model = await load(composed.write());
    expect(model.metadata.schema.columns.find((column) => column.name === "unused")?.role).toBe("ignore");
    const { prediction } = await model.predictColumns(frame.columns, frame.rowCount);
    const reference = part.model.reference(part.features.reference(frame));
    (prediction as Float64Array).forEach((value, row) =>
      expect(Math.abs(value - reference[row]!)).toBeLessThan(1e-8),
    );
    await model.close();
  });

  test("two fits of one network stand in one file: the first keeps the names of its weights", async () => {
    const { frame } = table(50, 6);
    const yes = constant({ dtype: "string", shape: [1, 1], data: ["true"] });
    const fit = (slope: number): Uint8Array => {
      const inputs = graphInputs(frame.schema, ["member"]);
      const weight = parameter("head.weight", {
        dtype: "float64",
        shape: [1, 1],
        data: Float64Array.of(slope),
      });
      const answer = matMul(cast(equal(inputs.get("member")!, yes), "float64"), weight);
      return writeOnnx(graph({ inputs: [...inputs.values()], outputs: { answer } }));
    };
    const composed = await composeModel({
      schema: withTarget(frame, { name: "y", kind: "number", role: "target", dtype: "float64" }),
      task: { kind: "regression", target: "y" },
      members: [2, 10, 30].map((slope) => ({ fragment: fit(slope), weight: 0.5 })),
      about: about(frame),
      random: createRandom(5),
    });
    const file = composed.write();
    const named = readOnnx(file).constants.filter(({ producer }) => producer.kind === "parameter");
    expect(named.map(({ producer }) => producer)).toMatchObject([
      { name: "head.weight", tensor: { data: Float64Array.of(2) } },
    ]);
    const model = await load(file);
    const { prediction } = await model.predictColumns(frame.columns, frame.rowCount);
    const { codes } = frame.columns.get("member") as { codes: Int32Array };
    expect([...(prediction as Float64Array)]).toEqual([...codes].map((code) => 21 * code));
    await model.close();
  });

  test("the same parts give the same bytes, and the figures change only the metadata", async () => {
    const { frame, drive } = table(200, 4);
    const y: Target = { kind: "regression", values: drive };
    const part = await fitted(frame, y, constantBaseline(), "naive");
    const make = () =>
      composeModel({
        schema: withTarget(frame, { name: "y", kind: "number", role: "target", dtype: "float64" }),
        task: { kind: "regression", target: "y" },
        members: [{ fragment: fragmentOf(part, frame), weight: 1 }],
        about: about(frame),
        random: createRandom(5),
      });
    const [a, b] = [await make(), await make()];
    expect(Buffer.compare(a.write(), b.write())).toBe(0);
    const figures = { rows: "test", rowCount: 10, values: [{ name: "rmse", value: 1 }] };
    const model = await load(a.write(figures));
    expect(model.metadata.metrics).toEqual(figures);
    await model.close();
  });
});
