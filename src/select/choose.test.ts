import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import { metric } from "../metrics/index.ts";
import type { FamilyName } from "./families.ts";
import { choose, type RaceEntry, type RaceResult } from "./index.ts";

const rowCount = 400;
const random = createRandom(5);
const noise = Float64Array.from({ length: rowCount }, () => random.normal());
const values = Float64Array.from({ length: rowCount }, () => 10 * random.normal());
const judged = { y: { kind: "regression" as const, values } };

const entry = (name: string, family: FamilyName, error: (row: number) => number): RaceEntry => ({
  candidate: { name, family, parameters: {} },
  units: 1,
  predictions: values.map((value, row) => value + error(row)),
  fragments: [],
  summaries: [],
  seconds: 1,
});
const race = (...entries: RaceEntry[]): RaceResult => ({
  entries,
  coveredRows: Uint32Array.from(values.keys()),
  skipped: [],
  unitsUsed: entries.length,
  stoppedBy: "portfolio",
});
const chosen = (...entries: RaceEntry[]) => choose(race(...entries), judged, metric("rmse"), 0);

describe("the simple model beside the chosen one", () => {
  const boosted = entry("boosting", "boosting", (row) => noise[row]!);

  test("within the noise", () => {
    const near = entry("ridge", "ridge", (row) => 1.001 * noise[(row + 7) % rowCount]!);
    const { simpler } = choose(race(near, boosted), judged, metric("rmse"), 0, new Map([["boosting", 1]]));
    expect(simpler).toMatchObject({ name: "ridge", withinNoise: true });
  });

  test("beyond it is told too, by the best of the simplest", () => {
    const far = entry("ridge", "ridge", (row) => 3 * noise[row]!);
    const farther = entry("linear", "linear", (row) => 5 * noise[row]!);
    const { simpler, chosen: name } = chosen(farther, far, boosted);
    expect(name).toBe("boosting");
    expect(simpler).toMatchObject({ name: "ridge", withinNoise: false });
    expect(simpler!.comparison.low).toBeGreaterThan(0);
  });

  test("is not another one of the same kind", () => {
    const slow = entry("boosting, slow", "boosting", (row) => 4 * noise[row]!);
    expect(chosen(slow, boosted).simpler).toBeUndefined();
  });
});

describe("settled shares", () => {
  const one = entry("ridge", "ridge", (row) => noise[row]!);
  const two = entry("boosting", "boosting", (row) => -noise[row]!);
  const shares = new Map([
    ["ridge", 0.25],
    ["boosting", 0.5],
    ["forest", 0.25],
  ]);

  test("are kept, and those of what could not be fitted go to the others", () => {
    const whole = entry("forest", "forest", (row) => 2 * noise[row]!);
    const all = choose(race(one, two, whole), judged, metric("rmse"), 0, shares);
    expect(all.members.map(({ weight }) => weight)).toEqual([0.25, 0.5, 0.25]);
    const rest = choose(race(one, two), judged, metric("rmse"), 0, shares);
    expect(rest.members.map(({ weight }) => weight)).toEqual([0.25 / 0.75, 0.5 / 0.75]);
    expect(rest.chosen).toBe("ensemble");
  });

  test("of nothing that was fitted are refused", () => {
    const baseline = entry("baseline", "baseline", (row) => -values[row]!);
    expect(() => choose(race(baseline), judged, metric("rmse"), 0, shares)).toThrow("None of the 3 models");
  });
});
