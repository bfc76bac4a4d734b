/** A limit of memory: who fits, who is thinned, and what is said of it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { leastMemory, requireMemory, sizeText } from "./memory.ts";
import { openTable } from "./open-table.ts";
import { readWithin } from "./read-within.ts";
import { readingFlags } from "./reading.ts";

const folder = mkdtempSync(join(tmpdir(), "millwright-within-"));
afterAll(() => rmSync(folder, { recursive: true }));
const rowCount = 40_000;
/** All numbers are of one length, so that the first rows tell how many there are. */
const first = 100_000;
const path = join(folder, "rows.csv");
writeFileSync(
  path,
  `n,town\n${Array.from({ length: rowCount }, (_, row) => `${first + row},town ${row % 7}`).join("\n")}\n`,
);
/** 16 bytes a row: two cells of 8. */
const bytes = 16 * rowCount;
const memory = leastMemory;

describe("rows within a limit", () => {
  test("all of a table that fits so many times over", async () => {
    const within = { memory, copies: memory / bytes / 1.2 };
    const table = await openTable(path, within);
    expect(table.streamedBytes).toBeUndefined();
    expect((await readWithin(table, within)).findings).toEqual([]);
  });

  test("of a larger one as many as fit, evenly spread, and a finding with the memory for all", async () => {
    const within = { memory, copies: (4 * memory) / bytes };
    const table = await openTable(path, within);
    expect(table.streamedBytes).toBeGreaterThanOrEqual(bytes);
    const { frame, findings } = await readWithin(table, within);
    // The rows expected are a little more than there are.
    expect(frame.rowCount).toBeGreaterThan(0.9 * (rowCount / 4));
    expect(frame.rowCount).toBeLessThanOrEqual(rowCount / 4);
    const cells = frame.columns.get("n")!;
    const numbers = cells.type === "number" ? [...cells.values] : [];
    expect(numbers).toEqual(numbers.map((_, i) => first + Math.floor((i * rowCount) / frame.rowCount)));
    expect(findings).toMatchObject([
      { kind: "sampledRows", numbers: { count: frame.rowCount, rows: rowCount } },
    ]);
    const needed = Number(/--memory (\d+)MB/.exec(findings[0]!.undo!)![1]) * 1e6;
    expect(needed).toBeGreaterThanOrEqual(4 * memory);
    const again = await openTable(path, { ...within, memory: needed });
    expect(again.streamedBytes).toBeUndefined();
  });

  test("of one that is streamed no more than are wanted", async () => {
    const within = { memory, copies: (4 * memory) / bytes, most: 1500 };
    const { frame } = await readWithin(await openTable(path, within), within);
    expect(frame.rowCount).toBe(1500);
  });

  test("a row or two is refused with the memory for a thousand", async () => {
    const within = { memory, copies: (1000 * memory) / bytes };
    const table = await openTable(path, within);
    await expect(readWithin(table, within)).rejects.toMatchObject({
      code: "DATA_LIMIT",
      fix: expect.stringMatching(/^Give --memory \d+(MB|GB) or more/),
    });
  });
});

describe("--memory", () => {
  test("below what reading takes is refused with the figure needed", async () => {
    await expect(openTable(path, { memory: 100e6 })).rejects.toThrow(/100MB.*128MB.*PARAMETER_RANGE/s);
    expect(() => requireMemory(undefined)).not.toThrow();
  });

  test.each([
    [2e9, "2GB"],
    [650e6, "650MB"],
    [1234567, "1234567B"],
  ])("%d bytes are written as %s", (size, text) => {
    expect(sizeText(size)).toBe(text);
    expect(readingFlags({ memory: size })).toEqual(["--memory", text]);
  });
});
