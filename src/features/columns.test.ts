import { expect, test } from "vitest";
import { boolean, category, datetime, defineSchema, id, number, text } from "../schema/index.ts";
import {
  type Chain,
  clipOutliers,
  columnsOf,
  dateParts,
  frequencyEncode,
  hashing,
  impute,
  interactions,
  numbers,
  oneHot,
  ordinal,
  powerTransform,
  quantileTransform,
  scale,
  selectBest,
  type Transform,
  targetEncode,
  tfidf,
  timeSince,
  union,
  varianceThreshold,
} from "./index.ts";

const schema = defineSchema({
  age: number(),
  fare: number({ dtype: "float32" }),
  city: category(),
  member: boolean(),
  when: datetime({ clock: "wall" }),
  born: datetime({ clock: "wall" }),
  note: text(),
  key: id(),
  churn: category({ role: "target", labels: ["no", "yes"] }),
});
const c = columnsOf(schema);

test("columnsOf knows the feature columns by name and kind", () => {
  expect(Object.keys(c)).toEqual(["age", "fare", "city", "member", "when", "born", "note"]);
  expect(c.age.kind).toBe("number");
  const name: "age" = c.age.name;
  expect(name).toBe("age");
});

test("steps take columns of their kinds and make chains", () => {
  const kindsOf = (chain: Chain): string[] => [chain.encoder.kind, ...chain.transforms.map((t) => t.kind)];
  expect(kindsOf(scale(c.age, c.fare))).toEqual(["numbers", "impute", "scale"]);
  expect(scale(c.age, c.fare).columns).toEqual(["age", "fare"]);
  expect(kindsOf(impute(c.age))).toEqual(["numbers", "impute"]);
  expect(kindsOf(clipOutliers(c.age))).toEqual(["numbers", "clipOutliers"]);
  expect(kindsOf(quantileTransform(c.age))).toEqual(["numbers", "quantileTransform"]);
  expect(kindsOf(oneHot(c.city, c.member, { maxCategories: 3 }))).toEqual(["oneHot"]);
  expect(oneHot(c.city, { maxCategories: 3 }).encoder.parameters).toEqual({
    maxCategories: 3,
    rare: "column",
    drop: "none",
  });
  expect(kindsOf(ordinal(c.city))).toEqual(["ordinal"]);
  expect(kindsOf(frequencyEncode(c.city, c.member, { measure: "count" }))).toEqual(["frequencyEncode"]);
  expect(kindsOf(powerTransform(c.age))).toEqual(["numbers", "powerTransform"]);
  expect(kindsOf(interactions(c.age, c.fare, { ratios: true }))).toEqual(["numbers", "interactions"]);
  const both: Transform = interactions({ powers: 2 });
  expect(both.parameters).toMatchObject({ powers: 2, products: true, maxPairs: 200 });
  expect(kindsOf(hashing(c.city, { buckets: 8 }))).toEqual(["hashing"]);
  expect(kindsOf(targetEncode(c.city))).toEqual(["targetEncode"]);
  expect(kindsOf(dateParts(c.when, { hour: false }))).toEqual(["dateParts"]);
  expect(kindsOf(timeSince(c.when, c.born, { since: "latest" }))).toEqual(["timeSince"]);
  const age = timeSince(c.when, { since: c.born, unit: "hours" });
  expect([age.columns, kindsOf(age)]).toEqual([
    ["when", "born"],
    ["timeSince", "timeSince"],
  ]);
  expect(kindsOf(tfidf(c.note, { ngrams: 1 }))).toEqual(["tfidf"]);
});

test("transforms are made by options, and chains extended by pipe", () => {
  const transform: Transform = scale({ method: "robust" });
  expect(transform.parameters).toEqual({ method: "robust" });
  const chain = numbers(c.age).pipe(impute({ strategy: "mean" }), transform);
  expect(chain.transforms.map((t) => t.kind)).toEqual(["impute", "scale"]);
  expect(numbers(c.age).transforms).toEqual([]);
});

test("a chain is no promise: it can be returned by an async function", async () => {
  const chain = numbers(c.age);
  expect(await Promise.resolve(chain)).toBe(chain);
});

test("selections and unions of chains", () => {
  const both = union(scale(c.age), oneHot(c.city)).pipe(varianceThreshold());
  expect(both.columns).toEqual(["age", "city"]);
  const best = both.pipe(selectBest({ count: 3 }));
  expect(best.transforms.map((t) => t.kind)).toEqual(["varianceThreshold", "selectBest"]);
  expect(both.transforms).toHaveLength(1);
  expect(union(best, numbers(c.fare)).columns).toEqual(["age", "city", "fare"]);
});

test("what does not fit does not compile", () => {
  const refused = (): void => {
    // @ts-expect-error no such column
    numbers(c.agee);
    // @ts-expect-error the target is no feature
    oneHot(c.churn);
    // @ts-expect-error an id is no feature
    oneHot(c.key);
    // @ts-expect-error text can't be scaled
    scale(c.note);
    // @ts-expect-error nor can a category among numbers
    scale(c.age, c.city);
    // @ts-expect-error a number has no categories
    oneHot(c.age);
    // @ts-expect-error a number has no frequency of its own
    frequencyEncode(c.age);
    // @ts-expect-error text has no power
    powerTransform(c.note);
    // @ts-expect-error nor a product
    interactions(c.age, c.note);
    // @ts-expect-error no such option
    interactions({ sums: true });
    // @ts-expect-error a selection reads features, not columns
    varianceThreshold(c.age);
    // @ts-expect-error how many stay must be told
    selectBest({ neighbors: 3 });
    // @ts-expect-error a union is of chains
    union(c.age, c.fare);
    // @ts-expect-error of one at least
    union();
    // @ts-expect-error words are made of text
    tfidf(c.city);
    // @ts-expect-error parts are made of datetimes
    dateParts(c.age);
    // @ts-expect-error times have references
    timeSince(c.when);
    // @ts-expect-error a number is no time
    timeSince(c.age, { since: "latest" });
    // @ts-expect-error nor a reference
    timeSince(c.when, { since: c.age });
    // @ts-expect-error no such unit
    timeSince(c.when, { since: "latest", unit: "years" });
    // @ts-expect-error an encoder needs a column
    oneHot();
    // @ts-expect-error no such option
    oneHot(c.city, { maxCategory: 3 });
    // @ts-expect-error no such method
    scale({ method: "log" });
  };
  expect(refused).toBeTypeOf("function");
});

test.each([
  { name: "a range", make: () => oneHot(c.city, { maxCategories: 0 }), words: /oneHot\.maxCategories is 0/ },
  { name: "a choice", make: () => scale({ method: "log" as "robust" }), words: /scale\.method is "log"/ },
  { name: "all parts off", make: () => dateParts(c.when, allOff), words: /parts switched off/ },
])("parameters are checked: $name", ({ make, words }) => {
  expect(make).toThrow(words);
});
const allOff = {
  elapsed: false,
  year: false,
  month: false,
  day: false,
  weekday: false,
  weekend: false,
  dayOfYear: false,
  hour: false,
} as const;
