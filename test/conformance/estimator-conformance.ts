/**
 * The laws that every family of models keeps, run over each member.
 *
 * A member may break a law only by an entry in `exceptions` with its reason; then the
 * suite checks that it really is broken, so that no exception outlives its cause.
 */
import { describe, expect, test } from "vitest";
import { createRandom, type MillwrightError, type ParameterTable } from "../../src/core/index.ts";
import {
  type Estimator,
  type FitContext,
  type Fitted,
  takeRows,
  takeTarget,
  take,
  type TrainingSet,
} from "../../src/estimators/index.ts";
import type { Matrix } from "../../src/features/index.ts";
import { graph, graphHash, input } from "../../src/graph/index.ts";
import { compile } from "../../src/runtime/index.ts";
import { type Kind, kinds, number, rowMajor, strangeRows, table, type Takes } from "./estimator-data.ts";

export type Law =
  | "refit forgets"
  | "same seed, same model"
  | "weight 0 is as if the row were absent"
  | "the order of rows does not matter"
  | "a row of weight 2 counts as two"
  | "the graph equals the reference"
  | "same bits at 1 and 2 threads"
  | "learns something"
  | "one class is an error"
  | "one row"
  | "one column"
  | "a class without rows"
  | "useless columns do no harm";

export interface Member {
  readonly name: string;
  /** The family's function. */
  readonly make: (parameters?: Record<string, never>) => Estimator;
  /** Its table of parameters. */
  readonly table: ParameterTable;
  /** Parameters that make it quick, or that a law needs. */
  readonly light?: Readonly<Record<string, unknown>>;
  readonly takes?: Takes;
  readonly rows?: number;
  /** Largest difference of graph and reference, relative above 1. Default 1e-10. */
  readonly graphTolerance?: number;
  /** Largest difference that another order of rows, or two rows in place of weight 2, makes. Default 1e-7. */
  readonly sumTolerance?: number;
  readonly exceptions?: Partial<Record<Law, string>>;
}

export function estimatorConformance(member: Member): void {
  const takes = member.takes ?? {};
  const light = given(member.light);
  const make = (): Estimator => member.make(light);
  const rowCount = member.rows ?? 120;
  const wanted = kinds.filter((kind) =>
    make().tasks.includes(kind === "number" ? "regression" : "classification"),
  );
  const graphTolerance = member.graphTolerance ?? 1e-10;
  const sumTolerance = member.sumTolerance ?? 1e-7;

  const law = (name: Law, check: () => Promise<void>): void => {
    const reason = member.exceptions?.[name];
    if (reason === undefined) test(name, check);
    else test(`not so: ${name}, because ${reason}`, () => expect(check()).rejects.toThrow());
  };

  describe(member.name, () => {
    test("refuses what its table of parameters does not allow, and is plain JSON", () => {
      expect(() => member.make(given({ nonsense: 1 }))).toThrow(/PARAMETER_UNKNOWN/);
      for (const [name, parameter] of Object.entries(member.table)) {
        const wrong =
          parameter.type === "boolean" ? "yes" : parameter.type === "choice" ? "nonsense" : Number.NaN;
        expect(() => member.make(given({ [name]: wrong })), name).toThrow(/PARAMETER_RANGE/);
        if ((parameter.type === "number" || parameter.type === "integer") && parameter.min > -Infinity) {
          expect(() => member.make(given({ [name]: parameter.min - 1 })), name).toThrow(/PARAMETER_RANGE/);
        }
      }
      const { parameters } = make();
      expect(JSON.parse(JSON.stringify(parameters))).toEqual(parameters);
      expect(member.make(given(parameters)).parameters).toEqual(parameters);
    });

    test("refuses a kind of target that it does not list", async () => {
      for (const kind of kinds.filter((k) => !wanted.includes(k))) {
        await expect(make().fit(table(kind, rowCount, takes), context())).rejects.toMatchObject({
          name: "MillwrightError",
        });
      }
      expect(wanted.length).toBeGreaterThan(0);
    });

    law("refit forgets", async () => {
      for (const kind of wanted) {
        const estimator = make();
        await estimator.fit(table(kind, rowCount + 30, takes, 99), context());
        const again = await estimator.fit(table(kind, rowCount, takes), context());
        expectSameModel(again, await make().fit(table(kind, rowCount, takes), context()), kind, takes);
      }
    });

    law("same seed, same model", async () => {
      for (const kind of wanted) {
        const rows = table(kind, rowCount, takes);
        const before = rows.x.columns.map((column) => column.slice());
        const one = await make().fit(rows, context());
        expect(rows.x.columns).toEqual(before);
        expectSameModel(one, await make().fit(rows, context()), kind, takes);
      }
    });

    law("same bits at 1 and 2 threads", async () => {
      for (const kind of wanted) {
        const rows = table(kind, rowCount, takes);
        expectSameModel(await make().fit(rows, context(1)), await make().fit(rows, context(2)), kind, takes);
      }
    });

    law("weight 0 is as if the row were absent", async () => {
      for (const kind of wanted) {
        const rows = table(kind, rowCount, takes);
        const weight = Float64Array.from({ length: rowCount }, (_, i) => (i % 5 === 2 ? 0 : 1 + (i % 2)));
        const index = Uint32Array.from(weight.keys()).filter((i) => weight[i]! > 0);
        const with0 = await make().fit({ ...rows, weight }, context());
        expectSameModel(with0, await make().fit(chosen({ ...rows, weight }, index), context()), kind, takes);
      }
    });

    law("the order of rows does not matter", async () => {
      for (const kind of wanted) {
        const rows = table(kind, rowCount, takes);
        const order = createRandom(3).shuffle(Uint32Array.from({ length: rowCount }, (_, i) => i));
        const one = await make().fit(rows, context());
        const other = await make().fit(chosen(rows, order), context());
        expectNear(other.reference(rows.x), one.reference(rows.x), sumTolerance);
      }
    });

    law("a row of weight 2 counts as two", async () => {
      for (const kind of wanted) {
        const rows = table(kind, rowCount, takes);
        const weight = Float64Array.from({ length: rowCount }, (_, i) => 1 + (i % 3 === 0 ? 1 : 0));
        const index = Uint32Array.from(Array.from(weight, (w, i) => (w === 2 ? [i, i] : [i])).flat());
        const twice = { ...chosen(rows, index), rowIds: Uint32Array.from(index, (i, k) => i * 1000 + k) };
        const one = await make().fit({ ...rows, weight }, context());
        const other = await make().fit(twice, context());
        expectNear(other.reference(rows.x), one.reference(rows.x), sumTolerance);
      }
    });

    law("the graph equals the reference", async () => {
      for (const kind of wanted) {
        const rows = table(kind, rowCount, takes);
        const fitted = await make().fit(rows, context());
        const strange = strangeRows(rows.x, takes);
        const answer = await run(fitted, strange);
        const expected = fitted.reference(strange);
        expectNear(answer, expected, graphTolerance);
        expectAnswers(kind, expected, strange.rowCount);
        expectAnswers(kind, answer, strange.rowCount);
        const one = takeRows(strange, Uint32Array.of(1));
        expectNear(await run(fitted, one), fitted.reference(one), graphTolerance);
      }
    });

    law("learns something", async () => {
      for (const kind of wanted) {
        const rows = table(kind, rowCount, takes);
        const fitted = await make().fit(rows, context());
        expect(errorOf(rows, fitted.reference(rows.x))).toBeLessThan(
          0.8 * errorOf(rows, constantAnswer(rows)),
        );
        expect(JSON.parse(JSON.stringify(fitted.summary))).toEqual(fitted.summary);
        if (fitted.importance !== undefined) {
          expect(fitted.importance.length).toBe(rows.x.columns.length);
          expect(fitted.importance.every((v) => v >= 0 && v < Infinity)).toBe(true);
          // The third number says nothing of the target.
          expect(fitted.importance[2]!).toBeLessThan(fitted.importance[1]!);
        }
      }
    });

    law("one class is an error", async () => {
      for (const kind of wanted.filter((k) => k !== "number")) {
        const rows = table(kind, rowCount, takes);
        const y = { kind: "classification" as const, classCount: 3, codes: new Int32Array(rowCount).fill(1) };
        await expect(make().fit({ ...rows, y }, context())).rejects.toMatchObject({ code: "DATA_ONE_CLASS" });
      }
    });

    law("one row", async () => {
      const rows = chosen(table("number", rowCount, takes), Uint32Array.of(1));
      if (!wanted.includes("number")) return;
      const fitted = await refusedOr(make().fit(rows, context()));
      if (fitted !== undefined) expectAnswers("number", fitted.reference(rows.x), 1);
    });

    law("one column", async () => {
      for (const kind of wanted) {
        const rows = table(kind, rowCount, takes);
        const x = { ...rows.x, features: rows.x.features.slice(0, 1), columns: rows.x.columns.slice(0, 1) };
        const fitted = await make().fit({ ...rows, x }, context());
        const strange = strangeRows(x, takes);
        expectNear(await run(fitted, strange), fitted.reference(strange), graphTolerance);
      }
    });

    law("a class without rows", async () => {
      if (!wanted.includes("three classes")) return;
      const rows = table("two classes", rowCount, takes);
      const codes =
        rows.y.kind === "classification" ? rows.y.codes.map((code) => code * 2) : new Int32Array();
      const fitted = await make().fit(
        { ...rows, y: { kind: "classification", classCount: 3, codes } },
        context(),
      );
      const p = fitted.reference(rows.x);
      expectAnswers("three classes", p, rowCount);
      for (let i = 0; i < rowCount; i++) expect(p[i * 3 + 1]!).toBeLessThan(0.2);
      expectNear(await run(fitted, rows.x), p, graphTolerance);
    });

    law("useless columns do no harm", async () => {
      for (const kind of wanted) {
        const rows = table(kind, rowCount, takes);
        const { x } = rows;
        const extra: Matrix = {
          rowCount,
          features: [...x.features, number("constant"), number("copy"), number("sum")],
          columns: [
            ...x.columns,
            new Float64Array(rowCount).fill(0.1),
            x.columns[0]!.slice(),
            Float64Array.from(x.columns[0]!, (v, i) => v + x.columns[1]![i]!),
          ],
        };
        const fitted = await make().fit({ ...rows, x: extra }, context());
        const answer = fitted.reference(extra);
        expectAnswers(kind, answer, rowCount);
        expectNear(await run(fitted, extra), answer, graphTolerance);
        expect(errorOf(rows, answer)).toBeLessThan(errorOf(rows, constantAnswer(rows)));
      }
    });

    test(
      takes.missing ? "takes missing values" : "refuses a missing or infinite value by the feature's name",
      async () => {
        for (const kind of wanted) {
          for (const bad of [Number.NaN, Infinity]) {
            const { positiveTarget, oneColumn = false } = takes;
            const rows = table(kind, rowCount, { positiveTarget, oneColumn });
            rows.x.columns[oneColumn ? 0 : 1]![17] = bad;
            const fit = make().fit(rows, context());
            if (takes.missing) expectAnswers(kind, (await fit).reference(rows.x), rowCount);
            else await expect(fit).rejects.toThrow(/"b".*DATA_BAD_VALUE/s);
          }
        }
      },
    );

    if (!takes.categories) {
      test("refuses a category by the feature's name", async () => {
        for (const kind of wanted) {
          const { positiveTarget, oneColumn = false } = takes;
          const rows = table(kind, rowCount, { positiveTarget, oneColumn, categories: true });
          const fit = make().fit(rows, context());
          await expect(fit).rejects.toThrow(/"city".*SCHEMA_WRONG_KIND/s);
        }
      });
    }

    test("stops early or says CANCELLED when asked before it starts", async () => {
      for (const kind of wanted) {
        const stop = new AbortController();
        stop.abort();
        const rows = table(kind, rowCount, takes);
        const fitted = await refusedOr(make().fit(rows, { ...context(), signal: stop.signal }), "CANCELLED");
        if (fitted !== undefined) expectAnswers(kind, fitted.reference(rows.x), rowCount);
      }
    });
  });
}

/** Parameters as no caller would write them. */
const given = (parameters: unknown): Record<string, never> => parameters as Record<string, never>;

const context = (threads = 1): FitContext => ({ random: createRandom(11), threads });

function chosen(
  rows: TrainingSet & { rowIds: Uint32Array },
  index: Uint32Array,
): TrainingSet & { rowIds: Uint32Array } {
  return {
    x: takeRows(rows.x, index),
    y: takeTarget(rows.y, index),
    rowIds: take(rows.rowIds, index),
    ...(rows.weight === undefined ? {} : { weight: take(rows.weight, index) }),
  };
}

function emitted(fitted: Fitted, features: number) {
  const x = input("x", "float64", ["batch", features]);
  return graph({ inputs: [x], outputs: { answer: fitted.emit(x) } });
}

async function run(fitted: Fitted, x: Matrix): Promise<Float64Array> {
  const session = await compile(emitted(fitted, x.columns.length));
  const shape = [x.rowCount, x.columns.length];
  const { answer } = await session.run({ x: { dtype: "float64", shape, data: rowMajor(x) } });
  await session.release();
  expect(answer!.dtype).toBe("float64");
  expect(answer!.shape[0]).toBe(x.rowCount);
  return answer!.data as Float64Array;
}

/** Same answers in every bit, and the same graph. */
function expectSameModel(a: Fitted, b: Fitted, kind: Kind, takes: Takes): void {
  const { x } = table(kind, 60, takes, 21);
  expect(a.reference(x)).toEqual(b.reference(x));
  expect(graphHash(emitted(a, x.columns.length))).toBe(graphHash(emitted(b, x.columns.length)));
  expect(a.summary).toEqual(b.summary);
}

function expectNear(actual: Float64Array, expected: Float64Array, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) {
    const a = actual[i]!;
    const b = expected[i]!;
    if (Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const difference = Math.abs(a - b) / Math.max(1, Math.abs(b));
    if (!(difference <= tolerance)) expect.fail(`value ${i} is ${a}, not ${b} within ${tolerance}`);
  }
}

/** Finite numbers; probabilities within [0, 1] that sum to 1. */
function expectAnswers(kind: Kind, values: Float64Array, rowCount: number): void {
  const size = values.length / rowCount;
  expect(size).toBe(kind === "number" ? 1 : kind === "two classes" ? 2 : 3);
  for (let i = 0; i < rowCount; i++) {
    const row = values.subarray(i * size, (i + 1) * size);
    if (!row.every(Number.isFinite)) expect.fail(`row ${i} is ${row.join(", ")}`);
    if (kind === "number") continue;
    const total = row.reduce((sum, p) => sum + p, 0);
    if (row.some((p) => p < 0 || p > 1) || Math.abs(total - 1) > 1e-9)
      expect.fail(`row ${i} is ${row.join(", ")}`);
  }
}

/** Squared error, or the Brier score. */
function errorOf({ y, x }: TrainingSet, answer: Float64Array): number {
  const size = answer.length / x.rowCount;
  let total = 0;
  for (let i = 0; i < x.rowCount; i++) {
    for (let k = 0; k < size; k++) {
      const truth = y.kind === "regression" ? y.values[i]! : Number(y.codes[i] === k);
      total += (truth - answer[i * size + k]!) ** 2;
    }
  }
  return total / x.rowCount;
}

function constantAnswer({ y, x }: TrainingSet): Float64Array {
  const n = x.rowCount;
  if (y.kind === "regression") return new Float64Array(n).fill(y.values.reduce((sum, v) => sum + v, 0) / n);
  const shares = new Float64Array(y.classCount);
  for (const code of y.codes) shares[code]! += 1 / n;
  return Float64Array.from({ length: n * y.classCount }, (_, i) => shares[i % y.classCount]!);
}

/** The result, or undefined when a MillwrightError (of that code) refused. */
async function refusedOr(fit: Promise<Fitted>, code?: string): Promise<Fitted | undefined> {
  try {
    return await fit;
  } catch (error) {
    expect((error as MillwrightError).name).toBe("MillwrightError");
    if (code !== undefined) expect((error as MillwrightError).code).toBe(code);
    return undefined;
  }
}
