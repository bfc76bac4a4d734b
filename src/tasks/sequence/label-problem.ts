/** One label or number a group: whole groups stand on one side of each split. */
import { MillwrightError } from "../../core/index.ts";
import { holdOut } from "../../data/index.ts";
import { type Target, takeTarget } from "../../estimators/index.ts";
import * as ops from "../../graph/index.ts";
import { metric as metricByName } from "../../metrics/index.ts";
import { inferTaskKind } from "../../pipeline/index.ts";
import type { ColumnSchema } from "../../schema/index.ts";
import type { Candidate } from "./candidate.ts";
import { type LabelledSequences, type LabelShape, networkLabeller, summaryModels } from "./labellers.ts";
import { type SequenceTaskOptions, sequenceDefaults, validationSize } from "./options.ts";
import { type PartName, type Problem } from "./problem.ts";
import { oneAnswerEach } from "./group-answers.ts";
import { columnNamed, type SequenceTable } from "./read-sequences.ts";
import { fileColumns, figuresOf, inputColumn } from "./shared-columns.ts";

/** Rows of a group that count unless told: its latest. */
const mostSteps = 256;
const leastGroups = 30;
const leastOfClass = 5;

/** @throws MillwrightError `DATA_*`, `TARGET_*`. */
export function labelProblem(table: SequenceTable, options: SequenceTaskOptions): Problem {
  const { target, seed, testSize = sequenceDefaults.testSize } = options;
  const told = answersOfGroups(table, options);
  const { y, classes, sequences } = told;
  const longest = Math.max(...sequences.map(({ rows }) => rows.length));
  const steps = Math.min(options.steps ?? Math.min(longest, mostSteps), longest);
  const names = [...table.numbers.keys()];
  const shape: LabelShape = { steps, columns: names.length, names };
  const width = steps * names.length;
  const columns = [...table.numbers.values()];
  const x = new Float64Array(sequences.length * width).fill(Number.NaN);
  sequences.forEach(({ rows }, s) =>
    rows
      .slice(-steps)
      .forEach((row, step) =>
        columns.forEach((values, c) => (x[s * width + step * names.length + c] = values[row]!)),
      ),
  );
  const plan =
    y.kind === "classification"
      ? ({ kind: "stratified", codes: y.codes, classCount: y.classCount, rare: "spread" } as const)
      : ({ kind: "random", rowCount: sequences.length } as const);
  const outer = holdOut(plan, { testSize, seed });
  const inner = holdOut(plan, { testSize: validationSize, seed: seed + 1 }, outer.train);
  const rows: Readonly<Record<PartName, Uint32Array>> = {
    train: inner.train,
    validation: inner.test,
    test: outer.test,
  };
  const part = (name: PartName): LabelledSequences => {
    const taken = new Float64Array(rows[name].length * width);
    rows[name].forEach((row, i) => taken.set(x.subarray(row * width, (row + 1) * width), i * width));
    return { x: taken, y: takeTarget(y, rows[name]) };
  };
  const parts = { train: part("train"), validation: part("validation"), test: part("test") };
  const constant = constantOf(parts.train.y);
  const column = columnNamed(table.frame.schema, target);
  return {
    reading: "label",
    input: inputColumn(table.frame.schema, names, steps, "behind"),
    columns: fileColumns(table, [target]),
    target: targetSchema(column, classes),
    task: {
      kind: classes === undefined ? "regression" : "multiclass",
      target,
      constant: [...constant],
    },
    ...(classes && { classes }),
    figures: columns.map((values) => figuresOf(values)),
    metric: metricByName(classes === undefined ? "mae" : "accuracy"),
    counts: {
      train: rows.train.length,
      validation: rows.validation.length,
      test: rows.test.length,
    },
    withoutAnswer: told.withoutAnswer,
    x: (name) => parts[name].x,
    truth: (name) => parts[name].y,
    groups: () => undefined,
    baselines: [constantAnswer(constant, classes)],
    classical: (context) => summaryModels(parts.train, parts.validation, shape, context),
    network: (body, context) => networkLabeller(body, parts.train, parts.validation, shape, context),
    told: {
      ...(classes && {
        classes: classes.map((label, code) => ({
          label,
          rows: (y as Extract<Target, { kind: "classification" }>).codes.filter((each) => each === code)
            .length,
        })),
      }),
    },
  };
}

function targetSchema(column: ColumnSchema, classes: readonly string[] | undefined): ColumnSchema {
  if (classes === undefined) return { ...column, role: "target" };
  return column.kind === "boolean" || column.kind === "category"
    ? { ...column, role: "target", labels: classes }
    : { name: column.name, kind: "category", role: "target", labels: classes };
}

function constantAnswer(constant: Float64Array, classes: readonly string[] | undefined): Candidate {
  const most = classes?.[constant.indexOf(Math.max(...constant))];
  return {
    name: most === undefined ? "mean" : "most frequent label",
    family: "baseline",
    title: most === undefined ? "the mean of the training groups" : `always "${most}"`,
    parameters: {},
    summary: {},
    seconds: 0,
    emit: (x) => {
      const answer = ops.constant({ dtype: "float64", shape: [1, constant.length], data: constant });
      // 0 for each sequence, whatever is missing in it.
      const none = ops.mul(ops.reduceSum(ops.cast(ops.isNaN(x), "float64"), { axes: [1, 2] }), 0);
      return ops.add(ops.unsqueeze(none, [1]), answer);
    },
  };
}

function constantOf(y: Target): Float64Array {
  if (y.kind === "regression")
    return Float64Array.of(y.values.reduce((sum, value) => sum + value, 0) / y.values.length);
  const shares = new Float64Array(y.classCount);
  for (const code of y.codes) shares[code]! += 1 / y.codes.length;
  return shares;
}

interface GroupAnswers {
  readonly sequences: SequenceTable["sequences"];
  readonly y: Target;
  readonly classes?: readonly string[];
  readonly withoutAnswer: number;
}

/** The answer of each group, which must be one. @throws MillwrightError `DATA_BAD_VALUE`, `DATA_TOO_FEW_ROWS`, `TARGET_CONSTANT`. */
function answersOfGroups(
  { frame, sequences: all }: SequenceTable,
  { target, group }: SequenceTaskOptions,
): GroupAnswers {
  const { known, without } = oneAnswerEach(
    frame,
    all,
    target,
    `Give --horizon to forecast the next values of "${target}", or name another --group or --target.`,
  );
  if (known.length < leastGroups) {
    throw new MillwrightError(
      "DATA_TOO_FEW_ROWS",
      `"${group}" has ${known.length} groups with an answer in "${target}", and at least ${leastGroups} are needed.`,
      "Bring more groups, or give --horizon to forecast a series.",
    );
  }
  const shared = {
    sequences: known.map(({ sequence }) => sequence),
    withoutAnswer: without,
  };
  const texts = known.map(({ text }) => text);
  const column = columnNamed(frame.schema, target);
  if (inferTaskKind(column, frame) === "regression")
    return { ...shared, y: { kind: "regression", values: Float64Array.from(texts, Number) } };
  const distinct = [...new Set(texts)];
  const classes = distinct.every((text) => !Number.isNaN(Number(text)))
    ? distinct.sort((a, b) => Number(a) - Number(b))
    : distinct.sort();
  requireClasses(classes, texts, target);
  const codeOf = new Map(classes.map((label, code) => [label, code]));
  const codes = Int32Array.from(texts, (text) => codeOf.get(text)!);
  return { ...shared, y: { kind: "classification", classCount: classes.length, codes }, classes };
}

function requireClasses(classes: readonly string[], texts: readonly string[], target: string): void {
  if (classes.length < 2) {
    throw new MillwrightError(
      "TARGET_CONSTANT",
      `"${target}" is "${classes[0]}" in all groups.`,
      "Bring groups of other labels, or choose another target.",
    );
  }
  const rare = classes
    .map((label) => ({ label, count: texts.filter((text) => text === label).length }))
    .find(({ count }) => count < leastOfClass);
  if (rare === undefined) return;
  throw new MillwrightError(
    "DATA_TOO_FEW_ROWS",
    `The label "${rare.label}" of "${target}" has ${rare.count} groups, and at least ${leastOfClass} are needed.`,
    "Bring more of it, or leave it out.",
  );
}
