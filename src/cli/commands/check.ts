/** `millwright check`: a table held against expectations, or expectations written from a reference table. */
import { existsSync } from "node:fs";
import { MillwrightError } from "../../core/index.ts";
import {
  type Checked,
  checkTable,
  type CheckReport,
  expectationsOf,
  expectationsText,
  openTable,
  parseColumnFlag,
  readExpectations,
  type Reading,
  readingFlags,
  shellWord,
  timeOf,
  withoutPassword,
  prepareFile,
  writeWhole,
} from "../../data/index.ts";

import {
  bold,
  clip,
  counted,
  cut,
  dim,
  findingLine,
  percent,
  print,
  printJson,
  startProgress,
  table,
} from "../terminal.ts";

export interface CheckFlags extends Reading {
  readonly expect?: string;
  readonly write?: string;
  readonly margin?: number;
  readonly now?: string;
  readonly column?: readonly string[];
  readonly json?: boolean;
}

/** @returns 1 when an expectation fails. */
export async function check(source: readonly string[], flags: CheckFlags): Promise<number> {
  const { expect, write, margin, now, column, json = false, ...reading } = flags;
  if (expect === undefined && write === undefined) {
    throw new MillwrightError(
      "PARAMETER_MISSING",
      "millwright check was given neither --expect nor --write.",
      "Name the expectations with --expect, or write them from a reference table with --write.",
    );
  }
  for (const [flag, given, needs] of [
    ["--write", write, "--expect"],
    ["--margin", margin, "--expect"],
    ["--column", column, "--expect"],
    ["--now", now, "--write"],
  ] as const) {
    const other = needs === "--expect" ? expect : write;
    if (given === undefined || other === undefined) continue;
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${flag} and ${needs} cannot stand together.`,
      flag === "--column"
        ? "State the kind of the column in the expectations."
        : `Leave one of them out: --expect checks, --write writes.`,
    );
  }
  if (expect !== undefined) return held(source, expect, { now, json, reading });
  await learn(source, write!, { margin, column, json, reading });
  return 0;
}

interface Held {
  readonly now: string | undefined;
  readonly json: boolean;
  readonly reading: Reading;
}

async function held(source: readonly string[], path: string, { now, json, reading }: Held): Promise<number> {
  const time = now === undefined ? undefined : timeOf(now);
  if (now !== undefined && time === undefined) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `--now is ${JSON.stringify(now)}, which it does not take.`,
      "Write it as 2025-01-31 or 2025-01-31T12:00Z.",
    );
  }
  const progress = startProgress(json);
  try {
    const expectations = await readExpectations(path);
    progress.listen({ stage: "check" });
    const report = await checkTable(source, expectations, path, {
      ...reading,
      ...(time !== undefined && { now: time }),
    });
    progress.end();
    const shown = source.map(withoutPassword);
    if (json) {
      const { rowCount, ...rest } = report;
      printJson({ format: 1, source: shown, expectations: path, rows: rowCount, ...rest });
    } else printReport(shown.join(", "), report);
    return report.passed ? 0 : 1;
  } finally {
    progress.end();
  }
}

function printReport(
  source: string,
  { rowCount, sha256, checks, otherColumns, findings }: CheckReport,
): void {
  const failed = checks.filter((item) => !item.passed);
  const verdict = failed.length === 0 ? "all hold" : `${failed.length} fail`;
  print(`${bold(source)}  ${counted(rowCount, "row")}  ${dim(`sha256 ${sha256.slice(0, 12)}`)}`);
  print(`${counted(checks.length, "expectation")}: ${verdict}`);
  if (checks.length > 0) print();
  const width = Math.max(80, process.stdout.columns ?? 120);
  const fails = failed.map((item) => [
    "FAIL",
    nameOf(item),
    clip(item.expected, 56),
    resultOf(item, rowCount),
  ]);
  for (const line of table(fails)) print(cut(line, width));
  const passes = new Map<string, string[]>();
  for (const item of checks.filter(({ passed }) => passed))
    passes.set(nameOf(item), [...(passes.get(nameOf(item)) ?? []), item.expected + allowedOf(item)]);
  const lines = [...passes].map(([name, words]) => ["pass", name, clip(words.join("; "), width)]);
  for (const line of table(lines)) print(dim(cut(line, width)));
  if (otherColumns.length > 0) print(dim(clip(`nothing is expected of ${otherColumns.join(", ")}`, width)));
  if (findings.length > 0) print();
  for (const finding of findings) print(findingLine({ ...finding, undo: null }));
}

function nameOf({ columns, expectation }: Checked): string {
  const named = expectation !== "rows" && expectation !== "rule";
  return clip(named ? columns.join(", ") : expectation, 32);
}

/** Rows that fail although it holds, as far as it allows. */
function allowedOf({ failing, observed }: Checked): string {
  if (observed !== undefined) return ` (${shown(observed)})`;
  return failing === null || failing === 0 ? "" : ` (${counted(failing, "row")})`;
}

/** The failing rows, or what the whole table shows. */
function resultOf({ failing, examples, observed, absent }: Checked, rowCount: number): string {
  if (absent !== undefined) {
    const guess = absent.nearest === null ? "" : `; the nearest is ${clip(absent.nearest, 32)}`;
    return `${clip(absent.column, 32)} is not there${guess}`;
  }
  if (failing === null) return shown(observed ?? null);
  const more = failing > examples.length ? ", …" : "";
  const rows = examples.map(({ row, value }) => (value === null ? `${row}` : `${row} (${clip(value, 24)})`));
  return `${counted(failing, "row")} (${percent(failing / rowCount)}): ${rows.join(", ")}${more}`;
}

function shown(observed: number | string | null): string {
  if (observed === null) return "none";
  return typeof observed === "number" ? observed.toLocaleString("en-US") : observed;
}

interface Learning {
  readonly margin: number | undefined;
  readonly column: readonly string[] | undefined;
  readonly json: boolean;
  readonly reading: Reading;
}

async function learn(
  source: readonly string[],
  path: string,
  { margin, column = [], json, reading }: Learning,
): Promise<void> {
  prepareFile(path, "--write");
  if (existsSync(path)) {
    throw new MillwrightError(
      "OUTPUT_EXISTS",
      `${path} is there already, and may have been corrected by hand.`,
      "Name another file with --write, and compare the two; or remove it first.",
    );
  }
  const progress = startProgress(json);
  try {
    progress.listen({ stage: "read the reference table" });
    const opened = await openTable(source, {
      ...reading,
      exactNumbers: true,
      columns: Object.fromEntries(column.map(parseColumnFlag)),
    });
    try {
      const expectations = await expectationsOf(opened, margin === undefined ? {} : { margin });
      writeWhole({ [path]: expectationsText(expectations) }, "--write");
      progress.end();
      const shown = source.map(withoutPassword);
      if (json) {
        const sha256 = await opened.fingerprint();
        printJson({ format: 1, source: shown, rows: opened.rowCount, sha256, out: path, expectations });
        return;
      }
      const count = counted(Object.keys(expectations.columns).length, "column");
      print(`${path}  what to expect of a table like ${shown.join(", ")}: ${count}. Read and correct it.`);
      const words = [...shown, ...readingFlags(reading), "--expect", path];
      print(`npx millwright check ${words.map(shellWord).join(" ")}`);
    } finally {
      await opened.close();
    }
  } finally {
    progress.end();
  }
}
