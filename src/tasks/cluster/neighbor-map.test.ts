/** The map of neighbours: trustworthiness by its definition, the same places at the same seed, groups whole, odd tables. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { describeUnlessMissing, missingPackage } from "../../../test/needs.ts";
import { createRandom } from "../../core/index.ts";
import type { Points } from "../../features/index.ts";
import { neighborMap } from "./neighbor-map.ts";

const never = (): void => {};
const mapped = (points: Points, seed: number) => neighborMap(points, createRandom(seed), never);

/** Three groups of 100 rows in 8 columns. */
function grouped(): Points {
  const values = Float64Array.from({ length: 300 * 8 }, (_, at) => {
    const i = Math.floor(at / 8);
    const j = at % 8;
    return (j === i % 3 ? 4 : 0) + Math.sin((i + 1) * (j + 1) * 0.7345) + Math.sin((i + 1) * (j + 2) * 1.913);
  });
  return { rowCount: 300, featureCount: 8, values };
}

/** The other rows by their distance, the nearest first. */
function byDistance({ rowCount: n, featureCount: p, values }: Points, i: number): number[] {
  const squares = Array.from({ length: n }, (_, j) => {
    let total = 0;
    for (let f = 0; f < p; f++) total += (values[i * p + f]! - values[j * p + f]!) ** 2;
    return total;
  });
  return squares
    .map((_, j) => j)
    .filter((j) => j !== i)
    .sort((a, b) => squares[a]! - squares[b]!);
}

const mapPoints = (places: Float64Array): Points => ({
  rowCount: places.length / 2,
  featureCount: 2,
  values: places,
});

/** By its definition: Venna & Kaski 2001, ICANN, equation 1. */
function trustworthiness(points: Points, places: Float64Array, k: number): number {
  const n = points.rowCount;
  let late = 0;
  for (let i = 0; i < n; i++) {
    const order = byDistance(points, i);
    for (const j of byDistance(mapPoints(places), i).slice(0, k))
      late += Math.max(0, order.indexOf(j) + 1 - k);
  }
  return 1 - (2 * late) / (n * k * (2 * n - 3 * k - 1));
}

describeUnlessMissing("the map of neighbours", missingPackage("umap-js"), () => {
  test("has a trustworthiness of at least 0.9 over 15 neighbours", async () => {
    const points = grouped();
    for (const seed of [1, 2]) {
      const { places } = await mapped(points, seed);
      expect(trustworthiness(points, places, 15)).toBeGreaterThan(0.9);
    }
  });

  test("keeps planted groups whole: at least 99 % of the ten rows next to a row are of its group", async () => {
    const { places } = await mapped(grouped(), 3);
    let own = 0;
    for (let i = 0; i < 300; i++)
      for (const j of byDistance(mapPoints(places), i).slice(0, 10)) if (j % 3 === i % 3) own++;
    expect(own / 3000).toBeGreaterThan(0.99);
  });

  test("tells the share of neighbours that it keeps, and that of the plane of components", async () => {
    const points = grouped();
    const { places, kept, keptOnPlane, neighbors } = await mapped(points, 1);
    expect(neighbors).toBe(15);
    let together = 0;
    for (let i = 0; i < 300; i++) {
      const near = new Set(byDistance(points, i).slice(0, 15));
      for (const j of byDistance(mapPoints(places), i).slice(0, 15)) if (near.has(j)) together++;
    }
    expect(kept).toBeCloseTo(together / (300 * 15), 12);
    expect(kept).toBeGreaterThan(keptOnPlane);
  });

  test("the same seed gives the same bytes, another seed others", async () => {
    const points = grouped();
    const [once, again, other] = [await mapped(points, 1), await mapped(points, 1), await mapped(points, 2)];
    expect(again).toEqual(once);
    expect(Buffer.from(again.places.buffer).equals(Buffer.from(once.places.buffer))).toBe(true);
    expect(other.places).not.toEqual(once.places);
  });

  test.each([
    ["20 rows", 20, 3, (i: number, j: number) => Math.sin(i * (j + 1))],
    ["one feature", 40, 1, (i: number) => i],
    ["rows of two values", 60, 2, (i: number) => i % 2],
    ["equal rows", 30, 2, () => 1],
  ])("%s have finite places", async (_what, rowCount, featureCount, value) => {
    const values = Float64Array.from({ length: rowCount * featureCount }, (_, at) =>
      value(Math.floor(at / featureCount), at % featureCount),
    );
    const { places, kept } = await mapped({ rowCount, featureCount, values }, 1);
    expect(places).toHaveLength(2 * rowCount);
    expect(places.every(Number.isFinite)).toBe(true);
    expect(kept).toBeGreaterThan(0.5);
    expect(kept).toBeLessThanOrEqual(1);
  });

  test("stops where it is asked to", async () => {
    let asked = 0;
    const stop = (): void => {
      if (++asked === 3) throw new Error("stopped");
    };
    await expect(neighborMap(grouped(), createRandom(1), stop)).rejects.toThrow("stopped");
    expect(asked).toBe(3);
  });
});

test("without the package there is one error with one command", () => {
  const hook = `export async function resolve(name, context, next) {
    if (name === "umap-js") throw new Error("not installed");
    return next(name, context);
  }`;
  const main = `
    import { register } from "node:module";
    register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hook)}));
    const { neighborMap } = await import(${JSON.stringify(new URL("./neighbor-map.ts", import.meta.url).href)});
    await neighborMap().then(() => console.log("ran"), (error) => console.log(error.message));`;
  const { stdout } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", main], {
    encoding: "utf8",
  });
  expect(stdout.trim()).toBe(
    "Drawing the map of neighbours needs the package umap-js, which is not installed. Install it: npm install umap-js [RUNTIME_MISSING]",
  );
}, 60_000);
