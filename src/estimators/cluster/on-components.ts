/**
 * A clusterer on principal components: fewer numbers that keep most of the variance.
 *
 * Densities need it where features are many or where some follow from others (0/1 columns of one category):
 * there a covariance has no volume, and distances to neighbours are all alike.
 */
import type { Random } from "../../core/index.ts";
import {
  type Matrix,
  ownRowOrder,
  pointsOf,
  leadingComponents,
  type PrincipalComponents,
  project,
  takePoints,
} from "../../features/index.ts";
import { constant, matMul, sub } from "../../graph/index.ts";
import { requireFiniteNumbers } from "../training-rows.ts";
import type { Clusterer } from "./clusterer.ts";

export interface ComponentLimits {
  /** Share of the variance that is kept, 0 … 1. */
  readonly variance: number;
  /** Most components. */
  readonly most: number;
}

/** The clusterer, fitted on components and asked by rows as they are. */
export function onComponents(clusterer: Clusterer, limits: ComponentLimits): Clusterer {
  return {
    method: clusterer.method,
    parameters: clusterer.parameters,
    async fit(x, context) {
      requireFiniteNumbers(clusterer.method, x);
      const found = componentsOf(x, limits, context.random);
      const count = found.variance.length;
      const p = x.columns.length;
      const inner = await clusterer.fit(projected(x, found), context);
      const across = new Float64Array(p * count);
      for (let c = 0; c < count; c++)
        for (let j = 0; j < p; j++) across[j * count + c] = found.components[c * p + j]!;
      return {
        ...inner,
        emit: (value) =>
          inner.emit(
            matMul(
              sub(value, constant({ dtype: "float64", shape: [1, p], data: found.mean })),
              constant({ dtype: "float64", shape: [p, count], data: across }),
            ),
          ),
        reference: (rows) => inner.reference(projected(rows, found)),
        summary: { ...inner.summary, components: count },
      };
    },
  };
}

/** Rows along their leading components, for work that needs them more than once. */
export function alongComponents(x: Matrix, limits: ComponentLimits, random: Random): Matrix {
  return projected(x, componentsOf(x, limits, random));
}

function componentsOf(x: Matrix, { variance, most }: ComponentLimits, random: Random): PrincipalComponents {
  const points = pointsOf(x.columns, x.rowCount);
  // In the rows' own order, so that their order in the table changes no bit.
  const sorted = takePoints(points, ownRowOrder(points));
  return shortened(leadingComponents(sorted, most, random.child("components")), variance);
}

/** The first components that hold the share. */
function shortened(found: PrincipalComponents, share: number): PrincipalComponents {
  let kept = 0;
  for (let held = 0; kept < found.share.length && held < share; kept++) held += found.share[kept]!;
  const p = found.mean.length;
  const count = Math.max(1, kept);
  return {
    mean: found.mean,
    components: found.components.slice(0, count * p),
    variance: found.variance.slice(0, count),
    share: found.share.slice(0, count),
  };
}

function projected(x: Matrix, found: PrincipalComponents): Matrix {
  const count = found.variance.length;
  const columns = Array.from({ length: count }, () => new Float64Array(x.rowCount));
  const row = new Float64Array(x.columns.length);
  for (let i = 0; i < x.rowCount; i++) {
    x.columns.forEach((column, j) => (row[j] = column[i]!));
    project(row, found).forEach((score, c) => (columns[c]![i] = score));
  }
  const features = columns.map((_, c) => ({
    name: `component ${c + 1}`,
    sources: [...new Set(x.features.flatMap((feature) => feature.sources))],
    kind: "number" as const,
  }));
  return { rowCount: x.rowCount, features, columns };
}
