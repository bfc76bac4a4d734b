/**
 * What the terminal shows: answers on stdout, everything else on stderr.
 *
 * Progress is one line that redraws itself on a terminal; elsewhere one line a
 * stage, and silence with --json. Nothing but the answer ever reaches stdout, so
 * that pipes stay clean.
 */
import type { ProgressEvent, ProgressListener } from "../core/index.ts";
import type { Finding } from "../data/index.ts";

const color = process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined;
const paint = (code: string) => (text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = paint("1");
export const dim = paint("2");

/** Writes a line of the answer. */
export function print(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** Writes the machine's answer: one JSON document. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Columns aligned by their widest cell; numbers to the right. */
export function table(rows: readonly (readonly string[])[], alignRight: readonly boolean[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (alignRight[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
}

/** Four significant digits, plain: 0.8451, 47,600, 1.2e-7. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "n/a";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(3);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(4)));
}

/** An interval, or the plain word that there is none. */
export function interval(low: number, high: number): string {
  return Number.isNaN(low) ? "not defined" : `${figure(low)} … ${figure(high)}`;
}

/** What "not defined" means; to be printed once, below. */
export const noInterval =
  "An interval is not defined where every resample of the rows has the same score: they are too few, or all alike.";

/** A share with three digits: 12.5 %. */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}

/** "1 row", "1,204 rows". */
export function counted(count: number, what: string): string {
  return `${count.toLocaleString("en-US")} ${what}${count === 1 ? "" : "s"}`;
}

/** A text of the user's on one line, cut to a width with an ellipsis; control characters become spaces. */
export function clip(text: string, width: number): string {
  return cut(text.replace(/[\s\p{Cc}]+/gu, " "), width);
}

/** A line of ours, cut to a width with an ellipsis. */
export function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(1, width - 1))}…`;
}

/** A finding in one line, with the flag that undoes it or acts on it. */
export function findingLine({ kind, column, evidence, effect, undo }: Finding): string {
  const change = undo === null ? "" : dim(` ${effect === "hint" ? "to act on it" : "to undo"}: ${undo}`);
  return `${bold(kind)} ${column === null ? "" : `${clip(column, 40)}: `}${evidence}${change}`;
}

export interface Progress {
  readonly listen: ProgressListener;
  /** Clears the line. */
  end(): void;
}

/**
 * Progress on stderr.
 *
 * @param quiet - Say nothing: the user asked for --json.
 */
export function startProgress(quiet: boolean): Progress {
  if (quiet) return { listen: () => {}, end: () => {} };
  return process.stderr.isTTY ? redrawnLine() : stageLines();
}

const frameMs = 80;

function redrawnLine(): Progress {
  const started = performance.now();
  let drawn = 0;
  let last: ProgressEvent | undefined;
  const draw = (): void => {
    if (last === undefined) return;
    const width = process.stderr.columns ?? 80;
    const { done, total, note } = last;
    const seconds = `${((performance.now() - started) / 1000).toFixed(0)}s`;
    const bar = done !== undefined && total ? `${barOf(done / total)} ` : "";
    const line = cut(`${bar}${seconds} ${last.stage}${note ? ` · ${note}` : ""}`, width - 1);
    process.stderr.write(`\r\u001b[K${line}`);
  };
  return {
    listen(event) {
      last = event;
      const now = performance.now();
      if (now - drawn < frameMs && event.done !== event.total) return;
      drawn = now;
      draw();
    },
    end() {
      process.stderr.write("\r\u001b[K");
    },
  };
}

function barOf(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * 24);
  return `${"█".repeat(full)}${"░".repeat(24 - full)}`;
}

/** Each stage once: those that run at the same time take turns. */
function stageLines(): Progress {
  const said = new Set<string>();
  return {
    listen({ stage, note }) {
      const line = note ? `${stage}: ${note}` : stage;
      if (said.has(line)) return;
      said.add(line);
      process.stderr.write(`${line}\n`);
    },
    end() {},
  };
}
