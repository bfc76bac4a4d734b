/**
 * Time of one row through a model file, validation included, and rows a second of a whole table.
 *
 * The file has 500 trees × 63 leaves over 20 columns of all kinds; 10,000 different rows, each
 * timed alone. Goal: p50 ≤ 150 µs, p99 ≤ 400 µs.
 *
 *   npx tsx bench/predict-row.ts [--smoke]
 */
import { makeTreeModel, treeRows } from "../test/fixtures/tree-model.ts";
import { load } from "../src/model/index.ts";
import { type Cell, type Cells, featureColumns, inputType } from "../src/schema/index.ts";
import { machineLine } from "./support/machine.ts";

const smoke = process.argv.includes("--smoke");
const rowCount = smoke ? 300 : 10_000;
const tableRows = smoke ? 4_000 : 100_000;

const started = performance.now();
const model = await load(makeTreeModel(smoke ? 20 : 500));
const rows = treeRows(rowCount);
console.log(machineLine());
console.log(`model made and loaded in ${(performance.now() - started).toFixed(0)} ms`);

for (let i = 0; i < Math.min(2000, rowCount); i++) await model.predictOne(rows[i]!);
const micros = new Float64Array(rowCount);
const before = process.cpuUsage();
for (let i = 0; i < rowCount; i++) {
  const start = performance.now();
  await model.predictOne(rows[i]!);
  micros[i] = (performance.now() - start) * 1000;
}
const { user, system } = process.cpuUsage(before);
micros.sort();
const at = (share: number): string => micros[Math.floor(share * (rowCount - 1))]!.toFixed(0);
console.log(`one row, ${rowCount} rows: p50 ${at(0.5)} µs, p90 ${at(0.9)}, p99 ${at(0.99)}, max ${at(1)}`);
console.log(`processor time: ${((user + system) / rowCount).toFixed(0)} µs a row`);

const batch = performance.now();
await model.predict(rows);
console.log(
  `predict(${rowCount} rows): ${(((performance.now() - batch) * 1000) / rowCount).toFixed(1)} µs a row`,
);

const table = cells(tableRows);
for (const threads of [1, 2]) {
  await model.predictColumns(table, tableRows, { threads });
  const start = performance.now();
  await model.predictColumns(table, tableRows, { threads });
  const seconds = (performance.now() - start) / 1000;
  console.log(`${tableRows} rows as columns, ${threads} threads: ${Math.round(tableRows / seconds)} rows/s`);
}
await model.close();

/** The rows again as columns, as often as it takes. */
function cells(count: number): Map<string, Cells> {
  return new Map(
    featureColumns(model.metadata.schema).map((column): [string, Cells] => {
      const pick = (i: number): Cell => rows[i % rowCount]![column.name]! as Cell;
      if (inputType(column) !== "string") {
        const values = Float64Array.from({ length: count }, (_, i) => {
          const cell = pick(i);
          return typeof cell === "number"
            ? cell
            : typeof cell === "string"
              ? Date.parse(`${cell}Z`)
              : Number.NaN;
        });
        return [column.name, { type: "number", values }];
      }
      const codeOf = new Map<string, number>();
      const codes = Int32Array.from({ length: count }, (_, i) => {
        const cell = pick(i);
        if (cell === null) return -1;
        const text = typeof cell === "string" ? cell : JSON.stringify(cell);
        if (!codeOf.has(text)) codeOf.set(text, codeOf.size);
        return codeOf.get(text)!;
      });
      return [column.name, { type: "string", codes, dictionary: [...codeOf.keys()] }];
    }),
  );
}
