/** Changes of rows one after the other, or now and then. */
import type { Random } from "../../core/index.ts";
import { MillwrightError } from "../../core/index.ts";
import type { Augment } from "../training/loader.ts";

/** One change after the other, each with its own draws. */
export function inTurn(...changes: readonly Augment[]): Augment {
  return (row, random) => {
    for (const [i, change] of changes.entries()) change(row, random.child(i));
  };
}

/**
 * A change of a share of the rows.
 *
 * @param share - In [0, 1].
 */
export function sometimes(share: number, change: Augment): Augment {
  if (!(share >= 0 && share <= 1)) {
    throw new MillwrightError("PARAMETER_RANGE", `sometimes has a share of ${share}.`, "Give it in [0, 1].");
  }
  return (row, random) => {
    if (random.next() < share) change(row, random.child("change"));
  };
}

/** From one number to another, drawn evenly. */
export type Range = readonly [from: number, to: number];

export function draw([from, to]: Range, random: Random): number {
  return from + (to - from) * random.next();
}

/** @throws MillwrightError `PARAMETER_RANGE` unless least ≤ from ≤ to. */
export function requireRange(kind: string, [from, to]: Range, least: number): void {
  if (from >= least && to >= from && Number.isFinite(to)) return;
  throw new MillwrightError(
    "PARAMETER_RANGE",
    `${kind} has the range ${from} … ${to}.`,
    `Give [from, to] with ${Number.isFinite(least) ? `${least} ≤ ` : ""}from ≤ to.`,
  );
}
