import { expect, expectTypeOf, test } from "vitest";
import { boolean, category, datetime, defineSchema, id, image, number, text } from "./define.ts";
import type { LabelOf, Picture, PredictionOf, RowOf, Sequence } from "./define.ts";
import { schemaDifference, schemaHash } from "./interface.ts";
import type { ColumnSchema, Schema } from "./schema.ts";

const churn = defineSchema({
  customer: id(),
  tenure: number(),
  plan: category(),
  paperless: boolean(),
  signup: datetime({ clock: "instant" }),
  lastCall: datetime({ clock: "wall" }),
  note: text(),
  weight: number({ role: "weight" }),
  churned: category({ role: "target", labels: ["No", "Yes"] }),
});

test("a literal is a plain schema", () => {
  expect(churn.columns.map((column) => [column.name, column.kind, column.role])).toEqual([
    ["customer", "id", "id"],
    ["tenure", "number", "feature"],
    ["plan", "category", "feature"],
    ["paperless", "boolean", "feature"],
    ["signup", "datetime", "feature"],
    ["lastCall", "datetime", "feature"],
    ["note", "text", "feature"],
    ["weight", "number", "weight"],
    ["churned", "category", "target"],
  ]);
  expectTypeOf(churn).toExtend<Schema>();
});

test("rows and predictions are inferred from the literal", () => {
  expectTypeOf<RowOf<typeof churn>>().toEqualTypeOf<{
    readonly tenure: number | null;
    readonly plan: string | null;
    readonly paperless: boolean | null;
    readonly signup: Date | null;
    readonly lastCall: string | null;
    readonly note: string | null;
  }>();
  expectTypeOf<LabelOf<typeof churn>>().toEqualTypeOf<"No" | "Yes">();
  expectTypeOf<PredictionOf<typeof churn>["prediction"]>().toEqualTypeOf<"No" | "Yes">();
  expectTypeOf<PredictionOf<typeof churn>["probabilities"]>().toEqualTypeOf<
    Readonly<Record<"No" | "Yes", number>>
  >();

  const price = defineSchema({ rooms: number({ dtype: "float32" }), price: number({ role: "target" }) });
  expectTypeOf<RowOf<typeof price>>().toEqualTypeOf<{ readonly rooms: number | null }>();
  expectTypeOf<PredictionOf<typeof price>>().toEqualTypeOf<{ readonly prediction: number }>();

  const rating = defineSchema({ stars: category({ numeric: true }), y: number({ role: "target" }) });
  expectTypeOf<RowOf<typeof rating>>().toEqualTypeOf<{ readonly stars: string | number | null }>();
  expect(rating.columns[0]).toEqual({ name: "stars", kind: "category", role: "feature", numeric: true });

  const late = defineSchema({ distance: number(), late: boolean({ role: "target" }) });
  expectTypeOf<PredictionOf<typeof late>["prediction"]>().toEqualTypeOf<"true" | "false">();
  const open = defineSchema({ a: number(), b: category({ role: "target" }) });
  expectTypeOf<PredictionOf<typeof open>["prediction"]>().toEqualTypeOf<string>();
  expectTypeOf<RowOf<Schema>>().toEqualTypeOf<
    Readonly<Record<string, number | string | boolean | Date | Picture | Sequence | readonly string[] | null>>
  >();
  expect(late.columns).toHaveLength(2);

  const photo = defineSchema({
    photo: image({ height: 2, width: 3, channels: 1 }),
    y: category({ role: "target" }),
  });
  expectTypeOf<RowOf<typeof photo>>().toEqualTypeOf<{ readonly photo: Picture }>();
  expect(photo.columns[0]).toEqual({
    name: "photo",
    kind: "image",
    role: "feature",
    height: 2,
    width: 3,
    channels: 1,
    fit: "cover",
  });

  // @ts-expect-error a column needs a role
  defineSchema({ a: { kind: "text" } });
});

test("the hash sees what applications see, and nothing else", () => {
  const base = { a: number(), b: category(), y: category({ role: "target", labels: ["0", "1"] }) } as const;
  const hash = defineSchema(base).hash;
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  const { a, b, y } = base;
  expect(defineSchema({ y, b, a }).hash).toBe(hash);
  expect(defineSchema({ ...base, a: number({ dtype: "float32", missing: ["-999"] }) }).hash).toBe(hash);
  expect(defineSchema({ ...base, row: id() }).hash).toBe(hash);
  expect(defineSchema({ ...base, a: text() }).hash).not.toBe(hash);
  expect(defineSchema({ ...base, c: number() }).hash).not.toBe(hash);
  expect(defineSchema({ ...base, y: category({ role: "target", labels: ["1", "0"] }) }).hash).not.toBe(hash);
});

const file: Schema = defineSchema({
  age: number(),
  when: datetime({ clock: "wall" }),
  y: category({ role: "target", labels: ["no", "yes"] }),
});
const changed = (change: Partial<Record<string, Omit<ColumnSchema, "name"> | undefined>>): Schema => {
  const columns = { ...Object.fromEntries(file.columns.map((column) => [column.name, column])), ...change };
  return {
    columns: Object.entries(columns).flatMap(([name, spec]) =>
      spec === undefined ? [] : [{ ...spec, name } as ColumnSchema],
    ),
  };
};

test.each([
  ["nothing", {}, undefined],
  ["another dtype", { age: number({ dtype: "float32" }) }, undefined],
  ["labels left open", { y: category({ role: "target" }) }, undefined],
  [
    "a renamed column",
    { age: undefined, ages: number() },
    'reads the column "age" (number), and the schema has no such feature; its nearest name is "ages"',
  ],
  [
    "numbers as categories",
    { age: category({ numeric: true }) },
    "number in the file and category (numbers) in the schema",
  ],
  ["another kind", { age: category() }, '"age" is number in the file and category in the schema'],
  [
    "another clock",
    { when: datetime({ clock: "instant" }) },
    '"when" is datetime (wall) in the file and datetime (instant)',
  ],
  ["one column more", { extra: text() }, 'the feature "extra" (text), and the file does not read it'],
  [
    "another label",
    { y: category({ role: "target", labels: ["no", "maybe"] }) },
    '["no","yes"] in the file and ["no","maybe"]',
  ],
  [
    "another target",
    { y: undefined, z: category({ role: "target" }) },
    'the target is "y" in the file and "z"',
  ],
  ["no target", { y: undefined }, 'the target is "y" in the file and no column'],
] as const)("difference: %s", (_, change, expected) => {
  const given = changed(change);
  const difference = schemaDifference(file, given);
  if (expected === undefined) expect(difference).toBeUndefined();
  else {
    expect(difference).toContain(expected);
    expect(schemaHash(given)).not.toBe(schemaHash(file));
  }
});
