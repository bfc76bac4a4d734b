/** Silhouettes against scikit-learn, and laws that they keep. */
import { expect, test } from "vitest";
import { golden, goldenPoints } from "../../../test/unsupervised-rows.ts";
import { meanSilhouette, silhouettes } from "./index.ts";

const points = goldenPoints();
const labels = Int32Array.from(golden.kmeans.labels);

test("equals scikit-learn's for every row, to 1e-12", () => {
  const [found] = silhouettes(points, [{ labels, clusterCount: 4 }]);
  golden.silhouette.forEach((value, i) => expect(found![i]).toBeCloseTo(value, 12));
});

test("several labelings in one pass are the same as each alone", () => {
  const other = { labels: labels.map((label) => Math.min(label, 1)), clusterCount: 2 };
  const both = silhouettes(points, [{ labels, clusterCount: 4 }, other]);
  expect(both[1]).toEqual(silhouettes(points, [other])[0]);
});

test("noise has none and changes none, a cluster of one row has 0, and one cluster has none at all", () => {
  const noisy = labels.map((label, i) => (i < 20 ? -1 : label));
  const [found] = silhouettes(points, [{ labels: noisy, clusterCount: 4 }]);
  expect(found!.slice(0, 20).every(Number.isNaN)).toBe(true);
  const rest = { rowCount: 160, featureCount: 3, values: points.values.slice(60) };
  const [alone] = silhouettes(rest, [{ labels: labels.slice(20), clusterCount: 4 }]);
  expect(found!.slice(20)).toEqual(alone);
  const single = Int32Array.from(labels, (_, i) => (i === 0 ? 0 : 1));
  expect(silhouettes(points, [{ labels: single, clusterCount: 2 }])[0]![0]).toBe(0);
  const none = silhouettes(points, [{ labels: new Int32Array(180), clusterCount: 1 }])[0]!;
  expect(meanSilhouette(none)).toBeNaN();
});
