/** Same table, seed and budget: the same file to the last bit, for every family, twice, and after a run by the clock. */
import { expect, test } from "vitest";
import { familyNames } from "../src/select/index.ts";
import { temporaryFolder } from "./cli.ts";
import { trainedHash, weather } from "./trained-hash.ts";

test.each([
  ["classes", "weather"],
  ["numbers", "temp_max"],
])("every family on %s: one thread and two, twice", async (_, target) => {
  using folder = temporaryFolder();
  const table = weather(folder.path, 400);
  const hashes = new Set<string>();
  const seen = new Set<string>();
  for (const threads of ["1", "2", "1", "2"]) {
    const run = await trainedHash(folder.path, [
      table,
      "--target",
      target,
      "--budget",
      "60",
      "--threads",
      threads,
    ]);
    hashes.add(run.hash);
    for (const family of run.families) seen.add(family);
  }
  expect(hashes.size).toBe(1);
  const other = target === "weather" ? ["linear", "ridge", "elasticNet"] : ["logistic", "naiveBayes"];
  expect([...seen].toSorted()).toEqual(
    [...familyNames.filter((name) => !other.includes(name)), "ensemble"].toSorted(),
  );
});

test("the command that a run by the clock prints makes the same file", async () => {
  using folder = temporaryFolder();
  const table = weather(folder.path, 1461);
  const timed = await trainedHash(folder.path, [table, "--target", "weather", "--time", "15s"]);
  const [program, command, ...words] = timed.reproduce.split(" ").slice(1);
  expect([program, command]).toEqual(["millwright", "train"]);
  expect(words).toContain("--budget");
  expect((await trainedHash(folder.path, words)).hash).toBe(timed.hash);
});
