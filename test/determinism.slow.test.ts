/** The whole portfolio and the search twice at one and two threads, and a timed run made again by the command that it prints. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { sha256 } from "../src/core/index.ts";
import { demoCsv, type RunRecord } from "../src/tasks/index.ts";
import { builtProgram, runBuilt, temporaryFolder } from "./cli.ts";

const work = temporaryFolder();
afterAll(() => work[Symbol.dispose]());
const inWork = (name: string): string => join(work.path, name);
writeFileSync(inWork("customers.csv"), demoCsv(1500, 3));

const hashOf = (out: string): string => sha256(readFileSync(inWork(`${out}/model.onnx`)));
const recordOf = (out: string): RunRecord =>
  JSON.parse(readFileSync(inWork(`${out}/run.json`), "utf8")) as RunRecord;

test("all families: one thread and two, twice, one hash", async () => {
  const hashes: string[] = [];
  for (const [index, threads] of ["1", "2", "1", "2"].entries()) {
    const words = [
      "train",
      inWork("customers.csv"),
      "--target",
      "left",
      "--budget",
      "500",
      "--threads",
      threads,
    ];
    const { code, stderr } = await runBuilt([...words, "--out", inWork(`run${index}`)]);
    expect(code, stderr).toBe(0);
    // The whole portfolio, and a search until nothing better came.
    expect(recordOf(`run${index}`).budget.stoppedBy).toBe("search");
    hashes.push(hashOf(`run${index}`));
  }
  expect(new Set(hashes).size).toBe(1);
});

test("a timed run is made again, byte for byte, by the command that it prints", async () => {
  const words = [
    "train",
    "customers.csv",
    "--target",
    "left",
    "--time",
    "25s",
    "--seed",
    "4",
    "--out",
    "timed",
  ];
  const { code, stdout, stderr } = await runBuilt(words, { cwd: work.path });
  expect(code, stderr).toBe(0);
  const command = /^again, same file: npx millwright (.*) --out timed$/m.exec(stdout)![1]!;
  expect(command).toContain("--budget");
  expect(command).not.toContain("--time");
  const again = spawnSync("sh", ["-c", `"${process.execPath}" "${builtProgram}" ${command} --out again`], {
    cwd: work.path,
    encoding: "utf8",
  });
  expect(again.status, again.stderr).toBe(0);
  expect(hashOf("again")).toBe(hashOf("timed"));
  expect(recordOf("again").leaderboard.map(({ name }) => name)).toEqual(
    recordOf("timed").leaderboard.map(({ name }) => name),
  );
});
