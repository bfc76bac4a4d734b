/** The three files that a run leaves. */
import { join } from "node:path";
import { prepareFolder, writeWhole } from "../data/index.ts";
import { requireOurResults } from "../pipeline/index.ts";
import type { ReportData } from "../report/index.ts";

/** Makes the folder where it is not there. @throws MillwrightError `OUTPUT_EXISTS` for a file that no run wrote. */
export function prepareResults(folder: string): string {
  const prepared = prepareFolder(folder);
  requireOurResults(prepared, ["model.onnx", "report.html", "run.json"]);
  return prepared;
}

/** Where the results of a run lie. */
export interface SavedRun {
  readonly model: string;
  readonly report: string;
  readonly record: string;
}

/**
 * Writes `model.onnx`, `report.html` and `run.json`, whole or not at all; those of an earlier run are replaced.
 *
 * @returns Their paths.
 * @throws MillwrightError `OUTPUT_EXISTS`, `OUTPUT_UNWRITABLE`.
 */
export async function saveRun(
  result: { readonly model: Uint8Array; readonly report: ReportData; readonly record: object },
  folder: string,
): Promise<SavedRun> {
  const { renderReport } = await import("../report/index.ts");
  return writeResults(folder, { ...result, html: await renderReport(result.report) });
}

/** The same with a report that is drawn. */
export function writeResults(
  folder: string,
  results: { readonly model: Uint8Array; readonly html: string; readonly record: object },
): SavedRun {
  const prepared = prepareResults(folder);
  const [model, report, record] = ["model.onnx", "report.html", "run.json"].map((name) =>
    join(prepared, name),
  ) as [string, string, string];
  writeWhole({
    [model]: results.model,
    [report]: results.html,
    [record]: `${JSON.stringify(results.record, null, 2)}\n`,
  });
  return { model, report, record };
}
