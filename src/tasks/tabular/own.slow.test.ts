/** Families, steps and metrics of the user's own in a whole run: board, file, record, report, and the recipe fitted again. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { logRatio } from "../../../examples/own/log-ratio.ts";
import { nearestCentroid } from "../../../examples/own/nearest-centroid.ts";
import { temporaryFolder } from "../../../test/cli.ts";
import { createRandom, type Json } from "../../core/index.ts";
import type { Estimator, Fitted } from "../../estimators/index.ts";
import type { Transform } from "../../features/index.ts";
import { add, concat, constant, matMul, mul } from "../../graph/index.ts";
import { defineMetric } from "../../metrics/index.ts";
import { type JsonSchema, load, readMetadata } from "../../model/index.ts";
import { findProblem } from "../../model/json-schema.ts";
import { ejectedModule, refit, trainTable, type TrainRequest } from "./index.ts";

// Whole runs, on machines that do other work too.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
const path = join(folder.path, "shops.csv");
const root = join(import.meta.dirname, "../../..");
const examples = join(root, "examples");

/** Shops that pay where the rent is small beside the sales, and a price. */
beforeAll(() => {
  const random = createRandom(2);
  const lines = ["sales,rent,age,kind,pays,price"];
  for (let i = 0; i < 260; i++) {
    const sales = Math.exp(random.normal());
    const rent = Math.exp(random.normal());
    const ratio = Math.log(sales / rent);
    const kind = ["food", "books", "shoes"][random.integer(3)]!;
    const pays = ratio + 0.4 * random.normal() > 0 ? "yes" : "no";
    const price = 10 + 3 * ratio + (kind === "food" ? 2 : 0) + random.normal();
    lines.push(
      [sales.toFixed(4), rent.toFixed(4), random.integer(40), kind, pays, price.toFixed(3)].join(","),
    );
  }
  writeFileSync(path, `${lines.join("\n")}\n`);
  // A worker process under tests reads modules by tsx, which finds the package's name by this.
  process.env["TSX_TSCONFIG_PATH"] = join(examples, "tsconfig.json");
});

const base: TrainRequest = { source: [path], target: "pays", drop: ["price"], seed: 3, threads: 1, folds: 3 };
const steps = [{ columns: ["sales", "rent"], step: logRatio() }];
const surprise = defineMetric({
  name: "surprise",
  title: "Surprise",
  task: "classification",
  greaterIsBetter: false,
  row: (truth, probabilities) => 1 - probabilities[truth]!,
});

describe("a family, a step and a metric in one run", () => {
  const options = { ...base, families: ["logistic", nearestCentroid()], steps, metric: surprise };
  let result: Awaited<ReturnType<typeof trainTable>>;
  beforeAll(async () => {
    result = await trainTable(options);
  });

  test("stand on the board, in the record and in the report", () => {
    const { record, report } = result;
    expect(record.leaderboard.map(({ family }) => family)).toEqual(
      expect.arrayContaining(["baseline", "logistic", "nearestCentroid"]),
    );
    expect(record.skipped).toEqual([]);
    expect(record.metric).toEqual({ name: "surprise", title: "Surprise", greaterIsBetter: false });
    expect(record.test.metrics[0]).toMatchObject({ name: "surprise" });
    expect(report.leaderboard.map(({ name }) => name)).toContain("nearestCentroid");
    expect(report.metric.label).toBe("Surprise");
    expect(record.own).toEqual({
      families: ["nearestCentroid"],
      steps: [{ kind: "logRatio", columns: ["sales", "rent"], parameters: {} }],
      metric: "surprise",
    });
    const schema = readFileSync(join(root, "docs/schemas/train.json"), "utf8");
    const written = JSON.parse(JSON.stringify(record)) as Json;
    expect(findProblem(JSON.parse(schema) as JsonSchema, written, "train")).toBeUndefined();
    expect(report.ownSteps).toMatchObject([{ kind: "logRatio", columns: ["sales", "rent"] }]);
    expect(record.reproduce).toMatch(
      /^await trainTable\(\{ source: .*families: \["logistic", nearestCentroid\], steps: \[\{ columns: \["sales", "rent"\], step: logRatio \}\], metric: surprise.* budget: [\d.]+, seed: 3 \}\)$/,
    );
  });

  test("what the steps bring is told by a model without them", () => {
    const scores = Object.fromEntries(result.record.leaderboard.map(({ name, score }) => [name, score]));
    expect(scores["nearestCentroid"]).toBeLessThan(scores["nearestCentroid, without own steps"]!);
  });

  test("the file answers without them, and its figures come from it", async () => {
    const model = await load(result.model);
    const rich = await model.predictOne({ sales: 20, rent: 0.5, age: 3, kind: "food" });
    const poor = await model.predictOne({ sales: 0.5, rent: 20, age: 3, kind: "food" });
    expect([rich.prediction, poor.prediction]).toEqual(["yes", "no"]);
    expect(model.metadata.metrics?.values[0]!.name).toBe("surprise");
    await model.close();
  });

  test("the same options give the same bytes; a module instead of an object gives them too", async () => {
    const again = await trainTable(options);
    expect(again.record.model.sha256).toBe(result.record.model.sha256);
    const modules = await trainTable({
      ...options,
      threads: 2,
      families: [
        "logistic",
        { module: join(examples, "own/nearest-centroid.ts"), export: "nearestCentroid" },
      ],
      steps: [
        {
          columns: ["sales", "rent"],
          step: { module: join(examples, "own/log-ratio.ts"), export: "logRatio" },
        },
      ],
    });
    expect(modules.record.skipped).toEqual([]);
    expect(modules.record.model.sha256).toBe(result.record.model.sha256);
  });

  test("the recipe asks for the code again, and with it gives the same bytes", async () => {
    const { recipe } = await readMetadata(result.model);
    await expect(refit(recipe!, { source: [path] })).rejects.toThrow(
      /the step "logRatio", the metric "surprise".*PARAMETER_MISSING/,
    );
    const own = { families: [nearestCentroid()], steps, metric: surprise };
    const again = await refit(recipe!, { source: [path], ...own });
    expect(again.record.model.sha256).toBe(result.record.model.sha256);
    expect(again.record.reproduce).toMatch(/^await refit\(recipe, \{ source: /);
    const other = [{ columns: ["rent", "sales"], step: logRatio() }];
    await expect(refit(recipe!, { source: [path], ...own, steps: other })).rejects.toThrow(
      /PARAMETER_CONFLICT/,
    );
  });

  test("the ejected program takes it from a module of the user's", async () => {
    const program = ejectedModule("model.onnx", result.record.model.sha256, await readMetadata(result.model));
    expect(program).toContain('step "logRatio", the metric "surprise"');
    expect(program).toMatch(/import \{ (families, )?steps, metric \} from "\.\/own\.ts";/);
    expect(program).toMatch(
      /refit\(recipe, \{ source, (families, )?steps, metric, threads: availableParallelism\(\) \}\)/,
    );
  });
});

/** A family that is right but for one thing. */
function broken(family: string, change: (right: Estimator) => Partial<Estimator>): Estimator {
  const right = { ...nearestCentroid(), family };
  return { ...right, ...change(right) };
}

const answering = (change: (emit: Fitted) => Partial<Fitted>) => (right: Estimator) => ({
  fit: async (...args: Parameters<Estimator["fit"]>) => {
    const fitted = await right.fit(...args);
    return { ...fitted, ...change(fitted) };
  },
});
const row = (...data: number[]) =>
  constant({ dtype: "float64", shape: [1, data.length], data: Float64Array.from(data) });

test("a family that never ends costs no other family its time", async () => {
  const endless: Estimator = { ...nearestCentroid(), family: "endless", fit: () => new Promise(() => {}) };
  const { record } = await trainTable({ ...base, families: ["tree", endless], time: 20 });
  expect(record.skipped).toEqual([{ name: "endless", reason: "no time left" }]);
  expect(record.leaderboard.map(({ name }) => name)).toEqual(expect.arrayContaining(["tree", "baseline"]));
  expect(record.reproduce).toContain('families: ["tree"]');
});

describe("own code that is wrong", () => {
  const families = [
    broken("throws", () => ({ fit: () => Promise.reject(new RangeError("no such row")) })),
    broken(
      "notNumbers",
      answering((right) => ({
        emit: (x) => add(right.emit(x), row(Number.NaN, Number.NaN)),
        reference: (m) => right.reference(m).map(() => Number.NaN),
      })),
    ),
    broken(
      "wide",
      answering((right) => ({ emit: (x) => concat([right.emit(x), right.emit(x)], 1) })),
    ),
    broken(
      "short",
      answering((right) => ({ reference: (m) => right.reference(m).slice(1) })),
    ),
    broken(
      "twoMinds",
      answering((right) => ({ emit: (x) => mul(add(right.emit(x), 0.25), 1 / 1.5) })),
    ),
    broken(
      "scores",
      answering((right) => ({
        emit: (x) => mul(right.emit(x), 3),
        reference: (m) => right.reference(m).map((p) => 3 * p),
      })),
    ),
    broken(
      "badGraph",
      answering((right) => ({ emit: (x) => matMul(right.emit(x), row(1, 2, 3)) })),
    ),
  ];

  test("is left out by its name and the numbers, and the race goes on", async () => {
    const { record } = await trainTable({ ...base, families: ["logistic", ...families] });
    expect(record.leaderboard.map(({ name }) => name).toSorted()).toEqual(["baseline", "logistic"]);
    const reasons = Object.fromEntries(record.skipped.map(({ name, reason }) => [name, reason]));
    expect(reasons).toEqual({
      throws: expect.stringMatching(
        /^The family "throws" in fit on \d+ rows × \d+ features threw RangeError: no such row\.$/,
      ),
      notNumbers: expect.stringMatching(
        /^The family "notNumbers" answers NaN, NaN in row 0, and needs probabilities/,
      ),
      wide: 'The family "wide" emits float64 [batch, 4], and needs float64 [batch, 2].',
      short: expect.stringMatching(
        /^The reference of the family "short" gives 2*\d+ numbers for \d+ rows, and needs \d+\.$/,
      ),
      twoMinds: expect.stringMatching(
        /^The family "twoMinds" does not agree with itself: in row \d+ its graph answers 0\.\d+, and its reference 0?\.?\d+/,
      ),
      scores: expect.stringMatching(
        /^The family "scores" answers [\d., e-]+ in row 0, and needs probabilities that sum to 1/,
      ),
      badGraph: expect.stringMatching(/^The family "badGraph" in emit for \d+ features: .*\[1, 3\]/),
    });
  });

  test("of a step is told with its columns, and costs the models that needed it", async () => {
    const wrong: Transform = {
      ...logRatio(),
      fit: (x, context) => ({ ...logRatio().fit(x, context), reference: () => [7] }),
    };
    const wrongSteps = [{ columns: ["sales", "rent"], step: wrong }];
    const { record } = await trainTable({ ...base, families: ["logistic"], steps: wrongSteps });
    expect(record.leaderboard.map(({ name }) => name).toSorted()).toEqual([
      "baseline",
      "logistic, without own steps",
    ]);
    expect(record.skipped).toEqual([
      {
        name: "logistic",
        reason: expect.stringMatching(
          /^The step "logRatio" on "sales", "rent" does not agree with itself: in row 0 the graph answers -?[\d.]+ for "log ratio", and the reference 7\.$/,
        ),
      },
    ]);
  });

  test.each([
    [
      "that throws",
      {
        row: () => {
          throw new Error("no price list");
        },
      },
      /The metric "cost" on \d+ rows threw Error: no price list.*OWN_CODE_FAILED/,
    ],
    ["that is no number", { row: () => Number.NaN }, /The metric "cost" is NaN on \d+ rows.*DATA_BAD_VALUE/],
    [
      "that gives nothing",
      { row: () => undefined as unknown as number },
      /The metric "cost" on \d+ rows gives undefined.*OWN_CODE_FAILED/,
    ],
  ])("of a metric %s is told by its name", async (_, how, message) => {
    const metric = defineMetric({ name: "cost", task: "classification", greaterIsBetter: false, ...how });
    await expect(trainTable({ ...base, metric, budget: 1 })).rejects.toThrow(message);
  });

  test.each([
    [
      "a family of the other task",
      { target: "price", drop: [], families: [nearestCentroid()] },
      /"nearestCentroid" does classification.*PARAMETER_CONFLICT/,
    ],
    [
      "a step on a column that is not there",
      { steps: [{ columns: ["sales", "rents"], step: logRatio() }] },
      /"logRatio" reads "rents".*SCHEMA_MISSING_COLUMN/,
    ],
    [
      "a step on the target",
      { steps: [{ columns: ["sales", "pays"], step: logRatio() }] },
      /"pays", whose role is target.*SCHEMA_ROLE/,
    ],
    [
      "an export that is not there",
      { families: [{ module: join(examples, "own/log-ratio.ts"), export: "logRatios" }] },
      /"logRatios" of log-ratio.ts is not there; it exports logRatio.*OWN_CODE_FAILED/,
    ],
    [
      "what is no family",
      { families: [{ name: "x" } as unknown as Estimator] },
      /given as a family has the fields name, and needs family, parameters, tasks and fit/,
    ],
    [
      "parameters that no file can hold",
      { families: [{ ...nearestCentroid(), parameters: { f: Number.NaN } }] },
      /parameters of the family "nearestCentroid" are no plain object of JSON/,
    ],
  ])("%s is an error before any fit", async (_, how, message) => {
    await expect(trainTable({ ...base, ...how })).rejects.toThrow(message);
  });

  test("a metric under a name of ours is refused", () => {
    expect(() =>
      defineMetric({ name: "rmse", task: "regression", greaterIsBetter: false, row: () => 0 }),
    ).toThrow(/PARAMETER_CONFLICT/);
  });
});
