/** What each method of the command does: which candidates it tries, how it chooses, and what it fits in the end. */
import { MillwrightError, type Random } from "../../core/index.ts";
import {
  alongComponents,
  type Clusterer,
  dbscan,
  gaussianMixture,
  hdbscan,
  kMeans,
  onComponents,
} from "../../estimators/cluster/index.ts";
import type { Feature, Points } from "../../features/index.ts";
import type { ClusterOptions } from "./options.ts";
import { matrixOf, samplePoints } from "./sample.ts";
import { bestOf, type Comparison, compareWithNone, type Labeler } from "./structure.ts";

/** How likely a mixture is, less what its freedom costs; the smaller the better. */
export interface Criterion {
  readonly clusters: number;
  readonly covariance: "full" | "diagonal";
  readonly bic: number;
  readonly aic: number;
}

/** What was chosen, and by what. */
export interface Plan {
  readonly clusterer: Clusterer;
  /** How the choice does on the rows and on tables without clusters. */
  readonly best: Comparison;
  /** The same of every number of clusters, where silhouettes chose. */
  readonly counts?: readonly Comparison[];
  /** Every mixture that was tried, where BIC chose. */
  readonly criteria?: readonly Criterion[];
}

export interface PlanContext {
  readonly options: ClusterOptions;
  readonly features: readonly Feature[];
  /** All rows. */
  readonly points: Points;
  /** Rows on which candidates are compared with tables without clusters. */
  readonly looked: Points;
  readonly random: Random;
  /** Throws where the user asked to stop. */
  readonly check: () => void;
}

const mostClusters = 10;
/** Starts of k-means where many tables are compared; the final fit has more. */
const searchStarts = 2;
/** Rows that mixtures are compared on. */
const criterionRows = 5000;
/** Features beyond which, or 0/1 features of one column, densities are taken on principal components. */
const mostFeatures = 10;
const components = { variance: 0.9, most: 15 };
/** Prepared features have a variance of about 1: no distribution gets narrower than 3 % of that deviation. */
const regularisation = 1e-3;
/** The same on components, where columns of few values would else be distributions of their own. */
const componentRegularisation = 0.05;

export async function planOf(context: PlanContext): Promise<Plan> {
  switch (context.options.method) {
    case "kmeans":
      return await planKMeans(context);
    case "mixture":
      return await planMixture(context);
    case "dbscan":
    case "hdbscan":
      return await planDensity(context);
  }
}

/** @throws MillwrightError `PARAMETER_CONFLICT` for an option that the method does not have. */
export function requireFitting({ method, clusters, eps, minRows }: ClusterOptions): void {
  const dense = method === "dbscan" || method === "hdbscan";
  const flag =
    clusters !== undefined && dense
      ? "--clusters"
      : eps !== undefined && method !== "dbscan"
        ? "--eps"
        : minRows !== undefined && !dense
          ? "--min-rows"
          : undefined;
  if (flag === undefined) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `${flag} is given, and the method ${method} ${flag === "--clusters" ? "finds the number itself" : "has no such parameter"}.`,
    `Leave ${flag} out, or choose another --method.`,
  );
}

/** Numbers of clusters that are tried: each has room for ten rows. */
function candidateCounts(rowCount: number, from: number): number[] {
  const most = Math.max(from, Math.min(mostClusters, Math.floor(rowCount / 10)));
  return Array.from({ length: most - from + 1 }, (_, i) => i + from);
}

/** Fits some clusterers on any points. */
function labelerOf(features: readonly Feature[], clusterers: readonly Clusterer[]): Labeler {
  return async (points, random) => {
    const x = matrixOf(points, features);
    const out = [];
    for (const [at, clusterer] of clusterers.entries())
      out.push(await clusterer.fit(x, { random: random.child(at) }));
    return out;
  };
}

async function planKMeans({ options, features, looked, random, check }: PlanContext): Promise<Plan> {
  const counts = options.clusters === undefined ? candidateCounts(looked.rowCount, 2) : [options.clusters];
  const label = labelerOf(
    features,
    counts.map((clusters) => kMeans({ clusters, starts: searchStarts })),
  );
  const comparisons = await compareWithNone(looked, features, counts, label, random, check);
  const best = bestOf(comparisons);
  return {
    clusterer: kMeans({ clusters: best.clusters }),
    best,
    ...(options.clusters === undefined && { counts: comparisons }),
  };
}

async function planMixture(context: PlanContext): Promise<Plan> {
  const { options, features, points, looked, random, check } = context;
  const wide = needsComponents(features);
  const make = (clusters: number, covariance: Criterion["covariance"]): Clusterer =>
    gaussianMixture({
      clusters,
      covariance,
      regularisation: wide ? componentRegularisation : regularisation,
    });
  const rows = samplePoints(points, criterionRows, random.child("criterion rows"));
  const sampled = matrixOf(rows, features);
  // All mixtures see the same components: they are found once.
  const compared = wide
    ? alongComponents(sampled, components, random.child("criterion components"))
    : sampled;
  const counts = options.clusters === undefined ? candidateCounts(rows.rowCount, 1) : [options.clusters];
  const criteria: Criterion[] = [];
  for (const clusters of counts) {
    for (const covariance of ["full", "diagonal"] as const) {
      check();
      const fitted = await make(clusters, covariance).fit(compared, {
        random: random.child(`${clusters} ${covariance}`),
      });
      const { bic, aic } = fitted.summary as { readonly bic: number; readonly aic: number };
      criteria.push({ clusters, covariance, bic, aic });
    }
  }
  const chosen = criteria.reduce((a, b) => (b.bic < a.bic ? b : a));
  const mixture = make(chosen.clusters, chosen.covariance);
  const clusterer = wide ? onComponents(mixture, components) : mixture;
  const [best] = await compareWithNone(
    looked,
    features,
    [chosen.clusters],
    labelerOf(features, [clusterer]),
    random,
    check,
  );
  return { clusterer, best: best!, criteria };
}

/** Share of the rows that the smallest cluster of hdbscan has, unless told. */
const smallestShare = 0.02;

async function planDensity({ options, features, points, looked, random, check }: PlanContext): Promise<Plan> {
  const { eps = 0, minRows, method } = options;
  const width = Math.min(features.length, components.most);
  const wanted =
    minRows ??
    (method === "dbscan"
      ? Math.min(20, Math.max(5, 2 * width))
      : Math.max(10, Math.round(smallestShare * points.rowCount)));
  // Of a sample as many rows lie in a place as its share of all.
  const make = (share: number): Clusterer => {
    const rows = Math.max(3, Math.round(wanted * share));
    const found =
      method === "dbscan"
        ? dbscan({ eps, minRows: rows })
        : hdbscan({ minClusterRows: rows, minRows: Math.min(10, rows) });
    return needsComponents(features) ? onComponents(found, components) : found;
  };
  const label = labelerOf(features, [make(looked.rowCount / points.rowCount)]);
  const [own] = await label(looked, random);
  const clusters = Math.max(1, own!.clusterCount);
  const [best] = await compareWithNone(looked, features, [clusters], label, random, check);
  return { clusterer: make(1), best: best! };
}

/** Whether features are many, or some follow from others. */
function needsComponents(features: readonly Feature[]): boolean {
  const sources = new Set(features.flatMap((feature) => feature.sources));
  return features.length > mostFeatures || sources.size < features.length;
}
