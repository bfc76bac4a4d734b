/** `millwright evaluate`: a model file of any tool scored on rows, pictures, sounds or sentences with known answers. */
import { type Reading, withoutPassword } from "../../data/index.ts";
import { evaluateFile, type Evaluation, parseRequirement } from "../../tasks/index.ts";
import { intervalsLine } from "../intervals-line.ts";
import { printRequirements, requirementsCode } from "../requirements.ts";
import {
  clip,
  dim,
  figure,
  interval,
  noInterval,
  print,
  printJson,
  startProgress,
  table,
} from "../terminal.ts";

export interface EvaluateFlags extends Reading {
  readonly metric?: readonly string[];
  readonly require?: readonly string[];
  readonly target?: string;
  readonly task?: "classification" | "regression";
  readonly positive?: string;
  readonly inputs?: readonly string[];
  readonly image?: string;
  readonly audio?: string;
  readonly group?: string;
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
    const evaluation = await evaluateFile(path, source, {
      ...rest,
      ...(metric && { metrics: metric }),
      ...(required && { require: required }),
      threads,
      onProgress: (done, total) => progress.listen({ stage: "evaluate", done, total }),
    });
    progress.end();
    const read = source.map(withoutPassword);
    if (json) printJson(asJson(path, read, evaluation));
    else printEvaluation(evaluation, read);
    return requirementsCode(evaluation.requirements);
  } finally {
    progress.end();
  }
}

function asJson(model: string, source: readonly string[], evaluation: Evaluation): object {
  const { name: _, noun: __, rowCount, notes, ...rest } = evaluation;
  return {
    format: 1,
    model,
    source,
    rows: rowCount,
    ...rest,
    ...(notes.length > 0 && { notes }),
  };
}

function printEvaluation(evaluation: Evaluation, source: readonly string[]): void {
  const { name, rowCount, noun = { one: "row", many: "rows" }, weight, metrics, notes } = evaluation;
  const counted = `${rowCount} ${rowCount === 1 ? noun.one : noun.many}`;
  print(
    `${name} on ${counted} of ${source.join(", ")}${weight === undefined ? "" : `, weighted by ${weight}`}`,
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
  printParts(evaluation);
  if (evaluation.intervals) {
    print();
    print(intervalsLine(evaluation.intervals, "values"));
  }
  if (metrics.some(({ low }) => Number.isNaN(low))) print(`${dim("note:")} ${noInterval}`);
  printBad(evaluation);
  for (const note of notes) print(`${dim("note:")} ${note}`);
  printRequirements(evaluation.requirements);
}

/** Classes, or kinds of spans, that are printed: those that are told worst. */
const shownParts = 30;

/** How each class, or each kind of span, fares. */
function printParts({ classes, confusion, kinds, noun }: Evaluation): void {
  if (classes !== undefined && confusion !== undefined) {
    const heading = ["class", noun!.many, "recall", "precision", "F1", "most often taken for"];
    const lines = classes.map(({ label, rows, recall, precision, f1 }, c) => ({
      f1,
      cells: [
        clip(label, 40),
        String(rows),
        figure(recall),
        figure(precision),
        figure(f1),
        mistakenFor(classes, confusion, c),
      ],
    }));
    printWorst(heading, lines);
  }
  if (kinds !== undefined) {
    const lines = kinds.map(({ kind, spans, recall, precision, f1 }) => ({
      f1,
      cells: [clip(kind, 40), String(spans), figure(recall), figure(precision), figure(f1)],
    }));
    printWorst(["kind", "spans", "recall", "precision", "F1"], lines);
  }
}

function printWorst(
  heading: readonly string[],
  lines: readonly { readonly f1: number; readonly cells: readonly string[] }[],
): void {
  const few = lines.length <= shownParts;
  const worst = few ? lines : [...lines].sort((a, b) => order(a.f1) - order(b.f1)).slice(0, shownParts);
  print();
  for (const line of table([heading, ...worst.map(({ cells }) => cells)], [false, true, true, true, true]))
    print(line);
  if (!few) print(`the ${shownParts} of ${lines.length} that are told worst; --json tells all`);
}

/** What has no figure stands last. */
const order = (f1: number): number => (Number.isNaN(f1) ? Infinity : f1);

/** The class that most of a class's files were taken for, where it is another. */
function mistakenFor(
  classes: NonNullable<Evaluation["classes"]>,
  confusion: readonly number[],
  actual: number,
): string {
  let most = -1;
  const counts = confusion.slice(actual * classes.length, (actual + 1) * classes.length);
  counts.forEach((count, c) => {
    if (c !== actual && count > 0 && (most < 0 || count > counts[most]!)) most = c;
  });
  return most < 0 ? "" : `${clip(classes[most]!.label, 40)} (${counts[most]!})`;
}

/** Bad files, or lines, that are printed. */
const shownBad = 20;

function printBad({ bad = [] }: Evaluation): void {
  for (const item of bad.slice(0, shownBad)) {
    print(
      "line" in item
        ? `left out: the sentence of line ${item.line} of ${item.file}, which ${item.reason}`
        : `left out: ${item.file} ${item.reason}`,
    );
  }
  if (bad.length > shownBad) print(`left out: ${bad.length - shownBad} more, which --json tells`);
}
