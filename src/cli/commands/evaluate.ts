/** `millwright evaluate`: a model file of any tool scored on rows with known answers. */
import { type Reading, withoutPassword } from "../../data/index.ts";
import { evaluateFile, parseRequirement } from "../../tasks/index.ts";
import { printRequirements, requirementsCode } from "../requirements.ts";
import { dim, figure, interval, noInterval, print, printJson, startProgress, table } from "../terminal.ts";

export interface EvaluateFlags extends Reading {
  readonly metric?: readonly string[];
  readonly require?: readonly string[];
  readonly target?: string;
  readonly task?: "classification" | "regression";
  readonly positive?: string;
  readonly inputs?: readonly string[];
  readonly seed: number;
  readonly threads?: number;
  readonly json?: boolean;
}

export async function evaluate(
  path: string,
  source: readonly string[],
  flags: EvaluateFlags,
): Promise<number> {
  const { availableParallelism } = await import("node:os");
  const { metric, require, threads = availableParallelism(), json = false, ...rest } = flags;
  const required = require?.map(parseRequirement);
  const progress = startProgress(json);
  try {
    progress.listen({ stage: "evaluate" });
    const { name, rowCount, weight, metrics, notes, requirements } = await evaluateFile(path, source, {
      ...rest,
      ...(metric && { metrics: metric }),
      ...(required && { require: required }),
      threads,
    });
    progress.end();
    if (json) {
      printJson({
        format: 1,
        model: path,
        source: source.map(withoutPassword),
        rows: rowCount,
        ...(weight !== undefined && { weight }),
        metrics,
        ...(notes.length > 0 && { notes }),
        ...(requirements && { requirements }),
      });
      return requirementsCode(requirements);
    }
    print(
      `${name} on ${rowCount} rows of ${source.map(withoutPassword).join(", ")}${weight === undefined ? "" : `, weighted by ${weight}`}`,
    );
    print();
    const rows = metrics.map((item) => [
      item.title,
      figure(item.value),
      interval(item.low, item.high),
      figure(item.baseline),
    ]);
    for (const line of table(
      [["metric", "value", "95 % interval", "doing nothing"], ...rows],
      [false, true, false, true],
    ))
      print(line);
    if (metrics.some(({ low }) => Number.isNaN(low))) print(`${dim("note:")} ${noInterval}`);
    for (const note of notes) print(`${dim("note:")} ${note}`);
    printRequirements(requirements);
    return requirementsCode(requirements);
  } finally {
    progress.end();
  }
}
