import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import type { Dialect, FieldPlan, RaggedRow } from "../../kernels/index.ts";
import { openTable } from "../open-table.ts";
import type { RawColumn } from "../raw-column.ts";
import type { Block } from "./block.ts";
import { addBlock, ColumnBuilder } from "./columns.ts";
import { Misaligned, parseSegments, SegmentTeam } from "./segments.ts";
import { parseFile } from "./sequential.ts";

const dialect: Dialect = { delimiter: 44, quote: 34, escape: 34, newline: 10 };
const plans: readonly FieldPlan[] = ["number", "string", "datetime", "skip", "string"];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millwright-segments-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Read {
  readonly columns: readonly RawColumn[];
  readonly rowCount: number;
  readonly ragged: readonly RaggedRow[];
}

async function collect(
  blocks: AsyncIterable<{ readonly block: Block; readonly parser: number }>,
): Promise<Read> {
  const columns = plans.map(() => new ColumnBuilder(0));
  const ragged: RaggedRow[] = [];
  let rowCount = 0;
  let line = 2;
  for await (const { block, parser } of blocks) {
    addBlock(columns, block, String(parser));
    for (const row of block.ragged) ragged.push({ ...row, line: line + row.line - 1 });
    line += block.lines;
    rowCount += block.rowCount;
  }
  return { columns: columns.map((column) => column.take(false)), rowCount, ragged };
}

/** The file read in segments by three threads, and in one go by this one. */
async function readBoth(body: string, segmentBytes: number): Promise<readonly [Read, Read]> {
  const path = join(folder, "t.csv");
  const header = "a,b,c,d,e\n";
  await writeFile(path, header + body);
  const { size } = await stat(path);
  const text = { dialect, plans, skipBytes: header.length };
  const work = { path, fileBytes: size, firstByte: header.length, text };
  const inSegments = await collect(parseSegments(work, new SegmentTeam(2), () => {}, segmentBytes));
  async function* alone() {
    for await (const block of parseFile(path, header.length, text, () => {})) yield { block, parser: 0 };
  }
  const inOne = await collect(alone());
  return [inSegments, inOne];
}

const random = createRandom(11);
const makeRows = (count: number, cell: () => string): string[] =>
  Array.from(
    { length: count },
    (_, row) => `${random.normal()},${cell()},2024-01-0${1 + (row % 9)},x,${"w".repeat(row % 40)}`,
  );

describe("segments give what one thread gives", () => {
  test.each<[string, string, number]>([
    [
      "rows shorter than a segment",
      `${makeRows(400, () => `city ${random.integer(50)}`).join("\n")}\n`,
      1000,
    ],
    ["rows longer than a segment", `${makeRows(60, () => "long ".repeat(40)).join("\n")}\n`, 64],
    ["no newline at the end", makeRows(100, () => "a").join("\n"), 500],
    ["carriage returns", `${makeRows(100, () => "b").join("\r\n")}\r\n`, 333],
    ["quotes", `${makeRows(200, () => '"say ""hi"", then"').join("\n")}\n`, 700],
    [
      "ragged rows, by their lines",
      `${makeRows(50, () => "a").join("\n")}\n1,2\n${makeRows(50, () => "a").join("\n")}\nx\n`,
      400,
    ],
    ["nothing", "", 100],
  ])("%s", async (_name, body, segmentBytes) => {
    const [segments, alone] = await readBoth(body, segmentBytes);
    expect(segments).toEqual(alone);
  });
});

test("a newline inside quotes where the file is cut is noticed", async () => {
  const body = makeRows(50, () => '"two\nlines\nor\nthree"').join("\n");
  await expect(readBoth(body, 100)).rejects.toThrow(Misaligned);
});

test("a large file with newlines inside quotes is read whole, and as without threads", async () => {
  const path = join(folder, "large.csv");
  const paragraph = `"${"some text of a row\n".repeat(200)}"`;
  const rows = Array.from({ length: 7000 }, (_, row) => `${row},${paragraph},${row % 3}`);
  await writeFile(path, `id,note,k\n${rows.join("\n")}\n`);
  const [many, one] = await Promise.all([openTable(path, { threads: 2 }), openTable(path, { threads: 1 })]);
  expect(many.rowCount).toBe(7000);
  expect((await many.read(["k"])).columns).toEqual((await one.read(["k"])).columns);
});
