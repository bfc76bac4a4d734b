/** k-means against scikit-learn: test/golden/unsupervised.py makes the numbers and states the versions. */
import { describe, expect, test } from "vitest";
import { golden, goldenPoints } from "../../../test/unsupervised-rows.ts";
import { createRandom } from "../../core/index.ts";
import { kMeans, lloyd, type Points } from "./k-means.ts";

const points = goldenPoints();
const options = { starts: 10, maxIter: 300, tolerance: 0, minRows: 1 };

/** Assign and average, as the textbook has it: every distance, no bounds. */
function plainLloyd({ rowCount, featureCount: p, values }: Points, start: Float64Array): Int32Array {
  const centers = start.slice();
  let labels = new Int32Array(rowCount).fill(-1);
  for (;;) {
    const next = labels.map((_, i) => {
      let best = 0;
      let least = Infinity;
      for (let c = 0; c < centers.length / p; c++) {
        let d = 0;
        for (let j = 0; j < p; j++) d += (values[i * p + j]! - centers[c * p + j]!) ** 2;
        if (d < least) [least, best] = [d, c];
      }
      return best;
    });
    if (next.every((label, i) => label === labels[i])) return labels;
    labels = next;
    for (let c = 0; c < centers.length / p; c++) {
      const rows = [...labels.keys()].filter((i) => labels[i] === c);
      if (rows.length === 0) continue;
      for (let j = 0; j < p; j++)
        centers[c * p + j] = rows.reduce((sum, i) => sum + values[i * p + j]!, 0) / rows.length;
    }
  }
}

describe("kMeans", () => {
  test("from the same centres it ends as scikit-learn does: labels, centres to 1e-12, inertia to 1e-12", () => {
    const fit = lloyd(points, Float64Array.from(golden.kmeans.start.flat()), options);
    expect([...fit.labels]).toEqual(golden.kmeans.labels);
    golden.kmeans.centers.flat().forEach((value, at) => expect(fit.centers[at]).toBeCloseTo(value, 12));
    expect(fit.inertia / golden.kmeans.inertia).toBeCloseTo(1, 12);
  });

  test.each([2, 3, 5, 8])("%i clusters: ten starts find no worse than scikit-learn's best of fifty", (k) => {
    const fit = kMeans(points, k, { ...options, random: createRandom(7) });
    expect(fit.inertia).toBeLessThanOrEqual(golden.best[k]! * (1 + 1e-9));
  });

  // From seed 7 on rows are wide enough for a distance to be given up halfway.
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "bounds change no answer: rows of seed %i end as by plain rounds",
    (seed) => {
      const random = createRandom(seed);
      const [rowCount, featureCount, k] = [
        400,
        (seed > 6 ? 35 : 1) + random.integer(6),
        2 + random.integer(12),
      ];
      const grid = seed % 2 === 0;
      const values = Float64Array.from({ length: rowCount * featureCount }, () =>
        grid ? random.integer(5) : random.normal(),
      );
      const rows: Points = { rowCount, featureCount, values };
      const start = values.slice(0, k * featureCount).map((v, i) => v + i * 1e-3);
      const fit = lloyd(rows, start, options);
      expect([...fit.labels]).toEqual([...plainLloyd(rows, start)]);
    },
  );

  test("the order of rows changes nothing, and the largest cluster is the first", () => {
    const order = createRandom(3).shuffle(Uint32Array.from({ length: 180 }, (_, i) => i));
    const turned = Float64Array.from(
      { length: 540 },
      (_, at) => points.values[3 * order[Math.floor(at / 3)]! + (at % 3)]!,
    );
    const a = kMeans(points, 4, { ...options, random: createRandom(1) });
    const b = kMeans({ ...points, values: turned }, 4, { ...options, random: createRandom(1) });
    expect(b.centers).toEqual(a.centers);
    expect([...b.labels]).toEqual(Array.from(order, (row) => a.labels[row]));
    const sizes = [0, 1, 2, 3].map((c) => a.labels.filter((label) => label === c).length);
    expect(sizes).toEqual([...sizes].sort((x, y) => y - x));
  });

  test("groups below minRows are dissolved, equal rows are one cluster, and an empty centre takes the farthest row", () => {
    const large = kMeans(points, 6, { ...options, minRows: 20, random: createRandom(1) });
    for (let c = 0; c < large.centers.length / 3; c++)
      expect(large.labels.filter((label) => label === c).length).toBeGreaterThanOrEqual(20);
    const same = kMeans({ rowCount: 30, featureCount: 2, values: new Float64Array(60).fill(1) }, 3, {
      ...options,
      random: createRandom(1),
    });
    expect(same).toMatchObject({ centers: Float64Array.of(1, 1), inertia: 0 });
    const line: Points = { rowCount: 5, featureCount: 1, values: Float64Array.of(0, 1, 2, 3, 50) };
    const fit = lloyd(line, Float64Array.of(1, 1000), options);
    expect([...fit.labels]).toEqual([0, 0, 0, 0, 1]);
  });
});
