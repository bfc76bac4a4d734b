/** Rows with any number of labels, from a table to a file: lists and columns of yes and no, and every command on the file. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { runHere, temporaryFolder } from "../../../test/cli.ts";
import { createRandom } from "../../core/index.ts";
import { labelMetrics } from "../../metrics/index.ts";
import { findProblem, type JsonSchema } from "../../model/json-schema.ts";
import { load, type Model, typesModule } from "../../model/index.ts";
import { category, defineSchema, number } from "../../schema/index.ts";
import { evaluateFile, refit, refitLabels, trainLabels, trainTable } from "../index.ts";
import type { LabelResult } from "./train-labels.ts";

const work = temporaryFolder();
const lists = join(work.path, "lists.csv");
const flags = join(work.path, "flags.csv");
const path = join(work.path, "model.onnx");
const labels = ["cold", "loud", "wet"];
const settled = { families: ["logistic"], folds: 3, seed: 0, threads: 1, software: "test" };
let result: LabelResult;
let model: Model;

/** Two numbers decide three labels; some rows bear none. */
const rows = (() => {
  const random = createRandom(5);
  return Array.from({ length: 240 }, () => {
    const [a, b] = [random.normal(), random.normal()];
    const borne = [a < 0.2, b > 0.1, a + b < 0].map((yes) => (random.next() < 0.05 ? !yes : yes));
    return { a: a.toFixed(4), b: b.toFixed(4), borne };
  });
})();

beforeAll(async () => {
  writeFileSync(
    lists,
    `a,b,tags\n${rows.map(({ a, b, borne }, i) => `${a},${b},${[...labels.filter((_, k) => borne[k]), ...(i < 3 ? ["rare"] : [])].join(" | ")}`).join("\n")}\n`,
  );
  writeFileSync(
    flags,
    `a,b,${labels.join(",")}\n${rows.map(({ a, b, borne }) => `${a},${b},${borne[0]},${borne[1] ? "yes" : "no"},${Number(borne[2])}`).join("\n")}\n`,
  );
  result = await trainLabels({ ...settled, source: [lists], targets: ["tags"], labelsBy: "|" });
  writeFileSync(path, result.model);
  model = await load(result.model);
}, 120_000);
afterAll(async () => {
  await model.close();
  work[Symbol.dispose]();
});

describe("train --task multilabel", () => {
  test("learns each label, leaves out what three rows bear, and beats doing nothing", () => {
    const { record } = result;
    expect(record.task).toMatchObject({ kind: "multilabel", target: "tags", labels, separator: "|" });
    expect(record.tooRare).toEqual([{ label: "rare", rows: 3 }]);
    expect(record.test.metrics.map(({ name }) => name).sort()).toEqual(Object.keys(labelMetrics).sort());
    for (const { name, value, low, high, baseline, greaterIsBetter } of record.test.metrics) {
      expect(greaterIsBetter ? value > baseline : value < baseline, name).toBe(true);
      expect(low <= value && value <= high, name).toBe(true);
    }
    expect(record.leaderboard.map(({ name }) => name)).toContain("baseline");
    for (const { f1 } of record.labels) expect(f1).toBeGreaterThan(0.6);
  });

  test("columns of yes and no give the same model of the same labels", async () => {
    const same = await trainLabels({ ...settled, source: [flags], targets: labels });
    expect(same.record.labels).toEqual(result.record.labels);
    expect(same.record.test).toEqual(result.record.test);
    const other = await load(same.model);
    const row = { a: -1.5, b: 1.2 };
    expect((await other.predictOne(row)).probabilities).toEqual((await model.predictOne(row)).probabilities);
    expect(other.metadata.task.columns).toEqual(labels);
    await other.close();
  });

  test("rows that are copies are told, and stand on one side", async () => {
    const [header, ...lines] = readFileSync(lists, "utf8").trimEnd().split("\n");
    const copied = join(work.path, "copied.csv");
    writeFileSync(copied, `${[header, ...lines, ...lines.slice(20, 60)].join("\n")}\n`);
    const { record, report } = await trainLabels({
      ...settled,
      source: [copied],
      targets: ["tags"],
      labelsBy: "|",
    });
    expect(record.data).toMatchObject({ rows: 280, copies: 40 });
    expect(report.limitations!.join()).toContain(
      "Rows that copy another stand on its side of every split: 40.",
    );
    expect(result.record.data.copies).toBeUndefined();
  });

  test("the same seed gives the same bytes", async () => {
    const again = await trainLabels({ ...settled, source: [lists], targets: ["tags"], labelsBy: "|" });
    expect(again.record.model).toEqual(result.record.model);
  });

  test.each([
    [["tags", "a"], undefined, /in "tags", which neither says yes nor no.*SCHEMA_WRONG_KIND/s],
    [["tag"], "|", /no column "tag".*the nearest name is "tags".*SCHEMA_MISSING_COLUMN/s],
    [["tags"], "", /--labels-by is empty|PARAMETER_CONFLICT/s],
    [["a"], "|", /None of .* labels is borne.*DATA_TOO_FEW_ROWS/s],
  ] as const)("what cannot be read is refused: %#", async (targets, labelsBy, message) => {
    await expect(
      trainLabels({ ...settled, source: [lists], targets, ...(labelsBy !== undefined && { labelsBy }) }),
    ).rejects.toThrow(message);
  });
});

describe("--weight", () => {
  const wrong = join(work.path, "wrong.csv");
  const train = (weight?: string) =>
    trainLabels({
      ...settled,
      source: [wrong],
      targets: ["tags"],
      labelsBy: "|",
      ...(weight && { weight }),
      drop: ["w", "all"].filter((name) => name !== weight),
    });
  beforeAll(() => {
    // Every row once as it is, and once with the opposite labels and the weight 0.
    const line = ({ a, b, borne }: (typeof rows)[number], w: number) =>
      `${a},${b},${w},2,${labels.filter((_, k) => borne[k] === w > 0).join("|")}`;
    const both = rows.flatMap((row) => [line(row, 2), line(row, 0)]);
    writeFileSync(wrong, `a,b,w,all,tags\n${both.join("\n")}\n`);
  });

  test("rows of weight 0 count neither in fits nor in figures, also in evaluate", async () => {
    const weighted = await train("w");
    const plain = await train();
    const f1 = ({ record }: LabelResult): number =>
      record.test.metrics.find(({ name }) => name === "sampleF1")!.value;
    expect(f1(weighted)).toBeGreaterThan(0.75);
    expect(f1(plain)).toBeLessThan(0.65);
    for (const { low, value, high } of weighted.record.test.metrics)
      expect(low <= value && value <= high).toBe(true);
    expect(weighted.record.columns.find(({ name }) => name === "w")!.role).toBe("weight");
    expect(weighted.record.reproduce).toContain("--weight w");
    const file = join(work.path, "weighted.onnx");
    writeFileSync(file, weighted.model);
    const judged = await evaluateFile(file, [wrong], { seed: 0, threads: 1 });
    expect(judged.weight).toBe("w");
    expect(judged.metrics.find(({ name }) => name === "sampleF1")!.value).toBeGreaterThan(0.75);
  }, 60_000);

  test("a weight that all rows share changes no figure, to 1e-9", async () => {
    const [same, plain] = [await train("all"), await train()];
    same.record.test.metrics.forEach(({ name, value, baseline }, at) => {
      const other = plain.record.test.metrics[at]!;
      expect(name).toBe(other.name);
      expect(value).toBeCloseTo(other.value, 9);
      expect(baseline).toBeCloseTo(other.baseline, 9);
    });
  }, 60_000);

  test("a column of words as a weight is refused", async () => {
    await expect(train("tags")).rejects.toThrow(/SCHEMA_ROLE/);
    await expect(train("nothing")).rejects.toThrow(/SCHEMA_MISSING_COLUMN/);
  });
});

describe("groups and time", () => {
  const told = join(work.path, "told.csv");
  /** Of the labels that people bear. */
  const f1 = ({ record }: LabelResult): number =>
    labels.reduce((sum, label) => sum + record.labels.find((one) => one.label === label)!.f1 / 3, 0);
  const train = (more: { group?: string; timeColumn?: string; drop?: string[] }) =>
    trainLabels({
      ...settled,
      source: [told],
      targets: ["tags"],
      labelsBy: "|",
      families: ["nearestNeighbors"],
      ...more,
    });
  beforeAll(() => {
    // Thirty people: each has two numbers that tell who it is, and labels by chance that all its rows bear.
    const random = createRandom(8);
    const people = Array.from({ length: 30 }, () => ({
      at: [random.normal(), random.normal()],
      borne: labels.map(() => random.next() < 0.5),
    }));
    const lines = Array.from({ length: 300 }, (_, i) => {
      const { at, borne } = people[i % 30]!;
      const tags = labels.filter((_, k) => borne[k]);
      // Only the latest fifth of the rows bears the last label; days are written in another order than rows.
      const day = (i * 7) % 300;
      if (day >= 240) tags.push("late");
      return `${at[0]!.toFixed(5)},${at[1]!.toFixed(5)},p${i % 30},${day},${tags.join("|")}`;
    });
    writeFileSync(told, `a,b,who,day,tags\n${lines.join("\n")}\n`);
  });

  test("rows of one person stay together: what tells people apart is no help, and intervals draw people", async () => {
    const [apart, mixed] = [
      await train({ group: "who", drop: ["day"] }),
      await train({ drop: ["who", "day"] }),
    ];
    expect(f1(mixed)).toBeGreaterThan(f1(apart) + 0.15);
    expect(apart.record.data.split).toMatch(/Rows of one "who" stay together/);
    expect(apart.report.split).toMatchObject({ kind: "grouped", by: "who" });
    expect(apart.record.columns.find(({ name: column }) => column === "who")!.role).toBe("group");
    expect(apart.record.reproduce).toContain("--group who");
    const file = join(work.path, "apart.onnx");
    writeFileSync(file, apart.model);
    const without = join(work.path, "without.csv");
    const text = readFileSync(told, "utf8").split("\n");
    writeFileSync(
      without,
      text
        .map((line) =>
          line
            .split(",")
            .filter((_, at) => at !== 2)
            .join(","),
        )
        .join("\n"),
    );
    const score = async (source: string) =>
      (await evaluateFile(file, [source], { seed: 0, threads: 1 })).metrics[0]!;
    const [grouped, alone] = [await score(told), await score(without)];
    expect(grouped.value).toBe(alone.value);
    // 30 people vary more than 300 rows.
    expect(grouped.high - grouped.low).toBeGreaterThan(1.3 * (alone.high - alone.low));
  }, 60_000);

  test("the latest rows judge, the past predicts, and the file learns from all that came before", async () => {
    const timed = await train({ timeColumn: "day", drop: ["who"] });
    const { record } = timed;
    expect(record.data).toMatchObject({ trainRows: 240, testRows: 60 });
    expect(record.data.split).toMatch(/"day" orders the rows in time/);
    expect(timed.report.split).toMatchObject({ kind: "time", by: "day" });
    // Every row after day 240 bears it, and none before.
    expect(record.labels.find(({ label }) => label === "late")).toMatchObject({ rows: 60, f1: 0 });
    const other = await load(timed.model);
    const { probabilities } = await other.predictOne({ a: 0, b: 0 });
    expect(probabilities!["late"]).toBe(0);
    await other.close();
    expect(record.reproduce).toContain("--time-column day");
    const again = await train({ timeColumn: "day", drop: ["who"] });
    expect(again.record.model).toEqual(record.model);
  }, 60_000);

  test("one column cannot have two of these roles", async () => {
    await expect(train({ group: "who", timeColumn: "who" })).rejects.toThrow(/SCHEMA_ROLE/);
    await expect(train({ group: "tags" })).rejects.toThrow(/SCHEMA_ROLE/);
    await expect(train({ group: "nobody" })).rejects.toThrow(/SCHEMA_MISSING_COLUMN/);
  });
});

describe("--time", () => {
  const train = (budget: { time?: number; budget?: number }) =>
    trainLabels({
      source: [lists],
      targets: ["tags"],
      labelsBy: "|",
      families: ["logistic", "tree"],
      folds: 3,
      seed: 0,
      threads: 1,
      software: "test",
      ...budget,
    });

  test("time enough makes the file of work enough; without any, doing nothing is what is left", async () => {
    const [timed, budgeted] = [await train({ time: 3600 }), await train({ budget: 1000 })];
    expect(timed.record.budget.stoppedBy).toBe("portfolio");
    expect(timed.record.model).toEqual(budgeted.record.model);
    const none = await train({ time: 0.001 });
    expect(none.record.budget.stoppedBy).toBe("time");
    expect(none.record.chosen).toBe("baseline");
    expect(none.record.skipped.length).toBeGreaterThan(1);
    expect(new Set(none.record.skipped.map(({ reason }) => reason))).toEqual(new Set(["no time left"]));
    const units = Number(/--budget ([\d.]+)/.exec(none.record.reproduce)![1]);
    const again = await train({ budget: units });
    expect(again.record.budget.stoppedBy).toBe("budget");
    expect(again.record.model).toEqual(none.record.model);
  }, 60_000);

  test("is given in place of work units", async () => {
    await expect(train({ time: 5, budget: 5 })).rejects.toThrow(/--time and --budget.*PARAMETER_CONFLICT/s);
  });
});

describe("--like", () => {
  const recipe = () => model.metadata.recipe!;
  const refitted = (source: string, software = "test") =>
    refitLabels(recipe(), {
      source: [source],
      like: path,
      schema: model.metadata.schema,
      threads: 1,
      software,
    });
  const turned = join(work.path, "turned.csv");
  beforeAll(() => {
    // Other rows of the same columns, where nothing means what it meant, and one label is new.
    const lines = rows.map(({ a, b, borne }, i) => {
      const tags = [...labels.filter((_, k) => !borne[k]), ...(Number(a) > 0.5 ? ["bright"] : [])];
      return `${a},${b},${i % 2 === 0 ? tags.join("|") : tags.toReversed().join("|")}`;
    });
    writeFileSync(turned, `a,b,tags\n${lines.join("\n")}\n`);
  });

  test("two models with their shares answer as the mean of both, and the file fitted anew is the same", async () => {
    const [own] = recipe().members!;
    const tree = { name: "tree", family: "tree", parameters: {} };
    const blend = [
      { ...own!, weight: 0.25 },
      { ...tree, weight: 0.75 },
    ];
    const fit = async (members: NonNullable<ReturnType<typeof recipe>["members"]>) => {
      const { record, model: bytes } = await refitLabels(
        { ...recipe(), members },
        { source: [lists], threads: 1 },
      );
      const loaded = await load(bytes);
      const { probabilities } = await loaded.predictOne({ a: -0.3, b: 0.4 });
      const { metadata } = loaded;
      await loaded.close();
      return { record, metadata, said: labels.map((label) => probabilities![label]!) };
    };
    const both = await fit(blend);
    const [logistic, alone] = [await fit([own!]), await fit([{ ...tree, weight: 1 }])];
    both.said.forEach((p, k) => expect(p).toBeCloseTo(0.25 * logistic.said[k]! + 0.75 * alone.said[k]!, 12));
    expect(both.record.chosen).toBe("ensemble");
    expect(both.metadata.recipe!.members).toEqual(blend);
    expect((await fit([...both.metadata.recipe!.members!])).record.model).toEqual(both.record.model);
    expect(alone.record.chosen).toBe("tree");
  }, 60_000);

  test("the old file is held against the new one: equal on its own table, worse where the world has turned", async () => {
    const same = await refitted(lists);
    expect(same.record.model).toEqual(result.record.model);
    expect(same.record.against).toEqual([
      expect.objectContaining({ gain: 0, gainLow: 0, gainHigh: 0, notes: [] }),
    ]);
    const first = same.record.test.metrics[0]!;
    expect(same.record.against![0]!.score).toBe(first.value);
    const other = await refitted(turned);
    expect(other.record.task.labels).toEqual(["bright", "cold", "loud", "wet"]);
    const [rival] = other.record.against!;
    expect(rival!.gainLow).toBeGreaterThan(0.2);
    expect(rival!.gain).toBeCloseTo(other.record.test.metrics[0]!.value - rival!.score, 12);
    expect(rival!.gainLow <= rival!.gain && rival!.gain <= rival!.gainHigh).toBe(true);
    expect(rival!.notes).toEqual([
      "it does not know 1 of 4 labels",
      "whether it learnt from these rows is not known",
    ]);
    expect(other.report.rivals![0]).toMatchObject({ name: path, gain: { value: rival!.gain } });
  }, 60_000);

  test("the command does it, and its printed line does it again", async () => {
    const out = join(work.path, "anew");
    const { code, stdout, stderr } = await runHere(["train", turned, "--like", path, "--out", out]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/model\.onnx on the same rows: .*this file is .*better/);
    const record = JSON.parse(readFileSync(join(out, "run.json"), "utf8")) as LabelResult["record"];
    const schema = JSON.parse(
      readFileSync(join(import.meta.dirname, "../../../docs/schemas/multilabel.json"), "utf8"),
    ) as JsonSchema;
    expect(findProblem(schema, record, "run.json")).toBeUndefined();
    expect(record.reproduce).toBe(`npx millwright train ${turned} --like ${path}`);
    expect(record.model).toEqual((await refitted(turned, record.software)).record.model);
  }, 60_000);

  test("is not fitted as a recipe of one answer, nor without its models", async () => {
    await expect(refit(recipe(), { source: [lists] })).rejects.toThrow(
      /several labels a row.*PARAMETER_CONFLICT/s,
    );
    const { members: _, ...bare } = recipe();
    await expect(refitLabels(bare, { source: [lists] })).rejects.toThrow(/names no models.*MODEL_INVALID/s);
  });
});

describe("--require", () => {
  const run = ["train", lists, "--target", "tags", "--labels-by", "|", "--families", "logistic"];
  const rules = ["microF1>=0.6", "hammingLoss<=0.01", "fileMb<=5", "p99Ms<=5000"];
  const asked = rules.flatMap((rule) => ["--require", rule]);

  test("holds the file against metrics of labels, its size and its time, and ends with 3", async () => {
    const out = join(work.path, "required");
    const { code, stdout, stderr } = await runHere([...run, "--folds", "3", ...asked, "--out", out]);
    expect(code, stderr).toBe(3);
    const lines = stdout.split("\n").filter((line) => /^(pass|FAIL)/.test(line));
    expect(lines.map((line) => line.split(":")[0])).toEqual([
      "pass  microF1>=0.6",
      "FAIL  hammingLoss<=0.01",
      "pass  fileMb<=5",
      "pass  p99Ms<=5000",
    ]);
    const record = JSON.parse(readFileSync(join(out, "run.json"), "utf8")) as LabelResult["record"];
    expect(record.requirements!.map(({ passed }) => passed)).toEqual([true, false, true, true]);
    const schema = JSON.parse(
      readFileSync(join(import.meta.dirname, "../../../docs/schemas/multilabel.json"), "utf8"),
    ) as JsonSchema;
    expect(findProblem(schema, record, "run.json")).toBeUndefined();
    const judged = await runHere(["evaluate", join(out, "model.onnx"), lists, ...asked]);
    expect(judged.code, judged.stderr).toBe(3);
    expect(judged.stdout).toMatch(/pass {2}microF1>=0\.6: 0\.\d+/);
  }, 60_000);

  test.each([
    ["train", [...run, "--require", "rocAuc>=0.5"]],
    ["evaluate", ["evaluate", path, lists, "--require", "rocAuc>=0.5"]],
    ["train of one answer", ["train", flags, "--target", "cold", "--require", "microF1>=0.5"]],
  ])("a figure of the other kind of task is refused: %s", async (_, words) => {
    const { code, stderr } = await runHere(words);
    expect(code).toBe(1);
    expect(stderr).toMatch(/--require.*is for (one answer a row|several labels a row).*PARAMETER_CONFLICT/s);
  });
});

describe("the file", () => {
  test("answers the labels at or above their thresholds: to an application, in a table, and in the graph", async () => {
    const { thresholds } = model.metadata.task;
    const asked = rows.map(({ a, b }) => ({ a: Number(a), b: Number(b) }));
    const answers = await model.predict(asked);
    const numbers = (of: (row: (typeof asked)[number]) => number) => ({
      type: "number" as const,
      values: Float64Array.from(asked, of),
    });
    const columns = new Map([
      ["a", numbers(({ a }) => a)],
      ["b", numbers(({ b }) => b)],
    ]);
    const table = await model.predictColumns(columns, asked.length);
    answers.forEach(({ prediction, probabilities }, i) => {
      const said = labels.filter((label, k) => probabilities![label]! >= thresholds![k]!);
      expect(prediction).toEqual(said);
      expect(table.prediction[i]).toBe(said.join("|"));
    });
    expect(
      new Set(answers.map(({ prediction }) => (prediction as readonly string[]).length)).size,
    ).toBeGreaterThan(2);
    // The golden rows are the graph's own words, which load has compared.
    const { golden } = model.metadata;
    golden.prediction.forEach((said, i) =>
      expect(said).toBe(labels.filter((_, k) => golden.probabilities![i]![k]! >= thresholds![k]!).join("|")),
    );
  });

  test("is typed as an array of the union of its labels", async () => {
    const schema = defineSchema({
      a: number(),
      b: number(),
      tags: category({ role: "target", answers: "labels", labels: ["cold", "loud", "wet"] }),
    });
    const typed = await load(path, schema);
    const answer = await typed.predictOne({ a: 0, b: 0 });
    expectTypeOf(answer.prediction).toEqualTypeOf<readonly ("cold" | "loud" | "wet")[]>();
    expectTypeOf(answer.probabilities).toEqualTypeOf<Readonly<Record<"cold" | "loud" | "wet", number>>>();
    await typed.close();
    expect(typesModule(model.metadata, "tags")).toContain(
      'tags: category({ role: "target", answers: "labels", labels: ["cold", "loud", "wet"] })',
    );
    const one = defineSchema({
      a: number(),
      b: number(),
      tags: category({ role: "target", labels: ["cold", "loud", "wet"] }),
    });
    await expect(load(path, one)).rejects.toThrow(/answers with labels.*SCHEMA_MISMATCH/s);
  });

  test("evaluate scores it by its own metrics, and says which labels it does not know", async () => {
    const { metrics, notes } = await evaluateFile(path, [lists], {
      metrics: ["labelRanking"],
      seed: 0,
      threads: 1,
    });
    expect(metrics[0]!.name).toBe("labelRanking");
    expect(metrics).toHaveLength(Object.keys(labelMetrics).length);
    expect(notes.join()).toContain("rare");
    await expect(evaluateFile(path, [lists], { metrics: ["rocAuc"], seed: 0, threads: 1 })).rejects.toThrow(
      /PARAMETER_UNKNOWN/,
    );
  });

  test("predict writes a column and a probability a label", async () => {
    const out = join(work.path, "p.csv");
    const { code, stderr } = await runHere(["predict", path, lists, "-o", out]);
    expect(code, stderr).toBe(0);
    const [header, first] = readFileSync(out, "utf8").split("\n");
    expect(header).toBe(
      "prediction,label_cold,label_loud,label_wet,probability_cold,probability_loud,probability_wet",
    );
    const cells = first!.split(",");
    expect(cells[0]).toBe(labels.filter((_, k) => cells[1 + k] === "1").join("|"));
  });

  test.each([
    [
      "eject",
      ["eject", path, "-o", join(work.path, "recipe.ts")],
      /several labels a row.*PARAMETER_CONFLICT/s,
    ],
    [
      "a flag that the recipe settles",
      ["train", lists, "--like", path, "--target", "tags"],
      /settles what --target is given for too.*PARAMETER_CONFLICT/s,
    ],
    [
      "another file beside --like",
      ["train", lists, "--like", path, "--against", path],
      /--against is not for several labels/,
    ],
    [
      "--test",
      ["train", lists, "--target", "tags", "--labels-by", "|", "--test", flags],
      /--test is not for several labels/,
    ],
    [
      "another task",
      ["train", lists, "--target", "tags", "--labels-by", "|", "--task", "ordinal"],
      /PARAMETER_CONFLICT/,
    ],
  ])("%s refuses it with its reason", async (_, words, message) => {
    const { code, stderr } = await runHere(words);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });

  test("no other run takes it as a rival", async () => {
    const ask = trainTable({
      source: [flags],
      target: "cold",
      against: [path],
      seed: 0,
      threads: 1,
      software: "test",
    });
    await expect(ask).rejects.toThrow(/several labels a row.*PARAMETER_CONFLICT/s);
  });

  test("the command leaves three files, and inspect tells the thresholds", async () => {
    const out = join(work.path, "run");
    const words = [
      "train",
      lists,
      "--target",
      "tags",
      "--labels-by",
      "|",
      "--families",
      "logistic",
      "--folds",
      "3",
      "--out",
      out,
    ];
    const { code, stdout, stderr } = await runHere(words);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/tags.*any of 3 labels/);
    const schema = JSON.parse(
      readFileSync(join(import.meta.dirname, "../../../docs/schemas/multilabel.json"), "utf8"),
    ) as JsonSchema;
    const record: unknown = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
    expect(findProblem(schema, record, "run.json")).toBeUndefined();
    expect(readFileSync(join(out, "report.html"), "utf8")).toContain("Label cold: F1");
    const inspected = await runHere(["inspect", join(out, "model.onnx")]);
    expect(inspected.stdout).toMatch(/labels: cold from [\d.]+ on, loud from/);
  });
});
