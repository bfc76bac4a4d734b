/** Which sounds a network learns, which epoch's weights are taken, and that the file's graph hears what training saw. */
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { cast, mul, reduceMean, type Value } from "../../graph/index.ts";
import { load } from "../../model/index.ts";
import * as nn from "../../nn/index.ts";
import { compile } from "../../runtime/index.ts";
import { fitForest } from "../media/classical.ts";
import { enterRace } from "../media/entrants.ts";
import { trainMembers } from "../media/train-members.ts";
import { fitAll, heldLength, type LearnOptions, learnSounds, normalise, type Side } from "./learn-sounds.ts";
import { framesOf, frontOf } from "./nets.ts";

const rate = 4000;
/** Low and high tones in noise, of a fifth to a quarter of a second. */
function tones(count: number, seed: number): Side {
  const samples = Array.from({ length: count }, (_, row) => {
    const random = createRandom(seed).child(row);
    const hertz = [300, 1200][row % 2]! * (0.9 + 0.2 * random.next());
    return Float32Array.from(
      { length: 800 + random.integer(200) },
      (_unused, t) => Math.sin((2 * Math.PI * hertz * t) / rate) + 0.1 * random.normal(),
    );
  });
  return { samples, codes: Int32Array.from({ length: count }, (_, row) => row % 2) };
}

test("the length holds 19 of 20 sounds, in tenths of a second", () => {
  const of = (...lengths: number[]): Side => ({
    samples: lengths.map((length) => new Float32Array(length)),
    codes: new Int32Array(lengths.length),
  });
  const many = Array.from({ length: 19 }, () => 1990);
  expect(heldLength(of(...many, 8000), rate)).toBe(0.5);
  expect(heldLength(of(...many, 8000, 8000), rate)).toBe(2);
  expect(heldLength(of(10), rate)).toBe(0.2);
  expect(heldLength(of(rate * 60), rate)).toBe(10);
});

describe("learnSounds", () => {
  const train = tones(24, 1);
  const size = { rate, length: 1000 };
  const options: LearnOptions = {
    ...{ size, classCount: 2, epochs: 3, seed: 1, threads: 1 },
    net: "ds-cnn",
    augment: ["speed", "mask"],
  };

  test("without validation the last weights are taken, and the file's graph scores as the network (1e-4)", async () => {
    const { trained, figures, shipped } = await learnSounds(train, options, createRandom(1));
    expect(trained.bestEpoch).toBe(3);
    expect(trained.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(trained.history.every((epoch) => epoch.validationMetric === undefined)).toBe(true);

    const data = fitAll(tones(6, 2).samples, size);
    const front = frontOf(size);
    const heard = await nn.applyLayer(nn.melSpectrogram(front), { dtype: "float32", shape: [1000], data });
    normalise(heard.data as Float32Array, figures, framesOf(size));
    const scores = async (network: nn.Network, x: Float32Array, shape: readonly number[]) => {
      const session = await compile(nn.scoringGraph(network, trained.weights), { threads: 1 });
      const answer = await session.run({ x: { dtype: "float32", shape: [6, ...shape], data: x } });
      const row = Array.from(Object.values(answer)[0]!.data as Float32Array);
      await session.release();
      return row;
    };
    const bySpectrogram = await scores(trained.network, heard.data as Float32Array, heard.shape);
    const bySamples = await scores(shipped, data, [1000]);
    expect(bySamples.length).toBe(12);
    for (const [i, score] of bySamples.entries())
      expect(Math.abs(score - bySpectrogram[i]!)).toBeLessThan(1e-4);
  });

  test("with validation the first of the best epochs is taken", async () => {
    const validation = tones(10, 3);
    const { trained } = await learnSounds(train, { ...options, validation }, createRandom(1));
    const right = trained.history.map((epoch) => epoch.validationMetric!);
    expect(right).toHaveLength(3);
    expect(trained.bestEpoch).toBe(1 + right.indexOf(Math.max(...right)));
  });
});

test("of several the first is the one alone, the others follow from other seeds, and the file answers their mean (1e-6)", async () => {
  const train = tones(24, 1);
  const size = { rate, length: 1000 };
  const stages = new Set<string>();
  const learn = (count: number) =>
    trainMembers(
      count,
      { epochs: 2, seed: 5, threads: 1, onProgress: ({ stage }) => stages.add(stage) },
      (settings) =>
        learnSounds(
          train,
          { size, net: "tcn", classCount: 2, augment: ["speed"], ...settings },
          createRandom(settings.seed).child("copies"),
        ),
    );
  const [alone] = await learn(1);
  const members = await learn(3);
  expect(members[0].trained.weights).toEqual(alone.trained.weights);
  expect(members[1]!.trained.weights).not.toEqual(alone.trained.weights);
  expect(members[2]!.trained.weights).not.toEqual(members[1]!.trained.weights);
  expect(stages).toContain("train the network (3 of 3)");

  const column = { name: "sound", kind: "audio", role: "feature", ...size } as const;
  const level = (sound: Value): Value =>
    cast(reduceMean(mul(sound, sound), { axes: [1], keepDims: true }), "float64");
  const classical = await fitForest(
    { data: fitAll(train.samples, size), codes: train.codes },
    column,
    level,
    { classCount: 2, random: createRandom(1), threads: 1 },
  );
  const about = {
    card: { summary: "", members: [], policy: {}, software: "test" },
    data: { rowCount: 24, columnCount: 1, sha256: "0".repeat(64) },
    recipe: { seed: 5, options: {}, software: "test" },
  };
  const [entered] = await enterRace(
    { column, target: "tone", classes: ["low", "high"], constant: Float64Array.of(0.5, 0.5), golden: [] },
    () => about,
    {
      network: { name: "tcn", title: "", members, recipe: {} },
      forest: { title: "", classical, figures: level },
    },
  );
  const data = fitAll(tones(6, 2).samples, size);
  const expected = new Float64Array(12);
  for (const { shipped, trained } of members) {
    const session = await compile(nn.scoringGraph(shipped, trained.weights), { threads: 1 });
    const { scores } = await session.run({ x: { dtype: "float32", shape: [6, 1000], data } });
    await session.release();
    const [own] = [scores!.data as Float32Array];
    for (let row = 0; row < 6; row++) {
      const both = [0, 1].map((c) => Math.exp(own![2 * row + c]!));
      both.forEach((share, c) => (expected[2 * row + c]! += share / (both[0]! + both[1]!) / 3));
    }
  }
  const model = await load(entered!.composed.write());
  const answers = await model.predict(
    Array.from({ length: 6 }, (_, row) => ({ sound: data.subarray(1000 * row, 1000 * (row + 1)) })),
  );
  await model.close();
  answers.forEach(({ probabilities }, row) => {
    expect(Math.abs(probabilities!["low"]! - expected[2 * row]!)).toBeLessThan(1e-6);
    expect(Math.abs(probabilities!["high"]! - expected[2 * row + 1]!)).toBeLessThan(1e-6);
  });
});
