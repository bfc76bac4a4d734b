/** The three files that a run leaves. */
import { join } from "node:path";
import { prepareFolder, requireOurResults, writeWhole } from "../../pipeline/index.ts";
import type { TrainResult } from "./train.ts";

/** Makes the folder where it is not there. @throws MillwrightError `OUTPUT_EXISTS` for a file that no run wrote. */
export function prepareResults(folder: string): string {
  const prepared = prepareFolder(folder);
  requireOurResults(prepared, ["model.onnx", "report.html", "run.json"]);
  return prepared;
}

/**
 * Writes `model.onnx`, `report.html` and `run.json`, whole or not at all; those of an earlier run are replaced.
 *
 * @returns Their paths.
 * @throws MillwrightError `OUTPUT_EXISTS`, `OUTPUT_UNWRITABLE`.
 */
export async function saveRun(
  result: TrainResult,
  folder: string,
): Promise<{ readonly model: string; readonly report: string; readonly record: string }> {
  const prepared = prepareResults(folder);
  const { renderReport } = await import("../../report/index.ts");
  const html = await renderReport(result.report);
  const [model, report, record] = ["model.onnx", "report.html", "run.json"].map((name) =>
    join(prepared, name),
  );
  writeWhole({
    [model!]: result.model,
    [report!]: html,
    [record!]: `${JSON.stringify(result.record, null, 2)}\n`,
  });
  return { model: model!, report: report!, record: record! };
}
