import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { metric } from "../../metrics/index.ts";
import { type Candidate, choose, type EntryCost, type RaceEntry, workUnits } from "../../select/index.ts";
import { verdictOf } from "./verdict.ts";

const rowCount = 400;
const random = createRandom(5);
const draw = (): Float64Array => Float64Array.from({ length: rowCount }, () => random.normal());
const [noise, other, values] = [draw(), draw(), draw()];
const y = { kind: "regression" as const, values };
const shape = { rowCount, columnCount: 3, classCount: 1, foldCount: 5 };
const free = new Map<RaceEntry, EntryCost>();
free.get = () => ({ bytes: 1, rowMs: 1 });

const candidate = (name: string, family: string): Candidate => ({ name, family, parameters: {} });
const entry = (name: string, family: string, error: Float64Array, fitSeconds = 1): RaceEntry => ({
  candidate: candidate(name, family),
  units: 1,
  predictions: values.map((value, row) => value + error[row]!),
  fragments: [],
  summaries: [],
  seconds: 9,
  fitSeconds,
});
const baseline = entry(
  "baseline",
  "baseline",
  values.map((value) => -value),
);
const scaled = (by: number, error = noise): Float64Array => error.map((value) => by * value);

interface Ended {
  readonly skipped?: readonly { readonly candidate: Candidate; readonly reason: string }[];
  readonly stoppedBy?: "portfolio" | "budget" | "time" | "signal";
  readonly time?: number;
}

function verdict(entries: readonly RaceEntry[], { skipped = [], stoppedBy = "portfolio", time }: Ended = {}) {
  const race = {
    entries,
    skipped,
    stoppedBy,
    coveredRows: Uint32Array.from(values.keys()),
    unitsUsed: 4.5,
  };
  const by = metric("rmse");
  return verdictOf({
    race,
    choice: choose(race, { y }, by, { seed: 0, costs: free }),
    metric: by,
    shape,
    time,
  });
}

/** The slow plain way: half of the 95 % interval of the difference of two RMSE, over rows drawn anew. */
function halfOf(a: Float64Array, b: Float64Array): number {
  const draws = createRandom(99);
  const gains = Array.from({ length: 4000 }, () => {
    let [left, right] = [0, 0];
    for (let i = 0; i < rowCount; i++) {
      const row = draws.integer(rowCount);
      left += a[row]! ** 2;
      right += b[row]! ** 2;
    }
    return Math.sqrt(left / rowCount) - Math.sqrt(right / rowCount);
  }).sort((one, two) => one - two);
  return (gains[3900]! - gains[99]!) / 2;
}

const rmse = (error: Float64Array): number =>
  Math.sqrt(error.reduce((sum, value) => sum + value * value, 0) / rowCount);

describe("the sentence of a race on a table", () => {
  const boosting = entry("boosting", "boosting", noise, 2);
  const slower = entry("boosting, slow", "boosting", scaled(3), 100);

  test("says that the network pays, against the best classical model, with the paired ± within 15 % of a plain bootstrap", () => {
    const better = scaled(0.5, other);
    const network = entry("perceptron", "mlp", better, 24);
    const { versus, untriedNetworks } = verdict([baseline, slower, boosting, network]);
    expect(versus).toMatchObject({ network: "perceptron", classical: "boosting", timeRatio: 12 });
    expect(versus!.gain).toBeCloseTo(rmse(noise) - rmse(better), 12);
    const half = (versus!.high - versus!.low) / 2;
    expect(half / halfOf(noise, better)).toBeGreaterThan(0.85);
    expect(half / halfOf(noise, better)).toBeLessThan(1.15);
    expect(versus!.sentence).toMatch(
      /^The network pays: on 400 rows judged fold by fold, perceptron (by itself )?is 0\.\d+ ± 0\.\d+ in RMSE better than boosting, at 12 × the time\.$/,
    );
    expect(untriedNetworks).toBeUndefined();
  });

  test("says that classical is enough, of the better one of two networks", () => {
    const network = entry("perceptron", "mlp", scaled(2, other), 1);
    const worse = entry("perceptron, other", "mlp", scaled(4, other), 1);
    const { versus } = verdict([baseline, worse, network, boosting]);
    expect(versus!.high).toBeLessThan(0);
    expect(versus!.sentence).toMatch(
      /^Classical is enough: on 400 rows judged fold by fold, perceptron (by itself )?is \d\.\d+ ± 0\.\d+ in RMSE behind boosting, at no more time\.$/,
    );
  });

  test("says that neither is better where both answer alike", () => {
    const { versus } = verdict([baseline, boosting, entry("perceptron", "mlp", noise, 60)]);
    expect(versus!.sentence).toBe(
      "Classical is enough: on 400 rows judged fold by fold, perceptron is no better in RMSE than boosting (± 0), at 30 × the time.",
    );
  });

  test("says of a network in the ensemble that it is compared by itself", () => {
    const opposite = entry("perceptron", "mlp", scaled(-1.2), 2);
    const { versus } = verdict([baseline, boosting, opposite]);
    expect(versus!.sentence).toContain("perceptron by itself is");
  });

  test.each([
    ["no network", [baseline, boosting]],
    ["no classical model", [baseline, entry("perceptron", "mlp", noise)]],
  ])("is not there where there is %s, nor a word where none was missed", (_, entries) => {
    expect(verdict(entries)).toEqual({});
  });
});

describe("networks that were not tried", () => {
  const boosting = entry("boosting", "boosting", noise);
  const [forest, perceptron, text] = [
    candidate("forest", "forest"),
    candidate("perceptron", "mlp"),
    candidate("text network", "textNet"),
  ];
  const missed = (reason: string, ...candidates: readonly Candidate[]) =>
    candidates.map((one) => ({ candidate: one, reason }));

  test("for the budget, with the one that reaches the first of them", () => {
    const skipped = missed("beyond the budget", forest, perceptron, text);
    const needed = Math.ceil(4.5 + workUnits(forest, shape) + workUnits(perceptron, shape));
    expect(verdict([baseline, boosting], { skipped, stoppedBy: "budget" })).toEqual({
      untriedNetworks: `No network was tried: the budget ends before perceptron; --budget ${needed} reaches it.`,
    });
  });

  test("for the time, or since the run was stopped", () => {
    const skipped = missed("no time left", forest, perceptron);
    expect(verdict([baseline, boosting], { skipped, stoppedBy: "time", time: 20 }).untriedNetworks).toBe(
      "No network was tried to the end: the race's part of the 20 seconds was over before perceptron was done; a longer run reaches it.",
    );
    expect(verdict([baseline, boosting], { skipped, stoppedBy: "signal" }).untriedNetworks).toBe(
      "No network was tried to the end: the run was stopped before perceptron was done; a longer run reaches it.",
    );
  });

  test("beside one that was", () => {
    const network = entry("perceptron", "mlp", other);
    const skipped = missed("beyond the budget", text);
    const { versus, untriedNetworks } = verdict([baseline, boosting, network], { skipped });
    expect(versus!.network).toBe("perceptron");
    expect(untriedNetworks).toMatch(
      /^text network was not tried: the budget ends before it; --budget \d+ reaches it\.$/,
    );
  });

  test("nothing is said of classical ones, nor of a network that failed, which is told with its reason", () => {
    const skipped = [
      ...missed("beyond the budget", forest),
      ...missed("its loss became infinite", perceptron),
    ];
    expect(verdict([baseline, boosting], { skipped, stoppedBy: "budget" })).toEqual({});
  });
});
