/** The typed door in code: what compiles works, and what would be wrong does not compile. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, expectTypeOf, test } from "vitest";
import { createRandom } from "../core/index.ts";
import { tableFromRows } from "../data/index.ts";
import { logistic, ridge } from "../estimators/linear/index.ts";
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
import { category, defineSchema, number, text } from "../schema/index.ts";
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
