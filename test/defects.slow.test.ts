/** Findings you can trust: twelve kinds of planted defect are all found, and clean tables show next to nothing. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Finding, findings, openTable } from "../src/data/index.ts";
import { temporaryFolder } from "./cli.ts";
import { alarmKinds, cleanColumns, knownTables, plantedTables } from "./defects/clean-tables.ts";
import { type Columns, writeCsv } from "./defects/csv-columns.ts";
import { defects, plant } from "./defects/plant.ts";
import { describeWithSharedData } from "./shared-data.ts";

const work = temporaryFolder();
afterAll(() => work[Symbol.dispose]());

/** Everything that is found when the columns are read from a file. */
async function findingsIn(columns: Columns, target: string): Promise<readonly Finding[]> {
  const path = join(work.path, "table.csv");
  writeFileSync(path, writeCsv(columns));
  const table = await openTable(path);
  try {
    return [...table.findings, ...(await findings(await table.read(), { target }))];
  } finally {
    await table.close();
  }
}

describeWithSharedData("planted defects", (folder) => {
  describe.each(plantedTables.map((table) => [table.file, table] as const))("%s", (_file, table) => {
    const kinds = Object.keys(defects).filter((kind) => table.cannotHold?.[kind] === undefined);
    test.each(kinds)("%s", async (kind) => {
      const clean = cleanColumns(folder, table);
      for (const seed of [0, 1, 2]) {
        const { columns, kind: wanted, named, numbers } = plant(kind, clean, table.target, seed);
        const found = await findingsIn(columns, table.target);
        const told = found.filter((finding) => finding.kind === wanted);
        for (const column of named) {
          const one = told.find((finding) => finding.column === column);
          expect(one, `${wanted} ${column}, seed ${seed}`).toBeDefined();
          const { count, ...same } = numbers ?? {};
          if (Object.keys(same).length > 0) expect(one!.numbers).toMatchObject(same);
          if (count !== undefined) expect(one!.numbers!["count"]).toBeGreaterThanOrEqual(count);
        }
      }
    });
  });
});

describeWithSharedData("clean tables", (folder) => {
  test("at most one false finding per 20, and what is known to be there is found", async () => {
    const wrong: string[] = [];
    for (const { file, target, known = {} } of knownTables) {
      const table = await openTable(`${folder}${file}`);
      const found = [...table.findings, ...(await findings(await table.read(), { target }))]
        .filter((finding) => alarmKinds.includes(finding.kind))
        .map(({ kind, column }) => (column === null ? kind : `${kind} ${column}`));
      await table.close();
      expect(found, file).toEqual(expect.arrayContaining(Object.keys(known)));
      wrong.push(...found.filter((one) => known[one] === undefined).map((one) => `${file}: ${one}`));
    }
    expect(knownTables.length).toBeGreaterThanOrEqual(20);
    expect(wrong.length, wrong.join("; ")).toBeLessThanOrEqual(Math.floor(knownTables.length / 20));
  });
});
