/** `millwright data diff`: what changed between two versions of a table. */
import {
  changedNeedsId,
  type ColumnDifference,
  type Difference,
  type DiffLimits,
  diffTables,
  type Finding,
  heldTo,
  type LimitResult,
  parseColumnFlag,
  type Reading,
  type RowLimit,
  shellWord,
  withoutPassword,
} from "../../data/index.ts";
import {
  clip,
  counted,
  cut,
  dim,
  figure,
  findingLine,
  percent,
  print,
  printJson,
  startProgress,
  table,
} from "../terminal.ts";

export interface DiffFlags extends Reading {
  readonly id?: readonly string[];
  readonly column?: readonly string[];
  readonly maxChanged?: RowLimit;
  readonly maxAdded?: RowLimit;
  readonly maxRemoved?: RowLimit;
  readonly maxDrift?: number;
  readonly json?: boolean;
}

/** Columns printed; the rest is counted. */
const maxColumns = 40;
/** A drift below this is counted and not printed. */
const leastDrift = 0.001;

/** @returns 3 when a limit that was stated is exceeded. */
export async function diff(before: string, after: string, flags: DiffFlags): Promise<number> {
  const { id, column = [], maxChanged, maxAdded, maxRemoved, maxDrift, json = false, ...reading } = flags;
  if (maxChanged !== undefined && id === undefined) throw changedNeedsId();
  const limits: DiffLimits = { changed: maxChanged, added: maxAdded, removed: maxRemoved, drift: maxDrift };
  const progress = startProgress(json);
  try {
    progress.listen({ stage: "compare the tables" });
    const difference = await diffTables(before, after, {
      ...reading,
      ...(id !== undefined && { id }),
      columns: Object.fromEntries(column.map(parseColumnFlag)),
    });
    const results = heldTo(difference, limits);
    progress.end();
    const names = [withoutPassword(before), withoutPassword(after)] as const;
    if (json) {
      const { before: one, after: two, ...rest } = difference;
      printJson({
        format: 1,
        before: { source: names[0], ...one },
        after: { source: names[1], ...two },
        ...rest,
        limits: results,
      });
    } else printDifference(names, difference, results);
    return results.some((result) => result.exceeded) ? 3 : 0;
  } finally {
    progress.end();
  }
}

function printDifference(
  names: readonly [string, string],
  difference: Difference,
  results: readonly LimitResult[],
): void {
  const { before, after, schema, rows, columns } = difference;
  const facts = [before, after].map(({ rows: of, sha256 }) => [
    counted(of, "row"),
    dim(`sha256 ${sha256.slice(0, 12)}`),
  ]);
  const heads = [
    ["before", clip(names[0], 80), ...facts[0]!],
    ["after", clip(names[1], 80), ...facts[1]!],
  ];
  for (const line of table(heads, [false, false, true, false])) print(line);
  print();
  for (const { name, kind } of schema.added) print(`new column      ${clip(name, 40)} (${kind})`);
  for (const { name, kind } of schema.removed) print(`lost column     ${clip(name, 40)} (${kind})`);
  for (const { name, from, to } of schema.changed)
    print(`kind changed    ${clip(name, 40)}: ${from} → ${to}`);
  const by =
    rows.id.length > 0
      ? `by ${rows.id.join(", ")}`
      : `by all of the ${counted(columns.length, "common column")}`;
  const sum = rows.added + rows.removed + (rows.changed ?? 0);
  if (sum === 0)
    print(`rows            ${count(rows.matched)} in both, ${by}; none added, removed or changed`);
  else {
    print(rowLine("added rows", rows.added, before.rows, rows.examples.added, "after"));
    print(rowLine("removed rows", rows.removed, before.rows, rows.examples.removed, "before"));
    if (rows.changed !== null)
      print(rowLine("changed rows", rows.changed, rows.matched, rows.examples.changed, "before"));
    print(`rows in both    ${count(rows.matched)}, ${by}`);
  }
  const [candidate] = rows.idCandidates;
  if (candidate !== undefined && rows.added > 0 && rows.removed > 0)
    print(dim(`to see which rows changed: --id ${shellWord(candidate.replaceAll(",", "\\,"))}`));
  printColumns(columns, rows.matched, rows.changed !== null);
  printFindings(before.findings, after.findings);
  if (results.length > 0) print();
  for (const result of results) print(limitLine(result));
}

function rowLine(what: string, rows: number, of: number, examples: readonly number[], side: string): string {
  const share = of === 0 || rows === 0 ? "" : ` (${percent(rows / of)})`;
  const more = rows > examples.length ? ", …" : "";
  const where =
    examples.length === 0 ? "" : `  ${rows === 1 ? "row" : "rows"} ${examples.join(", ")}${more} of ${side}`;
  return `${what.padEnd(14)}  ${count(rows)}${share}${where}`;
}

/** Columns with any difference: those that changed in most rows, then those that drifted farthest, come first. */
function printColumns(columns: readonly ColumnDifference[], matched: number, withId: boolean): void {
  const different = columns
    .filter((column) => (column.changed ?? 0) > 0 || (column.drift ?? 0) >= leastDrift)
    .sort((a, b) => (b.changed ?? 0) - (a.changed ?? 0) || (b.drift ?? 0) - (a.drift ?? 0));
  const others = columns.filter((column) => !different.includes(column));
  const still = others.filter((column) => column.distance !== null && column.drift === 0).length;
  const little = others.filter((column) => (column.drift ?? 0) > 0).length;
  const unmeasured = others.length - still - little;
  print();
  if (different.length > 0) {
    const header = ["column", "kind", ...(withId ? ["changed", ""] : []), "distance", "missing", "moved"];
    const lines = different
      .slice(0, maxColumns)
      .map((column) => [
        clip(column.name, 32),
        column.kind,
        ...(withId
          ? [
              column.changed ? count(column.changed) : "",
              column.changed ? percent(column.changed / matched) : "",
            ]
          : []),
        column.distance === null ? "" : column.distance.toFixed(4),
        missing(column),
        moved(column),
      ]);
    const right = [false, false, ...(withId ? [true, true] : []), true, false, false];
    print(
      dim(
        "distance: Kolmogorov–Smirnov of numbers and datetimes, total variation of categories; 0 same, 1 apart",
      ),
    );
    for (const line of table([header, ...lines], right))
      print(cut(line, Math.max(80, process.stdout.columns ?? 120)));
    if (different.length > maxColumns)
      print(dim(`and ${different.length - maxColumns} more columns with differences: --json shows all`));
  }
  const rest = [
    ...(little > 0 ? [`${little} moved by less than ${leastDrift}`] : []),
    ...(still > 0 ? [`${still} did not move`] : []),
    ...(unmeasured > 0
      ? [`${unmeasured} without a distribution to compare (identifiers, texts, empty)`]
      : []),
  ];
  if (rest.length > 0) print(dim(`of ${counted(columns.length, "common column")} ${rest.join(", ")}`));
}

/** What was read in a way of its own in one of the tables only. */
function printFindings(before: readonly Finding[], after: readonly Finding[]): void {
  const without = (others: readonly Finding[]) => (finding: Finding) =>
    !others.some(
      ({ kind, column, evidence }) =>
        kind === finding.kind &&
        column === finding.column &&
        (kind !== "format" || evidence === finding.evidence),
    );
  const own = { before: before.filter(without(after)), after: after.filter(without(before)) };
  for (const [side, found] of Object.entries(own))
    for (const finding of found) print(`only ${side}: ${findingLine({ ...finding, undo: null })}`);
}

/** The median, or the category whose share changed most. */
function moved({ kind, median, moved: value }: ColumnDifference): string {
  if (value !== null) return `${clip(value.value, 24)} ${percent(value.before)} → ${percent(value.after)}`;
  if (median === null) return "";
  const show = (number: number): string =>
    kind === "datetime"
      ? new Date(number).toISOString().slice(0, 10)
      : Number.isInteger(number) && Math.abs(number) < 1e4
        ? String(number)
        : figure(number);
  const [before, after] = [show(median.before), show(median.after)];
  return before === after ? `median ${after}` : `median ${before} → ${after}`;
}

function missing({ missingBefore, missingAfter }: ColumnDifference): string {
  if (missingBefore === 0 && missingAfter === 0) return "";
  const [before, after] = [percent(missingBefore), percent(missingAfter)];
  return before === after ? after : `${before} → ${after}`;
}

function limitLine({ limit, atMost, observed, unit, exceeded, columns = [] }: LimitResult): string {
  const told = (value: number): string =>
    unit === "rows" ? counted(value, "row") : limit === "drift" ? figure(value) : percent(value);
  const which =
    columns.length === 0 ? "" : `: ${columns.slice(0, 5).join(", ")}${columns.length > 5 ? ", …" : ""}`;
  return `${exceeded ? "FAIL" : "pass"}  ${limit} ${told(observed)}, at most ${told(atMost)}${which}`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
