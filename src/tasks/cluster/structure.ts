/**
 * How many clusters, and whether there are any: the same search on tables that have none.
 *
 * Any method cuts any table into parts, and columns of few values alone make tight parts, the tighter the
 * more of them. So every number of clusters is also tried on copies whose columns are shuffled one by one,
 * which keep every column and lose what connects them, and on one cloud, drawn from the normal distribution
 * with the means and covariances of the rows, which keeps the connections and has no gaps. The number with
 * the largest lead over the shuffled copies is chosen; what leads both is structure. Source: Tibshirani,
 * Walther & Hastie 2001, J. R. Stat. Soc. B 63:411–423, whose gap statistic compares with such references;
 * here the silhouette is compared, which has a meaning of its own.
 *
 * Every table is searched and measured along its own leading components where it has more features than that, so
 * that the work does not grow with its width.
 */
import type { Random } from "../../core/index.ts";
import { type Labeling, meanSilhouette, silhouettes } from "../../estimators/cluster/index.ts";
import {
  type Feature,
  leadingComponents,
  type Points,
  principalComponents,
  project,
} from "../../features/index.ts";

/** Makes the labelings that are compared, one for each candidate; `points` may be components of the features. */
export type Labeler = (points: Points, random: Random) => Promise<readonly Labeling[]>;

/** How a candidate does on the rows and on tables without clusters; silhouettes, rows of no cluster count 0. */
export interface Comparison {
  /** Clusters that it asks for. */
  readonly clusters: number;
  readonly silhouette: number;
  /** On each copy with shuffled columns. */
  readonly shuffled: readonly number[];
  /** On each cloud. */
  readonly cloud: readonly number[];
}

export type Verdict = "apart" | "gradient" | "none";

const copies = 5;
/** Features beyond which a table is searched along as many components. */
export const mostSearched = 40;
/** A smaller lead is none: so much can be chance when the largest of nine leads is taken. */
const leastLead = 0.02;
/** Fewer clusters are taken where the lead is no further behind. */
const nearlyEqual = 0.01;

/**
 * @param counts - What each labeling of `label` asks for.
 * @param check - Throws where the user asked to stop.
 */
export async function compareWithNone(
  points: Points,
  features: readonly Feature[],
  counts: readonly number[],
  label: Labeler,
  random: Random,
  check: () => void,
): Promise<Comparison[]> {
  const score = async (rows: Points, name: string): Promise<number[]> => {
    check();
    const seen = searched(rows, random.child(`components ${name}`));
    const labelings = await label(seen, random.child(`label ${name}`));
    return silhouettes(seen, labelings).map(coveredSilhouette);
  };
  const own = await score(points, "rows");
  const shuffled: number[][] = [];
  const cloud: number[][] = [];
  const draw = cloudOf(searched(points, random.child("cloud components")));
  for (let copy = 0; copy < copies; copy++) {
    const drawn = random.child(`copy ${copy}`);
    shuffled.push(await score(shuffledColumns(points, features, drawn.child("shuffle")), `shuffled ${copy}`));
    cloud.push(await score(draw(drawn.child("cloud")), `cloud ${copy}`));
  }
  return counts.map((clusters, at) => ({
    clusters,
    silhouette: own[at]!,
    shuffled: shuffled.map((scores) => scores[at]!),
    cloud: cloud.map((scores) => scores[at]!),
  }));
}

/** The candidate with the largest lead over shuffled columns; of nearly equal ones the fewest clusters. */
export function bestOf(comparisons: readonly Comparison[]): Comparison {
  const lead = ({ silhouette, shuffled }: Comparison): number =>
    silhouette - shuffled.reduce((sum, value) => sum + value, 0) / shuffled.length;
  const most = Math.max(...comparisons.map(lead));
  return comparisons.find((one) => lead(one) >= most - nearlyEqual)!;
}

/** `apart`: beyond all references; `gradient`: beyond shuffled columns, not beyond a cloud; `none`: neither. */
export function verdictOf({ silhouette, shuffled, cloud }: Comparison): Verdict {
  const beyond = (references: readonly number[]): boolean => silhouette > Math.max(...references) + leastLead;
  return !beyond(shuffled) ? "none" : beyond(cloud) ? "apart" : "gradient";
}

/** The rows, along their leading components where they have many features. */
export function searched(points: Points, random: Random): Points {
  const { rowCount, featureCount: p } = points;
  if (p <= mostSearched) return points;
  const found = leadingComponents(points, mostSearched, random);
  const width = found.variance.length;
  const values = new Float64Array(rowCount * width);
  for (let i = 0; i < rowCount; i++)
    values.set(project(points.values.subarray(i * p, (i + 1) * p), found), i * width);
  return { rowCount, featureCount: width, values };
}

/** Mean over all rows: those of no cluster count 0, so that a few tight groups do not hide them. */
function coveredSilhouette(values: Float64Array): number {
  const mean = meanSilhouette(values);
  if (Number.isNaN(mean)) return 0;
  return (mean * values.filter((value) => !Number.isNaN(value)).length) / values.length;
}

/** Features of one table column move together: they are one column in the table. */
function shuffledColumns(points: Points, features: readonly Feature[], random: Random): Points {
  const { rowCount: n, featureCount: p } = points;
  const values = new Float64Array(points.values.length);
  const orders = new Map<string, Uint32Array>();
  features.forEach(({ sources }, j) => {
    const key = sources.join("\0");
    let order = orders.get(key);
    if (order === undefined) {
      order = random.child(key).shuffle(Uint32Array.from({ length: n }, (_, i) => i));
      orders.set(key, order);
    }
    for (let i = 0; i < n; i++) values[i * p + j] = points.values[order[i]! * p + j]!;
  });
  return { rowCount: n, featureCount: p, values };
}

/** Draws as many rows from the normal distribution with the same means and covariances. */
function cloudOf(points: Points): (random: Random) => Points {
  const { rowCount: n, featureCount: p } = points;
  const { mean, components, variance } = principalComponents(points, p);
  return (random) => {
    const values = new Float64Array(n * p);
    for (let i = 0; i < n; i++) {
      const row = values.subarray(i * p, (i + 1) * p);
      row.set(mean);
      for (let c = 0; c < variance.length; c++) {
        const step = random.normal() * Math.sqrt(variance[c]!);
        for (let j = 0; j < p; j++) row[j]! += step * components[c * p + j]!;
      }
    }
    return { rowCount: n, featureCount: p, values };
  };
}
