/** What steps that project features onto directions have in common. */
import { MillwrightError } from "../../core/index.ts";
import { constant, type Value } from "../../graph/index.ts";
import type { Feature, Matrix } from "../matrix.ts";

/** `pca:1`, `pca:2`, …, each of all the columns behind. */
export function projectedFeatures(step: string, features: readonly Feature[], count: number): Feature[] {
  const sources = [...new Set(features.flatMap((feature) => feature.sources))];
  return Array.from({ length: count }, (_, c) => ({ name: `${step}:${c + 1}`, sources, kind: "number" }));
}

/** Directions, row-major [count, features], as a constant [features, count]. */
export function directionsAcross(components: Float64Array, featureCount: number): Value {
  const count = components.length / featureCount;
  const data = new Float64Array(components.length);
  for (let c = 0; c < count; c++)
    for (let j = 0; j < featureCount; j++) data[j * count + c] = components[c * featureCount + j]!;
  return constant({ dtype: "float64", shape: [featureCount, count], data });
}

/** The first axes themselves. */
export function unitDirections(count: number, featureCount: number): Float64Array {
  const out = new Float64Array(count * featureCount);
  for (let c = 0; c < count; c++) out[c * featureCount + c] = 1;
  return out;
}

/** @throws MillwrightError `DATA_BAD_VALUE` naming the feature that has missing or infinite numbers. */
export function requireFinite(step: string, x: Matrix): void {
  const columns = x.sparse === undefined ? x.columns : [x.sparse.values];
  columns.forEach((column, j) => {
    let bad = 0;
    for (let i = 0; i < column.length; i++) if (!Number.isFinite(column[i])) bad++;
    if (bad === 0) return;
    throw new MillwrightError(
      "DATA_BAD_VALUE",
      `${step} needs finite numbers, and ${x.sparse === undefined ? `the feature "${x.features[j]!.name}"` : "its features"} has ${bad} of ${column.length} values missing or infinite.`,
      `Put impute() and clipOutliers() before ${step}.`,
    );
  });
}
