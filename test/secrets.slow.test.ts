/**
 * No record of a person is in what we hand out: trains on tables with planted names,
 * addresses, rare words and extreme numbers in every kind of column, and searches the
 * bytes of the model, the report and the record for them.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { makeFolds } from "../src/data/index.ts";
import { openTable } from "../src/data/index.ts";
import { encodeTarget, readTask, referenceProfile } from "../src/pipeline/index.ts";
import { canonicalJson, type Json } from "../src/core/index.ts";
import { featureColumns } from "../src/schema/index.ts";
import { type FamilyName, type FamilyParameters, portfolio, runFoldJob } from "../src/select/index.ts";
import { runBuilt, runHere, temporaryFolder } from "./cli.ts";
import { plantedTable, secretsIn } from "./planted.ts";

const work = temporaryFolder();
afterAll(() => work[Symbol.dispose]());
const inWork = (name: string): string => join(work.path, name);

/** What a run writes, for each target. */
const runs = [
  { target: "left", flags: ["--families", "logistic,tree", "--cost", "fp=1,fn=4"] },
  {
    target: "spend",
    flags: ["--families", "ridge,tree", "--weight", "weight", "--group", "household"],
  },
] as const;

/** Fewer rounds and units give the same kinds of numbers sooner. */
const sooner: Readonly<Partial<Record<FamilyName, FamilyParameters>>> = {
  boosting: { rounds: 40 },
  mlp: { width: 16, epochs: 2 },
};

test("the search finds what is there", () => {
  const planted = plantedTable("spend");
  const found = secretsIn(Buffer.from(planted.csv), planted);
  for (const secret of planted.texts) expect(found).toContain(`the text ${secret}`);
  // Datetimes stand as text in the table, and as numbers in a model.
  expect(found.length).toBeGreaterThan(planted.texts.length + 0.8 * planted.numbers.length);
  const bytes = new Uint8Array(Float64Array.of(0, planted.numbers[3]!, planted.extremes[0]!).buffer);
  expect(secretsIn(bytes, planted)).toEqual([
    `the double ${planted.numbers[3]}`,
    `the double ${planted.extremes[0]}`,
  ]);
});

describe.each(runs)("a run on $target", ({ target, flags }) => {
  const planted = plantedTable(target);
  const table = inWork(`${target}.csv`);
  writeFileSync(table, planted.csv);

  test("leaves no secret in model.onnx, report.html and run.json", async () => {
    const words = ["train", table, "--target", target, "--budget", "4", "--out", inWork(target), ...flags];
    const { code, stderr } = await runBuilt(words);
    expect(code, stderr).toBe(0);
    for (const file of ["model.onnx", "report.html", "run.json"]) {
      const bytes = readFileSync(inWork(`${target}/${file}`));
      expect(bytes.length).toBeGreaterThan(1000);
      expect(secretsIn(bytes, planted), file).toEqual([]);
    }
  }, 120_000);

  test("what inspect and types say of the model holds no secret either", async () => {
    const model = inWork(`${target}/model.onnx`);
    const said = await runHere(["inspect", model, "--graph", "--json"]);
    expect(said.code, said.stderr).toBe(0);
    expect(secretsIn(Buffer.from(said.stdout), planted)).toEqual([]);
    await runHere(["types", model, "-o", inWork("types.ts")]);
    expect(secretsIn(readFileSync(inWork("types.ts")), planted)).toEqual([]);
  });

  test("no family's fitted graph holds a secret, and the reference profile neither", async () => {
    await using source = await opened(table, target);
    const { frame } = source;
    const column = frame.schema.columns.find(({ name }) => name === target)!;
    const y = encodeTarget(frame, readTask(frame, column));
    const [split] = makeFolds({ kind: "random", rowCount: frame.rowCount }, { folds: 4, seed: 0 });
    const data = { frame, y, splits: [split!], seed: 0, threads: 1 };
    const families = new Set<string>();
    for (const candidate of portfolio(y.kind)) {
      const parameters = { ...candidate.parameters, ...sooner[candidate.family as FamilyName] };
      const { fragment, summary } = await runFoldJob(data, {
        candidate: { ...candidate, parameters },
        split: 0,
      });
      expect(secretsIn(fragment, planted), candidate.name).toEqual([]);
      expect(secretsIn(Buffer.from(canonicalJson(summary)), planted), candidate.name).toEqual([]);
      families.add(candidate.family);
    }
    expect(families.size).toBeGreaterThan(5);
    const profile = referenceProfile(
      frame,
      featureColumns(frame.schema).map(({ name }) => name),
    );
    expect(secretsIn(Buffer.from(canonicalJson(profile as unknown as Json)), planted)).toEqual([]);
  }, 120_000);
});

/** The table as training reads it. */
async function opened(path: string, target: string) {
  const table = await openTable(path, {
    columns: { [target]: { role: "target" }, household: { role: "group" } },
  });
  return { frame: await table.read(), [Symbol.asyncDispose]: () => table.close() };
}
