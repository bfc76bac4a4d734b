/** Answers laid out like a sample file; the model is a stand-in that gives what is told. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Model } from "../../model/index.ts";
import { category, defineSchema, number } from "../../schema/index.ts";
import { predictRows } from "./predict.ts";

const folder = mkdtempSync(join(tmpdir(), "millwright-sample-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const source = file("rows.csv", "id,x\n007,1\n008,2\n009,3\n");

/** Answers x / 10 for the second of its classes, or x itself. */
function modelOf(classes?: readonly string[], positive?: string): Model {
  const schema = {
    columns: defineSchema({
      x: number(),
      y: classes === undefined ? number({ role: "target" }) : category({ role: "target" }),
    }).columns,
  };
  const kind = classes === undefined ? "regression" : positive === undefined ? "multiclass" : "binary";
  return {
    name: "stand-in.onnx",
    metadata: {
      schema,
      task: { kind, target: "y", ...(positive && { positive }) },
      ...(classes && { classes }),
    },
    predictColumns: (columns: ReadonlyMap<string, { values: Float64Array }>) => {
      const { values } = columns.get("x")!;
      if (classes === undefined) return Promise.resolve({ prediction: values });
      const width = classes.length;
      const probabilities = Float64Array.from({ length: values.length * width }, (_, i) => {
        const share = values[Math.floor(i / width)]! / 10;
        return i % width === 1 ? share : (1 - share) / (width - 1);
      });
      const prediction = Array.from(values, (value) => (value / 10 >= 0.25 ? classes[1]! : classes[0]!));
      return Promise.resolve({ prediction, probabilities });
    },
  } as unknown as Model;
}

async function laid(model: Model, sample: string, rows = source): Promise<string> {
  let csv = "";
  const lines = { write: (text: string) => (csv += text), restart: () => (csv = "") };
  await predictRows(model, [rows], { sample: file("sample.csv", sample), threads: 1 }, lines);
  return csv;
}

describe("like the sample", () => {
  test.each<[string, Model, string, string]>([
    ["a number, rows by id", modelOf(), "id,y\n009,0\n007,0\n", "id,y\n009,3\n007,1\n"],
    ["the answer first, under a name of its own", modelOf(), "value,id\n0,008\n", "value,id\n2,008\n"],
    [
      "labels as they are",
      modelOf(["no", "yes"], "yes"),
      "id,y\n007,no\n008,no\n009,no\n",
      "id,y\n007,no\n008,no\n009,yes\n",
    ],
    [
      "labels in the sample's capitals, also one that it does not show",
      modelOf(["false", "true"], "true"),
      "id,y\n007,False\n009,False\n",
      "id,y\n007,False\n009,True\n",
    ],
    ["0 and 1 for words", modelOf(["no", "yes"], "yes"), "id,y\n007,0\n009,0\n", "id,y\n007,0\n009,1\n"],
    ["a probability", modelOf(["no", "yes"], "no"), "id,y\n007,0.5\n009,0.5\n", "id,y\n007,0.9\n009,0.7\n"],
    [
      "probabilities by label, in the sample's order",
      modelOf(["a", "b", "c"]),
      "id,y_c,y_b,probability_a\n009,0,0,0\n",
      "id,y_c,y_b,probability_a\n009,0.35,0.3,0.35\n",
    ],
    ["rows by their place, without an id", modelOf(), "y\n0\n0\n0\n", "y\n1\n2\n3\n"],
  ])("%s", async (_, model, sample, expected) => {
    expect(await laid(model, sample)).toBe(expected);
  });
});

describe("refused with SCHEMA_MISMATCH", () => {
  test.each<[string, Model, string, string, string?]>([
    ["an id that the source lacks", modelOf(), "id,y\n007,0\n010,0\n", '1 of 2 rows of .*row 2: \\["010"\\]'],
    ["other rows and no id", modelOf(), "y\n0\n", "has 1 rows, the source 3"],
    ["two columns that mean nothing", modelOf(), "id,y,extra\n007,0,0\n", 'column "extra"'],
    ["no column for the answer", modelOf(), "id\n007\n", "none is left"],
    ["other labels", modelOf(["no", "yes"], "yes"), "id,y\n007,maybe\n", "holds maybe"],
    ["an id twice", modelOf(), "id,y\n1,0\n", "rows 1 and 2 of the source", "id,x\n1,1\n1,2\n"],
  ])("%s", async (_, model, sample, says, rows) => {
    const path = rows === undefined ? source : file("twice.csv", rows);
    await expect(laid(model, sample, path)).rejects.toMatchObject({ code: "SCHEMA_MISMATCH" });
    await expect(laid(model, sample, path)).rejects.toThrow(new RegExp(says));
  });
});
