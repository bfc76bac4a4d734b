/**
 * Which rows decide when boosting stops: those given for it; else each fifth in turn where rows are few (a
 * cross-validation), or one share where they are many. Drawn by the rows' identity, within each class.
 */
import { rowUniform } from "../../core/index.ts";
import type { Target } from "../index.ts";

/** Rows that a run fits on and rows whose loss it watches. */
export interface Part {
  readonly fit: Uint32Array;
  readonly watch: Uint32Array;
}

/** Parts of a cross-validation. */
const FOLDS = 5;

/** from, from + 1 … to − 1. */
export function rowNumbers(from: number, to: number): Uint32Array {
  return new Uint32Array(to - from).map((_, i) => from + i);
}

/**
 * Rows to fit and to watch, a part for each run. Nothing is watched where stopping is off or a part would be empty.
 *
 * @param more - Rows given for watching, after the first n.
 */
export function watchedParts(
  y: Target,
  rowIds: Uint32Array,
  n: number,
  more: number,
  p: { earlyStoppingRounds: number; crossValidatedRows: number; validationShare: number },
  seed: number,
): Part[] {
  const all = rowNumbers(0, n);
  if (p.earlyStoppingRounds === 0) return [{ fit: all, watch: new Uint32Array(0) }];
  if (more > 0) return [{ fit: all, watch: rowNumbers(n, n + more) }];
  const groups: number[][] = Array.from({ length: y.kind === "classification" ? y.classCount : 1 }, () => []);
  const draws = new Float64Array(n).map((_, i) => rowUniform(seed ^ 0x2545f491, rowIds[i]!));
  for (const i of all) groups[y.kind === "classification" ? y.codes[i]! : 0]!.push(i);
  const part = new Uint8Array(n);
  const crossed = n <= p.crossValidatedRows;
  for (const group of groups) {
    group.sort((a, b) => draws[a]! - draws[b]! || rowIds[a]! - rowIds[b]!);
    const held = Math.floor(group.length * p.validationShare);
    group.forEach((row, i) => {
      part[row] = crossed ? i % FOLDS : i < held ? 0 : 1;
    });
  }
  const parts = Array.from({ length: crossed ? FOLDS : 1 }, (_, k) => ({
    fit: all.filter((i) => part[i] !== k),
    watch: all.filter((i) => part[i] === k),
  }));
  const usable = parts.filter(({ fit, watch }) => fit.length > 0 && watch.length > 0);
  return usable.length === parts.length ? parts : [{ fit: all, watch: new Uint32Array(0) }];
}
