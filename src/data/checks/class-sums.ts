/** Two number columns whose sum or difference is the class: each alone is noise, together they are the answer. */
import type { Frame } from "../../schema/index.ts";
import type { ProfileTarget } from "../profile/target.ts";

/** Rows on which most pairs end: among twenty rows, noise takes more values than there are classes. */
const probes = 24;
const maxClasses = 20;
const maxColumns = 300;
const needed = 0.995;

export interface ClassSum {
  readonly columns: readonly [string, string];
  readonly formula: string;
  readonly share: number;
}

/** @param names - Columns that may take part. */
export function findClassSum(
  frame: Frame,
  names: readonly string[],
  target: ProfileTarget & { readonly task: "classification" },
): ClassSum | undefined {
  const classes = new Set(target.codes).size;
  if (classes > maxClasses || target.rows.length < 50) return undefined;
  const columns = names.slice(0, maxColumns).flatMap((name) => {
    const cells = frame.columns.get(name)!;
    return cells.type === "number" ? [{ name, values: cells.values }] : [];
  });
  const { rows, codes } = target;
  const some = Uint32Array.from({ length: probes }, (_, i) => Math.floor(((i + 0.5) * rows.length) / probes));
  for (let a = 0; a < columns.length; a++) {
    for (let b = a + 1; b < columns.length; b++) {
      for (const sign of [1, -1]) {
        const first = columns[a]!;
        const second = columns[b]!;
        const sum = (i: number): number => first.values[rows[i]!]! + sign * second.values[rows[i]!]!;
        if (!fewLevels(some, sum, classes)) continue;
        const share = shareTold(rows.length, sum, codes);
        if (share < needed) continue;
        const formula = `${first.name} ${sign > 0 ? "+" : "−"} ${second.name}`;
        return { columns: [first.name, second.name], formula, share };
      }
    }
  }
  return undefined;
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

/** At most one value a class, and one more for a row that breaks the rule. */
function fewLevels(some: Uint32Array, sum: (i: number) => number, classes: number): boolean {
  const seen = new Set<number>();
  for (const i of some) {
    const value = sum(i);
    if (value === value) seen.add(rounded(value));
    if (seen.size > classes + 1) return false;
  }
  return seen.size > 1;
}

/** Share of the rows whose class follows from the sum, each of its values standing for its commonest class. */
function shareTold(count: number, sum: (i: number) => number, codes: Int32Array): number {
  const levels = new Map<number, Map<number, number>>();
  for (let i = 0; i < count; i++) {
    const value = sum(i);
    if (value !== value) continue;
    const key = rounded(value);
    let level = levels.get(key);
    if (level === undefined) levels.set(key, (level = new Map()));
    if (levels.size > 3 * maxClasses) return 0;
    level.set(codes[i]!, (level.get(codes[i]!) ?? 0) + 1);
  }
  let told = 0;
  for (const level of levels.values()) told += Math.max(...level.values());
  return told / count;
}
