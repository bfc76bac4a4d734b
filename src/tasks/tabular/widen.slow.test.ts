/** A table larger than `--memory`: raced on a part, and boosting fitted on all but the untouched rows. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { load } from "../../model/index.ts";
import { trainTable } from "./train.ts";

const folder = mkdtempSync(join(tmpdir(), "millwright-widen-"));
afterAll(() => rmSync(folder, { recursive: true }));
const rowCount = 40_000;
const fillers = Array.from({ length: 26 }, (_, i) => `f${i}`);

/** Every row has an id of its own; every hundredth has no answer, and every thousandth no weight to speak of. */
function table(): string {
  const path = join(folder, "rows.csv");
  const random = createRandom(1);
  const lines = Array.from({ length: rowCount }, (_, row) => {
    const x = random.normal();
    const shop = row % 17;
    const bought = x + (shop % 3) + random.normal() > 1 ? "yes" : "no";
    const cells = [x.toFixed(3), `shop ${shop}`, row % 1000 === 7 ? 0 : 1, row % 100 === 3 ? "" : bought];
    return [...cells, ...fillers.map((_, i) => (row * (i + 3)) % 101)].join(",");
  });
  writeFileSync(path, `${["x", "shop", "w", "bought", ...fillers].join(",")}\n${lines.join("\n")}\n`);
  return path;
}

test("boosting learns from every row but the untouched ones, the same twice", async () => {
  const path = table();
  const run = () =>
    trainTable({
      source: [path],
      target: "bought",
      weight: "w",
      families: ["boosting"],
      budget: 2,
      folds: 2,
      memory: 128e6,
      seed: 4,
      threads: 2,
      software: "millwright",
    });
  const { record, model } = await run();
  const { data, findings } = record;
  expect(data.sampledFrom).toBe(rowCount);
  expect(data.rows).toBeLessThan(rowCount);
  // 400 rows have no answer, and 40 no weight, of which some may be among the untouched ones.
  const learnt = rowCount - 400 - data.testRows;
  expect(data.streamedRows).toBeLessThanOrEqual(learnt);
  expect(data.streamedRows).toBeGreaterThanOrEqual(learnt - 40);
  expect(findings.map(({ kind }) => kind)).toContain("sampledRows");
  expect(record.leaderboard[0]!.family).toBe("boosting");
  expect(record.test.metrics[0]!.value).toBeGreaterThan(0.8);
  const again = await run();
  expect(again.record.model.sha256).toBe(record.model.sha256);
  const file = await load(model);
  expect(file.metadata.task.target).toBe("bought");
  await file.close();
}, 120_000);
