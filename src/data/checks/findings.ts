/** Everything worth telling about a table before anything is learnt from it. */
import type { Cells, Frame } from "../../schema/index.ts";
import { type Finding, shellWord } from "../finding.ts";
import type { Profile } from "../profile/profile.ts";
import { type ProfileTarget, profileTarget, relationRows } from "../profile/target.ts";
import { countDuplicateRows } from "./duplicate-rows.ts";
import { type GroupedRows, groupedRows } from "./grouped-rows.ts";
import { hiddenMissing, isScaled } from "./hidden-missing.ts";
import { findLeaks } from "./leaks.ts";
import { type MixedUnits, mixedUnits } from "./mixed-units.ts";
import { orderedTarget } from "./ordered-target.ts";
import { type ShiftedTarget, shiftedTarget } from "./shifted-target.ts";
import { spellings } from "./spellings.ts";
import { type TargetInId, targetInId } from "./target-in-id.ts";
import { timeDrift, timeOrder } from "./time-order.ts";

/** From this share of missing cells on a column is mentioned. */
const manyMissing = 0.5;
/** A class with a smaller share than this is rare. */
const rareClass = 0.05;

export interface FindingsOptions {
  readonly target?: string;
  /** What a target of numbers is, where the user says so. */
  readonly task?: ProfileTarget["task"];
  /** Whether to say where a target looks like levels in their order; true unless told. */
  readonly suggestLevels?: boolean;
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
  const scaled = isScaled(
    frame.schema.columns.flatMap(({ name, kind, role }) => {
      const cells = frame.columns.get(name)!;
      return kind === "number" && role === "feature" && cells.type === "number" ? [cells.values] : [];
    }),
  );
  for (const column of frame.schema.columns) {
    const isTarget = column.name === target?.name;
    if (isTarget || (column.role === "feature" && column.kind === "category")) {
      const spelled = spellings(column.name, frame.columns.get(column.name)!);
      if (spelled !== undefined) found.push(spelled);
    }
    if (column.role !== "feature" || isTarget) continue;
    const missing = missingHint(frame, column.name);
    if (missing !== undefined) found.push(missing);
    const cells = frame.columns.get(column.name)!;
    if (column.kind === "number" && cells.type === "number") {
      const hidden = hiddenMissing(column.name, cells.values, scaled);
      if (hidden !== undefined) found.push(hidden);
      const units = mixedUnits(frame, column.name, () => numbersBeside(frame, column.name));
      if (units !== undefined) found.push(unitFinding(column.name, units));
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
    const levels = (options.suggestLevels ?? true) ? orderedTarget(target) : undefined;
    if (levels !== undefined) found.push(levels);
    const lone = loneLabels(target);
    if (lone !== undefined) found.push(lone);
    const names = frame.schema.columns
      .filter((column) => column.role === "feature" && column.name !== target.name)
      .map((column) => column.name);
    const scores = options.profile?.target?.name === target.name ? relationsOf(options.profile) : new Map();
    const leaks = findLeaks(frame, target, names, scores);
    found.push(...leaks);
    const leaking = new Set(leaks.map((leak) => leak.column));
    const honest = names.filter((name) => !leaking.has(name));
    found.push(...findAgainstTarget(frame, target, { names, honest }, found));
  }
  return found;
}

/** What only the target shows: ids that tell it, drift, rows that belong together, rows that are off by one. */
function findAgainstTarget(
  frame: Frame,
  target: ProfileTarget,
  { names, honest }: { readonly names: readonly string[]; readonly honest: readonly string[] },
  before: readonly Finding[],
): readonly Finding[] {
  const found: Finding[] = [];
  for (const column of frame.schema.columns) {
    const { name, role, kind } = column;
    if (name === target.name) continue;
    const cells = frame.columns.get(name)!;
    const namesRows = role === "feature" && kind !== "text" && namesMost(cells, frame.rowCount);
    if (role === "id" || namesRows) {
      const told = targetInId(cells, target);
      if (told !== undefined) found.push(targetInIdFinding(name, target, told));
    }
    const ordered = before.some((finding) => finding.kind === "timeOrder" && finding.column === name);
    if (kind === "datetime" && role === "feature" && !ordered) {
      const drift = timeDrift(frame, name, target);
      if (drift !== undefined) found.push(drift);
    }
  }
  // A unit whose rows share the target looks like a leak too, and may be one: both are told.
  const group = groupedRows(frame, target, names, honest);
  if (group !== undefined) found.push(groupFinding(target, group));
  const shifted = shiftedTarget(frame, target, honest);
  if (shifted !== undefined) found.push(shiftFinding(target, shifted));
  return found;
}

/** Whether most rows have a cell of their own. */
function namesMost(cells: Cells, rowCount: number): boolean {
  return cells.type === "string" && cells.dictionary.length > 0.5 * rowCount;
}

function targetInIdFinding(name: string, target: ProfileTarget, told: TargetInId): Finding {
  return {
    kind: "targetInId",
    column: name,
    evidence: `In this identifier ${told.part} alone tells ${target.name} (score ${told.score.toFixed(3)} of 1).`,
    effect: "leftOut",
    undo: `--keep ${shellWord(name)}`,
    numbers: { score: told.score },
  };
}

function groupFinding(target: ProfileTarget, group: GroupedRows): Finding {
  const { column, values, rows, targetAlike, columnsAlike } = group;
  return {
    kind: "groupedRows",
    column,
    evidence: `${rows} rows share ${values} values, and rows of one value belong together: ${target.name} is ${targetAlike.toFixed(2)} alike (1 is the same, 0 as between others), half of the other columns at least ${columnsAlike.toFixed(2)}. A random split puts them on both sides.`,
    effect: "hint",
    undo: `--group ${shellWord(column)}`,
    numbers: { values, rows, targetAlike, columnsAlike },
  };
}

function shiftFinding(target: ProfileTarget, shifted: ShiftedTarget): Finding {
  const { shift, column, score, own, far } = shifted;
  const whose = shift === 1 ? "next" : "previous";
  return {
    kind: "shiftedTarget",
    column: target.name,
    evidence: `The features of a row tell the ${whose} row's ${target.name} (${column} scores ${score.toFixed(3)}) and not its own (${own.toFixed(3)}; rows farther away at most ${far.toFixed(3)}): the target seems to stand one row too ${shift === 1 ? "low" : "high"}.`,
    effect: "hint",
    undo: null,
    numbers: { shift, score, own, far },
  };
}

function unitFinding(name: string, units: MixedUnits): Finding {
  const percent = Number((100 * units.share).toPrecision(3));
  return {
    kind: "mixedUnits",
    column: name,
    evidence: `${percent} % of the cells look like the others times ${units.text}: medians ${figure(units.low)} and ${figure(units.high)}, a gap between, and the same shape.`,
    effect: "hint",
    undo: `--drop ${shellWord(name)}`,
    numbers: { factor: units.factor, share: units.share, low: units.low, high: units.high },
  };
}

function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function relationsOf(profile: Profile): ReadonlyMap<string, number> {
  return new Map(
    profile.columns.flatMap(({ name, relation }) =>
      relation === undefined ? [] : [[name, relation] as const],
    ),
  );
}

/** Other number columns, those that could tell two kinds of rows apart. */
function numbersBeside(frame: Frame, name: string): readonly string[] {
  return frame.schema.columns
    .filter((other) => other.kind === "number" && other.role === "feature" && other.name !== name)
    .map((other) => other.name);
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
