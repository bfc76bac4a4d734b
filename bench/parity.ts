/**
 * Parity: a model file answers the same in Node, in Python and by the slow float64 references.
 *
 * For every family, a model is fitted on a table with all kinds of columns, and its file is run on
 * 10,000 rows with missing values, unseen categories, extremes, ±Infinity and odd text. Probabilities
 * must agree within 1e-6, and labels where the margin is larger. Files named on the command line are
 * compared between Node and Python alone.
 *
 *   PEERS_PYTHON=…/bin/python npx tsx bench/parity.ts [--smoke] [model.onnx …]
 */
import { readFileSync } from "node:fs";
import { load, type ColumnAnswers, type Model } from "../src/model/index.ts";
import type { Frame } from "../src/schema/index.ts";
import { difference } from "./parity/compare.ts";
import { fittedModels } from "./parity/fitted-models.ts";
import { runInPython } from "./parity/in-python.ts";
import { oddFrame } from "./parity/odd-frame.ts";

const tolerance = 1e-6;
const smoke = process.argv.includes("--smoke");
const files = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const rowCount = smoke ? 500 : 10_000;
const python = process.env.PEERS_PYTHON;
if (python === undefined) console.log("PEERS_PYTHON is not set: Python is left out.");

let failed = 0;
let checked = 0;
async function check(
  name: string,
  bytes: Uint8Array,
  reference?: (frame: Frame) => ColumnAnswers,
): Promise<void> {
  const model = await load(bytes, undefined, { name });
  const { metadata } = model;
  const frame = oddFrame(metadata, rowCount, 11);
  const here = await model.predictColumns(frame.columns, frame.rowCount);
  if ((await model.predict([])).length !== 0) throw new Error("an empty batch has answers");
  await model.close();
  if (python !== undefined) {
    const there = runInPython(python, bytes, frame);
    report(`${name}: Python ${there.version}`, there, here, model);
  }
  if (reference !== undefined) report(`${name}: reference`, here, reference(frame), model);
}

function report(name: string, got: ColumnAnswers, expected: ColumnAnswers, { metadata }: Model): void {
  const { classes, task } = metadata;
  const threshold =
    task.kind === "binary" && task.positive !== undefined
      ? { positive: classes!.indexOf(task.positive), at: task.threshold ?? 0.5 }
      : undefined;
  const { largest, row, labels } = difference(got, expected, tolerance, threshold);
  const good = largest <= tolerance && labels === 0;
  checked++;
  if (!good) failed++;
  const where = good ? "" : ` at row ${row}, ${labels} other labels`;
  console.log(`${good ? "ok    " : "FAILED"} ${name.padEnd(52)} ${largest.toExponential(1)}${where}`);
}

for (const file of files) await check(file, readFileSync(file));
if (files.length === 0) {
  for await (const { name, bytes, reference } of fittedModels(smoke)) await check(name, bytes, reference);
}
console.log(`${checked - failed} of ${checked} comparisons of ${rowCount} rows within ${tolerance}`);
process.exit(failed === 0 ? 0 : 1);
