/** The privacy test with every family in a file of its own, and with the whole portfolio in one. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { portfolio } from "../src/select/index.ts";
import { runBuilt, temporaryFolder } from "./cli.ts";
import { plantedTable, secretsIn } from "./planted.ts";

const work = temporaryFolder();
afterAll(() => work[Symbol.dispose]());

const cases = (["left", "spend"] as const).flatMap((target) => {
  const families = new Set(
    portfolio(target === "left" ? "classification" : "regression").map(({ family }) => family),
  );
  families.delete("baseline");
  return [...families, "all families"].map((family) => ({ target, family }));
});

test.each(cases)("$target from $family: no secret in what a run leaves", async ({ target, family }) => {
  const planted = plantedTable(target, 600);
  const table = join(work.path, `${target}.csv`);
  writeFileSync(table, planted.csv);
  const out = join(work.path, `${target} ${family}`);
  const only = family === "all families" ? [] : ["--families", family];
  const { code, stderr } = await runBuilt(["train", table, "--target", target, "--out", out, ...only]);
  expect(code, stderr).toBe(0);
  for (const file of ["model.onnx", "report.html", "run.json"])
    expect(secretsIn(readFileSync(join(out, file)), planted), file).toEqual([]);
});
