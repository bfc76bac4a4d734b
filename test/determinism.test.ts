/** Same table, seed and budget: the same file to the last bit, at one thread and at two. */
import { expect, test } from "vitest";
import { temporaryFolder } from "./cli.ts";
import { trainedHash, weather } from "./trained-hash.ts";

test("one thread and two give one file, and another seed another", async () => {
  using folder = temporaryFolder();
  const table = weather(folder.path, 300);
  const words = [table, "--target", "weather", "--families", "logistic,tree,boosting", "--budget", "2"];
  const one = await trainedHash(folder.path, [...words, "--threads", "1"]);
  const two = await trainedHash(folder.path, [...words, "--threads", "2"]);
  expect(two.hash).toBe(one.hash);
  expect(one.families).toEqual(expect.arrayContaining(["logistic", "boosting"]));
  const other = await trainedHash(folder.path, [...words, "--seed", "1"]);
  expect(other.hash).not.toBe(one.hash);
});
