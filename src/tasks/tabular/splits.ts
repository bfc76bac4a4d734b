/** The splits of a training run: untouched test rows, then folds of the rest, by the roles of the columns. */
import { MillwrightError } from "../../core/index.ts";
import {
  copiedRows,
  copiesOfClasses,
  defaultSplitKind,
  type Finding,
  holdOut,
  makeFolds,
  rowCountOf,
  sharedRows,
  type Split,
  type SplitPlan,
  withCopies,
} from "../../data/index.ts";
import type { Target } from "../../estimators/index.ts";
import type { Frame } from "../../schema/index.ts";
import { groupsOf } from "./labelled.ts";

export interface RunSplits {
  /** Row numbers of the frame. */
  readonly train: Uint32Array;
  readonly test: Uint32Array;
  /** In row numbers of `train`'s rows, 0 … train.length − 1. */
  readonly folds: readonly Split[];
  readonly kind: SplitPlan["kind"];
  /** Rows that copy another, and stand on its side. */
  readonly copies: number;
  /** Why this kind, a sentence for people. */
  readonly reason: string;
}

/** Folds unless told: many where rows are few, since each fold's model learns from the rest. */
export function defaultFolds(rowCount: number): number {
  return rowCount < 50_000 ? 5 : rowCount < 300_000 ? 3 : 2;
}

interface SplitRequest {
  /** Share of untouched rows; 0 when they come from elsewhere. */
  readonly testSize: number;
  /** Number of folds; from the row count unless told. */
  readonly folds?: number;
  readonly seed: number;
}

/** The splits of rows with one answer each. */
export function splitRows(frame: Frame, y: Target, options: SplitRequest): RunSplits {
  return splitByRoles(frame, y, () => copiesIn(frame, y), options);
}

/**
 * The splits of rows whose answers do not matter for them: by time, by whole groups, or at random.
 *
 * @param copiesOf - Rows that copy another; asked only where rows are dealt out one by one.
 */
export function splitWithoutClasses(
  frame: Frame,
  copiesOf: () => Int32Array | undefined,
  options: SplitRequest,
): RunSplits {
  return splitByRoles(frame, undefined, copiesOf, options);
}

function splitByRoles(
  frame: Frame,
  y: Target | undefined,
  copiesOf: () => Int32Array | undefined,
  options: SplitRequest,
): RunSplits {
  const { kind, reason } = defaultSplitKind(frame.schema, y?.kind ?? "regression");
  const plan = planOf(kind, frame, y);
  const role = kind === "time" ? "time" : "group";
  const by = frame.schema.columns.find((column) => column.role === role)?.name;
  const copies = kind === "time" || kind === "grouped" ? undefined : copiesOf();
  const count = copies?.reduce((sum, first, row) => sum + (first === row ? 0 : 1), 0) ?? 0;
  const why =
    count === 0
      ? reason
      : `${reason} ${count === 1 ? "1 row is a copy and stands on the side of the row that it repeats" : `${count} rows are copies and stand on the side of the row that they repeat`}.`;
  return namingColumn(by, () => splitByPlan(plan, options, { kind, reason: why, copies: count }, copies));
}

/** Rows that copy another in all that is learnt from. */
function copiesIn(frame: Frame, y: Target): Int32Array | undefined {
  const names = frame.schema.columns
    .filter(({ role }) => role === "feature" || role === "target" || role === "weight")
    .map(({ name }) => name);
  const found = copiedRows(frame, names);
  return found === undefined || y.kind === "regression"
    ? found
    : copiesOfClasses(found, y.codes, y.classCount);
}

/**
 * Rows of `--test` that are learnt from too: what is reported of them tells how well they are remembered.
 *
 * @param held - Read by the schema of `training`.
 */
export function sharedFindings(training: Frame, held: Frame, source: string): Finding[] {
  const names = training.schema.columns
    .filter(({ name, role }) => (role === "feature" || role === "target") && held.columns.has(name))
    .map(({ name }) => name);
  const count = sharedRows(training, held, names);
  if (count === 0) return [];
  return [
    {
      kind: "sharedRows",
      column: null,
      evidence: `At least ${count} of ${held.rowCount} rows of --test ${source} ${count === 1 ? "is" : "are"} learnt from too: ${count === 1 ? "it equals a training row" : "they equal training rows"} in all ${names.length} columns that are read, so that the figures tell how well rows are remembered. Take ${count === 1 ? "it" : "them"} out of one of the two.`,
      effect: "hint",
      undo: null,
      numbers: { count, rows: held.rowCount },
    },
  ];
}

/** A refusal to split tells which column asked for the split. */
function namingColumn<T>(name: string | undefined, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof MillwrightError) || name === undefined) throw error;
    const { code, what, fix } = error;
    throw new MillwrightError(code, `The rows cannot be split by "${name}". ${what}`, fix, { cause: error });
  }
}

function splitByPlan(
  plan: SplitPlan,
  options: SplitRequest,
  chosen: Pick<RunSplits, "kind" | "reason" | "copies">,
  copies: Int32Array | undefined,
): RunSplits {
  const together = (split: Split): Split => (copies === undefined ? split : withCopies(split, copies));
  const everything = Uint32Array.from({ length: rowCountOf(plan) }, (_, row) => row);
  const { train, test } =
    options.testSize === 0
      ? { train: everything, test: new Uint32Array(0) }
      : together(holdOut(plan, { testSize: options.testSize, seed: options.seed }));
  const place = new Map<number, number>();
  for (let i = 0; i < train.length; i++) place.set(train[i]!, i);
  const within = (rows: Uint32Array): Uint32Array => rows.map((row) => place.get(row)!);
  const folds = makeFolds(
    plan,
    { folds: options.folds ?? defaultFolds(train.length), seed: options.seed },
    train,
  )
    .map(together)
    .map((fold) => ({ train: within(fold.train), test: within(fold.test) }));
  return { train, test, folds, ...chosen };
}

function planOf(kind: SplitPlan["kind"], frame: Frame, y: Target | undefined): SplitPlan {
  const classes = y?.kind === "classification" ? { codes: y.codes, classCount: y.classCount } : undefined;
  if (kind === "time") {
    const column = frame.schema.columns.find((item) => item.role === "time")!;
    const cells = frame.columns.get(column.name)!;
    const groups = groupsOf(frame);
    return {
      kind,
      times: cells.type === "number" ? cells.values : Float64Array.from(cells.codes),
      ...(groups && { groups }),
    };
  }
  if (kind === "grouped") return { kind, groups: groupsOf(frame)!, ...classes };
  if (kind === "stratified" && classes !== undefined) return { kind, ...classes };
  return { kind: "random", rowCount: frame.rowCount };
}
