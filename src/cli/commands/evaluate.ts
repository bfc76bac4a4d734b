/** `millwright evaluate`: a model file scored on rows with known answers. */
import { load } from "../../model/index.ts";
import { evaluateModel } from "../../tasks/index.ts";
import { figure, print, printJson, startProgress, table } from "../terminal.ts";

export interface EvaluateFlags {
  readonly metric?: readonly string[];
  readonly sql?: string;
  readonly seed: number;
  readonly threads?: number;
  readonly json?: boolean;
}

export async function evaluate(path: string, source: readonly string[], flags: EvaluateFlags): Promise<void> {
  const { availableParallelism } = await import("node:os");
  const progress = startProgress(flags.json === true);
  const model = await load(path);
  try {
    progress.listen({ stage: "evaluate" });
    const { rowCount, metrics } = await evaluateModel(model, source, {
      ...(flags.metric && { metrics: flags.metric }),
      ...(flags.sql !== undefined && { sql: flags.sql }),
      seed: flags.seed,
      threads: flags.threads ?? availableParallelism(),
    });
    progress.end();
    if (flags.json) {
      printJson({ format: 1, model: path, source, rows: rowCount, metrics });
      return;
    }
    print(`${model.name} on ${rowCount} rows of ${source.join(", ")}`);
    print();
    const rows = metrics.map((item) => [
      item.title,
      figure(item.value),
      `${figure(item.low)} … ${figure(item.high)}`,
      figure(item.baseline),
    ]);
    for (const line of table(
      [["metric", "value", "95 % interval", "doing nothing"], ...rows],
      [false, true, false, true],
    ))
      print(line);
  } finally {
    progress.end();
    await model.close();
  }
}
