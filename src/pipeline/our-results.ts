/**
 * What a run may replace: results of an earlier run, known by the mark that each carries.
 * Anything else of the same name is somebody's work and stays.
 */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { MillwrightError } from "../core/index.ts";

/** The start of each kind of result, as far as it tells who wrote it. */
const marks: Readonly<Record<string, RegExp>> = {
  // The ONNX field "producer_name".
  "model.onnx": /^.{2,16}millwright/s,
  "report.html": /<meta name="generator" content="Millwright">/,
  "run.json": /"software": "millwright[ "]/,
  "customers.csv": /^customer_id,signed_up,region,plan,/,
  "new-customers.csv": /^customer_id,signed_up,region,plan,/,
  "pictures.txt": /^Pictures drawn by millwright demo/,
};

/**
 * @param names - Of the results that will be written into the folder.
 * @throws MillwrightError `OUTPUT_EXISTS` for a file of such a name that no run wrote.
 */
export function requireOurResults(folder: string, names: readonly string[]): void {
  for (const name of names) {
    const path = join(folder, name);
    const there = statSync(path, { throwIfNoEntry: false });
    if (there === undefined || marks[name]?.test(startOf(path, there.isFile())) === true) continue;
    throw new MillwrightError(
      "OUTPUT_EXISTS",
      there.isDirectory()
        ? `${path} is a folder, and a file is to be written there.`
        : `${path} is there and was not written by Millwright, which would replace it.`,
      "Choose another place with --out, or move it away.",
    );
  }
}

function startOf(path: string, isFile: boolean): string {
  if (!isFile) return "";
  const bytes = new Uint8Array(2048);
  const file = openSync(path, "r");
  try {
    return Buffer.from(bytes.subarray(0, readSync(file, bytes))).toString("latin1");
  } finally {
    closeSync(file);
  }
}
