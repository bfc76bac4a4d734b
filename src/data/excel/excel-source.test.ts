import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeUnlessMissing, missingPackage } from "../../../test/needs.ts";
import { openTable } from "../open-table.ts";
import { startServer, sends } from "../remote/testing/web-server.ts";

// Written by other programs: test/golden/workbooks.py.
const folder = join(import.meta.dirname, "../../../test/golden/workbooks");
const at = (name: string): string => join(folder, name);

const expected = (lastMoment: number): object => ({
  n: { values: Float64Array.of(1, 2, 30) },
  x: { values: Float64Array.of(Math.fround(0.1), Number.NaN, -1000) },
  city: { dictionary: ["Zürich", 'a,"b"\nc', "a & <b>"], codes: Int32Array.of(0, 1, 2) },
  ok: { dictionary: ["true", "false"], codes: Int32Array.of(0, 1, -1) },
  when: { values: Float64Array.of(Date.UTC(2024, 0, 2, 1), Date.UTC(2024, 0, 3, 23, 59, 59), lastMoment) },
  day: { values: Float64Array.of(Date.UTC(2024, 0, 2), Date.UTC(2024, 1, 29), Number.NaN) },
});
const kinds = ["number", "number", "category", "boolean", "datetime", "datetime"];

describeUnlessMissing("Excel", missingPackage("read-excel-file"), () => {
  test.each([
    ["openpyxl.xlsx", Date.UTC(1900, 2, 1, 13, 30)],
    ["xlsxwriter.xlsx", Date.UTC(1900, 2, 1, 13, 30)],
    // Dates counted from 1904, as workbooks of old Macintoshes do.
    ["epoch-1904.xlsx", Date.UTC(1950, 2, 1, 13, 30)],
  ])("%s: numbers, words, booleans, moments to the second, days", async (name, lastMoment) => {
    const table = await openTable(at(name), { sheet: "sales" });
    expect(table.findings.filter(({ kind }) => kind === "sheet")).toEqual([]);
    expect(table.schema.columns.slice(0, 6).map(({ kind }) => kind)).toEqual(kinds);
    const { columns } = await table.read();
    expect(Object.fromEntries(columns)).toMatchObject(expected(lastMoment));
    const hash = createHash("sha256")
      .update(readFileSync(at(name)))
      .digest("hex");
    expect(await table.fingerprint()).toBe(hash);
  });

  test("a formula counts with its result, and an error as missing", async () => {
    const { columns } = await (await openTable(at("xlsxwriter.xlsx"))).read();
    expect(columns.get("twice")).toMatchObject({ values: Float64Array.of(2, 4, 60) });
    expect(columns.get("err")).toMatchObject({ values: Float64Array.of(Number.NaN, 7, 8) });
  });

  test("the first sheet that is not hidden is read and told, another by name or number", async () => {
    const first = await openTable(at("xlsxwriter.xlsx"));
    expect(first.findings.find(({ kind }) => kind === "sheet")).toMatchObject({
      evidence: expect.stringContaining('has 2 sheets (lists, sales), and "sales" is read'),
      undo: "--sheet lists",
    });
    expect((await openTable(at("xlsxwriter.xlsx"), { sheet: "2" })).rowCount).toBe(3);
    const words = await openTable(at("openpyxl.xlsx"), { sheet: 'R&D "notes"', header: false });
    expect((await words.read()).columns.get("column_2")).toMatchObject({ dictionary: ["words"] });
  });

  test("a workbook is a view in a query, and may come from the web", async () => {
    await using server = await startServer({
      "/book": sends(readFileSync(at("xlsxwriter.xlsx")), {
        "content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
      }),
    });
    const table = await openTable([at("openpyxl.xlsx"), `${server.origin}/book`], {
      sheet: "sales",
      allowPrivate: true,
      sql: "SELECT openpyxl.n, twice FROM openpyxl JOIN book USING (n) WHERE openpyxl.ok",
    });
    expect((await table.read()).columns.get("twice")).toMatchObject({ values: Float64Array.of(2) });
    await table.close();
  });
});
