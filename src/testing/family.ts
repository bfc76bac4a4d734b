/**
 * The laws that every family of models keeps, as checks for any test runner.
 *
 * A family may break a law only by an entry in `exceptions` with its reason; then it is checked that the law really
 * is broken, so that no exception outlives its cause.
 */
import { createRandom, type MillwrightError, type ParameterTable } from "../core/index.ts";
import {
  type Estimator,
  type FitContext,
  type Fitted,
  takeRows,
  takeTarget,
  take,
  type TrainingSet,
} from "../estimators/index.ts";
import type { Matrix } from "../features/index.ts";
import { graph, graphHash, input } from "../graph/index.ts";
import { compile } from "../runtime/index.ts";
import { type Check, lawOrException, require, requireNear, requireRefusal, requireSame } from "./check.ts";
import {
  type Kind,
  kinds,
  mostlyZeros,
  number,
  rowMajor,
  strangeRows,
  table,
  type Takes,
} from "./family-data.ts";

export type FamilyLaw =
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
  | "an empty batch"
  | "one column"
  | "a class without rows"
  | "useless columns do no harm"
  | "sparse rows give the answers of dense ones";

/** What a family is, as far as the laws must know. */
export interface FamilyConformanceOptions {
  /** Parameters that make it quick, or that a law needs. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Its table of parameters, where it has one: then what the table refuses is refused. */
  readonly table?: ParameterTable;
  /** What the columns may hold that it learns from; finite numbers alone unless told. */
  readonly takes?: Takes;
  /** Rows of the tables that it learns from, 120 unless told. */
  readonly rows?: number;
  /** Largest difference of graph and reference, relative above 1. Default 1e-10. */
  readonly graphTolerance?: number;
  /** Largest difference that another order of rows, two rows in place of weight 2, or sparse rows make. Default 1e-7. */
  readonly sumTolerance?: number;
  /** Laws that it cannot keep, each with the reason. */
  readonly exceptions?: Partial<Record<FamilyLaw, string>>;
}

/**
 * The checks of a family of models.
 *
 * @param make - The family's function; called with `options.parameters`.
 * @returns One check a law, to be handed to a test runner: `test(check.name, check.run)`.
 */
export function familyConformance(
  make: (parameters?: Record<string, never>) => Estimator,
  options: FamilyConformanceOptions = {},
): readonly Check[] {
  const { takes = {}, rows: rowCount = 120, graphTolerance = 1e-10, sumTolerance = 1e-7 } = options;
  const light = given(options.parameters ?? {});
  const made = (): Estimator => make(light);
  const wanted = kinds.filter(
    (kind) =>
      made().tasks.includes(kind === "number" ? "regression" : "classification") &&
      !(takes.twoClasses && kind === "three classes"),
  );
  const checks: Check[] = [];
  const check = (name: string, run: () => Promise<void>): void => {
    checks.push({ name, run });
  };
  const law = (name: FamilyLaw, run: () => Promise<void>): void => {
    checks.push(lawOrException(name, run, options.exceptions?.[name]));
  };
  check("its parameters are plain JSON, and what its table does not allow is refused", async () => {
    const { parameters } = made();
    requireSame(JSON.parse(JSON.stringify(parameters)), parameters, "The parameters and their JSON");
    requireSame(make(given(parameters)).parameters, parameters, "The parameters and those made of them");
    if (options.table === undefined) return;
    await requireRefusal(() => make(given({ nonsense: 1 })), /PARAMETER_UNKNOWN/, "The parameter nonsense");
    for (const [name, parameter] of Object.entries(options.table)) {
      const wrong =
        parameter.type === "boolean" ? "yes" : parameter.type === "choice" ? "nonsense" : Number.NaN;
      await requireRefusal(() => make(given({ [name]: wrong })), /PARAMETER_RANGE/, `${name}: ${wrong}`);
      if ((parameter.type === "number" || parameter.type === "integer") && parameter.min > -Infinity) {
        const low = parameter.min - 1;
        await requireRefusal(() => make(given({ [name]: low })), /PARAMETER_RANGE/, `${name}: ${low}`);
      }
    }
  });

  check("refuses a kind of target that it does not list", async () => {
    for (const kind of kinds.filter((k) => !wanted.includes(k))) {
      const rows = table(kind, rowCount, takes);
      await requireRefusal(() => made().fit(rows, context()), /./, `A target of ${kind}`);
    }
    require(wanted.length > 0, "It lists no kind of target.");
  });

  law("refit forgets", async () => {
    for (const kind of wanted) {
      const estimator = made();
      await estimator.fit(table(kind, rowCount + 30, takes, 99), context());
      const again = await estimator.fit(table(kind, rowCount, takes), context());
      requireSameModel(again, await made().fit(table(kind, rowCount, takes), context()), kind, takes);
    }
  });

  law("same seed, same model", async () => {
    for (const kind of wanted) {
      const rows = table(kind, rowCount, takes);
      const before = rows.x.columns.map((column) => column.slice());
      const one = await made().fit(rows, context());
      requireSame(rows.x.columns, before, "The rows before and after the fit");
      requireSameModel(one, await made().fit(rows, context()), kind, takes);
    }
  });

  law("same bits at 1 and 2 threads", async () => {
    for (const kind of wanted) {
      const rows = table(kind, rowCount, takes);
      requireSameModel(await made().fit(rows, context(1)), await made().fit(rows, context(2)), kind, takes);
    }
  });

  law("weight 0 is as if the row were absent", async () => {
    for (const kind of wanted) {
      const rows = table(kind, rowCount, takes);
      const weight = Float64Array.from({ length: rowCount }, (_, i) => (i % 5 === 2 ? 0 : 1 + (i % 2)));
      const index = Uint32Array.from(weight.keys()).filter((i) => weight[i]! > 0);
      const with0 = await made().fit({ ...rows, weight }, context());
      requireSameModel(with0, await made().fit(chosen({ ...rows, weight }, index), context()), kind, takes);
    }
  });

  law("the order of rows does not matter", async () => {
    for (const kind of wanted) {
      const rows = table(kind, rowCount, takes);
      const order = createRandom(3).shuffle(Uint32Array.from({ length: rowCount }, (_, i) => i));
      const one = await made().fit(rows, context());
      const other = await made().fit(chosen(rows, order), context());
      requireNear(other.reference(rows.x), one.reference(rows.x), sumTolerance);
    }
  });

  law("a row of weight 2 counts as two", async () => {
    for (const kind of wanted) {
      const rows = table(kind, rowCount, takes);
      const weight = Float64Array.from({ length: rowCount }, (_, i) => 1 + (i % 3 === 0 ? 1 : 0));
      const index = Uint32Array.from(Array.from(weight, (w, i) => (w === 2 ? [i, i] : [i])).flat());
      const twice = { ...chosen(rows, index), rowIds: Uint32Array.from(index, (i, k) => i * 1000 + k) };
      const one = await made().fit({ ...rows, weight }, context());
      const other = await made().fit(twice, context());
      requireNear(other.reference(rows.x), one.reference(rows.x), sumTolerance);
    }
  });

  law("the graph equals the reference", async () => {
    for (const kind of wanted) {
      const rows = table(kind, rowCount, takes);
      const fitted = await made().fit(rows, context());
      const strange = strangeRows(rows.x, takes);
      const answer = await run(fitted, strange);
      const expected = fitted.reference(strange);
      requireNear(answer, expected, graphTolerance);
      requireAnswers(kind, expected, strange.rowCount);
      requireAnswers(kind, answer, strange.rowCount);
      const one = takeRows(strange, Uint32Array.of(1));
      requireNear(await run(fitted, one), fitted.reference(one), graphTolerance);
    }
  });

  law("learns something", async () => {
    for (const kind of wanted) {
      const rows = table(kind, rowCount, takes);
      const fitted = await made().fit(rows, context());
      requireLess(errorOf(rows, fitted.reference(rows.x)), 0.8 * errorOf(rows, constantAnswer(rows)));
      requireSame(JSON.parse(JSON.stringify(fitted.summary)), fitted.summary, "The summary and its JSON");
      if (fitted.importance !== undefined) {
        const { importance } = fitted;
        require(importance.length ===
          rows.x.columns.length, `${importance.length} importances of ${rows.x.columns.length} features.`);
        require(importance.every(
          (v) => v >= 0 && v < Infinity,
        ), `The importances are ${importance.join(", ")}.`);
        // The third number says nothing of the target.
        require(importance[2]! <
          importance[1]!, `The importances are ${importance.join(", ")}, and the third feature is noise.`);
      }
    }
  });

  law("one class is an error", async () => {
    for (const kind of wanted.filter((k) => k !== "number")) {
      const rows = table(kind, rowCount, takes);
      const y = { kind: "classification" as const, classCount: 3, codes: new Int32Array(rowCount).fill(1) };
      await requireRefusal(() => made().fit({ ...rows, y }, context()), /DATA_ONE_CLASS/, "One class");
    }
  });

  law("one row", async () => {
    const rows = chosen(table("number", rowCount, takes), Uint32Array.of(1));
    if (!wanted.includes("number")) return;
    const fitted = await refusedOr(made().fit(rows, context()));
    if (fitted !== undefined) requireAnswers("number", fitted.reference(rows.x), 1);
  });

  law("an empty batch", async () => {
    for (const kind of wanted) {
      const rows = table(kind, rowCount, takes);
      const fitted = await made().fit(rows, context());
      const { length } = await run(fitted, takeRows(rows.x, new Uint32Array()));
      require(length === 0, `${length} answers for no rows.`);
    }
  });

  law("one column", async () => {
    for (const kind of wanted) {
      const rows = table(kind, rowCount, takes);
      const x = { ...rows.x, features: rows.x.features.slice(0, 1), columns: rows.x.columns.slice(0, 1) };
      const fitted = await made().fit({ ...rows, x }, context());
      const strange = strangeRows(x, takes);
      requireNear(await run(fitted, strange), fitted.reference(strange), graphTolerance);
    }
  });

  law("a class without rows", async () => {
    if (!wanted.includes("three classes")) return;
    const rows = table("two classes", rowCount, takes);
    const codes = rows.y.kind === "classification" ? rows.y.codes.map((code) => code * 2) : new Int32Array();
    const fitted = await made().fit(
      { ...rows, y: { kind: "classification", classCount: 3, codes } },
      context(),
    );
    const p = fitted.reference(rows.x);
    requireAnswers("three classes", p, rowCount);
    for (let i = 0; i < rowCount; i++) requireLess(p[i * 3 + 1]!, 0.2);
    requireNear(await run(fitted, rows.x), p, graphTolerance);
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
      const fitted = await made().fit({ ...rows, x: extra }, context());
      const answer = fitted.reference(extra);
      requireAnswers(kind, answer, rowCount);
      requireNear(await run(fitted, extra), answer, graphTolerance);
      requireLess(errorOf(rows, answer), errorOf(rows, constantAnswer(rows)));
    }
  });

  if (made().sparse === true) {
    law("sparse rows give the answers of dense ones", async () => {
      for (const kind of wanted) {
        const rows = table(kind, rowCount, takes);
        const { dense, sparse } = mostlyZeros(rows.x);
        const one = await made().fit({ ...rows, x: dense }, context());
        const other = await made().fit({ ...rows, x: sparse }, context());
        const answer = other.reference(dense);
        requireNear(answer, one.reference(dense), sumTolerance);
        requireNear(await run(other, dense), answer, graphTolerance);
      }
    });
  }

  check(
    takes.missing ? "takes missing values" : "refuses a missing or infinite value by the feature's name",
    async () => {
      for (const kind of wanted) {
        for (const bad of [Number.NaN, Infinity]) {
          const { positiveTarget, atLeastZero, oneColumn = false } = takes;
          const rows = table(kind, rowCount, { positiveTarget, atLeastZero, oneColumn });
          rows.x.columns[oneColumn ? 0 : 1]![17] = bad;
          const fit = made().fit(rows, context());
          if (takes.missing) requireAnswers(kind, (await fit).reference(rows.x), rowCount);
          else await requireRefusal(() => fit, /"b".*DATA_BAD_VALUE/s, `${bad} in the feature "b"`);
        }
      }
    },
  );

  if (!takes.categories) {
    check("refuses a category by the feature's name", async () => {
      for (const kind of wanted) {
        const { positiveTarget, atLeastZero, oneColumn = false } = takes;
        const rows = table(kind, rowCount, { positiveTarget, atLeastZero, oneColumn, categories: true });
        const fit = () => made().fit(rows, context());
        await requireRefusal(fit, /"city".*SCHEMA_WRONG_KIND/s, 'The category "city"');
      }
    });
  }

  check("stops early or says CANCELLED when asked before it starts", async () => {
    for (const kind of wanted) {
      const stop = new AbortController();
      stop.abort();
      const rows = table(kind, rowCount, takes);
      const fitted = await refusedOr(made().fit(rows, { ...context(), signal: stop.signal }), "CANCELLED");
      if (fitted !== undefined) requireAnswers(kind, fitted.reference(rows.x), rowCount);
    }
  });
  return checks;
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
  require(answer!.dtype === "float64" &&
    answer!.shape[0] ===
      x.rowCount, `The graph answers ${answer!.dtype} [${answer!.shape.join(", ")}] for ${x.rowCount} rows.`);
  return answer!.data as Float64Array;
}

/** Same answers in every bit, and the same graph. */
function requireSameModel(a: Fitted, b: Fitted, kind: Kind, takes: Takes): void {
  const { x } = table(kind, 60, takes, 21);
  requireSame(a.reference(x), b.reference(x), "The answers");
  const [one, other] = [a, b].map((model) => graphHash(emitted(model, x.columns.length)));
  require(one === other, "The graphs differ, and the answers of the references do not.");
  requireSame(a.summary, b.summary, "The summaries");
}

/** Finite numbers; probabilities within [0, 1] that sum to 1. */
function requireAnswers(kind: Kind, values: Float64Array, rowCount: number): void {
  const size = values.length / rowCount;
  const needed = kind === "number" ? 1 : kind === "two classes" ? 2 : 3;
  require(size === needed, `${values.length} answers for ${rowCount} rows, and not ${needed} a row.`);
  for (let i = 0; i < rowCount; i++) {
    const row = values.subarray(i * size, (i + 1) * size);
    require(row.every(Number.isFinite), `Row ${i} is answered by ${row.join(", ")}.`);
    if (kind === "number") continue;
    const total = row.reduce((sum, p) => sum + p, 0);
    require(row.every((p) => p >= 0 && p <= 1) &&
      Math.abs(total - 1) <= 1e-9, `Row ${i} is answered by ${row.join(", ")}, which are no probabilities.`);
  }
}

function requireLess(value: number, bound: number): void {
  require(value < bound, `${value} is not below ${bound}.`);
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
    require((error as MillwrightError).name === "MillwrightError", `It threw ${String(error)}.`);
    require(code === undefined || (error as MillwrightError).code === code, `It threw ${String(error)}.`);
    return undefined;
  }
}
