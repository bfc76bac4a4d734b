/** Answers that stream: the same as of the whole table, whatever a column turns out to be, and whole on the disk or not at all. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { openTable, writeGrowing } from "../../data/index.ts";
import { boosting } from "../../estimators/trees/index.ts";
import { load, type Model } from "../../model/index.ts";
import { pipeline } from "../../pipeline/index.ts";
import { category, defineSchema, number } from "../../schema/index.ts";
import { predictRows } from "./predict.ts";

const folder = mkdtempSync(join(tmpdir(), "millwright-predict-"));
const random = createRandom(5);
const schema = defineSchema({
  x: number({ missing: ["n/a"] }),
  town: category(),
  y: category({ role: "target", labels: ["no", "yes"] }),
});
let model: Model;

function file(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `x,town,y\n${lines.join("\n")}\n`);
  return path;
}

const lineOf = (): string => {
  const x = random.normal();
  const town = `town ${Math.floor(20 * random.next())}`;
  return `${x.toFixed(4)},${town},${x + random.normal() > 0 ? "yes" : "no"}`;
};

beforeAll(async () => {
  const table = await openTable(file("learn.csv", Array.from({ length: 2000 }, lineOf)), { schema });
  const { bytes } = await pipeline({
    schema,
    features: "trees",
    estimator: boosting({ rounds: 20, earlyStoppingRounds: 0 }),
    positive: "yes",
  }).fit(table);
  model = await load(bytes);
});
afterAll(async () => {
  await model.close();
  rmSync(folder, { recursive: true });
});

async function predicted(path: string, threads = 1) {
  let csv = "";
  let begun = 0;
  const lines = {
    write: (text: string) => (csv += text),
    restart: () => {
      csv = "";
      begun++;
    },
  };
  const { rowCount } = await predictRows(model, [path], { threads }, lines);
  return { csv, rowCount, begun };
}

/** The lines by the whole table at once. */
async function whole(path: string): Promise<string> {
  const table = await openTable(path, { schema, optional: ["y"] });
  const { columns, rowCount } = await table.read();
  const { prediction, probabilities } = await model.predictColumns(columns, rowCount);
  const lines = Array.from(
    { length: rowCount },
    (_, row) => `${prediction[row]},${probabilities![2 * row]},${probabilities![2 * row + 1]}`,
  );
  return `prediction,probability_no,probability_yes\n${lines.join("\n")}\n`;
}

test("answers of many chunks are those of the whole table, to the bit, at one and two threads", async () => {
  // A chunk has 262,144 fields, so these are three.
  const some = Array.from({ length: 1000 }, lineOf);
  const path = file(
    "many.csv",
    Array.from({ length: 200_001 }, (_, row) => some[row % 997]!),
  );
  const expected = await whole(path);
  for (const threads of [1, 2]) {
    const { csv, rowCount, begun } = await predicted(path, threads);
    expect(rowCount).toBe(200_001);
    expect(begun).toBe(1);
    expect(csv === expected).toBe(true);
  }
});

test("a column that turns out to hold words behind many numbers is read anew", async () => {
  const lines = Array.from({ length: 150_000 }, (_, row) => `${row % 7},town ${row % 5},`);
  const path = file("odd.csv", [...lines, "n/a,town 1,", "2,town 3,"]);
  const { csv, rowCount, begun } = await predicted(path);
  expect(rowCount).toBe(150_002);
  expect(begun).toBe(2);
  expect(csv === (await whole(path))).toBe(true);
});

describe("a file that grows", () => {
  test("stands whole under its name, without what was written before a restart", async () => {
    const out = join(folder, "grown.csv");
    await writeGrowing(out, async (growing) => {
      growing.write("wrong\nand longer than what follows\n");
      growing.restart();
      growing.write("a\n");
      growing.write("b\n");
    });
    expect(readFileSync(out, "utf8")).toBe("a\nb\n");
  });

  test("leaves the old file and nothing else when it fails", async () => {
    const out = join(folder, "kept.csv");
    writeFileSync(out, "old\n");
    const failing = writeGrowing(out, async (growing) => {
      growing.write("new\n");
      throw new Error("no more");
    });
    await expect(failing).rejects.toThrow("no more");
    expect(readFileSync(out, "utf8")).toBe("old\n");
    expect(readdirSync(folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });
});
