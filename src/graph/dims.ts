/**
 * Arithmetic on sizes that may be names.
 *
 * Products and sums of names are written as text in one canonical order
 * ("3*batch", "batch+1"), so that equal expressions are equal strings. What can
 * not be told is "?", which equals nothing, itself included.
 */
import { MillwrightError } from "../core/index.ts";
import type { Dim } from "./types.ts";

export const unknownDim = "?";

/** Most dimensions of a value. */
export const largestRank = 64;

/**
 * A shape of which only the rank is known.
 *
 * @throws MillwrightError `SHAPE_MISMATCH` beyond the largest rank: nothing of the announced size is allocated.
 */
export function unknownShape(owner: string, rank: number): Dim[] {
  requireRank(owner, rank);
  return Array<Dim>(rank).fill(unknownDim);
}

/** Refuses sizes that are none: negative, or beyond exact numbers. @throws MillwrightError `SHAPE_MISMATCH`. */
export function requireSizes(owner: string, shape: readonly Dim[]): void {
  requireRank(owner, shape.length);
  if (shape.every((dim) => typeof dim === "string" || (Number.isSafeInteger(dim) && dim >= 0))) return;
  throw new MillwrightError(
    "SHAPE_MISMATCH",
    `${owner} gives the shape ${showShape(shape)}.`,
    "Check the sizes, widths and places that it is given.",
  );
}

/** @throws MillwrightError `SHAPE_MISMATCH`. */
export function requireRank(owner: string, rank: number): void {
  if (rank <= largestRank) return;
  throw new MillwrightError(
    "SHAPE_MISMATCH",
    `${owner} gives ${rank} dimensions.`,
    `Keep to ${largestRank}.`,
  );
}

/** Whether two sizes are certainly the same. */
export function sameDim(a: Dim, b: Dim): boolean {
  return a === b && a !== unknownDim;
}

export function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, i) => sameDim(dim, b[i]!));
}

/** The sizes as numbers, or undefined if one is a name. */
export function staticShape(shape: readonly Dim[]): number[] | undefined {
  return shape.every((dim) => typeof dim === "number") ? (shape as number[]).slice() : undefined;
}

export function showShape(shape: readonly Dim[] | undefined): string {
  return shape === undefined ? "unknown" : `[${shape.join(", ")}]`;
}

/**
 * Shape of an element-wise result, by NumPy's rule: sizes aligned at the end are equal, or one of them is 1.
 *
 * @throws MillwrightError `SHAPE_MISMATCH`.
 */
export function broadcastShapes(owner: string, shapes: readonly (readonly Dim[])[]): Dim[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const out: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    let dim: Dim = 1;
    for (const shape of shapes) {
      const at = i - rank + shape.length;
      if (at < 0) continue;
      const merged = broadcastDim(dim, shape[at]!);
      if (merged === undefined) {
        throw new MillwrightError(
          "SHAPE_MISMATCH",
          `${owner} needs shapes that broadcast, and has ${shapes.map(showShape).join(" and ")}.`,
          "Make each pair of sizes, aligned at the end, equal or 1.",
        );
      }
      dim = merged;
    }
    out.push(dim);
  }
  return out;
}

function broadcastDim(a: Dim, b: Dim): Dim | undefined {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  if (typeof a === "number") return typeof b === "number" ? undefined : a;
  return typeof b === "number" ? b : unknownDim;
}

function factors(dim: Dim): { number: number; names: string[] } | undefined {
  if (typeof dim === "number") return { number: dim, names: [] };
  if (dim === unknownDim) return undefined;
  if (/[+-]/.test(dim) && !/^\([^()]*\)$/.test(dim)) return { number: 1, names: [`(${dim})`] };
  let number = 1;
  const names: string[] = [];
  for (const part of dim.split("*")) {
    if (/^\d+$/.test(part)) number *= Number(part);
    else names.push(part);
  }
  return { number, names };
}

/** Longest expression of names; beyond it a size is "?". Squaring a size again and again would double it each time. */
const longestDim = 128;

function bounded(dim: Dim): Dim {
  return typeof dim === "string" && dim.length > longestDim ? unknownDim : dim;
}

function fromFactors(number: number, names: readonly string[]): Dim {
  if (names.length === 0 || number === 0) return number;
  if (names.length > longestDim) return unknownDim;
  const sorted = [...names].sort();
  const parts = number === 1 ? sorted : [String(number), ...sorted];
  const only = parts.length === 1 ? /^\(([^()]*)\)$/.exec(parts[0]!) : null;
  return bounded(only ? only[1]! : parts.join("*"));
}

/** Number of elements of a shape. */
export function productDim(dims: readonly Dim[]): Dim {
  if (dims.includes(0)) return 0;
  let number = 1;
  const names: string[] = [];
  for (const dim of dims) {
    const parts = factors(dim);
    if (!parts) return unknownDim;
    number *= parts.number;
    names.push(...parts.names);
  }
  return Number.isSafeInteger(number) ? fromFactors(number, names) : unknownDim;
}

/** `total / part` where it comes out even, as it does in a reshape; else "?". */
export function quotientDim(total: Dim, part: Dim): Dim {
  const above = factors(total);
  const below = factors(part);
  if (!above || !below || below.number === 0 || above.number % below.number !== 0) return unknownDim;
  const names = [...above.names];
  for (const name of below.names) {
    const at = names.indexOf(name);
    if (at < 0) return unknownDim;
    names.splice(at, 1);
  }
  return fromFactors(above.number / below.number, names);
}

/** Sum of sizes, as along the axis of a concatenation. */
export function sumDim(dims: readonly Dim[]): Dim {
  let number = 0;
  const names: string[] = [];
  for (const dim of dims) {
    if (dim === unknownDim) return unknownDim;
    if (typeof dim === "number") number += dim;
    else
      for (const part of dim.split("+")) {
        if (/^\d+$/.test(part)) number += Number(part);
        else names.push(part);
      }
  }
  if (!Number.isSafeInteger(number)) return unknownDim;
  if (names.length === 0) return number;
  if (names.some((name) => /[()-]/.test(name))) return unknownDim;
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const parts = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, n]) => String(productDim([n, name])));
  return bounded(number === 0 ? parts.join("+") : `${parts.join("+")}+${number}`);
}

/** A non-negative axis of a rank. @throws MillwrightError `SHAPE_MISMATCH`. */
export function normalAxis(owner: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `${owner} has the axis ${axis} for rank ${rank}.`,
      rank === 0
        ? "Give a value with at least one dimension."
        : `Choose an axis from ${-rank} to ${rank - 1}.`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}
