/** `millwright predict`: one answer per row of a table, in order, as CSV. */
import { load } from "../../model/index.ts";
import { predictRows } from "../../tasks/index.ts";
import { writeWhole } from "../../pipeline/index.ts";
import { print, printJson, startProgress } from "../terminal.ts";

export interface PredictFlags {
  readonly out: string;
  readonly sql?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

export async function predict(path: string, source: readonly string[], flags: PredictFlags): Promise<void> {
  const { availableParallelism } = await import("node:os");
  const progress = startProgress(flags.json === true);
  const model = await load(path);
  try {
    progress.listen({ stage: "predict" });
    const { csv, rowCount, findings } = await predictRows(model, source, {
      ...(flags.sql !== undefined && { sql: flags.sql }),
      threads: flags.threads ?? availableParallelism(),
    });
    writeWhole(flags.out, csv);
    progress.end();
    if (flags.json) {
      printJson({ format: 1, model: path, source, rows: rowCount, out: flags.out, findings });
      return;
    }
    for (const finding of findings) print(`${finding.kind} ${finding.column ?? ""}: ${finding.evidence}`);
    print(`${rowCount} answers in ${flags.out}`);
  } finally {
    progress.end();
    await model.close();
  }
}
