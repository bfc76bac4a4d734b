/**
 * What distinguishes a cluster: the columns whose mean, share or missing cells differ most from all rows.
 *
 * A number's difference counts in standard deviations of all rows; a share's in √(p (1 − p)), which is the
 * same for a 0/1 column. Privacy: a cluster of fewer than 5 rows is not described, and a value is named only
 * where at least 5 rows of the table hold it, and 5 or more, or none, of the cluster.
 */
import { minRowsShown } from "../../pipeline/index.ts";
import type { ClusterDifference } from "../../report/index.ts";
import { type Cells, type ColumnSchema, featureColumns, type Frame } from "../../schema/index.ts";

export interface ClusterDescription {
  readonly label: string;
  readonly rows: number;
  /** Largest effect first; one a column. */
  readonly differences: readonly ClusterDifference[];
}

/** A smaller effect is not worth a word: Cohen's "small" is 0.2. */
const leastEffect = 0.2;

/** @param members - Cluster index a row, −1 for noise, which is not described. */
export function describeClusters(
  frame: Frame,
  members: Int32Array,
  labels: readonly string[],
): ClusterDescription[] {
  const sizes = labels.map((_, c) => members.reduce((sum, member) => sum + (member === c ? 1 : 0), 0));
  const found = labels.map((): ClusterDifference[] => []);
  for (const column of featureColumns(frame.schema)) {
    const cells = frame.columns.get(column.name)!;
    const each =
      cells.type === "number"
        ? ofNumbers(column, cells, members, sizes)
        : ofStrings(column, cells, members, sizes);
    each.forEach((difference, c) => {
      if (difference !== undefined && sizes[c]! >= minRowsShown) found[c]!.push(difference);
    });
  }
  return labels.map((label, c) => ({
    label,
    rows: sizes[c]!,
    differences: found[c]!.filter(({ effect }) => Math.abs(effect) >= leastEffect).sort(
      (a, b) => Math.abs(b.effect) - Math.abs(a.effect) || (a.column < b.column ? -1 : 1),
    ),
  }));
}

/** The larger effect; of equal ones, as the two values of a column have, what the rows are, not what they are not. */
function larger(
  a: ClusterDifference | undefined,
  b: ClusterDifference | undefined,
): ClusterDifference | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const [own, other] = [Math.abs(a.effect), Math.abs(b.effect)];
  if (Math.abs(own - other) > 1e-9) return own > other ? a : b;
  return a.effect < b.effect ? b : a;
}

function ofNumbers(
  column: ColumnSchema,
  { values }: Extract<Cells, { type: "number" }>,
  members: Int32Array,
  sizes: readonly number[],
): (ClusterDifference | undefined)[] {
  const sums = sizes.map(() => 0);
  const counts = sizes.map(() => 0);
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    sum += values[i]!;
    count++;
    if (members[i]! < 0) continue;
    sums[members[i]!]! += values[i]!;
    counts[members[i]!]!++;
  }
  const missing = missingShares(column.name, (i) => Number.isNaN(values[i]!), members, sizes);
  if (count < minRowsShown) return missing;
  const overall = sum / count;
  let squares = 0;
  for (const value of values) if (Number.isFinite(value)) squares += (value - overall) ** 2;
  const deviation = Math.sqrt(squares / count);
  return sizes.map((_, c) => {
    if (counts[c]! < minRowsShown || !(deviation > 0)) return missing[c];
    const mean = sums[c]! / counts[c]!;
    return larger(
      {
        kind: "mean",
        column: column.name,
        of: column.kind === "datetime" ? "datetime" : "number",
        mean,
        overall,
        effect: (mean - overall) / deviation,
      },
      missing[c],
    );
  });
}

function ofStrings(
  column: ColumnSchema,
  { codes, dictionary }: Extract<Cells, { type: "string" }>,
  members: Int32Array,
  sizes: readonly number[],
): (ClusterDifference | undefined)[] {
  const missing = missingShares(column.name, (i) => codes[i]! < 0, members, sizes);
  if (column.kind === "text") return missing;
  const overall = new Float64Array(dictionary.length);
  const counts = sizes.map(() => new Float64Array(dictionary.length));
  for (let i = 0; i < codes.length; i++) {
    if (codes[i]! < 0) continue;
    overall[codes[i]!]!++;
    if (members[i]! >= 0) counts[members[i]!]![codes[i]!]!++;
  }
  return sizes.map((size, c) => {
    let best = missing[c];
    dictionary.forEach((value, code) => {
      const all = overall[code]! / codes.length;
      const own = counts[c]![code]!;
      if (overall[code]! < minRowsShown || all === 1 || (own > 0 && own < minRowsShown)) return;
      const share = size === 0 ? 0 : own / size;
      best = larger(best, {
        kind: "share",
        column: column.name,
        value,
        share,
        overall: all,
        effect: (share - all) / Math.sqrt(all * (1 - all)),
      });
    });
    return best;
  });
}

function missingShares(
  column: string,
  isMissing: (row: number) => boolean,
  members: Int32Array,
  sizes: readonly number[],
): (ClusterDifference | undefined)[] {
  const counts = sizes.map(() => 0);
  let all = 0;
  for (let i = 0; i < members.length; i++) {
    if (!isMissing(i)) continue;
    all++;
    if (members[i]! >= 0) counts[members[i]!]!++;
  }
  const overall = all / members.length;
  return sizes.map((size, c) => {
    const own = counts[c]!;
    if (all < minRowsShown || all === members.length || (own > 0 && own < minRowsShown)) return undefined;
    const share = size === 0 ? 0 : own / size;
    return {
      kind: "missing",
      column,
      share,
      overall,
      effect: (share - overall) / Math.sqrt(overall * (1 - overall)),
    };
  });
}
