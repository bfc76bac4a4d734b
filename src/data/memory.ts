/**
 * What a command may hold in memory: `--memory`, or three quarters of what this process may use.
 *
 * It counts what grows with the table: rows, dictionaries, bins, answers. Node, ONNX Runtime and DuckDB themselves
 * come on top, and so does each worker process; docs/cli.md tells how much.
 */
import { totalmem } from "node:os";
import { MillwrightError } from "../core/index.ts";

/** Fewer bytes do not hold a block of rows for each reading thread. */
export const leastMemory = 128e6;

/** Half of the bytes that this process may use. */
export function usableMemory(): number {
  const allowed = process.constrainedMemory();
  return Math.min(totalmem(), allowed > 0 ? allowed : Number.POSITIVE_INFINITY) / 2;
}

/** Bytes that everything together may take. */
export function memoryLimit(memory: number | undefined): number {
  return memory ?? 1.5 * usableMemory();
}

/** @throws MillwrightError `PARAMETER_RANGE` for a limit below what reading takes. */
export function requireMemory(memory: number | undefined): void {
  if (memory === undefined || memory >= leastMemory) return;
  throw new MillwrightError(
    "PARAMETER_RANGE",
    `--memory is ${sizeText(memory)}, and reading in blocks takes ${sizeText(leastMemory)}.`,
    `Give --memory ${sizeText(leastMemory)} or more.`,
  );
}

/** Most bytes that the distinct strings of one column may take: some five million short ones. */
const mostStringBytes = 700e6;

/**
 * Bytes that the distinct strings, or numbers, of one column may take while a table is streamed: all such columns
 * together an eighth of the limit, since readers, columns and rows each have strings of their own.
 */
export function dictionaryLimit(memory: number | undefined, columnCount: number): number {
  return Math.min(mostStringBytes, memoryLimit(memory) / 8 / Math.max(1, columnCount));
}

/** Bytes that a string of a dictionary takes, about: itself, its place, and the way back from it to its code. */
export function stringBytes(text: string): number {
  return 80 + text.length;
}

/** Bytes as `--memory` reads them back. */
export function sizeText(bytes: number): string {
  if (bytes % 1e9 === 0) return `${bytes / 1e9}GB`;
  return bytes % 1e6 === 0 ? `${bytes / 1e6}MB` : `${bytes}B`;
}
