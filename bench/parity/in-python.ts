/** Runs a model file in Python's ONNX Runtime, on the same cells as here. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ColumnAnswers } from "../../src/model/index.ts";
import { type Cells, featureColumns, type Frame } from "../../src/schema/index.ts";

interface Reply {
  readonly version: string;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly labels?: readonly string[];
  readonly values: string;
}

/**
 * @param python - An interpreter with onnxruntime and numpy.
 * @throws Error with Python's own words.
 */
export function runInPython(
  python: string,
  bytes: Uint8Array,
  frame: Frame,
): ColumnAnswers & { version: string } {
  const names = featureColumns(frame.schema).map((column) => column.name);
  const request = Object.fromEntries(names.map((name) => [name, packed(frame.columns.get(name)!)]));
  const { version, shapes, labels, values } = askPython<Reply>(python, "run_model.py", bytes, request);
  const raw = Buffer.from(values, "base64");
  const numbers = new Float64Array(new Uint8Array(raw).buffer);
  if (shapes.prediction!.join() !== `${frame.rowCount},1`) {
    throw new Error(`In Python the prediction has the shape [${shapes.prediction!.join(", ")}].`);
  }
  return labels === undefined
    ? { version, prediction: numbers }
    : { version, prediction: labels, probabilities: numbers };
}

/** What a script beside this file prints of a model file and a request. @throws Error with Python's own words. */
export function askPython<T>(python: string, script: string, bytes: Uint8Array, request: object): T {
  const folder = mkdtempSync(join(tmpdir(), "millwright-parity-"));
  try {
    writeFileSync(join(folder, "model.onnx"), bytes);
    writeFileSync(join(folder, "request.json"), JSON.stringify(request));
    const { stdout, stderr, status } = spawnSync(
      python,
      [join(import.meta.dirname, script), join(folder, "model.onnx"), join(folder, "request.json")],
      { encoding: "utf8", maxBuffer: 2 ** 30, env: { ...process.env, OMP_WAIT_POLICY: "passive" } },
    );
    if (status !== 0) throw new Error(`Python ended with ${status}: ${stderr}`);
    return JSON.parse(stdout) as T;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function packed(cells: Cells): object {
  const base64 = (array: Float64Array | Int32Array): string =>
    Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");
  return cells.type === "number"
    ? { values: base64(cells.values) }
    : { codes: base64(cells.codes), dictionary: cells.dictionary };
}
