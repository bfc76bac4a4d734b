/** `millwright look`: what a table holds, what is wrong with it, and what to type next. */
import {
  type ColumnProfile,
  findings as findingsOf,
  openTable,
  parseColumnFlag,
  profile as profileOf,
  readWithin,
  type Reading,
  readingFlags,
  shellWord,
  suggestTargets,
  withoutPassword,
} from "../../data/index.ts";
import {
  bold,
  clip,
  counted,
  cut,
  dim,
  figure,
  findingLine,
  print,
  printJson,
  startProgress,
  table,
} from "../terminal.ts";

export interface LookFlags extends Reading {
  readonly target?: string;
  readonly column?: readonly string[];
  readonly json?: boolean;
}

/** How many times over the rows are held: once as they are, and sorted or hashed column by column. */
const lookCopies = 3;
/** Rows that a table larger than memory is looked at on, at most. */
const lookRows = 2_000_000;
/** Columns printed; the rest is counted. */
const maxColumns = 60;

export async function look(source: readonly string[], flags: LookFlags): Promise<void> {
  const { target: targetName, column = [], json = false, ...reading } = flags;
  const progress = startProgress(json);
  try {
    progress.listen({ stage: "read the table" });
    const within = { copies: lookCopies, most: lookRows };
    const opened = await openTable(source, {
      ...reading,
      ...within,
      columns: Object.fromEntries(column.map(parseColumnFlag)),
    });
    const { frame, findings: sampled } = await readWithin(opened, { ...within, memory: reading.memory });
    progress.listen({ stage: "profile" });
    const target = targetName === undefined ? {} : { target: targetName };
    const profile = await profileOf(frame, target);
    progress.listen({ stage: "look for what is wrong" });
    const findings = [...opened.findings, ...sampled, ...(await findingsOf(frame, { ...target, profile }))];
    const suggestions = targetName === undefined ? suggestTargets(profile) : [targetName];
    const commands = suggestions.map((name) => trainCommand(source, name, column, reading));
    const sha256 = await opened.fingerprint();
    await opened.close();
    progress.end();
    if (json) {
      printJson({
        format: 1,
        source: source.map(withoutPassword),
        rows: opened.rowCount,
        ...(frame.rowCount < opened.rowCount && { sampledRows: frame.rowCount }),
        sha256,
        ...target,
        columns: profile.columns,
        findings,
        next: commands,
      });
      return;
    }
    const size = `${counted(opened.rowCount, "row")} × ${counted(frame.schema.columns.length, "column")}`;
    print(
      `${bold(source.map(withoutPassword).join(", "))}  ${size}  ${dim(`sha256 ${sha256.slice(0, 12)}`)}`,
    );
    print();
    printColumns(profile.columns, frame.rowCount, targetName !== undefined);
    if (findings.length > 0) print();
    for (const finding of findings) print(findingLine(finding));
    print();
    if (targetName === undefined)
      print(dim(commands.length > 0 ? "likely targets:" : "name the column to predict with --target"));
    for (const command of commands) print(command);
  } finally {
    progress.end();
  }
}

function printColumns(columns: readonly ColumnProfile[], rowCount: number, related: boolean): void {
  const header = ["column", "kind", "missing", "distinct", ...(related ? ["tells"] : []), "holds"];
  const rows = columns
    .slice(0, maxColumns)
    .map((column) => [
      clip(column.name, 32),
      column.role === "feature" ? column.kind : `${column.kind} (${column.role})`,
      column.missing === 0 ? "" : `${figure((100 * column.missing) / rowCount)} %`,
      column.distinct.toLocaleString("en-US"),
      ...(related ? [column.relation === undefined ? "" : column.relation.toFixed(2)] : []),
      holds(column),
    ]);
  for (const line of table([header, ...rows], [false, false, true, true, ...(related ? [true] : []), false]))
    print(cut(line, Math.max(80, process.stdout.columns ?? 120)));
  if (columns.length > maxColumns)
    print(dim(`and ${columns.length - maxColumns} more columns: --json shows all`));
}

/** The shape of a column in a few words: a small histogram, or its commonest values. */
function holds(column: ColumnProfile): string {
  if (column.number !== undefined && column.number.histogram.counts.length > 0) {
    const { low, high, histogram, quantiles } = column.number;
    const show =
      column.kind === "datetime" ? (value: number) => new Date(value).toISOString().slice(0, 10) : figure;
    return `${show(low)} … ${show(high)}  median ${show(quantiles[3]!)}  ${spark(histogram.counts)}`;
  }
  return column.top
    .slice(0, 4)
    .map(({ value, rows }) => `${clip(value, 18)} ${rows.toLocaleString("en-US")}`)
    .join(", ");
}

function spark(counts: readonly number[]): string {
  const most = Math.max(...counts, 1);
  return counts
    .map((count) => (count === 0 ? " " : "▁▂▃▄▅▆▇█"[Math.min(7, Math.floor((8 * count) / most))]!))
    .join("");
}

/** What to type next: the same reading of the same source. */
function trainCommand(
  source: readonly string[],
  target: string,
  columns: readonly string[],
  reading: Reading,
): string {
  const flags = columns.flatMap((column) => ["--column", column]);
  const words = [...source.map(withoutPassword), ...readingFlags(reading), ...flags, "--target", target];
  return `npx millwright train ${words.map(shellWord).join(" ")}`;
}
