/** The search: the guess equals scikit-learn's, it finds more than chance does, and brackets spend what they say. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createRandom, MillwrightError } from "../../core/index.ts";
import { boostingParameters } from "../../estimators/trees/index.ts";
import { type Candidate, workUnits } from "../candidate.ts";
import { family, familyNames } from "../families.ts";
import type { FoldResult } from "../fold-job.ts";
import { Search, type SearchOptions, spacesOf, type Trial } from "./brackets.ts";
import { fitGaussianProcess } from "./gaussian-process.ts";
import { expectedImprovement, type Observation, propose } from "./propose.ts";
import { fromUnit, searchSpace, toUnit } from "./space.ts";

const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/gaussian-process.json", import.meta.url), "utf8"),
) as {
  points: number[][];
  values: number[];
  lengths: number[];
  noise: number;
  asked: number[][];
  mean: number[];
  deviation: number[];
  logLikelihood: number;
};

describe("Gaussian process", () => {
  const points = golden.points.map((point) => Float64Array.from(point));
  const values = Float64Array.from(golden.values);

  test("gives scikit-learn's mean, deviation and likelihood", () => {
    const kernel = { lengths: Float64Array.from(golden.lengths), noise: golden.noise };
    const process = fitGaussianProcess(points, values, kernel);
    expect(process.logLikelihood).toBeCloseTo(golden.logLikelihood, 8);
    golden.asked.forEach((point, i) => {
      const { mean, deviation } = process.at(Float64Array.from(point));
      expect(mean).toBeCloseTo(golden.mean[i]!, 8);
      expect(deviation).toBeCloseTo(golden.deviation[i]!, 8);
    });
  });

  test("finds which dimension matters", () => {
    const random = createRandom(3);
    const drawn = Array.from({ length: 40 }, () => Float64Array.of(random.next(), random.next()));
    const { kernel } = fitGaussianProcess(
      drawn,
      Float64Array.from(drawn, ([x]) => Math.sin(6 * x!)),
    );
    expect(kernel.lengths[1]!).toBeGreaterThan(3 * kernel.lengths[0]!);
  });

  test("stands equal points and equal values", () => {
    const same = Array.from({ length: 6 }, () => Float64Array.of(0.5, 0.5));
    const { mean } = fitGaussianProcess(same, new Float64Array(6).fill(2)).at(Float64Array.of(0.1, 0.9));
    expect(mean).toBe(2);
  });

  test("the expected improvement is the mean of simulated ones", () => {
    const process = fitGaussianProcess(points, values);
    const random = createRandom(1);
    const point = Float64Array.from(golden.asked[0]!);
    const { mean, deviation } = process.at(point);
    const best = mean + 0.3 * deviation;
    let sum = 0;
    const draws = 200_000;
    for (let i = 0; i < draws; i++) sum += Math.max(0, best - (mean + deviation * random.normal()));
    expect(Math.abs(expectedImprovement(process, point, best) / (sum / draws) - 1)).toBeLessThan(0.01);
  });
});

/** Branin's function on the unit square; its least value is 0.397887. Source: Branin 1972. */
function branin([u, v]: Float64Array): number {
  const x = 15 * u! - 5;
  const y = 15 * v!;
  const parabola = y - (5.1 * x * x) / (4 * Math.PI ** 2) + (5 * x) / Math.PI - 6;
  return parabola ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
}

/** Best value after 36 points, six at a time. */
function bestOf(next: (known: readonly Observation[], round: number) => Float64Array[]): number {
  const known: Observation[] = [];
  for (let round = 0; round < 6; round++) {
    const points = next(known, round);
    known.push(...points.map((point) => ({ point, loss: branin(point) })));
  }
  return Math.min(...known.map(({ loss }) => loss));
}

describe("proposals", () => {
  test("come much nearer to the least value of Branin's function than chance", () => {
    let guessed = 0;
    let chance = 0;
    for (let seed = 0; seed < 10; seed++) {
      const random = createRandom(seed);
      guessed += bestOf((known, round) => propose(2, known, 6, random.child(round))) - 0.397887;
      chance += bestOf(() => propose(2, [], 6, random)) - 0.397887;
    }
    expect(guessed).toBeLessThan(0.3 * chance);
  });

  test("are the same for the same seed", () => {
    const draw = () => propose(3, [], 4, createRandom(5));
    expect(draw()).toEqual(draw());
  });
});

describe("search space", () => {
  test("of every family lies inside the bounds, and default and edges go there and back", () => {
    for (const name of familyNames) {
      const { searched, make } = family(name);
      if (searched === undefined) continue;
      const space = searchSpace(searched);
      expect(space.length, name).toBeGreaterThan(0);
      for (const unit of [0, 0.37, 1]) {
        const parameters = fromUnit(space, new Float64Array(space.length).fill(unit));
        expect(() => make(parameters), name).not.toThrow();
        const back = toUnit(space, parameters);
        back.forEach((value, d) => expect(Math.abs(value - unit), space[d]!.name).toBeLessThan(0.3));
      }
    }
  });

  test("draws learning rates evenly in their logarithm", () => {
    const space = searchSpace(boostingParameters);
    const at = space.findIndex(({ name }) => name === "learningRate");
    const middle = fromUnit(space, new Float64Array(space.length).fill(0.5));
    const { low, high } = space[at]!;
    expect(middle["learningRate"]).toBeCloseTo(Math.sqrt(low * high), 3);
  });
});

/** A race without models: the loss of a setting is how far its learning rate is from 0.1, plus a fold's own part. */
function pretend(splitCount: number, judgedSplits = splitCount) {
  const fits: string[] = [];
  const answer = (loss: number) => ({ predictions: Float64Array.of(loss) }) as unknown as FoldResult;
  const lossOf = (split: number, answers: Float64Array): number => answers[0]! + split;
  const options: SearchOptions = {
    run: async (candidate, split) => {
      fits.push(`${candidate.name}/${split}`);
      if (Number(candidate.parameters["minRowsInLeaf"]) > 150) throw new Error("too few rows");
      return answer(Math.abs(Math.log(Number(candidate.parameters["learningRate"]) / 0.1)));
    },
    lossOf,
    shape: { rowCount: 1000, columnCount: 10, classCount: 2, foldCount: judgedSplits },
    judgedSplits,
    splitCount,
    random: createRandom(2),
  };
  const start: Candidate = { name: "boosting", family: "boosting", parameters: { objective: "auto" } };
  const portfolio: Trial[] = [
    { candidate: { name: "logistic", family: "logistic", parameters: {} }, losses: range(judgedSplits, 2) },
    { candidate: start, losses: range(judgedSplits, 0.69) },
  ];
  return { fits, search: new Search(portfolio, spacesOf(portfolio), options), options, portfolio };
}

function range(count: number, loss: number): number[] {
  return Array.from({ length: count }, (_, split) => loss + split);
}

describe("brackets", () => {
  test("fit most settings on one fold and few on all, and end when nothing better comes", async () => {
    const { fits, search } = pretend(5);
    let brackets = 0;
    let best = Infinity;
    while (search.barren < 4) {
      const candidates = search.proposeNext();
      expect(candidates).toHaveLength(6);
      expect(candidates.every(({ parameters }) => parameters["objective"] === "auto")).toBe(true);
      const finished = await search.runBracket(candidates);
      brackets++;
      expect(finished.length).toBeLessThanOrEqual(2);
      for (const { results } of finished) {
        expect(results).toHaveLength(5);
        best = Math.min(best, ...results.map(({ predictions }) => predictions[0]!));
      }
    }
    expect(fits.length).toBeLessThanOrEqual(brackets * (6 + 3 + 2 * 3));
    expect(new Set(fits).size).toBe(fits.length);
    expect(best).toBeLessThan(0.05);
    expect(brackets).toBeLessThan(40);
  });

  test("what the first fit settles holds for the others, and for what is shipped", async () => {
    const { options, portfolio } = pretend(3);
    const fits: Candidate[] = [];
    const search = new Search(portfolio, spacesOf(portfolio), {
      ...options,
      run: async (candidate) => {
        fits.push(candidate);
        const settled = candidate.parameters["rounds"] === undefined ? { rounds: 77 } : undefined;
        return { predictions: Float64Array.of(1), ...(settled && { settled }) } as unknown as FoldResult;
      },
    });
    const finished = await search.runBracket(search.proposeNext());
    expect(fits.filter(({ parameters }) => parameters["rounds"] === undefined)).toHaveLength(6);
    expect(finished.map(({ candidate }) => candidate.parameters["rounds"])).toEqual([77, 77]);
  });

  test("a split that judges nothing is fitted last, by those that end", async () => {
    const { fits, search } = pretend(3, 2);
    const finished = await search.runBracket(search.proposeNext());
    expect(fits.filter((fit) => fit.endsWith("/2"))).toHaveLength(finished.length);
  });

  test("units are those of the fits, whoever survives", () => {
    const { search, options } = pretend(5);
    const candidates = search.proposeNext();
    const each = workUnits(candidates[0]!, options.shape) / 5;
    expect(search.unitsOf(candidates)).toBeCloseTo(each * (6 + 3 + 6), 1);
  });

  test("a setting that cannot be fitted is told and loses; a stop drops the bracket", async () => {
    const { search, options, portfolio } = pretend(3);
    const broken = (name: string, minRowsInLeaf: number): Candidate => ({
      name,
      family: "boosting",
      parameters: { learningRate: 0.1, minRowsInLeaf },
    });
    const finished = await search.runBracket([broken("a", 10), broken("b", 180)]);
    expect(finished.map(({ candidate }) => candidate.name)).toEqual(["a"]);
    expect(search.failures.map(({ candidate }) => candidate.name)).toEqual(["b"]);
    const stopped = new Search(portfolio, spacesOf(portfolio), {
      ...options,
      run: async () => {
        throw new MillwrightError("CANCELLED", "Stopped.", "Go on.");
      },
    });
    await expect(stopped.runBracket([broken("c", 1)])).rejects.toThrow("CANCELLED");
  });
});
