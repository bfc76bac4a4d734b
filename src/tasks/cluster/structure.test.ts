/** The search on rows and on tables without clusters: what it is given, and that its width is bounded. */
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { kMeans } from "../../estimators/cluster/index.ts";
import type { Feature, Points } from "../../features/index.ts";
import { matrixOf } from "./sample.ts";
import { compareWithNone, mostSearched, verdictOf } from "./structure.ts";

/** Three groups along a few features, and noise of a tenth along the others. */
function grouped(rowCount: number, featureCount: number): { points: Points; features: Feature[] } {
  const random = createRandom(3);
  const values = Float64Array.from({ length: rowCount * featureCount }, (_, at) => {
    const row = Math.floor(at / featureCount);
    const j = at % featureCount;
    return j < 3 ? (row % 3 === j ? 4 : 0) + 0.5 * random.normal() : 0.1 * random.normal();
  });
  const features = Array.from({ length: featureCount }, (_, j) => ({
    name: `f${j}`,
    sources: [`f${j}`],
    kind: "number" as const,
  }));
  return { points: { rowCount, featureCount, values }, features };
}

describe("compareWithNone", () => {
  test.each([
    [12, 12],
    [mostSearched, mostSearched],
    [400, mostSearched],
  ])(
    "of %i features every table is searched along %i numbers a row, and the groups are found",
    async (width, most) => {
      const { points, features } = grouped(330, width);
      const widths: number[] = [];
      const [found] = await compareWithNone(
        points,
        features,
        [3],
        async (seen, random) => {
          widths.push(seen.featureCount);
          return [await kMeans({ clusters: 3, starts: 2 }).fit(matrixOf(seen, features), { random })];
        },
        createRandom(1),
        () => {},
      );
      // The rows, five shuffled copies and five clouds.
      expect(widths).toEqual(new Array(11).fill(most));
      expect(verdictOf(found!)).toBe("apart");
      expect(found!.silhouette).toBeGreaterThan(0.5);
    },
    60_000,
  );
});
