/** A file that takes sentences of tokens: strings in, a tag a token out. */
import { expect, expectTypeOf, test } from "vitest";
import { constant, equal, graph, input, regexFullMatch, where, writeOnnx } from "../graph/index.ts";
import { category, defineSchema, type PredictionOf, type RowOf, tokens } from "../schema/index.ts";
import { load } from "./load.ts";
import { encodeMetadata, type ModelMetadata } from "./metadata.ts";
import { typesModule } from "./types-module.ts";

const classes = ["O", "B-name"] as const;
const schema = defineSchema({
  tokens: tokens({ places: 4 }),
  tag: category({ role: "target", labels: classes, answers: "tags" }),
});
const golden: ModelMetadata["golden"] = {
  inputs: { tokens: ["see Ada", "a b c D"] },
  prediction: ["O B-name", "O O O B-name"],
};
const about = { schema, task: { kind: "tags", target: "tag" }, classes, golden } as const;

/** Words with a capital are names. */
function names(given: Partial<ModelMetadata> = {}): Uint8Array {
  const x = input("tokens", "string", ["batch", 4]);
  const word = (text: string) => constant({ dtype: "string", shape: [], data: [text] });
  const tag = where(regexFullMatch(x, String.raw`\p{Lu}.*`), word("B-name"), word("O"));
  const prediction = where(equal(x, word("")), word(""), tag);
  return writeOnnx(graph({ inputs: [x], outputs: { prediction } }), {
    metadata: encodeMetadata({ ...about, ...given }),
  });
}

test("answers a tag a token, of one sentence or several", async () => {
  const model = await load(names(), schema, { name: "names.onnx" });
  expect(await model.predict([{ tokens: ["Ada", "saw", "it"] }, { tokens: ["so"] }])).toEqual([
    { prediction: ["B-name", "O", "O"] },
    { prediction: ["O"] },
  ]);
  const one = await model.predictOne({ tokens: ["a", "b", "c", "D"] });
  expect(one.prediction).toEqual(["O", "O", "O", "B-name"]);
  expectTypeOf<RowOf<typeof schema>>().toEqualTypeOf<{ readonly tokens: readonly string[] }>();
  expectTypeOf<PredictionOf<typeof schema>["prediction"]>().toEqualTypeOf<readonly ("O" | "B-name")[]>();
  await model.close();
});

test.each<[string, unknown, string]>([
  ["too many tokens", ["a", "b", "c", "d", "e"], "an array of 5"],
  ["no token", [], "an array"],
  ["an empty token", ["a", ""], "an array of 2"],
  ["a string", "see Ada", 'the string "see Ada"'],
  ["null", null, "null"],
])("refuses %s", async (_, cell, got) => {
  const model = await load(names(), undefined, { name: "names.onnx" });
  await expect(model.predictOne({ tokens: cell as string[] })).rejects.toMatchObject({
    code: "SCHEMA_WRONG_KIND",
    message: expect.stringContaining(`tokens (at most 4), and rows[0] has ${got} there`),
    fix: "Pass an array of 1 to 4 strings, none of them empty; cut a longer sentence into parts.",
  });
  await model.close();
});

test("no column of a table holds sentences", async () => {
  const model = await load(names());
  const cells = new Map([
    ["tokens", { type: "string", codes: new Int32Array(1), dictionary: ["a"] } as const],
  ]);
  await expect(model.predictColumns(cells, 1)).rejects.toMatchObject({ code: "SCHEMA_WRONG_KIND" });
  await model.close();
});

test("golden sentences are proven, and must be sentences", async () => {
  const wrong = { ...golden, prediction: ["O B-name", "O O O O"] };
  await expect(load(names({ golden: wrong }))).rejects.toMatchObject({ code: "MODEL_CHANGED" });
  for (const cell of ["a b c d e", "a  b", 3]) {
    const odd = { ...golden, inputs: { tokens: ["see Ada", cell] } };
    await expect(load(names({ golden: odd }))).rejects.toMatchObject({ code: "MODEL_INVALID" });
  }
});

test("task and columns must agree", () => {
  expect(() => names({ task: { kind: "multiclass", target: "tag" } })).toThrow(/answers tags/);
  const two = { columns: [...schema.columns, { name: "n", kind: "text", role: "feature" }] } as const;
  const cells = { inputs: { ...golden.inputs, n: ["a", "b"] }, prediction: golden.prediction };
  expect(() => names({ schema: two, golden: cells })).toThrow(/other columns than one of tokens/);
});

test("the types say tokens, and other places are another model", async () => {
  const text = typesModule(about, "names");
  expect(text).toContain("import { category, defineSchema, type PredictionOf, type RowOf, tokens }");
  expect(text).toContain("  tokens: tokens({ places: 4 }),");
  expect(text).toContain('answers: "tags"');
  const other = defineSchema({
    tokens: tokens({ places: 5 }),
    tag: category({ role: "target", answers: "tags" }),
  });
  await expect(load(names(), other)).rejects.toMatchObject({ code: "SCHEMA_MISMATCH" });
});
