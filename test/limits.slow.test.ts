/** `--max-size` and `--max-latency`: what is shipped keeps to them, or nothing is. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { demoCsv, type RunRecord } from "../src/tasks/index.ts";
import { runHere, temporaryFolder } from "./cli.ts";

const work = temporaryFolder();
afterAll(() => work[Symbol.dispose]());
const table = join(work.path, "customers.csv");
writeFileSync(table, demoCsv(400));

describe("a run within limits", () => {
  const train = async (out: string, ...flags: string[]) => {
    const folder = join(work.path, out);
    const args = ["train", table, "--target", "left", "--budget", "4", "--out", folder, ...flags];
    const { code, stderr } = await runHere(args);
    return { code, stderr, folder };
  };

  test("ships what keeps to the size, and tells the frontier", async () => {
    const free = await train("free");
    expect(free.code, free.stderr).toBe(0);
    const record = JSON.parse(readFileSync(join(free.folder, "run.json"), "utf8")) as RunRecord;
    const models = record.leaderboard.filter(({ family }) => family !== "baseline");
    const smallest = models.reduce((a, b) => (b.bytes < a.bytes ? b : a));
    // The best is on the frontier, whatever it costs.
    expect(record.leaderboard[0]!.pareto).toBe(true);
    expect(record.leaderboard.every(({ bytes, rowMs }) => bytes > 0 && rowMs > 0)).toBe(true);
    const size = statSync(join(free.folder, "model.onnx")).size;

    const limit = Math.round((size + smallest.bytes) / 2);
    const small = await train("small", "--max-size", `${limit}`, "--max-latency", "1s");
    expect(small.code, small.stderr).toBe(0);
    expect(statSync(join(small.folder, "model.onnx")).size).toBeLessThanOrEqual(limit);
    const told = JSON.parse(readFileSync(join(small.folder, "run.json"), "utf8")) as RunRecord;
    expect(told.reproduce).toContain(`--max-size ${limit}`);
  });

  test("is refused with the smallest where nothing keeps to them, and nothing is written", async () => {
    const { code, stderr, folder } = await train("tiny", "--max-size", "1kB");
    expect(code).toBe(1);
    expect(stderr).toMatch(/keeps to 0\.001 MB.*the smallest, .* MB.*LIMIT_UNREACHED/s);
    expect(existsSync(join(folder, "model.onnx"))).toBe(false);
  });

  test.each(["0", "-1ms", "fast", "1 minute"])("--max-latency %s is refused", async (text) => {
    const { code, stderr } = await train("bad", "--max-latency", text);
    expect(code).toBe(1);
    expect(stderr).toContain("0.5ms");
  });
});
