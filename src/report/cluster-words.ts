/** The sentences of a clustering: whether there are clusters, how clear they are, and what each one is. */
import type { ClusterDifference, ClusterReportData, ClusterSummary } from "./cluster-report-data.ts";
import { amount, count, fixed, percent, plural } from "./format.ts";
import { join, name, type Sentence, say, strong } from "./text.ts";

/** Clearness of a mean silhouette in words. Source: Kaufman & Rousseeuw 1990, Finding Groups in Data, table 4. */
export function clearness(silhouette: number): string {
  if (silhouette > 0.7) return "strong";
  if (silhouette > 0.5) return "reasonable";
  return silhouette > 0.25 ? "weak" : "without substance";
}

/** Whether there are clusters at all. */
export function verdict({ structure, clusters, criteria, asked }: ClusterReportData): Sentence {
  if (clusters.length < 2 && criteria !== undefined && criteria.length > 2)
    return say`${strong("No.")} One distribution describes the rows better than several: what more of them gain in likelihood is less than chance gives (BIC).`;
  if (clusters.length === 0)
    return say`${strong("None was found.")} No part of the table is denser than the rest.`;
  if (clusters.length === 1)
    return asked === undefined
      ? say`${strong("No.")} One dense region was found, and nothing beside it that is dense too.`
      : say`${strong("One was asked for.")} Whether the rows fall into several, only a search for several tells.`;
  const [own, shuffled, cloud] = [
    structure.silhouette,
    Math.max(...structure.shuffled),
    Math.max(...structure.cloud),
  ].map((value) => fixed(value, 2)) as [string, string, string];
  const along =
    structure.components === undefined ? "" : `, along ${count(structure.components)} principal components`;
  switch (structure.verdict) {
    case "apart":
      return say`${strong("Yes.")} The rows keep apart more clearly (mean silhouette ${own}${along}) than in tables that have no clusters: at most ${shuffled} with every column shuffled by itself, at most ${cloud} in one cloud with the same correlations.`;
    case "gradient":
      return say`${strong("Not as separate groups.")} The columns hang together, but without gaps: one cloud with the same correlations is cut as clearly (silhouette up to ${cloud}, here ${own}). Take the clusters as parts of one continuum, not as kinds of rows.`;
    case "none":
      return structure.silhouette > 0.5
        ? say`${strong("Only in single columns.")} With every column shuffled by itself, which leaves nothing that connects them, the same search finds groups as clear (silhouette up to ${shuffled}, here ${own}): they are the values of single columns, not kinds of rows.`
        : say`${strong("No.")} With every column shuffled by itself, which leaves nothing that connects them, the same search finds groups as clear (silhouette up to ${shuffled}, here ${own}). The cut below is arbitrary: other rows would be cut otherwise.`;
  }
}

/** How to read the silhouette of these clusters. */
export function silhouetteSentence(data: ClusterReportData): Sentence | undefined {
  if (data.silhouette === undefined) return undefined;
  const { value, rows } = data.silhouette;
  const among = rows < data.data.rows ? `, taken on ${count(rows)} of them,` : "";
  return say`The silhouette of a row is 1 where it lies far closer to its own cluster than to the next one, 0 on the border and negative on the wrong side. The mean of these rows${among} is ${strong(fixed(value, 2))}: ${clearness(value)} (over 0.7 is strong, over 0.5 reasonable, over 0.25 weak, below that clusters say little).`;
}

/** How many clusters there are, and how large they are. */
export function sizesSentence(data: ClusterReportData): Sentence {
  const { clusters, noiseRows, asked } = data;
  const [largest] = clusters;
  const noise =
    noiseRows === undefined
      ? undefined
      : noiseRows === 0
        ? say`Every row belongs to one.`
        : say`${plural(noiseRows, "row")} (${percent(noiseRows / data.data.rows)}) ${noiseRows === 1 ? "belongs" : "belong"} to no cluster.`;
  if (largest === undefined) return join([say`None.`, noise]);
  const smallest = clusters.at(-1)!;
  const found =
    asked === undefined
      ? say`${strong(plural(clusters.length, "cluster"))}, a number that was found and not given`
      : asked === clusters.length
        ? say`${strong(plural(clusters.length, "cluster"))}, as asked for`
        : say`${strong(plural(clusters.length, "cluster"))} of the ${count(asked)} that were asked for, since groups of fewer than 5 rows are dissolved`;
  const range =
    clusters.length === 1
      ? say`of ${plural(largest.rows, "row")}`
      : say`from ${count(smallest.rows)} to ${count(largest.rows)} rows`;
  return join([say`${found}: ${range}.`, noise]);
}

/** What a cluster is, in a few words: `high income, region is north`. */
export function shortName({ differences }: ClusterSummary): Sentence {
  if (differences.length === 0) return say`close to all rows`;
  return join(
    differences.slice(0, 2).map((difference) => {
      const { column } = difference;
      if (difference.kind === "missing")
        return difference.effect > 0 ? say`${name(column)} missing` : say`${name(column)} given`;
      if (difference.kind === "share")
        return difference.effect > 0
          ? say`${name(column)} is ${name(difference.value)}`
          : say`${name(column)} is not ${name(difference.value)}`;
      const word = difference.of === "datetime" ? ["late", "early"] : ["high", "low"];
      return say`${word[difference.effect > 0 ? 0 : 1]!} ${name(column)}`;
    }),
    ", ",
  );
}

/** How a cluster differs in one column. */
export function differenceSentence(difference: ClusterDifference): Sentence {
  const { column, overall, effect } = difference;
  const much = Math.abs(effect) >= 1 ? "much " : "";
  if (difference.kind === "missing")
    return say`${name(column)} is missing in ${percent(difference.share)} of its rows; in ${percent(overall)} of all.`;
  if (difference.kind === "share") {
    const own = difference.share === 0 ? "in none" : `in ${percent(difference.share)}`;
    return say`${name(column)} is ${name(difference.value)} ${own} of its rows; in ${percent(overall)} of all.`;
  }
  if (difference.of === "datetime")
    return say`${name(column)} is ${much}${effect > 0 ? "later" : "earlier"}: ${day(difference.mean)} on average; ${day(overall)} in all rows.`;
  return say`${name(column)} is ${much}${effect > 0 ? "higher" : "lower"}: ${amount(difference.mean)} on average; ${amount(overall)} in all rows.`;
}

/** A mean of datetimes as a day. */
export function day(value: number): string {
  return Math.abs(value) < 8e15 ? new Date(value).toISOString().slice(0, 10) : "–";
}
