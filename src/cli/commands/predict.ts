/** `millwright predict`: one answer per row of a table, in order, as CSV. */
import { type Reading, withoutPassword, prepareFile, writeGrowing } from "../../data/index.ts";
import { load } from "../../model/index.ts";
import { predictRows } from "../../tasks/index.ts";

import { findingLine, print, printJson, startProgress } from "../terminal.ts";

export interface PredictFlags extends Reading {
  readonly out: string;
  readonly sample?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

export async function predict(path: string, source: readonly string[], flags: PredictFlags): Promise<void> {
  const { availableParallelism } = await import("node:os");
  const { out, sample, threads = availableParallelism(), json = false, ...reading } = flags;
  const progress = startProgress(json);
  prepareFile(out);
  const model = await load(path);
  try {
    progress.listen({ stage: "predict" });
    const how = {
      ...reading,
      ...(sample !== undefined && { sample }),
      threads,
      onProgress: (done: number, total: number) => progress.listen({ stage: "predict", done, total }),
    };
    const { rowCount, findings } = await writeGrowing(out, (file) => predictRows(model, source, how, file));
    progress.end();
    if (json) {
      printJson({
        format: 1,
        model: path,
        source: source.map(withoutPassword),
        rows: rowCount,
        out,
        findings,
      });
      return;
    }
    for (const finding of findings) print(findingLine(finding));
    print(`${rowCount} answers in ${out}`);
  } finally {
    progress.end();
    await model.close();
  }
}
