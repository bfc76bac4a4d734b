/** Everything worth telling about a table before anything is learnt from it. */
import type { Frame } from "../../schema/index.ts";
import { type Finding, shellWord } from "../finding.ts";
import type { Profile } from "../profile/profile.ts";
import { type ProfileTarget, profileTarget, relationRows } from "../profile/target.ts";
import { countDuplicateRows } from "./duplicate-rows.ts";
import { hiddenMissing } from "./hidden-missing.ts";
import { findLeaks } from "./leaks.ts";

/** From this share of missing cells on a column is mentioned. */
const manyMissing = 0.5;
/** A class with a smaller share than this is rare. */
const rareClass = 0.05;

export interface FindingsOptions {
  readonly target?: string;
  /** What a target of numbers is, where the user says so. */
  readonly task?: ProfileTarget["task"];
  /** What reading found: `table.findings`. */
  readonly read?: readonly Finding[];
  /** Relations already measured spare measuring them again. */
  readonly profile?: Profile;
}

/**
 * Findings of columns in memory, those of reading first.
 *
 * @throws MillwrightError `TARGET_MISSING` with the nearest name, `TARGET_CONSTANT`, `DATA_ALL_MISSING`.
 */
export function findingsOfFrame(frame: Frame, options: FindingsOptions = {}): readonly Finding[] {
  const target =
    options.target === undefined
      ? undefined
      : profileTarget(frame, options.target, relationRows(frame.columns.size), options.task);
  const found: Finding[] = (options.read ?? []).filter(
    (finding) => finding.effect !== "leftOut" || finding.column !== target?.name || target === undefined,
  );
  for (const column of frame.schema.columns) {
    if (column.role !== "feature" || column.name === target?.name) continue;
    const missing = missingHint(frame, column.name);
    if (missing !== undefined) found.push(missing);
    const cells = frame.columns.get(column.name)!;
    if (column.kind === "number" && cells.type === "number") {
      const hidden = hiddenMissing(column.name, cells.values);
      if (hidden !== undefined) found.push(hidden);
    }
    if (column.kind === "datetime" && cells.type === "number") {
      const order = timeOrder(column.name, cells.values);
      if (order !== undefined) found.push(order);
    }
  }
  const duplicates = countDuplicateRows(frame);
  if (duplicates > 0) {
    found.push({
      kind: "duplicateRows",
      column: null,
      evidence: `${duplicates} of ${frame.rowCount} rows repeat another row in every column.`,
      effect: "hint",
      undo: null,
      numbers: { count: duplicates, rows: frame.rowCount },
    });
  }
  if (target !== undefined) {
    const imbalance = rarestClass(target);
    if (imbalance !== undefined) found.push(imbalance);
    const lone = loneLabels(target);
    if (lone !== undefined) found.push(lone);
    const names = frame.schema.columns
      .filter((column) => column.role === "feature" && column.name !== target.name)
      .map((column) => column.name);
    const scores = options.profile?.target?.name === target.name ? relationsOf(options.profile) : new Map();
    found.push(...findLeaks(frame, target, names, scores));
  }
  return found;
}

function relationsOf(profile: Profile): ReadonlyMap<string, number> {
  return new Map(
    profile.columns.flatMap(({ name, relation }) =>
      relation === undefined ? [] : [[name, relation] as const],
    ),
  );
}

function missingHint(frame: Frame, name: string): Finding | undefined {
  const cells = frame.columns.get(name)!;
  let missing = 0;
  if (cells.type === "number") {
    const { values } = cells;
    for (let row = 0; row < values.length; row++) if (values[row] !== values[row]) missing++;
  } else {
    const { codes } = cells;
    for (let row = 0; row < codes.length; row++) if (codes[row]! < 0) missing++;
  }
  if (missing <= manyMissing * frame.rowCount) return undefined;
  return {
    kind: "highMissing",
    column: name,
    evidence: `${missing} of ${frame.rowCount} cells are missing.`,
    effect: "hint",
    undo: `--drop ${shellWord(name)}`,
    numbers: { count: missing, rows: frame.rowCount },
  };
}

/** Rows that stand in the order of time hold a trend that a random split would hide. */
function timeOrder(name: string, values: Float64Array): Finding | undefined {
  let forward = 0;
  let backward = 0;
  let steps = 0;
  let changes = 0;
  let last = Number.NaN;
  for (const value of values) {
    if (value !== value) continue;
    if (last === last) {
      steps++;
      if (value >= last) forward++;
      if (value <= last) backward++;
      if (value !== last) changes++;
    }
    last = value;
  }
  if (steps < 50 || changes < 10) return undefined;
  const ordered = Math.max(forward, backward) / steps;
  if (ordered < 0.99) return undefined;
  return {
    kind: "timeOrder",
    column: name,
    evidence: `The rows stand in the order of ${name}: a later row may not train what predicts an earlier one.`,
    effect: "hint",
    undo: `--time-column ${shellWord(name)}`,
    numbers: { ordered },
  };
}

/** The only row of a label is always trained on: nothing is left to judge the label by. */
function loneLabels(target: ProfileTarget): Finding | undefined {
  if (target.task !== "classification") return undefined;
  const counts = new Map<number, number>();
  for (const code of target.codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  const lone = [...counts].flatMap(([code, count]) => (count === 1 ? [code] : [])).sort((a, b) => a - b);
  if (lone.length === 0) return undefined;
  const shown = lone.slice(0, 5).map((code) => JSON.stringify(target.labels[code]));
  const names = `${shown.join(", ")}${lone.length > shown.length ? ", …" : ""}`;
  return {
    kind: "loneLabel",
    column: target.name,
    evidence:
      lone.length === 1
        ? `The label ${names} has one row: where rows are split by class it is trained on, and nothing judges it.`
        : `${lone.length} labels have one row each (${names}): where rows are split by class they are trained on, and nothing judges them.`,
    effect: "hint",
    undo: null,
    numbers: { count: lone.length, rows: target.codes.length },
  };
}

function rarestClass(target: ProfileTarget): Finding | undefined {
  if (target.task !== "classification") return undefined;
  const counts = new Map<number, number>();
  for (const code of target.codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  const [code, count] = [...counts].sort((a, b) => a[1] - b[1])[0]!;
  const share = count / target.codes.length;
  if (share >= rareClass) return undefined;
  return {
    kind: "imbalance",
    column: target.name,
    evidence: `The class ${JSON.stringify(target.labels[code])} has ${Number((100 * share).toPrecision(2))} % of the rows (${count}): accuracy says little here.`,
    effect: "hint",
    undo: `--metric ${counts.size === 2 ? "averagePrecision" : "balancedAccuracy"}`,
    numbers: { count, rows: target.codes.length },
  };
}
