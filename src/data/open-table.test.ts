import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTable } from "./open-table.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millwright-data-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

test("a CSV becomes typed columns with codes by first appearance", async () => {
  const path = await write(
    "a.csv",
    'x,plan,when,note\n1.5,b,2024-01-02,"a, b"\n,a,2024-01-03,\n-3e2,b,,"say ""hi"""\n',
  );
  const table = await openTable(path);
  expect(table.schema.columns.map((column) => [column.name, column.kind])).toEqual([
    ["x", "number"],
    ["plan", "category"],
    ["when", "datetime"],
    ["note", "category"],
  ]);
  const frame = await table.read();
  expect(frame.rowCount).toBe(3);
  expect(frame.columns.get("x")).toEqual({ type: "number", values: Float64Array.of(1.5, Number.NaN, -300) });
  expect(frame.columns.get("plan")).toEqual({
    type: "string",
    codes: Int32Array.of(0, 1, 0),
    dictionary: ["b", "a"],
  });
  expect(frame.columns.get("when")).toEqual({
    type: "number",
    values: Float64Array.of(Date.UTC(2024, 0, 2), Date.UTC(2024, 0, 3), Number.NaN),
  });
  expect(frame.columns.get("note")).toEqual({
    type: "string",
    codes: Int32Array.of(0, -1, 1),
    dictionary: ["a, b", 'say "hi"'],
  });
});

test("a column that misled the sample is read again as what it is", async () => {
  const rows = Array.from({ length: 200_000 }, (_, row) => `${row % 7},${row === 199_998 ? "N/A" : row}`);
  const path = await write("late.csv", `a,b\n${rows.join("\n")}\n`);
  const table = await openTable(path);
  const { columns } = await table.read(["b"]);
  const cells = columns.get("b")!;
  expect(cells.type).toBe("number");
  if (cells.type === "number")
    expect([cells.values[199_997], cells.values[199_998]]).toEqual([199_997, Number.NaN]);
  expect(table.findings).toMatchObject([{ kind: "missingCode", column: "b", numbers: { count: 1 } }]);
});

test.each([
  ["no-such.csv", "SOURCE_NOT_FOUND"],
  ["empty.csv", "DATA_EMPTY"],
  ["header.csv", "DATA_EMPTY"],
  ["twice.csv", "SCHEMA_DUPLICATE_COLUMN"],
  ["ragged.csv", "DATA_RAGGED_ROWS"],
])("%s is refused with %s", async (name, code) => {
  await write("empty.csv", "");
  await write("header.csv", "a,b\n");
  await write("twice.csv", "a,b,a\n1,2,3\n");
  await write("ragged.csv", "a,b\n1,2\n3\n4,5,6\n");
  await expect(openTable(join(folder, name))).rejects.toMatchObject({ code });
});

test("a missing column is not taken for a misspelling of another one that the schema needs", async () => {
  const schema = {
    columns: (["x", "z"] as const).map(
      (name) => ({ name, kind: "number", role: "feature", dtype: "float64" }) as const,
    ),
  };
  const lacking = openTable(await write("lacking.csv", "z\n1\n2\n"), { schema });
  await expect(lacking).rejects.toThrow(/no column "x" among its 1\. Check the name/);
  const misspelt = openTable(await write("misspelt.csv", "X,z\n1,1\n2,2\n"), { schema });
  await expect(misspelt).rejects.toThrow(/no column "x" among its 2; the nearest name is "X"/);
});
