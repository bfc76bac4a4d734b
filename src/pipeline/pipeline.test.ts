/** The typed door in code: what compiles works, and what would be wrong does not compile. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, expectTypeOf, test } from "vitest";
import { createRandom } from "../core/index.ts";
import { tableFromRows } from "../data/index.ts";
import { logistic, ordinalLogistic, ridge } from "../estimators/linear/index.ts";
import { ordered } from "../estimators/ordinal/index.ts";
import {
  impute,
  numbers,
  oneHot,
  scale,
  selectBest,
  tfidf,
  union,
  varianceThreshold,
} from "../features/index.ts";
import { inputName, readOnnx } from "../graph/index.ts";
import { load } from "../model/index.ts";
import { boolean, category, defineSchema, number, text } from "../schema/index.ts";
import { pipeline } from "./pipeline.ts";

const churn = defineSchema({
  tenure: number(),
  plan: category(),
  note: text(),
  churned: category({ role: "target", labels: ["no", "yes"] }),
});

const random = createRandom(1);
const rows = Array.from({ length: 200 }, (_, i) => {
  const tenure = Math.round(60 * random.next());
  return {
    tenure,
    plan: i % 3 === 0 ? "gold" : "basic",
    note: i % 2 === 0 ? "all is well here" : "the bill is too high",
    churned: tenure + 20 * random.normal() < 30 ? "yes" : "no",
  };
});

describe("pipeline", () => {
  test("fits, predicts with types, and saves the file that it judged", async () => {
    const trained = await pipeline({
      schema: churn,
      features: (c) => [scale(c.tenure), oneHot(c.plan), tfidf(c.note)],
      estimator: logistic(),
    }).fit(tableFromRows(rows, { schema: churn }), { seed: 3 });
    const answer = await trained.model.predictOne({ tenure: 2, plan: "gold", note: null });
    expectTypeOf(answer.prediction).toEqualTypeOf<"no" | "yes">();
    expect(answer.prediction).toBe("yes");
    expect(answer.probabilities.no + answer.probabilities.yes).toBeCloseTo(1, 12);
    const folder = mkdtempSync(join(tmpdir(), "millwright-pipeline-"));
    trained.save(join(folder, "churn.onnx"));
    expect(Buffer.compare(readFileSync(join(folder, "churn.onnx")), trained.bytes)).toBe(0);
    rmSync(folder, { recursive: true });
    await trained.model.close();
  });

  test("the same seed gives the same bytes, whether the rows come as a table or as columns", async () => {
    const make = pipeline({ schema: churn, features: "linear", estimator: logistic() });
    const table = tableFromRows(rows, { schema: churn });
    const [a, b] = [await make.fit(table), await make.fit(table)];
    expect(Buffer.compare(a.bytes, b.bytes)).toBe(0);
    const c = await make.fit(await table.read());
    expect(c.model.metadata.schema).toEqual(a.model.metadata.schema);
    await Promise.all([a, b, c].map((trained) => trained.model.close()));
  });

  test("columns that a selection drops are no inputs of the file where that is asked for", async () => {
    const wide = defineSchema({
      tenure: number(),
      noise: number(),
      constant: number(),
      plan: category(),
      note: text(),
      churned: category({ role: "target", labels: ["no", "yes"] }),
    });
    const made = rows.map((row) => ({ ...row, noise: random.normal(), constant: 7 }));
    const fit = async (keepInputs?: boolean) =>
      await pipeline({
        schema: wide,
        features: (c) => [
          union(
            numbers(c.noise, c.constant).pipe(impute()),
            scale(c.tenure),
            oneHot(c.plan),
            tfidf(c.note),
          ).pipe(varianceThreshold(), selectBest({ count: 1 })),
        ],
        estimator: logistic(),
        ...(keepInputs !== undefined && { keepInputs }),
      }).fit(tableFromRows(made, { schema: wide }));
    const inputsOf = ({ bytes }: { bytes: Uint8Array }) => readOnnx(bytes).inputs.map(inputName);
    const [whole, narrow] = [await fit(), await fit(false)];
    expect(narrow.fitted.features.columns).toEqual(["tenure"]);
    expect(inputsOf(whole)).toEqual(["tenure", "noise", "constant", "plan", "note"]);
    expect(inputsOf(narrow)).toEqual(["tenure"]);
    expect(Object.keys(narrow.model.metadata.profile!.columns)).toEqual(["tenure"]);
    const roles = narrow.model.metadata.schema.columns.map(({ name, role }) => `${name}: ${role}`);
    expect(roles).toContain("plan: ignore");
    const row = { tenure: 2, noise: 0, constant: null, plan: "gold", note: null };
    expect(await narrow.model.predictOne(row)).toEqual(await whole.model.predictOne(row));
    expect(await narrow.model.predict([])).toEqual([]);
    await expect(load(narrow.bytes, wide, { name: "narrow.onnx" })).rejects.toMatchObject({
      code: "SCHEMA_MISMATCH",
    });
    await Promise.all([whole, narrow].map(({ model }) => model.close()));
  });

  test("what does not fit the schema does not compile", () => {
    const wrong = () => [
      // @ts-expect-error there is no such column
      pipeline({ schema: churn, features: (c) => [scale(c.tenor)], estimator: logistic() }),
      // @ts-expect-error a text is not a number
      pipeline({ schema: churn, features: (c) => [scale(c.note)], estimator: logistic() }),
      // @ts-expect-error the target is not a feature
      pipeline({ schema: churn, features: (c) => [oneHot(c.churned)], estimator: logistic() }),
    ];
    expect(wrong).toBeTypeOf("function");
  });

  test("features that stay missing, for a family that takes none, are an error that says what to do", async () => {
    const make = pipeline({ schema: churn, features: (c) => [numbers(c.tenure)], estimator: logistic() });
    await expect(make.fit(tableFromRows(rows, { schema: churn }))).rejects.toMatchObject({
      code: "PARAMETER_CONFLICT",
      message: expect.stringMatching(/answers NaN for \d+ of \d+ rows.*impute\(\)/) as string,
    });
  });

  test("a family that does not do the task, and a table of other kinds, are refused by name", async () => {
    expect(() => pipeline({ schema: churn, features: "linear", estimator: ridge() })).toThrow(
      /"churned" asks for classification.*PARAMETER_CONFLICT/s,
    );
    const other = tableFromRows(rows.map((row) => ({ ...row, tenure: `${row.tenure} months` })));
    await expect(
      pipeline({ schema: churn, features: "linear", estimator: logistic() }).fit(other),
    ).rejects.toThrow(/"tenure" is .* in the table and number in the schema/);
  });
});

describe("levels in their order", () => {
  const levels = ["poor", "fair", "good", "superb"] as const;
  const wine = defineSchema({
    acid: number(),
    sugar: number(),
    taste: category({ role: "target", labels: levels }),
  });
  const draw = createRandom(4);
  const tasted = Array.from({ length: 240 }, () => {
    const [acid, sugar] = [draw.normal(), draw.normal()];
    const score = 1.5 + acid - sugar / 2 + 0.5 * draw.normal();
    return { acid, sugar, taste: levels[Math.min(3, Math.max(0, Math.round(score)))]! };
  });
  const table = tableFromRows(tasted, { schema: wine });
  const asked = tasted.slice(0, 40).map(({ acid, sugar }) => ({ acid, sugar }));

  test.each([
    ["one that reads the order is left as it is", ordinalLogistic({ l2: 1 }), ordinalLogistic({ l2: 1 })],
    ["any other is fitted once a cut", logistic({ l2: 1 }), ordered(logistic({ l2: 1 }))],
  ])("of the families %s; the answer is the median level", async (_, estimator, alone) => {
    const { model, fitted } = await pipeline({
      schema: wine,
      features: (c) => [scale(c.acid, c.sugar)],
      estimator,
      task: "ordinal",
    }).fit(table);
    const codes = Int32Array.from(tasted, ({ taste }) => levels.indexOf(taste));
    const y = { kind: "classification", classCount: 4, codes, ordered: true } as const;
    const x = fitted.features.matrix;
    const expected = (await alone.fit({ x, y }, { random: createRandom(1), threads: 1 })).reference(x);
    expect(model.metadata.task.kind).toBe("ordinal");
    const answers = await model.predict(asked);
    let among = 0;
    answers.forEach(({ prediction, probabilities }, i) => {
      expectTypeOf(prediction).toEqualTypeOf<(typeof levels)[number]>();
      expect(Object.keys(probabilities)).toEqual(levels);
      let below = 0;
      const median = levels.find((level) => (below += probabilities[level]) >= 0.5 - 1e-12);
      expect(prediction).toBe(median);
      levels.forEach((level, k) => expect(probabilities[level]).toBeCloseTo(expected[i * 4 + k]!, 9));
      among += Math.abs(levels.indexOf(prediction) - codes[i]!);
    });
    expect(among / answers.length).toBeLessThan(0.5);
    await model.close();
  });

  test("a level without rows keeps its place, and is next to never the answer", async () => {
    const some = tasted.filter(({ taste }) => taste !== "good");
    const { model } = await pipeline({
      schema: wine,
      features: "linear",
      estimator: logistic({ l2: 1 }),
      task: "ordinal",
    }).fit(tableFromRows(some, { schema: wine }));
    const answers = await model.predict(asked);
    for (const { probabilities } of answers) expect(probabilities.good).toBeLessThan(0.01);
    await model.close();
  });

  test("without labels in the schema, known words stand in their order, and others ask for one", async () => {
    const open = defineSchema({ acid: number(), taste: category({ role: "target" }) });
    const fit = (words: readonly string[]) =>
      pipeline({ schema: open, features: "linear", estimator: logistic({ l2: 1 }), task: "ordinal" }).fit(
        tableFromRows(
          tasted.map(({ acid, taste }) => ({ acid, taste: words[Math.min(2, levels.indexOf(taste))]! })),
          { schema: open },
        ),
      );
    const { model } = await fit(["low", "medium", "high"]);
    expect(Object.keys((await model.predictOne({ acid: 0 })).probabilities)).toEqual([
      "low",
      "medium",
      "high",
    ]);
    await model.close();
    await expect(fit(["red", "blue", "green"])).rejects.toMatchObject({ code: "PARAMETER_MISSING" });
    await expect(fit(["red", "red", "red"])).rejects.toMatchObject({ code: "TARGET_CONSTANT" });
    await expect(fit(["low", "high", "high"])).rejects.toMatchObject({ code: "PARAMETER_CONFLICT" });
  });

  test("levels that are no category, or that name a positive label, do not compile and are refused", () => {
    const sizes = defineSchema({ a: number(), size: number({ role: "target" }) });
    const late = defineSchema({ a: number(), late: boolean({ role: "target" }) });
    const given = { features: "linear", estimator: logistic() } as const;
    // @ts-expect-error a number has no levels
    expect(() => pipeline({ ...given, schema: sizes, task: "ordinal" })).toThrow(
      /"size".*SCHEMA_WRONG_KIND/s,
    );
    // @ts-expect-error yes and no are no levels
    expect(() => pipeline({ ...given, schema: late, task: "ordinal" })).toThrow(/"late".*SCHEMA_WRONG_KIND/s);
    // @ts-expect-error levels have no positive label
    const wrong = () => pipeline({ ...given, schema: wine, task: "ordinal", positive: "good" });
    expect(wrong).toBeTypeOf("function");
  });
});
