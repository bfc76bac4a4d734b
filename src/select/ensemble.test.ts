import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import { greedyEnsemble } from "./ensemble.ts";

const rmse = (y: Float64Array) => (answers: Float64Array) =>
  Math.sqrt(answers.reduce((sum, answer, i) => sum + (answer - y[i]!) ** 2, 0) / y.length);

function noisy(count: number, models: number, seed: number) {
  const random = createRandom(seed);
  const y = Float64Array.from({ length: count }, () => random.normal());
  const members = Array.from({ length: models }, () => ({
    predictions: y.map((value) => value + random.normal()),
  }));
  return { y, members };
}

describe("greedyEnsemble", () => {
  test("shares sum to one and the blend is never worse than the best single model", () => {
    for (let seed = 0; seed < 10; seed++) {
      const { y, members } = noisy(200, 6, seed);
      const loss = rmse(y);
      const { weights, loss: blended } = greedyEnsemble(members, loss);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
      expect(blended).toBeLessThanOrEqual(Math.min(...members.map(({ predictions }) => loss(predictions))));
    }
  });

  test("the loss told is the loss of the weighted mean", () => {
    const { y, members } = noisy(100, 4, 3);
    const { weights, loss } = greedyEnsemble(members, rmse(y));
    const mean = y.map((_, i) =>
      members.reduce((sum, { predictions }, m) => sum + weights[m]! * predictions[i]!, 0),
    );
    expect(loss).toBeCloseTo(rmse(y)(mean), 12);
  });

  test("independent errors are averaged away: four models of equal noise halve the error", () => {
    const { y, members } = noisy(4000, 4, 1);
    expect(greedyEnsemble(members, rmse(y)).loss).toBeCloseTo(0.5, 1);
  });

  test("no more members than allowed have a share", () => {
    const { y, members } = noisy(300, 8, 5);
    const { weights } = greedyEnsemble(members, rmse(y), { maxMembers: 2 });
    expect(weights.filter((weight) => weight > 0).length).toBeLessThanOrEqual(2);
  });

  test("of two equal models the earlier one is taken", () => {
    const { y, members } = noisy(50, 1, 2);
    const { weights } = greedyEnsemble(
      [members[0]!, { predictions: members[0]!.predictions.slice() }],
      rmse(y),
    );
    expect([...weights]).toEqual([1, 0]);
  });
});
