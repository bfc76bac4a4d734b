/** A seeded sample of rows, for measures whose cost grows with the square of the rows. */
import type { Random } from "../../core/index.ts";
import { type Feature, type Matrix, type Points, takePoints } from "../../features/index.ts";

/** At most `most` rows, ascending; all of them where there are no more. */
export function sampleRows(rowCount: number, most: number, random: Random): Uint32Array {
  const rows = Uint32Array.from({ length: rowCount }, (_, i) => i);
  return rowCount <= most ? rows : random.shuffle(rows).slice(0, most).sort();
}

/** The points of such a sample. */
export function samplePoints(points: Points, most: number, random: Random): Points {
  return points.rowCount <= most ? points : takePoints(points, sampleRows(points.rowCount, most, random));
}

/** Points as a matrix: of these features, or of components of them where they are not as many. */
export function matrixOf({ rowCount, featureCount, values }: Points, features: readonly Feature[]): Matrix {
  const columns = Array.from({ length: featureCount }, (_, j) =>
    Float64Array.from({ length: rowCount }, (_row, i) => values[i * featureCount + j]!),
  );
  if (featureCount === features.length) return { rowCount, features, columns };
  const sources = [...new Set(features.flatMap((feature) => feature.sources))];
  const components = columns.map(
    (_, c): Feature => ({ name: `component ${c + 1}`, sources, kind: "number" }),
  );
  return { rowCount, features: components, columns };
}
