/** The race in real worker processes: complete, repeatable, within its budget, and stoppable. */
import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import { makeFolds } from "../data/index.ts";
import type { Cells, ColumnSchema } from "../schema/index.ts";
import { type Candidate, type RaceShape, workUnits } from "./candidate.ts";
import { family, familyNames, type FamilyName } from "./families.ts";
import type { RaceData } from "./fold-job.ts";
import { portfolio } from "./portfolio.ts";
import { type RaceOptions, runRace } from "./race.ts";

const rowCount = 300;

function raceData(): RaceData {
  const random = createRandom(1);
  const columns: ColumnSchema[] = [];
  const cells = new Map<string, Cells>();
  const drive = new Float64Array(rowCount);
  for (let c = 0; c < 3; c++) {
    const values = Float64Array.from({ length: rowCount }, () => random.normal());
    values.forEach((value, i) => (drive[i] = drive[i]! + value));
    columns.push({ name: `x${c}`, kind: "number", role: "feature", dtype: "float64" });
    cells.set(`x${c}`, { type: "number", values });
  }
  const codes = Int32Array.from(drive, (d) => (d + random.normal() > 0 ? 1 : 0));
  return {
    frame: { schema: { columns }, rowCount, columns: cells },
    y: { kind: "classification", classCount: 2, codes },
    splits: makeFolds({ kind: "stratified", codes, classCount: 2 }, { folds: 3, seed: 0 }),
    seed: 7,
    threads: 1,
  };
}

const data = raceData();
const shape: RaceShape = { rowCount, columnCount: 3, classCount: 2, foldCount: 3 };
const candidates: readonly Candidate[] = [
  { name: "baseline", family: "baseline", parameters: {} },
  { name: "logistic", family: "logistic", parameters: {} },
  { name: "boosting", family: "boosting", parameters: { rounds: 10 } },
];
const run = (options: Partial<RaceOptions>) => runRace(data, { candidates, shape, processes: 2, ...options });

describe("race", () => {
  test("every candidate answers every row once, the same with one and with two processes", async () => {
    const [one, two] = [await run({ processes: 1 }), await run({ processes: 2 })];
    expect(one.entries.map((entry) => entry.candidate.name)).toEqual(["baseline", "logistic", "boosting"]);
    expect([...one.coveredRows]).toEqual(Array.from({ length: rowCount }, (_, row) => row));
    one.entries.forEach((entry, i) => {
      expect(entry.predictions).toHaveLength(2 * rowCount);
      for (let row = 0; row < rowCount; row++)
        expect(entry.predictions[2 * row]! + entry.predictions[2 * row + 1]!).toBeCloseTo(1, 12);
      expect(two.entries[i]!.predictions).toEqual(entry.predictions);
      two.entries[i]!.fragments.forEach((fragment, fold) =>
        expect(Buffer.compare(fragment, entry.fragments[fold]!)).toBe(0),
      );
    });
    expect(one.stoppedBy).toBe("portfolio");
  });

  test("a budget pays for a prefix, and its units give the same prefix again", async () => {
    const budgetUnits = workUnits(candidates[0]!, shape) + workUnits(candidates[1]!, shape);
    const first = await run({ budgetUnits });
    expect(first.entries.map((entry) => entry.candidate.name)).toEqual(["baseline", "logistic"]);
    expect(first.stoppedBy).toBe("budget");
    expect(first.skipped).toMatchObject([{ candidate: { name: "boosting" }, reason: "beyond the budget" }]);
    const again = await run({ budgetUnits: first.unitsUsed });
    expect(again.entries.map((entry) => entry.candidate.name)).toEqual(["baseline", "logistic"]);
  });

  test("a network of many members costs more units", () => {
    const unitsOf = (members: number): number =>
      workUnits({ name: "net", family: "mlp", parameters: { members } }, shape);
    expect(unitsOf(1)).toBe(workUnits({ name: "net", family: "mlp", parameters: {} }, shape));
    expect(unitsOf(8)).toBeGreaterThan(unitsOf(4));
    expect(unitsOf(4)).toBeGreaterThan(unitsOf(1));
  });

  test("what the portfolio leaves is searched, the same with its units again and with two processes", async () => {
    const searchBy = (rows: Uint32Array, answers: Float64Array): number =>
      rows.reduce((sum, row, i) => {
        const { y } = data;
        return sum - Math.log(answers[2 * i + (y.kind === "classification" ? y.codes[row]! : 0)]!);
      }, 0);
    const left = 14 * workUnits(candidates[2]!, shape);
    const first = await run({ budgetUnits: left, searchBy, processes: 1 });
    const found = first.entries.filter((entry) => entry.candidate.name.startsWith("boosting "));
    expect(found.length).toBeGreaterThanOrEqual(2);
    for (const { candidate, predictions } of found) {
      expect(candidate.parameters).toMatchObject({ rounds: 10 });
      expect(candidate.parameters["learningRate"]).toBeGreaterThan(0);
      expect(predictions).toHaveLength(2 * rowCount);
    }
    expect(first.stoppedBy).toBe("budget");
    expect(first.unitsUsed).toBeLessThanOrEqual(left);
    const again = await run({ budgetUnits: first.unitsUsed, searchBy, processes: 2 });
    expect(again.unitsUsed).toBe(first.unitsUsed);
    expect(again.entries.map(({ candidate }) => candidate)).toEqual(
      first.entries.map(({ candidate }) => candidate),
    );
    again.entries.forEach((entry, i) => expect(entry.predictions).toEqual(first.entries[i]!.predictions));
  });

  test("without time nothing is fitted, and the message says so", async () => {
    await expect(run({ seconds: 0 })).rejects.toThrow(/300 rows.*--time.*BUDGET_TOO_SMALL/s);
  });

  test("an abort keeps what was finished before", async () => {
    const controller = new AbortController();
    const result = await run({
      processes: 1,
      signal: controller.signal,
      describe: (entry) => {
        if (entry.candidate.name === "baseline") controller.abort();
        return "";
      },
    });
    expect(result.stoppedBy).toBe("signal");
    expect(result.entries.length).toBeGreaterThanOrEqual(1);
    expect(result.entries.length).toBeLessThan(3);
  });

  test("a candidate that cannot learn is skipped with its reason, and the race goes on", async () => {
    const wrong: Candidate = { name: "wrong", family: "boosting", parameters: { learningRate: -1 } };
    const result = await run({ candidates: [candidates[0]!, wrong, candidates[1]!] });
    expect(result.entries.map((entry) => entry.candidate.name)).toEqual(["baseline", "logistic"]);
    expect(result.skipped).toMatchObject([{ candidate: { name: "wrong" } }]);
    expect(result.skipped[0]!.reason).toContain("learningRate");
  });
});

describe("portfolio", () => {
  test.each(["regression", "classification"] as const)(
    "every candidate for %s is one that its family takes",
    (task) => {
      const takes = (name: FamilyName) =>
        family(name).make({}).tasks.includes(task) && name !== "ordinalLogistic";
      const all = portfolio(task, familyNames.filter(takes));
      expect(new Set(all.map((candidate) => candidate.name)).size).toBe(all.length);
      for (const candidate of all) {
        const estimator = family(candidate.family).make(candidate.parameters);
        expect(estimator.tasks, candidate.name).toContain(task);
      }
    },
  );

  test("where a feature is text, what reads every word comes early, and is named once", () => {
    const names = (families?: readonly string[], text = true): string[] =>
      portfolio("classification", families, "logLoss", { text }).map(({ name }) => name);
    expect(names().slice(0, 4)).toEqual(["baseline", "logistic", "complement naive Bayes", "linear SVM"]);
    expect(names(undefined, false)).not.toContain("linear SVM");
    expect(names(["linearSvm"])).toEqual(["baseline", "linear SVM", "linear SVM on naive Bayes' ratios"]);
    expect(names(["linearSvm"], false)).toEqual(["baseline", "linear SVM"]);
    expect(portfolio("regression", undefined, "rmse", { text: true })).toEqual(portfolio("regression"));
  });

  test("levels in their order bring proportional odds, which other classes do not know", () => {
    const names = portfolio("classification", undefined, "quadraticKappa", { ordered: true });
    expect(names.slice(0, 3).map(({ name }) => name)).toEqual(["baseline", "ordinal logistic", "logistic"]);
    expect(() => portfolio("classification", ["ordinalLogistic"])).toThrow(/does not do classification/);
    const levels = portfolio("classification", ["ordinalLogistic"], "quadraticKappa", { ordered: true });
    expect(levels.map(({ family: name }) => name)).toEqual(["baseline", "ordinalLogistic"]);
  });

  test("families are filtered, the baseline stays, and a wrong name gets the nearest", () => {
    expect(new Set(portfolio("regression", ["boosting"]).map((candidate) => candidate.family))).toEqual(
      new Set(["baseline", "boosting"]),
    );
    const losses = (metric: string) =>
      portfolio("regression", ["boosting"], metric)
        .slice(1)
        .map(({ parameters }) => [parameters["objective"], parameters["quantile"]]);
    expect(new Set(losses("mae").flat())).toEqual(new Set([undefined]));
    expect(losses("pinball@0.9")).toEqual(losses("mae").map(() => ["quantile", 0.9]));
    const named = [
      "lasso",
      "poisson",
      "gamma",
      "tweedie",
      "huber",
      "quantile",
      "isotonic",
      "nearestNeighbors",
    ];
    const usual = portfolio("regression").map((candidate) => candidate.family as string);
    expect(named.filter((name) => usual.includes(name))).toEqual([]);
    expect(portfolio("regression", named).map((candidate) => candidate.family)).toEqual([
      "baseline",
      ...named,
    ]);
    const quantiles = (families?: readonly string[]) =>
      portfolio("regression", families, "pinball@0.9").filter(({ family: name }) => name === "quantile");
    expect(quantiles()).toMatchObject([{ parameters: { quantile: 0.9 } }]);
    expect(quantiles(["quantile"])).toEqual(quantiles());
    expect(() => portfolio("regression", ["bosting"])).toThrow(/"bosting"; the nearest name is "boosting"/);
    expect(() => portfolio("regression", ["logistic"])).toThrow(/does not do regression/);
  });
});
