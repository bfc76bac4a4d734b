/** A small model file of every family, for regression, two classes and three, with its float64 reference. */
import { createRandom } from "../../src/core/index.ts";
import type { Target } from "../../src/estimators/index.ts";
import { defaultChains, graphInputs } from "../../src/features/index.ts";
import { graph, simplify, writeOnnx } from "../../src/graph/index.ts";
import type { ColumnAnswers } from "../../src/model/index.ts";
import { composeModel, fitRecipe, referenceProfile, type Task } from "../../src/pipeline/index.ts";
import type { Cells, ColumnSchema, Frame } from "../../src/schema/index.ts";
import { family, familyNames } from "../../src/select/index.ts";

const cities = ["Paris", "Köln", "São Paulo", "東京", "New York", "O'Fallon"];
const phrases = ["all is well", "the bill is too high", "no answer, called twice", "très bien", ""];

export interface FittedModel {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly reference: (frame: Frame) => ColumnAnswers;
}

export async function* fittedModels(smoke: boolean): AsyncGenerator<FittedModel> {
  const { frame, drive } = table(smoke ? 300 : 2000);
  const class2 = Int32Array.from(drive, (value) => (value > 0 ? 1 : 0));
  const class3 = Int32Array.from(drive, (value) => (value > 0.7 ? 2 : value > -0.5 ? 1 : 0));
  const targets: readonly [Task, Target][] = [
    [
      { kind: "regression", target: "y" },
      { kind: "regression", values: drive },
    ],
    [
      { kind: "classification", target: "y", classes: ["no", "yes"], positive: "yes" },
      { kind: "classification", classCount: 2, codes: class2 },
    ],
    [
      { kind: "classification", target: "y", classes: ["low", "middle", "high"] },
      { kind: "classification", classCount: 3, codes: class3 },
    ],
  ];
  for (const name of familyNames) {
    for (const [task, given] of targets) {
      const { make, style, powers = false, requireTarget, oneNumber } = family(name);
      const estimator = make({});
      // Some families learn numbers above 0 only.
      const y: Target =
        given.kind === "regression" && requireTarget !== undefined
          ? { ...given, values: given.values.map(Math.exp) }
          : given;
      if (!estimator.tasks.includes(y.kind)) continue;
      const read = oneNumber ? { columns: frame.schema.columns.slice(0, 1) } : frame.schema;
      const recipe = { chains: defaultChains(read, style, { frame, target: true, powers }), estimator };
      const fitted = await fitRecipe(recipe, { frame, y }, { random: createRandom(1), threads: 1 });
      const inputs = graphInputs(frame.schema, fitted.features.columns);
      const fragment = writeOnnx(
        simplify(graph({ inputs: [...inputs.values()], outputs: { answer: fitted.emit(inputs) } })),
      );
      const target: ColumnSchema =
        task.kind === "regression"
          ? { name: "y", kind: "number", role: "target", dtype: "float64" }
          : { name: "y", kind: "category", role: "target" };
      const composed = await composeModel({
        schema: { columns: [...frame.schema.columns, target] },
        task,
        members: [{ fragment, weight: 1 }],
        about: {
          card: { summary: "parity", members: [], policy: {}, software: "bench" },
          profile: referenceProfile(
            frame,
            frame.schema.columns.map((column) => column.name),
          ),
          data: { rowCount: frame.rowCount, columnCount: frame.columns.size, sha256: "0".repeat(64) },
          recipe: { seed: 1, options: {}, software: "bench" },
        },
        random: createRandom(2),
      });
      yield {
        name: `${name}, ${task.kind === "regression" ? "a number" : `${task.classes.length} classes`}`,
        bytes: composed.write(),
        reference: (rows) => decoded(task, fitted.model.reference(fitted.features.reference(rows))),
      };
    }
  }
}

function decoded(task: Task, answers: Float64Array): ColumnAnswers {
  if (task.kind === "regression") return { prediction: answers };
  const width = task.classes.length;
  const prediction = Array.from({ length: answers.length / width }, (_, row) => {
    const shares = answers.subarray(row * width, (row + 1) * width);
    if (width === 2) return task.classes[shares[1]! >= 0.5 ? 1 : 0]!;
    return task.classes[shares.indexOf(Math.max(...shares))] ?? task.classes[0]!;
  });
  return { prediction, probabilities: answers };
}

/** A table with every kind of column, a tenth of the cells missing, and a signal in each. */
function table(rowCount: number): { frame: Frame; drive: Float64Array } {
  const random = createRandom(5);
  const drive = new Float64Array(rowCount);
  const columns: ColumnSchema[] = [];
  const cells = new Map<string, Cells>();
  const numbers = (column: ColumnSchema, draw: () => number, effect: (value: number) => number): void => {
    const values = Float64Array.from({ length: rowCount }, (_, i) => {
      const value = random.next() < 0.1 ? Number.NaN : draw();
      drive[i]! += Number.isNaN(value) ? 0.2 : effect(value);
      return value;
    });
    columns.push(column);
    cells.set(column.name, { type: "number", values });
  };
  const strings = (
    column: ColumnSchema,
    dictionary: readonly string[],
    effect: (code: number) => number,
  ): void => {
    const codes = Int32Array.from({ length: rowCount }, (_, i) => {
      const code = random.next() < 0.1 ? -1 : random.integer(dictionary.length);
      drive[i]! += effect(code);
      return code;
    });
    columns.push(column);
    cells.set(column.name, { type: "string", codes, dictionary });
  };
  numbers(
    { name: "age", kind: "number", role: "feature", dtype: "float32" },
    () => Math.fround(20 + 50 * random.next()),
    (value) => (value - 45) / 20,
  );
  numbers(
    { name: "amount €", kind: "number", role: "feature", dtype: "float64" },
    () => Math.exp(3 * random.normal()) + 1e9,
    (value) => Math.min(2, (value - 1e9) / 20),
  );
  numbers(
    { name: "since", kind: "datetime", role: "feature", clock: "instant" },
    () => Date.UTC(2015, random.integer(100), 1 + random.integer(28), random.integer(24)),
    (value) => (new Date(value).getUTCMonth() < 6 ? 0.4 : -0.4),
  );
  strings({ name: "city", kind: "category", role: "feature" }, cities, (code) => (code % 3) * 0.5 - 0.5);
  strings({ name: "member", kind: "boolean", role: "feature" }, ["false", "true"], (code) =>
    code === 1 ? 0.5 : -0.3,
  );
  strings({ name: "note", kind: "text", role: "feature" }, phrases, (code) => (code === 1 ? 0.8 : 0));
  for (let i = 0; i < rowCount; i++) drive[i]! += 0.3 * random.normal();
  return { frame: { schema: { columns }, rowCount, columns: cells }, drive };
}
