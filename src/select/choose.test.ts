import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import { metric } from "../metrics/index.ts";
import type { FamilyName } from "./families.ts";
import { paretoFront } from "./cost.ts";
import { choose, type CostLimits, type EntryCost, type RaceEntry, type RaceResult } from "./index.ts";

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
  fitSeconds: 1,
});
const race = (...entries: RaceEntry[]): RaceResult => ({
  entries,
  coveredRows: Uint32Array.from(values.keys()),
  skipped: [],
  unitsUsed: entries.length,
  stoppedBy: "portfolio",
});
const free = new Map<RaceEntry, EntryCost>();
free.get = () => ({ bytes: 1, rowMs: 1 });
const withShares = (shares: ReadonlyMap<string, number>, ...entries: RaceEntry[]) =>
  choose(race(...entries), judged, metric("rmse"), { seed: 0, costs: free, shares });
const chosen = (...entries: RaceEntry[]) =>
  choose(race(...entries), judged, metric("rmse"), { seed: 0, costs: free });

describe("the simple model beside the chosen one", () => {
  const boosted = entry("boosting", "boosting", (row) => noise[row]!);

  test("within the noise", () => {
    const near = entry("ridge", "ridge", (row) => 1.001 * noise[(row + 7) % rowCount]!);
    const { simpler } = withShares(new Map([["boosting", 1]]), near, boosted);
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

describe("a member that makes most of a large file", () => {
  const light = entry("ridge", "ridge", (row) => noise[row]!);
  const costsOf = (bytes: number): ReadonlyMap<RaceEntry, EntryCost> => {
    const costs = new Map<RaceEntry, EntryCost>();
    costs.get = ({ candidate }) => ({ bytes: candidate.family === "mlp" ? bytes : 1e6, rowMs: 1 });
    return costs;
  };
  const chooseAt = (bytes: number, ...entries: RaceEntry[]) =>
    choose(race(...entries), judged, metric("rmse"), { seed: 0, costs: costsOf(bytes) });
  const far = Float64Array.from({ length: rowCount }, () => random.normal());
  const shift = (by: number) => (row: number) => noise[row]! + by * noise[(row * 31 + 7) % rowCount]!;

  test("and nothing better beyond the noise is left out", () => {
    // On its own far off; a small share of it takes as much away as chance may bring.
    const idle = entry("perceptron", "mlp", (row) => 6 * far[row]!);
    expect(chooseAt(1e6, light, idle).chosen).toBe("ensemble");
    const { chosen: name, members } = chooseAt(190e6, light, idle);
    expect(name).toBe("ridge");
    expect(members).toEqual([{ entry: light, weight: 1 }]);
  });

  test("leaves the others' shares as they are among themselves", () => {
    const other = entry("forest", "forest", shift(-1));
    const idle = entry("perceptron", "mlp", (row) => 6 * far[row]!);
    const { members } = chooseAt(190e6, light, other, idle);
    expect(members.map(({ entry: { candidate } }) => candidate.family)).not.toContain("mlp");
    expect(members.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
  });

  test("stays where it is worth its weight", () => {
    const worthy = entry(
      "perceptron",
      "mlp",
      (row) => -noise[row]! + 0.1 * noise[(row * 31 + 7) % rowCount]!,
    );
    expect(chooseAt(190e6, light, worthy)).toMatchObject({ chosen: "ensemble" });
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
    const all = withShares(shares, one, two, whole);
    expect(all.members.map(({ weight }) => weight)).toEqual([0.25, 0.5, 0.25]);
    const rest = withShares(shares, one, two);
    expect(rest.members.map(({ weight }) => weight)).toEqual([0.25 / 0.75, 0.5 / 0.75]);
    expect(rest.chosen).toBe("ensemble");
  });

  test("of nothing that was fitted are refused", () => {
    const baseline = entry("baseline", "baseline", (row) => -values[row]!);
    expect(() => withShares(shares, baseline)).toThrow("None of the 3 models");
  });
});

describe("limits", () => {
  const baseline = entry("baseline", "baseline", (row) => -values[row]!);
  const ridge = entry("ridge", "ridge", (row) => 2 * noise[row]!);
  const boosting = entry("boosting", "boosting", (row) => -1.5 * noise[row]!);
  const forest = entry("forest", "forest", (row) => noise[row]!);
  const costs = new Map<RaceEntry, EntryCost>([
    [baseline, { bytes: 100, rowMs: 0.01 }],
    [ridge, { bytes: 1000, rowMs: 0.02 }],
    [boosting, { bytes: 50_000, rowMs: 0.1 }],
    [forest, { bytes: 900_000, rowMs: 0.3 }],
  ]);
  const within = (limits: CostLimits) =>
    choose(race(baseline, ridge, boosting, forest), judged, metric("rmse"), { seed: 0, costs, limits });

  test("are kept by what is chosen, alone or blended", () => {
    expect(within({}).chosen).toBe("ensemble");
    expect(within({ rowMs: 0.02 }).members).toMatchObject([{ entry: { candidate: { name: "ridge" } } }]);
    expect(within({ rowMs: 0.11 }).chosen).toBe("boosting");
    const pair = within({ bytes: 60_000, rowMs: 0.125 });
    expect(pair.members.map(({ entry: { candidate } }) => candidate.name).sort()).toEqual([
      "boosting",
      "ridge",
    ]);
    const { cost } = pair.board.find(({ name }) => name === "ensemble")!;
    expect(cost.bytes).toBe(51_000);
    expect(cost.rowMs).toBeCloseTo(0.12, 12);
    // Doing nothing is no model.
    expect(() => within({ bytes: 500 })).toThrow(/None of the 3 models.*0\.0005 MB.*ridge.*LIMIT_UNREACHED/s);
  });

  test("the frontier holds what nothing else beats in every respect", () => {
    const front = paretoFront([
      { loss: 1, rowMs: 3, bytes: 10 },
      { loss: 2, rowMs: 2, bytes: 10 },
      { loss: 2, rowMs: 3, bytes: 10 },
      { loss: 9, rowMs: 1, bytes: 1 },
    ]);
    expect(front).toEqual([true, true, false, true]);
    expect(within({}).board.find(({ name }) => name === "ridge")!.pareto).toBe(true);
  });
});
