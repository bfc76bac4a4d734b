import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import {
  boolean,
  category,
  datetime,
  defineSchema,
  number,
  type Schema,
  schemaHash,
  text,
} from "../schema/index.ts";
import type { ModelMetadata } from "./metadata.ts";
import { typesModule } from "./types-module.ts";

function metadataOf(
  schema: Schema,
  kind: ModelMetadata["task"]["kind"],
  classes?: readonly string[],
): ModelMetadata {
  const target = schema.columns.find((column) => column.role === "target")!;
  const golden = { inputs: {}, prediction: [] };
  return {
    schema,
    task: { kind, target: target.name },
    golden,
    ...(classes === undefined ? {} : { classes }),
  };
}
const churn = defineSchema({
  tenure: number({ dtype: "float32", missing: ["-1"], format: { decimal: "," } }),
  "total charges": number(),
  paperless: boolean({ written: ["y", "n"] }),
  signup: datetime({ clock: "instant" }),
  lastCall: datetime({ clock: "wall" }),
  note: text(),
  stars: category({ numeric: true }),
  group: category({ role: "group" }),
  churned: category({ role: "target", labels: ["No", "Yes"] }),
});

test("a module is the schema, its hash and two types", () => {
  expect(
    typesModule(metadataOf(churn, "binary", ["No", "Yes"]), "models/churn.onnx"),
  ).toBe(`// Made by \`millwright types\` from the model file: do not edit, run it again.
import {
  boolean,
  category,
  datetime,
  defineSchema,
  number,
  type PredictionOf,
  type RowOf,
  text,
} from "millwright/schema";

/** What the model reads and answers: pass it to \`load\` with the file. */
export const churn = defineSchema({
  tenure: number(),
  "total charges": number(),
  paperless: boolean(),
  signup: datetime({ clock: "instant" }),
  lastCall: datetime({ clock: "wall" }),
  note: text(),
  stars: category({ numeric: true }),
  churned: category({ role: "target", labels: ["No", "Yes"] }),
});

/** SHA-256 of the schema; \`load\` refuses a file whose schema differs, and names the column. */
export const churnHash = "${schemaHash(churn)}";

/** A row that the model takes; null is missing. */
export type ChurnRow = RowOf<typeof churn>;

/** What the model answers. */
export type ChurnPrediction = PredictionOf<typeof churn>;
`);
});

const many = Array.from({ length: 30 }, (_, i) => `label number ${i}`);
test.each<[string, ModelMetadata, string]>([
  [
    "few columns",
    metadataOf(defineSchema({ a: number(), y: number({ role: "target" }) }), "regression"),
    "price.onnx",
  ],
  ["all kinds", metadataOf(churn, "binary", ["No", "Yes"]), "churn"],
  [
    "thirty labels",
    metadataOf(
      defineSchema({ a: text(), y: category({ role: "target", labels: many }) }),
      "multiclass",
      many,
    ),
    "x",
  ],
  [
    "seven labels",
    metadataOf(
      defineSchema({ a: text(), y: category({ role: "target", labels: many.slice(0, 6) }) }),
      "multiclass",
      many.slice(0, 6),
    ),
    "x",
  ],
])("%s: the formatter changes nothing", (_, metadata, name) => {
  const module = typesModule(metadata, name);
  const formatter = spawnSync(
    process.execPath,
    ["node_modules/@biomejs/biome/bin/biome", "format", "--stdin-file-path", "src/churn.ts"],
    { input: module, encoding: "utf8" },
  );
  expect(formatter.stdout).toBe(module);
});

test.each([
  ["churn.onnx", "churn"],
  ["/tmp/My churn-model v2.onnx", "myChurnModelV2"],
  ["C:\\models\\Price.ONNX", "price"],
  ["2024.onnx", "model2024"],
  ["number", "numberModel"],
  ["class.onnx", "classModel"],
  ["größe.onnx", "größe"],
  [".onnx", "model"],
])("%s gives the constant %s", (file, constant) => {
  expect(typesModule(metadataOf(churn, "binary"), file)).toContain(`export const ${constant} = defineSchema`);
});

test("odd column names stay what they are", () => {
  const columns = ["__proto__", 'a"b\\', "2019", "日本"].map(
    (name) => ({ name, kind: "text", role: "feature" }) as const,
  );
  const schema: Schema = {
    columns: [...columns, { name: "y", kind: "number", role: "target", dtype: "float64" }],
  };
  const module = typesModule(metadataOf(schema, "regression"), "odd");
  const literal = /defineSchema\((\{.*\})\)/s
    .exec(module)![1]!
    .replaceAll("text()", '"text"')
    .replaceAll(/number\(.*?\)/g, '"number"');
  const names = JSON.parse(
    literal
      .replace('["__proto__"]', '"__proto__"')
      .replaceAll(/^ {2}([^"\s]+):/gm, '"$1":')
      .replace(/,\s*\}/, "}"),
  ) as object;
  expect(Object.keys(names).sort()).toEqual(["2019", "__proto__", 'a"b\\', "y", "日本"].sort());
  expect(module).toContain('["__proto__"]: text(),');
});
